//! Stored password hashes, read: ours, and those other systems made. One parser for all of them.
//!
//! What would take more than about a second to compute is not read: whoever may try a password could keep a core
//! busy with it. Sources: PHC string format; `crypt(5)`; passlib's modular crypt format; RFC 2307 §5.3;
//! `docs/decisions/0035-passwords-from-elsewhere.md`.

use argon2::{Algorithm, Params};
use base::kernel::{Error, Result};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// No hash anybody keeps is longer, in bytes.
const LONGEST: usize = 512;
/// The most memory an Argon2 hash may ask for, and the most memory times passes, in KiB.
pub(super) const MOST_KIB: u32 = 262_144;
pub(super) const MOST_KIB_PASSES: u64 = 1_048_576;
const MOST_LANES: u32 = 16;
/// The most rounds of PBKDF2, by digest: a round of SHA-512 costs about twice as much.
const MOST_ROUNDS: u32 = 2_000_000;
const MOST_ROUNDS_SHA512: u32 = 1_000_000;
/// The most rounds of `sha256-crypt` and `sha512-crypt`, and the fewest they know.
const MOST_CRYPT_ROUNDS: u32 = 1_000_000;
const FEWEST_CRYPT_ROUNDS: u32 = 1000;
/// Costs of bcrypt: powers of two.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=13;
/// Bytes of a salt.
const SALT: std::ops::RangeInclusive<usize> = 1..=64;

/// Passlib's own Base64: a dot for the plus, no padding.
const AB64: GeneralPurpose = GeneralPurpose::new(
    &match alphabet::Alphabet::new(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./",
    ) {
        Ok(alphabet) => alphabet,
        Err(_) => alphabet::STANDARD,
    },
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A digest hashes are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    /// Bytes of what it answers.
    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// A scheme of `crypt(3)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crypt {
    Bcrypt,
    Sha,
}

/// What a hash is made of.
#[derive(Debug, Clone)]
pub(super) enum Stored<'t> {
    Argon2 {
        algorithm: Algorithm,
        params: Params,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    Pbkdf2 {
        digest: Digest,
        rounds: u32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// The digest of password and salt, once: `{SSHA}`.
    Salted {
        digest: Digest,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// Read again by what computes it.
    Crypt {
        scheme: Crypt,
        text: &'t str,
    },
}

/// Why a stored hash is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Of no kind that is known, or malformed.
    Unreadable,
    /// It would take too long.
    Costly,
}

type Parsed<T> = std::result::Result<T, Fault>;

/// Whether a hash another system made can be taken over.
///
/// # Errors
/// - `password.hash_unreadable` — of no kind that is known, or malformed
/// - `password.hash_costly` — it would take more than about a second
pub fn check_password_hash(text: &str) -> Result<()> {
    match parse(text) {
        Ok(_) => Ok(()),
        Err(Fault::Unreadable) => Err(Error::invalid("password.hash_unreadable", "password_hash")),
        Err(Fault::Costly) => Err(Error::invalid("password.hash_costly", "password_hash")),
    }
}

/// Reads a stored hash. What it costs to compute what is read is bounded.
pub(super) fn parse(text: &str) -> Parsed<Stored<'_>> {
    if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::Unreadable);
    }
    if let Some((name, rest)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        return ldap(name, rest);
    }
    let parts: Vec<&str> = text.split('$').collect();
    match *parts.as_slice() {
        ["", kind @ ("argon2id" | "argon2i"), "v=19", costs, salt, hash] => {
            argon2(kind, costs, (salt, hash))
        }
        ["", "pbkdf2", rounds, salt, hash] => {
            pbkdf2(Digest::Sha1, rounds, (&AB64.decode(salt), &AB64.decode(hash)))
        }
        ["", kind @ ("pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512"), costs, salt, hash] => {
            let digest = digest_of(kind.trim_start_matches("pbkdf2-"))?;
            match costs.strip_prefix("i=") {
                Some(rounds) => {
                    let rounds = rounds.split(',').next().unwrap_or_default();
                    let bytes = (&STANDARD_NO_PAD.decode(salt), &STANDARD_NO_PAD.decode(hash));
                    pbkdf2(digest, rounds, bytes)
                }
                None => pbkdf2(digest, costs, (&AB64.decode(salt), &AB64.decode(hash))),
            }
        }
        // As Django keeps it: the salt is text.
        [kind @ ("pbkdf2_sha1" | "pbkdf2_sha256" | "pbkdf2_sha512"), rounds, salt, hash] => {
            let digest = digest_of(kind.trim_start_matches("pbkdf2_"))?;
            pbkdf2(digest, rounds, (&Ok(salt.into()), &STANDARD.decode(hash)))
        }
        _ => crypt(text, &parts),
    }
}

fn digest_of(name: &str) -> Parsed<Digest> {
    match name {
        "sha1" => Ok(Digest::Sha1),
        "sha256" => Ok(Digest::Sha256),
        "sha512" => Ok(Digest::Sha512),
        _ => Err(Fault::Unreadable),
    }
}

/// What directories keep: `{SSHA}` and its kin, and `{CRYPT}` before a hash of `crypt(3)`.
fn ldap<'t>(name: &str, rest: &'t str) -> Parsed<Stored<'t>> {
    let digest = match name.to_ascii_uppercase().as_str() {
        "SSHA" => Digest::Sha1,
        "SSHA256" => Digest::Sha256,
        "SSHA512" => Digest::Sha512,
        "CRYPT" => return crypt(rest, &rest.split('$').collect::<Vec<_>>()),
        _ => return Err(Fault::Unreadable),
    };
    let bytes = STANDARD.decode(rest).map_err(|_| Fault::Unreadable)?;
    let (hash, salt) = bytes.split_at_checked(digest.length()).ok_or(Fault::Unreadable)?;
    if !SALT.contains(&salt.len()) {
        return Err(Fault::Unreadable);
    }
    Ok(Stored::Salted { digest, salt: salt.to_vec(), hash: hash.to_vec() })
}

/// Decimal digits without sign or zeros in front.
fn number(text: &str) -> Parsed<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || text.len() > 1 && text.starts_with('0') {
        return Err(Fault::Unreadable);
    }
    // So many digits that it is none: dear in any case.
    match text {
        "" => Err(Fault::Unreadable),
        _ => text.parse().map_err(|_| Fault::Costly),
    }
}

fn argon2<'t>(kind: &str, costs: &str, (salt, hash): (&str, &str)) -> Parsed<Stored<'t>> {
    let costs: Vec<_> = costs.split(',').filter_map(|cost| cost.split_once('=')).collect();
    let [("m", memory), ("t", passes), ("p", lanes)] = *costs.as_slice() else {
        return Err(Fault::Unreadable);
    };
    let (memory, passes, lanes) = (number(memory)?, number(passes)?, number(lanes)?);
    let work = u64::from(memory).saturating_mul(u64::from(passes));
    if memory > MOST_KIB || work > MOST_KIB_PASSES || lanes > MOST_LANES {
        return Err(Fault::Costly);
    }
    let (salt, hash) = (STANDARD_NO_PAD.decode(salt), STANDARD_NO_PAD.decode(hash));
    let (Ok(salt), Ok(hash)) = (salt, hash) else { return Err(Fault::Unreadable) };
    if !(8..=64).contains(&salt.len()) || !(16..=64).contains(&hash.len()) {
        return Err(Fault::Unreadable);
    }
    let algorithm = if kind == "argon2i" { Algorithm::Argon2i } else { Algorithm::Argon2id };
    let params = Params::new(memory, passes, lanes, Some(hash.len()));
    let params = params.map_err(|_| Fault::Unreadable)?;
    Ok(Stored::Argon2 { algorithm, params, salt, hash })
}

type Decoded = std::result::Result<Vec<u8>, base64::DecodeError>;

fn pbkdf2<'t>(
    digest: Digest,
    rounds: &str,
    (salt, hash): (&Decoded, &Decoded),
) -> Parsed<Stored<'t>> {
    let rounds = number(rounds)?;
    let most = if digest == Digest::Sha512 { MOST_ROUNDS_SHA512 } else { MOST_ROUNDS };
    if rounds > most {
        return Err(Fault::Costly);
    }
    let (Ok(salt), Ok(hash)) = (salt, hash) else { return Err(Fault::Unreadable) };
    // Longer than one answer of the digest, it would cost as many times more.
    let lengths = 16..=digest.length();
    if rounds == 0 || !SALT.contains(&salt.len()) || !lengths.contains(&hash.len()) {
        return Err(Fault::Unreadable);
    }
    Ok(Stored::Pbkdf2 { digest, rounds, salt: salt.clone(), hash: hash.clone() })
}

/// `$2b$`, `$5$`, `$6$`.
fn crypt<'t>(text: &'t str, parts: &[&str]) -> Parsed<Stored<'t>> {
    /// Letters of salt and sum.
    const SHA256: (std::ops::RangeInclusive<usize>, usize) = (1..=16, 43);
    const SHA512: (std::ops::RangeInclusive<usize>, usize) = (1..=16, 86);
    let (scheme, (salts, length), salt, sum) = match *parts {
        ["", "2a" | "2b" | "2y", cost, rest] => {
            let &[tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = cost.as_bytes() else {
                return Err(Fault::Unreadable);
            };
            let cost = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
            if cost > *BCRYPT_COSTS.end() {
                return Err(Fault::Costly);
            }
            if !BCRYPT_COSTS.contains(&cost) {
                return Err(Fault::Unreadable);
            }
            let (salt, sum) = rest.split_at_checked(22).ok_or(Fault::Unreadable)?;
            (Crypt::Bcrypt, (22..=22, 31), salt, sum)
        }
        ["", "5", salt, sum] => (Crypt::Sha, SHA256, salt, sum),
        ["", "6", salt, sum] => (Crypt::Sha, SHA512, salt, sum),
        ["", kind @ ("5" | "6"), rounds, salt, sum] => {
            let rounds = number(rounds.strip_prefix("rounds=").ok_or(Fault::Unreadable)?)?;
            if rounds > MOST_CRYPT_ROUNDS {
                return Err(Fault::Costly);
            }
            if rounds < FEWEST_CRYPT_ROUNDS {
                return Err(Fault::Unreadable);
            }
            (Crypt::Sha, if kind == "5" { SHA256 } else { SHA512 }, salt, sum)
        }
        _ => return Err(Fault::Unreadable),
    };
    let letters = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/')
    };
    if !salts.contains(&salt.len()) || sum.len() != length || !letters(salt) || !letters(sum) {
        return Err(Fault::Unreadable);
    }
    Ok(Stored::Crypt { scheme, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_malformed_is_told_from_what_costs_too_much() {
        const SUM: &str = "$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let argon2 = |kind: &str, costs: &str| format!("${kind}$v=19${costs}{SUM}");
        let bcrypt = |cost: &str| format!("$2b${cost}${}", "a".repeat(53));
        let sha = |rounds: &str| format!("$6$rounds={rounds}$salt${}", "a".repeat(86));
        let pbkdf2 = |rounds: &str| format!("$pbkdf2-sha512${rounds}$c2FsdA${}", "A".repeat(86));
        let fault = |text: &str| parse(text).map(|_| ()).unwrap_err();
        for costly in [
            argon2("argon2id", "m=4294967295,t=2,p=1"),
            argon2("argon2id", "m=99999999999,t=2,p=1"),
            argon2("argon2id", "m=262144,t=5,p=1"),
            argon2("argon2i", "m=8,t=4294967295,p=1"),
            argon2("argon2id", "m=262144,t=2,p=17"),
            bcrypt("14"),
            bcrypt("31"),
            bcrypt("99"),
            sha("1000001"),
            sha("999999999"),
            pbkdf2("1000001"),
            pbkdf2("4294967296"),
        ] {
            assert_eq!(fault(&costly), Fault::Costly, "{costly}");
        }
        for unreadable in [
            String::new(),
            "password".to_owned(),
            "x".repeat(513),
            argon2("argon2d", "m=19456,t=2,p=1"),
            argon2("argon2id", "t=2,m=19456,p=1"),
            argon2("argon2id", "m=+9456,t=2,p=1"),
            argon2("argon2id", "m=19456,t=2"),
            argon2("argon2id", "m=19456,t=0,p=1"),
            bcrypt("03"),
            bcrypt("5"),
            bcrypt("+5"),
            format!("$2x$05${}", "a".repeat(53)),
            format!("$2b$05${}", "a".repeat(52)),
            format!("$2b$05${}髙", "a".repeat(50)),
            sha("999"),
            sha("01000"),
            sha("-1"),
            pbkdf2("0"),
            "$1$3azHgidD$SrJPt7B.9rekpmwJwtON31".to_owned(),
            format!("$6$alsoalongsaltsalt${}", "a".repeat(86)),
            format!("$6$salt:salt${}", "a".repeat(86)),
            "{MD5}rL0Y20zC+Fzt72VPzMSk2A==".to_owned(),
            "{SSHA}AAAA".to_owned(),
            "$pbkdf2-sha256$1000$c2FsdA$AAAA".to_owned(),
            "pbkdf2_sha256$1000$$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y=".to_owned(),
            "$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA".to_owned(),
        ] {
            assert_eq!(fault(&unreadable), Fault::Unreadable, "{unreadable}");
        }
        let told = |text: &str| check_password_hash(text).unwrap_err().code();
        assert_eq!(told("x"), "password.hash_unreadable");
        assert_eq!(told(&bcrypt("31")), "password.hash_costly");
        check_password_hash(&bcrypt("12")).unwrap();
    }

    proptest::proptest! {
        /// Whatever stands there is read or refused, and what is read stays within the bounds.
        #[test]
        fn whatever_is_stored_is_answered(
            text in "(\\$(2[aby]|5|6|argon2id?|pbkdf2(-sha(1|256|512))?)\\$|pbkdf2_sha256\\$|\\{(SSHA|CRYPT)\\})?[ -~]{0,120}",
            odd in ".{0,40}",
        ) {
            for text in [text, odd] {
                match parse(&text) {
                    Ok(Stored::Argon2 { params, .. }) => {
                        let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
                        proptest::prop_assert!(work <= MOST_KIB_PASSES);
                    }
                    Ok(Stored::Pbkdf2 { rounds, hash, digest, .. }) => {
                        proptest::prop_assert!(rounds <= MOST_ROUNDS && hash.len() <= digest.length());
                    }
                    Ok(Stored::Salted { .. } | Stored::Crypt { .. }) | Err(_) => {}
                }
            }
        }

        /// What is read is also computed without a fault: nothing of it is too short or out of the alphabet.
        #[test]
        fn what_is_read_of_a_crypt_is_computed(
            salt in "[./0-9A-Za-z]{1,16}", sum in "[./0-9A-Za-z]{86}", password in ".{0,20}",
        ) {
            use super::super::elsewhere::is_crypt;
            let cut = |length| sum.get(..length).unwrap_or_default();
            let bcrypt = format!("$2b$04${}{}", cut(22), cut(31));
            let all = [
                format!("$5$rounds=1000${salt}${}", cut(43)),
                format!("$6$rounds=1000${salt}${sum}"),
                bcrypt,
            ];
            for text in all {
                if let Ok(Stored::Crypt { scheme, text }) = parse(&text) {
                    proptest::prop_assert!(!is_crypt(&password, scheme, text));
                }
            }
        }
    }
}
