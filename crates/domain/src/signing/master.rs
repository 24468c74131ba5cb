//! The master key: what seals everything secret in the database, and what other keys come from.
//!
//! It comes from a file or the environment at the start and is never stored. Sealed values are bound
//! to their operator and purpose (associated data), so that a row copied elsewhere does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base::kernel::{Error, Result, ids};

/// The first byte of everything sealed: AES-256-GCM, random nonce, key derived by HMAC-SHA-256.
const FORM: u8 = 1;
/// Bytes of the key's fingerprint kept in front, so that a wrong master key is told from damage.
const FINGERPRINT: usize = 4;
const HEAD: usize = 1 + FINGERPRINT + NONCE_LEN;

/// 32 secret bytes from which every other key of this installation is derived.
#[derive(Clone)]
pub struct MasterKey {
    bytes: [u8; 32],
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    /// From the 32 bytes the configuration names.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self { bytes }
    }

    /// A new random one: for `demo`, tests and the first start.
    #[must_use]
    pub fn random() -> Self {
        Self { bytes: ids::secret_bytes() }
    }

    /// The bytes, to be written into the key file once.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// A key for one purpose; keys of different purposes tell nothing about each other.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.bytes);
        let tag = hmac::sign(&key, format!("aikagi/1/{purpose}").as_bytes());
        let mut derived = [0; 32];
        for (to, from) in derived.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        derived
    }

    /// Eight hex digits by which two master keys can be told apart; says nothing about the key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(self.mark())
    }

    fn mark(&self) -> [u8; FINGERPRINT] {
        let [a, b, c, d, ..] = self.derive("fingerprint");
        [a, b, c, d]
    }

    fn sealing_key(&self) -> Result<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.derive("seal")).map_err(Error::internal)
    }

    /// Seals `plain`, bound to `operator` and `purpose`: only the same three open it.
    ///
    /// Consequence: nonces are random (96 bits), which is safe for the few thousand secrets of an
    /// installation and up to 2³² seals. Source: NIST SP 800-38D §8.3.
    ///
    /// # Errors
    /// `internal` when the cipher fails.
    pub fn seal(&self, operator: &str, purpose: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let mut cipher = plain.to_vec();
        let nonce = self
            .sealing_key()?
            .seal_in_place_append_tag(Aad::from(bound_to(operator, purpose)), &mut cipher)
            .map_err(Error::internal)?;
        let mut sealed = Vec::with_capacity(HEAD + cipher.len());
        sealed.push(FORM);
        sealed.extend(self.mark());
        sealed.extend(nonce.as_ref());
        sealed.append(&mut cipher);
        Ok(sealed)
    }

    /// Opens what [`MasterKey::seal`] made for the same operator and purpose.
    ///
    /// # Errors
    /// `master_key.differs` — sealed with another master key; `internal` — damaged, or sealed for
    /// something else.
    pub fn open(&self, operator: &str, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let damaged = || Error::internal(format!("the sealed {purpose} of {operator} is damaged"));
        let (head, cipher) = sealed.split_at_checked(HEAD).ok_or_else(damaged)?;
        let (form, nonce) = head.split_at_checked(1 + FINGERPRINT).ok_or_else(damaged)?;
        let (Some(&FORM), mark) = (form.first(), form.get(1..)) else { return Err(damaged()) };
        if mark != Some(self.mark().as_slice()) {
            return Err(Error::refused("master_key.differs"));
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let mut plain = cipher.to_vec();
        let length = self
            .sealing_key()?
            .open_in_place(nonce, Aad::from(bound_to(operator, purpose)), &mut plain)
            .map_err(|_| damaged())?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// Whether `sealed` was sealed with this key. One that is damaged is no sign of another key.
    ///
    /// # Errors
    /// `master_key.differs`
    pub fn fits(&self, operator: &str, purpose: &str, sealed: &[u8]) -> Result<()> {
        match self.open(operator, purpose, sealed) {
            Err(error @ Error::Refused { .. }) => Err(error),
            _ => Ok(()),
        }
    }
}

/// The associated data: lengths in front, so that no two pairs read alike.
fn bound_to(operator: &str, purpose: &str) -> Vec<u8> {
    format!("{}:{operator}:{purpose}", operator.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_the_same_operator_and_purpose_only() {
        let master = MasterKey::random();
        let sealed = master.seal("kita", "webhook", "ひみつ".as_bytes()).unwrap();
        assert_eq!(master.open("kita", "webhook", &sealed).unwrap(), "ひみつ".as_bytes());
        for (operator, purpose) in [("minami", "webhook"), ("kita", "signing")] {
            let error = master.open(operator, purpose, &sealed).unwrap_err();
            assert_eq!(error.code(), "internal");
        }
        assert_ne!(sealed, master.seal("kita", "webhook", "ひみつ".as_bytes()).unwrap());
    }

    #[test]
    fn another_master_key_is_told_from_damage() {
        let (ours, other) = (MasterKey::random(), MasterKey::random());
        let sealed = ours.seal("kita", "webhook", b"secret").unwrap();
        assert_eq!(
            other.open("kita", "webhook", &sealed).unwrap_err().code(),
            "master_key.differs"
        );
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(ours.fits("kita", "webhook", &sealed).is_ok());
        assert!(other.fits("kita", "webhook", &sealed).is_err());
        for bad in [&damaged[..], &sealed[..10], &[]] {
            assert!(ours.fits("kita", "webhook", bad).is_ok(), "damage is another matter");
            assert_eq!(ours.open("kita", "webhook", bad).unwrap_err().code(), "internal");
        }
    }

    #[test]
    fn nothing_prints_the_key() {
        assert_eq!(format!("{:?}", MasterKey::random()), "MasterKey(…)");
    }
}
