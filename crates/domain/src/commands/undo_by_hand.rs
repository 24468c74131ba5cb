//! A verb of the console is taken back: the household stands again as it did, if nothing else changed it since.
//!
//! What it was is kept for a day, beside the verb, and goes with the first of: it is taken back, the day is over.
//! Source: brief tve §11.2 (undo window); `docs/decisions/0063`.

use base::kernel::{Actor, Error, Instant, Result};
use base::records::{self, Entry};
use base::store::{Row, Tx, Value};
use serde_json::json;

use crate::subscribers::{self, Key, Load, Standing};

use super::scheduled;
use super::undo::{Before, Undone, forget_answers, restore};
use super::{Command, Op};

/// Hours in which a verb of the console can be taken back.
pub const UNDO_HOURS: i64 = 24;

/// `undo.gone` — it was taken back already, or its day is over.
const GONE: Error = Error::Refused { code: "undo.gone" };
/// `undo.changed_since` — something else changed the household since.
const CHANGED: Error = Error::Refused { code: "undo.changed_since" };

/// A verb that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// The request it was given by.
    pub request_id: String,
    /// What was done.
    pub op: Op,
    /// By whom: staff id.
    pub given_by: String,
    /// Their name; empty: nobody of the station has this id.
    pub giver: String,
    /// When.
    pub given: Instant,
}

impl Op {
    /// Whether it can be taken back by the picture of what was: what was given up for good stays so (a password), and what only waits
    /// is taken back where it waits.
    const fn is_kept_for_undo(self) -> bool {
        !matches!(self, Self::PersonReset | Self::CancelScheduled)
    }
}

/// Keeps what households were before `command`, for a day.
pub(super) fn keep(tx: &mut Tx<'_>, command: &Command, all: &[Before]) -> Result<()> {
    let (Actor::Staff(staff), Some(op)) = (tx.actor().clone(), command.op.number()) else {
        return Ok(());
    };
    if !command.op.is_kept_for_undo() {
        return Ok(());
    }
    let rows: Vec<Vec<Value>> = all
        .iter()
        .map(|one| {
            vec![
                tx.operator().into(),
                (&command.request_id).into(),
                (&one.key.number).into(),
                one.key.generation.into(),
                op.into(),
                one.version_before.into(),
                one.version_after.into(),
                (&one.image).into(),
                (&staff).into(),
                tx.now().into(),
            ]
        })
        .collect();
    tx.exec_many(
        "INSERT INTO verb_undo
            (operator_id, request_id, number, gen, op, version_before, version_after, before, given_by,
             given_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &rows,
    )?;
    Ok(())
}

/// The last verb of the console at a number, while nothing else changed it and its day is not over.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn undoable(tx: &mut Tx<'_>, (number, version): (&str, i64)) -> Result<Option<Undoable>> {
    let since = tx.now().plus_seconds(-UNDO_HOURS * 3600);
    let keys: [Value; 4] = [tx.operator().into(), number.into(), version.into(), since.into()];
    tx.row(
        "SELECT request_id, op, given_by, given_ms,
                (SELECT m.name FROM staff m WHERE m.operator_id = ?1 AND m.staff_id = given_by)
           FROM verb_undo
          WHERE operator_id = ?1 AND number = ?2 AND version_after = ?3 AND given_ms > ?4
          ORDER BY given_ms DESC LIMIT 1",
        &keys,
        read,
    )
}

fn read(row: &mut Row) -> Result<Undoable> {
    let (request_id, op) = (row.text()?, row.text()?);
    let op = Op::from_number(&op).ok_or_else(|| Error::internal("unknown verb that was kept"))?;
    let (given_by, given) = (row.text()?, row.instant()?);
    let giver = row.text_if_any()?.unwrap_or_default();
    Ok(Undoable { request_id, op, given_by, giver, given })
}

/// What taking a verb back came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// What was taken back.
    pub verb: Undoable,
    /// How the contract stands now; none: it is no more, for it was opened by the verb.
    pub standing: Option<Standing>,
}

/// Takes the verb back that was given at `number` by the request `request_id`: all households it changed, or none. Whoever may
/// give verbs may take one back, also a colleague's. In a rehearsal, says what would be.
///
/// # Errors
/// - `undo.gone` — it was taken back already, its day is over, or it was never given at this number
/// - `undo.changed_since` — something else changed the household since
pub fn undo_by_hand(tx: &mut Tx<'_>, (number, request_id): (&str, &str)) -> Result<TakenBack> {
    let verb = kept(tx, (number, request_id))?;
    let all = images(tx, request_id)?;
    if leaves_commands_behind(tx, &all)? {
        return Err(CHANGED);
    }
    let undone = restore(tx, &all, true)?;
    if undone.iter().any(|one| matches!(one, Undone::Conflict(..))) {
        return Err(CHANGED);
    }
    restore(tx, &all, false)?;
    // The form it was given by, sent again, is answered by what is: it was looked at before.
    forget_answers(tx, vec![request_id.to_owned()])?;
    let keys: [Value; 2] = [tx.operator().into(), request_id.into()];
    tx.exec("DELETE FROM verb_undo WHERE operator_id = ?1 AND request_id = ?2", &keys)?;
    let detail = json!({"request_id": request_id, "op": verb.op});
    records::record(tx, &Entry::new("command.undone", number).detail(detail))?;
    let now = tx.now();
    let newest = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?.pop();
    Ok(TakenBack { verb, standing: newest.map(|household| household.standing(now)) })
}

/// Whether a number that goes away with the verb has commands that wait for their day: whoever gave them would not hear that
/// there is nothing left to do them to.
fn leaves_commands_behind(tx: &mut Tx<'_>, all: &[Before]) -> Result<bool> {
    for one in all.iter().filter(|one| one.version_before == 0) {
        if !scheduled::waiting(tx, &one.key.number)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The verb, locked: of two who take it back at once, the second finds nothing.
fn kept(tx: &mut Tx<'_>, (number, request_id): (&str, &str)) -> Result<Undoable> {
    let since = tx.now().plus_seconds(-UNDO_HOURS * 3600);
    let keys: [Value; 4] = [tx.operator().into(), request_id.into(), number.into(), since.into()];
    let found = tx.rows_locked(
        "SELECT request_id, op, given_by, given_ms,
                (SELECT m.name FROM staff m WHERE m.operator_id = ?1 AND m.staff_id = given_by)
           FROM verb_undo
          WHERE operator_id = ?1 AND request_id = ?2 AND number = ?3 AND given_ms > ?4 ORDER BY gen",
        &keys,
        read,
    )?;
    found.into_iter().next().ok_or(GONE)
}

fn images(tx: &mut Tx<'_>, request_id: &str) -> Result<Vec<Before>> {
    let keys: [Value; 2] = [tx.operator().into(), request_id.into()];
    tx.rows(
        "SELECT number, gen, version_before, version_after, before FROM verb_undo
          WHERE operator_id = ?1 AND request_id = ?2 ORDER BY number, gen",
        &keys,
        |row| {
            Ok(Before {
                key: Key { number: row.text()?, generation: row.int()? },
                version_before: row.int()?,
                version_after: row.int()?,
                image: row.text()?,
            })
        },
    )
}

/// Forgets every picture of the operator: its households are thrown away.
pub(super) fn forget_pictures(tx: &mut Tx<'_>) -> Result<()> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.exec("DELETE FROM verb_undo WHERE operator_id = ?1", &keys).map(drop)
}

/// Forgets up to `limit` pictures whose day is over; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_undo(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let over = tx.now().plus_seconds(-UNDO_HOURS * 3600);
    let keys: [Value; 3] = [tx.operator().into(), over.into(), limit.into()];
    tx.exec(
        "DELETE FROM verb_undo WHERE operator_id = ?1 AND (request_id, number, gen) IN
            (SELECT request_id, number, gen FROM verb_undo
              WHERE operator_id = ?1 AND given_ms <= ?2 LIMIT ?3)",
        &keys,
    )
}
