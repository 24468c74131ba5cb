//! Access tokens: signed, short-lived, verified without asking the database.
//!
//! Owns the table `dpop_proofs`. Format: RFC 9068 (`at+jwt`, ES256 of the issuer). A token of a client says what
//! the client may do; a token of a person also names the authorization it came from.

mod access;
mod sender;

pub use access::{
    ACCESS_SECONDS, AccessClaims, AccessTokens, Acting, Asked, By, HOME_SECONDS, HOUSEHOLD,
    OnBehalfOf, Verified, is_resource,
};
pub use sender::{Confirmation, KeyProof, Scheme, Shown, sweep};
