//! The SQL of files (their undo images have their own file).

use base::kernel::{Error, Result};
use base::records::{self, Entry};
use base::store::{Row, Tx, Value};
use serde_json::json;

use super::file::Waits;
use super::{CONSOLE, File, FileState};

/// `file.unknown` — no such file of this operator.
const UNKNOWN: &str = "file.unknown";
/// Behind every id of a file (`fil_…`).
const LAST: &str = "fim";

fn read(row: &mut Row) -> Result<File> {
    Ok(File {
        id: row.text()?,
        name: row.text()?,
        interface: row.text()?,
        kind: row.text()?,
        sequence: row.int()?,
        business_on: row.text()?,
        digest: row.text()?,
        state: FileState::parse(&row.text()?)?,
        code: row.text()?,
        detail: row.text()?,
        test: row.flag()?,
        by_hand: row.flag()?,
        waits_for: Waits::parse(&row.text()?),
        resolved: row.text()?.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect(),
        approvals: serde_json::from_str(&row.text()?).map_err(Error::internal)?,
        uploaded_by: row.text()?,
        lines_total: row.int()?,
        lines_done: row.int()?,
        read_offset: row.int()?,
        result_offset: row.int()?,
        ok: row.int()?,
        warnings: row.int()?,
        errors: row.int()?,
        mass: row.int()?,
        arrived: row.instant()?,
        updated: row.instant()?,
        started: row.instant_if_any()?,
        applied: row.instant_if_any()?,
        sent: row.instant_if_any()?,
    })
}

pub(super) fn insert(tx: &mut Tx<'_>, file: &File) -> Result<()> {
    let row: [Value; 18] = [
        tx.operator().into(),
        (&file.id).into(),
        (&file.name).into(),
        (&file.interface).into(),
        (&file.kind).into(),
        file.sequence.into(),
        (&file.business_on).into(),
        (&file.digest).into(),
        file.state.as_str().into(),
        (&file.code).into(),
        (&file.detail).into(),
        file.test.into(),
        serde_json::to_string(&file.approvals).map_err(Error::internal)?.into(),
        0.into(),
        file.arrived.into(),
        file.resolved.join(" ").into(),
        file.by_hand.into(),
        (&file.uploaded_by).into(),
    ];
    tx.change_one(
        "INSERT INTO files
            (operator_id, file_id, name, interface, kind, seq, business_on, digest, state, code,
             detail, test, waits_for, resolved, approvals, lines_total, lines_done, read_offset,
             result_offset, ok_count, warning_count, error_count, mass_count, arrived_ms, updated_ms,
             by_hand, uploaded_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, '', ?16, ?13, ?14, ?14, ?14, ?14,
                 ?14, ?14, ?14, ?14, ?15, ?15, ?17, ?18)",
        &row,
    )
}

/// Writes what may change of a file; it must stand in the state, at the line and with the approvals
/// `was` had.
pub(super) fn update(tx: &mut Tx<'_>, was: &File, file: &File) -> Result<()> {
    let row: [Value; 24] = [
        tx.operator().into(),
        (&file.id).into(),
        was.state.as_str().into(),
        was.lines_done.into(),
        file.state.as_str().into(),
        (&file.code).into(),
        (&file.detail).into(),
        file.test.into(),
        file.waits_for.map_or("", Waits::as_str).into(),
        file.resolved.join(" ").into(),
        serde_json::to_string(&file.approvals).map_err(Error::internal)?.into(),
        file.lines_total.into(),
        file.lines_done.into(),
        file.read_offset.into(),
        file.result_offset.into(),
        file.ok.into(),
        file.warnings.into(),
        file.errors.into(),
        file.mass.into(),
        tx.now().into(),
        file.started.into(),
        file.applied.into(),
        file.sent.into(),
        serde_json::to_string(&was.approvals).map_err(Error::internal)?.into(),
    ];
    tx.change_one(
        "UPDATE files SET state = ?5, code = ?6, detail = ?7, test = ?8, waits_for = ?9,
                resolved = ?10, approvals = ?11, lines_total = ?12, lines_done = ?13,
                read_offset = ?14, result_offset = ?15, ok_count = ?16, warning_count = ?17,
                error_count = ?18, mass_count = ?19, updated_ms = ?20, started_ms = ?21,
                applied_ms = ?22, sent_ms = ?23
          WHERE operator_id = ?1 AND file_id = ?2 AND state = ?3 AND lines_done = ?4
            AND approvals = ?24",
        &row,
    )
}

/// The files with these ids, newest first.
fn read_all(tx: &mut Tx<'_>, ids: Vec<String>) -> Result<Vec<File>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: [Value; 2] = [tx.operator().into(), ids.into()];
    tx.rows(
        "SELECT file_id, name, interface, kind, seq, business_on, digest, state, code, detail, test,
                by_hand, waits_for, resolved, approvals, uploaded_by, lines_total, lines_done, read_offset,
                result_offset, ok_count, warning_count, error_count, mass_count, arrived_ms, updated_ms, started_ms,
                applied_ms, sent_ms
           FROM files WHERE operator_id = ?1 AND file_id IN ARRAY(?2) ORDER BY file_id DESC",
        &keys,
        read,
    )
}

fn first(tx: &mut Tx<'_>, sql: &'static str, keys: &[Value]) -> Result<Option<File>> {
    let ids = tx.rows(sql, keys, Row::text)?;
    Ok(read_all(tx, ids)?.into_iter().next())
}

/// The file with this id, or the latest with this name.
///
/// # Errors
/// `file.unknown`
pub fn find(tx: &mut Tx<'_>, id_or_name: &str) -> Result<File> {
    let keys: [Value; 2] = [tx.operator().into(), id_or_name.into()];
    let found = first(
        tx,
        "SELECT file_id FROM files WHERE operator_id = ?1 AND (file_id = ?2 OR name = ?2)
          ORDER BY file_id DESC LIMIT 1",
        &keys,
    )?;
    found.ok_or_else(|| Error::not_found(UNKNOWN, id_or_name))
}

/// The same file, locked until the commit: two who decide about it at once do so one after the other.
///
/// # Errors
/// `file.unknown`
pub(super) fn find_locked(tx: &mut Tx<'_>, id_or_name: &str) -> Result<File> {
    let id = find(tx, id_or_name)?.id;
    let keys: [Value; 2] = [tx.operator().into(), (&id).into()];
    tx.rows_locked(
        "SELECT file_id FROM files WHERE operator_id = ?1 AND file_id = ?2",
        &keys,
        Row::text,
    )?;
    find(tx, &id)
}

/// The file of this name whose result was not sent yet.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn open_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<File>> {
    let keys: [Value; 2] = [tx.operator().into(), name.into()];
    first(
        tx,
        "SELECT file_id FROM files WHERE operator_id = ?1 AND name = ?2 AND sent_ms IS NULL
          ORDER BY file_id DESC LIMIT 1",
        &keys,
    )
}

/// Files whose result was not sent yet.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn unfinished(tx: &mut Tx<'_>) -> Result<Vec<File>> {
    let keys: [Value; 1] = [tx.operator().into()];
    let ids = tx.rows(
        "SELECT file_id FROM files WHERE operator_id = ?1 AND sent_ms IS NULL AND by_hand = 0",
        &keys,
        Row::text,
    )?;
    read_all(tx, ids)
}

/// The operator's latest files, newest first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<File>> {
    list_before(tx, LAST, limit)
}

/// The operator's files that came before the one with this id, newest first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_before(tx: &mut Tx<'_>, file_id: &str, limit: i64) -> Result<Vec<File>> {
    let keys: [Value; 3] = [tx.operator().into(), file_id.into(), limit.into()];
    let ids = tx.rows(
        "SELECT file_id FROM files WHERE operator_id = ?1 AND file_id < ?2
          ORDER BY file_id DESC LIMIT ?3",
        &keys,
        Row::text,
    )?;
    read_all(tx, ids)
}

/// The newest file of an interface that took its sequence number (tests and refused files do not).
///
/// # Errors
/// `unavailable` when the database fails.
pub fn last_in_order(tx: &mut Tx<'_>, interface: &str) -> Result<Option<File>> {
    let keys: [Value; 2] = [tx.operator().into(), interface.into()];
    first(
        tx,
        "SELECT file_id FROM files
          WHERE operator_id = ?1 AND interface = ?2 AND test = 0
            AND state NOT IN ('ARRIVED', 'HELD', 'REJECTED')
          ORDER BY seq DESC LIMIT 1",
        &keys,
    )
}

/// The file that took this sequence number.
pub(super) fn by_sequence(tx: &mut Tx<'_>, interface: &str, seq: i64) -> Result<Option<File>> {
    let keys: [Value; 3] = [tx.operator().into(), interface.into(), seq.into()];
    first(
        tx,
        "SELECT file_id FROM files
          WHERE operator_id = ?1 AND interface = ?2 AND seq = ?3 AND test = 0
            AND state NOT IN ('ARRIVED', 'HELD', 'REJECTED')
          ORDER BY file_id DESC LIMIT 1",
        &keys,
    )
}

/// Whether the result that lies under the name of this file is its own: a test leaves its name to the real file. What is put in at
/// the console is tried and done in folders of their own, and what is done by hand lies elsewhere.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn has_newest_result(tx: &mut Tx<'_>, file: &File) -> Result<bool> {
    if file.interface == CONSOLE {
        return Ok(true);
    }
    let keys: [Value; 3] = [tx.operator().into(), (&file.name).into(), (&file.id).into()];
    let newer = tx.row(
        "SELECT file_id FROM files
          WHERE operator_id = ?1 AND name = ?2 AND file_id > ?3 AND by_hand = 0
            AND state NOT IN ('ARRIVED', 'HELD', 'REJECTED') LIMIT 1",
        &keys,
        Row::text,
    )?;
    Ok(newer.is_none())
}

/// Whether a file of an interface waits for two persons.
pub(super) fn waits_for_persons(tx: &mut Tx<'_>, interface: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), interface.into()];
    let guarded = tx.row(
        "SELECT file_id FROM files
          WHERE operator_id = ?1 AND interface = ?2 AND test = 0 AND state = 'GUARDED' LIMIT 1",
        &keys,
        Row::text,
    )?;
    Ok(guarded.is_some())
}

/// Whether staff decided `what` the last time this very file came.
pub(super) fn is_released(
    tx: &mut Tx<'_>,
    (name, digest): (&str, &str),
    what: &str,
) -> Result<bool> {
    let keys: [Value; 3] = [tx.operator().into(), name.into(), digest.into()];
    let last = first(
        tx,
        "SELECT file_id FROM files WHERE operator_id = ?1 AND name = ?2 AND digest = ?3
          ORDER BY file_id DESC LIMIT 1",
        &keys,
    )?;
    Ok(last.is_some_and(|last| last.is_resolved(what)))
}

/// Stores `file` in the place of `was` and writes the act down.
pub(super) fn change(tx: &mut Tx<'_>, was: &File, file: File, act: &'static str) -> Result<File> {
    let file = File { updated: tx.now(), ..file };
    update(tx, was, &file)?;
    record(tx, &file, act)?;
    Ok(file)
}

pub(super) fn record(tx: &mut Tx<'_>, file: &File, act: &'static str) -> Result<()> {
    let detail = json!({
        "name": file.name,
        "state": file.state.as_str(),
        "code": file.code,
        "waits_for": file.waits_for.map(Waits::as_str),
        "test": file.test,
        "lines": file.lines_total,
        "done": file.lines_done,
        "ok": file.ok,
        "warnings": file.warnings,
        "errors": file.errors,
    });
    records::record(tx, &Entry::new(act, &file.id).detail(detail))
}
