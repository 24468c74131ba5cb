//! Signing with a key that is parsed once.
//!
//! All private-key operations are those of AWS-LC, RSA with blinding (`docs/decisions/0013`).

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters,
    EllipticCurveKeyType, Jwk, OctetKeyPairParameters, OctetKeyPairType, PublicKeyUse,
    RSAKeyParameters, RSAKeyType, ThumbprintHash,
};
use serde::Serialize;

use super::algorithm::SigningAlgorithm;
use super::error::TokenError;

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
    EdDsa(Ed25519KeyPair),
}

/// A private key ready to sign, with the one algorithm of its kind. Make it once and share it: signing
/// takes `&self`.
pub struct SigningKey {
    pair: Pair,
    random: SystemRandom,
    jwk: Jwk,
    kid: String,
}

impl SigningKey {
    /// A new private key for ES256, as [`SigningKey::generate_for`].
    ///
    /// # Errors
    /// `jose.key` when the source of randomness fails.
    pub fn generate() -> Result<Vec<u8>, TokenError> {
        Self::generate_for(SigningAlgorithm::Es256)
    }

    /// A new private key as PKCS#8 DER. Encrypt it before it is stored.
    ///
    /// Consequence: an RSA key takes tenths of a second of work, the others next to nothing.
    ///
    /// # Errors
    /// `jose.key` when the source of randomness fails.
    pub fn generate_for(algorithm: SigningAlgorithm) -> Result<Vec<u8>, TokenError> {
        let made = match algorithm {
            SigningAlgorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .and_then(|pair| pair.to_pkcs8v1())
                .map(|document| document.as_ref().to_vec()),
            SigningAlgorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048)
                .and_then(|pair| pair.as_der())
                .map(|document| document.as_ref().to_vec()),
            SigningAlgorithm::EdDsa => Ed25519KeyPair::generate()
                .and_then(|pair| pair.to_pkcs8v1())
                .map(|document| document.as_ref().to_vec()),
        };
        made.map_err(|_| TokenError::Key)
    }

    /// The key of this PKCS#8 DER, which says itself for which algorithm it is; its `kid` is the RFC
    /// 7638 thumbprint.
    ///
    /// # Errors
    /// `jose.key` when it is no private key on P-256, of Ed25519 or of RSA.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, TokenError> {
        let (pair, parameters) = read(der)?;
        let mut jwk = Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(pair.algorithm().verified_as().key_algorithm()),
                ..CommonParameters::default()
            },
            algorithm: parameters,
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

    /// What it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.pair.algorithm()
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
        let algorithm = self.algorithm().name();
        let header = format!(r#"{{"alg":"{algorithm}","typ":"{typ}","kid":"{}"}}"#, self.kid);
        self.sign_text(&header, claims)
    }

    /// A signed token under this very `header`, which nobody checks: what else may be wrong with it is
    /// told by who verifies it.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub fn sign_with_header(
        &self,
        header: &impl Serialize,
        claims: &impl Serialize,
    ) -> Result<String, TokenError> {
        let header = serde_json::to_string(header).map_err(|_| TokenError::Claims)?;
        self.sign_text(&header, claims)
    }

    fn sign_text(&self, header: &str, claims: &impl Serialize) -> Result<String, TokenError> {
        let claims = serde_json::to_vec(claims).map_err(|_| TokenError::Claims)?;
        let mut token = String::with_capacity((header.len() + claims.len() + 64) * 4 / 3 + 8);
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
        let signature = self.signature_of(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature_of(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        match &self.pair {
            Pair::Es256(pair) => {
                let signed = pair.sign(&self.random, message).map_err(|_| TokenError::Key)?;
                Ok(signed.as_ref().to_vec())
            }
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature)
                    .map_err(|_| TokenError::Key)?;
                Ok(signature)
            }
            Pair::EdDsa(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl Pair {
    const fn algorithm(&self) -> SigningAlgorithm {
        match self {
            Self::Es256(_) => SigningAlgorithm::Es256,
            Self::Rs256(_) => SigningAlgorithm::Rs256,
            Self::EdDsa(_) => SigningAlgorithm::EdDsa,
        }
    }
}

/// The key pair of a DER, and its public half in the words of RFC 7518 §6 and RFC 8037 §2. The DER names
/// its kind, so that at most one of the three can be read from it.
fn read(der: &[u8]) -> Result<(Pair, AlgorithmParameters), TokenError> {
    if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
        // An uncompressed point: 0x04, x, y.
        let point = pair.public_key().as_ref();
        let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
            return Err(TokenError::Key);
        };
        let public = EllipticCurveKeyParameters {
            key_type: EllipticCurveKeyType::EC,
            curve: EllipticCurve::P256,
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        };
        return Ok((Pair::Es256(pair), AlgorithmParameters::EllipticCurve(public)));
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8(der) {
        let public = OctetKeyPairParameters {
            key_type: OctetKeyPairType::OctetKeyPair,
            curve: EllipticCurve::Ed25519,
            x: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
        };
        return Ok((Pair::EdDsa(pair), AlgorithmParameters::OctetKeyPair(public)));
    }
    let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| TokenError::Key)?;
    let (modulus, exponent) = (pair.public_key().modulus(), pair.public_key().exponent());
    let public = RSAKeyParameters {
        key_type: RSAKeyType::RSA,
        n: URL_SAFE_NO_PAD.encode(modulus.big_endian_without_leading_zero()),
        e: URL_SAFE_NO_PAD.encode(exponent.big_endian_without_leading_zero()),
    };
    Ok((Pair::Rs256(Box::new(pair)), AlgorithmParameters::RSA(public)))
}

/// The RFC 7638 thumbprint (SHA-256, base64url) of a public key.
///
/// # Errors
/// `jose.key` for a kind of key that has none.
pub fn thumbprint(key: &Jwk) -> Result<String, TokenError> {
    key.thumbprint(ThumbprintHash::SHA256).map_err(|_| TokenError::Key)
}
