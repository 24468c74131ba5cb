//! Verification: header first, then the signature with a key that fits, then the claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::algorithm::Algorithm;
use super::error::TokenError;

/// Longest token that is looked at.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// What `typ` must be. `application/` before it and letter case do not matter (RFC 7515 §4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType<'a> {
    /// This type and no other, e.g. `at+jwt` (RFC 9068 §4).
    Required(&'a str),
    /// No type, or this one: client assertions say `JWT` or nothing.
    Optional(&'a str),
}

/// What `aud` must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience<'a> {
    /// One of these.
    OneOf(&'a [&'a str]),
    /// Not looked at, because the caller compares it with something in the token itself.
    Unchecked,
}

/// What a token must be to be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// `iss`, exactly.
    pub issuer: &'a str,
    /// `aud`.
    pub audience: Audience<'a>,
    /// `typ`.
    pub token_type: TokenType<'a>,
    /// The algorithms allowed for this kind of token.
    pub algorithms: &'a [Algorithm],
    /// Now, in seconds since 1970.
    pub now: i64,
    /// Seconds by which the other side's clock may differ.
    pub leeway: i64,
}

/// Public keys ready to verify; made once from a key set.
pub struct VerificationKeys {
    keys: Vec<Key>,
}

struct Key {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl VerificationKeys {
    /// The usable keys of a set. Secrets, encryption keys and unknown kinds are left out, as RFC
    /// 7517 §5 asks.
    #[must_use]
    pub fn of(set: &JwkSet) -> Self {
        let usable = set.keys.iter().filter_map(|jwk| {
            let algorithms = Algorithm::of_key(jwk);
            let key = DecodingKey::from_jwk(jwk).ok().filter(|_| !algorithms.is_empty())?;
            Some(Key { kid: jwk.common.key_id.clone(), algorithms, key })
        });
        Self { keys: usable.collect() }
    }

    /// Whether a key of this id is here: if not, fetch the set again before refusing.
    #[must_use]
    pub fn has(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// The key named by `kid`; without `kid` the only one of the algorithm.
    pub(super) fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&DecodingKey, TokenError> {
        let mut fitting = self.keys.iter().filter(|key| {
            key.algorithms.contains(&algorithm)
                && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
        });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(&key.key),
            _ => Err(TokenError::UnknownKey),
        }
    }
}

/// The header of a token, before anything is verified.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// Algorithm, any word.
    pub alg: String,
    /// Type.
    pub typ: Option<String>,
    /// Key id.
    pub kid: Option<String>,
    /// Extensions that must be understood; we know none.
    pub crit: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Registered {
    iss: String,
    aud: Option<OneOrMany>,
    exp: serde_json::Number,
    nbf: Option<serde_json::Number>,
    iat: Option<serde_json::Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// The header of a token that is not verified yet, to choose the key set by.
///
/// # Errors
/// `jose.malformed`.
pub fn unverified_header(token: &str) -> Result<Header, TokenError> {
    if token.len() > LONGEST_TOKEN {
        return Err(TokenError::Malformed);
    }
    serde_json::from_slice(&part(token, 0)?).map_err(|_| TokenError::Malformed)
}

/// The bytes of one of the three parts of a token.
pub(super) fn part(token: &str, number: usize) -> Result<Vec<u8>, TokenError> {
    let mut parts = token.split('.');
    let wanted = parts.clone().nth(number).filter(|_| parts.by_ref().count() == 3);
    let text = wanted.ok_or(TokenError::Malformed)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)
}

/// The claims of a token that is signed by one of `keys` and is what is `expected`.
///
/// # Errors
/// - `jose.malformed`, `jose.algorithm`, `jose.type`, `jose.critical` — by the header
/// - `jose.key_unknown`, `jose.signature`
/// - `jose.claims`, `jose.issuer`, `jose.audience`, `jose.expired`, `jose.not_yet`
///
/// Source: RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725 §3.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    keys: &VerificationKeys,
    expected: &Expected<'_>,
) -> Result<T, TokenError> {
    let header = unverified_header(token)?;
    let algorithm = Algorithm::of_name(&header.alg)
        .filter(|algorithm| expected.algorithms.contains(algorithm))
        .ok_or(TokenError::Algorithm)?;
    if !type_fits(header.typ.as_deref(), expected.token_type) {
        return Err(TokenError::Type);
    }
    if header.crit.is_some() {
        return Err(TokenError::Critical);
    }
    let key = keys.find(header.kid.as_deref(), algorithm)?;
    let claims = signed_claims(token, key, algorithm)?;
    check_claims(claims.get(), expected)?;
    serde_json::from_str(claims.get()).map_err(|_| TokenError::Claims)
}

/// What a token says, if it is signed with `key`; nothing of what it says is looked at.
pub(super) fn signed_claims(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<Box<RawValue>, TokenError> {
    let decoded = jsonwebtoken::decode(token, key, &signature_only(algorithm));
    decoded.map(|token| token.claims).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
        ErrorKind::Json(_) => TokenError::Claims,
        ErrorKind::InvalidEcdsaKey | ErrorKind::InvalidRsaKey(_) => TokenError::UnknownKey,
        _ => TokenError::Malformed,
    })
}

/// The library checks the signature; claims are checked here, against the caller's clock.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm.library());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

pub(super) fn type_fits(stated: Option<&str>, wanted: TokenType<'_>) -> bool {
    let same = |stated: &str, wanted: &str| {
        let prefix = "application/";
        let has_prefix = stated.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
        let bare = if has_prefix { stated.get(prefix.len()..) } else { Some(stated) };
        bare.is_some_and(|bare| bare.eq_ignore_ascii_case(wanted))
    };
    match (stated, wanted) {
        (Some(stated), TokenType::Required(wanted) | TokenType::Optional(wanted)) => {
            same(stated, wanted)
        }
        (None, TokenType::Optional(_)) => true,
        (None, TokenType::Required(_)) => false,
    }
}

fn check_claims(json: &str, expected: &Expected<'_>) -> Result<(), TokenError> {
    let claims: Registered = serde_json::from_str(json).map_err(|_| TokenError::Claims)?;
    if claims.iss != expected.issuer {
        return Err(TokenError::Issuer);
    }
    if let Audience::OneOf(wanted) = expected.audience {
        let fits = |stated: &String| wanted.contains(&stated.as_str());
        let found = match claims.aud.as_ref().ok_or(TokenError::Claims)? {
            OneOrMany::One(stated) => fits(stated),
            OneOrMany::Many(stated) => stated.iter().any(fits),
        };
        if !found {
            return Err(TokenError::Audience);
        }
    }
    if seconds(&claims.exp)?.saturating_add(expected.leeway) <= expected.now {
        return Err(TokenError::Expired);
    }
    let latest = expected.now.saturating_add(expected.leeway);
    for instant in [claims.nbf, claims.iat].into_iter().flatten() {
        if seconds(&instant)? > latest {
            return Err(TokenError::NotYet);
        }
    }
    Ok(())
}

/// A NumericDate (RFC 7519 §2) in whole seconds; fractions are cut off.
pub(super) fn seconds(number: &serde_json::Number) -> Result<i64, TokenError> {
    if let Some(whole) = number.as_i64() {
        return Ok(whole);
    }
    // Instants a float holds exactly; whoever means a later one means nothing.
    let float = number.as_f64().filter(|float| float.abs() < 9_007_199_254_740_992.0);
    let text = float.ok_or(TokenError::Claims)?.trunc().to_string();
    text.parse().map_err(|_| TokenError::Claims)
}
