//! The letter: a contract number and a one-time code, by which a person registers.
//!
//! Source: brief tve §5.3 (INVITED), §12.2; code W111 of §7.5 (a new letter kills the old one).

use base::kernel::{Error, Instant, Result, ids};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

use crate::subscribers::PERSON_UNKNOWN;

/// Characters of a code: 57 bits, shown in three groups of four.
pub const LETTER_LENGTH: usize = 12;
/// Days a code is good for.
pub const LETTER_DAYS: i64 = 14;

/// Where the member was when the letter was printed: the code is kept under it. The letter itself is the
/// person's, wherever they are now.
struct Printed<'p> {
    number: &'p str,
    generation: i64,
    person_no: i64,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterCheck {
    /// It is the letter of the person with this id.
    Good(String),
    /// Unknown number, wrong code, too old or used: nobody is told which.
    Bad,
}

/// Makes a new code for a member and answers it, once: only its hash is kept. An earlier code of the
/// member is dead from now on.
///
/// The kept hash is a plain SHA-256: a reader of the database would need 2⁵⁷ hashes for one code that
/// is good for a fortnight.
///
/// # Errors
/// `person.unknown` — no such member.
pub fn issue_letter_code(
    tx: &mut Tx<'_>,
    number: &str,
    generation: i64,
    person_no: i64,
) -> Result<String> {
    let letter = Printed { number, generation, person_no };
    let place: [Value; 4] =
        [tx.operator().into(), number.into(), generation.into(), person_no.into()];
    let (person_id, access_no) = tx
        .row(
            "SELECT person_id, access_no FROM persons
              WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND person_no = ?4",
            &place,
            |row| Ok((row.text()?, row.int()?)),
        )?
        .ok_or_else(|| Error::not_found(PERSON_UNKNOWN, subject_of(&letter)))?;
    // One of theirs may stand under a number they had before.
    kill_letters(tx, vec![person_id.clone()])?;
    let code = ids::typed_code(LETTER_LENGTH);
    let expires = tx.now().plus_days(LETTER_DAYS);
    let row: [Value; 9] = [
        tx.operator().into(),
        number.into(),
        generation.into(),
        person_no.into(),
        digest(tx.operator(), &letter, &code).into(),
        expires.into(),
        tx.now().into(),
        person_id.into(),
        access_no.into(),
    ];
    tx.change_one(
        "INSERT INTO registration_codes
            (operator_id, number, gen, person_no, code_hash, expires_ms, tries, created_ms,
             person_id, access_no)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9)
         ON CONFLICT (operator_id, number, gen, person_no) DO UPDATE SET
            code_hash = excluded.code_hash, expires_ms = excluded.expires_ms, tries = 0,
            used_ms = NULL, created_ms = excluded.created_ms, person_id = excluded.person_id,
            access_no = excluded.access_no",
        &row,
    )?;
    let detail = json!({"expires": expires.rfc3339_jst()});
    record(tx, &Entry::new("letter.issued", &subject_of(&letter)).detail(detail))?;
    Ok(code)
}

/// Whose code this is. One statement, and nothing is written, whatever is wrong with it: who tries
/// counts (`domain::signin`). A good one is not spent yet. Letters print numbers as the station writes
/// them; who types small letters for capitals means the same household.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn check_letter(tx: &mut Tx<'_>, number: &str, code: &str) -> Result<LetterCheck> {
    let capitals = number.to_ascii_uppercase();
    let keys: [Value; 4] = [tx.operator().into(), number.into(), tx.now().into(), capitals.into()];
    let alive = tx.rows(
        "SELECT c.number, c.gen, c.person_no, c.code_hash, c.person_id FROM registration_codes c
           JOIN persons p ON p.operator_id = c.operator_id AND p.person_id = c.person_id
            AND p.access_no = c.access_no
          WHERE c.operator_id = ?1 AND c.number IN (?2, ?4) AND c.used_ms IS NULL
            AND c.expires_ms > ?3 ORDER BY c.number, c.gen, c.person_no",
        &keys,
        |row| Ok((row.text()?, row.int()?, row.int()?, row.text()?, row.text()?)),
    )?;
    let typed = plain(code);
    for (number, generation, person_no, kept, person_id) in alive {
        let letter = Printed { number: &number, generation, person_no };
        let shown = digest(tx.operator(), &letter, &typed);
        if bool::from(shown.as_bytes().ct_eq(kept.as_bytes())) {
            return Ok(LetterCheck::Good(person_id));
        }
    }
    Ok(LetterCheck::Bad)
}

/// Kills the codes of persons who are invited again, removed, or whose contract ends. The caller records
/// it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn kill_letters(tx: &mut Tx<'_>, person_ids: Vec<String>) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), person_ids.into()];
    tx.exec(
        "DELETE FROM registration_codes WHERE operator_id = ?1 AND person_id IN ARRAY(?2)",
        &keys,
    )?;
    Ok(())
}

/// Spends a person's code; `false` when it was spent, replaced or died meanwhile. To be called with
/// the household locked, so that nobody ends the person's access before this transaction does its part.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn spend_letter(tx: &mut Tx<'_>, person_id: &str, issued_before: Instant) -> Result<bool> {
    let keys: [Value; 4] =
        [tx.operator().into(), person_id.into(), tx.now().into(), issued_before.into()];
    let spent = tx.exec(
        "UPDATE registration_codes SET used_ms = ?3
          WHERE operator_id = ?1 AND person_id = ?2 AND used_ms IS NULL AND expires_ms > ?3
            AND created_ms <= ?4 AND access_no =
                (SELECT access_no FROM persons WHERE operator_id = ?1 AND person_id = ?2)",
        &keys,
    )?;
    Ok(spent == 1)
}

/// Forgets up to `limit` codes of the operator that were used or are too old; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_letters(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM registration_codes WHERE operator_id = ?1 AND code_hash IN
            (SELECT code_hash FROM registration_codes
              WHERE operator_id = ?1 AND (expires_ms < ?2 OR used_ms IS NOT NULL) LIMIT ?3)",
        &keys,
    )
}

/// What was typed, as it was printed: capitals, half-width, without spaces and hyphens.
fn plain(code: &str) -> String {
    code.nfkc().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
}

fn digest(operator: &str, letter: &Printed<'_>, code: &str) -> String {
    let Printed { number, generation, person_no } = letter;
    let text = format!("letter:{operator}:{number}:{generation}:{person_no}:{code}");
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// `A-001/00/002`: how the books name a member.
fn subject_of(letter: &Printed<'_>) -> String {
    format!("{}/{:02}/{:03}", letter.number, letter.generation, letter.person_no)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_as_people_type() {
        assert_eq!(plain("bcdf-2345 ｇＨｊｋ"), "BCDF2345GHJK");
        assert_eq!(plain("ー"), "");
    }
}
