//! Keys of boxes: how a box proves that it is the machine the station put up.
//!
//! Source: RFC 7517 (the key), RFC 7523 §3 (what is signed with it).

use base::kernel::{Error, Result};
use formats::jose::{
    Algorithm, Audience, Expected, Jwk, JwkSet, TokenType, VerificationKeys, has_private_part,
    thumbprint, verify,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::SetTopBox;

/// What a box may sign with.
const ALGORITHMS: &[Algorithm] = &[Algorithm::Es256, Algorithm::EdDsa];
/// Longest key that is kept: one of a curve, with what its maker wrote beside it.
const LONGEST_KEY: usize = 1000;

/// Refuses what is no public key a box could sign with. One with its private part was never meant for us.
///
/// # Errors
/// `device.key_malformed`
pub fn check_public_key(text: &str) -> Result<()> {
    let malformed = || Error::invalid("device.key_malformed", "key");
    let given: Value = serde_json::from_str(text).map_err(|_| malformed())?;
    let curve = given.get("crv").and_then(Value::as_str).unwrap_or_default();
    if text.len() > LONGEST_KEY
        || has_private_part(&given)
        || !["P-256", "Ed25519"].contains(&curve)
        || read(text).and_then(|key| thumbprint(&key).ok()).is_none()
    {
        return Err(malformed());
    }
    Ok(())
}

fn read(text: &str) -> Option<Jwk> {
    serde_json::from_str(text).ok()
}

impl SetTopBox {
    /// The thumbprint of its key, if it has one. Source: RFC 7638.
    #[must_use]
    pub fn thumbprint(&self) -> Option<String> {
        thumbprint(&read(self.public_key.as_deref()?)?).ok()
    }
}

/// What a token says that the box signed for `audience`; `None`: it is none of this box, or not good now.
///
/// Units: `now` in seconds since 1970, `leeway` in seconds.
#[must_use]
pub fn signed_by<T: DeserializeOwned>(
    one: &SetTopBox,
    (token, audience): (&str, &str),
    (now, leeway): (i64, i64),
) -> Option<T> {
    let keys = VerificationKeys::of(&JwkSet { keys: vec![read(one.public_key.as_deref()?)?] });
    let expected = Expected {
        issuer: &one.box_id,
        audience: Audience::OneOf(&[audience]),
        token_type: TokenType::Optional("JWT"),
        algorithms: ALGORITHMS,
        now,
        leeway,
    };
    let said = verify(token, &keys, &expected);
    said.map_err(|error| tracing::info!(%error, "assertion of a box refused")).ok()
}
