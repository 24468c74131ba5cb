//! Approvals: who forgot the password asks the owner of the household, who types the two digits the page of the
//! asking shows.
//!
//! Who asks writes the same rows whoever has the login id: a request, and a line in the outbox. Whose it is, and who
//! is told, is looked up when that line is read, after the answer. A request lives in the sign-in that asked, and is
//! shown to nobody before the owner was told. Source: brief tve §12.3; `docs/decisions/0039`.

use std::time::Duration;

use base::kernel::{Change, Error, Instant, Result, ids};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::subscribers::{self, Household, Load, Person, PersonState};

use super::alerts::{self, Alert};
use super::factors::Fresh;
use super::invitations::owned;
use super::lockout::{Try, begin_try_of};
use super::lost;

/// Seconds a request is good for, approval and all.
pub const APPROVAL_SECONDS: i64 = 900;
/// Wrong numbers before a request is dead.
pub(crate) const APPROVAL_TRIES: i64 = 3;
/// Seconds before one sign-in asks again.
const AGAIN_SECONDS: i64 = 60;

/// A request that waits for the owner's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id here: the sign-in that asks.
    pub id: String,
    /// The member who asks, so it says.
    pub person_no: i64,
    /// Their name in kana, if the station told it.
    pub kana: Option<String>,
    /// When it was asked.
    pub asked: Instant,
}

/// How the owner's number was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approved {
    /// It is approved.
    Now,
    /// The number was another one, which counts; or the request is over, or nobody's: nobody is told which.
    Refused,
}

/// Notes that a sign-in asks the owner of the household of `person_id` (empty: nobody's), in place of what it asked
/// before; answers the two digits its page shows.
///
/// # Errors
/// `contact.code_just_sent` — it asked less than a minute ago
pub(crate) fn ask_approval(tx: &mut Tx<'_>, sign_in: &str, person_id: &str) -> Result<String> {
    let [first, second, ..] = ids::secret_bytes();
    let number = format!("{}", 10 + u16::from_le_bytes([first, second]) % 90);
    let row: [Value; 7] = [
        tx.operator().into(),
        sign_in.into(),
        person_id.into(),
        number.as_str().into(),
        tx.now().into(),
        tx.now().plus_seconds(APPROVAL_SECONDS).into(),
        tx.now().plus_seconds(-AGAIN_SECONDS).into(),
    ];
    let made = tx.exec(
        "INSERT INTO approvals
            (operator_id, asked_by, person_id, number, tries, created_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)
         ON CONFLICT (operator_id, asked_by) DO UPDATE SET
            person_id = excluded.person_id, number = excluded.number, tries = 0,
            created_ms = excluded.created_ms, expires_ms = excluded.expires_ms, told_ms = NULL,
            approved_ms = NULL, approved_by = NULL, approved_access = NULL, access_no = NULL
          WHERE approvals.created_ms <= ?7",
        &row,
    )?;
    if made != 1 {
        let wait = Duration::from_secs(AGAIN_SECONDS.unsigned_abs());
        return Err(Error::TooMany { code: "contact.code_just_sent", wait });
    }
    lost::note_asked(tx, sign_in, lost::Whom::Owner)?;
    Ok(number)
}

/// Tells the owner that a member of the household asks, and the member that somebody asked in their name. One too
/// many in a row, nobody's, and the owner's own are told to nobody, and so are over.
pub(super) fn tell_owner(tx: &mut Tx<'_>, sign_in: &str) -> Result<()> {
    let keys: [Value; 3] = [tx.operator().into(), sign_in.into(), tx.now().into()];
    let asked = tx.row(
        "SELECT person_id FROM approvals
          WHERE operator_id = ?1 AND asked_by = ?2 AND expires_ms > ?3 AND told_ms IS NULL",
        &keys,
        |row| row.text(),
    )?;
    let Some(person_id) = asked.filter(|person_id| !person_id.is_empty()) else { return Ok(()) };
    let Some((key, _)) = subscribers::key_of_person(tx, &person_id)? else { return Ok(()) };
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let Some(household) = loaded.into_iter().find(|one| one.key() == key) else { return Ok(()) };
    let owner = household.owner().filter(|owner| owner.person_id != person_id);
    let Some(owner) = owner else { return Ok(()) };
    let in_a_row = lost::in_a_row(&person_id);
    if begin_try_of(tx, &in_a_row, lost::MOST_IN_A_ROW)? != Try::Begun {
        return Ok(());
    }
    let told = tx.exec(
        "UPDATE approvals SET told_ms = ?3
          WHERE operator_id = ?1 AND asked_by = ?2 AND expires_ms > ?3 AND told_ms IS NULL",
        &keys,
    )?;
    if told == 0 {
        return Ok(());
    }
    alerts::tell_person(tx, &owner.person_id, Alert::ApprovalAsked)?;
    alerts::tell_person(tx, &person_id, Alert::ApprovalAskedForYou)?;
    record(tx, &Entry::new("person.approval_asked", &person_id))
}

/// The requests that wait for the word of the owner `person_id`, oldest first.
///
/// # Errors
/// `family.owner_only`; `contract.stopped`
pub fn approvals_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Approval>> {
    let household = owned(tx, person_id)?;
    approvals_in(tx, (&household, person_id))
}

/// The requests of members of a household that wait for its owner.
pub(crate) fn approvals_in(
    tx: &mut Tx<'_>,
    (household, person_id): (&Household, &str),
) -> Result<Vec<Approval>> {
    let members: Vec<String> =
        members_of(household, person_id).map(|one| one.person_id.clone()).collect();
    let keys: [Value; 4] =
        [tx.operator().into(), members.into(), tx.now().into(), APPROVAL_TRIES.into()];
    let waiting = tx.rows(
        "SELECT asked_by, person_id, created_ms FROM approvals
          WHERE operator_id = ?1 AND person_id IN ARRAY(?2) AND expires_ms > ?3 AND tries < ?4
            AND told_ms IS NOT NULL AND approved_ms IS NULL ORDER BY created_ms, asked_by",
        &keys,
        |row| Ok((row.text()?, row.text()?, row.instant()?)),
    )?;
    let all = waiting.into_iter().filter_map(|(id, whose, asked)| {
        let member = household.person_by_id(&whose)?;
        let (person_no, kana) = (member.person_no, member.kana.clone());
        Some(Approval { id, person_no, kana, asked })
    });
    Ok(all.collect())
}

/// The owner approves a request, with the number its page shows. A wrong one is counted, so it is an answer and no
/// error. The member is told.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`; `family.owner_only`; `contract.stopped`
pub fn approve(tx: &mut Tx<'_>, fresh: &Fresh<'_>, (id, typed): (&str, &str)) -> Result<Approved> {
    fresh.check_settled(tx)?;
    let household = owned(tx, fresh.person_id)?;
    let Some((member, number)) = waiting(tx, (&household, fresh.person_id), id)? else {
        return Ok(Approved::Refused);
    };
    let detail = json!({"approved_by": fresh.person_id, "sign_in": id});
    if plain(typed) != number {
        let keys: [Value; 2] = [tx.operator().into(), id.into()];
        tx.exec(
            "UPDATE approvals SET tries = tries + 1 WHERE operator_id = ?1 AND asked_by = ?2",
            &keys,
        )?;
        let entry = Entry::new("person.approval_mistyped", &member.person_id).detail(detail);
        record(tx, &entry)?;
        return Ok(Approved::Refused);
    }
    let access = household.owner().map(|owner| owner.access_no);
    let keys: [Value; 7] = [
        tx.operator().into(),
        id.into(),
        tx.now().into(),
        fresh.person_id.into(),
        access.into(),
        member.access_no.into(),
        APPROVAL_TRIES.into(),
    ];
    let approved = tx.exec(
        "UPDATE approvals SET approved_ms = ?3, approved_by = ?4, approved_access = ?5,
            access_no = ?6
          WHERE operator_id = ?1 AND asked_by = ?2 AND expires_ms > ?3 AND tries < ?7
            AND told_ms IS NOT NULL AND approved_ms IS NULL",
        &keys,
    )?;
    if approved == 0 {
        return Ok(Approved::Refused);
    }
    alerts::tell_person(tx, &member.person_id, Alert::Approved)?;
    record(tx, &Entry::new("person.approval_given", &member.person_id).detail(detail))?;
    Ok(Approved::Now)
}

/// The owner refuses a request: it is over.
///
/// # Errors
/// `proof.too_old`; `family.owner_only`; `contract.stopped`
pub fn refuse_approval(tx: &mut Tx<'_>, fresh: &Fresh<'_>, id: &str) -> Result<Change> {
    fresh.check(tx)?;
    let household = owned(tx, fresh.person_id)?;
    let Some((member, _)) = waiting(tx, (&household, fresh.person_id), id)? else {
        return Ok(Change::Already);
    };
    let keys: [Value; 3] = [tx.operator().into(), id.into(), APPROVAL_TRIES.into()];
    tx.exec("UPDATE approvals SET tries = ?3 WHERE operator_id = ?1 AND asked_by = ?2", &keys)?;
    let detail = json!({"refused_by": fresh.person_id, "sign_in": id});
    record(tx, &Entry::new("person.approval_refused", &member.person_id).detail(detail))?;
    Ok(Change::Made)
}

/// Takes the approval a sign-in waited for, once: whose it is. `None`: not given yet, refused, over, or nobody's.
pub(crate) fn spend_approval(tx: &mut Tx<'_>, sign_in: &str) -> Result<Option<String>> {
    let keys: [Value; 3] = [tx.operator().into(), sign_in.into(), tx.now().into()];
    let given = tx.row(
        "SELECT a.person_id FROM approvals a
           JOIN persons p ON p.operator_id = a.operator_id AND p.person_id = a.person_id
            AND p.access_no = a.access_no
           JOIN persons o ON o.operator_id = a.operator_id AND o.person_id = a.approved_by
            AND o.access_no = a.approved_access
          WHERE a.operator_id = ?1 AND a.asked_by = ?2 AND a.expires_ms > ?3
            AND a.approved_ms IS NOT NULL",
        &keys,
        |row| row.text(),
    )?;
    let Some(person_id) = given else { return Ok(None) };
    let keys: [Value; 2] = [tx.operator().into(), sign_in.into()];
    let spent = tx.exec(
        "DELETE FROM approvals
          WHERE operator_id = ?1 AND asked_by = ?2 AND approved_ms IS NOT NULL",
        &keys,
    )?;
    Ok((spent == 1).then_some(person_id))
}

/// The person is in again: what was asked in their name is over.
pub(super) fn forget_approvals(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.exec("DELETE FROM approvals WHERE operator_id = ?1 AND person_id = ?2", &keys)?;
    Ok(())
}

/// Forgets up to `limit` requests of the operator that are over; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_approvals(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM approvals WHERE operator_id = ?1 AND asked_by IN
            (SELECT asked_by FROM approvals
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )
}

/// The request `id`, when it waits for this owner's word: the member who asks, and the number. Its row is locked.
fn waiting<'h>(
    tx: &mut Tx<'_>,
    (household, owner): (&'h Household, &'h str),
    id: &str,
) -> Result<Option<(&'h Person, String)>> {
    let keys: [Value; 4] =
        [tx.operator().into(), id.into(), tx.now().into(), APPROVAL_TRIES.into()];
    // Locked: two numbers at once are tried one after the other.
    let found = tx
        .rows_locked(
            "SELECT person_id, number FROM approvals
              WHERE operator_id = ?1 AND asked_by = ?2 AND expires_ms > ?3 AND tries < ?4
                AND told_ms IS NOT NULL AND approved_ms IS NULL",
            &keys,
            |row| Ok((row.text()?, row.text()?)),
        )?
        .pop();
    Ok(found.and_then(|(whose, number)| {
        let mut members = members_of(household, owner);
        members.find(|one| one.person_id == whose).map(|member| (member, number))
    }))
}

/// Who of the household may ask its owner: everybody who has registered but the owner.
fn members_of<'h>(household: &'h Household, owner: &'h str) -> impl Iterator<Item = &'h Person> {
    let all = household.persons.iter();
    all.filter(move |one| one.state == PersonState::Active && one.person_id != owner)
}

/// What was typed, in any width and with spaces around.
fn plain(typed: &str) -> String {
    typed.nfkc().filter(char::is_ascii_digit).take(4).collect()
}
