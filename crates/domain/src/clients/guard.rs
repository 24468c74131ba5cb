//! The one guard of all endpoints that programs call.

use std::sync::Arc;

use base::kernel::{Error, Instant, Result, Scope, clock};
use base::store::{Db, Epoch, needs_time};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use formats::certificate::Named;
use formats::jose::{self, Audience, Expected, TokenType};
use quick_cache::sync::Cache;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::put::is_client_id;
use super::repo;
use super::terms::{AuthMethod, Client, Proof};

/// Clients kept in memory.
const KEPT: usize = 4096;
/// A client is read again after this long: a client switched off elsewhere is off within a second.
const FRESH_MS: i64 = 1000;
/// An assertion is good for at most this long after it was made.
pub(crate) const ASSERTION_SECONDS: i64 = 300;
/// How far the clocks of clients may be off, in seconds.
pub(crate) const LEEWAY_SECONDS: i64 = 10;

/// What a program came with.
#[derive(Clone, PartialEq, Eq)]
pub enum Presented {
    /// Its name only (a public client).
    Nothing {
        /// `client_id`.
        id: String,
    },
    /// A secret in the Authorization header.
    Basic {
        /// `client_id`.
        id: String,
        /// The secret.
        secret: String,
    },
    /// A secret in the form.
    Post {
        /// `client_id`.
        id: String,
        /// The secret.
        secret: String,
    },
    /// Its name, over a connection made with this certificate.
    Certificate {
        /// `client_id`.
        id: String,
        /// Whose the certificate says it is.
        named: Arc<Named>,
    },
    /// A signed token (`client_assertion`, RFC 7523).
    Assertion {
        /// The token.
        token: String,
        /// `client_id`, if it was sent beside it.
        id: Option<String>,
    },
}

impl Presented {
    /// Whether a client registered for `method` may come so. Who proves nothing may come over any connection.
    fn fits(&self, method: AuthMethod) -> bool {
        let named = matches!(self, Self::Certificate { .. });
        self.method() == method || (named && method == AuthMethod::None)
    }

    const fn method(&self) -> AuthMethod {
        match self {
            Self::Nothing { .. } => AuthMethod::None,
            Self::Basic { .. } => AuthMethod::ClientSecretBasic,
            Self::Post { .. } => AuthMethod::ClientSecretPost,
            Self::Certificate { .. } => AuthMethod::TlsClientAuth,
            Self::Assertion { .. } => AuthMethod::PrivateKeyJwt,
        }
    }

    /// Who it says it is; for an assertion, what the token says before it is verified.
    fn id(&self) -> Option<String> {
        match self {
            Self::Nothing { id }
            | Self::Basic { id, .. }
            | Self::Post { id, .. }
            | Self::Certificate { id, .. } => Some(id.clone()),
            Self::Assertion { token, id } => {
                let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
                let claims: Assertion = serde_json::from_slice(&payload).ok()?;
                id.as_ref().is_none_or(|id| *id == claims.sub).then_some(claims.sub)
            }
        }
    }
}

#[derive(Deserialize)]
struct Assertion {
    sub: String,
    #[serde(default)]
    jti: String,
    exp: i64,
    iat: Option<i64>,
}

impl Assertion {
    /// Until when it is good, in seconds since 1970: its own end, and no later than five minutes after it
    /// was made. Libraries that give each an hour are served so (Authlib does), and what is spent need
    /// not be remembered for that hour. One that does not say when it was made ends within five minutes.
    fn end(&self, now: i64) -> Option<i64> {
        let end =
            self.iat.map_or(self.exp, |made| self.exp.min(made.saturating_add(ASSERTION_SECONDS)));
        let fits = now - LEEWAY_SECONDS..=now + ASSERTION_SECONDS + LEEWAY_SECONDS;
        fits.contains(&end).then_some(end)
    }
}

/// A client as it was read, and when.
#[derive(Clone)]
pub struct Snapshot {
    /// The client; enabled.
    pub client: Arc<Client>,
    epoch: u64,
    read: Instant,
}

/// Finds and authenticates clients, keeping them in memory for at most a second.
pub struct Clients {
    pub(crate) db: Db,
    epoch: Arc<Epoch>,
    kept: Cache<(String, String), Snapshot>,
}

const NOT_AUTHENTICATED: Error = Error::Unauthenticated { code: "client.not_authenticated" };

impl Clients {
    /// Over `db`.
    #[must_use]
    pub fn new(db: &Db) -> Arc<Self> {
        Arc::new(Self { db: db.clone(), epoch: Epoch::watch(db), kept: Cache::new(KEPT) })
    }

    /// The client `id` of `operator` (or of all operators), if there is one and it is enabled. May
    /// read the database: call it outside of transactions.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn find(&self, operator: &str, id: &str) -> Result<Option<Snapshot>> {
        // What can be no client's name is not looked for: it may hold what the database refuses.
        if !is_client_id(id) {
            return Ok(None);
        }
        let key = (operator.to_owned(), id.to_owned());
        if let Some(known) = self.kept.get(&key).filter(|known| self.is_current(known)) {
            return Ok(Some(known));
        }
        let (epoch, read) = (self.epoch.count(), clock::now());
        let scope = Scope::new(operator, base::kernel::Actor::Anonymous, read);
        let found = self.db.read(&scope, |tx| repo::find(tx, id))?;
        let Some(client) = found.filter(|client| client.terms.enabled) else {
            self.kept.remove(&key);
            return Ok(None);
        };
        let snapshot = Snapshot { client: Arc::new(client), epoch, read };
        self.kept.insert(key, snapshot.clone());
        Ok(Some(snapshot))
    }

    /// Whether a snapshot may still be relied on.
    #[must_use]
    pub fn is_current(&self, snapshot: &Snapshot) -> bool {
        snapshot.epoch == self.epoch.count() && snapshot.read.ms() + FRESH_MS > clock::now().ms()
    }

    /// The client that proves to be who it says, by the one method it is registered with.
    /// `audiences`: what an assertion may be addressed to: the issuer first, then the token endpoint.
    ///
    /// Consequence: an assertion is spent here, whatever becomes of the request.
    ///
    /// # Errors
    /// `client.not_authenticated` for every failure alike: unknown, disabled, wrong proof or method.
    ///
    /// Source: RFC 6749 §2.3, §3.2.1; RFC 7523 §3; OpenID Connect Core §9.
    pub fn authenticate(
        &self,
        scope: &Scope,
        presented: &Presented,
        audiences: &[&str],
    ) -> Result<Arc<Client>> {
        let id = presented.id().ok_or(NOT_AUTHENTICATED)?;
        let found = self.find(scope.operator(), &id)?.ok_or(NOT_AUTHENTICATED)?;
        let client = found.client;
        if !presented.fits(client.terms.method) {
            tracing::info!(client = %client.id, "client came with another method than registered");
            return Err(NOT_AUTHENTICATED);
        }
        match presented {
            Presented::Nothing { .. } => {}
            Presented::Certificate { named, .. } => check_certificate(&client, named)?,
            Presented::Basic { secret, .. } | Presented::Post { secret, .. } => {
                check_secret(&client, secret)?;
            }
            Presented::Assertion { token, .. } => {
                self.check_assertion(scope, &client, (token, audiences))?;
            }
        }
        Ok(client)
    }

    fn check_assertion(
        &self,
        scope: &Scope,
        client: &Client,
        (token, audiences): (&str, &[&str]),
    ) -> Result<()> {
        let keys = client.keys.as_ref().ok_or(NOT_AUTHENTICATED)?;
        needs_time()?;
        let now = scope.now();
        let expected = Expected {
            issuer: &client.id,
            audience: Audience::OneOf(client.addressed(audiences)),
            token_type: TokenType::Optional("JWT"),
            algorithms: client.signs_with(),
            now: now.ms() / 1000,
            leeway: LEEWAY_SECONDS,
        };
        let claims: Assertion = jose::verify(token, keys, &expected).map_err(|error| {
            tracing::info!(client = %client.id, %error, "client assertion refused");
            NOT_AUTHENTICATED
        })?;
        let end = claims.end(expected.now).ok_or(NOT_AUTHENTICATED)?;
        if claims.sub != client.id || claims.jti.is_empty() {
            return Err(NOT_AUTHENTICATED);
        }
        let (id, spent) = (client.id.clone(), hex::encode(Sha256::digest(claims.jti.as_bytes())));
        let expires = Instant::from_ms((end + LEEWAY_SECONDS + 1).saturating_mul(1000));
        // By the client's own operator: one that serves all operators spends it at all of them.
        let own = Scope::new(&client.operator, base::kernel::Actor::Anonymous, now);
        let fresh = self.db.housekeep(&own, "client-assertion", move |tx| {
            repo::spend_assertion(tx, (&id, &spent), expires)
        })?;
        if fresh { Ok(()) } else { Err(NOT_AUTHENTICATED) }
    }
}

fn check_certificate(client: &Client, named: &Named) -> Result<()> {
    let proves = client.terms.method == AuthMethod::TlsClientAuth;
    if !proves || client.terms.profile.certificate.is_in(named) {
        return Ok(());
    }
    tracing::info!(client = %client.id, "client certificate names somebody else");
    Err(NOT_AUTHENTICATED)
}

/// Hashes are compared in constant time, so that the time tells nothing about how much was right.
fn check_secret(client: &Client, secret: &str) -> Result<()> {
    let Proof::Secret(Some(kept)) = &client.terms.proof else { return Err(NOT_AUTHENTICATED) };
    let shown = hex::encode(Sha256::digest(secret.as_bytes()));
    if bool::from(shown.as_bytes().ct_eq(kept.as_bytes())) {
        Ok(())
    } else {
        Err(NOT_AUTHENTICATED)
    }
}
