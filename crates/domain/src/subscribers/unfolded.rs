//! Names and telephones that were written before there was a search for them (`docs/decisions/0054`).

use base::kernel::Result;
use base::store::{Tx, Value};

use super::changes::folded;
use super::{fold_name, fold_telephone};

const FOLD_CONTRACT: &str = "UPDATE contracts SET kana_folded = ?4, telephone_folded = ?5
  WHERE operator_id = ?1 AND number = ?2 AND gen = ?3";

const FOLD_PERSON: &str = "UPDATE persons SET kana_folded = ?3
  WHERE operator_id = ?1 AND person_id = ?2";

/// Folds up to `limit` contracts and as many members whose names or telephones nobody folded yet; returns how many. Begins
/// where the last one ended, because only what is left is looked at.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn fold_older(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    Ok(fold_contracts(tx, limit)? + fold_persons(tx, limit)?)
}

fn fold_contracts(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 2] = [tx.operator().into(), limit.into()];
    let operator = tx.operator().to_owned();
    // Locked, so that nobody gives one another name in between. The operator is put so that it leads to no index: the one
    // of what is left is small, and SQLite would take the primary key.
    let rows = tx.rows_locked(
        "SELECT number, gen, kana, telephone FROM contracts
          WHERE operator_id || '' = ?1 AND number >= ''
            AND ((kana IS NOT NULL AND kana_folded IS NULL)
                 OR (telephone IS NOT NULL AND telephone_folded IS NULL))
          ORDER BY number, gen LIMIT ?2",
        &keys,
        |row| {
            let (number, generation) = (row.text()?, row.int()?);
            let (kana, telephone) = (row.text_if_any()?, row.text_if_any()?);
            Ok(vec![
                operator.as_str().into(),
                number.into(),
                generation.into(),
                folded(kana.as_deref(), fold_name),
                folded(telephone.as_deref(), fold_telephone),
            ])
        },
    )?;
    tx.exec_many(FOLD_CONTRACT, &rows)
}

fn fold_persons(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 2] = [tx.operator().into(), limit.into()];
    let operator = tx.operator().to_owned();
    let rows = tx.rows_locked(
        "SELECT person_id, kana FROM persons
          WHERE operator_id || '' = ?1 AND number >= '' AND kana IS NOT NULL AND kana_folded IS NULL
          ORDER BY number, gen, person_no LIMIT ?2",
        &keys,
        |row| {
            let person_id = row.text()?;
            let kana = row.text_if_any()?;
            Ok(vec![operator.as_str().into(), person_id.into(), folded(kana.as_deref(), fold_name)])
        },
    )?;
    tx.exec_many(FOLD_PERSON, &rows)
}
