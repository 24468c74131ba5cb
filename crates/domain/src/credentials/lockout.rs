//! Lock-out: after ten bad tries nothing is tried for 15 minutes, then 30, doubling up to 24 hours.
//!
//! A try is counted *before* its password is computed, in one statement: however many come at once,
//! ten are computed and no more. Login ids that nobody has are counted alike, so that the lock-out
//! tells nobody which exist. Passwords, authenticator codes and recovery codes of a person count together;
//! each PIN counts alone and is locked after five. Source: brief tve §5.3.

use std::collections::HashMap;
use std::time::Duration;

use base::kernel::{Change, Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use crate::subscribers::{self, Load, PERSON_UNKNOWN, UNKNOWN};

/// Bad tries before a lock-out.
pub(super) const TRIES: i64 = 10;
const FIRST_SECONDS: i64 = 15 * 60;
const LONGEST_SECONDS: i64 = 24 * 3600;
/// Tries that never told how they ended (a crash) count as bad after this long.
const LOST_SECONDS: i64 = 60;

/// Whether a try may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// It may, and is counted.
    Begun,
    /// Not before this much time has passed.
    Locked(Duration),
}

struct Lockout {
    tries: i64,
    rounds: i64,
    until: Instant,
    updated: Instant,
}

/// Counts a try of `subject` (a person id, or the digest of a login name nobody has) and says whether
/// it may be made. One statement when it may.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn begin_try(tx: &mut Tx<'_>, subject: &str) -> Result<Try> {
    begin_try_of(tx, subject, TRIES)
}

/// The same where `most` bad tries are a lock-out.
pub(super) fn begin_try_of(tx: &mut Tx<'_>, subject: &str, most: i64) -> Result<Try> {
    let row: [Value; 4] = [tx.operator().into(), subject.into(), tx.now().into(), most.into()];
    let counted = tx.exec(
        "INSERT INTO lockouts (operator_id, subject, tries, rounds, until_ms, updated_ms)
         VALUES (?1, ?2, 1, 0, 0, ?3)
         ON CONFLICT (operator_id, subject) DO UPDATE SET
            tries = lockouts.tries + 1, updated_ms = excluded.updated_ms
          WHERE lockouts.until_ms <= excluded.updated_ms AND lockouts.tries < ?4",
        &row,
    )?;
    if counted == 1 {
        return Ok(Try::Begun);
    }
    let now = tx.now();
    let Some(found) = find(tx, subject)? else { return Ok(Try::Begun) };
    if found.until > now {
        return Ok(Try::Locked(wait_until(now, found.until)));
    }
    // As many as there may be are being computed, or whoever computed them crashed.
    if found.updated.plus_seconds(LOST_SECONDS) > now {
        return Ok(Try::Locked(Duration::from_secs(LOST_SECONDS.unsigned_abs())));
    }
    let (until, _) = lock(tx, subject, &found)?;
    Ok(Try::Locked(wait_until(now, until)))
}

/// A try was bad. Answers until when `subject` is locked out, if it is, and whether this try did it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_failure(tx: &mut Tx<'_>, subject: &str) -> Result<Option<(Instant, Change)>> {
    note_failure_of(tx, subject, TRIES)
}

/// The same where `most` bad tries are a lock-out.
pub(super) fn note_failure_of(
    tx: &mut Tx<'_>,
    subject: &str,
    most: i64,
) -> Result<Option<(Instant, Change)>> {
    let now = tx.now();
    match find(tx, subject)? {
        Some(found) if found.until > now => Ok(Some((found.until, Change::Already))),
        Some(found) if found.tries >= most => lock(tx, subject, &found).map(Some),
        _ => Ok(None),
    }
}

/// A try that was counted was not made after all (the pool was full), or was right and refused for
/// another reason: it does not count. When it was the only one, nothing is left of it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn take_back_try(tx: &mut Tx<'_>, subject: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), subject.into()];
    let gone = tx.exec(
        "DELETE FROM lockouts
          WHERE operator_id = ?1 AND subject = ?2 AND tries = 1 AND rounds = 0",
        &keys,
    )?;
    if gone == 0 {
        tx.exec(
            "UPDATE lockouts SET tries = tries - 1
              WHERE operator_id = ?1 AND subject = ?2 AND tries > 0",
            &keys,
        )?;
    }
    Ok(())
}

/// A try was good: everything is forgotten.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forgive(tx: &mut Tx<'_>, subject: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), subject.into()];
    tx.exec("DELETE FROM lockouts WHERE operator_id = ?1 AND subject = ?2", &keys)?;
    Ok(())
}

/// Which of these persons are locked out now, and until when.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn locked_out(tx: &mut Tx<'_>, person_ids: Vec<String>) -> Result<HashMap<String, Instant>> {
    let keys: [Value; 3] = [tx.operator().into(), person_ids.into(), tx.now().into()];
    let rows = tx.rows(
        "SELECT subject, until_ms FROM lockouts
          WHERE operator_id = ?1 AND subject IN ARRAY(?2) AND until_ms > ?3",
        &keys,
        |row| Ok((row.text()?, row.instant()?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// What the codes of televisions a person types are counted as: apart from passwords, so that neither locks
/// the other.
pub(crate) fn typing_of(person_id: &str) -> String {
    format!("device:{person_id}")
}

/// Ends the lock-out of a member of the newest generation of a contract, from signing in and from letting
/// televisions in, and forgets earlier rounds: they called the station, which knows who they are.
///
/// # Errors
/// `contract.unknown`; `person.unknown`
pub fn unlock(tx: &mut Tx<'_>, number: &str, person_no: i64) -> Result<Change> {
    let newest = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?.pop();
    let household = newest.ok_or_else(|| Error::not_found(UNKNOWN, number))?;
    let subject = format!("{}/{person_no:03}", household.key().label());
    let unknown = || Error::not_found(PERSON_UNKNOWN, subject.clone());
    let person_id = &household.person(person_no).ok_or_else(unknown)?.person_id;
    let locked = locked_out(tx, vec![person_id.clone(), typing_of(person_id)])?;
    let Some(until) = locked.values().max() else { return Ok(Change::Already) };
    for subject in locked.keys() {
        forgive(tx, subject)?;
    }
    let detail = json!({"until": until.rfc3339_jst()});
    record(tx, &Entry::new("person.unlocked", &subject).detail(detail))?;
    Ok(Change::Made)
}

fn find(tx: &mut Tx<'_>, subject: &str) -> Result<Option<Lockout>> {
    let keys: [Value; 2] = [tx.operator().into(), subject.into()];
    tx.row(
        "SELECT tries, rounds, until_ms, updated_ms FROM lockouts
          WHERE operator_id = ?1 AND subject = ?2",
        &keys,
        |row| {
            Ok(Lockout {
                tries: row.int()?,
                rounds: row.int()?,
                until: row.instant()?,
                updated: row.instant()?,
            })
        },
    )
}

/// Locks out for the next round; of several at once, one does.
fn lock(tx: &mut Tx<'_>, subject: &str, found: &Lockout) -> Result<(Instant, Change)> {
    let until = tx.now().plus_seconds(lock_seconds(found.rounds));
    let row: [Value; 5] =
        [tx.operator().into(), subject.into(), until.into(), tx.now().into(), found.rounds.into()];
    let locked = tx.exec(
        "UPDATE lockouts SET tries = 0, rounds = rounds + 1, until_ms = ?3, updated_ms = ?4
          WHERE operator_id = ?1 AND subject = ?2 AND rounds = ?5",
        &row,
    )?;
    Ok((until, if locked == 1 { Change::Made } else { Change::Already }))
}

/// How long the lock-out after `rounds` earlier ones lasts.
fn lock_seconds(rounds: i64) -> i64 {
    let doubled = u32::try_from(rounds).ok().and_then(|rounds| 2_i64.checked_pow(rounds));
    doubled
        .map_or(LONGEST_SECONDS, |times| FIRST_SECONDS.saturating_mul(times))
        .min(LONGEST_SECONDS)
}

pub(super) fn wait_until(now: Instant, until: Instant) -> Duration {
    Duration::from_secs(now.seconds_until(until).unsigned_abs().max(1))
}

/// Forgets up to `limit` lock-outs of the operator that are over since two days; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let before = tx.now().plus_days(-2);
    let keys: [Value; 4] = [tx.operator().into(), before.into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM lockouts WHERE operator_id = ?1 AND subject IN
            (SELECT subject FROM lockouts
              WHERE operator_id = ?1 AND updated_ms < ?2 AND until_ms < ?3 LIMIT ?4)",
        &keys,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_out_doubles_up_to_a_day() {
        let minutes: Vec<i64> = (0..9).map(|rounds| lock_seconds(rounds) / 60).collect();
        assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!(lock_seconds(i64::MAX), LONGEST_SECONDS);
    }
}
