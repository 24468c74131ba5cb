//! The access token in a request, and how it is shown there.
//!
//! In the header alone (RFC 9700 §2.6). Source: RFC 6750 §2.1; RFC 9449 §7.1, §8, §9.

use base::kernel::{Error, Result};
use domain::signing::Issuer;
use domain::tokens::{AccessTokens, KeyProof, Scheme, Shown};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::current;

const SCHEMES: [(&str, Scheme); 2] = [("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)];

/// The token of `Authorization: Bearer …` or `Authorization: DPoP …`, beside the proof that came with it;
/// `None`: there is none, or more than one.
#[must_use]
pub fn shown<'h>(headers: &'h HeaderMap, proof: Option<&'h KeyProof>) -> Option<Shown<'h>> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (all.next()?, all.next()) else { return None };
    let (named, token) = only.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let known = SCHEMES.iter().find(|(name, _)| named.eq_ignore_ascii_case(name));
    let (_, scheme) = known.filter(|_| !token.is_empty())?;
    Some(Shown { token, scheme: *scheme, proof })
}

/// What came of a proof at `issuer`; who was to answer a word of ours is told one beside the refusal.
///
/// # Errors
/// As `proven`.
pub fn proven<T>(tokens: &AccessTokens, issuer: &Issuer, proven: Result<T>) -> Result<T> {
    if let Err(Error::Unauthenticated { code: "dpop.nonce_needed" }) = &proven {
        current::offer_nonce(&tokens.nonce(issuer));
    }
    proven
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&'static str]) -> Option<(Scheme, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        shown(&headers, None).map(|shown| (shown.scheme, shown.token.to_owned()))
    }

    #[test]
    fn a_token_is_shown_in_one_header_by_one_of_two_schemes() {
        let token = || "a.b.c".to_owned();
        assert_eq!(read(&["Bearer a.b.c"]), Some((Scheme::Bearer, token())));
        assert_eq!(read(&["bearer  a.b.c "]), Some((Scheme::Bearer, token())));
        assert_eq!(read(&["DPoP a.b.c"]), Some((Scheme::Dpop, token())));
        for none in [&[][..], &["Bearer "], &["Bearer"], &["Basic a.b.c"], &["a.b.c"]] {
            assert_eq!(read(none), None, "{none:?}");
        }
        assert_eq!(read(&["Bearer a", "DPoP a"]), None);
    }
}
