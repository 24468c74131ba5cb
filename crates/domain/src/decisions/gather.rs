//! Gathers the facts a question needs: from memory, or from the database in at most three statements.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::store::{Db, Tx};

use crate::catalogue;
use crate::entitlements::Keyring;
use crate::operators;
use crate::subscribers::{Household, versions};

use super::aggregate::{Aggregate, parent_of};
use super::kept::{Aged, Kept, NameRef};
use super::question::{Asker, Station, Viewer};
use super::repo::{self, Place};

/// Whose answer is wanted.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'s> {
    /// A person, by the subject a service knows them under.
    Person {
        /// The subject.
        id: &'s str,
        /// The sector of the service that asks; subjects of other sectors are unknown to it.
        sector: &'s str,
    },
    /// A household, by the subject a service knows it under.
    Household {
        /// The subject.
        id: &'s str,
        /// As above.
        sector: &'s str,
    },
    /// A member, by the station's own numbers.
    Member {
        /// Contract number.
        number: &'s str,
        /// 1 to 999; 0: the household.
        person_no: i64,
    },
}

/// Where facts may be taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// Only what is kept and fresh: never waits.
    Memory,
    /// What is not kept is read.
    Database,
}

/// Who of the household asks.
enum Who {
    Nobody,
    Member(i64),
    Subject(Arc<Place>),
}

/// The facts, kept alive together.
pub(super) struct Gathered {
    pub(super) station: Arc<Aged<Arc<Station>>>,
    household: Option<Arc<Aged<Aggregate>>>,
    building: Option<Arc<Aged<Aggregate>>>,
    who: Who,
}

impl Gathered {
    /// The viewer, unless the subject is unknown.
    pub(super) fn viewer(&self) -> Option<Viewer<'_>> {
        let aggregate = &self.household.as_ref()?.fact;
        let (generation, asker) = match &self.who {
            Who::Nobody => return None,
            Who::Subject(place) => find_asker(aggregate, place)?,
            Who::Member(0) => (aggregate.current()?, Asker::Household),
            Who::Member(person_no) => {
                let current = aggregate.current()?;
                (current, Asker::Person(current.0.person(*person_no)?))
            }
        };
        let (household, keyring) = generation;
        let building = self.building.as_ref().map(|one| &one.fact);
        let coming = aggregate.coming_with(building);
        let building = building.and_then(Aggregate::building);
        let guarded = aggregate.guarded_for(household, &asker);
        Some(Viewer { asker, household, keyring, building, coming, guarded })
    }
}

fn find_asker<'a>(
    aggregate: &'a Aggregate,
    place: &Place,
) -> Option<(&'a (Household, Keyring), Asker<'a>)> {
    if !place.person_id.is_empty() {
        let (generation, person) = aggregate.person(&place.person_id)?;
        return Some((generation, Asker::Person(person)));
    }
    // A household that was given a new number is found under it by its newest generation.
    let own = aggregate.generation(place.generation);
    let own = own.filter(|(one, _)| one.contract.number == place.number);
    Some((own.or_else(|| aggregate.current())?, Asker::Household))
}

/// Reads for one operator.
pub(super) struct Gatherer<'g> {
    pub(super) db: &'g Db,
    pub(super) kept: &'g Kept,
    pub(super) operator: &'g str,
    pub(super) now: Instant,
    pub(super) from: From,
}

/// A household given new numbers again and again is followed this far.
pub(super) const MOST_MOVES: usize = 8;

impl Gatherer<'_> {
    /// Everything about `subject`; `None`: memory does not know enough.
    pub(super) fn gather(&self, subject: &Subject<'_>) -> Result<Option<Gathered>> {
        let Some(station) = self.station()? else { return Ok(None) };
        let mut gathered = Gathered { station, household: None, building: None, who: Who::Nobody };
        match subject {
            Subject::Member { number, person_no } => {
                gathered.who = Who::Member(*person_no);
                gathered.household = self.household(number)?;
            }
            Subject::Person { id, sector } | Subject::Household { id, sector } => {
                let person = matches!(subject, Subject::Person { .. });
                self.follow(id, &mut gathered)?;
                if let Who::Subject(place) = &gathered.who
                    && (place.person_id.is_empty() == person || *place.sector != **sector)
                {
                    gathered.who = Who::Nobody;
                }
            }
        }
        if gathered.household.is_none() {
            // Memory can not tell "unknown" from "not kept".
            return Ok((self.from == From::Database).then_some(gathered));
        }
        let building = gathered.viewer().and_then(|viewer| parent_of(viewer.household));
        if let Some(number) = building.map(str::to_owned) {
            gathered.building = self.building(number)?;
            if gathered.building.is_none() && self.from == From::Memory {
                return Ok(None);
            }
        }
        Ok(Some(gathered))
    }

    /// From a subject to its household, also when it moved to another number since it was kept.
    fn follow(&self, id: &str, gathered: &mut Gathered) -> Result<()> {
        for kept in [true, false] {
            let Some(place) = self.subject(id, kept)? else { return Ok(()) };
            let Some(mut household) = self.household(&place.number)? else { return Ok(()) };
            if place.person_id.is_empty() {
                for _ in 0..MOST_MOVES {
                    let Some(new) = moved_to(&household.fact, &place) else { break };
                    let Some(next) = self.household(new)? else { return Ok(()) };
                    household = next;
                }
            } else if household.fact.person(&place.person_id).is_none() {
                continue;
            }
            gathered.household = Some(household);
            gathered.who = Who::Subject(place);
            return Ok(());
        }
        Ok(())
    }

    /// A building, also when it was given a new number: its flats go on naming the one they know.
    fn building(&self, number: String) -> Result<Option<Arc<Aged<Aggregate>>>> {
        let mut number = number;
        for _ in 0..MOST_MOVES {
            let Some(found) = self.household(&number)? else { return Ok(None) };
            match found.fact.replaced_by() {
                Some(new) => new.clone_into(&mut number),
                None => return Ok(Some(found)),
            }
        }
        self.household(&number)
    }

    /// Where a subject leads. Read again when what is kept turned out to lead nowhere.
    fn subject(&self, id: &str, kept: bool) -> Result<Option<Arc<Place>>> {
        let name = NameRef { operator: self.operator, own: id };
        if kept && let Some(place) = self.kept.subject(name) {
            return Ok(Some(place));
        }
        if self.from == From::Memory {
            return Ok(None);
        }
        let found = self.read(|tx| repo::find_subject(tx, id))?;
        if found.is_none() {
            self.kept.forget_subject(name);
        }
        Ok(found.map(|place| self.kept.keep_subject(name, place)))
    }

    fn household(&self, number: &str) -> Result<Option<Arc<Aged<Aggregate>>>> {
        let name = NameRef { operator: self.operator, own: number };
        let known = self.kept.household(name);
        if let Some(known) = &known
            && (!self.db.is_shared() || known.is_fresh())
        {
            return Ok(Some(Arc::clone(known)));
        }
        if self.from == From::Memory {
            return Ok(None);
        }
        let ticket = self.kept.ticket(name);
        if let Some(known) = known {
            let now = self.read(|tx| versions(tx, vec![number.to_owned()]))?;
            if same_versions(&known.fact, &now) {
                known.checked_at(ticket.asked_ms());
                return Ok(Some(known));
            }
        }
        let found = self.read(|tx| repo::find_aggregate(tx, number))?;
        Ok(found.map(|aggregate| self.kept.keep(name, aggregate, ticket)))
    }

    /// The operator with what it sells.
    pub(super) fn station(&self) -> Result<Option<Arc<Aged<Arc<Station>>>>> {
        let known = self.kept.station(self.operator);
        if let Some(known) = &known
            && (!self.db.is_shared() || known.is_fresh())
        {
            return Ok(Some(Arc::clone(known)));
        }
        if self.from == From::Memory {
            return Ok(None);
        }
        let ticket = self.kept.station_ticket(self.operator);
        let version = known.as_ref().map(|known| known.fact.operator.version);
        let found = self.read(|tx| {
            let operator = operators::operator_if_any(tx)?
                .ok_or_else(|| Error::not_found("operator.unknown", self.operator))?;
            if Some(operator.version) == version {
                return Ok(None);
            }
            Ok(Some(Arc::new(Station { operator, catalogue: catalogue::load(tx)? })))
        });
        match (found, known) {
            (Ok(None), Some(known)) => {
                known.checked_at(ticket.asked_ms());
                Ok(Some(known))
            }
            (Ok(found), _) => {
                Ok(found.map(|found| self.kept.keep_station(self.operator, found, ticket)))
            }
            (Err(error), _) => {
                self.kept.forget_operator(self.operator);
                Err(error)
            }
        }
    }

    fn read<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.db.read(&Scope::new(self.operator, Actor::System, self.now), work)
    }
}

/// The number a household subject's contract was replaced by.
fn moved_to<'a>(aggregate: &'a Aggregate, place: &Place) -> Option<&'a str> {
    let first = aggregate.generation(place.generation);
    let first = first.filter(|(one, _)| one.contract.number == place.number);
    let (household, _) = first.or_else(|| aggregate.current())?;
    household.contract.replaced_by.as_deref()
}

fn same_versions(known: &Aggregate, now: &[(crate::subscribers::Key, i64)]) -> bool {
    known.generations.len() == now.len()
        && now.iter().all(|(key, version)| {
            known.generations.iter().any(|(one, _)| {
                one.contract.generation == key.generation && one.contract.version == *version
            })
        })
}
