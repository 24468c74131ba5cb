//! The dispatcher: begins a sign-in, shows where it is, and moves it on.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope, ids};
use base::store::{Db, Tx};
use sha2::{Digest as _, Sha256};

use crate::clients::{Client, Clients};
use crate::credentials::{Login, Passwords};
use crate::operators::{self, Choice};
use crate::sessions::{self, BrowserSession, Reason};
use crate::signing::{Handle, HandleKind, Handles, Signing};

use super::finish::{Aim, Finish, Giver, lead};
use super::members::{Member, find_member};
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

/// How a request ended that came from a browser with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continued {
    /// With a code.
    Finished(Box<Finish>),
    /// This person has to be asked whether they allow it.
    Consent(Box<SignedIn>),
    /// There is no session that is enough.
    SignIn,
}

/// Who is signed in in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Their operator.
    pub operator: String,
    /// The person, as they are now.
    pub member: Member,
    /// The browser's session.
    pub session: BrowserSession,
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
        Self { db: db.clone(), signing, clients, passwords }
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
        self.db.read(&scope, |tx| tx.operator_fact(operators::list_choices))
    }

    /// Goes to the step a person may always go to: the letter, or back to the password.
    ///
    /// # Errors
    /// `signin.unknown`; `signin.step_changed`
    pub fn go_to(&self, caller: &Caller<'_>, step: &Step) -> Result<()> {
        let ticket = self.read(caller)?;
        let step = step.clone();
        self.db.housekeep(&ticket.scope.clone(), "sign-in-step", move |tx| {
            let (at, _) = ticket.find(tx)?;
            if at == Step::ChooseOperator || !matches!(step, Step::Password | Step::Letter) {
                return Err(MOVED);
            }
            repo::set_step(tx, &ticket.id, &step)
        })
    }

    /// Gives the client a code without asking the person anything, when the browser's session is
    /// alive, of this operator and young enough, and the person allows the client what it asks for.
    ///
    /// `max_age`: the most seconds since the person proved to be themselves.
    ///
    /// # Errors
    /// `client.terms_changed`; `unavailable` when the database fails.
    ///
    /// Source: OpenID Connect Core §3.1.2.1 (`max_age`), §3.1.2.3.
    pub fn continue_session(
        &self,
        session: &str,
        (request, client): (&Request, &Arc<Client>),
        (max_age, now): (Option<i64>, Instant),
    ) -> Result<Continued> {
        let scope = self.scope_of(session, (&request.issuer, now));
        let Some(scope) = scope else { return Ok(Continued::SignIn) };
        let (signing, session) = (Arc::clone(&self.signing), session.to_owned());
        let aim = Aim::Code(request.clone(), Arc::clone(client));
        self.db.transact(&scope, move |tx| {
            let Some(found) = signed_in(tx, signing.handles(), &session)? else {
                return Ok(Continued::SignIn);
            };
            let SignedIn { operator, member, session } = &found;
            let old = max_age.is_some_and(|most| session.auth.plus_seconds(most) < now);
            if old || !sessions::hold_session(tx, &session.id)? {
                return Ok(Continued::SignIn);
            }
            if aim.needs_consent(tx, &member.person_id)? {
                return Ok(Continued::Consent(Box::new(found)));
            }
            if session.is_due(now) {
                sessions::note_seen(tx, &session.id)?;
            }
            let (proven, auth) = (&session.proven, session.auth);
            let giver = Giver { member, session_id: &session.id, proven, auth };
            let to = lead(tx, signing.handles(), &aim, &giver)?;
            let (operator, person_id) = (operator.clone(), member.person_id.clone());
            Ok(Continued::Finished(Box::new(Finish { to, operator, person_id, session: None })))
        })
    }

    /// Who is signed in in the browser that holds the cookie `session`, for pages of our own below
    /// `issuer` (an operator's code or `*`); `None`: nobody who may be.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn session_of(
        &self,
        session: &str,
        (issuer, now): (&str, Instant),
    ) -> Result<Option<SignedIn>> {
        let Some(scope) = self.scope_of(session, (issuer, now)) else { return Ok(None) };
        let found = self.db.read(&scope, |tx| signed_in(tx, self.signing.handles(), session))?;
        let Some(found) = found else { return Ok(None) };
        if found.session.is_due(now) {
            let id = found.session.id.clone();
            self.db.housekeep(&scope, "session-seen", move |tx| sessions::note_seen(tx, &id))?;
        }
        Ok(Some(found))
    }

    /// Where a session belongs, if it may be used at `issuer`.
    pub(super) fn scope_of(&self, session: &str, (issuer, now): (&str, Instant)) -> Option<Scope> {
        let handle = self.signing.handles().read(HandleKind::Session, session)?;
        let here = issuer == Scope::PLATFORM || issuer == handle.operator;
        here.then(|| Scope::new(&handle.operator, Actor::Anonymous, now))
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

/// Who is signed in by this session's handle: alive, and a person who may be. At most five statements.
pub(super) fn signed_in(
    tx: &mut Tx<'_>,
    handles: &Handles,
    session: &str,
) -> Result<Option<SignedIn>> {
    let Some(handle) = handles.read(HandleKind::Session, session) else { return Ok(None) };
    let operator = tx.operator_fact(operators::find_operator)?;
    let Some(session) = sessions::find_session(tx, &handle.id, &operator.policies)? else {
        return Ok(None);
    };
    match find_member(tx, (&session.key, session.person_no)) {
        Ok(member) => Ok(Some(SignedIn { operator: handle.operator, member, session })),
        Err(Error::Refused { .. } | Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn hash(browser: &str) -> String {
    hex::encode(Sha256::digest(browser.as_bytes()))
}
