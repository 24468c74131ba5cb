//! Pairwise names of persons and households, kept so that a service's question can be led back.
//!
//! Source: OpenID Connect Core §8.1; brief tve §2, §8.1.

use base::kernel::Result;
use base::store::{Tx, Value};
use serde_json::{Map, Value as Json};

use crate::signing::Handles;
use crate::subscribers::Key;

/// How a sector knows a person and their household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    /// `sub`; where nobody of a household is meant, its own name
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

impl Subjects {
    /// The name of a whole household in `sector`, and of nobody of it.
    #[must_use]
    pub fn of_household(handles: &Handles, operator: &str, sector: &str, key: &Key) -> Self {
        let Self { household, .. } = Self::of(handles, operator, sector, ("", key));
        Self { person: household.clone(), household }
    }
}

/// How a client knows a browser session (`sid`): under another name than every other client, as a person
/// has another at every sector.
#[must_use]
pub fn session_name(
    handles: &Handles,
    (operator, client_id): (&str, &str),
    session_id: &str,
) -> String {
    handles.pairwise(operator, &format!("sid:{client_id}"), session_id)
}

/// The payload of an event as a receiver of `sector` is told it: persons and households by the
/// sector's own names, if it has one. The house's id of a person never leaves. `None`: the payload
/// is none of ours.
#[must_use]
pub fn told_to(
    sector: Option<&str>,
    (handles, operator): (&Handles, &str),
    payload: &str,
) -> Option<Json> {
    let mut data: Map<String, Json> = serde_json::from_str(payload).ok()?;
    let person = data.remove("person_id").and_then(|id| id.as_str().map(str::to_owned));
    let number = data.get("contract").and_then(Json::as_str).map(str::to_owned);
    let generation = data.get("generation").and_then(Json::as_i64);
    if let (Some(sector), Some(number), Some(generation)) = (sector, number, generation) {
        let key = Key { number, generation };
        let whose = (person.as_deref().unwrap_or_default(), &key);
        let names = Subjects::of(handles, operator, sector, whose);
        data.insert("household".to_owned(), names.household.into());
        if person.is_some() {
            data.insert("sub".to_owned(), names.person.into());
        }
    }
    Some(Json::Object(data))
}

/// Keeps the name of a household alone, unless it is known. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_household(tx: &mut Tx<'_>, (subject, sector): (&str, &str), key: &Key) -> Result<()> {
    let row: [Value; 6] = [
        tx.operator().into(),
        subject.into(),
        sector.into(),
        (&key.number).into(),
        key.generation.into(),
        tx.now().into(),
    ];
    tx.exec(
        "INSERT INTO subjects
            (operator_id, subject, sector, kind, person_id, number, gen, created_ms)
         VALUES (?1, ?2, ?3, 'HOUSEHOLD', '', ?4, ?5, ?6)
         ON CONFLICT (operator_id, subject) DO NOTHING",
        &row,
    )?;
    Ok(())
}

/// Which household `sector` knows as `subject`.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_household(tx: &mut Tx<'_>, (subject, sector): (&str, &str)) -> Result<Option<Key>> {
    let keys: [Value; 3] = [tx.operator().into(), subject.into(), sector.into()];
    tx.row(
        "SELECT number, gen FROM subjects
          WHERE operator_id = ?1 AND subject = ?2 AND sector = ?3 AND kind = 'HOUSEHOLD'",
        &keys,
        |row| Ok(Key { number: row.text()?, generation: row.int()? }),
    )
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
