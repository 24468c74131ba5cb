//! The site passkeys are for, as browsers name it.

use url::{Host, Url};
use webauthn_rp::request::{AsciiDomain, RpId};

use crate::operators::PasskeySite;

/// The site passkeys are made for and used at: its domain (RP ID) and the origins answers come from, which no
/// other answer is taken from.
///
/// Source: Web Authentication Level 3 §5.1.2, §5.11, §13.4.9.
#[derive(Debug)]
pub struct Site {
    pub(super) rp_id: RpId,
    pub(super) origins: Vec<String>,
}

impl Site {
    /// The site of an address of ours; none where browsers know no passkeys: at a bare IP address, and
    /// without TLS anywhere but on the machine itself.
    #[must_use]
    pub fn of(base_url: &str) -> Option<Self> {
        let url = Url::parse(base_url).ok()?;
        let Some(Host::Domain(domain)) = url.host() else { return None };
        if url.scheme() != "https" && domain != "localhost" {
            return None;
        }
        let rp_id = rp_id(domain)?;
        Some(Self { rp_id, origins: vec![url.origin().ascii_serialization()] })
    }

    /// The site of an operator at an address of ours: its own domain and origins beside ours, where it has them.
    ///
    /// Consequence: the domain of our own address is all operators' together, so none has origins of its own there.
    #[must_use]
    pub fn of_operator(base_url: &str, wanted: &PasskeySite) -> Option<Self> {
        let ours = Self::of(base_url)?;
        if wanted.is_plain() || wanted.rp_id == *ours.rp_id.as_ref() {
            return Some(ours);
        }
        let mut origins = ours.origins;
        for origin in &wanted.origins {
            if !origins.contains(origin) {
                origins.push(origin.clone());
            }
        }
        Some(Self { rp_id: rp_id(&wanted.rp_id)?, origins })
    }

    /// The domain, as browsers compare it.
    #[must_use]
    pub fn rp_id(&self) -> &str {
        self.rp_id.as_ref()
    }

    /// Where answers may come from; browsers let pages elsewhere than below the domain ask for its passkeys only
    /// when they stand here.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.origins
    }
}

fn rp_id(domain: &str) -> Option<RpId> {
    Some(RpId::Domain(AsciiDomain::try_from(domain.to_owned()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_domain_and_an_exact_origin() {
        for (base, origin) in [
            ("https://id.example.jp", "https://id.example.jp"),
            ("https://id.example.jp:443/aikagi", "https://id.example.jp"),
            ("https://ID.example.jp:8443", "https://id.example.jp:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(Site::of(base).unwrap().origins, [origin], "{base}");
        }
        for none in ["http://id.example.jp", "https://192.0.2.1", "https://[2001:db8::1]", "x", ""]
        {
            assert!(Site::of(none).is_none(), "{none}");
        }
    }

    #[test]
    fn an_operator_has_its_own_domain_and_our_origin_is_always_one_of_its() {
        let base = "https://id.example.jp";
        let site = |rp_id: &str, origins: &[&str]| {
            let origins = origins.iter().map(|one| (*one).to_owned()).collect();
            Site::of_operator(base, &PasskeySite { rp_id: rp_id.to_owned(), origins }).unwrap()
        };
        let own = site("kita.example", &["https://my.kita.example", base]);
        assert_eq!(own.rp_id(), "kita.example");
        assert_eq!(own.origins(), [base, "https://my.kita.example"]);
        let shared = site("id.example.jp", &["https://my.kita.example"]);
        assert_eq!((shared.rp_id(), shared.origins()), ("id.example.jp", &[base.to_owned()][..]));
        assert_eq!(site("", &[]).origins(), [base]);
        assert!(Site::of_operator("https://192.0.2.1", &PasskeySite::default()).is_none());
    }
}
