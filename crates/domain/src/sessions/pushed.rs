//! Authorization requests that a client pushed, until a browser brings their name.
//!
//! Kept as the client sent them, without its proof, and checked again when they are taken: what the
//! client may do then decides. Source: RFC 9126 §2.2, §4.

use base::kernel::Result;
use base::store::{Tx, Value};

/// A pushed request waits this long for its browser. Source: RFC 9126 §2.2.
pub const PUSHED_SECONDS: i64 = 60;

/// Keeps the `parameters` a client pushed and returns the id of their row. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn push_request(tx: &mut Tx<'_>, client_id: &str, parameters: &str) -> Result<String> {
    let id = tx.next_id("par");
    let row: [Value; 6] = [
        tx.operator().into(),
        (&id).into(),
        client_id.into(),
        parameters.into(),
        tx.now().into(),
        tx.now().plus_seconds(PUSHED_SECONDS).into(),
    ];
    tx.change_one(
        "INSERT INTO pushed_requests
            (operator_id, pushed_id, client_id, parameters, created_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &row,
    )?;
    Ok(id)
}

/// Takes the parameters of a pushed request, once: of any number of callers one gets them. `None`: taken
/// before, too old, or of another client, whose asking spends nothing. Two statements.
///
/// # Errors
/// `unavailable` when the database fails.
///
/// Source: RFC 9126 §7.3 (single use).
pub fn take_pushed(tx: &mut Tx<'_>, id: &str, client_id: &str) -> Result<Option<String>> {
    let keys: [Value; 4] = [tx.operator().into(), id.into(), client_id.into(), tx.now().into()];
    let found = tx.row(
        "SELECT parameters FROM pushed_requests
          WHERE operator_id = ?1 AND pushed_id = ?2 AND client_id = ?3 AND expires_ms > ?4",
        &keys,
        |row| row.text(),
    )?;
    let Some(parameters) = found else { return Ok(None) };
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let taken =
        tx.exec("DELETE FROM pushed_requests WHERE operator_id = ?1 AND pushed_id = ?2", &keys)?;
    Ok((taken == 1).then_some(parameters))
}

/// Forgets up to `limit` pushed requests of the operator that nobody took; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_pushed(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM pushed_requests WHERE operator_id = ?1 AND pushed_id IN
            (SELECT pushed_id FROM pushed_requests
              WHERE operator_id = ?1 AND expires_ms <= ?2 LIMIT ?3)",
        &keys,
    )
}
