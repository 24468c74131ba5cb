//! The dispatcher: begins a sign-in, shows where it is, and moves it on.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope, ids};
use base::store::{Db, Tx};
use sha2::{Digest as _, Sha256};

use crate::clients::{Client, Clients};
use crate::credentials::{Login, Passwords};
use crate::operators::{self, Choice};
use crate::sessions::{self, Reason};
use crate::signing::{Handle, HandleKind, Signing};

use super::finish::Aim;
use super::holders::Holders;
use super::repo;
use super::requests::{Purpose, Request, Step};

/// A sign-in nobody finishes is forgotten after this long: enough to find the letter.
pub const SIGN_IN_SECONDS: i64 = 1800;

const UNKNOWN: &str = "signin.unknown";
/// A page of another step than the sign-in is at now.
pub(super) const MOVED: Error = Error::Conflict { code: "signin.step_changed" };

/// A request within a sign-in: which one, from which browser, when.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'c> {
    /// The handle in the address of the page.
    pub ticket: &'c str,
    /// The value of the browser's own cookie.
    pub browser: &'c str,
    /// The session the browser has so far, if any: signing in again ends it.
    pub session: Option<&'c str>,
    /// When.
    pub now: Instant,
}

/// A sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The operator it is at; `*` until one is chosen.
    pub operator: String,
    /// How far it has come.
    pub step: Step,
    /// What it is for.
    pub purpose: Purpose,
}

/// A ticket that was read.
#[derive(Clone)]
pub(super) struct Ticket {
    pub(super) scope: Scope,
    pub(super) id: String,
    pub(super) browser: String,
    /// The browser's session so far, at whatever operator.
    previous: Option<Handle>,
}

impl Ticket {
    pub(super) fn unknown(&self) -> Error {
        Error::not_found(UNKNOWN, self.id.clone())
    }

    pub(super) fn find(&self, tx: &mut Tx<'_>) -> Result<(Step, Purpose)> {
        repo::find(tx, (&self.id, &self.browser))?.ok_or_else(|| self.unknown())
    }

    /// What the sign-in is for, and whose the login id `name` is, when a password is what is wanted now.
    pub(super) fn at_password(
        &self,
        tx: &mut Tx<'_>,
        name: &str,
    ) -> Result<(Purpose, Option<Login>)> {
        let found = repo::find_with_login(tx, (&self.id, &self.browser), name)?;
        match found.ok_or_else(|| self.unknown())? {
            (Step::Password, purpose, login) => Ok((purpose, login)),
            _ => Err(MOVED),
        }
    }

    /// Counts a try of the letter and answers how many there were, when the letter is what is wanted.
    pub(super) fn count_letter(&self, tx: &mut Tx<'_>) -> Result<i64> {
        match repo::count_try(tx, (&self.id, &self.browser))?.ok_or_else(|| self.unknown())? {
            (Step::Letter, tries) => Ok(tries),
            _ => Err(MOVED),
        }
    }

    /// The same of the code a box shows: the tries of both are one number.
    pub(super) fn count_box_code(&self, tx: &mut Tx<'_>) -> Result<i64> {
        match repo::count_try(tx, (&self.id, &self.browser))?.ok_or_else(|| self.unknown())? {
            (Step::BoxCode { .. }, tries) => Ok(tries),
            _ => Err(MOVED),
        }
    }

    /// Ends the sign-in only.
    pub(super) fn delete(&self, tx: &mut Tx<'_>) -> Result<()> {
        if repo::delete(tx, &self.id)? { Ok(()) } else { Err(self.unknown()) }
    }

    /// Ends the sign-in, and the session the browser had so far: a cookie somebody copied before is
    /// worth nothing afterwards. Of two requests that finish it at once, one does.
    pub(super) fn end(&self, tx: &mut Tx<'_>) -> Result<()> {
        self.delete(tx)?;
        if let Some(previous) = self.previous.as_ref().filter(|one| one.operator == tx.operator()) {
            sessions::end_sessions(tx, Reason::SignedInAgain(&previous.id))?;
        }
        Ok(())
    }
}

/// Everything a sign-in needs. One for the process.
pub struct Journeys {
    pub(super) db: Db,
    pub(super) signing: Arc<Signing>,
    pub(super) clients: Arc<Clients>,
    pub(super) passwords: Arc<Passwords>,
    pub(super) holders: Holders,
}

impl Journeys {
    /// Over `db`, with the keys, clients and password threads of the process.
    #[must_use]
    pub fn new(
        db: &Db,
        signing: Arc<Signing>,
        clients: Arc<Clients>,
        passwords: Arc<Passwords>,
    ) -> Self {
        Self { db: db.clone(), signing, clients, passwords, holders: Holders::new(db) }
    }

    /// Begins a sign-in in the browser that holds `browser`, and answers its ticket.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn begin(&self, purpose: &Purpose, (browser, now): (&str, Instant)) -> Result<String> {
        let step = if purpose.is_for_platform() { Step::ChooseOperator } else { Step::Password };
        self.write_down(purpose.issuer(), (step, purpose.clone()), (browser, now))
    }

    /// Keeps a sign-in of the browser that holds `browser` and answers its ticket.
    pub(super) fn write_down(
        &self,
        operator: &str,
        (step, purpose): (Step, Purpose),
        (browser, now): (&str, Instant),
    ) -> Result<String> {
        self.keep(operator, (step, purpose), (hash(browser), now))
    }

    fn keep(
        &self,
        operator: &str,
        (step, purpose): (Step, Purpose),
        (browser, now): (String, Instant),
    ) -> Result<String> {
        let scope = Scope::new(operator, Actor::Anonymous, now);
        let id = ids::new_id("sgn", now);
        let ticket = self.signing.handles().write(HandleKind::SignIn, operator, (&id, 0));
        let expires = now.plus_seconds(SIGN_IN_SECONDS);
        self.db.housekeep(&scope, "sign-in-begun", move |tx| {
            repo::insert(tx, (&id, &browser), (&step, &purpose), expires)
        })?;
        Ok(ticket)
    }

    /// The sign-in of this caller.
    ///
    /// # Errors
    /// `signin.unknown` — no ticket of ours, over, or begun in another browser
    pub fn look(&self, caller: &Caller<'_>) -> Result<SignIn> {
        let ticket = self.read(caller)?;
        let (step, purpose) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        Ok(SignIn { operator: ticket.scope.operator().to_owned(), step, purpose })
    }

    pub(super) fn read(&self, caller: &Caller<'_>) -> Result<Ticket> {
        let handles = self.signing.handles();
        let handle = handles
            .read(HandleKind::SignIn, caller.ticket)
            .ok_or_else(|| Error::not_found(UNKNOWN, ""))?;
        let previous =
            caller.session.and_then(|session| handles.read(HandleKind::Session, session));
        Ok(Ticket {
            previous,
            scope: Scope::new(&handle.operator, Actor::Anonymous, caller.now),
            id: handle.id,
            browser: hash(caller.browser),
        })
    }

    /// The person named their operator: goes on there, under a new ticket. The old one stays, so that
    /// going back and choosing another works.
    ///
    /// # Errors
    /// `signin.unknown`; `operator.unknown`; `operator.disabled`
    pub fn choose_operator(&self, caller: &Caller<'_>, operator: &str) -> Result<String> {
        let ticket = self.read(caller)?;
        let (step, purpose) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        if step != Step::ChooseOperator {
            return Err(ticket.unknown());
        }
        let scope = Scope::new(operator, Actor::Anonymous, caller.now);
        let chosen = self.db.read(&scope, operators::find_operator)?;
        if !chosen.enabled() {
            return Err(Error::refused("operator.disabled"));
        }
        self.keep(operator, (Step::Password, purpose), (ticket.browser, caller.now))
    }

    /// The operators a person may name, by code; from memory until one of them changes.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn operators(&self, now: Instant) -> Result<Arc<Vec<Choice>>> {
        let scope = Scope::new(Scope::PLATFORM, Actor::Anonymous, now);
        self.db.operator_fact(&scope, operators::list_choices)
    }

    /// Goes to the step a person may always go to: the letter, the code of a box, a forgotten password, or back to the
    /// password.
    ///
    /// # Errors
    /// `signin.unknown`; `signin.step_changed`
    pub fn go_to(&self, caller: &Caller<'_>, step: &Step) -> Result<()> {
        let ticket = self.read(caller)?;
        let step = step.clone();
        self.db.housekeep(&ticket.scope.clone(), "sign-in-step", move |tx| {
            let (at, _) = ticket.find(tx)?;
            if at == Step::ChooseOperator
                || !matches!(
                    step,
                    Step::Password | Step::Letter | Step::BoxCode { .. } | Step::Recover
                )
            {
                return Err(MOVED);
            }
            repo::set_step(tx, &ticket.id, &step)
        })
    }

    /// What a sign-in is for, with the client as it is now. May read the database.
    pub(super) fn aim_of(&self, purpose: Purpose) -> Result<Aim> {
        Ok(match purpose {
            Purpose::Own(visit) => Aim::Own(visit),
            Purpose::Code(request) => {
                let client = self.client_of(&request)?;
                Aim::Code(request, client)
            }
        })
    }

    /// The client a sign-in is for, as it is now. May read the database.
    fn client_of(&self, request: &Request) -> Result<Arc<Client>> {
        let found = self.clients.find(&request.issuer, &request.client_id)?;
        found
            .map(|found| found.client)
            .ok_or_else(|| Error::not_found("client.unknown", request.client_id.clone()))
    }

    /// Ends the session the browser had at another operator, whose cookie the new one replaces: an
    /// act of its own, at that operator.
    pub(super) fn end_elsewhere(&self, ticket: &Ticket) -> Result<()> {
        let elsewhere = |one: &&Handle| one.operator != ticket.scope.operator();
        let Some(previous) = ticket.previous.as_ref().filter(elsewhere).cloned() else {
            return Ok(());
        };
        let scope = Scope::new(&previous.operator, Actor::Anonymous, ticket.scope.now());
        self.db.transact(&scope, move |tx| {
            sessions::end_sessions(tx, Reason::SignedInAgain(&previous.id)).map(drop)
        })
    }
}

fn hash(browser: &str) -> String {
    hex::encode(Sha256::digest(browser.as_bytes()))
}
