//! Jobs: work of the product that is due at an instant, under the same lease rule as the outbox.
//!
//! Source: brief tve §5.1 P7 (future-dated commands are cancellable by request id).

use crate::kernel::{Error, Instant, Result};
use crate::store::{Tx, Value};

/// A job to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob<'j> {
    /// What it is: `command`.
    pub kind: &'static str,
    /// Jobs of one stream run in order: the contract number.
    pub stream: &'j str,
    /// The request that asked for it; by this it is cancelled.
    pub request_id: &'j str,
    /// When it is due.
    pub due: Instant,
    /// What the job's room needs, JSON.
    pub payload: String,
}

/// A job claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// The contract number.
    pub stream: String,
    /// The request that asked for it.
    pub request_id: String,
    /// When it was due.
    pub due: Instant,
    /// JSON.
    pub payload: String,
    /// Tries before this one.
    pub attempts: i64,
    /// What caused it to be written.
    pub cause: String,
    fence: i64,
}

/// Most tries of a job whose failures are worth another.
const TRIES: i64 = 10;

/// Writes a job and returns its id; the caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn schedule(tx: &mut Tx<'_>, job: &NewJob<'_>) -> Result<String> {
    let id = tx.next_id("job");
    let row: [Value; 13] = [
        tx.operator().into(),
        id.clone().into(),
        job.kind.into(),
        job.stream.into(),
        job.request_id.into(),
        job.due.into(),
        job.payload.clone().into(),
        "PENDING".into(),
        0.into(),
        job.due.into(),
        0.into(),
        tx.cause().into(),
        tx.now().into(),
    ];
    tx.change_one(
        "INSERT INTO jobs
            (operator_id, job_id, kind, stream, request_id, due_ms, payload, state, attempts,
             next_ms, fence, cause, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        &row,
    )?;
    Ok(id)
}

/// When the jobs of a kind that wait in a stream are due, and their payloads: the first 100, the first due first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn waiting(tx: &mut Tx<'_>, (kind, stream): (&str, &str)) -> Result<Vec<(Instant, String)>> {
    let keys: [Value; 4] = [tx.operator().into(), kind.into(), stream.into(), 100.into()];
    tx.rows(
        "SELECT due_ms, payload FROM jobs
          WHERE operator_id = ?1 AND kind = ?2 AND stream = ?3 AND state = 'PENDING'
          ORDER BY due_ms, job_id LIMIT ?4",
        &keys,
        |row| Ok((row.instant()?, row.text()?)),
    )
}

/// Cancels the waiting job that `request_id` asked for in `stream`.
///
/// # Errors
/// `job.nothing_to_cancel` — none waits under that request.
pub fn cancel(tx: &mut Tx<'_>, stream: &str, request_id: &str) -> Result<()> {
    let keys: [Value; 4] =
        [tx.operator().into(), stream.into(), request_id.into(), tx.now().into()];
    let cancelled = tx.exec(
        "UPDATE jobs SET state = 'CANCELLED', done_ms = ?4, fence = fence + 1
          WHERE operator_id = ?1 AND stream = ?2 AND request_id = ?3 AND state = 'PENDING'",
        &keys,
    )?;
    if cancelled == 0 {
        return Err(Error::refused("job.nothing_to_cancel"));
    }
    Ok(())
}

/// Cancels every waiting job of this `cause` (a file that is taken back); returns the requests that
/// asked for them. The caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn cancel_caused_by(tx: &mut Tx<'_>, cause: &str) -> Result<Vec<String>> {
    let keys: [Value; 3] = [tx.operator().into(), cause.into(), tx.now().into()];
    let requests = tx.rows_locked(
        "SELECT request_id FROM jobs
          WHERE operator_id = ?1 AND cause = ?2 AND state = 'PENDING' AND created_ms <= ?3",
        &keys,
        crate::store::Row::text,
    )?;
    tx.exec(
        "UPDATE jobs SET state = 'CANCELLED', done_ms = ?3, fence = fence + 1
          WHERE operator_id = ?1 AND cause = ?2 AND state = 'PENDING' AND created_ms <= ?3",
        &keys,
    )?;
    Ok(requests)
}

/// Claims up to `limit` due jobs of the operator until `lease_until`, at most one a stream: the
/// oldest due.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn claim(tx: &mut Tx<'_>, lease_until: Instant, limit: i64) -> Result<Vec<Job>> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    let due = tx.rows(
        "SELECT job_id, kind, stream, request_id, due_ms, payload, attempts, cause, fence
           FROM jobs due
          WHERE operator_id = ?1 AND state = 'PENDING' AND next_ms <= ?2
            AND NOT EXISTS (
                SELECT 1 FROM jobs older
                 WHERE older.operator_id = due.operator_id AND older.stream = due.stream
                   AND older.state = 'PENDING'
                   AND (older.due_ms < due.due_ms
                        OR (older.due_ms = due.due_ms AND older.job_id < due.job_id)))
          ORDER BY due_ms, job_id LIMIT ?3",
        &keys,
        |row| {
            Ok(Job {
                id: row.text()?,
                kind: row.text()?,
                stream: row.text()?,
                request_id: row.text()?,
                due: row.instant()?,
                payload: row.text()?,
                attempts: row.int()?,
                cause: row.text()?,
                fence: row.int()?,
            })
        },
    )?;
    let mut claimed = Vec::with_capacity(due.len());
    for job in due {
        let values: [Value; 4] =
            [tx.operator().into(), (&job.id).into(), job.fence.into(), lease_until.into()];
        let won = tx.exec(
            "UPDATE jobs SET fence = fence + 1, next_ms = ?4
              WHERE operator_id = ?1 AND job_id = ?2 AND fence = ?3 AND state = 'PENDING'",
            &values,
        )?;
        if won == 1 {
            claimed.push(Job { fence: job.fence + 1, ..job });
        }
    }
    Ok(claimed)
}

/// Marks a job done, in the same transaction as its effect.
///
/// # Errors
/// `store.changed_meanwhile` — it was cancelled, or another node holds it now: nothing may be done.
pub fn complete(tx: &mut Tx<'_>, job: &Job) -> Result<()> {
    let values: [Value; 4] =
        [tx.operator().into(), (&job.id).into(), job.fence.into(), tx.now().into()];
    tx.change_one(
        "UPDATE jobs SET state = 'DONE', done_ms = ?4, attempts = attempts + 1
          WHERE operator_id = ?1 AND job_id = ?2 AND fence = ?3 AND state = 'PENDING'",
        &values,
    )
}

/// Writes down that a job failed: tried again in a minute when `error` is worth it, else dead.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn fail(tx: &mut Tx<'_>, job: &Job, error: &Error) -> Result<()> {
    let again = error.retryable() && job.attempts + 1 < TRIES;
    let values: [Value; 7] = [
        tx.operator().into(),
        (&job.id).into(),
        job.fence.into(),
        if again { "PENDING" } else { "DEAD" }.into(),
        tx.now().plus_seconds(60).into(),
        error.code().into(),
        (!again).then(|| tx.now()).into(),
    ];
    tx.exec(
        "UPDATE jobs SET state = ?4, next_ms = ?5, last_error = ?6, attempts = attempts + 1,
                done_ms = ?7
          WHERE operator_id = ?1 AND job_id = ?2 AND fence = ?3",
        &values,
    )?;
    Ok(())
}

/// Forgets every job of a stream that was written down by `upto`, waiting or over: its subject is
/// erased. The caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_stream(tx: &mut Tx<'_>, stream: &str, upto: Instant) -> Result<()> {
    let keys: [Value; 3] = [tx.operator().into(), stream.into(), upto.into()];
    tx.exec("DELETE FROM jobs WHERE operator_id = ?1 AND stream = ?2 AND created_ms <= ?3", &keys)?;
    Ok(())
}

/// Forgets up to `limit` jobs of the operator that were over before `before`: done, cancelled or dead.
/// Returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget(tx: &mut Tx<'_>, before: Instant, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), before.into(), limit.into()];
    tx.exec(
        "DELETE FROM jobs WHERE operator_id = ?1 AND job_id IN
            (SELECT job_id FROM jobs
              WHERE operator_id = ?1 AND state <> 'PENDING' AND done_ms < ?2 LIMIT ?3)",
        &keys,
    )
}

/// Operators with a job due, at most `limit`; spoken by the platform's scope.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn operators_due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<String>> {
    let keys: [Value; 2] = [tx.now().into(), limit.into()];
    tx.rows(
        "SELECT DISTINCT operator_id FROM jobs WHERE state = 'PENDING' AND next_ms <= ?1 LIMIT ?2",
        &keys,
        crate::store::Row::text,
    )
}
