//! The step of login id and password.

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Result, Scope};
use base::records::{Entry, record};
use serde_json::json;

use crate::credentials::{self, Login, Try};
use crate::sessions::Proven;

use super::finish::{Moved, settle};
use super::journeys::{Caller, Journeys, Ticket};
use super::members::find_member;
use super::requests::Purpose;

const FAILED: Error = Error::Unauthenticated { code: "signin.failed" };

/// A try that is counted, of the sign-in that makes it.
struct Begun {
    purpose: Purpose,
    guess: Guess,
}

/// A try that is counted, and what it is held against.
pub(super) struct Guess {
    pub(super) login: Option<Login>,
    pub(super) counted_as: String,
}

/// How a password that was held against what is kept was found.
enum Held {
    Right(Moved),
    Wrong,
    /// It is the one that was read; what is kept of it is not that any more.
    Renewed,
}

impl Journeys {
    /// Tries login id and password; when they are right the sign-in goes on or is at its end.
    ///
    /// The try is counted before the password is computed, and nothing tells whether the login id
    /// exists: not the answer, not the time, not the lock-out. States of contract and person are told
    /// only to who knows the password, and such a try does not count. A password replaced while it
    /// was computed is a wrong one. Two transactions with the computation between them; at most
    /// twelve statements, one more when the browser's earlier session is ended, and two the first time a password
    /// another system kept is right: from then on our own hash of it is kept.
    ///
    /// # Errors
    /// - `signin.failed`; `signin.locked` with the time to wait; `password.busy`
    /// - `signin.unknown` — over, or begun in another browser; `signin.step_changed`
    /// - `client.unknown`, `client.terms_changed`
    /// - those of the guard: `operator.disabled`, `contract.stopped`, `contract.suspended`,
    ///   `person.stopped`, `person.suspended`, `person.not_registered`
    pub fn try_password(
        &self,
        caller: &Caller<'_>,
        (typed_name, password): (&str, &str),
    ) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let name = credentials::login_name(typed_name).map_err(|_| FAILED)?;
        let mut begun = self.begin_try(&ticket, name.clone())?;
        let mut tried = self.hold_against(&ticket, &begun, password);
        if let Ok(Held::Renewed) = tried {
            // Another sign-in of this person was faster, and keeps the same password in another way now.
            (begun.purpose, begun.guess.login) = self.look_again(&ticket, &name)?;
            tried = self.hold_against(&ticket, &begun, password);
        }
        match tried {
            Ok(Held::Wrong | Held::Renewed) => self.fail(&ticket.scope, begun.guess, FAILED),
            Err(error) => {
                self.take_back(&ticket.scope, &begun.guess)?;
                Err(error)
            }
            Ok(Held::Right(moved)) => {
                if moved.opened_session() {
                    self.end_elsewhere(&ticket)?;
                } else {
                    self.take_back(&ticket.scope, &begun.guess)?;
                }
                Ok(moved)
            }
        }
    }

    /// Holds the password against what was read, and goes on if it is the one.
    fn hold_against(&self, ticket: &Ticket, begun: &Begun, password: &str) -> Result<Held> {
        let stored = begun.guess.login.as_ref().and_then(|login| login.hash.clone());
        let verified = self.passwords.verify(ticket.scope.operator(), password, stored)?;
        let (true, Some(login)) = (verified.same, &begun.guess.login) else {
            return Ok(Held::Wrong);
        };
        let renewed = verified.renewed;
        let is_renewed = renewed.is_some();
        match self.finish_password(ticket, (login, begun), renewed) {
            Err(FAILED) if is_renewed => Ok(Held::Renewed),
            Err(FAILED) => Ok(Held::Wrong),
            Err(error) => Err(error),
            Ok(moved) => Ok(Held::Right(moved)),
        }
    }

    /// What the login id leads to now.
    fn look_again(&self, ticket: &Ticket, name: &str) -> Result<(Purpose, Option<Login>)> {
        self.db.read(&ticket.scope, |tx| ticket.at_password(tx, name))
    }

    /// Counts a try, if the sign-in is at the password: nothing is counted or computed for another.
    fn begin_try(&self, ticket: &Ticket, name: String) -> Result<Begun> {
        let here = ticket.clone();
        let (begun, tried) = self.db.housekeep(&ticket.scope, "sign-in-try", move |tx| {
            let (purpose, login) = here.at_password(tx, &name)?;
            let counted_as = Login::counted_as(login.as_ref(), &name);
            let tried = credentials::begin_try(tx, &counted_as)?;
            Ok((Begun { purpose, guess: Guess { login, counted_as } }, tried))
        })?;
        match tried {
            Try::Begun => Ok(begun),
            Try::Locked(wait) => Err(Error::TooMany { code: "signin.locked", wait }),
        }
    }

    /// The try was not made, or refused for another reason than the password: it does not count.
    pub(super) fn take_back(&self, scope: &Scope, guess: &Guess) -> Result<()> {
        let subject = guess.counted_as.clone();
        self.db.housekeep(scope, "sign-in-try", move |tx| credentials::take_back_try(tx, &subject))
    }

    /// Counts a bad try, which is refused as `wrong`; the tenth locks out and is told so.
    pub(super) fn fail<T>(&self, scope: &Scope, guess: Guess, wrong: Error) -> Result<T> {
        let now = scope.now();
        let Guess { login, counted_as } = guess;
        let locked = self.db.housekeep(scope, "sign-in-try", move |tx| {
            let locked = credentials::note_failure(tx, &counted_as)?;
            if let (Some((until, Change::Made)), Some(login)) = (locked, &login) {
                let detail = json!({"until": until.rfc3339_jst()});
                record(tx, &Entry::new("person.locked_out", &login.person_id).detail(detail))?;
            }
            Ok(locked)
        })?;
        let Some((until, _)) = locked else { return Err(wrong) };
        let wait = std::time::Duration::from_secs(now.seconds_until(until).unsigned_abs().max(1));
        Err(Error::TooMany { code: "signin.locked", wait })
    }

    /// `renewed`: what to keep of the password from now on, if what is kept was made elsewhere.
    fn finish_password(
        &self,
        ticket: &Ticket,
        (login, begun): (&Login, &Begun),
        renewed: Option<String>,
    ) -> Result<Moved> {
        let aim = self.aim_of(begun.purpose.clone())?;
        let actor = Actor::Person(login.person_id.clone());
        let scope = Scope::new(ticket.scope.operator(), actor, ticket.scope.now());
        let (ticket, login) = (ticket.clone(), login.clone());
        let signing = Arc::clone(&self.signing);
        self.db.transact(&scope, move |tx| {
            let factors = credentials::is_current(tx, &login)?.ok_or(FAILED)?;
            if let Some(renewed) = &renewed {
                credentials::renew_password(tx, &login, renewed)?;
            }
            let member = find_member(tx, (&login.key, login.person_no))?;
            settle(tx, &signing, (&ticket, &aim), (&member, &Proven::password(), factors))
        })
    }
}
