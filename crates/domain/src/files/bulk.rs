//! Work on many contracts put in at the console, as the books know it, and its SQL.

use base::kernel::{Error, Instant, Result};
use base::records::{self, Entry};
use base::store::{Row, Tx, Value};
use serde_json::json;

/// The interface of files that are put in at the console, in their names and headers.
pub const CONSOLE: &str = "CN01";
/// Where results of files lie that only rehearsed, below the folder of an operator's bulks.
pub const TRIED_FOLDER: &str = "tried";
/// Where results lie of files that were done.
pub const RUN_FOLDER: &str = "run";
/// Where requests lie that nothing is to be done about.
pub const DONE_FOLDER: &str = "done";
/// `bulk.unknown` — no such work of this operator.
const UNKNOWN: &str = "bulk.unknown";

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkState {
    /// Put in; it is about to be tried.
    Uploaded,
    /// Tried: what it would do is known.
    Tried,
    /// Waits for a second person.
    Asked,
    /// Approved; it is being done.
    Approved,
    /// Done.
    Done,
    /// Could not even be tried.
    Failed,
    /// Given up before it was approved.
    Withdrawn,
    /// Is to be taken back.
    Undoing,
    /// Was taken back, perhaps but for some households.
    Undone,
}

impl BulkState {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Uploaded, "UPLOADED"),
        (Self::Tried, "TRIED"),
        (Self::Asked, "ASKED"),
        (Self::Approved, "APPROVED"),
        (Self::Done, "DONE"),
        (Self::Failed, "FAILED"),
        (Self::Withdrawn, "WITHDRAWN"),
        (Self::Undoing, "UNDOING"),
        (Self::Undone, "UNDONE"),
    ];

    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    fn parse(word: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|(_, known)| *known == word);
        known.map(|(state, _)| state).ok_or_else(|| Error::internal("unknown state of a bulk"))
    }

    /// Whether nobody has approved it yet, and nobody has given it up.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Uploaded | Self::Tried | Self::Asked)
    }

    /// Whether whoever does files has something to do about it.
    #[must_use]
    pub const fn is_to_do(self) -> bool {
        matches!(self, Self::Uploaded | Self::Approved | Self::Undoing)
    }
}

/// Work on many contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulk {
    /// `blk_…`.
    pub id: String,
    /// The name of its file.
    pub name: String,
    /// SHA-256 of what was sent, hex.
    pub source: String,
    /// SHA-256 of its file, hex.
    pub digest: String,
    /// What it is for, in the words of who put it in.
    pub title: String,
    /// Its lines.
    pub lines: i64,
    /// Where it stands.
    pub state: BulkState,
    /// Who put it in: staff id.
    pub uploaded_by: String,
    /// When.
    pub uploaded: Instant,
    /// The file that tried it.
    pub tried_id: Option<String>,
    /// The file that did it.
    pub run_id: Option<String>,
    /// When a second person was asked for.
    pub asked: Option<Instant>,
    /// The second person; empty: not yet.
    pub approved_by: String,
    /// When they approved it.
    pub approved: Option<Instant>,
    /// Who wants it taken back; empty: nobody.
    pub undo_by: String,
    /// Households that were taken back.
    pub restored: i64,
    /// Households something else changed since, which stay as they are.
    pub left_over: i64,
    /// The first hundred of those.
    pub conflicts: Vec<String>,
}

fn read(row: &mut Row) -> Result<Bulk> {
    Ok(Bulk {
        id: row.text()?,
        name: row.text()?,
        source: row.text()?,
        digest: row.text()?,
        title: row.text()?,
        lines: row.int()?,
        state: BulkState::parse(&row.text()?)?,
        uploaded_by: row.text()?,
        uploaded: row.instant()?,
        tried_id: row.text_if_any()?,
        run_id: row.text_if_any()?,
        asked: row.instant_if_any()?,
        approved_by: row.text()?,
        approved: row.instant_if_any()?,
        undo_by: row.text()?,
        restored: row.int()?,
        left_over: row.int()?,
        conflicts: row.text()?.lines().map(str::to_owned).collect(),
    })
}

pub(super) fn insert(tx: &mut Tx<'_>, bulk: &Bulk) -> Result<()> {
    let row: [Value; 10] = [
        tx.operator().into(),
        (&bulk.id).into(),
        (&bulk.name).into(),
        (&bulk.source).into(),
        (&bulk.digest).into(),
        (&bulk.title).into(),
        bulk.lines.into(),
        bulk.state.as_str().into(),
        (&bulk.uploaded_by).into(),
        bulk.uploaded.into(),
    ];
    tx.change_one(
        "INSERT INTO bulks
            (operator_id, bulk_id, name, source, digest, title, lines, state, uploaded_by, uploaded_ms,
             approved_by, undo_by, restored, left_over, conflicts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', '', 0, 0, '')",
        &row,
    )
}

/// Stores `bulk` in the place of `was`, which must still stand as it did, and writes the act down.
pub(super) fn change_bulk(
    tx: &mut Tx<'_>,
    was: &Bulk,
    bulk: Bulk,
    act: &'static str,
) -> Result<Bulk> {
    let row: [Value; 13] = [
        tx.operator().into(),
        (&bulk.id).into(),
        was.state.as_str().into(),
        bulk.state.as_str().into(),
        bulk.tried_id.clone().into(),
        bulk.run_id.clone().into(),
        bulk.asked.into(),
        (&bulk.approved_by).into(),
        bulk.approved.into(),
        (&bulk.undo_by).into(),
        bulk.restored.into(),
        bulk.left_over.into(),
        bulk.conflicts.join("\n").into(),
    ];
    tx.change_one(
        "UPDATE bulks SET state = ?4, tried_id = ?5, run_id = ?6, asked_ms = ?7, approved_by = ?8,
                approved_ms = ?9, undo_by = ?10, restored = ?11, left_over = ?12, conflicts = ?13
          WHERE operator_id = ?1 AND bulk_id = ?2 AND state = ?3",
        &row,
    )?;
    record_bulk(tx, &bulk, act)?;
    Ok(bulk)
}

pub(super) fn record_bulk(tx: &mut Tx<'_>, bulk: &Bulk, act: &'static str) -> Result<()> {
    let detail = json!({
        "name": bulk.name,
        "state": bulk.state.as_str(),
        "lines": bulk.lines,
        "digest": bulk.digest,
        "uploaded_by": bulk.uploaded_by,
        "approved_by": bulk.approved_by,
        "run": bulk.run_id,
        "restored": bulk.restored,
        "left_over": bulk.left_over,
    });
    records::record(tx, &Entry::new(act, &bulk.id).detail(detail))
}

fn read_all(tx: &mut Tx<'_>, ids: Vec<String>) -> Result<Vec<Bulk>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: [Value; 2] = [tx.operator().into(), ids.into()];
    tx.rows(
        "SELECT bulk_id, name, source, digest, title, lines, state, uploaded_by, uploaded_ms, tried_id,
                run_id, asked_ms, approved_by, approved_ms, undo_by, restored, left_over, conflicts
           FROM bulks WHERE operator_id = ?1 AND bulk_id IN ARRAY(?2) ORDER BY bulk_id DESC",
        &keys,
        read,
    )
}

/// The work with this id.
///
/// # Errors
/// `bulk.unknown`
pub fn find_bulk(tx: &mut Tx<'_>, bulk_id: &str) -> Result<Bulk> {
    let found = read_all(tx, vec![bulk_id.to_owned()])?.pop();
    found.ok_or_else(|| Error::not_found(UNKNOWN, bulk_id))
}

/// The same work, locked until the commit: two who decide about it at once do so one after the other.
pub(super) fn find_bulk_locked(tx: &mut Tx<'_>, bulk_id: &str) -> Result<Bulk> {
    let keys: [Value; 2] = [tx.operator().into(), bulk_id.into()];
    tx.rows_locked(
        "SELECT bulk_id FROM bulks WHERE operator_id = ?1 AND bulk_id = ?2",
        &keys,
        Row::text,
    )?;
    find_bulk(tx, bulk_id)
}

/// The work whose files have these names; names the books do not know are left out.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn bulks_named(tx: &mut Tx<'_>, names: Vec<String>) -> Result<Vec<Bulk>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let keys: [Value; 2] = [tx.operator().into(), names.into()];
    let ids = tx.rows(
        "SELECT bulk_id FROM bulks WHERE operator_id = ?1 AND name IN ARRAY(?2)",
        &keys,
        Row::text,
    )?;
    read_all(tx, ids)
}

/// The operator's latest work, newest first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_bulks(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Bulk>> {
    let keys: [Value; 2] = [tx.operator().into(), limit.into()];
    let ids = tx.rows(
        "SELECT bulk_id FROM bulks WHERE operator_id = ?1 ORDER BY bulk_id DESC LIMIT ?2",
        &keys,
        Row::text,
    )?;
    read_all(tx, ids)
}

/// How much work waits for a second person.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_asked(tx: &mut Tx<'_>) -> Result<i64> {
    let keys: [Value; 2] = [tx.operator().into(), BulkState::Asked.as_str().into()];
    let sql = "SELECT count(*) FROM bulks WHERE operator_id = ?1 AND state = ?2";
    Ok(tx.row(sql, &keys, Row::int)?.unwrap_or(0))
}

/// What the same person put in already, and nobody has approved or given up.
pub(super) fn open_like(tx: &mut Tx<'_>, (staff, source): (&str, &str)) -> Result<Option<Bulk>> {
    let keys: [Value; 3] = [tx.operator().into(), staff.into(), source.into()];
    let ids = tx.rows(
        "SELECT bulk_id FROM bulks
          WHERE operator_id = ?1 AND uploaded_by = ?2 AND source = ?3
            AND state IN ('UPLOADED', 'TRIED', 'ASKED')
          ORDER BY bulk_id DESC LIMIT 1",
        &keys,
        Row::text,
    )?;
    Ok(read_all(tx, ids)?.pop())
}
