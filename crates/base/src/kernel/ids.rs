//! Identifiers and secrets. Ids are prefixed ULIDs (`per_01J…`): sortable by time, safe to show.

use rand::RngExt as _;

use super::Instant;

/// Letters and digits without look-alikes (no vowels, no `0 O 1 I L`), for codes people type.
/// Source: brief tve §8.1.
const TYPED: &[u8] = b"23456789BCDFGHJKMNPQRSTVWXYZ";

/// A new id with `prefix`, sortable by `now`: `per_01JD…` (26 characters after the underscore).
#[must_use]
pub fn new_id(prefix: &str, now: Instant) -> String {
    let ms = u64::try_from(now.ms()).unwrap_or(0);
    format!("{prefix}_{}", ulid::Ulid::from_parts(ms, rand::rng().random()))
}

/// 32 random bytes from the thread's cryptographic generator: tokens, keys, cookies.
#[must_use]
pub fn secret_bytes() -> [u8; 32] {
    rand::rng().random()
}

/// A random code people can type, of `length` characters without vowels or look-alikes.
#[must_use]
pub fn typed_code(length: usize) -> String {
    let mut dice = rand::rng();
    (0..length)
        .filter_map(|_| TYPED.get(dice.random_range(0..TYPED.len())))
        .map(|byte| char::from(*byte))
        .collect()
}
