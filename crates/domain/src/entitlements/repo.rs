//! The SQL of keyrings: one statement for any number of households.

use std::collections::HashMap;

use base::kernel::{Error, Result};
use base::store::{Row, Tx, Value};

use crate::subscribers::Key;

use super::{Grant, Keyring};

/// The keyrings of the contracts with these numbers; a household without keys is not in it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn load(tx: &mut Tx<'_>, numbers: Vec<String>) -> Result<HashMap<Key, Keyring>> {
    let keys: [Value; 2] = [tx.operator().into(), numbers.into()];
    let rows = tx.rows(
        "SELECT number, gen, grant_no, person_no, product, starts_ms, ends_ms, closed_cause,
                stopped_ms, revoked_ms, first_play_ms, opened_ms, changed_ms, cause
           FROM grants WHERE operator_id = ?1 AND number IN ARRAY(?2)
          ORDER BY number, gen, grant_no",
        &keys,
        |row| {
            let key = Key { number: row.text()?, generation: row.int()? };
            Ok((key, read_grant(row)?))
        },
    )?;
    let mut keyrings: HashMap<Key, Keyring> = HashMap::new();
    for (key, grant) in rows {
        keyrings.entry(key).or_default().grants.push(grant);
    }
    Ok(keyrings)
}

/// How many households hold a key of any of these products that is not over.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_holders(tx: &mut Tx<'_>, products: Vec<String>) -> Result<i64> {
    let keys: [Value; 3] = [tx.operator().into(), products.into(), tx.now().into()];
    // Asked when somebody changes a product, which is seldom: the keys have no order by product.
    let counted = tx.row(
        "SELECT COUNT(*) FROM (SELECT DISTINCT number, gen FROM grants
          WHERE operator_id = ?1 AND product IN ARRAY(?2) AND revoked_ms IS NULL
            AND (ends_ms IS NULL OR ends_ms > ?3)
            AND (stopped_ms IS NULL OR stopped_ms > ?3)) AS holders",
        &keys,
        Row::int,
    )?;
    Ok(counted.unwrap_or(0))
}

fn read_grant(row: &mut Row) -> Result<Grant> {
    Ok(Grant {
        grant_no: row.int()?,
        person_no: row.int()?,
        product: row.text()?,
        starts: row.instant()?,
        ends: row.instant_if_any()?,
        closed_cause: row.text_if_any()?,
        stopped: row.instant_if_any()?,
        revoked: row.instant_if_any()?,
        first_play: row.instant_if_any()?,
        opened: row.instant()?,
        changed: row.instant()?,
        cause: row.text()?,
    })
}

/// Writes what differs between keyrings as loaded and as they are now. The contract's row, locked and
/// version-checked by the household's save, guards them.
///
/// # Errors
/// `store.changed_meanwhile` — a grant is not as it was loaded.
pub fn save(
    tx: &mut Tx<'_>,
    before: &HashMap<Key, Keyring>,
    after: &HashMap<Key, Keyring>,
) -> Result<()> {
    let (mut new, mut changed, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for (key, keyring) in after {
        let old = before.get(key).map(|old| old.grants.as_slice()).unwrap_or_default();
        for grant in &keyring.grants {
            match old.iter().find(|known| known.grant_no == grant.grant_no) {
                None => new.push(grant_row(tx, key, grant)),
                Some(known) if known != grant => changed.push(grant_row(tx, key, grant)),
                Some(_) => {}
            }
        }
        for grant in old {
            if !keyring.grants.iter().any(|kept| kept.grant_no == grant.grant_no) {
                gone.push(grant_row(tx, key, grant).into_iter().take(4).collect::<Vec<_>>());
            }
        }
    }
    tx.exec_many(INSERT_GRANT, &new)?;
    let changed_now = tx.exec_many(UPDATE_GRANT, &changed)?;
    let gone_now = tx.exec_many(DELETE_GRANT, &gone)?;
    if changed_now + gone_now != (changed.len() + gone.len()) as u64 {
        return Err(Error::Conflict { code: "store.changed_meanwhile" });
    }
    Ok(())
}

const INSERT_GRANT: &str = "INSERT INTO grants
    (operator_id, number, gen, grant_no, person_no, product, starts_ms, ends_ms, closed_cause,
     stopped_ms, revoked_ms, first_play_ms, opened_ms, changed_ms, cause)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

const UPDATE_GRANT: &str = "UPDATE grants SET
        person_no = ?5, product = ?6, starts_ms = ?7, ends_ms = ?8, closed_cause = ?9,
        stopped_ms = ?10, revoked_ms = ?11, first_play_ms = ?12, opened_ms = ?13, changed_ms = ?14,
        cause = ?15
  WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND grant_no = ?4";

/// Only a grant whose file was taken back is deleted.
const DELETE_GRANT: &str = "DELETE FROM grants
  WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND grant_no = ?4";

fn grant_row(tx: &Tx<'_>, key: &Key, grant: &Grant) -> Vec<Value> {
    vec![
        tx.operator().into(),
        (&key.number).into(),
        key.generation.into(),
        grant.grant_no.into(),
        grant.person_no.into(),
        (&grant.product).into(),
        grant.starts.into(),
        grant.ends.into(),
        grant.closed_cause.as_deref().into(),
        grant.stopped.into(),
        grant.revoked.into(),
        grant.first_play.into(),
        grant.opened.into(),
        grant.changed.into(),
        (&grant.cause).into(),
    ]
}
