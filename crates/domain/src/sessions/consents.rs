//! Consent (同意): what a person allowed a service, remembered until they take it back.
//!
//! Asked once for each service and anew when it wants more. A service that belongs to what the household
//! bought ([`crate::clients::Profile::first_party`]) is not asked about. What stood on the page is kept with
//! the answer and in the audit. Source: OpenID Connect Core §3.1.2.4; `docs/decisions/0028`.

use std::collections::BTreeSet;

use base::kernel::{Change, Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use crate::clients::Client;

use super::ends::{Reason, end_sessions};

/// What a person allowed a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Where the client stands: an operator's code or `*`.
    pub client_operator: String,
    /// The client.
    pub client_id: String,
    /// What it may have, separated by spaces.
    pub scopes: String,
    /// What stood on the page.
    pub shown: String,
    /// When it was allowed last.
    pub given: Instant,
}

/// What a person allows a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// It belongs to the house, and is asked about never.
    Everything,
    /// These scopes, separated by spaces; `None`: nothing.
    Scopes(Option<String>),
}

impl Allowed {
    /// Whether it is all of `scopes`.
    #[must_use]
    pub fn covers(&self, scopes: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Scopes(allowed) => covers(allowed.as_deref(), scopes),
        }
    }
}

/// What this person allows `client` now. At most one statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_allowed(tx: &mut Tx<'_>, person_id: &str, client: &Client) -> Result<Allowed> {
    if client.terms.profile.first_party {
        return Ok(Allowed::Everything);
    }
    tx.row(ALLOWED, &keys(tx, (person_id, client)), |row| row.text()).map(Allowed::Scopes)
}

/// Whether `client` may have `scopes` of this person, as [`find_allowed`] says, and nothing of it is withdrawn before this transaction is: what is given in it is given
/// before a withdrawal, which then finds it, or not at all.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn hold_allowed(
    tx: &mut Tx<'_>,
    person_id: &str,
    client: &Client,
    scopes: &str,
) -> Result<bool> {
    if client.terms.profile.first_party {
        return Ok(true);
    }
    Ok(covers(find_held(tx, (person_id, client))?.as_deref(), scopes))
}

/// The scopes a person allows a client now.
const ALLOWED: &str = "SELECT scopes FROM consents
      WHERE operator_id = ?1 AND person_id = ?2 AND client_operator = ?3 AND client_id = ?4
        AND withdrawn_ms IS NULL";

fn keys(tx: &Tx<'_>, (person_id, client): (&str, &Client)) -> [Value; 4] {
    [tx.operator().into(), person_id.into(), (&client.operator).into(), (&client.id).into()]
}

fn find_held(tx: &mut Tx<'_>, whose: (&str, &Client)) -> Result<Option<String>> {
    let keys = keys(tx, whose);
    Ok(tx.rows_locked(ALLOWED, &keys, |row| row.text())?.into_iter().next())
}

fn covers(allowed: Option<&str>, scopes: &str) -> bool {
    allowed.is_some_and(|allowed| set(scopes).is_subset(&set(allowed)))
}

fn set(scopes: &str) -> BTreeSet<&str> {
    scopes.split(' ').filter(|one| !one.is_empty()).collect()
}

/// The person allows `client` these `scopes`, beside those they allow it already. `shown`: what stood on the
/// page. Two statements and an audit line.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn give_consent(
    tx: &mut Tx<'_>,
    (person_id, client): (&str, &Client),
    (scopes, shown): (&str, &str),
) -> Result<()> {
    let before = find_held(tx, (person_id, client))?.unwrap_or_default();
    let all: Vec<&str> = set(&before).union(&set(scopes)).copied().collect();
    let row: [Value; 7] = [
        tx.operator().into(),
        person_id.into(),
        (&client.operator).into(),
        (&client.id).into(),
        all.join(" ").into(),
        shown.into(),
        tx.now().into(),
    ];
    tx.exec(
        "INSERT INTO consents
            (operator_id, person_id, client_operator, client_id, scopes, shown, given_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (operator_id, person_id, client_operator, client_id) DO UPDATE SET
            scopes = excluded.scopes, shown = excluded.shown, given_ms = excluded.given_ms,
            withdrawn_ms = NULL",
        &row,
    )?;
    tx.touch(Some(person_id));
    let detail = json!({"client": client.id, "scope": scopes, "shown": shown});
    record(tx, &Entry::new("consent.given", person_id).detail(detail))
}

/// Writes down that the person did not allow it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn refuse_consent(
    tx: &mut Tx<'_>,
    (person_id, client): (&str, &Client),
    scopes: &str,
) -> Result<()> {
    let detail = json!({"client": client.id, "scope": scopes});
    record(tx, &Entry::new("consent.refused", person_id).detail(detail))
}

/// Up to `limit` consents of a person, by client after `after` (client and where it stands).
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_consents(
    tx: &mut Tx<'_>,
    person_id: &str,
    ((client_id, client_operator), limit): ((&str, &str), i64),
) -> Result<Vec<Consent>> {
    let keys: [Value; 5] = [
        tx.operator().into(),
        person_id.into(),
        client_id.into(),
        client_operator.into(),
        limit.into(),
    ];
    tx.rows(
        "SELECT client_operator, client_id, scopes, shown, given_ms FROM consents
          WHERE operator_id = ?1 AND person_id = ?2 AND withdrawn_ms IS NULL
            AND (client_id > ?3 OR (client_id = ?3 AND client_operator > ?4))
          ORDER BY client_id, client_operator LIMIT ?5",
        &keys,
        |row| {
            Ok(Consent {
                client_operator: row.text()?,
                client_id: row.text()?,
                scopes: row.text()?,
                shown: row.text()?,
                given: row.instant()?,
            })
        },
    )
}

/// The person takes back what they allowed a client: every authorization it has of them ends at once, on
/// televisions too, and it is told so. Asked again afterwards, nothing changes.
///
/// # Errors
/// `consent.unknown` — never given
pub fn withdraw_consent(
    tx: &mut Tx<'_>,
    person_id: &str,
    (client_operator, client_id): (&str, &str),
) -> Result<Change> {
    let row: [Value; 5] = [
        tx.operator().into(),
        person_id.into(),
        client_operator.into(),
        client_id.into(),
        tx.now().into(),
    ];
    let withdrawn = tx.exec(
        "UPDATE consents SET withdrawn_ms = ?5
          WHERE operator_id = ?1 AND person_id = ?2 AND client_operator = ?3 AND client_id = ?4
            AND withdrawn_ms IS NULL",
        &row,
    )?;
    if withdrawn == 0 {
        return was_given(tx, &row).map(|()| Change::Already);
    }
    tx.touch(Some(person_id));
    let detail = json!({"client": client_id});
    record(tx, &Entry::new("consent.withdrawn", person_id).detail(detail))?;
    end_sessions(tx, Reason::ConsentWithdrawn(person_id, client_id))?;
    Ok(Change::Made)
}

fn was_given(tx: &mut Tx<'_>, row: &[Value; 5]) -> Result<()> {
    let [operator, person, client_operator, client, _] = row.clone();
    let found = tx.row(
        "SELECT given_ms FROM consents
          WHERE operator_id = ?1 AND person_id = ?2 AND client_operator = ?3 AND client_id = ?4",
        &[operator, person, client_operator, client],
        |row| row.instant(),
    )?;
    found.map(drop).ok_or_else(|| Error::not_found("consent.unknown", ""))
}

/// Forgets what persons allowed: purge. The caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_consents(tx: &mut Tx<'_>, person_ids: Vec<String>) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), person_ids.into()];
    tx.exec("DELETE FROM consents WHERE operator_id = ?1 AND person_id IN ARRAY(?2)", &keys)?;
    Ok(())
}
