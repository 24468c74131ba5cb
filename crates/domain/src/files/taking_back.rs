//! A file of the SMS is taken back from the console: one person asks, it is tried, another one sees what stands in the way and
//! approves, it is done.
//!
//! Trying and doing is the work of whoever does files. Source: brief tve §7.3 UNDO, §11.2 dual control; `docs/decisions/0063`.

use base::kernel::{Error, Instant, Result};
use base::records::{self, Entry};
use base::store::{Row, Tx, Value};
use serde_json::json;

use super::CONSOLE;
use super::guard::decider;
use super::repo::find_locked;
use super::undo::check_undoable;

/// How many households that stay as they are are kept by name.
const KEPT_CONFLICTS: usize = 100;
/// `undo.own_ask` — who asks for it does not approve it.
const OWN_ASK: Error = Error::Forbidden { code: "undo.own_ask" };
const CHANGED: Error = Error::Conflict { code: "file.changed_meanwhile" };

/// Where a wish to take a file back stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoState {
    /// Asked for; it is about to be tried.
    Asked,
    /// Tried: what would stay as it is is known.
    Checked,
    /// A second person approved it; it is being done.
    Approved,
    /// Done.
    Done,
    /// Given up.
    Withdrawn,
    /// It could not be tried, or done: the log of the machine says why.
    Failed,
}

impl UndoState {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Asked, "ASKED"),
        (Self::Checked, "CHECKED"),
        (Self::Approved, "APPROVED"),
        (Self::Done, "DONE"),
        (Self::Withdrawn, "WITHDRAWN"),
        (Self::Failed, "FAILED"),
    ];

    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    fn parse(word: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|(_, known)| *known == word);
        known.map(|(state, _)| state).ok_or_else(|| Error::internal("unknown state of an undo"))
    }
}

/// A wish to take a file back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoAsk {
    /// Which file.
    pub file_id: String,
    /// Where it stands.
    pub state: UndoState,
    /// Who asked: staff id.
    pub asked_by: String,
    /// When.
    pub asked: Instant,
    /// Households that would stand as before, or do.
    pub restorable: i64,
    /// Households something else changed since, which stay as they are.
    pub left_over: i64,
    /// The first hundred of those.
    pub conflicts: Vec<String>,
    /// The second person; empty: not yet.
    pub approved_by: String,
}

impl UndoAsk {
    /// What somebody saw who decides about it.
    #[must_use]
    pub fn stand(&self) -> String {
        let state = self.state.as_str();
        format!("{state}.{}.{}.{}", self.asked.ms(), self.restorable, self.left_over)
    }
}

/// What staff says of taking a file back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoWord {
    /// It is wanted: it is tried first.
    Ask,
    /// The second person says so too, having seen what stays as it is.
    Approve,
    /// It is given up.
    Withdraw,
}

fn read(row: &mut Row) -> Result<UndoAsk> {
    Ok(UndoAsk {
        file_id: row.text()?,
        state: UndoState::parse(&row.text()?)?,
        asked_by: row.text()?,
        asked: row.instant()?,
        restorable: row.int()?,
        left_over: row.int()?,
        conflicts: row.text()?.lines().map(str::to_owned).collect(),
        approved_by: row.text()?,
    })
}

/// The wish to take this file back, the last one there was.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_undo(tx: &mut Tx<'_>, file_id: &str) -> Result<Option<UndoAsk>> {
    let keys: [Value; 2] = [tx.operator().into(), file_id.into()];
    tx.row(
        "SELECT file_id, state, asked_by, asked_ms, restorable, left_over, conflicts, approved_by
           FROM file_undo_asks WHERE operator_id = ?1 AND file_id = ?2",
        &keys,
        read,
    )
}

/// What whoever does files has to try or to do, the first asked for first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn undos_to_do(tx: &mut Tx<'_>) -> Result<Vec<UndoAsk>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.rows(
        "SELECT file_id, state, asked_by, asked_ms, restorable, left_over, conflicts, approved_by
           FROM file_undo_asks
          WHERE operator_id = ?1 AND (state = 'ASKED' OR state = 'APPROVED')
          ORDER BY asked_ms, file_id LIMIT 10",
        &keys,
        read,
    )
}

/// Says `word` of taking a file back, if it still stands as `seen` ([`UndoAsk::stand`]) by who approves. What is put in at the console is
/// taken back as the work it is ([`super::decide_bulk`]).
///
/// # Errors
/// - `file.unknown`; `file.not_undoable` — not applied, without effect, too old, or put in at the console
/// - `undo.own_ask` — who asked approves it
/// - `file.changed_meanwhile` — it does not stand where this can be said of it, or not as it was seen
/// - `staff.may_not_decide`
pub fn decide_undo(
    tx: &mut Tx<'_>,
    file_id: &str,
    (word, seen): (UndoWord, &str),
) -> Result<UndoAsk> {
    let staff = decider(tx)?;
    let file = find_locked(tx, file_id)?;
    let known = find_undo(tx, &file.id)?;
    if word != UndoWord::Withdraw {
        check_undoable(tx, &file)?;
        if file.interface == CONSOLE {
            return Err(Error::refused("file.not_undoable"));
        }
    }
    match (word, known) {
        (UndoWord::Ask, None) => ask(tx, &file.id, staff),
        (UndoWord::Ask, Some(ask_before)) => match ask_before.state {
            UndoState::Done | UndoState::Withdrawn | UndoState::Failed => ask(tx, &file.id, staff),
            // Asked twice: it is asked for.
            UndoState::Asked | UndoState::Checked | UndoState::Approved => Ok(ask_before),
        },
        (UndoWord::Approve, Some(known)) if known.state == UndoState::Checked => {
            if known.asked_by == staff {
                return Err(OWN_ASK);
            }
            if known.stand() != seen {
                return Err(CHANGED);
            }
            let state = UndoState::Approved;
            put(tx, UndoAsk { state, approved_by: staff, ..known }, "file.undo_approved")
        }
        (UndoWord::Withdraw, Some(known))
            if matches!(known.state, UndoState::Asked | UndoState::Checked) =>
        {
            put(tx, UndoAsk { state: UndoState::Withdrawn, ..known }, "file.undo_withdrawn")
        }
        _ => Err(CHANGED),
    }
}

fn ask(tx: &mut Tx<'_>, file_id: &str, staff: String) -> Result<UndoAsk> {
    let ask = UndoAsk {
        file_id: file_id.to_owned(),
        state: UndoState::Asked,
        asked_by: staff,
        asked: tx.now(),
        restorable: 0,
        left_over: 0,
        conflicts: Vec::new(),
        approved_by: String::new(),
    };
    put(tx, ask, "file.undo_asked")
}

/// Writes down what trying it came to. Given up meanwhile: nothing changes.
///
/// # Errors
/// `file.unknown`
pub fn note_checked(tx: &mut Tx<'_>, file_id: &str, found: (usize, &[String])) -> Result<()> {
    end(tx, file_id, (UndoState::Asked, UndoState::Checked), found)
}

/// Writes down what became of it.
///
/// # Errors
/// `file.unknown`
pub fn end_undo(tx: &mut Tx<'_>, file_id: &str, found: (usize, &[String])) -> Result<()> {
    end(tx, file_id, (UndoState::Approved, UndoState::Done), found)
}

/// Writes down that it could not be tried, or done. Ended meanwhile: nothing changes.
///
/// # Errors
/// `file.unknown`
pub fn fail_undo(tx: &mut Tx<'_>, file_id: &str) -> Result<()> {
    let file = find_locked(tx, file_id)?;
    let known = find_undo(tx, &file.id)?;
    let under_way = |known: &UndoAsk| matches!(known.state, UndoState::Asked | UndoState::Approved);
    let Some(known) = known.filter(under_way) else { return Ok(()) };
    put(tx, UndoAsk { state: UndoState::Failed, ..known }, "file.undo_failed").map(drop)
}

fn end(
    tx: &mut Tx<'_>,
    file_id: &str,
    (from, to): (UndoState, UndoState),
    (restored, conflicts): (usize, &[String]),
) -> Result<()> {
    let file = find_locked(tx, file_id)?;
    let Some(known) = find_undo(tx, &file.id)?.filter(|known| known.state == from) else {
        return Ok(());
    };
    let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
    let next = UndoAsk {
        state: to,
        restorable: count(restored),
        left_over: count(conflicts.len()),
        conflicts: conflicts.iter().take(KEPT_CONFLICTS).cloned().collect(),
        ..known
    };
    let act = if to == UndoState::Done { "file.undo_done" } else { "file.undo_checked" };
    put(tx, next, act).map(drop)
}

/// Stores a wish, under the lock of its file, and writes the act down.
fn put(tx: &mut Tx<'_>, ask: UndoAsk, act: &'static str) -> Result<UndoAsk> {
    let row: [Value; 9] = [
        tx.operator().into(),
        (&ask.file_id).into(),
        ask.state.as_str().into(),
        (&ask.asked_by).into(),
        ask.asked.into(),
        ask.restorable.into(),
        ask.left_over.into(),
        ask.conflicts.join("\n").into(),
        (&ask.approved_by).into(),
    ];
    tx.change_one(
        "INSERT INTO file_undo_asks
            (operator_id, file_id, state, asked_by, asked_ms, restorable, left_over, conflicts,
             approved_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (operator_id, file_id) DO UPDATE SET
            state = excluded.state, asked_by = excluded.asked_by, asked_ms = excluded.asked_ms,
            restorable = excluded.restorable, left_over = excluded.left_over,
            conflicts = excluded.conflicts, approved_by = excluded.approved_by",
        &row,
    )?;
    let detail = json!({
        "state": ask.state.as_str(), "asked_by": ask.asked_by, "approved_by": ask.approved_by,
        "restored": ask.restorable, "left_over": ask.left_over,
    });
    records::record(tx, &Entry::new(act, &ask.file_id).detail(detail))?;
    Ok(ask)
}
