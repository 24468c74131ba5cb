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

use super::finish::{Aim, Finish, Giver, lead};
use super::journeys::Journeys;
use super::members::{Member, find_member};
use super::requests::Request;

/// What a session has to be good enough for.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// The most seconds since the person proved to be themselves.
    pub max_age: Option<i64>,
    /// Whether nobody may be asked anything.
    pub silent: bool,
    /// When.
    pub now: Instant,
}

/// How a request ended that came from a browser with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continued {
    /// With a code.
    Finished(Box<Finish>),
    /// This person has to be asked whether they allow it.
    Consent(Box<SignedIn>),
    /// This person has an authenticator, and the client wants more than they proved so far.
    StepUp(Box<SignedIn>),
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
        Conditions { max_age, silent, now }: Conditions,
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
            match enough(tx, signing.handles(), (&aim, &found), silent)? {
                Enough::Yes => {}
                Enough::WithMore => return Ok(Continued::StepUp(Box::new(found))),
                Enough::No => return Ok(Continued::SignIn),
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
