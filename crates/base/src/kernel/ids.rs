//! Identifiers and secrets. Ids are prefixed ULIDs (`per_01J…`): sortable by time, safe to show.

use rand::RngExt as _;
use rand::rngs::SysRng;
use rand::TryRng as _;

use super::{Error, Instant, Result};

/// A new id with `prefix`, sortable by `now`: `per_01JD…`.
#[must_use]
pub fn new_id(prefix: &str, now: Instant) -> String {
    let ms = u64::try_from(now.ms()).unwrap_or(0);
    format!("{prefix}_{}", ulid::Ulid::from_parts(ms, rand::rng().random()))
}
