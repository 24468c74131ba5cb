//! The letter: a contract number and a one-time code, by which a person registers. The station prints it, or the
//! owner of the household makes one that invites (`invitations.rs`).
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
pub(super) struct Printed<'p> {
    pub(super) number: &'p str,
    pub(super) generation: i64,
    pub(super) person_no: i64,
}

/// Whose a letter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The person who may register by it.
    pub person_id: String,
    /// The owner of the household who made it to invite them; none: the station did.
    pub invited_by: Option<String>,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterCheck {
    /// It is this letter.
    Good(Letter),
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
    let expires = tx.now().plus_days(LETTER_DAYS);
    let code = write_code(tx, &letter, (None, expires))?;
    let detail = json!({"expires": expires.rfc3339_jst()});
    record(tx, &Entry::new("letter.issued", &subject_of(&letter)).detail(detail))?;
    Ok(code)
}

/// Writes a new code of the member down, in place of any they had; the caller records it. `invited`: by whom, who
/// has access by this number now.
pub(super) fn write_code(
    tx: &mut Tx<'_>,
    letter: &Printed<'_>,
    (invited, expires): (Option<(&str, i64)>, Instant),
) -> Result<String> {
    let Printed { number, generation, person_no } = *letter;
    let place: [Value; 4] =
        [tx.operator().into(), number.into(), generation.into(), person_no.into()];
    let (person_id, access_no) = tx
        .row(
            "SELECT person_id, access_no FROM persons
              WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND person_no = ?4",
            &place,
            |row| Ok((row.text()?, row.int()?)),
        )?
        .ok_or_else(|| Error::not_found(PERSON_UNKNOWN, subject_of(letter)))?;
    // One of theirs may stand under a number they had before.
    kill_letters(tx, vec![person_id.clone()])?;
    let code = ids::typed_code(LETTER_LENGTH);
    let row: [Value; 11] = [
        tx.operator().into(),
        number.into(),
        generation.into(),
        person_no.into(),
        digest(tx.operator(), letter, &code).into(),
        expires.into(),
        tx.now().into(),
        person_id.into(),
        access_no.into(),
        invited.map(|(by, _)| by.to_owned()).into(),
        invited.map(|(_, access)| access).into(),
    ];
    tx.change_one(
        "INSERT INTO registration_codes
            (operator_id, number, gen, person_no, code_hash, expires_ms, tries, created_ms,
             person_id, access_no, invited_by, invited_access)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (operator_id, number, gen, person_no) DO UPDATE SET
            code_hash = excluded.code_hash, expires_ms = excluded.expires_ms, tries = 0,
            used_ms = NULL, created_ms = excluded.created_ms, person_id = excluded.person_id,
            access_no = excluded.access_no, invited_by = excluded.invited_by,
            invited_access = excluded.invited_access, session_id = NULL",
        &row,
    )?;
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
        "SELECT c.number, c.gen, c.person_no, c.code_hash, c.person_id, c.invited_by
           FROM registration_codes c
           JOIN persons p ON p.operator_id = c.operator_id AND p.person_id = c.person_id
            AND p.access_no = c.access_no
          WHERE c.operator_id = ?1 AND c.number IN (?2, ?4) AND c.used_ms IS NULL
            AND c.expires_ms > ?3 AND (c.invited_by IS NULL OR EXISTS
                (SELECT o.person_no FROM persons o WHERE o.operator_id = ?1
                    AND o.person_id = c.invited_by AND o.access_no = c.invited_access))
          ORDER BY c.number, c.gen, c.person_no",
        &keys,
        |row| {
            let place = (row.text()?, row.int()?, row.int()?);
            let kept = row.text()?;
            Ok((place, kept, Letter { person_id: row.text()?, invited_by: row.text_if_any()? }))
        },
    )?;
    let typed = plain(code);
    for ((number, generation, person_no), kept, whose) in alive {
        let letter = Printed { number: &number, generation, person_no };
        let shown = digest(tx.operator(), &letter, &typed);
        if bool::from(shown.as_bytes().ct_eq(kept.as_bytes())) {
            return Ok(LetterCheck::Good(whose));
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

/// Spends the letter that was found good; `false` when it was spent, replaced or died meanwhile. To be called with
/// the household locked, so that nobody ends the person's access before this transaction does its part.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn spend_letter(tx: &mut Tx<'_>, letter: &Letter, issued_before: Instant) -> Result<bool> {
    let Letter { person_id, invited_by } = letter;
    let keys: [Value; 5] = [
        tx.operator().into(),
        person_id.as_str().into(),
        tx.now().into(),
        issued_before.into(),
        invited_by.clone().unwrap_or_default().into(),
    ];
    let spent = tx.exec(
        "UPDATE registration_codes SET used_ms = ?3
          WHERE operator_id = ?1 AND person_id = ?2 AND used_ms IS NULL AND expires_ms > ?3
            AND created_ms <= ?4 AND COALESCE(invited_by, '') = ?5 AND access_no =
                (SELECT access_no FROM persons WHERE operator_id = ?1 AND person_id = ?2)
            AND (invited_by IS NULL OR invited_access =
                (SELECT access_no FROM persons WHERE operator_id = ?1 AND person_id = ?5))",
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
pub(super) fn subject_of(letter: &Printed<'_>) -> String {
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
