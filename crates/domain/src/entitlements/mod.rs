//! Entitlements, 鍵: which products a household or a person may use, from when to when.
//!
//! Owns the table `grants`: one row for each grant period. Open, scheduled, closed and held are
//! derived, so the state at any instant can be asked. A bundle is one grant; what it opens is
//! looked up, so closing it closes only what no other grant supports. Source: brief tve §5.4.

mod grants;
mod keyring;
mod repo;

pub use grants::{CloseMode, Grant, GrantState, KeyTimes};
pub use keyring::{Keyring, NEEDS_ADULT_PROOF, NOT_SOLD, PRODUCT_UNKNOWN};
pub use repo::{count_holders, load, save};
