//! What a client wants of the protocol beyond the plain case: one JSON object beside its terms.
//!
//! Everything may be left out and then means the plain case, so that clients registered before an
//! option existed stay as they were.

use base::kernel::{Error, Result};
use formats::jose::SigningAlgorithm;
use serde::{Deserialize, Serialize};
use url::Url;

use super::certificates::{CertificateName, certificate_name};
use super::fapi::fapi;
use super::put::is_web_address;
use super::terms::{AuthMethod, Client, ClientTerms, Grant, Proof};

/// The options of the protocol a client is registered with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Where browsers may be sent after a logout, compared character by character.
    ///
    /// Source: OpenID Connect RP-Initiated Logout 1.0 §3.1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told, by us and not by the browser, that a session has ended.
    ///
    /// Source: OpenID Connect Back-Channel Logout 1.0 §2.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Which page of it the browser opens within ours when its person logs out here: for a client that can not
    /// be told otherwise. Browsers that keep foreign cookies apart make it a promise nobody can keep.
    ///
    /// Source: OpenID Connect Front-Channel Logout 1.0 §2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Takes authorization requests only when the client pushed them.
    ///
    /// Source: RFC 9126 §6 (`require_pushed_authorization_requests`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_pushed: bool,
    /// Takes authorization requests only when the client signed them.
    ///
    /// Source: RFC 9101 §10.5 (`require_signed_request_object`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_signed_request: bool,
    /// Gets tokens only that are bound to a key it shows to hold.
    ///
    /// Source: RFC 9449 §5.2 (`dpop_bound_access_tokens`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dpop_bound_access_tokens: bool,
    /// Has to answer a word of ours in each proof that it holds a key: a proof that was made in advance is worth
    /// nothing, and its clock does not matter.
    ///
    /// Source: RFC 9449 §8, §9, §11.2.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dpop_nonces: bool,
    /// Held to the rules of the FAPI 2.0 Security Profile, which its other options have to allow for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fapi: bool,
    /// What the certificate has to name by which it proves who it is.
    #[serde(skip_serializing_if = "CertificateName::is_none")]
    pub certificate: CertificateName,
    /// Belongs to what the household bought, so that nobody is asked whether it may know them. Given one by
    /// one; every other service is allowed by each person first (`docs/decisions/0028`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub first_party: bool,
    /// Takes devices that stand for a whole household and nobody of it, when its owner lets one in so: they get no ID
    /// token, and are told of no person (`docs/decisions/0047`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub household_devices: bool,
    /// Origins (`https://host[:port]`) whose scripts may read what it is answered, compared character by
    /// character. For applications that run in the browser.
    ///
    /// Source: Fetch §3.3.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub web_origins: Vec<String>,
    /// What becomes of a refresh token that was used; left out: [`Client::refresh_policy`] decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<RefreshPolicy>,
    /// What its ID tokens and logout tokens are signed with.
    ///
    /// Source: OpenID Connect Dynamic Client Registration 1.0 §2; Back-Channel Logout 1.0 §2.6.
    #[serde(skip_serializing_if = "is_default")]
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// What the answer of userinfo is signed with; left out: it is plain JSON.
    ///
    /// Source: OpenID Connect Dynamic Client Registration 1.0 §2; Core §5.3.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
}

fn is_default(algorithm: &SigningAlgorithm) -> bool {
    *algorithm == SigningAlgorithm::default()
}

/// What becomes of a refresh token that was used.
///
/// Source: RFC 9700 §4.14.2 (rotated, or bound to who it was given to).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshPolicy {
    /// It is replaced; one that comes back ends all.
    Rotated,
    /// It stays: worth nothing to anybody but the client, who proves itself at each use.
    Stable,
}

impl Client {
    /// What becomes of its refresh tokens: as it is registered, else stable for who proves itself at each use,
    /// and rotated for who can not.
    #[must_use]
    pub fn refresh_policy(&self) -> RefreshPolicy {
        let own = match self.terms.method {
            AuthMethod::None => RefreshPolicy::Rotated,
            _ => RefreshPolicy::Stable,
        };
        self.terms.profile.refresh.unwrap_or(own)
    }
}

impl Client {
    /// Whether a device of it may stand for a whole household, and nobody of it.
    #[must_use]
    pub fn may_stand_for_households(&self) -> bool {
        let Profile { household_devices, first_party, .. } = &self.terms.profile;
        *household_devices && *first_party && self.may(Grant::DeviceCode)
    }

    /// Whether it may be given a token bound to this key, or to none.
    ///
    /// # Errors
    /// `dpop.proof_missing` — it gets bound ones only
    ///
    /// Source: RFC 9449 §5.2.
    pub fn check_bound(&self, jkt: Option<&str>) -> Result<()> {
        if jkt.is_none() && self.terms.profile.dpop_bound_access_tokens {
            return Err(Error::Unauthenticated { code: "dpop.proof_missing" });
        }
        Ok(())
    }
}

/// Every rule about the options, each a function of its own.
const RULES: &[fn(&ClientTerms) -> Result<()>] = &[
    fapi,
    certificate_name,
    post_logout_redirect_uris,
    backchannel_logout_uri,
    frontchannel_logout_uri,
    refresh,
    web_origins,
    signed_request,
    household_devices,
];

/// As a browser writes them, or they would match nothing: no path, no slash at the end, no default port.
fn web_origins(terms: &ClientTerms) -> Result<()> {
    let as_written = |text: &String| {
        let url = Url::parse(text).ok();
        url.is_some_and(|url| url.origin().ascii_serialization() == *text)
    };
    let origins = &terms.profile.web_origins;
    if origins.iter().all(|one| one.starts_with("http") && is_web_address(one) && as_written(one)) {
        return Ok(());
    }
    Err(Error::invalid("client.origin_malformed", "web_origins"))
}

/// Who has to sign has registered keys to sign with.
fn signed_request(terms: &ClientTerms) -> Result<()> {
    if terms.profile.require_signed_request && !matches!(terms.proof, Proof::Keys(_)) {
        return Err(Error::invalid("client.request_keys_missing", "require_signed_request"));
    }
    Ok(())
}

/// Where nobody is there who could be asked, only who belongs to what the household bought; and a device comes by its
/// code.
fn household_devices(terms: &ClientTerms) -> Result<()> {
    let asks = terms.grants.contains(&Grant::DeviceCode);
    if terms.profile.household_devices && !(terms.profile.first_party && asks) {
        return Err(Error::invalid("client.household_devices_misplaced", "household_devices"));
    }
    Ok(())
}

/// A token that stays is bound to a proof; who has none gets another one each time.
fn refresh(terms: &ClientTerms) -> Result<()> {
    let stable = terms.profile.refresh == Some(RefreshPolicy::Stable);
    if stable && terms.method == AuthMethod::None {
        return Err(Error::invalid("client.refresh_unbound", "refresh"));
    }
    Ok(())
}

/// Held to what redirect addresses are held to.
fn post_logout_redirect_uris(terms: &ClientTerms) -> Result<()> {
    if terms.profile.post_logout_redirect_uris.iter().all(|uri| is_web_address(uri)) {
        return Ok(());
    }
    Err(Error::invalid("client.logout_uri_malformed", "post_logout_redirect_uris"))
}

/// Plain http only to this machine; whether an address may be called at all is decided at the call
/// (`outlets::http`), when it is resolved.
fn backchannel_logout_uri(terms: &ClientTerms) -> Result<()> {
    let Some(uri) = &terms.profile.backchannel_logout_uri else { return Ok(()) };
    if is_web_address(uri) && uri.starts_with("http") {
        return Ok(());
    }
    Err(Error::invalid("client.logout_uri_malformed", "backchannel_logout_uri"))
}

/// At an origin of its own redirect addresses (§2 of its specification), and only for who is told no other way:
/// nobody learns whether the page was opened.
fn frontchannel_logout_uri(terms: &ClientTerms) -> Result<()> {
    let Some(uri) = &terms.profile.frontchannel_logout_uri else { return Ok(()) };
    let origin = |text: &String| Url::parse(text).ok().map(|url| url.origin());
    let of_its_own = terms.redirect_uris.iter().any(|own| origin(own) == origin(uri));
    if !is_web_address(uri) || !uri.starts_with("http") || !of_its_own {
        return Err(Error::invalid("client.logout_uri_malformed", "frontchannel_logout_uri"));
    }
    if terms.profile.backchannel_logout_uri.is_some() {
        return Err(Error::invalid("client.logout_twice", "frontchannel_logout_uri"));
    }
    Ok(())
}

/// Holds the options against the rest of the terms.
///
/// # Errors
/// Those of the rules.
pub(super) fn check(terms: &ClientTerms) -> Result<()> {
    RULES.iter().try_for_each(|rule| rule(terms))
}
