//! Hashes other systems made, held against a password.
//!
//! The password is taken as it was typed: nobody knows what the other system did to it. What is right once is kept in
//! our own way from then on, so none of this is ever used to make a hash that is kept.

use pbkdf2::pbkdf2_hmac;
use sha_crypt::{PasswordVerifier as _, ShaCrypt};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;

use super::stored::{Crypt, Digest};

/// Longer ones, in bytes, are not tried: what some of these schemes cost grows with the password.
const LONGEST: usize = 128;

/// Whether `password` is what this hash of PBKDF2 was made of.
pub(super) fn is_pbkdf2(
    password: &str,
    (digest, rounds): (Digest, u32),
    (salt, hash): (&[u8], &[u8]),
) -> bool {
    let (password, mut derived) = (password.as_bytes(), vec![0; hash.len()]);
    match digest {
        Digest::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, rounds, &mut derived),
        Digest::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, rounds, &mut derived),
        Digest::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, rounds, &mut derived),
    }
    bool::from(derived.ct_eq(hash))
}

/// Whether `password` with this salt has this digest.
pub(super) fn is_salted(password: &str, digest: Digest, (salt, hash): (&[u8], &[u8])) -> bool {
    fn of<D: sha2::Digest>(password: &str, salt: &[u8]) -> Vec<u8> {
        D::new().chain_update(password).chain_update(salt).finalize().to_vec()
    }
    let computed = match digest {
        Digest::Sha1 => of::<Sha1>(password, salt),
        Digest::Sha256 => of::<Sha256>(password, salt),
        Digest::Sha512 => of::<Sha512>(password, salt),
    };
    bool::from(computed.ct_eq(hash))
}

/// Whether `password` is what this hash of `crypt(3)` was made of.
pub(super) fn is_crypt(password: &str, scheme: Crypt, text: &str) -> bool {
    if password.len() > LONGEST {
        return false;
    }
    match scheme {
        Crypt::Bcrypt => bcrypt::verify(password, text).unwrap_or_default(),
        Crypt::Sha => ShaCrypt::default().verify_password(password.as_bytes(), text).is_ok(),
    }
}
