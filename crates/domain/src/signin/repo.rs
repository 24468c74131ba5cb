//! The SQL of this room.

use base::kernel::{Error, Instant, Result};
use base::store::{Row, Tx, Value};

use crate::credentials::Login;
use crate::subscribers::Key;

use super::requests::{Purpose, Step};

pub(super) fn insert(
    tx: &mut Tx<'_>,
    (id, browser): (&str, &str),
    (step, purpose): (&Step, &Purpose),
    expires: Instant,
) -> Result<()> {
    count(step.word());
    let row: [Value; 6] = [
        tx.operator().into(),
        id.into(),
        browser.into(),
        json(step)?.into(),
        json(purpose)?.into(),
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
) -> Result<Option<(Step, Purpose)>> {
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

/// As [`find`], and whose the login id `name` is. One statement, whoever's it is.
pub(super) fn find_with_login(
    tx: &mut Tx<'_>,
    (id, browser): (&str, &str),
    name: &str,
) -> Result<Option<(Step, Purpose, Option<Login>)>> {
    let keys: [Value; 5] =
        [tx.operator().into(), id.into(), browser.into(), tx.now().into(), name.into()];
    tx.row(
        "SELECT s.step, s.request, p.person_id, p.number, p.gen, p.person_no, w.hash
           FROM sign_ins s
           LEFT JOIN logins l ON l.operator_id = s.operator_id AND l.login_name = ?5
           LEFT JOIN persons p ON p.operator_id = l.operator_id AND p.person_id = l.person_id
           LEFT JOIN passwords w ON w.operator_id = l.operator_id AND w.person_id = l.person_id
          WHERE s.operator_id = ?1 AND s.sign_in_id = ?2 AND s.browser_hash = ?3
            AND s.expires_ms > ?4",
        &keys,
        |row| {
            let (step, request) = (row.text()?, row.text()?);
            let step = serde_json::from_str(&step).map_err(Error::internal)?;
            let request = serde_json::from_str(&request).map_err(Error::internal)?;
            Ok((step, request, read_login(row)?))
        },
    )
}

/// Counts a try in the sign-in and answers its step and how many there were; tries at the same time
/// count one by one.
pub(super) fn count_try(
    tx: &mut Tx<'_>,
    (id, browser): (&str, &str),
) -> Result<Option<(Step, i64)>> {
    let keys: [Value; 4] = [tx.operator().into(), id.into(), browser.into(), tx.now().into()];
    let counted = tx.exec(
        "UPDATE sign_ins SET tries = tries + 1
          WHERE operator_id = ?1 AND sign_in_id = ?2 AND browser_hash = ?3 AND expires_ms > ?4",
        &keys,
    )?;
    if counted == 0 {
        return Ok(None);
    }
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    tx.row(
        "SELECT step, tries FROM sign_ins WHERE operator_id = ?1 AND sign_in_id = ?2",
        &keys,
        |row| {
            let step = row.text()?;
            Ok((serde_json::from_str(&step).map_err(Error::internal)?, row.int()?))
        },
    )
}

fn read_login(row: &mut Row) -> Result<Option<Login>> {
    let (Some(person_id), Some(number)) = (row.text_if_any()?, row.text_if_any()?) else {
        return Ok(None);
    };
    let key = Key { number, generation: row.int()? };
    Ok(Some(Login { person_id, key, person_no: row.int()?, hash: row.text_if_any()? }))
}

/// Counts that a sign-in came to a step, or that it is over. Work that is run again counts again.
fn count(step: &'static str) {
    metrics::counter!("aikagi_sign_in_steps_total", "step" => step).increment(1);
}

pub(super) fn set_step(tx: &mut Tx<'_>, id: &str, step: &Step) -> Result<()> {
    count(step.word());
    let row: [Value; 3] = [tx.operator().into(), id.into(), json(step)?.into()];
    tx.change_one("UPDATE sign_ins SET step = ?3 WHERE operator_id = ?1 AND sign_in_id = ?2", &row)
}

/// Ends a sign-in; `false` when another request did so first.
pub(super) fn delete(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let gone = tx.exec("DELETE FROM sign_ins WHERE operator_id = ?1 AND sign_in_id = ?2", &keys)?;
    count("over");
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
