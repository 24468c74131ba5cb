//! A forgotten password: a code to the contacts of who has the login id, if anybody does.
//!
//! Who asks writes the same two rows whoever it is for: a code, and a line in the outbox. Whose it is, and where
//! it goes, is looked up when that line is read, after the answer. Source: brief tve §12.3 (second rung).

use std::time::Duration;

use base::kernel::{Error, Result};
use base::records::{Entry, News, ensure_receiver, record, tell as tell_receiver};
use base::store::{Tx, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::signing::MasterKey;

use super::Fresh;
use super::alerts::{Waiting, put, receiver};
use super::lockout::{Try, begin_try_of};
use super::{approvals, contact_book as book, lockout, sent_codes};

/// The kind, and the id, of the one receiver of each operator that reads who forgot a password.
pub const FORGOTTEN: &str = "post:forgotten";

/// Codes sent to one person in a row; then none for 15 minutes, 30, and so on.
pub(super) const MOST_IN_A_ROW: i64 = 5;

/// For how long changes wait after a recovery that proved no second factor.
pub const WAIT_SECONDS: i64 = 24 * 60 * 60;

/// From now on changes of the person wait that would make what just happened last ([`Fresh::check_settled`]). To be called
/// with the new password set.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn wait_after_recovery(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    let until = tx.now().plus_seconds(WAIT_SECONDS);
    let row: [Value; 3] = [tx.operator().into(), person_id.into(), until.into()];
    tx.change_one(
        "UPDATE passwords SET waits_until_ms = ?3 WHERE operator_id = ?1 AND person_id = ?2",
        &row,
    )
}

impl Fresh<'_> {
    /// The guard of changes that would make a recovery last: whoever came in by one could otherwise take its ways back from
    /// the rightful person before they hear of it.
    ///
    /// # Errors
    /// `proof.too_old`; `recovery.waits` with the time to wait — a recovery that proved no second factor is younger than a day
    pub(crate) fn check_settled(&self, tx: &mut Tx<'_>) -> Result<()> {
        self.check(tx)?;
        let keys: [Value; 2] = [tx.operator().into(), self.person_id.into()];
        let until = tx.row(
            "SELECT waits_until_ms FROM passwords WHERE operator_id = ?1 AND person_id = ?2",
            &keys,
            |row| row.instant(),
        )?;
        match until.map(|until| tx.now().seconds_until(until)) {
            Some(seconds @ 1..) => Err(Error::TooMany {
                code: "recovery.waits",
                wait: Duration::from_secs(seconds.unsigned_abs()),
            }),
            _ => Ok(()),
        }
    }
}

/// Who is to help.
#[derive(Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Whom {
    /// Their contacts.
    #[default]
    Contacts,
    /// The owner of the household.
    Owner,
}

/// What waits in the outbox when somebody asked.
#[derive(Serialize, Deserialize)]
struct Asked {
    sign_in: String,
    #[serde(default)]
    whom: Whom,
}

/// Notes that a sign-in asked for a code; `person_id`: whose, empty for nobody's. An earlier code of this sign-in
/// is dead from now on.
///
/// # Errors
/// `contact.code_just_sent` — the last one is younger than a minute
pub(crate) fn ask_recovery(tx: &mut Tx<'_>, sign_in: &str, person_id: &str) -> Result<()> {
    sent_codes::renew(tx, sign_in, person_id)?;
    note_asked(tx, sign_in, Whom::Contacts)
}

/// Has what a sign-in asked for read after the answer.
pub(super) fn note_asked(tx: &mut Tx<'_>, sign_in: &str, whom: Whom) -> Result<()> {
    ensure_receiver(tx, &receiver(FORGOTTEN))?;
    let payload = serde_json::to_value(Asked { sign_in: sign_in.to_owned(), whom });
    let payload = payload.map_err(Error::internal)?;
    let news = News { stream: sign_in, version: 0, event: "recovery.asked", payload: &payload };
    tell_receiver(tx, FORGOTTEN, &news);
    Ok(())
}

/// Reads what waits in the outbox: tells the owner who is asked, or has the code sent to all good contacts of the person. Nobody's code, one
/// that is over, and one too many in a row are sent to nobody.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn send_recovery(tx: &mut Tx<'_>, payload: &str) -> Result<()> {
    let Ok(Asked { sign_in, whom }) = serde_json::from_str(payload) else { return Ok(()) };
    if whom == Whom::Owner {
        return approvals::tell_owner(tx, &sign_in);
    }
    let sent = sent_codes::alive(tx, &sign_in)?.filter(|sent| !sent.person_id.is_empty());
    let Some(person_id) = sent.map(|sent| sent.person_id) else { return Ok(()) };
    let contacts = book::list(tx, &person_id)?;
    let good: Vec<_> = contacts.into_iter().filter(super::Contact::is_good).collect();
    if good.is_empty() || begin_try_of(tx, &in_a_row(&person_id), MOST_IN_A_ROW)? != Try::Begun {
        return Ok(());
    }
    for contact in &good {
        let waiting = Waiting::Recovery { contact: contact.id.clone(), sign_in: sign_in.clone() };
        let stream = format!("{}:code", contact.id);
        put(tx, (&stream, contact.kind), ("person.code_sent", &waiting))?;
    }
    let detail = json!({"contacts": good.len()});
    record(tx, &Entry::new("person.recovery_sent", &person_id).detail(detail))
}

/// Takes the code a sign-in asked for: whose it is. `None`: wrong, over, nobody's, or tried too often. To be called
/// with the try counted.
pub(crate) fn spend_recovery(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (sign_in, typed): (&str, &str),
) -> Result<Option<String>> {
    sent_codes::spend(tx, master, (sign_in, typed))
}

/// The person is in again: codes in a row are counted anew.
pub(crate) fn forgive_recovery(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    lockout::forgive(tx, &in_a_row(person_id))
}

/// What codes in a row are counted as.
pub(super) fn in_a_row(person_id: &str) -> String {
    format!("recovery:{person_id}")
}
