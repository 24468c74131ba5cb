//! The step of consent: a person allows a service what it asks for, or does not, and takes it back later.
//!
//! The guard stands where something is given ([`hand_over`]), so that every way to a code or a token of a
//! person has it. Source: OpenID Connect Core §3.1.2.4; `docs/decisions/0028`.

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};
use base::store::Tx;

use crate::clients::Client;
use crate::credentials;
use crate::sessions::{self, Consent, Draft};
use crate::signing::Signing;

use super::continuing::{SignedIn, signed_in};
use super::factors::admit_person;
use super::finish::{Aim, Finish, Giver, Moved, lead, settle_agreed};
use super::journeys::{Caller, Journeys, MOVED, Ticket};
use super::requests::{Proof, Request, Step};

/// Consents shown at once.
const LISTED: i64 = 100;

impl Aim {
    /// Whether the person has to be asked before this is given.
    pub(super) fn needs_consent(&self, tx: &mut Tx<'_>, person_id: &str) -> Result<bool> {
        match self {
            Self::Own(_) => Ok(false),
            Self::Code(request, _) if request.ask_consent => Ok(true),
            Self::Code(request, client) => {
                Ok(!sessions::find_allowed(tx, person_id, client)?.covers(&request.scope))
            }
        }
    }
}

/// Notes an authorization of a person for `client`, if they allow it what is in it, and answers its id.
///
/// # Errors
/// `consent.missing`
pub(super) fn hand_over(tx: &mut Tx<'_>, client: &Client, draft: &Draft<'_>) -> Result<String> {
    if !sessions::hold_allowed(tx, draft.whose.person_id(), client, draft.scope)? {
        return Err(Error::Forbidden { code: "consent.missing" });
    }
    let grant = sessions::grant(tx, draft)?;
    sessions::listen_for_ends(tx, client)?;
    Ok(grant)
}

/// Someone at the step of consent.
struct AtConsent {
    ticket: Ticket,
    person_id: String,
    proof: Option<Proof>,
    request: Request,
    client: Arc<Client>,
}

impl Journeys {
    fn at_consent(&self, caller: &Caller<'_>) -> Result<AtConsent> {
        let ticket = self.read(caller)?;
        let (step, purpose) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        let Step::Consent { person_id, proof } = step else { return Err(MOVED) };
        let Aim::Code(request, client) = self.aim_of(purpose)? else { return Err(MOVED) };
        Ok(AtConsent { ticket, person_id, proof, request, client })
    }

    /// The person allows what the page showed, which is kept: the sign-in is at its end.
    ///
    /// Who proved to be themselves just now is held against their state and password as they are now; who was
    /// signed in before has to be it still, in this browser.
    ///
    /// # Errors
    /// - `signin.unknown` — over, begun in another browser, or signed out meanwhile; `signin.step_changed`
    /// - `client.unknown`, `client.terms_changed`; those of the guard
    pub fn agree(&self, caller: &Caller<'_>, shown: &str) -> Result<Moved> {
        let at = self.at_consent(caller)?;
        let (scope, signing) = (at.scope(), Arc::clone(&self.signing));
        let (ticket, again) = (at.ticket.clone(), at.proof.is_some());
        let (session, shown) = (caller.session.map(str::to_owned), shown.to_owned());
        let moved = self.db.transact(&scope, move |tx| {
            let wanted = at.request.scope.clone();
            let whose = (at.person_id.as_str(), &*at.client);
            match &at.proof {
                Some(proof) => {
                    let member = admit_person(tx, &at.person_id)?;
                    if !credentials::password_is_of(tx, &at.person_id, proof.proved)? {
                        return Err(MOVED);
                    }
                    sessions::give_consent(tx, whose, (&wanted, &shown))?;
                    let aim = Aim::Code(at.request.clone(), Arc::clone(&at.client));
                    settle_agreed(tx, &signing, (&at.ticket, &aim), (&member, proof))
                }
                None => at.give_in_session(tx, &signing, (session.as_deref(), &shown)),
            }
        })?;
        if again {
            self.end_elsewhere(&ticket)?;
        }
        Ok(moved)
    }

    /// The person does not allow it: the sign-in is over, and nothing was given. Answers what the service is
    /// told it about. A session the browser had goes on; who was asked in it answers in it.
    ///
    /// # Errors
    /// `signin.unknown`, `signin.step_changed`; `client.unknown`
    pub fn disagree(&self, caller: &Caller<'_>) -> Result<Request> {
        let at = self.at_consent(caller)?;
        let (signing, session) = (Arc::clone(&self.signing), caller.session.map(str::to_owned));
        self.db.transact(&at.scope(), move |tx| {
            if at.proof.is_none() {
                at.session_of_who_was_asked(tx, &signing, session.as_deref())?;
            }
            at.ticket.delete(tx)?;
            let whose = (at.person_id.as_str(), &*at.client);
            sessions::refuse_consent(tx, whose, &at.request.scope)?;
            Ok(at.request.clone())
        })
    }

    /// What a signed-in person allows which services, by client; at most a hundred.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn consents_of(&self, who: &SignedIn, now: Instant) -> Result<Vec<Consent>> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.read(&scope, |tx| sessions::list_consents(tx, &person_id, (("", ""), LISTED)))
    }

    /// A signed-in person takes back what they allowed a client (where it stands, its id).
    ///
    /// # Errors
    /// `consent.unknown` — never given
    pub fn withdraw_consent(
        &self,
        who: &SignedIn,
        (client_operator, client_id): (&str, &str),
        now: Instant,
    ) -> Result<Change> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        let (operator, client) = (client_operator.to_owned(), client_id.to_owned());
        self.db.transact(&scope, move |tx| {
            sessions::withdraw_consent(tx, &person_id, (&operator, &client))
        })
    }
}

impl AtConsent {
    fn scope(&self) -> Scope {
        let (here, actor) = (&self.ticket.scope, Actor::Person(self.person_id.clone()));
        Scope::new(here.operator(), actor, here.now())
    }

    /// The session of the browser, if it is of who was asked in it, and alive until this transaction is over.
    fn session_of_who_was_asked(
        &self,
        tx: &mut Tx<'_>,
        signing: &Signing,
        session: Option<&str>,
    ) -> Result<SignedIn> {
        let found = match session {
            Some(session) => signed_in(tx, signing.handles(), session)?,
            None => None,
        };
        let same = found.filter(|found| {
            (found.operator.as_str(), &found.member.person_id) == (tx.operator(), &self.person_id)
        });
        match same {
            Some(found) if sessions::hold_session(tx, &found.session.id)? => Ok(found),
            _ => Err(self.ticket.unknown()),
        }
    }

    /// Gives the code in the session the browser has.
    fn give_in_session(
        &self,
        tx: &mut Tx<'_>,
        signing: &Signing,
        (session, shown): (Option<&str>, &str),
    ) -> Result<Moved> {
        let SignedIn { operator, member, session } =
            self.session_of_who_was_asked(tx, signing, session)?;
        self.ticket.delete(tx)?;
        let whose = (self.person_id.as_str(), &*self.client);
        sessions::give_consent(tx, whose, (&self.request.scope, shown))?;
        let (proven, auth) = (&session.proven, session.auth);
        let giver = Giver { member: &member, session_id: &session.id, proven, auth };
        let aim = Aim::Code(self.request.clone(), Arc::clone(&self.client));
        let to = lead(tx, signing.handles(), &aim, &giver)?;
        let person_id = member.person_id;
        Ok(Moved::Finished(Box::new(Finish { to, operator, person_id, session: None })))
    }
}
