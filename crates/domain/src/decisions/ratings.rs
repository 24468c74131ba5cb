//! Ratings and the adult matrix: D13 and D14.
//!
//! One ladder in years: G 0, PG12 12 (advice), R15+ 15, R18+ 18. A setting is never raised by age;
//! but from 15 on the age itself forbids too, where it is known: such films may not be seen even
//! in company. Source: brief tve §13.

use crate::subscribers::{Person, Role};

use super::findings::{AdultSwitch, Finding};
use super::horizon::Horizon;
use super::question::{Asker, Question, Station, Viewer};

/// Of age, and so allowed what is rated R18+ and what is for adults.
const MAJORITY: i64 = 18;
/// Up to here a rating is advice to parents, whatever the age.
const ADVICE: i64 = 12;

/// What the resource asks for, by everything that is known of it.
struct Asked {
    years: i64,
    adult: bool,
}

/// Adds what ratings object to.
pub(super) fn check(
    station: &Station,
    viewer: &Viewer<'_>,
    question: &Question<'_>,
    horizon: &mut Horizon,
    findings: &mut Vec<Finding>,
) {
    let asked = asked(station, question);
    if asked.adult {
        let off = switches_off(station, viewer, horizon);
        if !off.is_empty() {
            findings.push(Finding::AdultNotAllowed { off });
        }
    }
    let (allows, by_age) = allowed(viewer, &asked, horizon);
    if asked.years > allows {
        findings.push(Finding::RatedAbove { asks: asked.years, allows, by_age });
    }
}

/// The strictest of what the operator's products and the caller say; the operator's policy where
/// nobody says anything.
fn asked(station: &Station, question: &Question<'_>) -> Asked {
    let (mut years, mut adult) = (question.least_age, question.adult);
    for product in station.catalogue.naming(question.resource) {
        years = years.max(product.rating_years);
        adult |= product.adult;
    }
    let years = years.unwrap_or(station.operator.policies.nr_rating_years);
    Asked { years: if adult { years.max(MAJORITY) } else { years }, adult }
}

/// The age the resource asks for, in years.
pub(super) fn years(station: &Station, question: &Question<'_>) -> i64 {
    asked(station, question).years
}

fn switches_off(station: &Station, viewer: &Viewer<'_>, horizon: &mut Horizon) -> Vec<AdultSwitch> {
    let mut off = Vec::new();
    if !station.operator.policies.adult_sold {
        off.push(AdultSwitch::Operator);
    }
    if !viewer.household.contract.adult_allowed {
        off.push(AdultSwitch::Household);
    }
    match viewer.asker {
        Asker::Household => off.push(AdultSwitch::Nobody),
        Asker::Person(person) => {
            if person.role == Role::Child {
                off.push(AdultSwitch::Child);
            } else if too_young(person, MAJORITY, horizon) {
                off.push(AdultSwitch::Age);
            }
            if !person.adult_allowed {
                off.push(AdultSwitch::Person);
            }
        }
    }
    off
}

/// The highest rating that may be watched, and whether the age says so.
fn allowed(viewer: &Viewer<'_>, asked: &Asked, horizon: &mut Horizon) -> (i64, bool) {
    match viewer.asker {
        // Nobody is known to be of age in front of a set-top box.
        Asker::Household => (MAJORITY - 1, false),
        Asker::Person(person) if asked.years > person.max_rating_years => {
            (person.max_rating_years, false)
        }
        Asker::Person(person)
            if asked.years > ADVICE && too_young(person, asked.years, horizon) =>
        {
            (asked.years - 1, true)
        }
        Asker::Person(_) => (asked.years, false),
    }
}

/// Whether the person is known to be younger than `years`; notes the birthday that ends it.
fn too_young(person: &Person, years: i64, horizon: &mut Horizon) -> bool {
    let birthday = i16::try_from(years).ok().and_then(|years| person.reaches(years));
    let Some(birthday) = birthday else { return false };
    horizon.note(birthday);
    horizon.now < birthday
}
