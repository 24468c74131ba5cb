//! Sessions of the staff: eight hours, a quarter of an hour unused.

use std::collections::HashMap;

use base::kernel::{Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use crate::operators::Role;

use super::permissions::Permission;
use super::visits;

/// Seconds a session lasts.
pub const ABSOLUTE_SECONDS: i64 = 8 * 3600;
/// Seconds it may be unused. Source: brief tve §11.2.
pub const IDLE_SECONDS: i64 = 15 * 60;
/// It is noted as seen at most this often, in seconds: not every page is a write.
const SEEN_SECONDS: i64 = 60;

/// Somebody who is signed in at the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The operator's code.
    pub operator: String,
    /// The session.
    pub session_id: String,
    /// Their id.
    pub staff_id: String,
    /// Their name, shown on screens only.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    pub(super) seen: Instant,
    /// When they signed in.
    pub(super) auth: Instant,
    /// The session at the platform's console of who visits.
    home: Option<String>,
}

/// A session to be opened.
pub(super) struct Session<'s> {
    pub(super) staff_id: &'s str,
    /// The session at the platform's console it ends with; none: of who works here.
    pub(super) home: Option<&'s str>,
    /// How long it lasts.
    pub(super) seconds: i64,
}

impl<'s> Session<'s> {
    /// That of who works here.
    pub(super) const fn of(staff_id: &'s str) -> Self {
        Self { staff_id, home: None, seconds: ABSOLUTE_SECONDS }
    }
}

impl Seat {
    /// # Errors
    /// `staff.not_allowed`
    pub(super) fn check(&self, what: Permission) -> Result<()> {
        what.check(&self.operator, &self.roles)
    }

    /// Whether they are of the platform, and visit this station.
    #[must_use]
    pub const fn is_visit(&self) -> bool {
        self.home.is_some()
    }

    /// Whether using it at `now` is worth writing down.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.seen.plus_seconds(SEEN_SECONDS) <= now
    }
}

/// Opens a session; its id is always new.
pub(super) fn open(tx: &mut Tx<'_>, session: &Session<'_>) -> Result<String> {
    let id = tx.next_id("sts");
    let row: [Value; 6] = [
        tx.operator().into(),
        (&id).into(),
        session.staff_id.into(),
        tx.now().into(),
        tx.now().plus_seconds(session.seconds).into(),
        session.home.map(str::to_owned).into(),
    ];
    tx.change_one(
        "INSERT INTO staff_sessions
            (operator_id, session_id, staff_id, auth_ms, seen_ms, expires_ms, home_session)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
        &row,
    )?;
    Ok(id)
}

/// The session `id` if it is alive: not ended, not too old, not unused for too long, of somebody who still works here, or still
/// works for the platform and is signed in there.
pub(super) fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Seat>> {
    let idle_since = tx.now().plus_seconds(-IDLE_SECONDS);
    let keys: [Value; 4] = [tx.operator().into(), id.into(), tx.now().into(), idle_since.into()];
    let operator = tx.operator().to_owned();
    tx.row(
        "SELECT s.session_id, s.staff_id, m.name, m.roles, s.seen_ms, s.auth_ms, s.home_session
           FROM staff_sessions s
           LEFT JOIN staff_sessions h ON h.operator_id = '*' AND h.session_id = s.home_session
                AND h.expires_ms > ?3
           JOIN staff m
             ON m.operator_id = CASE WHEN s.home_session IS NULL THEN s.operator_id ELSE '*' END
            AND m.staff_id = CASE WHEN s.home_session IS NULL THEN s.staff_id ELSE h.staff_id END
           LEFT JOIN operators o ON o.operator_id = s.operator_id
          WHERE s.operator_id = ?1 AND s.session_id = ?2 AND s.expires_ms > ?3 AND s.seen_ms > ?4
            AND m.enabled = 1 AND (o.state = 'ENABLED' OR s.operator_id = '*')",
        &keys,
        |row| {
            Ok(Seat {
                operator: operator.clone(),
                session_id: row.text()?,
                staff_id: row.text()?,
                name: row.text()?,
                roles: Role::parse_list(&row.text()?)?,
                seen: row.instant()?,
                auth: row.instant()?,
                home: row.text_if_any()?,
            })
        },
    )
}

/// How many sessions of each member are alive, and when one was last used.
pub(super) fn alive(tx: &mut Tx<'_>) -> Result<HashMap<String, (i64, Instant)>> {
    let idle_since = tx.now().plus_seconds(-IDLE_SECONDS);
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), idle_since.into()];
    let rows = tx.rows(
        "SELECT staff_id, COUNT(*), MAX(seen_ms) FROM staff_sessions
          WHERE operator_id = ?1 AND expires_ms > ?2 AND seen_ms > ?3 GROUP BY staff_id",
        &keys,
        |row| Ok((row.text()?, (row.int()?, row.instant()?))),
    )?;
    Ok(rows.into_iter().collect())
}

/// The seat as it is now, and it stays so until this transaction ends: whoever ends it waits.
///
/// # Errors
/// `staff.signed_out`
pub(super) fn hold(tx: &mut Tx<'_>, seat: &Seat) -> Result<Seat> {
    let keys: [Value; 2] = [tx.operator().into(), (&seat.session_id).into()];
    tx.rows_locked(
        "SELECT session_id FROM staff_sessions WHERE operator_id = ?1 AND session_id = ?2",
        &keys,
        |row| row.text(),
    )?;
    still(tx, seat)
}

/// The seat as it is now.
///
/// # Errors
/// `staff.signed_out`
pub(super) fn still(tx: &mut Tx<'_>, seat: &Seat) -> Result<Seat> {
    let found = find(tx, &seat.session_id)?.filter(|found| found.staff_id == seat.staff_id);
    found.ok_or(Error::Unauthenticated { code: "staff.signed_out" })
}

/// Notes that a session is in use. Housekeeping: nothing anybody may do changes.
///
/// Who visits is at work for the platform: their session there is in use as well.
pub(super) fn note_seen(tx: &mut Tx<'_>, seat: &Seat) -> Result<()> {
    let here = (tx.operator().to_owned(), seat.session_id.clone());
    let home = seat.home.clone().map(|id| (Scope::PLATFORM.to_owned(), id));
    for (operator, id) in [Some(here), home].into_iter().flatten() {
        let keys: [Value; 3] = [operator.into(), id.into(), tx.now().into()];
        tx.exec(
            "UPDATE staff_sessions SET seen_ms = ?3
              WHERE operator_id = ?1 AND session_id = ?2 AND seen_ms < ?3",
            &keys,
        )?;
    }
    Ok(())
}

/// Ends one session. Ended before: nothing changes.
pub(super) fn end(tx: &mut Tx<'_>, seat: &Seat) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), (&seat.session_id).into()];
    let ended =
        tx.exec("DELETE FROM staff_sessions WHERE operator_id = ?1 AND session_id = ?2", &keys)?;
    if ended == 0 {
        return Ok(());
    }
    if seat.is_visit() {
        visits::note_end(tx, &seat.session_id)?;
        return record(tx, &Entry::new("staff.platform_left", &seat.staff_id));
    }
    record(tx, &Entry::new("staff.signed_out", &seat.staff_id))
}

/// Ends everything a member is signed in with; answers how many sessions. The caller records it.
pub(super) fn end_all(tx: &mut Tx<'_>, staff_id: &str) -> Result<u64> {
    let keys: [Value; 2] = [tx.operator().into(), staff_id.into()];
    tx.exec("DELETE FROM staff_sessions WHERE operator_id = ?1 AND staff_id = ?2", &keys)
}

/// Ends everything the member `staff_id` is signed in with at the console; answers how many sessions.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn end_sessions(tx: &mut Tx<'_>, staff_id: &str) -> Result<u64> {
    let ended = end_all(tx, staff_id)?;
    if ended > 0 {
        let detail = json!({"sessions": ended});
        record(tx, &Entry::new("staff.sessions_ended", staff_id).detail(detail))?;
    }
    Ok(ended)
}

/// Forgets up to `limit` sessions that are over; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM staff_sessions WHERE operator_id = ?1 AND session_id IN
            (SELECT session_id FROM staff_sessions
              WHERE operator_id = ?1 AND expires_ms <= ?2 LIMIT ?3)",
        &keys,
    )
}
