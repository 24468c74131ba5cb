//! A person who is signed in on one screen goes on at another: their television shows a code, their phone reads it.
//!
//! The code is a letter to oneself: the same table, a few minutes of life, and it opens a session and nothing else.
//! Source: brief tve §12.1, §12.2; `docs/decisions/0061`.

use base::kernel::{Error, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use crate::subscribers::{self, Load, PERSON_UNKNOWN};

use super::invitations::{Invitation, printed};
use super::letters;
use super::{Fresh, Letter};

/// How long a phone has to read the code.
pub const PHONE_SECONDS: i64 = 600;

impl Letter {
    /// Whether its person made it to go on at another screen.
    pub(crate) fn is_to_oneself(&self) -> bool {
        self.invited_by.as_ref() == Some(&self.person_id)
    }
}

/// Makes a code by which the person goes on at another screen; one made before is dead from now on, and this one with the session
/// it is made in.
///
/// A letter of the station that is still good is not touched: it takes back what somebody else at home did in the
/// person's name (`docs/decisions/0050`), so nothing is made while there is one.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`
/// - `phone.letter_waits` — a letter of the station is still good
/// - `person.unknown`
pub fn invite_phone(tx: &mut Tx<'_>, fresh: &Fresh<'_>, session_id: &str) -> Result<Invitation> {
    fresh.check_settled(tx)?;
    let unknown = || Error::not_found(PERSON_UNKNOWN, fresh.person_id);
    let (key, person_no) = subscribers::key_of_person(tx, fresh.person_id)?.ok_or_else(unknown)?;
    // Locked: the station makes its letters under the same lock.
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::ForChange)?;
    let household = loaded.into_iter().find(|one| one.key() == key).ok_or_else(unknown)?;
    let person = household.person(person_no).ok_or_else(unknown)?;
    if letter_waits(tx, fresh.person_id)? {
        return Err(Error::refused("phone.letter_waits"));
    }
    let letter = printed(&household, person_no);
    let expires = tx.now().plus_seconds(PHONE_SECONDS);
    let access = Some((fresh.person_id, person.access_no));
    let code = letters::write_code(tx, &letter, (access, expires))?;
    let keys: [Value; 3] = [tx.operator().into(), fresh.person_id.into(), session_id.into()];
    tx.change_one(
        "UPDATE registration_codes SET session_id = ?3 WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
    )?;
    let detail = json!({"expires": expires.rfc3339_jst()});
    record(tx, &Entry::new("person.phone_invited", fresh.person_id).detail(detail))?;
    Ok(Invitation { number: household.contract.number, code, expires })
}

/// The session in which the person made the code they have now, to go on at another screen.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn session_of_phone_code(tx: &mut Tx<'_>, person_id: &str) -> Result<Option<String>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    let found = tx.row(
        "SELECT session_id FROM registration_codes
          WHERE operator_id = ?1 AND person_id = ?2 AND invited_by = person_id",
        &keys,
        base::store::Row::text_if_any,
    )?;
    Ok(found.flatten())
}

/// Whether a letter that somebody else made for the person is still good.
fn letter_waits(tx: &mut Tx<'_>, person_id: &str) -> Result<bool> {
    let keys: [Value; 3] = [tx.operator().into(), person_id.into(), tx.now().into()];
    let found = tx.row(
        "SELECT c.person_no FROM registration_codes c
           JOIN persons p ON p.operator_id = c.operator_id AND p.person_id = c.person_id
            AND p.access_no = c.access_no
          WHERE c.operator_id = ?1 AND c.person_id = ?2 AND c.used_ms IS NULL
            AND c.expires_ms > ?3 AND COALESCE(c.invited_by, '') <> c.person_id",
        &keys,
        |row| row.int(),
    )?;
    Ok(found.is_some())
}
