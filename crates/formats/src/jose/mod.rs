//! Signed tokens: signing, verification against public key sets, thumbprints, PKCE.
//!
//! We sign with the algorithms of [`SigningAlgorithm`]. We verify what others sign with the algorithms of [`Algorithm`]; `none`
//! and the HMAC family can not be spelled, and a key is used with its own algorithms only, so a
//! public key is never taken for a secret. Nothing here reads a clock: the caller says when *now* is.
//!
//! Source: RFC 7515, 7517, 7518, 7519, 7636, 7638, 8725 (best current practice), 9068, 9449.

mod algorithm;
mod dpop;
mod error;
mod pkce;
mod sign;
mod verify;

pub use algorithm::{Algorithm, SigningAlgorithm};
pub use dpop::{DpopProof, has_private_part, open_dpop};
pub use error::TokenError;
pub use jsonwebtoken::jwk::{Jwk, JwkSet};
pub use pkce::{is_pkce_challenge, is_pkce_verifier, pkce_s256_challenge, pkce_s256_matches};
pub use sign::{SigningKey, thumbprint};
pub use verify::{
    Audience, Expected, Header, LONGEST_TOKEN, TokenType, VerificationKeys, unverified_header,
    verify,
};

#[cfg(test)]
mod algorithm_tests;
#[cfg(test)]
mod tests;
