//! What goes along when a contract gets another number, and what speaks against it: shown before it is done.
//!
//! Source: brief tve §11.1 (REPLACE wizard with preview of what moves).

use base::kernel::{Error, Result};
use base::records::jobs;
use base::store::Tx;

use crate::operators;
use crate::sessions;
use crate::subscribers::{self, Standing, is_movable};

use super::bus::JOB;
use super::workbench::Workbench;
use super::{Command, Op};

/// What goes to the new number, beside members and keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moving {
    /// Set-top boxes.
    pub boxes: usize,
    /// Holds on the contract and on its members.
    pub holds: usize,
    /// Browsers and devices the members are signed in with: they stay so.
    pub signed_in: i64,
    /// Commands that wait for their day under the old number: they stay behind.
    pub waiting: usize,
    /// Why it can not be.
    pub refusal: Option<Unmovable>,
}

/// Why a contract can not get a number, each with what the clerk has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmovable {
    /// It is the number it has.
    Same,
    /// The contract itself stands so.
    Old(Standing),
    /// Somebody has the number, or had it and is not erased yet.
    Taken(Standing),
}

/// What `command` would take along; none: it changes no number.
///
/// # Errors
/// `contract.unknown`; `unavailable` when the database fails.
pub(super) fn moving(tx: &mut Tx<'_>, command: &Command) -> Result<Option<Moving>> {
    let (Op::Replace, Some(target)) = (command.op, &command.new_number) else { return Ok(None) };
    let policies = tx.operator_fact(operators::find_operator)?.policies.clone();
    let bench = Workbench::load_whole(tx, &[command])?;
    let whole = bench.key(&command.number, command.generation).and_then(|key| bench.get(&key));
    let whole =
        whole.ok_or_else(|| Error::not_found(subscribers::UNKNOWN, command.number.clone()))?;
    let persons = whole.household.persons.iter().map(|person| person.person_id.clone()).collect();
    let signed_in = sessions::count_signed_in(tx, persons, &policies)?;
    let now = tx.now();
    let standing = whole.household.standing(now);
    let taken = bench.newest(target).filter(|_| bench.free_generation(target).is_none());
    let refusal = match taken {
        _ if *target == command.number => Some(Unmovable::Same),
        _ if !is_movable(standing) => Some(Unmovable::Old(standing)),
        Some(whole) => Some(Unmovable::Taken(whole.household.standing(now))),
        None => None,
    };
    Ok(Some(Moving {
        boxes: whole.boxes.iter().flatten().count(),
        holds: whole.household.holds.len(),
        signed_in,
        waiting: jobs::waiting(tx, (JOB, &command.number))?.len(),
        refusal,
    }))
}
