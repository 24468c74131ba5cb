//! The owner of the household helps who forgot the password: asked in a sign-in, answered on the page of the family.

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};

use crate::credentials::{self, Approval, Approved};

use super::continuing::SignedIn;
use super::finish::Moved;
use super::journeys::{Caller, Journeys, MOVED};
use super::repo;
use super::requests::{RecoveredBy, Step};

impl Journeys {
    /// Asks the owner of the household of who has this login id, and goes on to waiting for it, whoever that is and
    /// also when it is nobody, the owner, or somebody without a password.
    ///
    /// # Errors
    /// - `login.malformed`; `contact.code_just_sent` — this sign-in asked less than a minute ago
    /// - `recovery.too_often` — this sign-in asked ten times
    /// - `signin.unknown`; `signin.step_changed`
    pub fn ask_owner(&self, caller: &Caller<'_>, typed_name: &str) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let name = credentials::login_name(typed_name)?;
        self.db.housekeep(&ticket.scope.clone(), "recovery-asked", move |tx| {
            let login = ticket.at_recovery(tx, &name)?;
            let stands = login.filter(|login| login.hash.is_some());
            let person_id = stands.map(|login| login.person_id).unwrap_or_default();
            let number = credentials::ask_approval(tx, &ticket.id, &person_id)?;
            repo::set_step(tx, &ticket.id, &Step::Approval { number })
        })?;
        Ok(Moved::GoesOn)
    }

    /// Goes on to the new password, when the owner has approved: once.
    ///
    /// # Errors
    /// `approval.pending` — not approved: not yet, refused, over, or there is nobody to ask, and nobody is told which;
    /// `signin.unknown`; `signin.step_changed`
    pub fn try_approval(&self, caller: &Caller<'_>) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let given = self.db.housekeep(&ticket.scope.clone(), "sign-in-try", move |tx| {
            let (Step::Approval { .. }, _) = ticket.find(tx)? else { return Err(MOVED) };
            let Some(person_id) = credentials::spend_approval(tx, &ticket.id)? else {
                return Ok(false);
            };
            ticket.go_on(tx, person_id, RecoveredBy::Owner)?;
            Ok(true)
        })?;
        if given { Ok(Moved::GoesOn) } else { Err(Error::refused("approval.pending")) }
    }

    /// The requests that wait for the word of the owner who is signed in.
    ///
    /// # Errors
    /// `family.owner_only` — somebody else is; `contract.stopped`
    pub fn approvals_of(&self, who: &SignedIn, now: Instant) -> Result<Vec<Approval>> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.read(&scope, |tx| credentials::approvals_of(tx, &person_id))
    }

    /// The owner approves a request, with the number its page shows.
    ///
    /// # Errors
    /// `approval.number_wrong` — another number, or over: nobody is told which; `proof.too_old`, `recovery.waits`;
    /// `family.owner_only`; `contract.stopped`; those of the guard
    pub fn approve(&self, who: &SignedIn, (id, typed): (&str, &str), now: Instant) -> Result<()> {
        let (id, typed) = (id.to_owned(), typed.to_owned());
        let approved = self.change_own(who, now, move |tx, _, fresh| {
            credentials::approve(tx, fresh, (&id, &typed))
        })?;
        match approved {
            Approved::Now => Ok(()),
            Approved::Refused => Err(Error::invalid("approval.number_wrong", "number")),
        }
    }

    /// The owner refuses a request: it is over.
    ///
    /// # Errors
    /// `proof.too_old`; `family.owner_only`; `contract.stopped`; those of the guard
    pub fn refuse_approval(&self, who: &SignedIn, id: &str, now: Instant) -> Result<Change> {
        let id = id.to_owned();
        self.change_own(who, now, move |tx, _, fresh| credentials::refuse_approval(tx, fresh, &id))
    }
}
