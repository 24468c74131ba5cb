//! What we sign and seal with: the master key, each issuer's keys for every algorithm in use, handles.
//!
//! Owns the table `signing_keys`. An issuer is an operator's code, or `*` for the platform's own.
//! Sources: house.md §2, `docs/decisions/0008`, RFC 7515, 7517.

mod handles;
mod issuer;
mod keys;
mod master;
mod repo;
mod ring;

pub use handles::{Handle, HandleKind, Handles, NONCE_SECONDS};
pub use issuer::Issuer;
pub use keys::{
    KEPT_AFTER_SECONDS, ListedKey, PUBLISHED_BEFORE_SECONDS, ROTATED_EVERY_DAYS, Rotation,
    check_master, list_keys, rotate, withdraw,
};
pub use master::MasterKey;
pub use ring::{Ring, Signing};
