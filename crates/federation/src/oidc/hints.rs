//! An ID token of ours that a service sends back: whom it means.
//!
//! Source: OpenID Connect Core §3.1.2.1 (`id_token_hint`); RP-Initiated Logout 1.0 §2.

use base::kernel::{Result, clock};
use domain::signing::Issuer;
use formats::jose::{self, Algorithm, Audience, Expected, TokenType};
use serde::Deserialize;

use super::Provider;

/// A hint may be older than its ten minutes, but no older than any session. Source: Logout §2 (“SHOULD accept
/// ID Tokens when the RP identified … even when the exp time has passed”).
const OLDEST_HINT_SECONDS: i64 = 400 * 86_400;

/// The ID token a service sends along, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Hint {
    /// The service it was made for.
    pub(super) aud: String,
    /// The session.
    pub(super) sid: String,
    /// The person.
    pub(super) sub: String,
}

/// The hint, if it is an ID token of this issuer.
///
/// # Errors
/// `unavailable` when the keys can not be read.
pub(super) fn hint_of(provider: &Provider, issuer: &Issuer, token: &str) -> Result<Option<Hint>> {
    let ring = provider.signing.ring(issuer.operator())?;
    let expected = Expected {
        issuer: issuer.url(),
        audience: Audience::Unchecked,
        token_type: TokenType::Required("JWT"),
        algorithms: &[Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa],
        now: clock::now().ms() / 1000,
        leeway: OLDEST_HINT_SECONDS,
    };
    Ok(jose::verify(token, ring.verifiers(), &expected).ok())
}
