//! The SQL of this room.

use base::kernel::{Error, Instant, Result};
use base::store::{Tx, Value};

use super::requests::{Request, Step};

pub(super) fn insert(
    tx: &mut Tx<'_>,
    (id, browser): (&str, &str),
    (step, request): (&Step, &Request),
    expires: Instant,
) -> Result<()> {
    let row: [Value; 6] = [
        tx.operator().into(),
        id.into(),
        browser.into(),
        json(step)?.into(),
        json(request)?.into(),
        expires.into(),
    ];
    tx.change_one(
        "INSERT INTO sign_ins (operator_id, sign_in_id, browser_hash, step, request, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &row,
    )
}

/// The sign-in `id`, if it is alive and was begun in this browser.
pub(super) fn find(
    tx: &mut Tx<'_>,
    (id, browser): (&str, &str),
) -> Result<Option<(Step, Request)>> {
    let keys: [Value; 4] = [tx.operator().into(), id.into(), browser.into(), tx.now().into()];
    tx.row(
        "SELECT step, request FROM sign_ins
          WHERE operator_id = ?1 AND sign_in_id = ?2 AND browser_hash = ?3 AND expires_ms > ?4",
        &keys,
        |row| {
            let (step, request) = (row.text()?, row.text()?);
            let step = serde_json::from_str(&step).map_err(Error::internal)?;
            Ok((step, serde_json::from_str(&request).map_err(Error::internal)?))
        },
    )
}

pub(super) fn set_step(tx: &mut Tx<'_>, id: &str, step: &Step) -> Result<()> {
    let row: [Value; 3] = [tx.operator().into(), id.into(), json(step)?.into()];
    tx.change_one("UPDATE sign_ins SET step = ?3 WHERE operator_id = ?1 AND sign_in_id = ?2", &row)
}

/// Ends a sign-in; `false` when another request did so first.
pub(super) fn delete(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let gone = tx.exec("DELETE FROM sign_ins WHERE operator_id = ?1 AND sign_in_id = ?2", &keys)?;
    Ok(gone == 1)
}

fn json(of: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(of).map_err(Error::internal)
}

/// Forgets up to `limit` sign-ins of the operator that nobody finished; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM sign_ins WHERE operator_id = ?1 AND sign_in_id IN
            (SELECT sign_in_id FROM sign_ins WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )
}
