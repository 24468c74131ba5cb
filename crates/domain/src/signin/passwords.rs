//! The step of login id and password.

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Result, Scope};
use base::records::{Entry, record};
use serde_json::json;

use crate::credentials::{self, Login, Try};
use crate::sessions::Proven;

use super::finish::Finish;
use super::journeys::{Caller, Journeys, Ticket, complete};
use super::members::find_member;
use super::requests::{Request, Step};

const FAILED: Error = Error::Unauthenticated { code: "signin.failed" };

impl Journeys {
    /// Tries login id and password, and finishes the sign-in when they are right.
    ///
    /// The try is counted before the password is computed, and nothing tells whether the login id
    /// exists: not the answer, not the time, not the lock-out. States of contract and person are told
    /// only to who knows the password. Two transactions with the computation between them; at most
    /// twelve statements, and one more when the browser's earlier session is ended.
    ///
    /// # Errors
    /// - `signin.failed`; `signin.locked` with the time to wait; `password.busy`
    /// - `signin.unknown` — over, or begun in another browser
    /// - those of the guard: `operator.disabled`, `contract.stopped`, `contract.suspended`,
    ///   `person.stopped`, `person.suspended`, `person.not_registered`
    pub fn try_password(
        &self,
        caller: &Caller<'_>,
        (typed_name, password): (&str, &str),
    ) -> Result<Finish> {
        let ticket = self.read(caller)?;
        let name = credentials::login_name(typed_name).map_err(|_| FAILED)?;
        let (login, counted_as) = self.begin_try(&ticket.scope, name)?;
        let stored = login.as_ref().and_then(|login| login.hash.clone());
        let verified = self.passwords.verify(ticket.scope.operator(), password, stored);
        if let Err(Error::TooMany { .. }) = &verified {
            let subject = counted_as.clone();
            self.db.housekeep(&ticket.scope, "sign-in-try", move |tx| {
                credentials::take_back_try(tx, &subject)
            })?;
        }
        match (verified?, login) {
            (true, Some(login)) => self.finish_password(ticket, login, counted_as),
            (_, login) => self.fail(&ticket.scope, login, counted_as),
        }
    }

    fn begin_try(&self, scope: &Scope, name: String) -> Result<(Option<Login>, String)> {
        let (login, subject, tried) = self.db.housekeep(scope, "sign-in-try", move |tx| {
            let login = credentials::find_login(tx, &name)?;
            let subject = Login::counted_as(login.as_ref(), &name);
            let tried = credentials::begin_try(tx, &subject)?;
            Ok((login, subject, tried))
        })?;
        match tried {
            Try::Begun => Ok((login, subject)),
            Try::Locked(wait) => Err(Error::TooMany { code: "signin.locked", wait }),
        }
    }

    /// Counts a bad try; the tenth locks out and is told so.
    fn fail(&self, scope: &Scope, login: Option<Login>, subject: String) -> Result<Finish> {
        let now = scope.now();
        let locked = self.db.housekeep(scope, "sign-in-try", move |tx| {
            let locked = credentials::note_failure(tx, &subject)?;
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

    fn finish_password(&self, ticket: Ticket, login: Login, counted_as: String) -> Result<Finish> {
        let scope = Scope::new(
            ticket.scope.operator(),
            Actor::Person(login.person_id.clone()),
            ticket.scope.now(),
        );
        let request = self.request_of(&ticket)?;
        let sector = self.sector_of(&request)?;
        let signing = Arc::clone(&self.signing);
        self.db.transact(&scope, move |tx| {
            ticket.end(tx)?;
            let member = find_member(tx, (&login.key, login.person_no))?;
            credentials::forgive(tx, &counted_as)?;
            complete(tx, &signing, (&request, &sector), (&member, Proven::PASSWORD))
        })
    }

    /// What the client of this sign-in asked for; the sign-in is at the password.
    fn request_of(&self, ticket: &Ticket) -> Result<Request> {
        let (step, request) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        match step {
            Step::ChooseOperator => Err(Error::not_found("signin.unknown", ticket.id.clone())),
            _ => Ok(request),
        }
    }
}
