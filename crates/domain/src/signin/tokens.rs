//! What clients get for codes and refresh tokens: who the person is now.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::store::{Tx, needs_time};

use crate::clients::{self, AuthMethod, Client, RefreshPolicy};
use crate::sessions::{
    self, Authorization, Lasting, Redeemed, Redemption, Refresher, Rotated, Subjects,
};
use crate::signing::{Handle, HandleKind, Handles};

use super::Member;
use super::holders::Holder;
use super::journeys::Journeys;

pub(super) const INVALID: Error = Error::Refused { code: "grant.invalid" };
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
    pub(super) fn of(self, client: &Client) -> sessions::Holder<'h> {
        let binds = client.terms.method == AuthMethod::None;
        sessions::Holder { lasting: self.lasting, jkt: self.jkt, binds }
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
    /// The person; none: it is about a whole household, and nobody of it.
    pub member: Option<Member>,
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
                    clients::note_used(tx, &client)?;
                    let refresh =
                        (lasting == Lasting::Refreshed).then(|| turn_of(&signing, &given));
                    Ok(Outcome::Good(Box::new(Given { refresh, ..given })))
                }
            }
        })?;
        outcome.into_result()
    }

    /// Uses a refresh token of `client`, which is replaced or stays as its policy says. For who is in memory one
    /// write, or none for a token that stays; else it is read who that is (four reads). A person who is shut out
    /// keeps the token, which works again when they are let in; whatever else refuses leaves the token as it was
    /// too, but for a reuse.
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
        let rotated = client.refresh_policy() == RefreshPolicy::Rotated;
        if rotated {
            needs_time()?;
        }
        let handle = self.handle(HandleKind::Refresh, with.token, issuer)?;
        let known = self.good_holder((&handle.operator, &handle.id), (client, issuer), now);
        let known = known.filter(|one| one.authorization.is_held_by(with.jkt));
        if let Some(holder) = known.as_ref().filter(|one| stays(client, one, (&handle, now))) {
            let scope = granted(client, &holder.authorization, with.wanted)?;
            let given = holder.given(holder.authorization.clone(), scope)?;
            return Ok(Given { refresh: Some(turn_of(&self.signing, &given)), ..given });
        }
        let scope = Scope::new(&handle.operator, Actor::Client(client.id.clone()), now);
        let (client, issuer) = (Arc::clone(client), issuer.to_owned());
        let (wanted, jkt) = (with.wanted.map(str::to_owned), with.jkt.map(str::to_owned));
        let signing = Arc::clone(&self.signing);
        let outcome = self.db.housekeep(&scope, "refresh", move |tx| {
            let holder = known.as_deref().filter(|_| rotated);
            let turned =
                holder.map(|one| sessions::rotate_known(tx, &one.authorization, handle.turn));
            let (found, holder) = match turned.transpose()?.flatten() {
                Some(found) => (found, holder),
                None => match rotate(tx, (&client, &issuer), (&handle, jkt.as_deref()))? {
                    Rotated::Reused => return Ok(Outcome::Replayed),
                    Rotated::Refused => return Ok(Outcome::Refused),
                    Rotated::Turned(found) => (*found, None),
                },
            };
            let scope = granted(&client, &found, wanted.as_deref())?;
            let given = match holder {
                Some(holder) => holder.given(found, scope)?,
                None => given(tx, signing.handles(), (&client, found), scope)?,
            };
            note_new_number(tx, &client, &given)?;
            let refresh = Some(turn_of(&signing, &given));
            Ok(Outcome::Good(Box::new(Given { refresh, ..given })))
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

fn rotate(
    tx: &mut Tx<'_>,
    (client, issuer): (&Client, &str),
    (handle, jkt): (&Handle, Option<&str>),
) -> Result<Rotated> {
    let (client_id, policy) = (client.id.as_str(), client.refresh_policy());
    let whose = Refresher { client_id, issuer, policy, jkt };
    sessions::rotate(tx, (&handle.id, handle.turn), &whose)
}

/// Whether the refresh token `handle` of `holder` stays as it is, and nothing is to be written.
fn stays(client: &Client, holder: &Holder, (handle, now): (&Handle, Instant)) -> bool {
    let Holder { authorization, .. } = holder;
    client.refresh_policy() == RefreshPolicy::Stable
        && authorization.turn == handle.turn
        && authorization.lasts(now)
        && !holder.has_new_number()
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
    within(client, mine, wanted)
}

/// What `client` gets of `mine`: all of it, or the `wanted` part.
///
/// # Errors
/// `request.scope_wider`
pub(super) fn within(client: &Client, mine: String, wanted: Option<&str>) -> Result<String> {
    let Some(wanted) = wanted else { return Ok(mine) };
    if wanted.split(' ').all(|one| mine.split(' ').any(|given| given == one)) {
        return Ok(client.narrow(wanted));
    }
    Err(Error::invalid("request.scope_wider", "scope"))
}

/// Who an authorization is about now, and what of it `client` gets with `scope`.
///
/// # Errors
/// `grant.invalid` — the client has become another; those of [`Holder::given`] and of the guard
pub(super) fn given(
    tx: &mut Tx<'_>,
    handles: &Handles,
    (client, authorization): (&Client, Authorization),
    scope: String,
) -> Result<Given> {
    let holder = Holder::find(tx, handles, (client, authorization))?;
    holder.given(holder.authorization.clone(), scope)
}

/// A household that got another number since the authorization was given is told to the client by
/// another name from now on: the name must lead back when the client asks by it.
fn note_new_number(tx: &mut Tx<'_>, client: &Client, given: &Given) -> Result<()> {
    let member = given.member.as_ref().filter(|one| one.has_new_number(&given.authorization));
    let Some(member) = member else { return Ok(()) };
    let whose = (member.person_id.as_str(), &member.key);
    sessions::note_subjects(tx, &given.subjects, &client.terms.sector, whose)
}

pub(super) fn turn_of(signing: &crate::signing::Signing, given: &Given) -> String {
    let Authorization { id, turn, .. } = &given.authorization;
    signing.handles().write(HandleKind::Refresh, &given.operator, (id, *turn))
}
