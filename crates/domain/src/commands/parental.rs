//! What the owner of a household sets for its members: ratings, who is a child, and what is for adults.
//!
//! What protects is done at once; what opens asks for a young proof, and waits after a recovery. A rating is never raised
//! beside another change. Source: brief tve §5.3, §13; `docs/decisions/0052`.

use base::kernel::{Change, Error, Result};
use base::store::Tx;

use crate::credentials::{self, Fresh};
use crate::operators;
use crate::subscribers::{Age, Attributes, Contract, PersonState, Role};

use super::Op;
use super::own::Own;

/// From here on a rating forbids, and not only advises.
const FORBIDS: i64 = 15;
/// For adults.
const ADULT_YEARS: i64 = 18;

/// A switch for adult titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdultTitles {
    /// Allowed, as far as the other switches go.
    Allowed,
    /// Not.
    Off,
}

impl AdultTitles {
    fn attributes(self) -> Attributes {
        Attributes { adult_allowed: Some(self == Self::Allowed), ..Attributes::default() }
    }
}

/// What the owner of a household sees of its switch for adult titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HouseholdAdult {
    /// Nothing: the station sells none.
    NotSold,
    /// It is on.
    Allowed,
    /// It is off, and the owner may switch it on.
    Off,
    /// It is off until the station has checked the owner's age.
    NotVerified,
}

/// The switch of the household whose owner the person is.
///
/// # Errors
/// `family.owner_only`; `contract.stopped`
pub fn household_adult_of(tx: &mut Tx<'_>, person_id: &str) -> Result<HouseholdAdult> {
    let contract = credentials::owned(tx, person_id)?.contract;
    adult_of(tx, &contract)
}

/// The switch of a household.
pub(super) fn adult_of(tx: &mut Tx<'_>, contract: &Contract) -> Result<HouseholdAdult> {
    let sold = tx.operator_fact(operators::find_operator)?.policies.adult_sold;
    Ok(match contract {
        _ if !sold => HouseholdAdult::NotSold,
        Contract { adult_allowed: true, .. } => HouseholdAdult::Allowed,
        Contract { age_verified_by: Some(_), .. } => HouseholdAdult::Off,
        Contract { .. } => HouseholdAdult::NotVerified,
    })
}

/// Sets the highest rating a member may watch, in years. A lower one needs no proof.
///
/// # Errors
/// - `family.owner_only`; `person.unknown`, `person.stopped`; `person.suspended`; `contract.stopped`
/// - `rating.unknown` — not 0, 12, 15 or 18
/// - for a higher one: `proof.too_old`, `recovery.waits`; `family.under_age` — R18+ for a child, or a rating above the
///   age that is known
pub fn set_member_rating(
    tx: &mut Tx<'_>,
    fresh: &Fresh<'_>,
    (person_no, years): (i64, i64),
) -> Result<Change> {
    let own = Own::lock_as_owner(tx, fresh)?;
    let member = own.member(person_no)?;
    if years > member.max_rating_years {
        fresh.check_settled(tx)?;
        let too_young = i16::try_from(years).ok().and_then(|years| member.reaches(years));
        let too_young = years >= FORBIDS && too_young.is_some_and(|birthday| tx.now() < birthday);
        if too_young || (years >= ADULT_YEARS && member.role == Role::Child) {
            return Err(Error::refused("family.under_age"));
        }
    }
    let mut command = own.command(tx, Op::Attr, person_no);
    command.attributes.max_rating_years = Some(years);
    own.give(tx, &command)
}

/// Switches adult titles for a member: the owner for anybody, an adult for themselves. Off needs no proof.
///
/// # Errors
/// - `family.owner_only`; `person.unknown`, `person.stopped`; `person.suspended`; `contract.stopped`
/// - for on: `proof.too_old`, `recovery.waits`; `family.adult_not_sold`; `family.child` — never for a child;
///   `family.age_unknown`, `family.under_age` — not known to be 18
pub fn switch_member_adult(
    tx: &mut Tx<'_>,
    fresh: &Fresh<'_>,
    (person_no, wanted): (i64, AdultTitles),
) -> Result<Change> {
    let own = Own::lock(tx, fresh)?;
    let themselves = own.me()?.person_no == person_no && own.me()?.role == Role::Adult;
    if !own.is_owner() && !themselves {
        return Err(Error::Forbidden { code: "family.owner_only" });
    }
    let member = own.member(person_no)?;
    if wanted == AdultTitles::Allowed {
        fresh.check_settled(tx)?;
        check_sold(tx)?;
        if member.role == Role::Child {
            return Err(Error::refused("family.child"));
        }
        of_age(member.age(tx.now()))?;
    }
    let mut command = own.command(tx, Op::Attr, person_no);
    command.attributes = wanted.attributes();
    own.give(tx, &command)
}

/// Switches adult titles for the household, and for its owner with it. Off needs no proof.
///
/// # Errors
/// - `family.owner_only`; `person.suspended`; `contract.stopped`
/// - for on: `proof.too_old`, `recovery.waits`; `family.adult_not_sold`; `family.age_not_verified` — the station has not
///   checked the owner's age; `family.age_unknown`, `family.under_age` — of the owner
pub fn switch_household_adult(
    tx: &mut Tx<'_>,
    fresh: &Fresh<'_>,
    wanted: AdultTitles,
) -> Result<Change> {
    let own = Own::lock_as_owner(tx, fresh)?;
    if wanted == AdultTitles::Allowed {
        fresh.check_settled(tx)?;
        check_sold(tx)?;
        if own.household.contract.age_verified_by.is_none() {
            return Err(Error::refused("family.age_not_verified"));
        }
        of_age(own.me()?.age(tx.now()))?;
    }
    let mut command = own.command(tx, Op::Attr, 0);
    command.attributes = wanted.attributes();
    own.give(tx, &command)
}

/// Makes a member a child, or an adult. Ratings stay as they are; a child's switch for adult titles is off.
///
/// An adult who has registered becomes a child only when their birth date says so: what a child watches the owner sees.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`; `family.owner_only`; `family.not_owner`; `person.unknown`, `person.stopped`;
///   `person.suspended`; `contract.stopped`; `person.role_unknown` — an owner is made by a transfer
/// - `family.under_age` — an adult is 18; `family.of_age` — an adult stays one
pub fn set_member_role(
    tx: &mut Tx<'_>,
    fresh: &Fresh<'_>,
    (person_no, role): (i64, Role),
) -> Result<Change> {
    fresh.check_settled(tx)?;
    let own = Own::lock_as_owner(tx, fresh)?;
    let member = own.other(person_no)?;
    if member.role == role {
        return Ok(Change::Already);
    }
    let age = member.age(tx.now());
    let mut command = own.command(tx, Op::Attr, person_no);
    match role {
        Role::Owner => return Err(Error::invalid("person.role_unknown", "role")),
        Role::Adult if age == Age::Minor => return Err(Error::refused("family.under_age")),
        Role::Adult => {}
        Role::Child if age == Age::OfAge => return Err(Error::refused("family.of_age")),
        Role::Child if member.state == PersonState::Active && age == Age::Unknown => {
            return Err(Error::refused("family.of_age"));
        }
        Role::Child => command.attributes.adult_allowed = Some(false),
    }
    command.attributes.role = Some(role);
    own.give(tx, &command)
}

fn check_sold(tx: &mut Tx<'_>) -> Result<()> {
    let sold = tx.operator_fact(operators::find_operator)?.policies.adult_sold;
    if sold { Ok(()) } else { Err(Error::refused("family.adult_not_sold")) }
}

fn of_age(age: Age) -> Result<()> {
    match age {
        Age::OfAge => Ok(()),
        Age::Minor => Err(Error::refused("family.under_age")),
        Age::Unknown => Err(Error::refused("family.age_unknown")),
    }
}
