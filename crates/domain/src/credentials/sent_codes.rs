//! Codes sent to a contact: eight digits, good for ten minutes and five tries.
//!
//! Neither the code nor a hash of it is kept: it follows from a random salt and the master key, at the moment
//! it is sent and at the moment it is compared. What waits in the outbox names the row only, so a reader of the
//! database has no code, and a repeated delivery carries the same one. Source: NIST SP 800-63B §5.1.3.2.

use std::time::Duration;

use aws_lc_rs::hmac;
use base::kernel::{Error, Result, ids};
use base::store::{Tx, Value};
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

use crate::signing::MasterKey;

/// Seconds a code is good for.
pub const SENT_CODE_SECONDS: i64 = 600;
/// Tries of one code.
const TRIES: i64 = 5;
/// Seconds before another one is sent for the same.
const AGAIN_SECONDS: i64 = 60;
const DIGITS: u64 = 100_000_000;

/// A code under way.
pub(super) struct SentCode {
    pub(super) person_id: String,
    salt: String,
}

/// Makes a new code for what `asked_by` names; an earlier one of it is dead from now on.
///
/// # Errors
/// `contact.code_just_sent` — the last one is younger than a minute
pub(super) fn renew(tx: &mut Tx<'_>, asked_by: &str, person_id: &str) -> Result<()> {
    let row: [Value; 7] = [
        tx.operator().into(),
        asked_by.into(),
        person_id.into(),
        hex::encode(ids::secret_bytes()).into(),
        tx.now().into(),
        tx.now().plus_seconds(SENT_CODE_SECONDS).into(),
        tx.now().plus_seconds(-AGAIN_SECONDS).into(),
    ];
    let made = tx.exec(
        "INSERT INTO sent_codes
            (operator_id, asked_by, person_id, salt, tries, created_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)
         ON CONFLICT (operator_id, asked_by) DO UPDATE SET
            person_id = excluded.person_id, salt = excluded.salt, tries = 0,
            created_ms = excluded.created_ms, expires_ms = excluded.expires_ms
          WHERE sent_codes.created_ms <= ?7",
        &row,
    )?;
    if made == 1 {
        return Ok(());
    }
    let wait = Duration::from_secs(AGAIN_SECONDS.unsigned_abs());
    Err(Error::TooMany { code: "contact.code_just_sent", wait })
}

/// The code of `asked_by` that is good now, with whose it is.
pub(super) fn alive(tx: &mut Tx<'_>, asked_by: &str) -> Result<Option<SentCode>> {
    let keys: [Value; 3] = [tx.operator().into(), asked_by.into(), tx.now().into()];
    tx.row(
        "SELECT person_id, salt FROM sent_codes
          WHERE operator_id = ?1 AND asked_by = ?2 AND expires_ms > ?3",
        &keys,
        |row| Ok(SentCode { person_id: row.text()?, salt: row.text()? }),
    )
}

/// Counts a try, makes it, and spends the code when it is right: of two requests with one code, one is. Answers
/// whose it is; `None`: wrong, over, or tried too often, and nobody is told which.
pub(super) fn spend(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (asked_by, typed): (&str, &str),
) -> Result<Option<String>> {
    let keys: [Value; 4] = [tx.operator().into(), asked_by.into(), tx.now().into(), TRIES.into()];
    let counted = tx.exec(
        "UPDATE sent_codes SET tries = tries + 1
          WHERE operator_id = ?1 AND asked_by = ?2 AND expires_ms > ?3 AND tries < ?4",
        &keys,
    )?;
    let (1, Some(sent)) = (counted, alive(tx, asked_by)?) else { return Ok(None) };
    let right = sent.digits(master, tx.operator(), asked_by);
    // A code of nobody was sent to nobody.
    let nobody = sent.person_id.is_empty();
    if !bool::from(plain(typed).as_bytes().ct_eq(right.as_bytes())) || nobody {
        return Ok(None);
    }
    let keys: [Value; 3] = [tx.operator().into(), asked_by.into(), sent.salt.into()];
    let spent = tx.exec(
        "DELETE FROM sent_codes WHERE operator_id = ?1 AND asked_by = ?2 AND salt = ?3",
        &keys,
    )?;
    Ok((spent == 1).then_some(sent.person_id))
}

/// Kills the code of `asked_by`, if there is one.
pub(super) fn kill(tx: &mut Tx<'_>, asked_by: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), asked_by.into()];
    tx.exec("DELETE FROM sent_codes WHERE operator_id = ?1 AND asked_by = ?2", &keys)?;
    Ok(())
}

/// Forgets up to `limit` codes of the operator that are over; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_sent_codes(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM sent_codes WHERE operator_id = ?1 AND asked_by IN
            (SELECT asked_by FROM sent_codes
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )
}

impl SentCode {
    /// The digits, as they are sent.
    pub(super) fn digits(&self, master: &MasterKey, operator: &str, asked_by: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &master.derive("sent-codes"));
        let text = format!("{}:{operator}:{asked_by}:{}", operator.len(), self.salt);
        let tag = hmac::sign(&key, text.as_bytes());
        let number =
            tag.as_ref().iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        format!("{:08}", number % DIGITS)
    }
}

/// What was typed, in any width and with spaces between.
fn plain(typed: &str) -> String {
    typed.nfkc().filter(char::is_ascii_digit).take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_eight_digits_of_its_salt_its_place_and_the_master_key() {
        let sent = |salt: &str| SentCode { person_id: "per_1".to_owned(), salt: salt.to_owned() };
        let master = MasterKey::new([7; 32]);
        let code = sent("a").digits(&master, "KITA01", "con_1");
        assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        assert_eq!(code, sent("a").digits(&master, "KITA01", "con_1"), "a repetition is the same");
        let others = [
            sent("b").digits(&master, "KITA01", "con_1"),
            sent("a").digits(&master, "KITA01", "con_2"),
            sent("a").digits(&master, "MINA01", "con_1"),
            sent("a").digits(&MasterKey::new([8; 32]), "KITA01", "con_1"),
        ];
        assert!(others.iter().all(|other| *other != code), "{others:?}");
        assert_eq!(plain(" １２３４ 5678 "), "12345678");
    }
}
