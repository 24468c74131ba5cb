//! The one HTTP client: no private addresses, no redirects, bounded answers, bounded time.
//!
//! A name is resolved by us, its addresses are checked, and the connection goes to one that was
//! checked, so that an answer of the name server can not change between check and use.

mod guard;
mod resolver;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base::kernel::{Error, Result};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use url::Url;

pub use guard::{Allowed, is_public, never_allowed};
use resolver::Guarded;

use crate::said;

/// Most bytes of an answer that are read.
const ANSWER: usize = 1 << 20;

/// How calls are made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Private destinations that may be called all the same.
    pub allowed: Allowed,
    /// Certificate authorities trusted besides the machine's, PEM; may be empty.
    pub trust_roots: Vec<u8>,
    /// How long a call may take, from the name to the last byte.
    pub timeout: Duration,
}

/// What the other side answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer. The texts name hosts, never paths, parameters or bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// We do not call this: a private address, plain HTTP, no web address.
    Forbidden(String),
    /// It did not answer, or not in the time or size it has.
    Failed(String),
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Forbidden(why) => write!(f, "not called: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

impl std::error::Error for CallError {}

struct Clients {
    /// For everything: the resolver leaves only addresses that may be called.
    guarded: Client,
    /// For `host:port` on the list of private destinations.
    named: Client,
}

/// The client. Cheap to clone; connections are kept and shared.
#[derive(Clone)]
pub struct Http {
    allowed: Arc<Allowed>,
    roots: Arc<Vec<Certificate>>,
    timeout: Duration,
    clients: Arc<OnceLock<Option<Clients>>>,
}

impl Http {
    /// A client; connections and the machine's certificates come with the first call.
    ///
    /// # Errors
    /// `config.trust_roots` — the extra certificates are not PEM.
    pub fn new(settings: Settings) -> Result<Self> {
        let malformed = |_| Error::invalid("config.trust_roots", "outgoing.trust_roots_file");
        let roots = Certificate::from_pem_bundle(&settings.trust_roots).map_err(malformed)?;
        if roots.is_empty() && !settings.trust_roots.is_empty() {
            return Err(Error::invalid("config.trust_roots", "outgoing.trust_roots_file"));
        }
        Ok(Self {
            allowed: Arc::new(settings.allowed),
            roots: Arc::new(roots),
            timeout: settings.timeout,
            clients: Arc::new(OnceLock::new()),
        })
    }

    /// Sends `body` to `url` by POST.
    ///
    /// # Errors
    /// [`CallError`]; any HTTP status is an answer.
    pub async fn post(
        &self,
        url: &Url,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> std::result::Result<Answer, CallError> {
        let mut request = self.client_for(url)?.post(url.clone()).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        read(request.send().await.map_err(|error| failed(&error))?).await
    }

    /// Asks for what is at `url`, by GET.
    ///
    /// # Errors
    /// [`CallError`]; any HTTP status is an answer.
    pub async fn get(&self, url: &Url) -> std::result::Result<Answer, CallError> {
        let request = self.client_for(url)?.get(url.clone());
        read(request.send().await.map_err(|error| failed(&error))?).await
    }

    fn client_for(&self, url: &Url) -> std::result::Result<&Client, CallError> {
        let forbidden = |why: &str| CallError::Forbidden(why.to_owned());
        let host = url.host().ok_or_else(|| forbidden("no host"))?;
        let port = url.port_or_known_default().ok_or_else(|| forbidden("no port"))?;
        let clients = self
            .clients
            .get_or_init(|| self.build())
            .as_ref()
            .ok_or_else(|| CallError::Failed("the TLS client can not be set up".to_owned()))?;
        if self.allowed.names(&host.to_string(), port) {
            return Ok(&clients.named);
        }
        if url.scheme() != "https" {
            return Err(forbidden("plain HTTP"));
        }
        // An address written as such never reaches the resolver.
        if let Some(address) = guard::literal(&host)
            && !self.allowed.may_call(address)
        {
            return Err(forbidden("not a public address"));
        }
        Ok(&clients.guarded)
    }

    fn build(&self) -> Option<Clients> {
        // Somebody else in this process may have chosen the same provider before.
        let _chosen = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = |by_name| {
            let resolver = Guarded { allowed: Arc::clone(&self.allowed), by_name };
            self.client(|builder| builder.dns_resolver(resolver.clone()))
        };
        Some(Clients { guarded: client(false)?, named: client(true)? })
    }

    fn client(
        &self,
        finish: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Option<Client> {
        #[expect(clippy::disallowed_methods, reason = "the one place that makes clients")]
        let basic = || {
            Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .timeout(self.timeout)
                .connect_timeout(self.timeout)
                .pool_idle_timeout(Duration::from_secs(30))
                .user_agent(concat!("Aikagi/", env!("CARGO_PKG_VERSION")))
        };
        let roots = || self.roots.iter().cloned();
        let usual = finish(basic().tls_certs_merge(roots())).build();
        // A machine without certificate authorities of its own still has ours.
        let built = usual.or_else(|error| {
            tracing::warn!(%error, "the machine has no certificate authorities");
            finish(basic().tls_certs_only(roots())).build()
        });
        built.inspect_err(|error| tracing::error!(%error, "no HTTP client")).ok()
    }
}

async fn read(mut response: reqwest::Response) -> std::result::Result<Answer, CallError> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > ANSWER {
            return Err(CallError::Failed(said::TOO_LARGE.to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

/// The innermost cause says what happened; the outer ones repeat the address.
fn failed(error: &reqwest::Error) -> CallError {
    let timed_out = error.is_timeout();
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let cause = cause.to_string();
    match cause.as_str() {
        said::NOT_PUBLIC => CallError::Forbidden(cause),
        _ if timed_out => CallError::Failed(said::NO_ANSWER.to_owned()),
        _ => CallError::Failed(cause),
    }
}
