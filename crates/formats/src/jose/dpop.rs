//! Proofs that somebody holds a private key: a token signed with it for one call, which brings its
//! public key along.
//!
//! Whether a proof is fresh, for this call and shown for the first time is for the caller to say.
//! Source: RFC 9449 §4.2, §4.3; RFC 8725 §3.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::Deserialize;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::error::TokenError;
use super::sign::thumbprint;
use super::verify::{TokenType, VerificationKeys, part, signed_claims, type_fits};

/// The `typ` of a proof. Required: nothing else that is signed with the same key is one.
const TYPE: &str = "dpop+jwt";
/// Longest proof that is looked at: an RSA key of 4096 bits and its signature fit twice.
const LONGEST_PROOF: usize = 4096;

/// Members of private and symmetric keys. Source: RFC 7518 §6.2.2, §6.3.2, §6.4.1.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Whether a JWK holds anything of a private or symmetric key.
#[must_use]
pub fn has_private_part(key: &Value) -> bool {
    PRIVATE_MEMBERS.iter().any(|member| key.get(member).is_some())
}

/// What a genuine proof says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DpopProof {
    /// Which key it was signed with: the RFC 7638 thumbprint.
    pub jkt: String,
    /// With which algorithm.
    pub algorithm: Algorithm,
    /// Its own id.
    pub jti: String,
    /// The method it is for.
    pub htm: String,
    /// The address it is for, as its maker wrote it.
    pub htu: String,
    /// Made, seconds since 1970.
    pub iat: i64,
    /// The word of ours it answers, if it does (§8).
    pub nonce: Option<String>,
    ath: Option<String>,
}

impl DpopProof {
    /// Whether it is for this access token: it names its hash (§4.3 check 12), or, without a token,
    /// none.
    #[must_use]
    pub fn is_for(&self, token: Option<&str>) -> bool {
        match (&self.ath, token) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(ath), Some(token)) => {
                let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
                verify_slices_are_equal(hash.as_bytes(), ath.as_bytes()).is_ok()
            }
        }
    }
}

#[derive(Deserialize)]
struct ProofHeader {
    alg: String,
    typ: Option<String>,
    jwk: Value,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct ProofClaims {
    jti: String,
    htm: String,
    htu: String,
    iat: serde_json::Number,
    nonce: Option<String>,
    ath: Option<String>,
}

/// Opens a proof: finds its signature to be of the public key it brings.
///
/// # Errors
/// - `jose.malformed`, `jose.algorithm`, `jose.type`, `jose.critical` — by the header
/// - `jose.key_unknown` — the key is private, symmetric, or none for this algorithm
/// - `jose.signature`, `jose.claims`
///
/// Source: RFC 9449 §4.3, checks 2 to 7.
pub fn open_dpop(text: &str) -> Result<DpopProof, TokenError> {
    if text.len() > LONGEST_PROOF {
        return Err(TokenError::Malformed);
    }
    let header: ProofHeader =
        serde_json::from_slice(&part(text, 0)?).map_err(|_| TokenError::Malformed)?;
    let algorithm = Algorithm::of_name(&header.alg).ok_or(TokenError::Algorithm)?;
    if !type_fits(header.typ.as_deref(), TokenType::Required(TYPE)) {
        return Err(TokenError::Type);
    }
    if header.crit.is_some() {
        return Err(TokenError::Critical);
    }
    if has_private_part(&header.jwk) {
        return Err(TokenError::UnknownKey);
    }
    let key: Jwk = serde_json::from_value(header.jwk).map_err(|_| TokenError::UnknownKey)?;
    let jkt = thumbprint(&key).map_err(|_| TokenError::UnknownKey)?;
    let keys = VerificationKeys::of(&JwkSet { keys: vec![key] });
    let claims = signed_claims(text, keys.find(None, algorithm)?, algorithm)?;
    let said: ProofClaims = serde_json::from_str(claims.get()).map_err(|_| TokenError::Claims)?;
    if said.jti.is_empty() {
        return Err(TokenError::Claims);
    }
    let iat = super::verify::seconds(&said.iat)?;
    Ok(DpopProof {
        jkt,
        algorithm,
        jti: said.jti,
        htm: said.htm,
        htu: said.htu,
        iat,
        nonce: said.nonce,
        ath: said.ath,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{SigningAlgorithm, SigningKey};
    use super::*;

    fn new_key(algorithm: SigningAlgorithm) -> SigningKey {
        SigningKey::from_pkcs8(&SigningKey::generate_for(algorithm).unwrap()).unwrap()
    }

    fn claims() -> Value {
        json!({"jti": "-BwC3ESc6acc2lTc", "htm": "POST", "iat": 1_562_262_616,
            "htu": "https://server.example.com/token"})
    }

    fn header(key: &SigningKey) -> Value {
        json!({"typ": "dpop+jwt", "alg": key.algorithm().name(), "jwk": key.public_jwk()})
    }

    fn refused(key: &SigningKey, change: impl FnOnce(&mut Value, &mut Value)) -> TokenError {
        let (mut header, mut claims) = (header(key), claims());
        change(&mut header, &mut claims);
        open_dpop(&key.sign_with_header(&header, &claims).unwrap()).unwrap_err()
    }

    #[test]
    fn the_example_of_the_rfc_is_opened() {
        // RFC 9449 §4.1 and, for the thumbprint, §6.1.
        let text = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik\
            VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR\
            nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE\
            QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIj\
            oiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwia\
            WF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg\
            4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
        let proof = open_dpop(text).unwrap();
        assert_eq!(proof.jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!((proof.htm.as_str(), proof.iat), ("POST", 1_562_262_616));
        assert_eq!(proof.htu, "https://server.example.com/token");
        assert!(proof.is_for(None) && !proof.is_for(Some("token")));
    }

    #[test]
    fn each_algorithm_opens_and_names_the_key_by_its_thumbprint() {
        for algorithm in SigningAlgorithm::ALL {
            let key = new_key(algorithm);
            let text = key.sign_with_header(&header(&key), &claims()).unwrap();
            assert_eq!(open_dpop(&text).unwrap().jkt, key.kid());
        }
    }

    #[test]
    fn what_is_no_proof_is_refused_by_its_header() {
        let key = new_key(SigningAlgorithm::Es256);
        assert_eq!(refused(&key, |header, _| header["typ"] = json!("JWT")), TokenError::Type);
        assert_eq!(refused(&key, |header, _| header["typ"] = Value::Null), TokenError::Type);
        assert_eq!(
            refused(&key, |header, _| header["crit"] = json!(["b64"])),
            TokenError::Critical
        );
        for alg in ["none", "HS256", "RS512", ""] {
            assert_eq!(
                refused(&key, |header, _| header["alg"] = json!(alg)),
                TokenError::Algorithm
            );
        }
        for member in PRIVATE_MEMBERS {
            let private = refused(&key, |header, _| header["jwk"][member] = json!("AAAA"));
            assert_eq!(private, TokenError::UnknownKey, "{member}");
        }
        let secret = json!({"kty": "oct", "k": "AAAA"});
        assert_eq!(refused(&key, |header, _| header["jwk"] = secret), TokenError::UnknownKey);
        let other = new_key(SigningAlgorithm::Es256);
        let swapped = refused(&key, |header, _| header["jwk"] = json!(other.public_jwk()));
        assert_eq!(swapped, TokenError::Signature);
        let rsa = refused(&key, |header, _| header["alg"] = json!("RS256"));
        assert_eq!(rsa, TokenError::UnknownKey, "a key is used with its own algorithms only");
        let none = refused(&key, |header, _| drop(header.as_object_mut().unwrap().remove("jwk")));
        assert_eq!(none, TokenError::Malformed);
    }

    #[test]
    fn what_a_proof_has_to_say_must_be_there() {
        let key = new_key(SigningAlgorithm::Es256);
        for name in ["jti", "htm", "htu", "iat"] {
            let missing = |_: &mut Value, claims: &mut Value| {
                drop(claims.as_object_mut().unwrap().remove(name));
            };
            assert_eq!(refused(&key, missing), TokenError::Claims, "{name}");
        }
        assert_eq!(refused(&key, |_, claims| claims["jti"] = json!("")), TokenError::Claims);
        let long = "x".repeat(5000);
        assert_eq!(refused(&key, |_, claims| claims["jti"] = json!(long)), TokenError::Malformed);
        for text in ["", ".", "..", "a.b.c", "髙.橋.一"] {
            assert_eq!(open_dpop(text), Err(TokenError::Malformed), "{text}");
        }
    }
}
