//! REPLACE: a contract's number changes (move, change of holder, merger of stations).
//!
//! Persons, settings and holds move to the new number; the old one is stopped and stays as history.
//! Source: brief tve §5.2 REPLACE.

use base::kernel::{Error, Result};
use serde::{Deserialize, Serialize};

use super::{By, Household, Standing, Stored};

/// `contract.replace_target_invalid` — the new number is missing, the same, or taken (E405).
pub const TARGET_INVALID: &str = "contract.replace_target_invalid";

/// Why a contract gets another number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MovedFor {
    /// The household lives elsewhere now (転居).
    Moving,
    /// Another person is its customer now (名義変更・承継).
    NewHolder,
    /// Contracts or stations were brought together (統合).
    Merger,
    /// Something else.
    Other,
}

impl MovedFor {
    /// All, in the order they are offered in.
    pub const ALL: [Self; 4] = [Self::Moving, Self::NewHolder, Self::Merger, Self::Other];

    /// The word in audit and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Moving => "MOVING",
            Self::NewHolder => "NEW_HOLDER",
            Self::Merger => "MERGER",
            Self::Other => "OTHER",
        }
    }

    /// Reads [`MovedFor::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// Whether a contract that stands so can get another number.
#[must_use]
pub const fn is_movable(standing: Standing) -> bool {
    matches!(standing, Standing::Active | Standing::Suspended)
}

/// Moves `old` to `new_number`, whose generation `free` is the one to take; `None`: the number is in use.
/// Returns the household under its new number; `old` is left stopped and without members.
///
/// # Errors
/// `contract.replace_target_invalid`; also when the old contract is reserved, stopped or gone.
pub fn replace(
    old: &mut Household,
    new_number: &str,
    free: Option<i64>,
    by: &By<'_>,
) -> Result<Household> {
    if !is_movable(old.standing(by.now))
        || new_number.is_empty()
        || new_number == old.contract.number
    {
        return Err(Error::refused(TARGET_INVALID));
    }
    let generation = free.ok_or_else(|| Error::refused(TARGET_INVALID))?;
    let mut new = old.clone();
    new_number.clone_into(&mut new.contract.number);
    new.contract.generation = generation;
    new.contract.version = 0;
    new.contract.created = by.now;
    new.contract.starts = new.contract.starts.min(by.at);
    old.contract.stored = Stored::Stopped;
    old.contract.stopped = Some(by.at);
    old.contract.stop_recorded = Some(by.now);
    old.contract.stop_cause = Some("REPLACED".to_owned());
    old.contract.replaced_by = Some(new_number.to_owned());
    old.persons.clear();
    old.holds.retain(|hold| hold.person_no == 0);
    Ok(new)
}
