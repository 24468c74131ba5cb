//! Members who were issued a number and have not registered: whom a station may want to remind.

use base::kernel::{Error, Instant, Result};
use base::store::{Row, Tx, Value};

use super::{Key, Role};

/// A member who has not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unregistered {
    /// The contract.
    pub key: Key,
    /// The number within it.
    pub person_no: i64,
    /// The name in kana, where the SMS told it.
    pub kana: Option<String>,
    /// What they are in the household.
    pub role: Role,
    /// Since when they could.
    pub since: Instant,
}

/// How many members of open contracts have not registered; counting ends at `most`.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_unregistered(tx: &mut Tx<'_>, most: i64) -> Result<i64> {
    let keys: [Value; 2] = [tx.operator().into(), most.into()];
    tx.row(
        "SELECT COUNT(*) FROM (
             SELECT 1 FROM persons p
               JOIN contracts c ON c.operator_id = p.operator_id AND c.number = p.number AND c.gen = p.gen
              WHERE p.operator_id = ?1 AND p.state = 'INVITED' AND c.state = 'OPEN' LIMIT ?2) AS first",
        &keys,
        Row::int,
    )?
    .ok_or_else(|| Error::internal("COUNT answered no row"))
}

/// The first `limit` of them behind a member, by contract and number.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_unregistered(
    tx: &mut Tx<'_>,
    (number, generation, person_no): (&str, i64, i64),
    limit: i64,
) -> Result<Vec<Unregistered>> {
    let keys: [Value; 5] =
        [tx.operator().into(), number.into(), generation.into(), person_no.into(), limit.into()];
    tx.rows(
        "SELECT p.number, p.gen, p.person_no, p.kana, p.role, p.created_ms FROM persons p
           JOIN contracts c ON c.operator_id = p.operator_id AND c.number = p.number AND c.gen = p.gen
          WHERE p.operator_id = ?1 AND p.state = 'INVITED' AND c.state = 'OPEN'
            AND (p.number, p.gen, p.person_no) > (?2, ?3, ?4)
          ORDER BY p.number, p.gen, p.person_no LIMIT ?5",
        &keys,
        |row| {
            let key = Key { number: row.text()?, generation: row.int()? };
            let (person_no, kana) = (row.int()?, row.text_if_any()?);
            let role = Role::parse(&row.text()?)?;
            Ok(Unregistered { key, person_no, kana, role, since: row.instant()? })
        },
    )
}
