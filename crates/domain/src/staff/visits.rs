//! Who works for the platform enters the console of a station: with a reason that the station reads, for an hour at most.
//!
//! Source: issue 4 §2; `docs/decisions/0058`.

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::{Row, Tx, Value};
use serde_json::json;

use crate::operators;

use super::desks::Desks;
use super::permissions::Permission;
use super::sessions::{self, IDLE_SECONDS, Seat, Session};

/// Seconds such a visit lasts at most.
pub const VISIT_SECONDS: i64 = 3600;
/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 200;
/// Days a station is shown who was there; the audit knows it for longer.
const SHOWN_DAYS: i64 = 90;
/// So many are shown.
const SHOWN: i64 = 20;
/// Before the id of who works for the platform, at a station: an id none of its own has ([`operators::put_staff`]).
const PREFIX: &str = "platform:";

/// Somebody of the platform who is, or was, at the console of a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited {
    /// Names it, to end it.
    pub id: String,
    /// Their id at the platform.
    pub staff_id: String,
    /// Their name; empty: nobody there is called so any more.
    pub name: String,
    /// Why they came.
    pub reason: String,
    /// When.
    pub began: Instant,
    /// When they left, or were made to; none: they are there, or their time ran out.
    pub ended: Option<Instant>,
    /// Whether they are there now.
    pub inside: bool,
}

impl Desks {
    /// Lets who sits at the platform's console into that of a station, and answers the session there as its cookie says it.
    /// It ends with the one it began from, and with the membership. Written into both books, the platform's first.
    ///
    /// # Errors
    /// - `field.required`, `field.too_long` naming `reason`
    /// - `operator.unknown`; `operator.disabled` — nobody works there
    /// - `staff.signed_out`; `staff.not_allowed`
    pub fn enter(
        &self,
        seat: &Seat,
        (station, reason): (&str, &str),
        now: Instant,
    ) -> Result<String> {
        let reason = checked(reason)?.to_owned();
        let visitor = format!("{PREFIX}{}", seat.staff_id);
        let there = Scope::new(station, Actor::Staff(visitor), now).caused_by("console");
        if !self.db.read(&there, operators::employer)?.enabled {
            return Err(Error::refused("operator.disabled"));
        }
        let (code, why) = (station.to_owned(), reason.clone());
        self.act((seat, Permission::Stations), now, move |tx| {
            let entry = Entry::new("staff.station_entered", &code);
            record(tx, &entry.detail(json!({"reason": why})))
        })?;
        let home = seat.clone();
        let session = self.db.transact(&there, move |tx| begin(tx, &home, &reason))?;
        Ok(self.cookie(station, &session))
    }
}

fn checked(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid("field.required", "reason"));
    }
    if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
        return Err(Error::invalid("field.too_long", "reason"));
    }
    Ok(reason)
}

/// Opens the session of a visit; an earlier one of the same person is over.
fn begin(tx: &mut Tx<'_>, home: &Seat, reason: &str) -> Result<String> {
    let visitor = format!("{PREFIX}{}", home.staff_id);
    let keys: [Value; 3] = [tx.operator().into(), (&home.staff_id).into(), tx.now().into()];
    tx.exec(
        "UPDATE platform_visits SET ended_ms = ?3
          WHERE operator_id = ?1 AND staff_id = ?2 AND ended_ms IS NULL",
        &keys,
    )?;
    sessions::end_all(tx, &visitor)?;
    let session =
        Session { staff_id: &visitor, home: Some(&home.session_id), seconds: VISIT_SECONDS };
    let id = sessions::open(tx, &session)?;
    // The platform's own books may have changed since the page was shown: nobody enters who is not there any more.
    sessions::find(tx, &id)?.ok_or(Error::Unauthenticated { code: "staff.signed_out" })?;
    let row: [Value; 5] = [
        tx.operator().into(),
        (&id).into(),
        (&home.staff_id).into(),
        reason.into(),
        tx.now().into(),
    ];
    tx.change_one(
        "INSERT INTO platform_visits (operator_id, session_id, staff_id, reason, began_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &row,
    )?;
    let entry = Entry::new("staff.platform_entered", &visitor);
    record(tx, &entry.detail(json!({"reason": reason})))?;
    Ok(id)
}

/// Notes that a visit is over. None of this name is under way: nothing changes.
pub(super) fn note_end(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let keys: [Value; 3] = [tx.operator().into(), id.into(), tx.now().into()];
    tx.exec(
        "UPDATE platform_visits SET ended_ms = ?3
          WHERE operator_id = ?1 AND session_id = ?2 AND ended_ms IS NULL",
        &keys,
    )?;
    Ok(())
}

/// Sends somebody of the platform out of the console of this scope's station.
///
/// # Errors
/// `staff.visit_over` — they are not there any more, or never were
pub fn end_visit(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let visitor = tx.row(
        "SELECT staff_id FROM platform_visits WHERE operator_id = ?1 AND session_id = ?2",
        &keys,
        Row::text,
    )?;
    let visitor = visitor.ok_or_else(|| Error::not_found("staff.visit_over", id))?;
    let ended = tx.exec(
        "DELETE FROM staff_sessions
          WHERE operator_id = ?1 AND session_id = ?2 AND home_session IS NOT NULL",
        &keys,
    )?;
    if ended == 0 {
        return Err(Error::not_found("staff.visit_over", id));
    }
    note_end(tx, id)?;
    record(tx, &Entry::new("staff.platform_sent_out", &format!("{PREFIX}{visitor}")))
}

/// Who of the platform is at the console of this scope's station, and who was lately: those who are there first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn visits(tx: &mut Tx<'_>) -> Result<Vec<Visited>> {
    let idle_since = tx.now().plus_seconds(-IDLE_SECONDS);
    let keys: [Value; 4] = [tx.operator().into(), tx.now().into(), idle_since.into(), SHOWN.into()];
    tx.rows(
        "SELECT v.session_id, v.staff_id, m.name, v.reason, v.began_ms, v.ended_ms,
                CASE WHEN h.session_id IS NULL THEN 0 ELSE 1 END AS inside
           FROM platform_visits v
           LEFT JOIN staff m ON m.operator_id = '*' AND m.staff_id = v.staff_id
           LEFT JOIN staff_sessions s ON s.operator_id = v.operator_id
                AND s.session_id = v.session_id AND s.expires_ms > ?2 AND s.seen_ms > ?3
           LEFT JOIN staff_sessions h ON h.operator_id = '*' AND h.session_id = s.home_session
                AND h.expires_ms > ?2 AND m.enabled = 1
          WHERE v.operator_id = ?1 ORDER BY inside DESC, v.session_id DESC LIMIT ?4",
        &keys,
        |row| {
            Ok(Visited {
                id: row.text()?,
                staff_id: row.text()?,
                name: row.text_if_any()?.unwrap_or_default(),
                reason: row.text()?,
                began: row.instant()?,
                ended: row.instant_if_any()?,
                inside: row.flag()?,
            })
        },
    )
}

/// Forgets up to `limit` visits that a station is not shown any more; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_visits(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    // Ids sort by instant.
    let oldest = base::kernel::ids::new_id("sts", tx.now().plus_days(-SHOWN_DAYS));
    let keys: [Value; 3] = [tx.operator().into(), oldest.into(), limit.into()];
    tx.exec(
        "DELETE FROM platform_visits WHERE operator_id = ?1 AND session_id IN
            (SELECT session_id FROM platform_visits
              WHERE operator_id = ?1 AND session_id < ?2 ORDER BY session_id LIMIT ?3)",
        &keys,
    )
}
