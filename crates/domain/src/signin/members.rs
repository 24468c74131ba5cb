//! The one guard: may this person be signed in, and what services are told about them.

use base::kernel::{Error, Instant, Result};
use base::store::Tx;

use crate::operators::{self, Operator};
use crate::sessions::Authorization;
use crate::subscribers::{
    self, Household, Key, Load, PERSON_STOPPED, PERSON_UNKNOWN, PersonState, Reason, Role, STOPPED,
    SUSPENDED, Standing,
};

/// Of age.
const MAJORITY: i16 = 18;

/// A person who may be signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub person_id: String,
    /// Their household.
    pub key: Key,
    /// Since when the household has this number.
    pub numbered: Instant,
    /// Owner, adult or child.
    pub role: Role,
    /// The highest rating they may watch, in years.
    pub max_rating_years: i64,
    /// Whether station, household and person all allow adult titles and no age forbids them, as a
    /// decision would find (D13; brief tve §13).
    pub adult: bool,
}

impl Member {
    /// Whether the household got its number after `authorization` was given: its client knows it by the
    /// earlier one.
    pub(super) fn has_new_number(&self, authorization: &Authorization) -> bool {
        self.numbered > authorization.created
    }
}

/// The member `person_no` of `key`, if they may be signed in. Three statements.
///
/// Who may not watch may still sign in: a household that has not paid sees why, and every decision
/// says no. Only fraud and death shut the door.
///
/// # Errors
/// The first that matches, from the outside in (brief tve §5.3): `operator.disabled`,
/// `contract.stopped`, `contract.suspended`, `person.stopped`, `person.suspended`,
/// `person.not_registered`; `person.unknown`.
pub(super) fn find_member(tx: &mut Tx<'_>, (key, person_no): (&Key, i64)) -> Result<Member> {
    let operator = tx.operator_fact(operators::find_operator)?;
    if !operator.enabled() {
        return Err(Error::refused("operator.disabled"));
    }
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let household = loaded
        .iter()
        .find(|one| one.key() == *key)
        .ok_or_else(|| Error::not_found(PERSON_UNKNOWN, key.label()))?;
    admit(&operator, household, (person_no, tx.now()))
}

/// The household `key`, if a device may stand for all of it: only in full use, whatever else it is held for. Two
/// statements.
///
/// # Errors
/// The first that matches: `operator.disabled`, `contract.stopped`, `home.not_active`.
pub(super) fn find_household(tx: &mut Tx<'_>, key: &Key) -> Result<Household> {
    let operator = tx.operator_fact(operators::find_operator)?;
    if !operator.enabled() {
        return Err(Error::refused("operator.disabled"));
    }
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let found = loaded.into_iter().find(|one| one.key() == *key);
    let household = found.ok_or_else(|| Error::refused(STOPPED))?;
    match household.standing(tx.now()) {
        Standing::Active => Ok(household),
        Standing::Suspended | Standing::Reserved => Err(Error::refused("home.not_active")),
        Standing::Stopped | Standing::Purged => Err(Error::refused(STOPPED)),
    }
}

/// The guard itself, pure.
pub(super) fn admit(
    operator: &Operator,
    household: &Household,
    (person_no, now): (i64, Instant),
) -> Result<Member> {
    admit_household(household, now)?;
    let person = household
        .person(person_no)
        .filter(|person| !person.is_gone())
        .ok_or_else(|| Error::refused(PERSON_STOPPED))?;
    if household.holds_of(person_no).next().is_some() {
        return Err(Error::refused(SUSPENDED));
    }
    if person.state == PersonState::Invited {
        return Err(Error::refused("person.not_registered"));
    }
    let adult = operator.policies.adult_sold
        && household.contract.adult_allowed
        && person.adult_allowed
        && person.role != Role::Child
        && person.reaches(MAJORITY).is_none_or(|birthday| birthday <= now);
    Ok(Member {
        person_id: person.person_id.clone(),
        key: household.key(),
        numbered: household.contract.created,
        role: person.role,
        max_rating_years: person.max_rating_years,
        adult,
    })
}

/// The guard's first part: whether anybody of the household may be signed in.
pub(super) fn admit_household(household: &Household, now: Instant) -> Result<()> {
    match household.standing(now) {
        Standing::Stopped | Standing::Purged => Err(Error::refused(STOPPED)),
        Standing::Suspended if shuts_door(household) => Err(Error::refused("contract.suspended")),
        Standing::Suspended | Standing::Reserved | Standing::Active => Ok(()),
    }
}

fn shuts_door(household: &Household) -> bool {
    household.contract_holds().any(|hold| matches!(hold.reason, Reason::Fraud | Reason::Deceased))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscribers::{Attributes, By, Source};

    #[test]
    fn who_is_known_to_be_under_age_is_told_to_no_service_as_an_adult() {
        let now = Instant::parse_compact_jst("20261120120000", "now").unwrap();
        let by = By { source: Source::System, at: now, now, cause: "test" };
        let allowed = Attributes { adult_allowed: Some(true), ..Attributes::default() };
        let key = Key { number: "A-001".to_owned(), generation: 0 };
        let mut household = Household::start(key, now, &allowed, "per_1".to_owned(), &by);
        household.register(1, &by).unwrap();
        household.contract.adult_allowed = true;
        let policies = operators::Policies { adult_sold: true, ..operators::Policies::default() };
        let operator = Operator {
            code: "KITA01".to_owned(),
            name_ja: "北浜ケーブル".to_owned(),
            name_en: "Kitahama Cable".to_owned(),
            state: operators::OperatorState::Enabled,
            time_zone: "Asia/Tokyo".to_owned(),
            policies,
            version: 1,
            created: now,
            trial: false,
            look: Default::default(),
        };
        for (born, adult) in [
            (None, true),
            (Some("2008-11-20"), true),
            (Some("2008-11-21"), false),
            (Some("1980-05-05"), true),
        ] {
            for person in &mut household.persons {
                person.adult_allowed = true;
                person.birth_on = born.map(str::to_owned);
            }
            let member = admit(&operator, &household, (1, now)).unwrap();
            assert_eq!(member.adult, adult, "{born:?}");
        }
    }
}
