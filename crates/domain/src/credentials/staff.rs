//! Credentials of who works for a station: kept, tried and counted as those of persons are, under a name that no
//! person has.
//!
//! Person ids begin with `per_`; a member of the staff is `staff:` and their id, which the guard of persons
//! finds in no household. Source: `docs/decisions/0049`.

use std::collections::HashSet;

use base::kernel::Result;
use base::records::Entry;
use base::store::{Row, Tx, Value};

use super::logins::put_password;
use super::passkey_book;

/// Under which name the credentials of the member `staff_id` of the staff are kept.
pub(crate) fn staff_holder(staff_id: &str) -> String {
    format!("staff:{staff_id}")
}

/// Whose credentials these are; none: a person's.
pub(crate) fn staff_of(holder: &str) -> Option<&str> {
    holder.strip_prefix("staff:")
}

/// The hash of a member's password; none: they have not set one.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn staff_password(tx: &mut Tx<'_>, holder: &str) -> Result<Option<String>> {
    let keys: [Value; 2] = [tx.operator().into(), holder.into()];
    tx.row("SELECT hash FROM passwords WHERE operator_id = ?1 AND person_id = ?2", &keys, |row| {
        row.text()
    })
}

/// Which of these members have set a password, and which have passkeys beside it. Two statements.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn staff_who_joined(
    tx: &mut Tx<'_>,
    holders: Vec<String>,
) -> Result<(HashSet<String>, HashSet<String>)> {
    let keys: [Value; 2] = [tx.operator().into(), holders.into()];
    let joined = tx.rows(
        "SELECT person_id FROM passwords WHERE operator_id = ?1 AND person_id IN ARRAY(?2)",
        &keys,
        Row::text,
    )?;
    let with_passkey = tx.rows(
        "SELECT DISTINCT person_id FROM passkeys
          WHERE operator_id = ?1 AND person_id IN ARRAY(?2)",
        &keys,
        Row::text,
    )?;
    Ok((joined.into_iter().collect(), with_passkey.into_iter().collect()))
}

/// What happens to a passkey.
#[derive(Debug, Clone, Copy)]
pub(super) enum PasskeyAct {
    Added,
    Renamed,
    Removed,
    Refused,
}

/// What is written down of a passkey: of a person by their id, of a member of the staff as all about them is.
pub(super) fn passkey_entry(holder: &str, act: PasskeyAct) -> Entry<'_> {
    match (staff_of(holder), act) {
        (None, PasskeyAct::Added) => Entry::new("person.passkey_added", holder),
        (None, PasskeyAct::Renamed) => Entry::new("person.passkey_renamed", holder),
        (None, PasskeyAct::Removed) => Entry::new("person.passkey_removed", holder),
        (None, PasskeyAct::Refused) => Entry::new("person.passkey_refused", holder),
        (Some(id), PasskeyAct::Added) => Entry::new("staff.passkey_added", id),
        (Some(id), PasskeyAct::Renamed) => Entry::new("staff.passkey_renamed", id),
        (Some(id), PasskeyAct::Removed) => Entry::new("staff.passkey_removed", id),
        (Some(id), PasskeyAct::Refused) => Entry::new("staff.passkey_refused", id),
    }
}

/// Takes all passkeys of a member away; answers how many. The caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn forget_passkeys(tx: &mut Tx<'_>, holder: &str) -> Result<u64> {
    let keys: [Value; 2] = [tx.operator().into(), vec![holder.to_owned()].into()];
    passkey_book::forget(tx, &keys)
}

/// Whether `hash` is still what is kept of a member's password. Locks it: whoever takes it away waits, or has.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn is_staff_password(tx: &mut Tx<'_>, holder: &str, hash: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), holder.into()];
    let kept = tx.rows_locked(
        "SELECT hash FROM passwords WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| row.text(),
    )?;
    Ok(kept.first().is_some_and(|kept| kept == hash))
}

/// Whether a member has a password; it stays so until this transaction ends.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn hold_staff_password(tx: &mut Tx<'_>, holder: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), holder.into()];
    let kept = tx.rows_locked(
        "SELECT hash FROM passwords WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| row.text(),
    )?;
    Ok(!kept.is_empty())
}

/// Gives a member this password, as [`super::Passwords::hash`] made it. The caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn set_staff_password(tx: &mut Tx<'_>, holder: &str, hash: &str) -> Result<()> {
    put_password(tx, holder, hash)
}
