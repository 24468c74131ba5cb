//! Recovery codes: ten codes on paper that stand in for a second factor, each good once.
//!
//! A code has 57 bits and is kept as a keyed hash: a reader of the database can try none.

use aws_lc_rs::hmac;
use base::kernel::{Result, ids};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::signing::MasterKey;

use super::alerts::{self, Alert};
use super::factors::Fresh;

/// How many a person gets.
pub const RECOVERY_CODES: i64 = 10;
const LENGTH: usize = 12;

/// Makes ten new codes and answers them, once. All earlier ones are dead from now on.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`
pub fn issue_recovery_codes(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    fresh: &Fresh<'_>,
) -> Result<Vec<String>> {
    fresh.check_settled(tx)?;
    let person_id = fresh.person_id;
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.exec("DELETE FROM recovery_codes WHERE operator_id = ?1 AND person_id = ?2", &keys)?;
    let mut codes = Vec::new();
    for number in 1..=RECOVERY_CODES {
        let code = ids::typed_code(LENGTH);
        let row: [Value; 5] = [
            tx.operator().into(),
            person_id.into(),
            number.into(),
            digest(master, tx.operator(), (person_id, &code)).into(),
            tx.now().into(),
        ];
        tx.change_one(
            "INSERT INTO recovery_codes (operator_id, person_id, code_no, code_hash, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            &row,
        )?;
        codes.push(code);
    }
    alerts::tell_person(tx, person_id, Alert::RecoveryCodesMade)?;
    record(tx, &Entry::new("person.recovery_codes_issued", person_id))?;
    Ok(codes)
}

/// Spends a code: why it is wrong, if it is. Of two requests with one code, one is right.
pub(super) fn check(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (person_id, typed): (&str, &str),
) -> Result<Option<&'static str>> {
    let hash = digest(master, tx.operator(), (person_id, &plain(typed)));
    let row: [Value; 4] =
        [tx.operator().into(), person_id.into(), hash.clone().into(), tx.now().into()];
    let spent = tx.exec(
        "UPDATE recovery_codes SET used_ms = ?4
          WHERE operator_id = ?1 AND person_id = ?2 AND code_hash = ?3 AND used_ms IS NULL",
        &row,
    )?;
    if spent == 1 {
        return Ok(None);
    }
    let keys: [Value; 3] = [tx.operator().into(), person_id.into(), hash.into()];
    let known = tx.row(
        "SELECT code_no FROM recovery_codes
          WHERE operator_id = ?1 AND person_id = ?2 AND code_hash = ?3",
        &keys,
        |row| row.int(),
    )?;
    Ok(Some(if known.is_some() { "used" } else { "wrong" }))
}

/// What was typed, as it was printed: capitals, half-width, without spaces and hyphens.
fn plain(typed: &str) -> String {
    let letters = typed.nfkc().filter(char::is_ascii_alphanumeric).take(4 * LENGTH);
    letters.map(|c| c.to_ascii_uppercase()).collect()
}

fn digest(master: &MasterKey, operator: &str, (person_id, code): (&str, &str)) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &master.derive("recovery-codes"));
    let text = format!("{}:{operator}:{person_id}:{code}", operator.len());
    hex::encode(hmac::sign(&key, text.as_bytes()))
}
