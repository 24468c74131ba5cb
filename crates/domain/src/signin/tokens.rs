//! What clients get for codes and refresh tokens: who the person is now.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::store::Tx;

use crate::clients::{AuthMethod, Client};
use crate::sessions::{
    self, Authorization, Holder, Lasting, Redeemed, Redemption, Refresher, Rotated, Subjects,
};
use crate::signing::{Handle, HandleKind, Handles};

use super::Member;
use super::journeys::Journeys;
use super::members::find_member;

const INVALID: Error = Error::Refused { code: "grant.invalid" };
/// The family was ended, and that is kept.
const REPLAYED: Error = Error::Refused { code: "grant.replayed" };

/// What a client redeems a code with, besides itself.
#[derive(Debug, Clone, Copy)]
pub struct Redeeming<'r> {
    /// The code.
    pub code: &'r str,
    /// The redirect address it names.
    pub redirect_uri: &'r str,
    /// PKCE verifier.
    pub verifier: Option<&'r str>,
}

/// What who redeems something gets, and what it showed to hold.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'h> {
    /// Whether it gets refresh tokens.
    pub lasting: Lasting,
    /// The key it showed to hold, as its thumbprint.
    pub jkt: Option<&'h str>,
}

impl<'h> Holding<'h> {
    /// In the hands of `client`: refresh tokens of one that proves itself are bound to that proof, so that it
    /// may change its key. Source: RFC 9449 §5.
    pub(super) fn of(self, client: &Client) -> Holder<'h> {
        let binds = client.terms.method == AuthMethod::None;
        Holder { lasting: self.lasting, jkt: self.jkt, binds }
    }
}

/// What a client asks for with a refresh token.
#[derive(Debug, Clone, Copy)]
pub struct Refreshing<'r> {
    /// The refresh token.
    pub token: &'r str,
    /// The scope of the new tokens, when it shall be narrower than what was given.
    pub wanted: Option<&'r str>,
    /// The key the client showed to hold, as its thumbprint.
    pub jkt: Option<&'r str>,
}

/// An authorization in use, and who it is about now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The person's operator.
    pub operator: String,
    /// The authorization.
    pub authorization: Authorization,
    /// The person.
    pub member: Member,
    /// How this client knows person and household.
    pub subjects: Subjects,
    /// What the tokens are good for: what was given, and the client may have now.
    pub scope: String,
    /// The next refresh token, for a client that has them.
    pub refresh: Option<String>,
}

enum Outcome {
    Good(Box<Given>),
    Replayed,
    Refused,
}

impl Outcome {
    fn into_result(self) -> Result<Given> {
        match self {
            Self::Good(given) => Ok(*given),
            Self::Replayed => Err(REPLAYED),
            Self::Refused => Err(INVALID),
        }
    }
}

impl Journeys {
    /// Redeems a code for `client`, which came to `issuer` (an operator's code or `*`).
    ///
    /// Whatever refuses leaves the code as it was, but for a replay.
    ///
    /// # Errors
    /// `grant.invalid`; `grant.replayed` — used before: the family is ended; `client.scope_not_allowed`
    /// — nothing is left of what was given; those of the guard
    pub fn redeem_code(
        &self,
        (client, issuer): (&Arc<Client>, &str),
        with: &Redeeming<'_>,
        (holding, now): (Holding<'_>, Instant),
    ) -> Result<Given> {
        let handle = self.handle(HandleKind::Code, with.code, issuer)?;
        let (lasting, jkt) = (holding.lasting, holding.jkt.map(str::to_owned));
        let scope = Scope::new(&handle.operator, Actor::Client(client.id.clone()), now);
        let (client, issuer) = (Arc::clone(client), issuer.to_owned());
        let (redirect_uri, verifier) =
            (with.redirect_uri.to_owned(), with.verifier.map(str::to_owned));
        let signing = Arc::clone(&self.signing);
        let outcome = self.db.transact(&scope, move |tx| {
            let redemption = Redemption {
                client_id: &client.id,
                issuer: &issuer,
                redirect_uri: &redirect_uri,
                verifier: verifier.as_deref(),
                holder: Holding { lasting, jkt: jkt.as_deref() }.of(&client),
            };
            match sessions::redeem(tx, &handle.id, &redemption)? {
                Redeemed::Replayed => Ok(Outcome::Replayed),
                Redeemed::Refused => Ok(Outcome::Refused),
                Redeemed::Now(found) => {
                    check_terms(&client, &found)?;
                    let scope = granted(&client, &found, None)?;
                    let given = given(tx, signing.handles(), (&client, *found), scope)?;
                    let refresh =
                        (lasting == Lasting::Refreshed).then(|| turn_of(&signing, &given));
                    Ok(Outcome::Good(Box::new(Given { refresh, ..given })))
                }
            }
        })?;
        outcome.into_result()
    }

    /// Uses a refresh token of `client`, which is replaced or stays as its policy says: one read, one write,
    /// and the person's state (three reads). A person who is shut out keeps the token, which works again when they are let in;
    /// whatever else refuses leaves the token as it was too, but for a reuse.
    ///
    /// # Errors
    /// `grant.invalid`; `grant.replayed` — used before: the family is ended; `request.scope_wider`;
    /// `client.scope_not_allowed` — nothing is left of what was given; those of the guard
    pub fn refresh(
        &self,
        (client, issuer): (&Arc<Client>, &str),
        with: &Refreshing<'_>,
        now: Instant,
    ) -> Result<Given> {
        let handle = self.handle(HandleKind::Refresh, with.token, issuer)?;
        let scope = Scope::new(&handle.operator, Actor::Client(client.id.clone()), now);
        let (client, issuer) = (Arc::clone(client), issuer.to_owned());
        let (wanted, jkt) = (with.wanted.map(str::to_owned), with.jkt.map(str::to_owned));
        let signing = Arc::clone(&self.signing);
        let outcome = self.db.housekeep(&scope, "refresh", move |tx| {
            let which = (handle.id.as_str(), handle.turn);
            let whose = Refresher {
                client_id: &client.id,
                issuer: &issuer,
                policy: client.refresh_policy(),
                jkt: jkt.as_deref(),
            };
            match sessions::rotate(tx, which, &whose)? {
                Rotated::Reused => Ok(Outcome::Replayed),
                Rotated::Refused => Ok(Outcome::Refused),
                Rotated::Turned(found) => {
                    let scope = granted(&client, &found, wanted.as_deref())?;
                    let given = given(tx, signing.handles(), (&client, *found), scope)?;
                    note_new_number(tx, &client, &given)?;
                    let refresh = Some(turn_of(&signing, &given));
                    Ok(Outcome::Good(Box::new(Given { refresh, ..given })))
                }
            }
        })?;
        outcome.into_result()
    }

    /// Reads a code or token; one of another operator than the issuer's is unknown here.
    fn handle(&self, kind: HandleKind, text: &str, issuer: &str) -> Result<Handle> {
        let handle = self.signing.handles().read(kind, text).ok_or(INVALID)?;
        if issuer == Scope::PLATFORM || issuer == handle.operator {
            return Ok(handle);
        }
        Err(INVALID)
    }
}

/// What is asked at the code is asked again when it is redeemed: the terms of now decide.
fn check_terms(client: &Client, found: &Authorization) -> Result<()> {
    let proof = (found.challenge.as_deref(), found.nonce.as_deref());
    if client.may_be_sent_to(&found.redirect_uri) && client.may_ask_with(proof) {
        return Ok(());
    }
    Err(INVALID)
}

/// The scope of new tokens: what was given and the client may have now, or the `wanted` part of it.
///
/// Source: RFC 6749 §6 (narrowed, never widened).
pub(super) fn granted(
    client: &Client,
    found: &Authorization,
    wanted: Option<&str>,
) -> Result<String> {
    let mine = client.narrow(&found.scope);
    if mine.is_empty() {
        return Err(Error::invalid("client.scope_not_allowed", "scope"));
    }
    let Some(wanted) = wanted else { return Ok(mine) };
    if wanted.split(' ').all(|one| mine.split(' ').any(|given| given == one)) {
        return Ok(client.narrow(wanted));
    }
    Err(Error::invalid("request.scope_wider", "scope"))
}

pub(super) fn given(
    tx: &mut Tx<'_>,
    handles: &Handles,
    (client, authorization): (&Client, Authorization),
    scope: String,
) -> Result<Given> {
    if !authorization.sector.is_empty() && authorization.sector != client.terms.sector {
        return Err(INVALID);
    }
    // A service that belonged to the house when it got this, and does no more, has to ask first.
    if !sessions::allows(tx, &authorization.person_id, client, &scope)? {
        return Err(INVALID);
    }
    let member = find_member(tx, (&authorization.key, authorization.person_no))?;
    let whose = (member.person_id.as_str(), &member.key);
    let subjects = Subjects::of(handles, tx.operator(), &client.terms.sector, whose);
    let operator = tx.operator().to_owned();
    Ok(Given { operator, authorization, member, subjects, scope, refresh: None })
}

/// A household that got another number since the authorization was given is told to the client by
/// another name from now on: the name must lead back when the client asks by it.
fn note_new_number(tx: &mut Tx<'_>, client: &Client, given: &Given) -> Result<()> {
    if given.member.numbered <= given.authorization.created {
        return Ok(());
    }
    let whose = (given.member.person_id.as_str(), &given.member.key);
    sessions::note_subjects(tx, &given.subjects, &client.terms.sector, whose)
}

pub(super) fn turn_of(signing: &crate::signing::Signing, given: &Given) -> String {
    let Authorization { id, turn, .. } = &given.authorization;
    signing.handles().write(HandleKind::Refresh, &given.operator, (id, *turn))
}
