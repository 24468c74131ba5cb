//! The password of a signed-in person, as they see and change it themselves.

use base::kernel::Result;
use base::records::{Entry, record};
use base::store::{Tx, Value};

use super::alerts::{self, Alert};
use super::logins::{put_login, put_password};
use super::{Fresh, approvals, lockout};

/// The password of a person, with the login id it goes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPassword {
    /// The login id.
    pub name: String,
    /// Whether they chose a password. Who registered without one has one nobody knows, and a login id nobody chose.
    pub chosen: bool,
    /// What is kept of it.
    pub(crate) hash: String,
}

/// The person's password; none while it was taken away.
pub(crate) fn own_password(tx: &mut Tx<'_>, person_id: &str) -> Result<Option<OwnPassword>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.row(
        "SELECT l.login_name, p.chosen, p.hash
           FROM passwords p
           JOIN logins l ON l.operator_id = p.operator_id AND l.person_id = p.person_id
          WHERE p.operator_id = ?1 AND p.person_id = ?2 ORDER BY l.login_name LIMIT 1",
        &keys,
        |row| Ok(OwnPassword { name: row.text()?, chosen: row.flag()?, hash: row.text()? }),
    )
}

/// The password that was just set is one nobody knows.
pub(crate) fn note_unchosen(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.change_one(
        "UPDATE passwords SET chosen = 0 WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
    )
}

/// Gives a person who proved to be themselves the password they chose, in place of the one they had, under the login id
/// `name`; forgets their bad tries, tells them at their contacts, and writes it down. What else they prove themselves by
/// stays. Other sessions are the caller's to end.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`; `login.taken` — somebody else of the operator has it
pub(crate) fn change_password(
    tx: &mut Tx<'_>,
    fresh: &Fresh<'_>,
    (name, hash): (&str, &str),
) -> Result<()> {
    fresh.check_settled(tx)?;
    let person_id = fresh.person_id;
    put_login(tx, name, person_id)?;
    put_password(tx, person_id, hash)?;
    approvals::forget_approvals(tx, person_id)?;
    lockout::forgive(tx, person_id)?;
    alerts::tell_person(tx, person_id, Alert::PasswordChanged)?;
    record(tx, &Entry::new("person.password_changed", person_id))
}
