//! ES256 signing with a key that is parsed once.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters,
    EllipticCurveKeyType, Jwk, KeyAlgorithm, PublicKeyUse, ThumbprintHash,
};
use serde::Serialize;

use super::error::TokenError;

/// An ES256 key ready to sign. Make it once and share it: signing takes `&self`.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    jwk: Jwk,
    kid: String,
}

impl SigningKey {
    /// A new private key as PKCS#8 DER. Encrypt it before it is stored.
    ///
    /// # Errors
    /// `jose.key` when the source of randomness fails.
    pub fn generate() -> Result<Vec<u8>, TokenError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| TokenError::Key)?;
        pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()).map_err(|_| TokenError::Key)
    }

    /// The key of this PKCS#8 DER; its `kid` is the RFC 7638 thumbprint.
    ///
    /// # Errors
    /// `jose.key` when it is no P-256 private key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, TokenError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| TokenError::Key)?;
        // An uncompressed point: 0x04, x, y.
        let point = pair.public_key().as_ref();
        let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
            return Err(TokenError::Key);
        };
        let mut jwk = Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(KeyAlgorithm::ES256),
                ..CommonParameters::default()
            },
            algorithm: AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
                key_type: EllipticCurveKeyType::EC,
                curve: EllipticCurve::P256,
                x: URL_SAFE_NO_PAD.encode(x),
                y: URL_SAFE_NO_PAD.encode(y),
            }),
        };
        let kid = thumbprint(&jwk)?;
        jwk.common.key_id = Some(kid.clone());
        Ok(Self { pair, random: SystemRandom::new(), jwk, kid })
    }

    /// The key id: the thumbprint of the public key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key, with `kid`, `alg` and `use`, to publish.
    #[must_use]
    pub fn public_jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// A signed token of type `typ` (`at+jwt`, `JWT`, …; a plain word, not taken from a request).
    ///
    /// # Errors
    /// - `jose.claims` — the claims are no JSON
    /// - `jose.key` — the source of randomness fails
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, TokenError> {
        let header = format!(r#"{{"alg":"ES256","typ":"{typ}","kid":"{}"}}"#, self.kid);
        let claims = serde_json::to_vec(claims).map_err(|_| TokenError::Claims)?;
        let mut token = String::with_capacity((header.len() + claims.len() + 64) * 4 / 3 + 8);
        URL_SAFE_NO_PAD.encode_string(&header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
        let signature =
            self.pair.sign(&self.random, token.as_bytes()).map_err(|_| TokenError::Key)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }
}

/// The RFC 7638 thumbprint (SHA-256, base64url) of a public key.
///
/// # Errors
/// `jose.key` for a kind of key that has none.
pub fn thumbprint(key: &Jwk) -> Result<String, TokenError> {
    key.thumbprint(ThumbprintHash::SHA256).map_err(|_| TokenError::Key)
}
