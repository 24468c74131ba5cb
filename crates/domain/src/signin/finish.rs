//! The end of a sign-in: a session for the browser, a code for the client.

use std::sync::Arc;

use base::kernel::{Error, Instant, Result};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use crate::clients::Client;
use crate::credentials::{self, Factors};
use crate::operators;
use crate::sessions::{self, Draft, Proven, Strength, Subjects, Whose};
use crate::signing::{HandleKind, Handles, Signing};

use super::consent::hand_over;
use super::journeys::{MOVED, Ticket};
use super::members::Member;
use super::repo;
use super::requests::{Proof, Request, Step, Visit};
use super::wanted::{OTHER_PERSON, Wanted};

/// Where the browser goes at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Back to the client.
    Client {
        /// What it asked for: its address and `state`.
        request: Request,
        /// The code.
        code: String,
    },
    /// Back to the client without a code: who signed in, or how, is not what it wants.
    Refused {
        /// What it asked for: its address and `state`.
        request: Request,
        /// The word it is told.
        error: &'static str,
    },
    /// To a page of our own.
    Own(Visit),
}

/// How a form ended that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// The sign-in is at its end.
    Finished(Box<Finish>),
    /// It is at another step now.
    GoesOn,
}

impl Moved {
    /// Whether a new session of the browser was opened.
    pub(super) const fn opened_session(&self) -> bool {
        matches!(self, Self::Finished(finish) if finish.session.is_some())
    }
}

/// Where the browser goes with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// Where.
    pub to: Destination,
    /// The operator whose page or client it is for: where it signed in.
    pub operator: String,
    /// The person, for the access log.
    pub person_id: String,
    /// The browser's new session cookie and how many seconds it may be kept; `None`: as before.
    pub session: Option<(String, i64)>,
}

/// Who gives, in which session, proven how.
pub(super) struct Giver<'g> {
    pub(super) member: &'g Member,
    pub(super) session_id: &'g str,
    pub(super) proven: &'g Proven,
    pub(super) auth: Instant,
}

/// What a sign-in is for, with the client as it is now.
#[derive(Clone)]
pub(super) enum Aim {
    /// A code for a client.
    Code(Request, Arc<Client>),
    /// A page of our own.
    Own(Visit),
}

impl Aim {
    /// What the client wants to be sure of, if it wants anything.
    pub(super) fn wanted(&self) -> Option<&Wanted> {
        match self {
            Self::Code(request, _) => request.wanted.as_deref(),
            Self::Own(_) => None,
        }
    }

    /// The person as the client knows them; empty when no client asks.
    pub(super) fn subject(&self, handles: &Handles, operator: &str, member: &Member) -> String {
        let Self::Code(_, client) = self else { return String::new() };
        let whose = (member.person_id.as_str(), &member.key);
        Subjects::of(handles, operator, &client.terms.sector, whose).person
    }

    /// For the audit.
    fn label(&self) -> &str {
        match self {
            Self::Code(request, _) => &request.client_id,
            Self::Own(_) => "own",
        }
    }
}

/// The dispatcher of proofs: whatever a person proved themselves by, this decides how the sign-in goes
/// on. Who has an authenticator is asked for it after any proof that is not as strong; else it opens the
/// browser's session and leads to where the sign-in was for.
///
/// # Errors
/// `signin.unknown` — another request finished it; `client.terms_changed`
pub(super) fn settle(
    tx: &mut Tx<'_>,
    signing: &Signing,
    (ticket, aim): (&Ticket, &Aim),
    (member, proven, factors): (&Member, &Proven, Factors),
) -> Result<Moved> {
    // Nobody is asked for more who is somebody else than was meant.
    if aim.wanted().is_some_and(|wanted| {
        !wanted.is_for(&aim.subject(signing.handles(), tx.operator(), member))
    }) {
        return turn_away(tx, (ticket, aim), member, OTHER_PERSON);
    }
    if factors.totp && proven.strength() < Strength::Several {
        return ask_second(tx, ticket, (member, proven));
    }
    settle_whole(tx, signing, (ticket, aim), (member, proven))
}

/// The sign-in goes on to the second factor.
fn ask_second(
    tx: &mut Tx<'_>,
    ticket: &Ticket,
    (member, proven): (&Member, &Proven),
) -> Result<Moved> {
    let person_id = member.person_id.clone();
    let step =
        Step::SecondFactor { person_id, proven: proven.clone(), proved: tx.now(), session: None };
    repo::set_step(tx, &ticket.id, &step)?;
    let detail = json!({"amr": proven.amr()});
    record(tx, &Entry::new("person.second_factor_asked", &member.person_id).detail(detail))?;
    Ok(Moved::GoesOn)
}

/// Everything is proved: the person is asked whether they allow the service what it wants, if it has to be
/// asked, or the sign-in is at its end.
///
/// # Errors
/// Those of [`settle`].
pub(super) fn settle_whole(
    tx: &mut Tx<'_>,
    signing: &Signing,
    (ticket, aim): (&Ticket, &Aim),
    (member, proven): (&Member, &Proven),
) -> Result<Moved> {
    if let Some(wanted) = aim.wanted() {
        let subject = aim.subject(signing.handles(), tx.operator(), member);
        if let Some(error) = wanted.unmet(&subject, proven.strength()) {
            return turn_away(tx, (ticket, aim), member, error);
        }
    }
    let proof = Proof { proven: proven.clone(), proved: tx.now() };
    if !aim.needs_consent(tx, &member.person_id)? {
        return settle_agreed(tx, signing, (ticket, aim), (member, &proof));
    }
    let step = Step::Consent { person_id: member.person_id.clone(), proof: Some(proof) };
    repo::set_step(tx, &ticket.id, &step)?;
    let detail = json!({"client": aim.label()});
    record(tx, &Entry::new("consent.asked", &member.person_id).detail(detail))?;
    Ok(Moved::GoesOn)
}

/// The client is told that who signed in, or how, is not what it wants. No session is opened: the browser's
/// own goes on.
fn turn_away(
    tx: &mut Tx<'_>,
    (ticket, aim): (&Ticket, &Aim),
    member: &Member,
    error: &'static str,
) -> Result<Moved> {
    let Aim::Code(request, client) = aim else { return Err(MOVED) };
    ticket.delete(tx)?;
    let detail = json!({"client": client.id, "error": error});
    record(tx, &Entry::new("person.turned_away", &member.person_id).detail(detail))?;
    Ok(Moved::Finished(Box::new(Finish {
        to: Destination::Refused { request: request.clone(), error },
        operator: tx.operator().to_owned(),
        person_id: member.person_id.clone(),
        session: None,
    })))
}

/// Opens the browser's session and leads to where the sign-in was for.
///
/// # Errors
/// Those of [`settle`]; `consent.missing`
pub(super) fn settle_agreed(
    tx: &mut Tx<'_>,
    signing: &Signing,
    (ticket, aim): (&Ticket, &Aim),
    (member, proof): (&Member, &Proof),
) -> Result<Moved> {
    let proven = &proof.proven;
    ticket.end(tx)?;
    credentials::forgive(tx, &member.person_id)?;
    let operator = tx.operator_fact(operators::find_operator)?;
    let id = sessions::open_session(tx, &member.person_id, proven, &operator.policies)?;
    let giver = Giver { member, session_id: &id, proven, auth: tx.now() };
    let to = lead(tx, signing.handles(), aim, &giver)?;
    let detail = json!({"client": aim.label(), "session": id, "amr": proven.amr()});
    record(tx, &Entry::new("person.signed_in", &member.person_id).detail(detail))?;
    let cookie = signing.handles().write(HandleKind::Session, tx.operator(), (&id, 0));
    let seconds = operator.policies.session_absolute_hours * 3600;
    Ok(Moved::Finished(Box::new(Finish {
        to,
        operator: tx.operator().to_owned(),
        person_id: member.person_id.clone(),
        session: Some((cookie, seconds)),
    })))
}

/// To the client with a code, or to our own page.
pub(super) fn lead(
    tx: &mut Tx<'_>,
    handles: &Handles,
    aim: &Aim,
    giver: &Giver<'_>,
) -> Result<Destination> {
    Ok(match aim {
        Aim::Code(request, client) => {
            let code = give_code(tx, handles, (request, client), giver)?;
            Destination::Client { request: request.clone(), code }
        }
        Aim::Own(visit) => Destination::Own(visit.clone()),
    })
}

/// Gives the client of `request` a code: two statements and an audit line. What was asked for when
/// the sign-in began is held against the client's terms again: they are what counts.
///
/// # Errors
/// `client.terms_changed`; `signin.not_wanted`; `consent.missing`
fn give_code(
    tx: &mut Tx<'_>,
    handles: &Handles,
    (request, client): (&Request, &Client),
    giver: &Giver<'_>,
) -> Result<String> {
    let proof = (request.challenge.as_deref(), request.nonce.as_deref());
    let same = client.id == request.client_id
        && client.may_be_sent_to(&request.redirect_uri)
        && client.may_have(&request.scope)
        && client.may_ask_with(proof);
    if !same {
        return Err(Error::Forbidden { code: "client.terms_changed" });
    }
    let (member, sector) = (giver.member, client.terms.sector.as_str());
    let whose = (member.person_id.as_str(), &member.key);
    let subjects = Subjects::of(handles, tx.operator(), sector, whose);
    let strength = giver.proven.strength();
    let unmet = |wanted: &Wanted| wanted.unmet(&subjects.person, strength).is_some();
    if request.wanted.as_deref().is_some_and(unmet) {
        return Err(Error::Forbidden { code: "signin.not_wanted" });
    }
    sessions::note_subjects(tx, &subjects, sector, whose)?;
    let amr = giver.proven.amr();
    let draft = Draft {
        client_id: &request.client_id,
        sector,
        issuer: &request.issuer,
        whose: Whose::Person(&member.person_id),
        session_id: giver.session_id,
        seconds: sessions::CODE_SECONDS,
        scope: &request.scope,
        acr: giver.proven.acr(),
        amr: &amr,
        auth: giver.auth,
        redirect_uri: &request.redirect_uri,
        challenge: request.challenge.as_deref(),
        nonce: request.nonce.as_deref(),
        jkt: request.dpop_jkt.as_deref(),
    };
    let grant = hand_over(tx, client, &draft)?;
    Ok(handles.write(HandleKind::Code, tx.operator(), (&grant, 0)))
}
