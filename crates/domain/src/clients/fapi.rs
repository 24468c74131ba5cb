//! Clients that are held to the rules of the FAPI 2.0 Security Profile.
//!
//! What can be read from a registration is asked there; what depends on a call is asked at the call. Which
//! rule stands where: `docs/api/oidc.md`. Source: FAPI 2.0 Security Profile §5.3, §5.4.

use base::kernel::{Error, Result};
use formats::jose::{Algorithm, SigningAlgorithm};

use super::profile::RefreshPolicy;
use super::terms::{AuthMethod, Client, ClientTerms, Grant, Pkce};

/// What everything such a client signs has to be signed with. Source: FAPI 2.0 Security Profile §5.4.1.
const SIGNED_WITH: [Algorithm; 3] = [Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa];

/// How such a client may prove who it is. Source: FAPI 2.0 Security Profile §5.3.2.1.
const PROOFS: [AuthMethod; 2] = [AuthMethod::PrivateKeyJwt, AuthMethod::TlsClientAuth];

/// What of the profile a registration has to say; the field that does not is named.
pub(super) fn fapi(terms: &ClientTerms) -> Result<()> {
    let profile = &terms.profile;
    if !profile.fapi {
        return Ok(());
    }
    let rs256 = Some(SigningAlgorithm::Rs256);
    let over_tls = |uri: &String| uri.starts_with("https://");
    let faults = [
        ("method", !PROOFS.contains(&terms.method)),
        ("dpop_bound_access_tokens", !profile.dpop_bound_access_tokens),
        ("redirect_uris", !terms.redirect_uris.iter().all(over_tls)),
        ("pkce", terms.pkce != Pkce::Required),
        ("refresh", profile.refresh == Some(RefreshPolicy::Rotated)),
        ("grants", terms.grants.contains(&Grant::DeviceCode)),
        ("id_token_signed_response_alg", Some(profile.id_token_signed_response_alg) == rs256),
        ("userinfo_signed_response_alg", profile.userinfo_signed_response_alg == rs256),
    ];
    match faults.into_iter().find(|(_, broken)| *broken) {
        Some((field, _)) => Err(Error::invalid("client.fapi_not_met", field)),
        None => Ok(()),
    }
}

impl Client {
    /// Whether its authorization requests are taken only when it pushed them.
    #[must_use]
    pub const fn has_to_push(&self) -> bool {
        self.terms.profile.require_pushed || self.terms.profile.fapi
    }

    /// What it may sign assertions, requests and proofs with.
    #[must_use]
    pub fn signs_with(&self) -> &'static [Algorithm] {
        if self.terms.profile.fapi { &SIGNED_WITH } else { &Algorithm::ALL }
    }

    /// Those of the `audiences`, the issuer first, that an assertion of it may be addressed to.
    pub(super) fn addressed<'a>(&self, audiences: &'a [&'a str]) -> &'a [&'a str] {
        if self.terms.profile.fapi { audiences.get(..1).unwrap_or_default() } else { audiences }
    }
}
