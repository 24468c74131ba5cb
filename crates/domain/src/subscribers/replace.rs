//! REPLACE: a contract's number changes (move, change of holder, merger of stations).
//!
//! Persons, settings and holds move to the new number; the old one is stopped and stays as history.
//! Source: brief tve §5.2 REPLACE.

use base::kernel::{Error, Result};

use super::{By, Household, Standing, Stored};

/// `contract.replace_target_invalid` — the new number is missing, the same, or taken (E405).
pub const TARGET_INVALID: &str = "contract.replace_target_invalid";

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
    let movable = matches!(old.standing(by.now), Standing::Active | Standing::Suspended);
    if !movable || new_number.is_empty() || new_number == old.contract.number {
        return Err(Error::refused(TARGET_INVALID));
    }
    let generation = free.ok_or_else(|| Error::refused(TARGET_INVALID))?;
    let mut new = old.clone();
    new_number.clone_into(&mut new.contract.number);
    new.contract.generation = generation;
    new.contract.version = 0;
    new.contract.created = by.now;
    new.contract.starts = new.contract.starts.min(by.at);
    by.cause.clone_into(&mut new.contract.cause);
    old.contract.stored = Stored::Stopped;
    old.contract.stopped = Some(by.at);
    old.contract.stop_recorded = Some(by.now);
    old.contract.stop_cause = Some("REPLACED".to_owned());
    old.contract.replaced_by = Some(new_number.to_owned());
    by.cause.clone_into(&mut old.contract.cause);
    old.persons.clear();
    old.holds.retain(|hold| hold.person_no == 0);
    Ok(new)
}
