//! The result of a file is put out once more because somebody at the console wants it: the SMS has lost it, or never fetched it.
//!
//! Putting it out is the work of whoever does files. Source: issue 4, §2.6; brief tve §11.2.

use base::kernel::{Actor, Change, Error, Instant, Result};
use base::records::{self, Entry};
use base::store::{Row, Tx, Value};

use super::repo::find_locked;
use super::{CONSOLE, FileState};

/// `file.no_result` — nothing was put out for the SMS that could be put out again.
const NO_RESULT: Error = Error::Refused { code: "file.no_result" };

/// Where a wish for a result stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResendState {
    /// It is about to be put out.
    Asked,
    /// It lies where the SMS fetches it.
    Sent,
    /// Our own copy is kept no more: there is nothing to put out.
    Gone,
}

impl ResendState {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Asked, "ASKED"), (Self::Sent, "SENT"), (Self::Gone, "GONE")];

    fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    fn parse(word: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|(_, known)| *known == word);
        known.map(|(state, _)| state).ok_or_else(|| Error::internal("unknown state of a resend"))
    }
}

/// A wish to have the result of a file once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resend {
    /// Which file.
    pub file_id: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: ResendState,
    /// Who asked: staff id.
    pub asked_by: String,
    /// When that was, or when it ended.
    pub at: Instant,
}

fn read(row: &mut Row) -> Result<Resend> {
    Ok(Resend {
        file_id: row.text()?,
        name: row.text()?,
        state: ResendState::parse(&row.text()?)?,
        asked_by: row.text()?,
        at: row.instant()?,
    })
}

/// The last wish for the result of this file.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_resend(tx: &mut Tx<'_>, file_id: &str) -> Result<Option<Resend>> {
    let keys: [Value; 2] = [tx.operator().into(), file_id.into()];
    tx.row(
        "SELECT file_id, name, state, asked_by, at_ms FROM file_resends
          WHERE operator_id = ?1 AND file_id = ?2",
        &keys,
        read,
    )
}

/// What whoever does files has to put out, the first asked for first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn resends_to_do(tx: &mut Tx<'_>) -> Result<Vec<Resend>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.rows(
        "SELECT file_id, name, state, asked_by, at_ms FROM file_resends
          WHERE operator_id = ?1 AND state = 'ASKED' ORDER BY at_ms, file_id LIMIT 10",
        &keys,
        read,
    )
}

/// Asks for the result of a file that was answered. Asked twice, it is put out once.
///
/// # Errors
/// - `file.unknown`
/// - `file.no_result` — it was not answered, was refused as a whole, or was put in at the console
/// - `staff.may_not_decide` — nobody of the staff asks
pub fn ask_resend(tx: &mut Tx<'_>, file_id: &str) -> Result<Change> {
    let Actor::Staff(staff) = tx.actor().clone() else {
        return Err(Error::Forbidden { code: "staff.may_not_decide" });
    };
    let file = find_locked(tx, file_id)?;
    if !has_result(file.state) || file.interface == CONSOLE {
        return Err(NO_RESULT);
    }
    let known = find_resend(tx, &file.id)?;
    if known.is_some_and(|known| known.state == ResendState::Asked) {
        return Ok(Change::Already);
    }
    let (file_id, name) = (file.id, file.name);
    let ask = Resend { file_id, name, state: ResendState::Asked, asked_by: staff, at: tx.now() };
    put(tx, &ask, "file.resend_asked")?;
    Ok(Change::Made)
}

/// Whether a file in this state was answered in full, so that we keep a copy of its result.
#[must_use]
pub const fn has_result(state: FileState) -> bool {
    matches!(state, FileState::ResultSent | FileState::Undone | FileState::PartlyUndone)
}

/// Writes down that the result was put out, or that there is no copy of it any more. Ended meanwhile: nothing changes.
///
/// # Errors
/// `file.unknown`
pub fn end_resend(tx: &mut Tx<'_>, file_id: &str, found: bool) -> Result<()> {
    let file = find_locked(tx, file_id)?;
    let known = find_resend(tx, &file.id)?;
    let Some(known) = known.filter(|known| known.state == ResendState::Asked) else {
        return Ok(());
    };
    let (state, act) = match found {
        true => (ResendState::Sent, "file.resend_done"),
        false => (ResendState::Gone, "file.resend_gone"),
    };
    put(tx, &Resend { state, at: tx.now(), ..known }, act)
}

fn put(tx: &mut Tx<'_>, ask: &Resend, act: &'static str) -> Result<()> {
    let row: [Value; 6] = [
        tx.operator().into(),
        (&ask.file_id).into(),
        (&ask.name).into(),
        ask.state.as_str().into(),
        (&ask.asked_by).into(),
        ask.at.into(),
    ];
    tx.change_one(
        "INSERT INTO file_resends (operator_id, file_id, name, state, asked_by, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (operator_id, file_id) DO UPDATE SET
            state = EXCLUDED.state, asked_by = EXCLUDED.asked_by, at_ms = EXCLUDED.at_ms",
        &row,
    )?;
    records::record(tx, &Entry::new(act, &ask.file_id))
}
