//! What a child was let watch, for the owner of the household.
//!
//! Only what was asked while they were a child: a line of the log says so when it is written, so that nothing of an adult
//! is ever shown, whoever is made a child later. The child's own page tells them. Source: brief tve §12.5;
//! `docs/decisions/0052`.

use base::kernel::{Error, Instant, Result};
use base::store::{Tx, Value};

use crate::catalogue;
use crate::subscribers::{self, Load, PERSON_UNKNOWN};

/// Titles shown at most, the latest first.
const SHOWN: i64 = 50;

/// A title a child was let watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedTitle {
    /// As services name it: `title:T0001`.
    pub resource: String,
    /// The product that names it, if there is one: in Japanese and in English.
    pub product: Option<(String, String)>,
    /// The last time.
    pub last: Instant,
}

/// What the child `person_no` was let watch in the last 90 days, for the owner of their household, or for the child.
///
/// # Errors
/// `person.unknown` — not of the household of `person_id`, or of no household; `family.private` — somebody else's, who is
/// an adult or asks for one
pub fn watched_by_child(
    tx: &mut Tx<'_>,
    (person_id, person_no): (&str, i64),
) -> Result<Vec<WatchedTitle>> {
    let unknown = || Error::not_found(PERSON_UNKNOWN, person_no.to_string());
    let (key, me) = subscribers::key_of_person(tx, person_id)?.ok_or_else(unknown)?;
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let household = loaded.into_iter().find(|one| one.key() == key).ok_or_else(unknown)?;
    let present = |person_no| household.person(person_no).filter(|one| !one.is_gone());
    let (viewer, child) =
        (present(me).ok_or_else(unknown)?, present(person_no).ok_or_else(unknown)?);
    if !viewer.may_see_titles_of(child) {
        return Err(Error::Forbidden { code: "family.private" });
    }
    // Not what somebody else watched who had the number before.
    let keys: [Value; 6] = [
        tx.operator().into(),
        key.number.as_str().into(),
        key.generation.into(),
        person_no.into(),
        SHOWN.into(),
        child.created.into(),
    ];
    let seen = tx.rows(
        "SELECT resource, MAX(at_ms) AS last_ms FROM decision_log
          WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND person_no = ?4 AND person_no > 0
            AND at_ms >= ?6 AND of_child = 1 AND permit = 1 AND action = 'view'
          GROUP BY resource ORDER BY last_ms DESC, resource LIMIT ?5",
        &keys,
        |row| Ok((row.text()?, row.instant()?)),
    )?;
    let book = tx.operator_fact(catalogue::load)?;
    let title = |(resource, last): (String, Instant)| {
        let product = book.naming(&resource).next();
        let product = product.map(|one| (one.name_ja.clone(), one.name_en.clone()));
        WatchedTitle { resource, product, last }
    };
    Ok(seen.into_iter().map(title).collect())
}
