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

/// A try that is counted, and what it is held against.
struct Begun {
    purpose: Purpose,
    login: Option<Login>,
    counted_as: String,
}

impl Journeys {
    /// Tries login id and password; when they are right the sign-in goes on or is at its end.
    ///
    /// The try is counted before the password is computed, and nothing tells whether the login id
    /// exists: not the answer, not the time, not the lock-out. States of contract and person are told
    /// only to who knows the password, and such a try does not count. A password replaced while it
    /// was computed is a wrong one. Two transactions with the computation between them; at most
    /// twelve statements, and one more when the browser's earlier session is ended.
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
        let begun = self.begin_try(&ticket, name)?;
        let stored = begun.login.as_ref().and_then(|login| login.hash.clone());
        let verified = self.passwords.verify(ticket.scope.operator(), password, stored);
        if verified.is_err() {
            self.take_back(&ticket.scope, &begun)?;
        }
        let (true, Some(login)) = (verified?, &begun.login) else {
            return self.fail(&ticket.scope, begun);
        };
        match self.finish_password(&ticket, (login, &begun)) {
            Err(FAILED) => self.fail(&ticket.scope, begun),
            Err(error) => {
                self.take_back(&ticket.scope, &begun)?;
                Err(error)
            }
            Ok(moved) => {
                if moved.opened_session() {
                    self.end_elsewhere(&ticket)?;
                } else {
                    self.take_back(&ticket.scope, &begun)?;
                }
                Ok(moved)
            }
        }
    }

    /// Counts a try, if the sign-in is at the password: nothing is counted or computed for another.
    fn begin_try(&self, ticket: &Ticket, name: String) -> Result<Begun> {
        let here = ticket.clone();
        let (begun, tried) = self.db.housekeep(&ticket.scope, "sign-in-try", move |tx| {
            let (purpose, login) = here.at_password(tx, &name)?;
            let counted_as = Login::counted_as(login.as_ref(), &name);
            let tried = credentials::begin_try(tx, &counted_as)?;
            Ok((Begun { purpose, login, counted_as }, tried))
        })?;
        match tried {
            Try::Begun => Ok(begun),
            Try::Locked(wait) => Err(Error::TooMany { code: "signin.locked", wait }),
        }
    }

    /// The try was not made, or refused for another reason than the password: it does not count.
    fn take_back(&self, scope: &Scope, begun: &Begun) -> Result<()> {
        let subject = begun.counted_as.clone();
        self.db.housekeep(scope, "sign-in-try", move |tx| credentials::take_back_try(tx, &subject))
    }

    /// Counts a bad try; the tenth locks out and is told so.
    fn fail(&self, scope: &Scope, begun: Begun) -> Result<Moved> {
        let now = scope.now();
        let Begun { login, counted_as, .. } = begun;
        let locked = self.db.housekeep(scope, "sign-in-try", move |tx| {
            let locked = credentials::note_failure(tx, &counted_as)?;
            if let (Some((until, Change::Made)), Some(login)) = (locked, &login) {
                let detail = json!({"until": until.rfc3339_jst()});
                record(tx, &Entry::new("person.locked_out", &login.person_id).detail(detail))?;
            }
            Ok(locked)
        })?;
        let Some((until, _)) = locked else { return Err(FAILED) };
        let wait = std::time::Duration::from_secs(now.seconds_until(until).unsigned_abs().max(1));
        Err(Error::TooMany { code: "signin.locked", wait })
    }

    fn finish_password(&self, ticket: &Ticket, (login, begun): (&Login, &Begun)) -> Result<Moved> {
        let aim = self.aim_of(begun.purpose.clone())?;
        let actor = Actor::Person(login.person_id.clone());
        let scope = Scope::new(ticket.scope.operator(), actor, ticket.scope.now());
        let (ticket, login) = (ticket.clone(), login.clone());
        let signing = Arc::clone(&self.signing);
        self.db.transact(&scope, move |tx| {
            let factors = credentials::is_current(tx, &login)?.ok_or(FAILED)?;
            let member = find_member(tx, (&login.key, login.person_no))?;
            settle(tx, &signing, (&ticket, &aim), (&member, &Proven::password(), factors))
        })
    }
}
