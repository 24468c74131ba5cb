//! The persons' verbs: add, register, suspend, resume, stop.
//!
//! Source: brief tve §5.3, cell by cell.

use base::kernel::{Error, Result};

use super::lifecycle::{CANNOT_RESUME, NOT_PURGEABLE, STOPPED};
use super::{
    Attributes, By, Household, Outcome, Person, PersonState, Reason, Role, Source, Standing, note,
};

/// `person.unknown` — no such member in this contract (E302).
pub const PERSON_UNKNOWN: &str = "person.unknown";
/// `person.too_many` — the contract has its greatest number of members (E410).
pub const TOO_MANY: &str = "person.too_many";
/// `person.sole_owner` — the only owner can not be removed: transfer first (E412).
pub const SOLE_OWNER: &str = "person.sole_owner";
/// `person.suspended` — a suspended member can not register (E413).
pub const SUSPENDED: &str = "person.suspended";
/// `person.stopped` — removed, and too long ago to be restored (E414).
pub const PERSON_STOPPED: &str = "person.stopped";
/// `person.number_used` — the number was another member's: the SMS takes a number nobody had (E414).
pub const NUMBER_USED: &str = "person.number_used";
/// Age of majority in years (Civil Code art. 4, since April 2022).
pub const MAJORITY: i16 = 18;

impl Household {
    fn member_mut(&mut self, person_no: i64) -> Result<&mut Person> {
        self.persons
            .iter_mut()
            .find(|person| person.person_no == person_no)
            .ok_or_else(|| Error::not_found(PERSON_UNKNOWN, format!("{person_no:03}")))
    }

    fn refuse_when_stopped(&self, by: &By<'_>) -> Result<()> {
        match self.standing(by.now) {
            Standing::Stopped | Standing::Purged => Err(Error::refused(STOPPED)),
            Standing::Reserved | Standing::Active | Standing::Suspended => Ok(()),
        }
    }

    /// Adds a member, invites again, or restores one removed not more than `restore_days` ago.
    ///
    /// # Errors
    /// `contract.stopped`; `person.too_many` — `most` members are there; `person.stopped` —
    /// removed too long ago; `person.number_used` — an SMS restores nobody: who knows whether it
    /// means the member who was removed, or another one under a number used again?
    pub fn add_person(
        &mut self,
        fresh: &NewPerson<'_>,
        limits: &Limits,
        by: &By<'_>,
    ) -> Result<Outcome> {
        self.refuse_when_stopped(by)?;
        let present = self.persons.iter().filter(|person| !person.is_gone()).count();
        let full = i64::try_from(present).unwrap_or(i64::MAX) >= limits.most;
        let Some(person) = self.persons.iter_mut().find(|p| p.person_no == fresh.person_no) else {
            if full {
                return Err(Error::refused(TOO_MANY));
            }
            self.persons.push(fresh.person(by));
            self.persons.sort_by_key(|person| person.person_no);
            return Ok(Outcome::MADE);
        };
        match person.state {
            PersonState::Invited => {
                person.take(fresh.attributes);
                // Invited once more, though nothing else may be new.
                (person.updated, person.cause) = (by.now, by.cause.to_owned());
                Ok(Outcome::made(note::REISSUED))
            }
            PersonState::Active => {
                if !person.take(fresh.attributes) {
                    return Ok(Outcome::already(note::SAME));
                }
                Ok(Outcome::made(note::ATTRIBUTES))
            }
            PersonState::Stopped if full => Err(Error::refused(TOO_MANY)),
            PersonState::Stopped => person.restore(limits.restore_days, by),
            PersonState::Purged if by.source == Source::Sms => Err(Error::refused(NUMBER_USED)),
            PersonState::Purged => Err(Error::refused(PERSON_STOPPED)),
        }
    }

    /// The member has proven to be themselves and has a credential now.
    ///
    /// # Errors
    /// `person.unknown`; `contract.stopped`; `person.suspended`; `person.stopped`.
    pub fn register(&mut self, person_no: i64, by: &By<'_>) -> Result<Outcome> {
        self.refuse_when_stopped(by)?;
        let held = self.holds_of(person_no).next().is_some();
        let person = self.member_mut(person_no)?;
        match person.state {
            PersonState::Stopped | PersonState::Purged => Err(Error::refused(PERSON_STOPPED)),
            PersonState::Active => Ok(Outcome::already(note::REGISTERED)),
            PersonState::Invited if held => Err(Error::refused(SUSPENDED)),
            PersonState::Invited => {
                person.state = PersonState::Active;
                Ok(Outcome::MADE)
            }
        }
    }

    /// Puts a hold of `by.source` on a member.
    ///
    /// # Errors
    /// `person.unknown`.
    pub fn suspend_person(
        &mut self,
        person_no: i64,
        reason: Reason,
        reference: Option<String>,
        by: &By<'_>,
    ) -> Result<Outcome> {
        if self.member_mut(person_no)?.is_gone() {
            return Ok(Outcome::already(note::STOPPED_ALREADY));
        }
        Ok(self.hold(person_no, reason, reference, by))
    }

    /// Lifts the holds of `by.source` from a member, all or those for `reason`.
    ///
    /// # Errors
    /// `person.unknown`; `contract.cannot_resume_stopped`.
    pub fn resume_person(
        &mut self,
        person_no: i64,
        reason: Option<Reason>,
        by: &By<'_>,
    ) -> Result<Outcome> {
        if self.member_mut(person_no)?.is_gone() {
            return Err(Error::refused(CANNOT_RESUME));
        }
        Ok(self.lift(person_no, reason, by))
    }

    /// Removes a member.
    ///
    /// # Errors
    /// `person.unknown`; `person.sole_owner` while the contract is not stopped.
    pub fn stop_person(&mut self, person_no: i64, by: &By<'_>) -> Result<Outcome> {
        let stopped = matches!(self.standing(by.now), Standing::Stopped | Standing::Purged);
        let person = self.member_mut(person_no)?;
        if person.is_gone() {
            return Ok(Outcome::already(note::CLOSED_ALREADY));
        }
        if person.role == Role::Owner && !stopped {
            return Err(Error::refused(SOLE_OWNER));
        }
        person.stopped_from = Some(person.state);
        person.state = PersonState::Stopped;
        person.stopped = Some(by.at);
        person.stop_recorded = Some(by.now);
        Ok(Outcome::MADE)
    }

    /// Erases what is known of a member who was removed.
    ///
    /// # Errors
    /// `person.unknown`; `contract.not_purgeable` — not removed.
    pub fn purge_person(&mut self, person_no: i64) -> Result<Outcome> {
        let person = self.member_mut(person_no)?;
        match person.state {
            PersonState::Stopped => {}
            PersonState::Purged => return Ok(Outcome::already(note::CLOSED_ALREADY)),
            PersonState::Invited | PersonState::Active => {
                return Err(Error::refused(NOT_PURGEABLE));
            }
        }
        person.forget();
        for hold in self.holds.iter_mut().filter(|hold| hold.person_no == person_no) {
            hold.reference = None;
        }
        Ok(Outcome::MADE)
    }

    /// Takes the member's password away: they register again with a new letter.
    ///
    /// # Errors
    /// `person.unknown`; `person.stopped`.
    pub fn reset_person(&mut self, person_no: i64) -> Result<Outcome> {
        let person = self.member_mut(person_no)?;
        match person.state {
            PersonState::Stopped | PersonState::Purged => Err(Error::refused(PERSON_STOPPED)),
            PersonState::Invited => Ok(Outcome::made(note::REISSUED)),
            PersonState::Active => {
                person.state = PersonState::Invited;
                Ok(Outcome::MADE)
            }
        }
    }

    /// Changes attributes of a member.
    ///
    /// # Errors
    /// `person.unknown`; `person.stopped`.
    pub fn change_person(&mut self, person_no: i64, wanted: &Attributes) -> Result<Outcome> {
        let person = self.member_mut(person_no)?;
        if person.is_gone() {
            return Err(Error::refused(PERSON_STOPPED));
        }
        if person.take(wanted) { Ok(Outcome::MADE) } else { Ok(Outcome::already(note::SAME)) }
    }
}

/// A member to be added.
#[derive(Debug, Clone)]
pub struct NewPerson<'p> {
    /// 1 to 999, the station's.
    pub person_no: i64,
    /// The house's id for them.
    pub person_id: String,
    /// What is known of them.
    pub attributes: &'p Attributes,
}

/// The operator's limits on members.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most members of a contract, the owner included.
    pub most: i64,
    /// Days within which a removed member may come back.
    pub restore_days: i64,
}

impl Person {
    /// Brings a removed member back as they were.
    fn restore(&mut self, days: i64, by: &By<'_>) -> Result<Outcome> {
        if by.source == Source::Sms {
            return Err(Error::refused(NUMBER_USED));
        }
        if self.stop_recorded.is_none_or(|recorded| by.now > recorded.plus_days(days)) {
            return Err(Error::refused(PERSON_STOPPED));
        }
        self.state = self.stopped_from.take().unwrap_or(PersonState::Invited);
        self.stopped = None;
        self.stop_recorded = None;
        Ok(Outcome::MADE)
    }
}

impl NewPerson<'_> {
    fn person(&self, by: &By<'_>) -> Person {
        let mut fresh =
            Person::invited(self.person_no, self.person_id.clone(), Role::Adult, by.now);
        fresh.birth_on.clone_from(&self.attributes.birth_on);
        let minor = fresh.birthday().is_some_and(|day| day.age_at(by.now) < MAJORITY);
        let role = match self.attributes.role {
            Some(Role::Child) => Role::Child,
            None if minor => Role::Child,
            Some(Role::Owner | Role::Adult) | None => Role::Adult,
        };
        let mut person = Person::invited(self.person_no, fresh.person_id, role, by.now);
        person.take(self.attributes);
        person.cause = by.cause.to_owned();
        person
    }
}
