//! The site's dealings with the identity provider: discovery, code for token, may they watch.

use base::kernel::clock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use formats::jose::{self, Algorithm, Audience, Expected, JwkSet, TokenType, VerificationKeys};
use outlets::http::{Answer, Http};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use super::titles::Title;
use super::visits::{Pending, Viewer, Waiting};

/// Why something did not work; shown on the site's error page.
pub(super) type Trouble = String;

/// What the identity provider publishes about itself.
pub(super) struct Known {
    authorization: Url,
    token: Url,
    device: Url,
    evaluation: Url,
    keys: VerificationKeys,
}

/// The identity provider as this site knows it.
pub(in super::super) struct Identity {
    pub(super) http: Http,
    pub(super) issuer: String,
    pub(super) client_id: &'static str,
    pub(super) secret: String,
    pub(super) callback: String,
    pub(super) known: OnceCell<Known>,
    /// The site's own token, and until when it is good (seconds).
    pub(super) token: Mutex<Option<(String, i64)>>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    device_authorization_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct DecisionPoint {
    access_evaluation_endpoint: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    expires_in: i64,
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct IdToken {
    sub: String,
    nonce: Option<String>,
    operator: String,
}

#[derive(Deserialize)]
struct DeviceCode {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
    confirmation_number: String,
}

/// What a television that asked is told.
pub(super) enum Confirmed {
    Yes(Viewer),
    /// To ask again after so many seconds.
    NotYet(i64),
    /// Refused, or too late: it needs a new code.
    Over,
}

/// What was answered to "may they watch".
pub(super) struct Verdict {
    pub(super) allowed: bool,
    /// One sentence for the viewer, with the trace, in Japanese and English.
    pub(super) reasons: Option<(String, String)>,
    pub(super) trace: String,
}

pub(super) fn seconds() -> i64 {
    clock::now().ms() / 1000
}

fn address(text: &str) -> Result<Url, Trouble> {
    Url::parse(text).map_err(|error| format!("{text}: {error}"))
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    if answer.status != 200 {
        let text = String::from_utf8_lossy(&answer.body);
        return Err(format!("status {}: {text}", answer.status));
    }
    serde_json::from_slice(&answer.body).map_err(|error| error.to_string())
}

impl Identity {
    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, Trouble> {
        read(&self.http.get(&address(url)?).await.map_err(|error| error.to_string())?)
    }

    /// What the provider publishes, asked for once.
    async fn known(&self) -> Result<&Known, Trouble> {
        self.known.get_or_try_init(|| self.discover()).await
    }

    async fn discover(&self) -> Result<Known, Trouble> {
        let at = |path: &str| format!("{}/.well-known/{path}", self.issuer);
        let found: Discovery = self.get(&at("openid-configuration")).await?;
        if found.issuer != self.issuer {
            return Err(format!("the issuer is {}, not {}", found.issuer, self.issuer));
        }
        let decisions: DecisionPoint = self.get(&at("authzen-configuration")).await?;
        let keys: JwkSet = self.get(&found.jwks_uri).await?;
        Ok(Known {
            authorization: address(&found.authorization_endpoint)?,
            token: address(&found.token_endpoint)?,
            device: address(&found.device_authorization_endpoint)?,
            evaluation: address(&decisions.access_evaluation_endpoint)?,
            keys: VerificationKeys::of(&keys),
        })
    }

    /// Where to send somebody to sign in.
    pub(super) async fn sign_in_address(&self, pending: &Pending) -> Result<Url, Trouble> {
        let mut url = self.known().await?.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", &self.callback)
            .append_pair("scope", "openid")
            .append_pair("state", &pending.state)
            .append_pair("nonce", &pending.nonce)
            .append_pair("code_challenge", &jose::pkce_s256_challenge(&pending.verifier))
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Who signed in, by the code that came back.
    pub(super) async fn viewer(&self, code: &str, pending: &Pending) -> Result<Viewer, Trouble> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.callback),
            ("code_verifier", &pending.verifier),
        ];
        let known = self.known().await?;
        let tokens: Tokens = read(&self.send(&known.token, &form).await?)?;
        let claims = self.read_id_token(known, tokens)?;
        if claims.nonce.as_ref() != Some(&pending.nonce) {
            return Err("the ID token answers another sign-in".to_owned());
        }
        Ok(Viewer { subject: claims.sub, operator: claims.operator })
    }

    fn read_id_token(&self, known: &Known, tokens: Tokens) -> Result<IdToken, Trouble> {
        let token = tokens.id_token.ok_or("no ID token came back")?;
        let expected = Expected {
            issuer: &self.issuer,
            audience: Audience::OneOf(&[self.client_id]),
            token_type: TokenType::Optional("JWT"),
            algorithms: &[Algorithm::Es256],
            now: seconds(),
            leeway: 5,
        };
        jose::verify(&token, &known.keys, &expected).map_err(|error| error.to_string())
    }

    /// A code for a television, and when it may first ask.
    pub(super) async fn device(&self, id: &str, model: &str) -> Result<Waiting, Trouble> {
        let known = self.known().await?;
        let form = [("scope", "openid"), ("device_id", id), ("device_model", model)];
        let given: DeviceCode = read(&self.send(&known.device, &form).await?)?;
        let until = clock::now().plus_seconds(given.expires_in).rfc3339_jst();
        Ok(Waiting {
            device_code: given.device_code,
            user_code: given.user_code,
            address: given.verification_uri,
            whole_address: given.verification_uri_complete,
            number: given.confirmation_number,
            until: until.get(11..16).unwrap_or_default().to_owned(),
            ask_at: seconds() + given.interval,
            interval: given.interval,
        })
    }

    /// Whether the viewer has confirmed the television.
    pub(super) async fn confirmed(&self, waiting: &Waiting) -> Result<Confirmed, Trouble> {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", waiting.device_code.as_str()),
        ];
        let known = self.known().await?;
        let answer = self.send(&known.token, &form).await?;
        if answer.status == 400 {
            let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Ok(match said.get("error").and_then(Value::as_str) {
                Some("authorization_pending") => Confirmed::NotYet(waiting.interval),
                Some("slow_down") => Confirmed::NotYet(waiting.interval + 5),
                _ => Confirmed::Over,
            });
        }
        let claims = self.read_id_token(known, read(&answer)?)?;
        Ok(Confirmed::Yes(Viewer { subject: claims.sub, operator: claims.operator }))
    }

    async fn send(&self, url: &Url, form: &[(&str, &str)]) -> Result<Answer, Trouble> {
        let basic = STANDARD.encode(format!("{}:{}", self.client_id, self.secret));
        let headers = [
            ("authorization", format!("Basic {basic}")),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = self.http.post(url, &headers, body.into_bytes()).await;
        answer.map_err(|error| error.to_string())
    }

    /// The site's own token, a new one shortly before the old one ends.
    async fn own_token(&self) -> Result<String, Trouble> {
        let mut kept = self.token.lock().await;
        if let Some((token, until)) = kept.as_ref().filter(|(_, until)| *until > seconds() + 10) {
            let _still_good = until;
            return Ok(token.clone());
        }
        let form = [("grant_type", "client_credentials"), ("scope", "decisions")];
        let url = &self.known().await?.token;
        let tokens: Tokens = read(&self.send(url, &form).await?)?;
        *kept = Some((tokens.access_token.clone(), seconds() + tokens.expires_in));
        Ok(tokens.access_token)
    }

    /// May this viewer watch this title now?
    pub(super) async fn may_watch(
        &self,
        viewer: &Viewer,
        title: &Title,
    ) -> Result<Verdict, Trouble> {
        let properties = title.rating.map_or(json!({}), |rating| json!({ "rating": rating }));
        let question = json!({
            "subject": {
                "type": "person",
                "id": viewer.subject,
                "properties": { "operator": viewer.operator },
            },
            "action": { "name": "view" },
            "resource": { "type": title.kind, "id": title.id, "properties": properties },
        });
        let headers = [
            ("authorization", format!("Bearer {}", self.own_token().await?)),
            ("content-type", "application/json".to_owned()),
        ];
        let url = &self.known().await?.evaluation;
        let body = question.to_string().into_bytes();
        let answer =
            self.http.post(url, &headers, body).await.map_err(|error| error.to_string())?;
        if answer.status == 401 {
            *self.token.lock().await = None;
        }
        let answer: Value = read(&answer)?;
        let text = |path: &str| answer.pointer(path).and_then(Value::as_str).map(str::to_owned);
        Ok(Verdict {
            allowed: answer.get("decision").and_then(Value::as_bool).unwrap_or(false),
            reasons: text("/context/reason_user/ja").zip(text("/context/reason_user/en")),
            trace: text("/context/trace").unwrap_or_default(),
        })
    }
}
