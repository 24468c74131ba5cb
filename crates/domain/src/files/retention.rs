//! How long files are remembered, and when one is missed.

use std::collections::BTreeMap;

use base::kernel::{Error, Instant, Result};
use base::store::{Row, Tx, Value};

use crate::operators::{self, Policies};

use super::repo;
use super::{File, FileState};

/// The interface whose file is expected every day.
pub const NIGHTLY: &str = "CT01";

/// Days requests and results are kept, and what timelines tell of their refused lines.
pub const KEEP_DAYS: i64 = 400;

/// Days in which a file can be taken back; its images hold personal data and go then.
pub const UNDO_DAYS: i64 = 30;

/// Forgets up to `rows` images or links of the oldest file that is too old to be taken back, or,
/// when none are left, notes that it is archived. Returns how many; 0: nothing is due. A file of a
/// migration has a million images, so this is many short transactions.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn archive_due(tx: &mut Tx<'_>, rows: i64) -> Result<u64> {
    // What was tried before a station threw its trial away is too old at once.
    let reset = operators::find_launch(tx)?.and_then(|launch| launch.reset);
    let before = tx.now().plus_days(-UNDO_DAYS).max(reset.unwrap_or_default());
    let keys: [Value; 2] = [tx.operator().into(), before.into()];
    let due = tx.row(
        "SELECT file_id FROM files
          WHERE operator_id = ?1 AND sent_ms < ?2
            AND state IN ('RESULT_SENT', 'UNDONE', 'PARTLY_UNDONE')
          ORDER BY file_id LIMIT 1",
        &keys,
        Row::text,
    )?;
    let Some(id) = due else { return Ok(0) };
    let keys: [Value; 3] = [tx.operator().into(), (&id).into(), rows.into()];
    let images = tx.exec(
        "DELETE FROM file_undo
          WHERE operator_id = ?1 AND file_id = ?2 AND (anchor, number, gen, chunk) IN
                (SELECT anchor, number, gen, chunk FROM file_undo
                  WHERE operator_id = ?1 AND file_id = ?2 LIMIT ?3)",
        &keys,
    )?;
    if images > 0 {
        return Ok(images);
    }
    let links = tx.exec(
        "DELETE FROM file_links
          WHERE operator_id = ?1 AND file_id = ?2 AND number IN
                (SELECT number FROM file_links
                  WHERE operator_id = ?1 AND file_id = ?2 LIMIT ?3)",
        &keys,
    )?;
    if links > 0 {
        return Ok(links);
    }
    let file = repo::find(tx, &id)?;
    let archived = File { state: FileState::Archived, ..file.clone() };
    repo::change(tx, &file, archived, "file.archived")?;
    Ok(1)
}

/// Refuses a file whose images may be gone in part.
///
/// # Errors
/// `file.not_undoable`
pub(super) fn still_undoable(tx: &Tx<'_>, file: &File) -> Result<()> {
    let first = tx.now().plus_days(-UNDO_DAYS);
    match file.sent {
        Some(sent) if sent >= first => Ok(()),
        _ => Err(Error::refused("file.not_undoable")),
    }
}

/// The business day (`YYYY-MM-DD`) whose nightly file should be here and is not. An operator that never sent a file
/// sends none.
///
/// # Errors
/// `operator.unknown`; `unavailable` when the database fails.
pub fn late(tx: &mut Tx<'_>) -> Result<Option<String>> {
    let due = due_day(&tx.operator_fact(operators::find_operator)?.policies, tx.now());
    let last = last_business_day(tx, NIGHTLY)?;
    Ok(last.filter(|last| *last < due).map(|_| due))
}

/// The business day whose nightly file is written down as missed.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn noted_late(tx: &mut Tx<'_>) -> Result<Option<String>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.row("SELECT business_on FROM late_files WHERE operator_id = ?1", &keys, Row::text)
}

/// Writes down what [`late`] says, for who looks after all stations. Housekeeping: nothing anybody may do changes.
///
/// # Errors
/// Those of [`late`].
pub fn note_late(tx: &mut Tx<'_>) -> Result<()> {
    let Some(day) = late(tx)? else {
        let keys: [Value; 1] = [tx.operator().into()];
        tx.exec("DELETE FROM late_files WHERE operator_id = ?1", &keys)?;
        return Ok(());
    };
    // Missed for a second day: it is late since the first.
    let row: [Value; 3] = [tx.operator().into(), day.into(), tx.now().into()];
    tx.change_one(
        "INSERT INTO late_files (operator_id, business_on, since_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (operator_id) DO UPDATE SET business_on = excluded.business_on",
        &row,
    )
}

/// The latest business day (`YYYY-MM-DD`) whose file should be here by `now`.
fn due_day(policies: &Policies, now: Instant) -> String {
    let minutes = policies.cut_off_minutes().unwrap_or(0) + policies.late_minutes;
    now.plus_seconds(-minutes * 60).day_jst().iso()
}

/// The latest business day (`YYYY-MM-DD`) an interface sent a file for, refused ones not counted;
/// `None`: it never did.
fn last_business_day(tx: &mut Tx<'_>, interface: &str) -> Result<Option<String>> {
    let keys: [Value; 2] = [tx.operator().into(), interface.into()];
    tx.row(
        "SELECT MAX(business_on) FROM files
          WHERE operator_id = ?1 AND interface = ?2 AND test = 0 AND state <> 'REJECTED'",
        &keys,
        Row::text_if_any,
    )
    .map(Option::flatten)
}

/// When files of these names were answered last, by name; `None` while one of them is not answered.
/// Names the books do not know are left out.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn answered(tx: &mut Tx<'_>, names: Vec<String>) -> Result<BTreeMap<String, Option<Instant>>> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys: [Value; 2] = [tx.operator().into(), names.into()];
    let known = tx.rows(
        "SELECT name, CASE WHEN COUNT(sent_ms) = COUNT(*) THEN MAX(sent_ms) END
           FROM files WHERE operator_id = ?1 AND name IN ARRAY(?2) GROUP BY name",
        &keys,
        |row| Ok((row.text()?, row.instant_if_any()?)),
    )?;
    Ok(known.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_due_when_its_cut_off_and_the_patience_have_passed() {
        let policies = Policies::default();
        assert_eq!((&*policies.cut_off, policies.late_minutes), ("23:00", 60));
        let due = |at| due_day(&policies, Instant::parse_compact_jst(at, "at").unwrap());
        assert_eq!(due("20261122235959"), "2026-11-21");
        assert_eq!(due("20261123000000"), "2026-11-22");
        let early = Policies { cut_off: "05:30".to_owned(), late_minutes: 45, ..policies };
        let due = |at| due_day(&early, Instant::parse_compact_jst(at, "at").unwrap());
        assert_eq!(
            (due("20261122061459"), due("20261122061500")),
            ("2026-11-21".into(), "2026-11-22".into())
        );
    }
}
