//! Argon2id in PHC strings, with memory that is used again.
//!
//! Source: RFC 9106; OWASP Password Storage (m = 19 MiB, t = 2, p = 1); PHC string format.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base::kernel::{Error, Result, ids};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

use super::cost::Cost;
use super::elsewhere;
use super::stored::{self, Stored};

const LANES: u32 = 1;
/// Bytes of salt and hash.
const SALT: usize = 16;
const HASH: usize = 32;

/// Scratch memory of one thread while there is work, and what new hashes cost there.
#[derive(Default)]
pub(super) struct Scratch {
    cost: Cost,
    blocks: Vec<Block>,
}

impl Scratch {
    pub(super) const fn new(cost: Cost) -> Self {
        Self { cost, blocks: Vec::new() }
    }

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

/// `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, with a new salt, at the cost of this thread.
pub(super) fn hash(password: &str, scratch: &mut Scratch) -> Result<String> {
    let Cost { memory_kib, passes } = scratch.cost;
    let params = Params::new(memory_kib, passes, LANES, Some(HASH)).map_err(Error::internal)?;
    let salt: [u8; 32] = ids::secret_bytes();
    let (salt, _) = salt.split_at(SALT);
    let computed = compute((Algorithm::Argon2id, &params), (password, salt), scratch)?;
    let (salt, computed) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(computed));
    Ok(format!("$argon2id$v=19$m={memory_kib},t={passes},p={LANES}${salt}${computed}"))
}

/// How a password was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Whether it is the one.
    pub same: bool,
    /// What to keep of it from now on, where what is kept was made elsewhere or costs less than ours.
    pub renewed: Option<String>,
}

/// Whether `password` is the one `stored` was made of. Without `stored`, or where it can not be read, the same
/// work is done and the answer is no: how long it took tells nobody whether a login id exists. What was made
/// elsewhere costs ours on top, right or wrong.
pub(super) fn verify(
    password: &str,
    stored: Option<&str>,
    scratch: &mut Scratch,
) -> Result<Compared> {
    let read = |text| match stored::parse(text) {
        Ok(parsed) => Some(parsed),
        Err(fault) => {
            tracing::error!(?fault, "a stored password hash can not be read");
            None
        }
    };
    let Some(parsed) = stored.and_then(read) else {
        hash(password, scratch)?;
        return Ok(Compared { same: false, renewed: None });
    };
    let same = is_of(password, &parsed, scratch)?;
    if is_ours(&parsed, scratch.cost) {
        return Ok(Compared { same, renewed: None });
    }
    let renewed = hash(password, scratch)?;
    Ok(Compared { same, renewed: same.then_some(renewed) })
}

/// Whether it was made as [`hash`] makes them, or better.
fn is_ours(stored: &Stored<'_>, cost: Cost) -> bool {
    let Stored::Argon2 { algorithm: Algorithm::Argon2id, params, salt, hash } = stored else {
        return false;
    };
    params.m_cost() >= cost.memory_kib
        && params.t_cost() >= cost.passes
        && salt.len() >= SALT
        && hash.len() >= HASH
}

fn is_of(password: &str, stored: &Stored<'_>, scratch: &mut Scratch) -> Result<bool> {
    Ok(match stored {
        Stored::Argon2 { algorithm, params, salt, hash } => {
            let computed = compute((*algorithm, params), (password, salt), scratch)?;
            bool::from(computed.ct_eq(hash))
        }
        Stored::Pbkdf2 { digest, rounds, salt, hash } => {
            elsewhere::is_pbkdf2(password, (*digest, *rounds), (salt, hash))
        }
        Stored::Salted { digest, salt, hash } => {
            elsewhere::is_salted(password, *digest, (salt, hash))
        }
        Stored::Crypt { scheme, text } => elsewhere::is_crypt(password, *scheme, text),
    })
}

fn compute(
    (algorithm, params): (Algorithm, &Params),
    (password, salt): (&str, &[u8]),
    scratch: &mut Scratch,
) -> Result<Vec<u8>> {
    let mut computed = vec![0; params.output_len().unwrap_or(HASH)];
    Argon2::new(algorithm, Version::V0x13, params.clone())
        .hash_password_into_with_memory(
            normal(password).as_bytes(),
            salt,
            &mut computed,
            scratch.of(params),
        )
        .map_err(Error::internal)?;
    Ok(computed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified_in_any_width_it_was_typed_in() {
        let mut scratch = Scratch::default();
        let stored = hash("髙橋さんのねこは３匹", &mut scratch).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let mut same = |password, stored| verify(password, stored, &mut scratch).unwrap();
        let right = same("髙橋さんのねこは3匹", Some(&stored));
        assert_eq!(right, Compared { same: true, renewed: None });
        assert!(!same("髙橋さんのねこは4匹", Some(&stored)).same);
        assert!(!same("髙橋さんのねこは3匹", None).same);
        let again = hash("髙橋さんのねこは３匹", &mut scratch).unwrap();
        assert_ne!(stored, again, "salted");
    }

    /// Password and hash, each as somebody else published it.
    const PUBLISHED: &[(&str, &str)] = &[
        // The reference implementation of Argon2: echo -n password | argon2 somesalt -t 2 -k 65536
        (
            "password",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ),
        (
            "password",
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        ),
        // RFC 6070, RFC 7914 §11; in the three ways they are written.
        ("password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"),
        ("password", "$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE"),
        ("password", "pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE="),
        ("Password", "$pbkdf2-sha256$80000$TmFDbA$TdzY9guYviGDDO5e8icB.WQaRBjQTAQUrv8Ih2s0q1Y"),
        ("Password", "$pbkdf2-sha256$i=80000$TmFDbA$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y"),
        ("Password", "pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y="),
        (
            "password",
            "$pbkdf2-sha512$4096$c2FsdA$0Zexsz2wFD4BixLz0dFHnmzevcyXxcD4f2kC4HL0V7UUPzBgJkGz1VzTNZiMs2uEN2Bg7NUy4Dm3QqI5Q0ry1Q",
        ),
        // Passlib's documentation.
        ("testing123", "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr"),
        // OpenBSD, by way of jBCrypt.
        ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
        ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
        ("password", "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe"),
        // The specification of SHA-crypt.
        ("Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
        ("Hello world!", "{CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
        (
            "Hello world!",
            "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
        ),
    ];

    #[test]
    fn a_password_kept_elsewhere_is_found_and_kept_in_our_way_from_then_on() {
        let mut scratch = Scratch::default();
        for (password, stored) in PUBLISHED {
            let right = verify(password, Some(stored), &mut scratch).unwrap();
            assert!(right.same, "{stored}");
            match right.renewed {
                Some(renewed) => {
                    let again = verify(password, Some(&renewed), &mut scratch).unwrap();
                    assert_eq!(again, Compared { same: true, renewed: None });
                }
                None => assert!(stored.starts_with("$argon2id"), "{stored}"),
            }
            let wrong = verify("Passw0rd", Some(stored), &mut scratch).unwrap();
            assert_eq!(wrong, Compared { same: false, renewed: None }, "{stored}");
        }
    }

    #[test]
    fn an_argon2_that_costs_less_than_ours_is_made_anew() {
        let mut scratch = Scratch::default();
        let params = Params::new(8192, 2, 1, Some(32)).unwrap();
        let with = (Algorithm::Argon2id, &params);
        let computed = compute(with, ("kita no hama", &[7; 16]), &mut scratch).unwrap();
        let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
        let weak = format!("$argon2id$v=19$m=8192,t=2,p=1${}${}", text(&[7; 16]), text(&computed));
        let found = verify("kita no hama", Some(&weak), &mut scratch).unwrap();
        assert!(found.same && found.renewed.unwrap().contains("$m=19456,t=2,p=1$"));
    }

    #[test]
    fn where_more_is_asked_for_an_older_hash_is_made_anew_and_a_costlier_one_stays() {
        let (mut usual, mut more) =
            (Scratch::default(), Scratch::new(Cost::new(24_576, 3).unwrap()));
        let older = hash("kita no hama", &mut usual).unwrap();
        let renewed = verify("kita no hama", Some(&older), &mut more).unwrap().renewed.unwrap();
        assert!(renewed.starts_with("$argon2id$v=19$m=24576,t=3,p=1$"), "{renewed}");
        for scratch in [&mut more, &mut usual] {
            let found = verify("kita no hama", Some(&renewed), scratch).unwrap();
            assert_eq!(found, Compared { same: true, renewed: None });
        }
    }

    #[test]
    fn what_can_not_be_read_answers_like_a_wrong_password() {
        let mut scratch = Scratch::default();
        for bad in ["", "x", "$2b$31$", "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$AAAA"] {
            let found = verify("x", Some(bad), &mut scratch).unwrap();
            assert_eq!(found, Compared { same: false, renewed: None }, "{bad}");
        }
    }
}
