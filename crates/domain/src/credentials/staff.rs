//! Credentials of who works for a station: kept, tried and counted as those of persons are, under a name that no
//! person has.
//!
//! Person ids begin with `per_`; a member of the staff is `staff:` and their id, which the guard of persons
//! finds in no household. Source: `docs/decisions/0049`.

use std::collections::HashSet;

use base::kernel::Result;
use base::store::{Tx, Value};

use super::logins::put_password;

/// Under which name the credentials of the member `staff_id` of the staff are kept.
pub(crate) fn staff_holder(staff_id: &str) -> String {
    format!("staff:{staff_id}")
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

/// Which of these members have set a password.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn staff_with_password(
    tx: &mut Tx<'_>,
    holders: Vec<String>,
) -> Result<HashSet<String>> {
    let keys: [Value; 2] = [tx.operator().into(), holders.into()];
    let found = tx.rows(
        "SELECT person_id FROM passwords WHERE operator_id = ?1 AND person_id IN ARRAY(?2)",
        &keys,
        |row| row.text(),
    )?;
    Ok(found.into_iter().collect())
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

/// Gives a member this password, as [`super::Passwords::hash`] made it. The caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn set_staff_password(tx: &mut Tx<'_>, holder: &str, hash: &str) -> Result<()> {
    put_password(tx, holder, hash)
}
