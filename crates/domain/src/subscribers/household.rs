//! The household: the aggregate every command and decision reads.

use base::kernel::Instant;
use serde::{Deserialize, Serialize};

use super::{Contract, Hold, Person, PersonState, Reason, Source, Standing, Stored};

/// By what a household is found: the station's number and its generation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The station's contract number.
    pub number: String,
    /// Its generation.
    pub generation: i64,
}

impl Key {
    /// `A-001/00`: how the books and events name it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}/{:02}", self.number, self.generation)
    }
}

/// A contract with its holds and persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    /// The contract.
    pub contract: Contract,
    /// Holds in force, of the contract and of persons.
    pub holds: Vec<Hold>,
    /// Members, by `person_no`, also those who are gone.
    pub persons: Vec<Person>,
}

/// The effective state of a person: the first that matches, from the outside in.
///
/// Source: brief tve §5.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonStanding {
    /// The station is out of service.
    OperatorDisabled,
    /// The contract has not begun.
    ContractReserved,
    /// The contract is stopped or gone.
    ContractStopped,
    /// The contract is suspended, for these reasons.
    ContractSuspended(Vec<Reason>),
    /// No such member, or removed.
    PersonStopped,
    /// The member is suspended, for these reasons.
    PersonSuspended(Vec<Reason>),
    /// Locked out after too many wrong passwords.
    Locked,
    /// Not registered yet.
    Invited,
    /// May act.
    Active,
}

/// What other rooms know of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Around {
    /// The station is out of service.
    pub operator_disabled: bool,
    /// No password of theirs is tried now.
    pub locked: bool,
}

impl Household {
    /// Where to find it again.
    #[must_use]
    pub fn key(&self) -> Key {
        Key { number: self.contract.number.clone(), generation: self.contract.generation }
    }

    /// The contract's standing at `now`.
    #[must_use]
    pub fn standing(&self, now: Instant) -> Standing {
        match self.contract.stored {
            Stored::Stopped => Standing::Stopped,
            Stored::Purged | Stored::Void => Standing::Purged,
            Stored::Open if now < self.contract.starts => Standing::Reserved,
            Stored::Open if self.contract_holds().next().is_some() => Standing::Suspended,
            Stored::Open => Standing::Active,
        }
    }

    /// Counts a change: the contract is at `version` from now on, and it and each member who is not as in `was` say when they
    /// changed and by what. An age never stands beside the cause of an earlier change. Who is not in `was` came with both.
    pub fn mark(&mut self, version: i64, was: &[Person], (now, cause): (Instant, &str)) {
        self.contract.version = version;
        self.contract.updated = now;
        cause.clone_into(&mut self.contract.cause);
        for person in &mut self.persons {
            let known = was.iter().find(|one| one.person_id == person.person_id);
            if known.is_some_and(|one| !person.says_the_same(one)) {
                person.updated = now;
                cause.clone_into(&mut person.cause);
            }
        }
    }

    /// Holds of the contract itself.
    pub fn contract_holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds_of(0)
    }

    /// Holds of a person (0: the contract).
    pub fn holds_of(&self, person_no: i64) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(move |hold| hold.person_no == person_no)
    }

    /// The member with this number.
    #[must_use]
    pub fn person(&self, person_no: i64) -> Option<&Person> {
        self.persons.iter().find(|person| person.person_no == person_no)
    }

    /// The member with this id.
    #[must_use]
    pub fn person_by_id(&self, person_id: &str) -> Option<&Person> {
        self.persons.iter().find(|person| person.person_id == person_id)
    }

    /// The owner, if there is one.
    #[must_use]
    pub fn owner(&self) -> Option<&Person> {
        self.persons.iter().find(|p| p.role == super::Role::Owner && !p.is_gone())
    }

    /// The owner, while the household never had one who registered: the only one there ever was, invited, and whose
    /// access nobody ended.
    #[must_use]
    pub fn owner_to_be(&self) -> Option<&Person> {
        let mut owners = self.persons.iter().filter(|one| one.role == super::Role::Owner);
        let only = owners.next().filter(|_| owners.next().is_none())?;
        (only.state == PersonState::Invited && only.access_no == 0).then_some(only)
    }

    /// The effective state of a member at `now`.
    #[must_use]
    pub fn person_standing(&self, person_no: i64, around: Around, now: Instant) -> PersonStanding {
        if around.operator_disabled {
            return PersonStanding::OperatorDisabled;
        }
        match self.standing(now) {
            Standing::Stopped | Standing::Purged => return PersonStanding::ContractStopped,
            Standing::Reserved => return PersonStanding::ContractReserved,
            Standing::Suspended => {
                return PersonStanding::ContractSuspended(reasons(self.contract_holds()));
            }
            Standing::Active => {}
        }
        let Some(person) = self.person(person_no).filter(|person| !person.is_gone()) else {
            return PersonStanding::PersonStopped;
        };
        let own = reasons(self.holds_of(person_no));
        if !own.is_empty() {
            return PersonStanding::PersonSuspended(own);
        }
        match person.state {
            _ if around.locked => PersonStanding::Locked,
            PersonState::Invited => PersonStanding::Invited,
            _ => PersonStanding::Active,
        }
    }

    /// Whether `source` put a hold for `reason` on the person (0: the contract).
    #[must_use]
    pub fn is_held(&self, person_no: i64, source: Source, reason: Reason) -> bool {
        self.holds.iter().any(|hold| hold.is(person_no, source, reason))
    }
}

/// The version of the next change of a number, whose households of all generations these are.
#[must_use]
pub fn next_version(generations: &[Household]) -> i64 {
    generations.iter().map(|one| one.contract.version).max().unwrap_or(0) + 1
}

fn reasons<'h>(holds: impl Iterator<Item = &'h Hold>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = holds.map(|hold| hold.reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}
