//! The SQL of this room.

use base::kernel::{Instant, Result};
use base::store::{Row, Tx, Value};

use crate::subscribers::Key;

use super::authorizations::{Authorization, Draft};
use super::browsers::BrowserSession;
use super::notices::Told;
use super::proof::Proven;

pub(super) fn insert_session(
    tx: &mut Tx<'_>,
    id: &str,
    person_id: &str,
    (proven, expires): (&Proven, Instant),
) -> Result<()> {
    let row: [Value; 7] = [
        tx.operator().into(),
        id.into(),
        person_id.into(),
        proven.acr().into(),
        proven.amr().into(),
        tx.now().into(),
        expires.into(),
    ];
    tx.change_one(
        "INSERT INTO browser_sessions
            (operator_id, session_id, person_id, acr, amr, auth_ms, seen_ms, expires_ms, access_no)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, COALESCE(
            (SELECT access_no FROM persons WHERE operator_id = ?1 AND person_id = ?3), 0))",
        &row,
    )
}

fn read_member(row: &mut Row) -> Result<(Key, i64)> {
    Ok((Key { number: row.text()?, generation: row.int()? }, row.int()?))
}

pub(super) fn find_session(
    tx: &mut Tx<'_>,
    id: &str,
    idle_since: Instant,
) -> Result<Option<BrowserSession>> {
    let keys: [Value; 4] = [tx.operator().into(), id.into(), tx.now().into(), idle_since.into()];
    tx.row(
        "SELECT p.number, p.gen, p.person_no, s.session_id, s.person_id, s.amr, s.auth_ms, s.seen_ms
           FROM browser_sessions s
           JOIN persons p ON p.operator_id = s.operator_id AND p.person_id = s.person_id
          WHERE s.operator_id = ?1 AND s.session_id = ?2 AND s.ended_ms IS NULL
            AND s.expires_ms > ?3 AND s.seen_ms > ?4 AND s.access_no = p.access_no",
        &keys,
        |row| {
            let (key, person_no) = read_member(row)?;
            Ok(BrowserSession {
                key,
                person_no,
                id: row.text()?,
                person_id: row.text()?,
                proven: Proven::parse(&row.text()?)?,
                auth: row.instant()?,
                seen: row.instant()?,
            })
        },
    )
}

pub(super) fn person_of_session(tx: &mut Tx<'_>, id: &str) -> Result<Option<String>> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    tx.row(
        "SELECT person_id FROM browser_sessions WHERE operator_id = ?1 AND session_id = ?2",
        &keys,
        |row| row.text(),
    )
}

pub(super) fn hold_session(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let alive = tx.rows_locked(
        "SELECT session_id FROM browser_sessions
          WHERE operator_id = ?1 AND session_id = ?2 AND ended_ms IS NULL",
        &keys,
        |row| row.text(),
    )?;
    Ok(!alive.is_empty())
}

pub(super) fn update_seen(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let row: [Value; 3] = [tx.operator().into(), id.into(), tx.now().into()];
    tx.exec(
        "UPDATE browser_sessions SET seen_ms = ?3 WHERE operator_id = ?1 AND session_id = ?2",
        &row,
    )?;
    Ok(())
}

pub(super) fn end_session(tx: &mut Tx<'_>, id: &str) -> Result<u64> {
    let row: [Value; 3] = [tx.operator().into(), id.into(), tx.now().into()];
    tx.exec(
        "UPDATE browser_sessions SET ended_ms = ?3
          WHERE operator_id = ?1 AND session_id = ?2 AND ended_ms IS NULL",
        &row,
    )
}

pub(super) fn end_sessions_of(tx: &mut Tx<'_>, person_id: &str) -> Result<u64> {
    let row: [Value; 3] = [tx.operator().into(), person_id.into(), tx.now().into()];
    tx.exec(
        "UPDATE browser_sessions SET ended_ms = ?3
          WHERE operator_id = ?1 AND person_id = ?2 AND ended_ms IS NULL",
        &row,
    )
}

/// Ends the sessions of a person but for one.
pub(super) fn end_sessions_but(
    tx: &mut Tx<'_>,
    (person_id, session_id): (&str, &str),
) -> Result<u64> {
    let row: [Value; 4] =
        [tx.operator().into(), person_id.into(), tx.now().into(), session_id.into()];
    tx.exec(
        "UPDATE browser_sessions SET ended_ms = ?3
          WHERE operator_id = ?1 AND person_id = ?2 AND session_id <> ?4 AND ended_ms IS NULL",
        &row,
    )
}

/// Takes back what a person gave to clients elsewhere than in a session.
pub(super) fn revoke_given_but(
    tx: &mut Tx<'_>,
    (person_id, session_id): (&str, &str),
    cause: &str,
) -> Result<u64> {
    let row: [Value; 5] =
        [tx.operator().into(), person_id.into(), tx.now().into(), cause.into(), session_id.into()];
    tx.exec(
        "UPDATE authorizations SET revoked_ms = ?3, revoked_cause = ?4
          WHERE operator_id = ?1 AND person_id = ?2 AND session_id <> ?5 AND revoked_ms IS NULL",
        &row,
    )
}

/// Takes back what was given to clients in a session.
pub(super) fn revoke_given_in(tx: &mut Tx<'_>, session_id: &str, cause: &str) -> Result<u64> {
    let row: [Value; 4] = [tx.operator().into(), session_id.into(), tx.now().into(), cause.into()];
    tx.exec(
        "UPDATE authorizations SET revoked_ms = ?3, revoked_cause = ?4
          WHERE operator_id = ?1 AND session_id = ?2 AND revoked_ms IS NULL",
        &row,
    )
}

/// Takes back what a person gave to clients.
pub(super) fn revoke_given_by(tx: &mut Tx<'_>, person_id: &str, cause: &str) -> Result<u64> {
    let row: [Value; 4] = [tx.operator().into(), person_id.into(), tx.now().into(), cause.into()];
    tx.exec(
        "UPDATE authorizations SET revoked_ms = ?3, revoked_cause = ?4
          WHERE operator_id = ?1 AND person_id = ?2 AND revoked_ms IS NULL",
        &row,
    )
}

/// Ends what a person gave one client.
pub(super) fn revoke_given_to(
    tx: &mut Tx<'_>,
    (person_id, client_id): (&str, &str),
    cause: &str,
) -> Result<u64> {
    let row: [Value; 5] =
        [tx.operator().into(), person_id.into(), tx.now().into(), cause.into(), client_id.into()];
    tx.exec(
        "UPDATE authorizations SET revoked_ms = ?3, revoked_cause = ?4
          WHERE operator_id = ?1 AND person_id = ?2 AND client_id = ?5 AND revoked_ms IS NULL",
        &row,
    )
}

fn read_told(row: &mut Row) -> Result<Told> {
    Ok(Told {
        client: row.text()?,
        issuer: row.text()?,
        session: row.text()?,
        person_id: row.text()?,
        sector: row.text()?,
    })
}

/// The clients that redeemed a code of this session, also those whose tokens were taken back since.
pub(super) fn told_in(tx: &mut Tx<'_>, session_id: &str) -> Result<Vec<Told>> {
    let keys: [Value; 2] = [tx.operator().into(), session_id.into()];
    tx.rows(
        "SELECT DISTINCT client_id, issuer, session_id, person_id, sector FROM authorizations
          WHERE operator_id = ?1 AND session_id = ?2 AND turn > 0 ORDER BY client_id, issuer, sector",
        &keys,
        read_told,
    )
}

/// The clients that hold tokens of this person, for each session or device.
pub(super) fn told_by(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Told>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.rows(
        "SELECT DISTINCT client_id, issuer,
                CASE WHEN session_id = '' THEN grant_id ELSE session_id END AS session_name,
                person_id, sector
           FROM authorizations
          WHERE operator_id = ?1 AND person_id = ?2 AND turn > 0 AND revoked_ms IS NULL
          ORDER BY client_id, issuer, session_name, sector",
        &keys,
        read_told,
    )
}

/// The clients that hold tokens of a household: of the member of this number, or (0) of all.
pub(super) fn told_by_household(
    tx: &mut Tx<'_>,
    (key, person_no): (&Key, i64),
) -> Result<Vec<Told>> {
    let (least, most) = if person_no == 0 { (0, i64::MAX) } else { (person_no, person_no) };
    let keys: [Value; 5] = [
        tx.operator().into(),
        (&key.number).into(),
        key.generation.into(),
        least.into(),
        most.into(),
    ];
    tx.rows(
        "SELECT DISTINCT a.client_id, a.issuer,
                CASE WHEN a.session_id = '' THEN a.grant_id ELSE a.session_id END AS session_name,
                a.person_id, a.sector
           FROM persons p
           JOIN authorizations a ON a.operator_id = p.operator_id AND a.person_id = p.person_id
          WHERE p.operator_id = ?1 AND p.number = ?2 AND p.gen = ?3
            AND p.person_no >= ?4 AND p.person_no <= ?5 AND a.turn > 0 AND a.revoked_ms IS NULL
          ORDER BY a.client_id, a.issuer, session_name, a.sector",
        &keys,
        read_told,
    )
}

/// Under the access of its session, not of the person: what was given in a session that has just been
/// ended is over at once. A device has no session.
pub(super) fn insert_authorization(tx: &mut Tx<'_>, id: &str, draft: &Draft<'_>) -> Result<()> {
    let code_expires = tx.now().plus_seconds(draft.seconds);
    let row: [Value; 18] = [
        tx.operator().into(),
        id.into(),
        draft.client_id.into(),
        draft.issuer.into(),
        draft.whose.person_id().into(),
        draft.session_id.into(),
        draft.scope.into(),
        draft.acr.into(),
        draft.amr.into(),
        draft.auth.into(),
        draft.redirect_uri.into(),
        draft.challenge.into(),
        draft.nonce.into(),
        code_expires.into(),
        tx.now().into(),
        draft.sector.into(),
        draft.jkt.into(),
        draft.whose.household().map(|(_, access)| access).into(),
    ];
    tx.change_one(
        "INSERT INTO authorizations
            (operator_id, grant_id, client_id, issuer, person_id, session_id, scope, acr, amr,
             auth_ms, redirect_uri, challenge, nonce, code_expires_ms, turn, turned_ms, expires_ms,
             created_ms, sector, jkt, access_no)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, ?15, ?14, ?15,
                 ?16, ?17, COALESCE(?18, (SELECT access_no FROM browser_sessions
                                      WHERE operator_id = ?1 AND session_id = ?6),
                                    (SELECT access_no FROM persons
                                      WHERE operator_id = ?1 AND person_id = ?5), 0))",
        &row,
    )
}

pub(super) fn find_authorization(tx: &mut Tx<'_>, id: &str) -> Result<Option<Authorization>> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let persons = tx.row(
        "SELECT p.number, p.gen, p.person_no, a.grant_id, a.client_id, a.issuer, a.person_id,
                a.session_id, a.scope, a.acr, a.amr, a.auth_ms, a.redirect_uri, a.challenge,
                a.nonce, a.code_expires_ms, a.turn, a.turned_ms, a.expires_ms,
                CASE WHEN a.access_no = p.access_no THEN a.revoked_ms
                     ELSE COALESCE(a.revoked_ms, a.created_ms) END,
                a.created_ms, a.sector, a.jkt
           FROM authorizations a
           JOIN persons p ON p.operator_id = a.operator_id AND p.person_id = a.person_id
          WHERE a.operator_id = ?1 AND a.grant_id = ?2",
        &keys,
        read_authorization,
    )?;
    match persons {
        Some(found) => Ok(Some(found)),
        None => find_households(tx, &keys),
    }
}

/// That of a device that stands for a household: a row without a person, which the joins of persons pass over.
fn find_households(tx: &mut Tx<'_>, keys: &[Value; 2]) -> Result<Option<Authorization>> {
    tx.row(
        "SELECT c.number, c.gen, 0, a.grant_id, a.client_id, a.issuer, a.person_id,
                a.session_id, a.scope, a.acr, a.amr, a.auth_ms, a.redirect_uri, a.challenge,
                a.nonce, a.code_expires_ms, a.turn, a.turned_ms, a.expires_ms,
                CASE WHEN a.access_no = c.access_no THEN COALESCE(a.revoked_ms, d.removed_ms)
                     ELSE COALESCE(a.revoked_ms, a.created_ms) END,
                a.created_ms, a.sector, a.jkt
           FROM authorizations a
           JOIN devices d ON d.operator_id = a.operator_id AND d.grant_id = a.grant_id
           JOIN contracts c ON c.operator_id = d.operator_id AND c.number = d.number
                           AND c.gen = d.gen
          WHERE a.operator_id = ?1 AND a.grant_id = ?2 AND a.person_id = ''",
        keys,
        read_authorization,
    )
}

fn read_authorization(row: &mut Row) -> Result<Authorization> {
    let (key, person_no) = read_member(row)?;
    Ok(Authorization {
        key,
        person_no,
        id: row.text()?,
        client_id: row.text()?,
        issuer: row.text()?,
        person_id: row.text()?,
        session_id: row.text()?,
        scope: row.text()?,
        acr: row.text()?,
        amr: row.text()?,
        auth: row.instant()?,
        redirect_uri: row.text()?,
        challenge: row.text_if_any()?,
        nonce: row.text_if_any()?,
        code_expires: row.instant()?,
        turn: row.int()?,
        turned: row.instant()?,
        expires: row.instant()?,
        revoked: row.instant_if_any()?,
        created: row.instant()?,
        sector: row.text()?,
        jkt: row.text_if_any()?,
    })
}

/// Brings an authorization to its next turn, bound to the key it names; `false` when somebody else did.
pub(super) fn turn(tx: &mut Tx<'_>, from: &Authorization, expires: Instant) -> Result<bool> {
    let row: [Value; 6] = [
        tx.operator().into(),
        (&from.id).into(),
        from.turn.into(),
        tx.now().into(),
        expires.into(),
        from.jkt.as_deref().into(),
    ];
    let turned = tx.exec(
        "UPDATE authorizations SET turn = turn + 1, turned_ms = ?4, expires_ms = ?5, jkt = ?6
          WHERE operator_id = ?1 AND grant_id = ?2 AND turn = ?3 AND revoked_ms IS NULL",
        &row,
    )?;
    Ok(turned == 1)
}

/// Lets an authorization live longer, unless it has ended or turned meanwhile.
pub(super) fn prolong(tx: &mut Tx<'_>, which: &Authorization, expires: Instant) -> Result<()> {
    let row: [Value; 4] =
        [tx.operator().into(), (&which.id).into(), which.turn.into(), expires.into()];
    tx.exec(
        "UPDATE authorizations SET expires_ms = ?4
          WHERE operator_id = ?1 AND grant_id = ?2 AND turn = ?3 AND revoked_ms IS NULL",
        &row,
    )?;
    Ok(())
}

pub(super) fn revoke(tx: &mut Tx<'_>, id: &str, cause: &str) -> Result<bool> {
    let row: [Value; 4] = [tx.operator().into(), id.into(), tx.now().into(), cause.into()];
    let revoked = tx.exec(
        "UPDATE authorizations SET revoked_ms = ?3, revoked_cause = ?4
          WHERE operator_id = ?1 AND grant_id = ?2 AND revoked_ms IS NULL",
        &row,
    )?;
    Ok(revoked == 1)
}

/// Forgets up to `limit` sessions and as many authorizations, with their devices, of the operator that have been over for
/// a day; returns how many. Until then a code or token that comes back is still recognised.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let before = tx.now().plus_days(-1);
    let keys: [Value; 3] = [tx.operator().into(), before.into(), limit.into()];
    let sessions = tx.exec(
        "DELETE FROM browser_sessions WHERE operator_id = ?1 AND session_id IN
            (SELECT session_id FROM browser_sessions
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )?;
    let over: Vec<String> = tx.rows(
        "SELECT grant_id FROM authorizations
          WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3",
        &keys,
        |row| row.text(),
    )?;
    if over.is_empty() {
        return Ok(sessions);
    }
    let keys: [Value; 2] = [tx.operator().into(), over.into()];
    // A device is nothing without its authorization.
    tx.exec("DELETE FROM devices WHERE operator_id = ?1 AND grant_id IN ARRAY(?2)", &keys)?;
    let authorizations = tx.exec(
        "DELETE FROM authorizations WHERE operator_id = ?1 AND grant_id IN ARRAY(?2)",
        &keys,
    )?;
    Ok(sessions + authorizations)
}
