//! Minting and verifying access tokens.

use std::borrow::Cow;
use std::sync::Arc;

use base::kernel::{Error, Instant, Result, clock, ids};
use formats::jose::{self, Algorithm, Audience, Expected, TokenType};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clients::{Client, ClientKind, Clients, Snapshot};
use crate::signing::{Issuer, Ring, Signing};

use super::sender::{Confirmation, Scheme, Shown};

/// How long an access token lives.
pub const ACCESS_SECONDS: i64 = 600;
/// Verified tokens kept in memory: a calling service has one alive, or a few.
const KEPT: usize = 16_384;
/// How long a token of who is at home is good, if nothing ends it. Source: brief tve §8.1.
pub const HOME_SECONDS: i64 = 24 * 3600;
/// What such a token says of how it was come by.
const HOME: &str = "home";
/// What the token of a device says that stands for a whole household: nobody signed in who uses it, and nobody proved
/// to be at home. Never in a token of a person.
pub const HOUSEHOLD: &str = "household";
const TYPE: &str = "at+jwt";

/// What an access token says. Source: RFC 9068 §2.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer's address.
    pub iss: String,
    /// The person's pairwise subject, or the client's own id.
    pub sub: String,
    /// The issuer too, or its admin API: our own endpoints are the only readers.
    pub aud: String,
    /// Who may use it.
    pub client_id: String,
    /// What for, separated by spaces.
    pub scope: String,
    /// Made, seconds since 1970.
    pub iat: i64,
    /// Good until, seconds since 1970.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
    /// The operator the person belongs to; absent in a client's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The authorization it came from; absent in a client's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// Who acts for that person; absent where they act themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Acting>,
    /// `home` in a token that a set-top box was given for its household, and nobody of it; `household` in one of a device
    /// that was let in for the whole household; absent in all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// With `home`: signed in by being at home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hba: Option<bool>,
    /// What who shows it has to hold; absent in a token that is good for whoever has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// Somebody who acts for somebody else. Source: RFC 8693 §4.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    /// Their pairwise subject.
    pub sub: String,
    /// The authorization they do it by: when it is over, so is what they may do for others.
    pub grant: String,
}

impl AccessClaims {
    /// Whether it speaks for a household by its box, and for no person. Its `grant` is no authorization's then.
    #[must_use]
    pub fn is_home(&self) -> bool {
        self.acr.as_deref() == Some(HOME)
    }

    /// Whether it is good for `scope`.
    fn allows(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|one| one == scope)
    }
}

/// Whom a token speaks for: a person, or the household of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnBehalfOf<'p> {
    /// The pairwise subject.
    pub subject: &'p str,
    /// The person's operator.
    pub operator: &'p str,
    /// The authorization; of a household, what its box is let in by.
    pub grant: &'p str,
}

/// By what somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// They signed in.
    SignIn,
    /// They are at home: a household by its box, for [`HOME_SECONDS`].
    Home,
    /// A household by a device that its owner let in for all of it.
    Household,
}

impl By {
    const fn acr(self) -> Option<&'static str> {
        match self {
            Self::SignIn => None,
            Self::Home => Some(HOME),
            Self::Household => Some(HOUSEHOLD),
        }
    }
}

/// What a token is to be.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What for, separated by spaces.
    pub scope: &'a str,
    /// The person it speaks for; `None`: the client itself.
    pub behalf: Option<OnBehalfOf<'a>>,
    /// By what that person is there.
    pub by: By,
    /// Who acts for that person, and until when at most, in seconds since 1970.
    pub acting: Option<(&'a Acting, i64)>,
    /// What it is bound to.
    pub cnf: Option<&'a Confirmation>,
}

impl<'a> Asked<'a> {
    /// A client's own token, bound to nothing.
    #[must_use]
    pub const fn own(scope: &'a str) -> Self {
        Self { scope, behalf: None, by: By::SignIn, acting: None, cnf: None }
    }
}

/// A token that was verified, and the client it belongs to.
#[derive(Clone)]
pub struct Verified {
    /// What it says.
    pub claims: Arc<AccessClaims>,
    /// Whose it is; read within the last second.
    pub client: Arc<Client>,
    snapshot: Snapshot,
}

impl Verified {
    /// Whether it is good for `scope`: it says so, and the client may still have that.
    #[must_use]
    pub fn allows(&self, scope: &str) -> bool {
        self.claims.allows(scope) && self.client.may_have_scope(scope)
    }
}

/// What the tokens of clients of `kind` are good for at `issuer`, and the only thing they are good for.
fn audience(issuer: &Issuer, kind: ClientKind) -> Cow<'_, str> {
    match kind {
        ClientKind::Service | ClientKind::Sms => issuer.url().into(),
        ClientKind::Admin => issuer.admin_api().into(),
    }
}

/// Whether what `client` names as the resource of a token it asks for at `issuer` is what its tokens are good for.
/// A program that administers has to name it, in the very characters.
///
/// Source: RFC 8707 §2.
#[must_use]
pub fn is_resource(issuer: &Issuer, client: &Client, named: Option<&str>) -> bool {
    match client.terms.kind {
        ClientKind::Service | ClientKind::Sms => {
            named.is_none_or(|named| issuer.is_resource(named))
        }
        ClientKind::Admin => named == Some(issuer.admin_api().as_str()),
    }
}

/// Mints and verifies access tokens. One for the process.
pub struct AccessTokens {
    pub(super) signing: Arc<Signing>,
    pub(super) clients: Arc<Clients>,
    kept: Cache<[u8; 32], Verified>,
}

pub(super) const INVALID: Error = Error::Unauthenticated { code: "token.invalid" };

impl AccessTokens {
    /// With the keys of `signing` and the clients of `clients`.
    #[must_use]
    pub fn new(signing: Arc<Signing>, clients: Arc<Clients>) -> Arc<Self> {
        Arc::new(Self { signing, clients, kept: Cache::new(KEPT) })
    }

    /// A token for `client`, for itself or for a person. Signs with the issuer's key, which
    /// the caller has at hand before anything is spent for the token.
    ///
    /// # Errors
    /// `dpop.proof_missing` — the client gets bound ones only; `internal` when it can not be signed.
    pub fn mint(
        &self,
        (issuer, ring): (&Issuer, &Ring),
        client: &Client,
        asked: &Asked<'_>,
        now: Instant,
    ) -> Result<String> {
        client.check_bound(asked.cnf.map(Confirmation::jkt))?;
        let seconds = now.ms() / 1000;
        let home = asked.by == By::Home;
        let whole = seconds + if home { HOME_SECONDS } else { ACCESS_SECONDS };
        let behalf = asked.behalf;
        let claims = AccessClaims {
            iss: issuer.url().to_owned(),
            sub: behalf.map_or(client.id.as_str(), |person| person.subject).to_owned(),
            aud: audience(issuer, client.terms.kind).into_owned(),
            client_id: client.id.clone(),
            scope: asked.scope.to_owned(),
            iat: seconds,
            exp: asked.acting.map_or(whole, |(_, until)| until.min(whole)),
            jti: ids::new_id("tok", now),
            operator: behalf.map(|person| person.operator.to_owned()),
            grant: behalf.map(|person| person.grant.to_owned()),
            act: asked.acting.map(|(acting, _)| acting.clone()),
            acr: asked.by.acr().map(str::to_owned),
            hba: home.then_some(true),
            cnf: asked.cnf.cloned(),
        };
        ring.signer(now)?.sign(TYPE, &claims).map_err(Error::internal)
    }

    /// What a token of `issuer` says, whoever holds it, if it is genuine, alive, and its client still enabled. The
    /// signature is verified once; later calls cost one hash.
    ///
    /// Consequence: a client switched off is refused within a second; a person's token still has to
    /// be held against its authorization by who reads it.
    ///
    /// # Errors
    /// `token.invalid` for every failure alike.
    ///
    /// Source: RFC 9068 §4.
    pub fn verify(&self, issuer: &Issuer, token: &str) -> Result<Verified> {
        self.verify_for((issuer, issuer.url()), token)
    }

    /// The same of a token that is for `audience`.
    pub(super) fn verify_for(
        &self,
        (issuer, audience): (&Issuer, &str),
        token: &str,
    ) -> Result<Verified> {
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now = clock::now();
        if let Some(known) = self.known((issuer, audience), &key, now) {
            return Ok(known);
        }
        let verified = self.verify_afresh((issuer, audience), token, now);
        match &verified {
            Ok(verified) => self.kept.insert(key, verified.clone()),
            Err(_) => drop(self.kept.remove(&key)),
        }
        verified
    }

    fn known(
        &self,
        (issuer, audience): (&Issuer, &str),
        key: &[u8; 32],
        now: Instant,
    ) -> Option<Verified> {
        let known = self.kept.get(key)?;
        let alive = known.claims.exp > now.ms() / 1000;
        let for_us = known.claims.iss == issuer.url() && known.claims.aud == audience;
        (alive && for_us && self.clients.is_current(&known.snapshot)).then_some(known)
    }

    fn verify_afresh(
        &self,
        (issuer, audience): (&Issuer, &str),
        token: &str,
        now: Instant,
    ) -> Result<Verified> {
        let expected = Expected {
            issuer: issuer.url(),
            audience: Audience::OneOf(&[audience]),
            token_type: TokenType::Required(TYPE),
            algorithms: &[Algorithm::Es256],
            now: now.ms() / 1000,
            leeway: 0,
        };
        let ring = self.signing.ring(issuer.operator())?;
        let claims: AccessClaims =
            jose::verify(token, ring.verifiers(), &expected).map_err(|error| {
                tracing::debug!(%error, "access token refused");
                INVALID
            })?;
        let found = self.clients.find(issuer.operator(), &claims.client_id)?.ok_or(INVALID)?;
        let client = Arc::clone(&found.client);
        Ok(Verified { claims: Arc::new(claims), client, snapshot: found })
    }

    /// The client behind a token that is good for `scope` and of `kind`: the guard of the endpoints
    /// that programs call with their own token. Those of programs that administer take tokens for the admin API
    /// and no other; all others never do.
    ///
    /// # Errors
    /// Those of [`AccessTokens::verify_shown`]; `token.scope_missing` when it is good for other things only.
    pub fn client_for(
        &self,
        issuer: &Issuer,
        shown: &Shown<'_>,
        (kind, scope): (ClientKind, &str),
    ) -> Result<Verified> {
        let audience = audience(issuer, kind);
        verified_for(self.shown_for((issuer, &audience), shown)?, (kind, scope))
    }

    /// As [`AccessTokens::client_for`], if the token is bound to nothing, was verified before and its client
    /// was read within the last second: never waits. `None` says nothing about the token.
    #[must_use]
    pub fn client_from_memory(
        &self,
        issuer: &Issuer,
        shown: &Shown<'_>,
        wanted: (ClientKind, &str),
    ) -> Option<Result<Verified>> {
        if shown.scheme != Scheme::Bearer {
            return None;
        }
        let key: [u8; 32] = Sha256::digest(shown.token.as_bytes()).into();
        let audience = audience(issuer, wanted.0);
        let known = self.known((issuer, &audience), &key, clock::now())?;
        known.claims.cnf.is_none().then(|| verified_for(known, wanted))
    }
}

fn verified_for(verified: Verified, (kind, scope): (ClientKind, &str)) -> Result<Verified> {
    if verified.claims.grant.is_some() || verified.client.terms.kind != kind {
        return Err(INVALID);
    }
    if !verified.allows(scope) {
        return Err(Error::Forbidden { code: "token.scope_missing" });
    }
    Ok(verified)
}
