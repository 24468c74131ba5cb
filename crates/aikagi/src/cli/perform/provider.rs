//! The server as its clients see it: what it publishes, its token endpoint, its keys.

use std::path::Path;
use std::time::Duration;

use base::kernel::clock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use formats::jose::{self, Algorithm, Audience, Expected, JwkSet, TokenType, VerificationKeys};
use outlets::http::{Allowed, Answer, CallError, Http, Settings};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{Caller, step};
use crate::failure::Failure;
use crate::output;

/// How long a call may take.
const CALL: Duration = Duration::from_secs(20);
/// How far the server's clock may be off, in seconds.
const LEEWAY_SECONDS: i64 = 10;

/// What the server publishes and this client uses. Source: OpenID Connect Discovery 1.0 §3; RFC 8628 §4.
#[derive(Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: Option<String>,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    pub(super) device_authorization_endpoint: Option<String>,
    jwks_uri: String,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// What the token endpoint gives.
#[derive(Deserialize)]
pub(super) struct Tokens {
    access_token: String,
    token_type: String,
    expires_in: Option<i64>,
    scope: Option<String>,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

/// A server, and the client that asks it.
pub(super) struct Provider {
    http: Http,
    pub(super) metadata: Metadata,
    keys: VerificationKeys,
    client: String,
    secret: Option<String>,
    post: bool,
}

/// Why there are no tokens: the words of the protocol.
pub(super) enum Denied {
    /// `error` of RFC 6749 §5.2, RFC 8628 §3.5.
    Said(String),
    /// Something else.
    Failed(Failure),
}

fn called(error: &CallError) -> Failure {
    match error {
        CallError::Forbidden(_) => Failure::usage(error.to_string()),
        CallError::Failed(_) => Failure::Unavailable(error.to_string()),
    }
}

pub(super) fn address(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|error| Failure::usage(format!("{text}: {error}")))
}

fn read_file(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

/// What a server says when it refuses: its two fields and nothing else of the body.
fn refusal(answer: &Answer) -> (String, String) {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name| said.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("error"), text("error_description"))
}

fn read<T: DeserializeOwned>(what: &str, answer: &Answer) -> Result<T, Failure> {
    if answer.status != 200 {
        let (error, description) = refusal(answer);
        let status = answer.status;
        return Err(Failure::refused(format!("{what}: status {status} {error} {description}")));
    }
    let unreadable = |error| Failure::refused(format!("{what} can not be read: {error}"));
    serde_json::from_slice(&answer.body).map_err(unreadable)
}

impl Provider {
    /// Reads what the issuer publishes. It may be on this machine or in one's own network: it was named.
    pub(super) async fn discover(caller: &Caller) -> Result<Self, Failure> {
        let issuer = address(&caller.issuer)?;
        let http = http_to(&issuer, caller)?;
        let issuer = caller.issuer.trim_end_matches('/');
        let found = format!("{issuer}/.well-known/openid-configuration");
        let answer = http.get(&address(&found)?).await.map_err(|error| called(&error))?;
        let metadata: Metadata = read("the discovery document", &answer)?;
        if metadata.issuer != issuer {
            let other = &metadata.issuer;
            return Err(Failure::refused(format!("the issuer is {other}, not {issuer}")));
        }
        step(format!("discovered {found}"));
        let answer =
            http.get(&address(&metadata.jwks_uri)?).await.map_err(|error| called(&error))?;
        let set: JwkSet = read("the key set", &answer)?;
        step(format!("read {} keys of {}", set.keys.len(), metadata.jwks_uri));
        let secret = match &caller.secret_file {
            None => None,
            Some(file) => Some(String::from_utf8_lossy(&read_file(file)?).trim().to_owned()),
        };
        let keys = VerificationKeys::of(&set);
        Ok(Self { http, metadata, keys, client: caller.client.clone(), secret, post: caller.post })
    }

    /// The tokens for a form, or what the server said instead.
    pub(super) async fn tokens(&self, form: &[(&str, &str)]) -> Result<Tokens, Failure> {
        match self.try_tokens(form).await {
            Ok(tokens) => Ok(tokens),
            Err(Denied::Failed(failure)) => Err(failure),
            Err(Denied::Said(error)) => {
                Err(Failure::refused(format!("the token endpoint says {error}")))
            }
        }
    }

    pub(super) async fn try_tokens(&self, form: &[(&str, &str)]) -> Result<Tokens, Denied> {
        let answer =
            self.send(&self.metadata.token_endpoint, form).await.map_err(Denied::Failed)?;
        if answer.status != 200 {
            let (error, description) = refusal(&answer);
            if error.is_empty() {
                let status = answer.status;
                let text = format!("the token endpoint answers {status}");
                return Err(Denied::Failed(Failure::Unavailable(text)));
            }
            step(format!("the token endpoint says {error} {description}"));
            return Err(Denied::Said(error));
        }
        read("the token endpoint", &answer).map_err(Denied::Failed)
    }

    /// A form of this client to an endpoint, whatever comes back.
    async fn send(&self, endpoint: &str, form: &[(&str, &str)]) -> Result<Answer, Failure> {
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        match &self.secret {
            // RFC 6749 §2.3.1: each part is encoded as in a form before it is put into the header.
            Some(secret) if !self.post => {
                let part = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let basic = STANDARD.encode(format!("{}:{}", part(&self.client), part(secret)));
                headers.push(("authorization", format!("Basic {basic}")));
            }
            Some(secret) => {
                body.append_pair("client_id", &self.client).append_pair("client_secret", secret);
            }
            None => {
                body.append_pair("client_id", &self.client);
            }
        }
        let body = body.finish().into_bytes();
        self.http.post(&address(endpoint)?, &headers, body).await.map_err(|error| called(&error))
    }

    /// Asks an endpoint of programs for a JSON answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        (what, endpoint): (&str, &str),
        form: &[(&str, &str)],
    ) -> Result<T, Failure> {
        read(what, &self.send(endpoint, form).await?)
    }

    /// Verifies the ID token, shows what it says, and asks userinfo about the same person.
    ///
    /// Source: OpenID Connect Core 1.0 §3.1.3.7, §5.3.2.
    pub(super) async fn told_person(
        &self,
        tokens: &Tokens,
        nonce: Option<&str>,
    ) -> Result<(), Failure> {
        let Some(token) = &tokens.id_token else {
            step("no ID token came: the scope has no openid");
            return Ok(());
        };
        let named = &self.metadata.id_token_signing_alg_values_supported;
        let algorithms: Vec<Algorithm> =
            named.iter().filter_map(|name| Algorithm::of_name(name)).collect();
        let expected = Expected {
            issuer: &self.metadata.issuer,
            audience: Audience::OneOf(&[&self.client]),
            token_type: TokenType::Optional("JWT"),
            algorithms: &algorithms,
            now: clock::now().ms() / 1000,
            leeway: LEEWAY_SECONDS,
        };
        let claims: Map<String, Value> = jose::verify(token, &self.keys, &expected)
            .map_err(|error| Failure::refused(format!("the ID token is not good: {error}")))?;
        if claims.get("nonce").and_then(Value::as_str) != nonce {
            return Err(Failure::Refused(
                "the ID token answers another request: nonce differs".to_owned(),
            ));
        }
        step("verified the ID token: signature, issuer, audience, times, nonce");
        for (name, value) in &claims {
            output::line(format!("    {name}: {value}"));
        }
        self.same_person(tokens, claims.get("sub")).await
    }

    async fn same_person(&self, tokens: &Tokens, subject: Option<&Value>) -> Result<(), Failure> {
        let Some(endpoint) = &self.metadata.userinfo_endpoint else { return Ok(()) };
        let headers = [("authorization", format!("Bearer {}", tokens.access_token))];
        let answer = self.http.post(&address(endpoint)?, &headers, Vec::new()).await;
        let answer = answer.map_err(|error| called(&error))?;
        if answer.status == 200 && !answer.body.starts_with(b"{") {
            step("userinfo answers, signed");
            return Ok(());
        }
        let said: Map<String, Value> = read("userinfo", &answer)?;
        if said.get("sub") != subject {
            return Err(Failure::Refused("userinfo is about somebody else".to_owned()));
        }
        step("userinfo is about the same person");
        Ok(())
    }
}

fn http_to(issuer: &Url, caller: &Caller) -> Result<Http, Failure> {
    if !["http", "https"].contains(&issuer.scheme()) {
        return Err(Failure::usage(format!("{issuer}: no address of a server")));
    }
    let host = issuer.host_str().unwrap_or_default();
    let port = issuer.port_or_known_default().unwrap_or_default();
    let wrong = |entry| Failure::usage(format!("{entry}: no address of a server"));
    let allowed = Allowed::parse(&[format!("{host}:{port}")]).map_err(wrong)?;
    let trust_roots = match &caller.trust_roots_file {
        None => Vec::new(),
        Some(file) => read_file(file)?,
    };
    Ok(Http::new(Settings { allowed, trust_roots, timeout: CALL })?)
}

/// Says what tokens came, and nothing that could be used.
pub(super) fn told_tokens(tokens: &Tokens) {
    let seconds = tokens.expires_in.map_or(String::new(), |all| format!(", good for {all} s"));
    step(format!("got an access token ({}{seconds})", tokens.token_type));
    if let Some(scope) = &tokens.scope {
        step(format!("its scope is {scope}"));
    }
    if tokens.refresh_token.is_some() {
        step("got a refresh token");
    }
}
