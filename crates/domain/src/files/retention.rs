//! How long files are remembered, and when one is missed.

use base::kernel::Result;
use base::store::{Row, Tx, Value};

use super::repo;

/// Days in which a file can be taken back; its images hold personal data and go then.
pub const UNDO_DAYS: i64 = 30;

/// Forgets what is needed to take up to `limit` old files back; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn archive_due(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] =
        [tx.operator().into(), tx.now().plus_days(-UNDO_DAYS).into(), limit.into()];
    let due = tx.rows(
        "SELECT file_id FROM files
          WHERE operator_id = ?1 AND sent_ms < ?2
            AND state IN ('RESULT_SENT', 'UNDONE', 'PARTLY_UNDONE')
          ORDER BY file_id LIMIT ?3",
        &keys,
        Row::text,
    )?;
    for id in &due {
        let file = repo::find(tx, id)?;
        let keys: [Value; 2] = [tx.operator().into(), id.into()];
        tx.exec("DELETE FROM file_undo WHERE operator_id = ?1 AND file_id = ?2", &keys)?;
        tx.exec("DELETE FROM file_links WHERE operator_id = ?1 AND file_id = ?2", &keys)?;
        let archived = super::File { state: super::FileState::Archived, ..file.clone() };
        repo::change(tx, &file, archived, "file.archived")?;
    }
    Ok(due.len() as u64)
}

/// The latest business day (`YYYY-MM-DD`) an interface sent a file for, refused ones not counted;
/// `None`: it never did.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn last_business_day(tx: &mut Tx<'_>, interface: &str) -> Result<Option<String>> {
    let keys: [Value; 2] = [tx.operator().into(), interface.into()];
    tx.row(
        "SELECT MAX(business_on) FROM files
          WHERE operator_id = ?1 AND interface = ?2 AND test = 0 AND state <> 'REJECTED'",
        &keys,
        Row::text_if_any,
    )
    .map(Option::flatten)
}
