//! The contract's verbs: start, suspend, resume, stop, take a stop back, change attributes.
//!
//! Pure: they refuse before they change anything, and change only the aggregate. Source: brief
//! tve §5.2, cell by cell; numbers of codes in §7.5.

use base::kernel::{Error, Instant, Result};

use super::contracts::Unit;
use super::{
    Attributes, By, Contract, Hold, HomeSignIn, Household, Key, Outcome, Person, Reason, Role,
    Standing, Stored, note,
};

/// `contract.unknown` — no such contract in this operator (E301).
pub const UNKNOWN: &str = "contract.unknown";
/// `contract.number_stopped` — this number was stopped: start it with the next generation (E406).
pub const NUMBER_STOPPED: &str = "contract.number_stopped";
/// `contract.cannot_resume_stopped` — a stopped contract or person does not come back (E407).
pub const CANNOT_RESUME: &str = "contract.cannot_resume_stopped";
/// `contract.nothing_to_cancel` — not stopped, too long ago, or the number went on (E404).
pub const NOTHING_TO_CANCEL: &str = "contract.nothing_to_cancel";
/// `contract.stopped` — nothing can be added to a stopped contract (E411).
pub const STOPPED: &str = "contract.stopped";

/// `contract.not_purgeable` — only what was stopped is erased.
pub const NOT_PURGEABLE: &str = "contract.not_purgeable";

impl Household {
    /// A contract that starts at `starts`, with its owner invited as person 1.
    #[must_use]
    pub fn start(
        key: Key,
        starts: Instant,
        wanted: &Attributes,
        owner_id: String,
        by: &By<'_>,
    ) -> Self {
        let mut contract = Contract {
            number: key.number,
            generation: key.generation,
            stored: Stored::Open,
            version: 0,
            unit: Unit::House,
            bulk_parent: None,
            starts,
            stopped: None,
            stop_recorded: None,
            stop_cause: None,
            replaced_by: None,
            kana: None,
            telephone: None,
            postal_code: None,
            age_verified_by: None,
            adult_allowed: false,
            credit_rank: None,
            note: None,
            cause: by.cause.to_owned(),
            created: by.now,
            updated: by.now,
            has_boxes: false,
            home_off: false,
            home_wish: HomeSignIn::Allowed,
            access_no: 0,
        };
        contract.take(wanted);
        let mut owner = Person::invited(1, owner_id, Role::Owner, by.now);
        owner.take(wanted);
        by.cause.clone_into(&mut owner.cause);
        Self { contract, holds: Vec::new(), persons: vec![owner] }
    }

    /// A start of a contract that is there: attributes and a reserved date are updated (a start without
    /// a date is one now), a suspension is not lifted.
    ///
    /// # Errors
    /// `contract.number_stopped` — stopped or purged: a return is a new generation.
    pub fn start_again(
        &mut self,
        starts: Instant,
        wanted: &Attributes,
        by: &By<'_>,
    ) -> Result<Outcome> {
        match self.standing(by.now) {
            Standing::Stopped | Standing::Purged => return Err(Error::refused(NUMBER_STOPPED)),
            Standing::Reserved if starts != self.contract.starts => {
                self.contract.starts = starts;
                self.take_attributes(wanted);
                return Ok(Outcome::MADE);
            }
            Standing::Reserved | Standing::Active | Standing::Suspended => {}
        }
        if self.take_attributes(wanted) {
            Ok(Outcome::made(note::ATTRIBUTES))
        } else {
            Ok(Outcome::already(note::SAME))
        }
    }

    /// Changes attributes of the contract and its owner.
    ///
    /// # Errors
    /// `contract.stopped` — a stopped contract is history.
    pub fn change_attributes(&mut self, wanted: &Attributes, by: &By<'_>) -> Result<Outcome> {
        if matches!(self.standing(by.now), Standing::Stopped | Standing::Purged) {
            return Err(Error::refused(STOPPED));
        }
        if self.take_attributes(wanted) {
            Ok(Outcome::MADE)
        } else {
            Ok(Outcome::already(note::SAME))
        }
    }

    fn take_attributes(&mut self, wanted: &Attributes) -> bool {
        let mut changed = self.contract.take(wanted);
        if let Some(owner) = self.persons.iter_mut().find(|p| p.role == Role::Owner && !p.is_gone())
            && owner.take(wanted)
        {
            changed = true;
        }
        changed
    }

    /// Puts a hold of `by.source` on the contract.
    ///
    /// # Errors
    /// None: a stopped contract answers with a note.
    pub fn suspend(
        &mut self,
        reason: Reason,
        reference: Option<String>,
        by: &By<'_>,
    ) -> Result<Outcome> {
        if matches!(self.standing(by.now), Standing::Stopped | Standing::Purged) {
            return Ok(Outcome::already(note::STOPPED_ALREADY));
        }
        Ok(self.hold(0, reason, reference, by))
    }

    /// Adds a hold unless the same source holds for the same reason already.
    pub(super) fn hold(
        &mut self,
        person_no: i64,
        reason: Reason,
        reference: Option<String>,
        by: &By<'_>,
    ) -> Outcome {
        if self.is_held(person_no, by.source, reason) {
            return Outcome::already(note::HOLD_EXISTS);
        }
        self.holds.push(Hold {
            person_no,
            source: by.source,
            reason,
            since: by.at,
            reference,
            cause: by.cause.to_owned(),
        });
        Outcome::MADE
    }

    /// Lifts the holds of `by.source` from the contract, all or those for `reason`.
    ///
    /// # Errors
    /// `contract.cannot_resume_stopped`.
    pub fn resume(&mut self, reason: Option<Reason>, by: &By<'_>) -> Result<Outcome> {
        if matches!(self.standing(by.now), Standing::Stopped | Standing::Purged) {
            return Err(Error::refused(CANNOT_RESUME));
        }
        Ok(self.lift(0, reason, by))
    }

    /// Lifts what `by.source` holds; says when others remain.
    pub(super) fn lift(&mut self, person_no: i64, reason: Option<Reason>, by: &By<'_>) -> Outcome {
        let before = self.holds.len();
        let any = self.holds_of(person_no).next().is_some();
        self.holds.retain(|hold| {
            hold.person_no != person_no
                || hold.source != by.source
                || reason.is_some_and(|only| only != hold.reason)
        });
        let lifted = self.holds.len() < before;
        match (lifted, self.holds_of(person_no).next().is_some()) {
            (true, false) => Outcome::MADE,
            (true, true) => Outcome::made(note::HOLDS_REMAIN),
            (false, _) if any => Outcome::already(note::HOLDS_REMAIN),
            (false, _) => Outcome::already(note::NOT_SUSPENDED),
        }
    }

    /// Stops the contract. Holds stay, so that a stop taken back restores the same picture.
    ///
    /// # Errors
    /// None: a stopped contract answers with a note.
    pub fn stop(&mut self, by: &By<'_>) -> Result<Outcome> {
        if matches!(self.standing(by.now), Standing::Stopped | Standing::Purged) {
            return Ok(Outcome::already(note::CLOSED_ALREADY));
        }
        self.contract.stored = Stored::Stopped;
        self.contract.stopped = Some(by.at);
        self.contract.stop_recorded = Some(by.now);
        self.contract.stop_cause = Some(by.source.as_str().to_owned());
        Ok(Outcome::MADE)
    }

    /// Takes a stop back: state and holds are as before it. Returns the outcome; the keys that
    /// ended with the contract come back in their own room.
    ///
    /// # Errors
    /// `contract.nothing_to_cancel` — not stopped, replaced, or the stop was written down more than
    /// `days` ago.
    pub fn stop_cancel(&mut self, days: i64, by: &By<'_>) -> Result<Outcome> {
        let refuse = || Error::refused(NOTHING_TO_CANCEL);
        let recorded = self.contract.stop_recorded.ok_or_else(refuse)?;
        if self.contract.stored != Stored::Stopped
            || self.contract.replaced_by.is_some()
            || by.now > recorded.plus_days(days)
        {
            return Err(refuse());
        }
        self.contract.stored = Stored::Open;
        self.contract.stopped = None;
        self.contract.stop_recorded = None;
        self.contract.stop_cause = None;
        Ok(Outcome::MADE)
    }

    /// Erases the personal data of a contract stopped long ago; number, dates and books stay.
    ///
    /// # Errors
    /// `contract.not_purgeable` — not stopped.
    pub fn purge(&mut self) -> Result<Outcome> {
        match self.contract.stored {
            Stored::Stopped => {}
            Stored::Purged => return Ok(Outcome::already(note::CLOSED_ALREADY)),
            Stored::Open | Stored::Void => return Err(Error::refused(NOT_PURGEABLE)),
        }
        self.contract.stored = Stored::Purged;
        self.contract.forget();
        for person in &mut self.persons {
            person.forget();
        }
        for hold in &mut self.holds {
            hold.reference = None;
        }
        Ok(Outcome::MADE)
    }

    /// Makes a start undone: as if the contract never was. The version goes on, because receivers
    /// ignore versions they have seen.
    pub fn void(&mut self) {
        self.contract.stored = Stored::Void;
        self.contract.forget();
        self.persons.clear();
        self.holds.clear();
    }
}
