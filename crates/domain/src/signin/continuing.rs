//! What a browser that is signed in may have without a new sign-in.
//!
//! Source: OpenID Connect Core §3.1.2.1, §3.1.2.3.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::store::Tx;

use crate::clients::Client;
use crate::credentials;
use crate::operators;
use crate::sessions::{self, BrowserSession, Strength};
use crate::signing::{HandleKind, Handles};

use super::finish::{Aim, Finish, Giver, Moved, lead};
use super::journeys::{Caller, Journeys, MOVED};
use super::members::{Member, find_member};
use super::repo;
use super::requests::{Purpose, Request, Step};

/// What a session has to be good enough for.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// The most seconds since the person proved to be themselves.
    pub max_age: Option<i64>,
    /// Whether nobody may be asked anything.
    pub silent: bool,
    /// Whether the person is asked first whether it is they who shall go on.
    pub choosing: bool,
    /// When.
    pub now: Instant,
}

/// How a request ended that came from a browser with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continued {
    /// With a code.
    Finished(Box<Finish>),
    /// Who is signed in has to be asked for something more.
    Asks(Box<SignedIn>, Asked),
    /// There is no session that is enough.
    SignIn,
}

/// What who is signed in is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Whether it is they who shall go on, who have this login id; or somebody else.
    Choice {
        /// The login id, if they have one.
        name: String,
    },
    /// The second factor: the client wants more than they proved so far.
    Second,
    /// Whether they allow it.
    Consent,
}

impl Asked {
    /// The step of a sign-in that asks `who` for it, who is signed in at `now`: a password set before ended their session,
    /// or they set it themselves in it.
    fn step(self, who: &SignedIn, now: Instant) -> Step {
        let person_id = who.member.person_id.clone();
        match self {
            Self::Choice { name } => Step::Choice { person_id, name },
            Self::Second => Step::SecondFactor {
                person_id,
                proven: who.session.proven.clone(),
                proved: now,
                session: Some(who.session.id.clone()),
            },
            Self::Consent => Step::Consent { person_id, proof: None },
        }
    }
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

impl Journeys {
    /// Gives the client a code without asking the person anything, when the browser's session is
    /// alive, of this operator and young enough, and the person allows the client what it asks for.
    ///
    /// A wish for a stronger proof is met by asking for the second factor only, where there is one; where
    /// there is none, or nobody may be asked, a wish that is not essential is left open.
    ///
    /// # Errors
    /// `client.terms_changed`; `unavailable` when the database fails.
    ///
    /// Source: OpenID Connect Core §3.1.2.1 (`max_age`), §3.1.2.3.
    pub fn continue_session(
        &self,
        session: &str,
        (request, client): (&Request, &Arc<Client>),
        Conditions { max_age, silent, choosing, now }: Conditions,
    ) -> Result<Continued> {
        let scope = self.scope_of(session, (&request.issuer, now));
        let Some(scope) = scope else { return Ok(Continued::SignIn) };
        let (signing, session) = (Arc::clone(&self.signing), session.to_owned());
        let aim = Aim::Code(request.clone(), Arc::clone(client));
        self.db.transact(&scope, move |tx| {
            let Some(found) = signed_in(tx, signing.handles(), &session)? else {
                return Ok(Continued::SignIn);
            };
            if max_age.is_some_and(|most| found.session.auth.plus_seconds(most) < now) {
                return Ok(Continued::SignIn);
            }
            if choosing {
                let name = credentials::login_of(tx, &found.member.person_id)?.unwrap_or_default();
                return Ok(Continued::Asks(Box::new(found), Asked::Choice { name }));
            }
            go_on(tx, signing.handles(), (&aim, found), silent)
        })
    }

    /// Begins a sign-in that asks who is signed in in this browser already for something more.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn begin_asking(
        &self,
        (who, asked): (&SignedIn, Asked),
        purpose: &Purpose,
        (browser, now): (&str, Instant),
    ) -> Result<String> {
        self.write_down(&who.operator, (asked.step(who, now), purpose.clone()), (browser, now))
    }

    /// The person goes on as who the page named, who is signed in in this browser still; who is not any more
    /// signs in.
    ///
    /// # Errors
    /// `signin.unknown`, `signin.step_changed`; `client.unknown`, `client.terms_changed`
    pub fn stay(&self, caller: &Caller<'_>) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let (step, purpose) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        let Step::Choice { person_id, .. } = step else { return Err(MOVED) };
        let aim = self.aim_of(purpose)?;
        let (signing, session) = (Arc::clone(&self.signing), caller.session.map(str::to_owned));
        self.db.housekeep(&ticket.scope.clone(), "sign-in-step", move |tx| {
            let found = match &session {
                Some(session) => signed_in(tx, signing.handles(), session)?,
                None => None,
            };
            let same = found.filter(|found| {
                (found.operator.as_str(), &found.member.person_id) == (tx.operator(), &person_id)
            });
            let continued = match same {
                Some(found) => go_on(tx, signing.handles(), (&aim, found), false)?,
                None => Continued::SignIn,
            };
            let step = match continued {
                Continued::Finished(finish) => {
                    ticket.delete(tx)?;
                    return Ok(Moved::Finished(finish));
                }
                Continued::Asks(who, asked) => asked.step(&who, tx.now()),
                Continued::SignIn => Step::Password,
            };
            repo::set_step(tx, &ticket.id, &step)?;
            Ok(Moved::GoesOn)
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

    /// The operator and the person the cookie `session` was given to, whether or not they are still signed in by it. For what
    /// is theirs alone to see.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn person_of(
        &self,
        session: &str,
        (issuer, now): (&str, Instant),
    ) -> Result<Option<(String, String)>> {
        let Some(scope) = self.scope_of(session, (issuer, now)) else { return Ok(None) };
        let handle = self.signing.handles().read(HandleKind::Session, session);
        let Some(handle) = handle else { return Ok(None) };
        let person = self.db.read(&scope, |tx| sessions::person_of_session(tx, &handle.id))?;
        Ok(person.map(|person| (handle.operator, person)))
    }

    /// Where a session belongs, if it may be used at `issuer`.
    pub(super) fn scope_of(&self, session: &str, (issuer, now): (&str, Instant)) -> Option<Scope> {
        let handle = self.signing.handles().read(HandleKind::Session, session)?;
        let here = issuer == Scope::PLATFORM || issuer == handle.operator;
        here.then(|| Scope::new(&handle.operator, Actor::Anonymous, now))
    }
}

/// What the client gets in a session that is alive, or what is missing for it.
fn go_on(
    tx: &mut Tx<'_>,
    handles: &Handles,
    (aim, found): (&Aim, SignedIn),
    silent: bool,
) -> Result<Continued> {
    let SignedIn { operator, member, session } = &found;
    if !sessions::hold_session(tx, &session.id)? {
        return Ok(Continued::SignIn);
    }
    match enough(tx, handles, (aim, &found), silent)? {
        Enough::Yes => {}
        Enough::WithMore => return Ok(Continued::Asks(Box::new(found), Asked::Second)),
        Enough::No => return Ok(Continued::SignIn),
    }
    if aim.needs_consent(tx, &member.person_id)? {
        return Ok(Continued::Asks(Box::new(found), Asked::Consent));
    }
    if session.is_due(tx.now()) {
        sessions::note_seen(tx, &session.id)?;
    }
    let (proven, auth) = (&session.proven, session.auth);
    let giver = Giver { member, session_id: &session.id, proven, auth };
    let to = lead(tx, handles, aim, &giver)?;
    let (operator, person_id) = (operator.clone(), member.person_id.clone());
    Ok(Continued::Finished(Box::new(Finish { to, operator, person_id, session: None })))
}

/// Whether a session is what the client wants.
enum Enough {
    Yes,
    /// When the person's second factor is asked for.
    WithMore,
    No,
}

/// At most one statement, and none when the client wants nothing.
fn enough(
    tx: &mut Tx<'_>,
    handles: &Handles,
    (aim, found): (&Aim, &SignedIn),
    silent: bool,
) -> Result<Enough> {
    let (Some(wanted), strength) = (aim.wanted(), found.session.proven.strength()) else {
        return Ok(Enough::Yes);
    };
    if !wanted.is_for(&aim.subject(handles, tx.operator(), &found.member)) {
        return Ok(Enough::No);
    }
    if wanted.is_met_by(strength) || (silent && !wanted.essential) {
        return Ok(Enough::Yes);
    }
    match (credentials::factors_of(tx, &found.member.person_id)?.totp, wanted.essential) {
        (true, _) if strength < Strength::Several => Ok(Enough::WithMore),
        (_, true) => Ok(Enough::No),
        (_, false) => Ok(Enough::Yes),
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
