//! Access log and linkage log: every request, and every message to and from other systems.
//!
//! Written by the doors, also for refusals, behind the act. Ids and codes only, no personal data.

use crate::kernel::{Instant, Result, ids};
use crate::store::{Tx, Value};

use super::WriteBehind;

/// One request, as the access log keeps it.
#[derive(Debug, Clone)]
pub struct AccessLine<'l> {
    /// The operator's code.
    pub operator: &'l str,
    /// Who asked: `client:…`, `anonymous`.
    pub actor: String,
    /// Method and route pattern, never the path as sent: it may hold numbers of people.
    pub route: &'l str,
    /// HTTP status.
    pub status: u16,
    /// Stable code of a refusal, else empty.
    pub code: &'l str,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// The request's id.
    pub request_id: &'l str,
}

/// One message to or from another system.
#[derive(Debug, Clone)]
pub struct LinkageLine<'l> {
    /// The operator's code.
    pub operator: &'l str,
    /// `in` or `out`.
    pub direction: &'static str,
    /// The system: a client id, a receiver id, `sms`.
    pub peer: &'l str,
    /// `file`, `command`, `webhook`.
    pub kind: &'static str,
    /// File name, request id or event id.
    pub reference: &'l str,
    /// SHA-256 of the message, hex.
    pub digest: String,
    /// Code of the result.
    pub result: &'l str,
    /// Counts and the like.
    pub detail: String,
}

impl AccessLine<'_> {
    /// The INSERT for [`WriteBehind::start`].
    pub const INSERT: &'static str = "INSERT INTO access_log
        (operator_id, access_id, at_ms, actor, route, status, code, micros, request_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
}

impl LinkageLine<'_> {
    /// The INSERT for [`WriteBehind::start`].
    pub const INSERT: &'static str = "INSERT INTO linkage_log
        (operator_id, linkage_id, at_ms, direction, peer, kind, reference, digest, result, detail)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
}

/// Hands a line to the access log.
pub fn log_access(book: &WriteBehind, at: Instant, line: &AccessLine<'_>) {
    book.write(vec![
        line.operator.into(),
        ids::new_id("acc", at).into(),
        at.into(),
        line.actor.as_str().into(),
        line.route.into(),
        i64::from(line.status).into(),
        line.code.into(),
        line.micros.into(),
        line.request_id.into(),
    ]);
}

/// Hands a line to the linkage log.
pub fn log_linkage(book: &WriteBehind, at: Instant, line: &LinkageLine<'_>) {
    book.write(vec![
        line.operator.into(),
        ids::new_id("lnk", at).into(),
        at.into(),
        line.direction.into(),
        line.peer.into(),
        line.kind.into(),
        line.reference.into(),
        line.digest.as_str().into(),
        line.result.into(),
        line.detail.as_str().into(),
    ]);
}

/// Deletes up to `limit` lines of each log older than `before`, for the operator; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn prune(tx: &mut Tx<'_>, before: Instant, limit: i64) -> Result<u64> {
    // Ids sort by instant: everything older stands at the front of the operator's lines.
    let bound = |prefix| -> Value { ids::new_id(prefix, before).into() };
    let keys: [Value; 3] = [tx.operator().into(), bound("acc"), limit.into()];
    let access = tx.exec(
        "DELETE FROM access_log WHERE operator_id = ?1 AND access_id IN
            (SELECT access_id FROM access_log WHERE operator_id = ?1 AND access_id < ?2
              ORDER BY access_id LIMIT ?3)",
        &keys,
    )?;
    let keys: [Value; 3] = [tx.operator().into(), bound("lnk"), limit.into()];
    let linkage = tx.exec(
        "DELETE FROM linkage_log WHERE operator_id = ?1 AND linkage_id IN
            (SELECT linkage_id FROM linkage_log WHERE operator_id = ?1 AND linkage_id < ?2
              ORDER BY linkage_id LIMIT ?3)",
        &keys,
    )?;
    Ok(access + linkage)
}
