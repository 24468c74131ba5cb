//! Argon2id in PHC strings, with memory that is used again.
//!
//! Source: RFC 9106; OWASP Password Storage (m = 19 MiB, t = 2, p = 1); PHC string format.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base::kernel::{Error, Result, ids};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The most memory a stored hash (an imported one) may ask for, in KiB.
const MOST_KIB: u32 = 262_144;

/// Scratch memory of one thread: 19 MiB while there is work.
#[derive(Default)]
pub(super) struct Scratch {
    blocks: Vec<Block>,
}

impl Scratch {
    fn of(&mut self, params: &Params) -> &mut [Block] {
        let needed = params.block_count();
        if self.blocks.len() < needed {
            self.blocks.resize(needed, Block::default());
        }
        self.blocks.get_mut(..needed).unwrap_or_default()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Gives the memory back.
    pub(super) fn release(&mut self) {
        self.blocks = Vec::new();
    }
}

/// What is hashed: the password in Unicode form NFKC, so that one typed with full-width letters or
/// half-width kana on another keyboard is the same one (NIST SP 800-63B §5.1.1.2).
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, with a new salt.
pub(super) fn hash(password: &str, scratch: &mut Scratch) -> Result<String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(Error::internal)?;
    let salt: [u8; 32] = ids::secret_bytes();
    let (salt, _) = salt.split_at(16);
    let computed = compute(&params, (password, salt), scratch)?;
    let (salt, computed) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(computed));
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${computed}"))
}

/// Whether `password` is the one `stored` was made of. Without `stored` the same work is done and the
/// answer is no: how long it took tells nobody whether a login id exists.
pub(super) fn verify(password: &str, stored: Option<&str>, scratch: &mut Scratch) -> Result<bool> {
    let parsed = match stored {
        Some(text) => parse(text)?,
        None => Stored {
            params: Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(Error::internal)?,
            salt: vec![0; 16],
            hash: vec![0; 32],
        },
    };
    let computed = compute(&parsed.params, (password, &parsed.salt), scratch)?;
    let same = bool::from(computed.ct_eq(parsed.hash.as_slice()));
    Ok(same && stored.is_some())
}

fn compute(
    params: &Params,
    (password, salt): (&str, &[u8]),
    scratch: &mut Scratch,
) -> Result<[u8; 32]> {
    let mut computed = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(
            normal(password).as_bytes(),
            salt,
            &mut computed,
            scratch.of(params),
        )
        .map_err(Error::internal)?;
    Ok(computed)
}

struct Stored {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Reads a PHC string of Argon2id version 19 with a hash of 32 bytes.
fn parse(text: &str) -> Result<Stored> {
    let unreadable = || Error::internal("a stored password hash can not be read");
    let mut parts = text.split('$');
    let (Some(""), Some("argon2id"), Some("v=19"), Some(costs), Some(salt), Some(hash), None) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return Err(unreadable());
    };
    let mut numbers = costs.split(',').map(|cost| {
        cost.split_once('=').and_then(|(name, value)| Some((name, value.parse::<u32>().ok()?)))
    });
    let (Some(Some(("m", memory))), Some(Some(("t", passes))), Some(Some(("p", lanes))), None) =
        (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    else {
        return Err(unreadable());
    };
    let (salt, hash) = (STANDARD_NO_PAD.decode(salt), STANDARD_NO_PAD.decode(hash));
    let (Ok(salt), Ok(hash)) = (salt, hash) else { return Err(unreadable()) };
    if memory > MOST_KIB || passes > 64 || hash.len() != 32 {
        return Err(unreadable());
    }
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| unreadable())?;
    Ok(Stored { params, salt, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified_in_any_width_it_was_typed_in() {
        let mut scratch = Scratch::default();
        let stored = hash("髙橋さんのねこは３匹", &mut scratch).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("髙橋さんのねこは3匹", Some(&stored), &mut scratch).unwrap());
        assert!(!verify("髙橋さんのねこは4匹", Some(&stored), &mut scratch).unwrap());
        assert!(!verify("髙橋さんのねこは3匹", None, &mut scratch).unwrap());
        let again = hash("髙橋さんのねこは３匹", &mut scratch).unwrap();
        assert_ne!(stored, again, "salted");
    }

    #[test]
    fn a_hash_made_elsewhere_with_other_costs_is_verified() {
        // Made with the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify("password", Some(stored), &mut Scratch::default()).unwrap());
    }

    #[test]
    fn a_stored_hash_that_asks_for_too_much_is_not_computed() {
        for bad in [
            "",
            "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA",
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$t=2,m=19456,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ] {
            assert!(verify("x", Some(bad), &mut Scratch::default()).is_err(), "{bad}");
        }
    }
}
