//! Passkeys: signed in with in place of login id and password, and kept by a person who is signed in.

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};
use base::store::Tx;

use crate::credentials::passkeys::{self, Answered, Enrolled};
use crate::credentials::{self, Fresh, Passkey, Site};
use crate::sessions::{self, Method, Proven};

use super::continuing::SignedIn;
use super::factors::admit_person;
use super::finish::{Moved, settle};
use super::journeys::{Caller, Journeys, MOVED};
use super::requests::Step;

/// Wrong in whatever way: only the audit is told.
const REFUSED: Error = Error::Unauthenticated { code: "passkey.refused" };
/// The session ended meanwhile.
const SIGNED_OUT: Error = Error::Unauthenticated { code: "proof.too_old" };

impl Journeys {
    /// Asks the browser of a sign-in for a passkey: what `navigator.credentials.get` is called with, as JSON.
    /// A question asked before in this sign-in is dead from now on.
    ///
    /// # Errors
    /// `signin.unknown` — over, or begun in another browser; `signin.step_changed`
    pub fn ask_passkey(&self, caller: &Caller<'_>, site: &Arc<Site>) -> Result<String> {
        let (ticket, site) = (self.read(caller)?, Arc::clone(site));
        self.db.housekeep(&ticket.scope.clone(), "passkey-asked", move |tx| {
            let (Step::Password, _) = ticket.find(tx)? else { return Err(MOVED) };
            passkeys::ask(tx, &site, &ticket.id)
        })
    }

    /// Takes the browser's answer to [`Journeys::ask_passkey`]: it stands for login id, password and second
    /// factor, and the sign-in goes on to consent or is at its end.
    ///
    /// No lock-out counts here, and none shuts a passkey out: there is nothing to guess, and whoever types
    /// wrong passwords can not keep its owner away. States of contract and person are told to who has the
    /// passkey only. While a password is taken away its owner's passkeys let nobody in.
    ///
    /// # Errors
    /// - `passkey.refused` — for whatever reason
    /// - `signin.unknown` — over, or begun in another browser; `signin.step_changed`
    /// - `client.unknown`, `client.terms_changed`; those of the guard
    pub fn try_passkey(
        &self,
        caller: &Caller<'_>,
        site: &Arc<Site>,
        answer: &str,
    ) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let (step, purpose) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        if step != Step::Password {
            return Err(MOVED);
        }
        let aim = self.aim_of(purpose)?;
        let (asked_by, site, answer) = (ticket.id.clone(), Arc::clone(site), answer.to_owned());
        let answered = self.db.housekeep(&ticket.scope, "sign-in-try", move |tx| {
            passkeys::check(tx, &site, &asked_by, &answer)
        })?;
        let Answered::Proved { person_id, passkey_id } = answered else { return Err(REFUSED) };
        let actor = Actor::Person(person_id.clone());
        let scope = Scope::new(ticket.scope.operator(), actor, ticket.scope.now());
        let (signing, here) = (Arc::clone(&self.signing), ticket.clone());
        let moved = self.db.transact(&scope, move |tx| {
            let member = admit_person(tx, &person_id)?;
            // The password is locked as every sign-in locks it: a reset waits, or has happened.
            let stands = credentials::password_is_of(tx, &person_id, tx.now())?
                && passkeys::is_of(tx, (&passkey_id, &person_id))?;
            if !stands {
                return Err(REFUSED);
            }
            let factors = credentials::factors_of(tx, &person_id)?;
            let proven = Proven::by(&[Method::Passkey]);
            settle(tx, &signing, (&here, &aim), (&member, &proven, factors))
        })?;
        if moved.opened_session() {
            self.end_elsewhere(&ticket)?;
        }
        Ok(moved)
    }

    /// The passkeys of a signed-in person.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn passkeys_of(&self, who: &SignedIn, now: Instant) -> Result<Vec<Passkey>> {
        let person_id = who.member.person_id.clone();
        self.db.read(&scope_of(who, now), |tx| passkeys::list(tx, &person_id))
    }

    /// Asks the browser of a signed-in person to make a passkey: what `navigator.credentials.create` is called
    /// with, as JSON.
    ///
    /// # Errors
    /// `proof.too_old` — signed in more than five minutes ago; `passkey.too_many`
    pub fn ask_new_passkey(
        &self,
        who: &SignedIn,
        site: &Arc<Site>,
        now: Instant,
    ) -> Result<String> {
        let (owner, site) = (Owner::of(who), Arc::clone(site));
        self.db.housekeep(&scope_of(who, now), "passkey-asked", move |tx| {
            passkeys::ask_new(tx, &site, &owner.fresh(), &owner.session_id)
        })
    }

    /// Takes the browser's answer to [`Journeys::ask_new_passkey`], and the name its owner gives it. Answers
    /// the passkey's id.
    ///
    /// # Errors
    /// `passkey.refused` — for whatever reason; `passkey.name_malformed`; `proof.too_old`;
    /// `passkey.too_many`; those of the guard
    pub fn add_passkey(
        &self,
        who: &SignedIn,
        site: &Arc<Site>,
        (answer, name): (&str, &str),
        now: Instant,
    ) -> Result<String> {
        let (owner, site) = (Owner::of(who), Arc::clone(site));
        let (answer, name) = (answer.to_owned(), name.to_owned());
        let enrolled = self.db.transact(&scope_of(who, now), move |tx| {
            owner.is_here(tx)?;
            passkeys::enrol(tx, &site, &owner.fresh(), &owner.session_id, (&answer, &name))
        })?;
        match enrolled {
            Enrolled::Added(id) => Ok(id),
            Enrolled::Refused => Err(REFUSED),
        }
    }

    /// Gives a passkey of a signed-in person another name.
    ///
    /// # Errors
    /// `passkey.name_malformed`; `passkey.unknown` — not one of theirs; those of the guard
    pub fn rename_passkey(
        &self,
        who: &SignedIn,
        (id, name): (&str, &str),
        now: Instant,
    ) -> Result<Change> {
        let (owner, id, name) = (Owner::of(who), id.to_owned(), name.to_owned());
        self.db.transact(&scope_of(who, now), move |tx| {
            owner.is_here(tx)?;
            passkeys::rename(tx, (&owner.person_id, &id), &name)
        })
    }

    /// Takes a passkey of a signed-in person away.
    ///
    /// # Errors
    /// `proof.too_old` — signed in more than five minutes ago; those of the guard
    pub fn remove_passkey(&self, who: &SignedIn, id: &str, now: Instant) -> Result<Change> {
        let (owner, id) = (Owner::of(who), id.to_owned());
        self.db.transact(&scope_of(who, now), move |tx| {
            owner.is_here(tx)?;
            passkeys::remove(tx, &owner.fresh(), &id)
        })
    }
}

fn scope_of(who: &SignedIn, now: Instant) -> Scope {
    Scope::new(&who.operator, Actor::Person(who.member.person_id.clone()), now)
}

/// A person in their session.
struct Owner {
    person_id: String,
    session_id: String,
    proved: Instant,
}

impl Owner {
    fn of(who: &SignedIn) -> Self {
        Self {
            person_id: who.member.person_id.clone(),
            session_id: who.session.id.clone(),
            proved: who.session.auth,
        }
    }

    fn fresh(&self) -> Fresh<'_> {
        Fresh { person_id: &self.person_id, proved: self.proved }
    }

    /// Still admitted, in a session that is held until this transaction ends.
    fn is_here(&self, tx: &mut Tx<'_>) -> Result<()> {
        admit_person(tx, &self.person_id)?;
        if sessions::hold_session(tx, &self.session_id)? { Ok(()) } else { Err(SIGNED_OUT) }
    }
}
