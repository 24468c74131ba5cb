//! What files asked of a contract that was not accepted. Nothing changed, so the audit has no line of it; a member who calls
//! asks about it all the same.
//!
//! Source: issue 4, §2.2 (timeline); `docs/decisions/0068`.

use base::kernel::{Instant, Result, ids};
use base::store::{Row, Tx, Value};

/// Prefix of their ids.
const PREFIX: &str = "rfl";
/// Behind every id of theirs (`rfl_…`).
const LAST: &str = "rfm";
const INSERT: &str = "INSERT INTO refused_lines
    (operator_id, number, refused_id, gen, person_no, op, code, file_id, line, actor, cause, at_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

/// A line of a file that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// The file.
    pub file_id: String,
    /// Its line, from 1.
    pub line: i64,
    /// The contract number it names. There may be no such contract.
    pub number: String,
    /// The generation, where the line or the contract told it.
    pub generation: Option<i64>,
    /// Which member; 0: the household.
    pub person_no: i64,
    /// What it asks for, as the file says it: `103`.
    pub operation: String,
    /// Why not: the code the SMS was answered, `E301`.
    pub code: String,
}

/// The same as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// `rfl_…`; behind its prefix it sorts among the ids of the audit.
    pub id: String,
    /// When.
    pub at: Instant,
    /// Whose file it was: `sms:…`, `staff:…`.
    pub actor: String,
    /// The file by name: `file:…`.
    pub cause: String,
    /// The line.
    pub line: RefusedLine,
}

/// Keeps lines that were not accepted: they travel with the commit that answers them.
pub fn keep_refused(tx: &mut Tx<'_>, lines: Vec<RefusedLine>) {
    for one in lines {
        let row = vec![
            tx.operator().into(),
            one.number.into(),
            tx.next_id(PREFIX).into(),
            one.generation.into(),
            one.person_no.into(),
            one.operation.into(),
            one.code.into(),
            one.file_id.into(),
            one.line.into(),
            tx.actor().label().into(),
            tx.cause().into(),
            tx.now().into(),
        ];
        tx.defer(INSERT, row);
    }
}

/// The newest `limit` of a number, behind the one with the id `before` (empty: from the newest on). Those that name an earlier
/// generation are left out; one that is not there yet was refused for that.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_refused(
    tx: &mut Tx<'_>,
    (number, generation): (&str, i64),
    (before, limit): (&str, i64),
) -> Result<Vec<Refused>> {
    let before = if before.is_empty() { LAST } else { before };
    let keys: [Value; 5] =
        [tx.operator().into(), number.into(), generation.into(), before.into(), limit.into()];
    tx.rows(
        "SELECT refused_id, at_ms, actor, cause, file_id, line, number, gen, person_no, op, code
           FROM refused_lines
          WHERE operator_id = ?1 AND number = ?2 AND (gen IS NULL OR gen >= ?3) AND refused_id < ?4
          ORDER BY refused_id DESC LIMIT ?5",
        &keys,
        read,
    )
}

fn read(row: &mut Row) -> Result<Refused> {
    Ok(Refused {
        id: row.text()?,
        at: row.instant()?,
        actor: row.text()?,
        cause: row.text()?,
        line: RefusedLine {
            file_id: row.text()?,
            line: row.int()?,
            number: row.text()?,
            generation: row.int_if_any()?,
            person_no: row.int()?,
            operation: row.text()?,
            code: row.text()?,
        },
    })
}

/// Forgets those of one file, because its lines are done anew.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_refused(tx: &mut Tx<'_>, file_id: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), file_id.into()];
    tx.exec("DELETE FROM refused_lines WHERE operator_id = ?1 AND file_id = ?2", &keys)?;
    Ok(())
}

/// Forgets up to `limit` of files that came before `before`; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_refused(tx: &mut Tx<'_>, before: Instant, limit: i64) -> Result<u64> {
    // Ids of files sort by when they came, and `refused_lines_of_file` by those.
    let keys: [Value; 3] =
        [tx.operator().into(), ids::first_id("fil", before).into(), limit.into()];
    tx.exec(
        "DELETE FROM refused_lines WHERE operator_id = ?1 AND (number, refused_id) IN
            (SELECT number, refused_id FROM refused_lines
              WHERE operator_id = ?1 AND file_id < ?2 ORDER BY file_id LIMIT ?3)",
        &keys,
    )
}
