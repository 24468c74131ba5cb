//! What the members of a household are to each other: whose the household is, who may see what of whom, who is of age.
//!
//! Source: brief tve §5.3 (roles), §12.5 (privacy in the household), §13.

use base::kernel::{Error, Instant, Result};

use super::lifecycle::STOPPED;
use super::members::{MAJORITY, PERSON_UNKNOWN};
use super::{By, Household, Outcome, Person, PersonState, Role, Standing};

/// What is known of somebody's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Nobody told the birth date.
    Unknown,
    /// Under 18.
    Minor,
    /// 18 or older.
    OfAge,
}

impl Person {
    /// What is known of their age at `now`.
    #[must_use]
    pub fn age(&self, now: Instant) -> Age {
        match self.reaches(MAJORITY) {
            None => Age::Unknown,
            Some(birthday) if now < birthday => Age::Minor,
            Some(_) => Age::OfAge,
        }
    }

    /// Whether the household may become theirs: an adult who has registered, and is not known to be under age.
    #[must_use]
    pub fn may_own(&self, now: Instant) -> bool {
        self.role == Role::Adult && self.state == PersonState::Active && self.age(now) != Age::Minor
    }

    /// Whether this member may see which titles `other` of the same household watched: their own, and the owner those of
    /// a child. Never those of another adult.
    #[must_use]
    pub fn may_see_titles_of(&self, other: &Self) -> bool {
        self.person_id == other.person_id || (self.role == Role::Owner && other.role == Role::Child)
    }
}

impl Household {
    /// Makes the member `to` the owner, and the owner before an adult. Nothing else of either changes.
    ///
    /// # Errors
    /// `contract.stopped`; `person.unknown`; `family.not_adult` — not an adult who has registered
    pub fn hand_over(&mut self, to: i64, by: &By<'_>) -> Result<Outcome> {
        if matches!(self.standing(by.now), Standing::Stopped | Standing::Purged) {
            return Err(Error::refused(STOPPED));
        }
        let next =
            self.person(to).ok_or_else(|| Error::not_found(PERSON_UNKNOWN, to.to_string()))?;
        if !next.may_own(by.now) {
            return Err(Error::refused("family.not_adult"));
        }
        for person in &mut self.persons {
            let role = match person.role {
                _ if person.person_no == to => Role::Owner,
                Role::Owner if !person.is_gone() => Role::Adult,
                _ => continue,
            };
            person.role = role;
        }
        Ok(Outcome::MADE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscribers::{Attributes, Key, Limits, NewPerson, Source};

    fn at(text: &str) -> Instant {
        Instant::parse_compact_jst(text, "at").unwrap()
    }

    fn by(now: Instant) -> By<'static> {
        By { source: Source::Owner, at: now, now, cause: "test" }
    }

    /// An owner, an adult and a child, all registered.
    fn household(now: Instant) -> Household {
        let key = Key { number: "A-001".to_owned(), generation: 0 };
        let mut household =
            Household::start(key, now, &Attributes::default(), "per_1".to_owned(), &by(now));
        let limits = Limits { most: 6, restore_days: 30 };
        for (person_no, role) in [(2, Role::Adult), (3, Role::Child)] {
            let attributes = Attributes { role: Some(role), ..Attributes::default() };
            let person_id = format!("per_{person_no}");
            let fresh = NewPerson { person_no, person_id, attributes: &attributes };
            household.add_person(&fresh, &limits, &by(now)).unwrap();
        }
        for person_no in 1..=3 {
            household.register(person_no, &by(now)).unwrap();
        }
        household
    }

    #[test]
    fn titles_are_seen_by_who_watched_them_and_a_childs_by_the_owner_and_by_nobody_else() {
        let household = household(at("20261120120000"));
        let seen: Vec<(i64, i64)> = household
            .persons
            .iter()
            .flat_map(|one| household.persons.iter().map(move |other| (one, other)))
            .filter(|(one, other)| one.may_see_titles_of(other))
            .map(|(one, other)| (one.person_no, other.person_no))
            .collect();
        assert_eq!(seen, [(1, 1), (1, 3), (2, 2), (3, 3)]);
    }

    #[test]
    fn a_household_is_handed_over_to_a_registered_adult_and_has_one_owner_always() {
        let now = at("20261120120000");
        let mut household = household(now);
        let roles = |household: &Household| -> Vec<Role> {
            household.persons.iter().map(|one| one.role).collect()
        };
        for (to, code) in [(1, "family.not_adult"), (3, "family.not_adult"), (9, PERSON_UNKNOWN)] {
            let before = household.clone();
            assert_eq!(household.hand_over(to, &by(now)).unwrap_err().code(), code, "{to}");
            assert_eq!(household, before);
        }
        household.hand_over(2, &by(now)).unwrap();
        assert_eq!(roles(&household), [Role::Adult, Role::Owner, Role::Child]);
        household.hand_over(1, &by(now)).unwrap();
        assert_eq!(roles(&household), [Role::Owner, Role::Adult, Role::Child]);
        household.reset_person(2).unwrap();
        assert_eq!(household.hand_over(2, &by(now)).unwrap_err().code(), "family.not_adult");
    }

    #[test]
    fn who_is_not_known_to_be_of_age_is_not_of_age_and_a_minor_owns_nothing() {
        let now = at("20261120120000");
        let mut person = household(now).persons.remove(1);
        for (born, age, owns) in [
            (None, Age::Unknown, true),
            (Some("2008-11-20"), Age::OfAge, true),
            (Some("2008-11-21"), Age::Minor, false),
        ] {
            person.birth_on = born.map(str::to_owned);
            assert_eq!((person.age(now), person.may_own(now)), (age, owns), "{born:?}");
        }
    }
}
