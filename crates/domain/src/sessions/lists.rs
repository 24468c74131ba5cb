//! The living sessions of a person: for themselves, and for the station's people they call.
//!
//! Devices that were let in otherwise stand in a list of their own (`list_devices`).

use base::kernel::{Error, Instant, Result};
use base::store::{Tx, Value};

use crate::operators::Policies;

use super::ends::{Ended, Reason, end_sessions};

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// Its id.
    pub id: String,
    /// When the person signed in.
    pub auth: Instant,
    /// When it was last used, to within five minutes.
    pub seen: Instant,
    /// How strong the proof was.
    pub acr: String,
    /// The clients that got tokens in it, by id.
    pub clients: Vec<String>,
}

/// Up to `limit` living sessions of a person after `after`, the oldest first. Two statements.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_sessions(
    tx: &mut Tx<'_>,
    person_id: &str,
    (after, limit): (&str, i64),
    policies: &Policies,
) -> Result<Vec<ListedSession>> {
    let idle_since = tx.now().plus_seconds(-policies.session_idle_minutes * 60);
    let keys: [Value; 6] = [
        tx.operator().into(),
        person_id.into(),
        after.into(),
        limit.into(),
        tx.now().into(),
        idle_since.into(),
    ];
    let mut found = tx.rows(
        "SELECT s.session_id, s.auth_ms, s.seen_ms, s.acr
           FROM browser_sessions s
           JOIN persons p ON p.operator_id = s.operator_id AND p.person_id = s.person_id
          WHERE s.operator_id = ?1 AND s.person_id = ?2 AND s.session_id > ?3
            AND s.ended_ms IS NULL AND s.expires_ms > ?5 AND s.seen_ms > ?6
            AND s.access_no = p.access_no
          ORDER BY s.session_id LIMIT ?4",
        &keys,
        |row| {
            Ok(ListedSession {
                id: row.text()?,
                auth: row.instant()?,
                seen: row.instant()?,
                acr: row.text()?,
                clients: Vec::new(),
            })
        },
    )?;
    let ids: Vec<String> = found.iter().map(|one| one.id.clone()).collect();
    if ids.is_empty() {
        return Ok(found);
    }
    let keys: [Value; 2] = [tx.operator().into(), ids.into()];
    let told = tx.rows(
        "SELECT DISTINCT session_id, client_id FROM authorizations
          WHERE operator_id = ?1 AND session_id IN ARRAY(?2) AND turn > 0 AND revoked_ms IS NULL
          ORDER BY session_id, client_id",
        &keys,
        |row| Ok((row.text()?, row.text()?)),
    )?;
    for (session, client) in told {
        if let Some(one) = found.iter_mut().find(|one| one.id == session) {
            one.clients.push(client);
        }
    }
    Ok(found)
}

/// In how many browsers, and with how many devices of their own, these persons are signed in. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_signed_in(
    tx: &mut Tx<'_>,
    person_ids: Vec<String>,
    policies: &Policies,
) -> Result<i64> {
    let idle_since = tx.now().plus_seconds(-policies.session_idle_minutes * 60);
    let keys: [Value; 4] =
        [tx.operator().into(), person_ids.into(), tx.now().into(), idle_since.into()];
    let counted = tx.row(
        "SELECT (SELECT COUNT(*) FROM browser_sessions s
                   JOIN persons p ON p.operator_id = s.operator_id AND p.person_id = s.person_id
                  WHERE s.operator_id = ?1 AND s.person_id IN ARRAY(?2) AND s.ended_ms IS NULL
                    AND s.expires_ms > ?3 AND s.seen_ms > ?4 AND s.access_no = p.access_no)
              + (SELECT COUNT(*) FROM devices d
                   JOIN authorizations a ON a.operator_id = d.operator_id AND a.grant_id = d.grant_id
                   JOIN persons p ON p.operator_id = d.operator_id AND p.person_id = d.person_id
                  WHERE d.operator_id = ?1 AND d.person_id IN ARRAY(?2)
                    AND d.removed_ms IS NULL AND a.revoked_ms IS NULL AND a.expires_ms > ?3
                    AND a.turn > 0 AND a.access_no = p.access_no)",
        &keys,
        |row| row.int(),
    )?;
    Ok(counted.unwrap_or(0))
}

/// How many persons the client `id` has tokens of that are still good. One statement, over all authorizations of the operator.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_served(tx: &mut Tx<'_>, id: &str) -> Result<i64> {
    let keys: [Value; 3] = [tx.operator().into(), id.into(), tx.now().into()];
    let counted = tx.row(
        "SELECT COUNT(DISTINCT a.person_id) FROM authorizations a
           JOIN persons p ON p.operator_id = a.operator_id AND p.person_id = a.person_id
          WHERE a.operator_id = ?1 AND a.client_id = ?2 AND a.turn > 0 AND a.revoked_ms IS NULL
            AND a.expires_ms > ?3 AND a.access_no = p.access_no",
        &keys,
        |row| row.int(),
    )?;
    Ok(counted.unwrap_or(0))
}

/// Ends one session of this person, with what was given in it. One that has ended is answered the same.
///
/// # Errors
/// `session.unknown` — also somebody else's
pub fn end_session_of(tx: &mut Tx<'_>, (person_id, id): (&str, &str)) -> Result<Ended> {
    let keys: [Value; 3] = [tx.operator().into(), id.into(), person_id.into()];
    let found = tx.row(
        "SELECT session_id FROM browser_sessions
          WHERE operator_id = ?1 AND session_id = ?2 AND person_id = ?3",
        &keys,
        |row| row.text(),
    )?;
    let id = found.ok_or_else(|| Error::not_found("session.unknown", id))?;
    end_sessions(tx, Reason::Chosen(&id))
}
