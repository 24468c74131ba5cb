//! What a client wants of the protocol beyond the plain case: one JSON object beside its terms.
//!
//! Everything may be left out and then means the plain case, so that clients registered before an
//! option existed stay as they were.

use base::kernel::{Error, Result};
use serde::{Deserialize, Serialize};

use super::put::is_web_address;
use super::terms::ClientTerms;

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
    /// Takes authorization requests only when the client pushed them.
    ///
    /// Source: RFC 9126 §6 (`require_pushed_authorization_requests`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_pushed: bool,
    /// Belongs to what the household bought, so that nobody is asked whether it may know them. Given one by
    /// one; every other service is allowed by each person first (`docs/decisions/0028`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub first_party: bool,
}

/// Every rule about the options, each a function of its own.
const RULES: &[fn(&ClientTerms) -> Result<()>] =
    &[post_logout_redirect_uris, backchannel_logout_uri];

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

/// Holds the options against the rest of the terms.
///
/// # Errors
/// Those of the rules.
pub(super) fn check(terms: &ClientTerms) -> Result<()> {
    RULES.iter().try_for_each(|rule| rule(terms))
}
