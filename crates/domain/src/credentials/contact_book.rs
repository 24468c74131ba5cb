//! The contacts of persons, as they are kept.

use base::kernel::{Error, Result};
use base::store::{Row, Tx, Value};

use super::contacts::{Contact, ContactKind};

/// A contact nobody verified goes after a day, a removed one after a week: by then it was told.
const UNVERIFIED_DAYS: i64 = 1;
const REMOVED_DAYS: i64 = 7;

/// A row, removed or not.
pub(super) struct Kept {
    pub(super) contact: Contact,
    pub(super) language: String,
    pub(super) removed: bool,
}

fn read(row: &mut Row) -> Result<Kept> {
    let (id, kind) = (row.text()?, row.text()?);
    let kind = ContactKind::of_str(&kind).ok_or_else(|| Error::internal("a kind nobody wrote"))?;
    let contact = Contact {
        id,
        kind,
        address: row.text()?,
        verified: row.instant_if_any()?,
        bounced: row.instant_if_any()?,
    };
    Ok(Kept { contact, language: row.text()?, removed: row.instant_if_any()?.is_some() })
}

/// The contacts a person has not removed, oldest first.
pub(super) fn list(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Contact>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    let rows = tx.rows(
        "SELECT contact_id, kind, address, verified_ms, bounced_ms, language, removed_ms
           FROM contacts WHERE operator_id = ?1 AND person_id = ?2 AND removed_ms IS NULL
          ORDER BY created_ms, contact_id",
        &keys,
        read,
    )?;
    Ok(rows.into_iter().map(|kept| kept.contact).collect())
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    person_id: &str,
    (kind, address): (ContactKind, &str),
) -> Result<Option<Kept>> {
    let keys: [Value; 4] =
        [tx.operator().into(), person_id.into(), kind.as_str().into(), address.into()];
    tx.row(
        "SELECT contact_id, kind, address, verified_ms, bounced_ms, language, removed_ms
           FROM contacts
          WHERE operator_id = ?1 AND person_id = ?2 AND kind = ?3 AND address = ?4",
        &keys,
        read,
    )
}

/// The contact with this id, whoever's; removed ones too.
pub(super) fn any(tx: &mut Tx<'_>, id: &str) -> Result<Option<Kept>> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    tx.row(
        "SELECT contact_id, kind, address, verified_ms, bounced_ms, language, removed_ms
           FROM contacts WHERE operator_id = ?1 AND contact_id = ?2",
        &keys,
        read,
    )
}

/// One of the person's that is not removed.
///
/// # Errors
/// `contact.unknown`
pub(super) fn own(tx: &mut Tx<'_>, (person_id, id): (&str, &str)) -> Result<Contact> {
    let found = list(tx, person_id)?.into_iter().find(|one| one.id == id);
    found.ok_or_else(|| Error::not_found("contact.unknown", id))
}

/// How many rows a person has, removed ones and those nobody verified too.
pub(super) fn count(tx: &mut Tx<'_>, person_id: &str) -> Result<i64> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    let count = tx.row(
        "SELECT COUNT(*) FROM contacts WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| row.int(),
    )?;
    Ok(count.unwrap_or_default())
}

/// Keeps an address that is to be verified and answers its id; one that was there begins anew.
pub(super) fn put(
    tx: &mut Tx<'_>,
    person_id: &str,
    (kind, address): (ContactKind, &str),
    language: &str,
) -> Result<String> {
    let row: [Value; 8] = [
        tx.operator().into(),
        tx.next_id("con").into(),
        person_id.into(),
        kind.as_str().into(),
        address.into(),
        language.into(),
        tx.now().into(),
        tx.now().plus_days(UNVERIFIED_DAYS).into(),
    ];
    tx.change_one(
        "INSERT INTO contacts (operator_id, contact_id, person_id, kind, address, language,
                               created_ms, forget_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (operator_id, person_id, kind, address) DO UPDATE SET
            language = excluded.language, verified_ms = NULL, bounced_ms = NULL,
            removed_ms = NULL, forget_ms = excluded.forget_ms",
        &row,
    )?;
    let kept = find(tx, person_id, (kind, address))?;
    kept.map(|kept| kept.contact.id).ok_or_else(|| Error::internal("a contact is gone at once"))
}

pub(super) fn note_verified(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let keys: [Value; 3] = [tx.operator().into(), id.into(), tx.now().into()];
    tx.change_one(
        "UPDATE contacts SET verified_ms = ?3, bounced_ms = NULL, forget_ms = NULL
          WHERE operator_id = ?1 AND contact_id = ?2 AND removed_ms IS NULL",
        &keys,
    )
}

pub(super) fn note_removed(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let keys: [Value; 4] =
        [tx.operator().into(), id.into(), tx.now().into(), tx.now().plus_days(REMOVED_DAYS).into()];
    tx.change_one(
        "UPDATE contacts SET removed_ms = ?3, forget_ms = ?4
          WHERE operator_id = ?1 AND contact_id = ?2 AND removed_ms IS NULL",
        &keys,
    )
}

/// Takes the contacts of a person away who has no password: it was reset, and whoever had the account before may
/// be who reads what is sent there.
pub(super) fn remove_after_reset(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    let keys: [Value; 4] = [
        tx.operator().into(),
        person_id.into(),
        tx.now().into(),
        tx.now().plus_days(REMOVED_DAYS).into(),
    ];
    tx.exec(
        "UPDATE contacts SET removed_ms = ?3, forget_ms = ?4
          WHERE operator_id = ?1 AND person_id = ?2 AND removed_ms IS NULL AND NOT EXISTS
            (SELECT hash FROM passwords WHERE operator_id = ?1 AND person_id = ?2)",
        &keys,
    )?;
    Ok(())
}

/// Answers whose it is, when it was not noted before.
pub(super) fn note_bounced(tx: &mut Tx<'_>, id: &str) -> Result<Option<String>> {
    let keys: [Value; 3] = [tx.operator().into(), id.into(), tx.now().into()];
    let noted = tx.exec(
        "UPDATE contacts SET bounced_ms = ?3
          WHERE operator_id = ?1 AND contact_id = ?2 AND bounced_ms IS NULL",
        &keys,
    )?;
    if noted == 0 {
        return Ok(None);
    }
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    tx.row(
        "SELECT person_id FROM contacts WHERE operator_id = ?1 AND contact_id = ?2",
        &keys,
        Row::text,
    )
}

/// Takes all contacts of persons away at once, and what is under way to them. `keys`: the operator and the list
/// of persons.
pub(super) fn forget(tx: &mut Tx<'_>, keys: &[Value]) -> Result<()> {
    tx.exec("DELETE FROM contacts WHERE operator_id = ?1 AND person_id IN ARRAY(?2)", keys)?;
    Ok(())
}

/// Forgets up to `limit` contacts of the operator that nobody verified or that were removed; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_contacts(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM contacts WHERE operator_id = ?1 AND contact_id IN
            (SELECT contact_id FROM contacts
              WHERE operator_id = ?1 AND forget_ms < ?2 LIMIT ?3)",
        &keys,
    )
}
