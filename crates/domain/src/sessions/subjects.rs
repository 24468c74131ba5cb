//! Pairwise names of persons and households, kept so that a service's question can be led back.
//!
//! Source: OpenID Connect Core §8.1; brief tve §2, §8.1.

use base::kernel::Result;
use base::store::{Tx, Value};

use crate::signing::Handles;
use crate::subscribers::Key;

/// How a sector knows a person and their household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    /// `sub`
    pub person: String,
    /// `household`
    pub household: String,
}

impl Subjects {
    /// The names of a member of `key` in `sector`.
    #[must_use]
    pub fn of(
        handles: &Handles,
        operator: &str,
        sector: &str,
        (person, key): (&str, &Key),
    ) -> Self {
        Self {
            person: handles.pairwise(operator, sector, &format!("person:{person}")),
            household: handles.pairwise(operator, sector, &format!("household:{}", key.label())),
        }
    }
}

/// Keeps both names, unless they are known. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_subjects(
    tx: &mut Tx<'_>,
    subjects: &Subjects,
    sector: &str,
    (person_id, key): (&str, &Key),
) -> Result<()> {
    let row: [Value; 8] = [
        tx.operator().into(),
        (&subjects.person).into(),
        (&subjects.household).into(),
        sector.into(),
        person_id.into(),
        (&key.number).into(),
        key.generation.into(),
        tx.now().into(),
    ];
    tx.exec(
        "INSERT INTO subjects
            (operator_id, subject, sector, kind, person_id, number, gen, created_ms)
         VALUES (?1, ?2, ?4, 'PERSON', ?5, ?6, ?7, ?8), (?1, ?3, ?4, 'HOUSEHOLD', '', ?6, ?7, ?8)
         ON CONFLICT (operator_id, subject) DO NOTHING",
        &row,
    )?;
    Ok(())
}
