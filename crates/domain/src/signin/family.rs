//! The family of a signed-in person: the owner of the household sees who belongs to it, invites, and has the
//! switch for its boxes.

use base::kernel::{Actor, Change, Instant, Result, Scope};

use crate::credentials::{self, HomeSwitch, Invitation, LetterCheck, Relative};
use crate::subscribers::HomeSignIn;

use super::continuing::SignedIn;
use super::journeys::Journeys;
use super::no_password::stands;
use super::registration::REFUSED;
use super::requests::{OwnPage, Purpose, Step, Visit};

impl Journeys {
    /// The members of the household whose owner is signed in.
    ///
    /// # Errors
    /// `family.owner_only` — somebody else is; `contract.stopped`
    pub fn family_of(&self, who: &SignedIn, now: Instant) -> Result<Vec<Relative>> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.read(&scope, |tx| credentials::family_of(tx, &person_id))
    }

    /// The switch for the boxes of the household whose owner is signed in.
    ///
    /// # Errors
    /// `family.owner_only`; `contract.stopped`
    pub fn home_switch_of(&self, who: &SignedIn, now: Instant) -> Result<HomeSwitch> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.read(&scope, |tx| credentials::home_switch_of(tx, &person_id))
    }

    /// Sets it.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `family.owner_only`; `contract.stopped`; `home.off`, `home.station_off`; those
    /// of the guard
    pub fn switch_own_home(
        &self,
        who: &SignedIn,
        wanted: HomeSignIn,
        now: Instant,
    ) -> Result<Change> {
        self.change_own(who, now, move |tx, _, fresh| {
            credentials::switch_own_home(tx, fresh, wanted)
        })
    }

    /// Makes an invitation for a member who has not registered; shown once.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `family.owner_only`; `family.registered`; `contract.stopped`; `person.unknown`,
    /// `person.stopped`, `person.suspended`; those of the guard
    pub fn invite(&self, who: &SignedIn, person_no: i64, now: Instant) -> Result<Invitation> {
        self.change_own(who, now, move |tx, _, fresh| credentials::invite(tx, fresh, person_no))
    }

    /// Takes the invitation of a member back.
    ///
    /// # Errors
    /// `proof.too_old`; `family.owner_only`; `contract.stopped`; `person.unknown`, `person.stopped`; those of the
    /// guard
    pub fn withdraw_invitation(
        &self,
        who: &SignedIn,
        person_no: i64,
        now: Instant,
    ) -> Result<Change> {
        self.change_own(who, now, move |tx, _, fresh| {
            credentials::withdraw_invitation(tx, fresh, person_no)
        })
    }

    /// Begins a sign-in of who opened an invitation, where its code would have led that was typed: to choose login
    /// id and password. It ends at the page for contacts; for who made the code themselves, at their passkeys. Nothing is spent: programs look at links too.
    ///
    /// # Errors
    /// `registration.refused` — unknown number, wrong, old or used code: nobody is told which
    pub fn open_invitation(
        &self,
        operator: &str,
        (number, code): (&str, &str),
        (browser, now): (&str, Instant),
    ) -> Result<String> {
        let scope = Scope::new(operator, Actor::Anonymous, now);
        let found = self.db.read(&scope, |tx| {
            let LetterCheck::Good(letter) = credentials::check_letter(tx, number, code)? else {
                return Ok(None);
            };
            Ok(stands(tx, &letter)?.then_some(letter))
        })?;
        let letter = found.ok_or(REFUSED)?;
        let own = if letter.is_to_oneself() { OwnPage::Passkeys } else { OwnPage::Contacts };
        let purpose = Purpose::Own(Visit { issuer: operator.to_owned(), own });
        self.write_down(operator, (Step::account(letter, now), purpose), (browser, now))
    }
}
