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

/// What sorts before every id with `prefix` that is made at `at` or later, and behind every earlier one.
#[must_use]
pub fn first_id(prefix: &str, at: Instant) -> String {
    let ms = u64::try_from(at.ms()).unwrap_or(0);
    format!("{prefix}_{}", ulid::Ulid::from_parts(ms, 0))
}

/// When an id was made, from what stands behind its prefix; `None`: that is no id.
#[must_use]
pub fn made_at(behind_prefix: &str) -> Option<Instant> {
    let id = ulid::Ulid::from_string(behind_prefix).ok()?;
    i64::try_from(id.timestamp_ms()).ok().map(Instant::from_ms)
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

/// `number` in the letters of [`typed_code`], `length` characters, the weightiest first; codes of one
/// length sort as their numbers do. What does not fit is cut off at the front.
#[must_use]
pub fn typed_number(mut number: u64, length: usize) -> String {
    let letters = TYPED.len() as u64;
    let mut code = vec![0_u8; length];
    for place in code.iter_mut().rev() {
        *place = usize::try_from(number % letters)
            .ok()
            .and_then(|at| TYPED.get(at).copied())
            .unwrap_or(b'2');
        number /= letters;
    }
    code.into_iter().map(char::from).collect()
}

/// The number behind a code of [`typed_number`]; `None` for other letters.
#[must_use]
pub fn typed_value(code: &str) -> Option<u64> {
    code.bytes().try_fold(0_u64, |value, byte| {
        let digit = TYPED.iter().position(|letter| *letter == byte)?;
        value.checked_mul(TYPED.len() as u64)?.checked_add(digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_it_was_made_and_sorts_behind_the_first_of_its_instant() {
        let at = Instant::from_ms(1_795_910_400_123);
        let id = new_id("aud", at);
        assert_eq!(id.strip_prefix("aud_").and_then(made_at), Some(at));
        assert!(first_id("aud", at) <= id && id < first_id("aud", at.plus_seconds(1)));
        assert_eq!(made_at("no id"), None);
    }

    #[test]
    fn a_number_comes_back_from_its_letters_and_sorts_like_them() {
        let numbers = [0, 1, 27, 28, 377_801_998_335];
        let codes: Vec<String> = numbers.iter().map(|number| typed_number(*number, 8)).collect();
        assert!(codes.is_sorted() && codes.iter().all(|code| code.len() == 8), "{codes:?}");
        let back: Vec<_> = codes.iter().filter_map(|code| typed_value(code)).collect();
        assert_eq!(back, numbers);
        assert_eq!((typed_value("AEIOU"), typed_value("ZZZZZZZZZZZZZZZZZZ")), (None, None));
    }
}
