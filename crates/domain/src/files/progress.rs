//! How far a file is: line by line to the result.

use base::kernel::{Error, Result};
use base::store::Tx;

use crate::subscribers::{self, RefusedLine};

use super::repo::change;
use super::{File, FileState};

/// What one chunk of lines added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Advance {
    /// Lines answered.
    pub lines: i64,
    /// Of them OK.
    pub ok: i64,
    /// Of them with a warning.
    pub warnings: i64,
    /// Of them refused.
    pub errors: i64,
    /// Bytes of the file before the next line.
    pub read_offset: i64,
    /// Bytes of the result file that belong to the lines done.
    pub result_offset: i64,
}

/// Moves a file on by one chunk, in the transaction that does the chunk's commands.
///
/// # Errors
/// `store.changed_meanwhile` — another node did these lines: nothing may be kept.
pub fn advance(tx: &mut Tx<'_>, file: &File, by: &Advance) -> Result<File> {
    let mut moved = file.clone();
    moved.started = moved.started.or(Some(tx.now()));
    moved.lines_done += by.lines;
    moved.ok += by.ok;
    moved.warnings += by.warnings;
    moved.errors += by.errors;
    moved.read_offset = by.read_offset;
    moved.result_offset = by.result_offset;
    change(tx, file, moved, "file.advanced")
}

/// How many refused lines of a file are kept for the timelines of their contracts. A file with more is wrong as a whole.
const MOST_REFUSED: i64 = 10_000;

/// Keeps those of the lines [`advance`] moves `file` on by that were refused, for the timelines of their contracts. Of a file
/// without effect none: nobody waits for what it asked.
pub fn note_refused(tx: &mut Tx<'_>, file: &File, mut lines: Vec<RefusedLine>) {
    let room = if file.has_effect() { MOST_REFUSED - file.errors } else { 0 };
    lines.truncate(usize::try_from(room).unwrap_or(0));
    subscribers::keep_refused(tx, lines);
}

/// Begins the lines of a file anew: a rehearsal that was interrupted, or a result that was lost. The
/// answers of lines done before come from the inbox, so nothing is done twice.
///
/// # Errors
/// `store.changed_meanwhile`
pub fn restart(tx: &mut Tx<'_>, file: &File, data_offset: i64) -> Result<File> {
    let begun = File {
        state: FileState::Applying,
        lines_done: 0,
        read_offset: data_offset,
        result_offset: 0,
        ok: 0,
        warnings: 0,
        errors: 0,
        started: None,
        applied: None,
        ..file.clone()
    };
    subscribers::forget_refused(tx, &file.id)?;
    change(tx, file, begun, "file.restarted")
}

/// All lines are answered.
///
/// # Errors
/// `internal` while lines are left; `store.changed_meanwhile`
pub fn applied(tx: &mut Tx<'_>, file: &File) -> Result<File> {
    if file.lines_done != file.lines_total {
        return Err(Error::internal("a file was called applied with lines left"));
    }
    let done = File { state: FileState::Applied, applied: Some(tx.now()), ..file.clone() };
    change(tx, file, done, "file.applied")
}

/// The result lies in `out`.
///
/// # Errors
/// `store.changed_meanwhile`
pub fn sent(tx: &mut Tx<'_>, file: &File) -> Result<File> {
    let state = match file.state {
        FileState::Applied => FileState::ResultSent,
        other => other,
    };
    let answered = File { state, sent: Some(tx.now()), ..file.clone() };
    change(tx, file, answered, "file.sent")
}
