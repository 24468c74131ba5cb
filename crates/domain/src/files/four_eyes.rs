//! Work on many contracts goes its way: one person puts it in, it is tried, another one approves it, it is done.
//!
//! Whoever approves is somebody else than who put it in, whatever they sit at: persons are compared, not sessions.
//! Source: brief tve §11.2, dual control; `docs/decisions/0055`.

use base::kernel::{Actor, Change, Error, Result};
use base::store::Tx;

use crate::subscribers::is_plain;

use super::arrival::{Origin, arrive_from};
use super::bulk::{self, change_bulk, find_bulk_locked, record_bulk};
use super::guard::{OWN_UPLOAD, decider};
use super::undo::check_undoable;
use super::{Approval, Arrival, Bulk, BulkState, File, FileState};

/// Longest description, in characters.
pub const LONGEST_TITLE: usize = 100;
/// How many households that could not be taken back are kept by name.
const KEPT_CONFLICTS: usize = 100;

/// What somebody puts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBulk {
    /// The name of its file.
    pub name: String,
    /// SHA-256 of what was sent, hex.
    pub source: String,
    /// SHA-256 of its file, hex.
    pub digest: String,
    /// What it is for.
    pub title: String,
    /// Its lines.
    pub lines: i64,
}

/// What staff says of work on many contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkWord {
    /// Who put it in asks for a second person.
    Ask,
    /// The second person says that it is meant.
    Approve,
    /// It is given up; by who put it in, or by who may decide.
    Withdraw,
    /// It is to be taken back.
    Undo,
}

/// Writes down that the acting member of the staff put work in. The same again, while it is open, is answered with what
/// is there: a form sent twice is one work.
///
/// # Errors
/// `field.required`, `field.too_long` naming `title`; `staff.may_not_decide` — nobody of the staff acts
pub fn put_bulk(tx: &mut Tx<'_>, new: &NewBulk) -> Result<(Bulk, Change)> {
    let staff = decider(tx)?;
    if new.title.trim().is_empty() {
        return Err(Error::invalid("field.required", "title"));
    }
    if !is_plain(&new.title, LONGEST_TITLE) {
        return Err(Error::invalid("field.too_long", "title"));
    }
    if let Some(open) = bulk::open_like(tx, (&staff, &new.source))? {
        return Ok((open, Change::Already));
    }
    let bulk = Bulk {
        id: tx.next_id("blk"),
        name: new.name.clone(),
        source: new.source.clone(),
        digest: new.digest.clone(),
        title: new.title.trim().to_owned(),
        lines: new.lines,
        state: BulkState::Uploaded,
        uploaded_by: staff,
        uploaded: tx.now(),
        tried_id: None,
        run_id: None,
        asked: None,
        approved_by: String::new(),
        approved: None,
        undo_by: String::new(),
        restored: 0,
        left_over: 0,
        conflicts: Vec::new(),
    };
    bulk::insert(tx, &bulk)?;
    record_bulk(tx, &bulk, "bulk.uploaded")?;
    Ok((bulk, Change::Made))
}

/// Says `word` of work on many contracts.
///
/// # Errors
/// - `bulk.unknown`
/// - `bulk.own_upload` — who put it in approves it, or somebody else asks in their place
/// - `bulk.changed_meanwhile` — it does not stand where this can be said of it, perhaps not any more
/// - `file.not_undoable` — it is too old to be taken back, or had no effect
/// - `staff.may_not_decide`
pub fn decide_bulk(tx: &mut Tx<'_>, bulk_id: &str, word: BulkWord) -> Result<Bulk> {
    let staff = decider(tx)?;
    let bulk = find_bulk_locked(tx, bulk_id)?;
    let own = bulk.uploaded_by == staff;
    if (word == BulkWord::Approve && own) || (word == BulkWord::Ask && !own) {
        return Err(OWN_UPLOAD);
    }
    let (now, next) = (tx.now(), bulk.clone());
    match (word, bulk.state) {
        (BulkWord::Ask, BulkState::Tried) => {
            let next = Bulk { state: BulkState::Asked, asked: Some(now), ..next };
            change_bulk(tx, &bulk, next, "bulk.asked")
        }
        (BulkWord::Approve, BulkState::Asked) => {
            let state = BulkState::Approved;
            let next = Bulk { state, approved_by: staff, approved: Some(now), ..next };
            change_bulk(tx, &bulk, next, "bulk.approved")
        }
        (BulkWord::Withdraw, state) if state.is_open() => {
            change_bulk(tx, &bulk, Bulk { state: BulkState::Withdrawn, ..next }, "bulk.withdrawn")
        }
        (BulkWord::Undo, state) if is_undoable(state, &bulk) => {
            let file = super::find(tx, bulk.run_id.as_deref().unwrap_or_default())?;
            check_undoable(tx, &file)?;
            let next = Bulk { state: BulkState::Undoing, undo_by: staff, ..next };
            change_bulk(tx, &bulk, next, "bulk.undo_asked")
        }
        // Said again, while it is under way.
        (BulkWord::Undo, BulkState::Undoing) => Ok(bulk),
        _ => Err(Error::Conflict { code: "bulk.changed_meanwhile" }),
    }
}

/// Done, or taken back but for some households.
const fn is_undoable(state: BulkState, bulk: &Bulk) -> bool {
    match state {
        BulkState::Done => true,
        BulkState::Undone => bulk.left_over > 0,
        _ => false,
    }
}

/// Writes down that the file of a bulk is begun: one that only rehearses it, or, when it is approved, one that does it.
/// Both persons' words are its approvals of the guard. Begun before: answers that file.
///
/// # Errors
/// `bulk.unknown`; `bulk.changed_meanwhile` — there is nothing to do about it
pub fn begin_bulk(tx: &mut Tx<'_>, bulk_id: &str, arrival: &Arrival) -> Result<File> {
    let bulk = find_bulk_locked(tx, bulk_id)?;
    let approved = match bulk.state {
        BulkState::Uploaded => false,
        BulkState::Approved => true,
        _ => return Err(Error::Conflict { code: "bulk.changed_meanwhile" }),
    };
    if let Some(begun) = if approved { &bulk.run_id } else { &bulk.tried_id } {
        return super::find(tx, begun);
    }
    let persons = [(&bulk.uploaded_by, bulk.asked), (&bulk.approved_by, bulk.approved)];
    let said = persons.into_iter().filter_map(|(staff, at)| {
        Some(Approval { staff: staff.clone(), at: at.filter(|_| approved)? })
    });
    let origin = Origin { uploaded_by: bulk.uploaded_by.clone(), approvals: said.collect() };
    let file = arrive_from(tx, &Arrival { test: !approved, ..arrival.clone() }, origin)?;
    let id = Some(file.id.clone());
    let next = if approved {
        Bulk { run_id: id, ..bulk.clone() }
    } else {
        Bulk { tried_id: id, ..bulk.clone() }
    };
    change_bulk(tx, &bulk, next, "bulk.begun")?;
    Ok(file)
}

/// Writes down how the file of a bulk ended. Ended before: nothing changes.
///
/// # Errors
/// `bulk.unknown`
pub fn end_bulk(tx: &mut Tx<'_>, bulk_id: &str, file: &File) -> Result<Bulk> {
    let bulk = find_bulk_locked(tx, bulk_id)?;
    let state = match (bulk.state, file.state) {
        (BulkState::Uploaded | BulkState::Approved, FileState::Rejected) => BulkState::Failed,
        (BulkState::Uploaded, _) => BulkState::Tried,
        (BulkState::Approved, _) => BulkState::Done,
        _ => return Ok(bulk),
    };
    change_bulk(tx, &bulk, Bulk { state, ..bulk.clone() }, "bulk.ended")
}

/// Writes down what became of taking a bulk back.
///
/// # Errors
/// `bulk.unknown`; `bulk.changed_meanwhile` — nobody wants it taken back
pub fn end_undo_of_bulk(
    tx: &mut Tx<'_>,
    bulk_id: &str,
    (restored, conflicts): (usize, &[String]),
) -> Result<Bulk> {
    let bulk = find_bulk_locked(tx, bulk_id)?;
    if bulk.state != BulkState::Undoing {
        return Err(Error::Conflict { code: "bulk.changed_meanwhile" });
    }
    let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
    let next = Bulk {
        state: BulkState::Undone,
        restored: bulk.restored.saturating_add(count(restored)),
        left_over: count(conflicts.len()),
        conflicts: conflicts.iter().take(KEPT_CONFLICTS).cloned().collect(),
        ..bulk.clone()
    };
    change_bulk(tx, &bulk, next, "bulk.undone")
}

/// In whose name a bulk is done.
#[must_use]
pub fn actor_of(bulk: &Bulk) -> Actor {
    let who = if bulk.state == BulkState::Undoing { &bulk.undo_by } else { &bulk.uploaded_by };
    Actor::Staff(who.clone())
}
