//! Everything a decision needs to know of one contract number, in all its generations.

use base::kernel::Instant;

use crate::entitlements::Keyring;
use crate::subscribers::{Household, Person, Stored, Unit};

use super::question::{Asker, Building, Guarded};

/// One contract number. Of contracts and persons only what decisions depend on is read: no names,
/// no telephones, no addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aggregate {
    /// Generations with their keys, oldest first.
    pub(super) generations: Vec<(Household, Keyring)>,
    /// When the next scheduled command is due.
    pub(super) coming: Option<Instant>,
    /// What PINs guard, by person; who has none is not in it.
    pub(super) guarded: Vec<(String, Guarded)>,
}

impl Aggregate {
    /// The generation that counts now: the newest that is not void.
    #[must_use]
    pub fn current(&self) -> Option<&(Household, Keyring)> {
        self.generations.iter().rev().find(|(one, _)| one.contract.stored != Stored::Void)
    }

    /// This generation, unless it is void.
    #[must_use]
    pub fn generation(&self, generation: i64) -> Option<&(Household, Keyring)> {
        self.generations.iter().find(|(one, _)| {
            one.contract.generation == generation && one.contract.stored != Stored::Void
        })
    }

    /// The person with this id, with their household.
    pub(super) fn person(&self, person_id: &str) -> Option<(&(Household, Keyring), &Person)> {
        self.generations.iter().rev().find_map(|generation| {
            generation.0.person_by_id(person_id).map(|person| (generation, person))
        })
    }

    /// What the PINs guard of who asks; the owner's count where nobody is signed in.
    pub(super) fn guarded_for(&self, household: &Household, asker: &Asker<'_>) -> Guarded {
        let of = |person: &Person| {
            self.guarded.iter().find(|(id, _)| *id == person.person_id).map(|(_, guarded)| *guarded)
        };
        asker.pin_holder(household).and_then(of).unwrap_or_default()
    }

    /// As what a building's flats share.
    pub(super) fn building(&self) -> Option<Building<'_>> {
        self.current().map(|(household, keyring)| Building { household, keyring })
    }

    /// The buildings the flats of this number belong to: at most one, in practice.
    pub(super) fn parent(&self) -> Option<&str> {
        self.generations.iter().rev().find_map(|(household, _)| parent_of(household))
    }

    /// The number that took the place of this one.
    pub(super) fn replaced_by(&self) -> Option<&str> {
        self.current().and_then(|(household, _)| household.contract.replaced_by.as_deref())
    }

    /// When the next command that is known to come is due, for the household or its building.
    pub(super) fn coming_with(&self, building: Option<&Self>) -> Option<Instant> {
        self.coming.into_iter().chain(building.and_then(|one| one.coming)).min()
    }

    /// Roughly how many bytes it takes, for bounding what is kept.
    pub(super) fn weight(&self) -> u64 {
        let of = |(household, keyring): &(Household, Keyring)| {
            700 + 350 * household.persons.len()
                + 150 * household.holds.len()
                + 250 * keyring.grants.len()
        };
        self.generations.iter().map(of).sum::<usize>() as u64 + 200 + 80 * self.guarded.len() as u64
    }
}

/// The number of the building a flat belongs to.
pub(super) fn parent_of(household: &Household) -> Option<&str> {
    let contract = &household.contract;
    let parent = contract.bulk_parent.as_deref()?;
    (contract.unit == Unit::BulkChild && parent != contract.number).then_some(parent)
}
