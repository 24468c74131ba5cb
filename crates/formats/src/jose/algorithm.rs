//! The algorithms we accept: public-key signatures only.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use serde::{Deserialize, Serialize};

/// A signature algorithm. There is deliberately no `none` and no HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA-PSS with SHA-256.
    Ps256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Es256, Self::Es384, Self::Ps256, Self::Rs256, Self::EdDsa];

    /// The name in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of this name, if we accept it.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }

    pub(super) const fn library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Es384 => jsonwebtoken::Algorithm::ES384,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }

    pub(super) const fn key_algorithm(self) -> KeyAlgorithm {
        match self {
            Self::Es256 => KeyAlgorithm::ES256,
            Self::Es384 => KeyAlgorithm::ES384,
            Self::Rs256 => KeyAlgorithm::RS256,
            Self::Ps256 => KeyAlgorithm::PS256,
            Self::EdDsa => KeyAlgorithm::EdDSA,
        }
    }

    /// The algorithms a public key may be used with: those of its kind, narrowed by its own `alg`;
    /// none for encryption keys and secrets.
    pub(super) fn of_key(key: &Jwk) -> Vec<Self> {
        if !matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return Vec::new();
        }
        let of_kind: &[Self] = match &key.algorithm {
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => &[Self::Es256],
                EllipticCurve::P384 => &[Self::Es384],
                _ => &[],
            },
            AlgorithmParameters::RSA(_) => &[Self::Rs256, Self::Ps256],
            AlgorithmParameters::OctetKeyPair(_) => &[Self::EdDsa],
            _ => &[],
        };
        let stated = key.common.key_algorithm;
        let fits = |each: &Self| stated.is_none_or(|stated| stated == each.key_algorithm());
        of_kind.iter().copied().filter(fits).collect()
    }
}

/// An algorithm we sign with: the default and the two that services ask for.
///
/// Source: RFC 7518 §3.1 (ES256, RS256), RFC 8037 §3.1 (EdDSA, with Ed25519).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256: what everything is signed with unless a client wants another.
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    /// RSA PKCS#1 v1.5 with SHA-256, keys of 2048 bits.
    #[serde(rename = "RS256")]
    Rs256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlgorithm {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs256, Self::EdDsa];

    /// The name in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.verified_as().name()
    }

    /// The algorithm of this name, if we sign with it.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }

    /// What its signatures are verified as.
    #[must_use]
    pub const fn verified_as(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::Es256,
            Self::Rs256 => Algorithm::Rs256,
            Self::EdDsa => Algorithm::EdDsa,
        }
    }
}
