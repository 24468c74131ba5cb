//! The facts an answer stands on, each with its age and where it came from.

use base::kernel::Instant;
use serde::Serialize;

use crate::entitlements::{Grant, Keyring};
use crate::operators::Operator;
use crate::subscribers::{Hold, Household, Person};

use super::question::{Asker, Question, Station, Viewer};
use super::sayings::Saying;

/// A fact, how old it is and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// `operator`, `contract`, `hold`, `person`, `key`, with `building_` before those of a building.
    pub kind: &'static str,
    /// What it is about: `A-001/00`, `A-001/00/002`, a product's code.
    pub of: String,
    /// What it says: a state, a reason.
    pub says: Saying,
    /// Since when, in JST.
    pub since: String,
    /// How many seconds ago that was; 0 when it lies ahead.
    pub age_s: i64,
    /// The file line or call it came from.
    pub cause: String,
}

/// Where a fact comes from.
struct Origin<'o> {
    since: Instant,
    cause: &'o str,
}

/// Facts as they are collected.
struct Facts {
    now: Instant,
    list: Vec<Fact>,
}

/// Everything about the operator, the household and its keys that plays a part in the answer.
pub(super) fn collect(
    station: &Station,
    viewer: Option<&Viewer<'_>>,
    question: &Question<'_>,
    now: Instant,
) -> Vec<Fact> {
    let mut facts = Facts { now, list: Vec::new() };
    facts.operator(&station.operator);
    let Some(viewer) = viewer else { return facts.list };
    let person_no = viewer.asker.person_no();
    let household = viewer.household;
    facts.contract("contract", household);
    facts.holds("hold", household, 0);
    if let Asker::Person(person) = viewer.asker {
        facts.person(household, person);
        facts.holds("hold", household, person_no);
    }
    let opening = station.catalogue.opening(question.resource);
    let leads = |grant: &&Grant| opening.contains(&grant.product);
    facts.keys("key", viewer.keyring, |one| one.serves(person_no) && leads(&one));
    if let Some(building) = viewer.building {
        facts.contract("building_contract", building.household);
        facts.holds("building_hold", building.household, 0);
        facts.keys("building_key", building.keyring, |one| one.person_no == 0 && leads(&one));
    }
    facts.list
}

impl Facts {
    fn add(&mut self, kind: &'static str, of: String, says: Saying, origin: &Origin<'_>) {
        self.list.push(Fact {
            kind,
            of,
            says,
            since: origin.since.rfc3339_jst(),
            age_s: origin.since.seconds_until(self.now),
            cause: origin.cause.to_owned(),
        });
    }

    fn operator(&mut self, operator: &Operator) {
        let cause = format!("version {}", operator.version);
        let origin = Origin { since: operator.created, cause: &cause };
        self.add("operator", operator.code.clone(), Saying::Operator(operator.state), &origin);
    }

    fn contract(&mut self, kind: &'static str, household: &Household) {
        let contract = &household.contract;
        let says = Saying::Contract(household.standing(self.now), contract.adult_allowed);
        let origin = Origin { since: contract.updated, cause: &contract.cause };
        self.add(kind, household.key().label(), says, &origin);
    }

    fn holds(&mut self, kind: &'static str, household: &Household, person_no: i64) {
        let holds: Vec<&Hold> = household.holds_of(person_no).collect();
        for hold in holds {
            let of = label(household, person_no);
            let says = Saying::Hold(hold.source, hold.reason);
            self.add(kind, of, says, &Origin { since: hold.since, cause: &hold.cause });
        }
    }

    fn person(&mut self, household: &Household, person: &Person) {
        let says = Saying::Person {
            role: person.role,
            state: person.state,
            rating: person.max_rating_years,
            adult: person.adult_allowed,
        };
        let origin = Origin { since: person.updated, cause: &person.cause };
        self.add("person", label(household, person.person_no), says, &origin);
    }

    fn keys(&mut self, kind: &'static str, keyring: &Keyring, wanted: impl Fn(&Grant) -> bool) {
        for grant in keyring.grants.iter().filter(|grant| wanted(grant)) {
            let says = Saying::Key {
                state: grant.state_at(self.now),
                from: grant.starts,
                until: grant.over(),
                played: grant.first_play,
            };
            let origin = Origin { since: grant.changed, cause: &grant.cause };
            self.add(kind, grant.product.clone(), says, &origin);
        }
    }
}

fn label(household: &Household, person_no: i64) -> String {
    let label = household.key().label();
    if person_no == 0 { label } else { format!("{label}/{person_no:03}") }
}
