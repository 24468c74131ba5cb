//! Two persons say that a guarded file is meant; one says that a gap is no gap, or gives a file up.
//!
//! Source: brief tve §7.3, mass-change guard: an SMS that stops everybody by mistake is stopped here.

use base::kernel::{Actor, Error, Result};
use base::store::Tx;

use crate::operators::{self, Role};

use super::arrival::{LATE, tomorrow};
use super::repo::{change, find_locked};
use super::{Approval, File, FileState, Waits};

/// How many persons must say that a guarded file is meant.
pub(super) const PERSONS: usize = 2;
/// `bulk.own_upload` — who put something in does not decide that it goes on.
pub(super) const OWN_UPLOAD: Error = Error::Forbidden { code: "bulk.own_upload" };

/// Stops a file in the middle because too many of its lines are wrong.
///
/// # Errors
/// `store.changed_meanwhile`
pub fn guard_errors(tx: &mut Tx<'_>, file: &File, allowed: i64) -> Result<File> {
    let guarded = File {
        state: FileState::Guarded,
        code: "F010".to_owned(),
        detail: format!("{} lines are wrong; {allowed} are allowed", file.errors),
        waits_for: Some(Waits::Errors),
        approvals: Vec::new(),
        ..file.clone()
    };
    change(tx, file, guarded, "file.guarded")
}

/// What staff says of a file that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It is meant: [`approve`].
    Approve,
    /// It may go on without another one: [`release`].
    Release,
    /// It is given up: [`discard`].
    Discard,
}

/// Says `word` of a file, if it still stands as `seen` ([`File::stand`]) by who decides: nobody's word is taken for what
/// they were not shown.
///
/// # Errors
/// `file.changed_meanwhile`; those of [`approve`], [`release`] and [`discard`].
pub fn decide(tx: &mut Tx<'_>, file_id: &str, (word, seen): (Word, &str)) -> Result<File> {
    decider(tx)?;
    if find_locked(tx, file_id)?.stand() != seen {
        return Err(Error::Conflict { code: "file.changed_meanwhile" });
    }
    match word {
        Word::Approve => approve(tx, file_id),
        Word::Release => release(tx, file_id),
        Word::Discard => discard(tx, file_id),
    }
}

/// The acting member of the staff says that a guarded file is meant; the second one releases it.
///
/// # Errors
/// - `file.unknown`
/// - `file.not_guarded` — it waits for nobody
/// - `file.approved_already` — by the same person
/// - `bulk.own_upload` — they put it in at the console themselves
/// - `staff.may_not_decide` — not an enabled administrator or manager of this station
pub fn approve(tx: &mut Tx<'_>, id_or_name: &str) -> Result<File> {
    let staff = decider(tx)?;
    let file = find_locked(tx, id_or_name)?;
    let (FileState::Guarded, Some(waits)) = (file.state, file.waits_for) else {
        return Err(Error::refused("file.not_guarded"));
    };
    if file.uploaded_by == staff {
        return Err(OWN_UPLOAD);
    }
    if file.approvals.iter().any(|one| one.staff == staff) {
        return Err(Error::refused("file.approved_already"));
    }
    let mut approved = file.clone();
    approved.approvals.push(Approval { staff, at: tx.now() });
    if approved.approvals.len() >= PERSONS {
        approved.state = FileState::Applying;
        approved.code = String::new();
        approved.waits_for = None;
        approved.resolved.push(waits.as_str().to_owned());
    }
    change(tx, &file, approved, "file.approved")
}

/// Lets a held file go on though one before it is missing. One that was refused because its business
/// day lies before the last file's (F011) may go on when it is sent again.
///
/// # Errors
/// - `file.unknown`
/// - `file.not_held` — it waits for no other file, and was not refused as late
/// - `bulk.own_upload` — they put it in at the console themselves
/// - `staff.may_not_decide`
pub fn release(tx: &mut Tx<'_>, id_or_name: &str) -> Result<File> {
    let staff = decider(tx)?;
    let file = find_locked(tx, id_or_name)?;
    if file.uploaded_by == staff {
        return Err(OWN_UPLOAD);
    }
    let is_late = file.code == "F011" && file.business_on <= tomorrow(tx);
    let mut released = match file.state {
        FileState::Held => File {
            state: FileState::Arrived,
            code: String::new(),
            detail: String::new(),
            waits_for: None,
            ..file.clone()
        },
        FileState::Rejected if is_late => file.clone(),
        _ => return Err(Error::refused("file.not_held")),
    };
    let what = if file.state == FileState::Held { Waits::Gap.as_str() } else { LATE };
    released.resolved.push(what.to_owned());
    change(tx, &file, released, "file.released")
}

/// Gives a held or guarded file up. Before its first line it is refused (F010), and its sequence
/// number stays free; later, the lines not done yet are answered F010 without being tried.
///
/// # Errors
/// - `file.unknown`
/// - `file.not_guarded` — it is neither held nor guarded
/// - `staff.may_not_decide`
pub fn discard(tx: &mut Tx<'_>, id_or_name: &str) -> Result<File> {
    decider(tx)?;
    let file = find_locked(tx, id_or_name)?;
    if !matches!(file.state, FileState::Guarded | FileState::Held) {
        return Err(Error::refused("file.not_guarded"));
    }
    let mut discarded = File {
        state: if file.lines_done == 0 { FileState::Rejected } else { FileState::Applying },
        code: "F010".to_owned(),
        waits_for: None,
        ..file.clone()
    };
    discarded.resolved.push("discard".to_owned());
    change(tx, &file, discarded, "file.discarded")
}

/// Who acts, if they may decide about files.
pub(super) fn decider(tx: &mut Tx<'_>) -> Result<String> {
    let refuse = || Error::Forbidden { code: "staff.may_not_decide" };
    let Actor::Staff(acting) = tx.actor().clone() else { return Err(refuse()) };
    let known = operators::list_staff(tx)?.into_iter().find(|one| one.id == acting);
    let draft = known.ok_or_else(refuse)?.draft;
    let may = draft.roles.iter().any(|role| matches!(role, Role::Admin | Role::StationManager));
    if draft.enabled && may { Ok(acting) } else { Err(refuse()) }
}
