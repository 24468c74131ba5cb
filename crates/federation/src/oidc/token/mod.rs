//! `POST …/token`: one table of grants, a file each.
//!
//! Source: RFC 6749 §4.1.3, §4.4, §5, §6; OpenID Connect Core §3.1.3, §12; RFC 8707 §2.2; RFC 8693; RFC 9449 §5.

mod code;
mod device;
mod exchange;
mod home;
mod own;
mod refresh;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::Instant;
use base::store::needs_time;
use domain::clients::{AuthMethod, Client, Grant};
use domain::sessions::Lasting;
use domain::signin::{Given, Holding};
use domain::signing::{Issuer, Ring};
use domain::tokens::{ACCESS_SECONDS, Asked, By, Confirmation, OnBehalfOf, is_resource};
use formats::jose::SigningAlgorithm;
use formats::oauth::Parameters;
use http::header::{CACHE_CONTROL, PRAGMA};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use web::access::Acted;
use web::place::Place;
use web::{at_once, current};

use super::Provider;
use super::answers::TokenRefusal;
use super::claims::{Moment, id_token};
use super::programs::{Program, known};

#[derive(Serialize)]
struct Tokens {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// For operators that have it.
pub(super) const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// For operators that have it.
pub(super) const HOME: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Every grant: its name in the protocol, what a client must be allowed, and who answers it.
const GRANTS: &[(&str, Grant, Answerer)] = &[
    ("authorization_code", Grant::AuthorizationCode, code::answer),
    ("refresh_token", Grant::RefreshToken, refresh::answer),
    ("client_credentials", Grant::ClientCredentials, own::answer),
    ("urn:ietf:params:oauth:grant-type:device_code", Grant::DeviceCode, device::answer),
    (EXCHANGE, Grant::TokenExchange, exchange::answer),
    (HOME, Grant::JwtBearer, home::answer),
];

/// What all grants are called.
pub(super) fn grants() -> impl Iterator<Item = &'static str> {
    GRANTS.iter().map(|(name, ..)| *name)
}

/// The grant a name of the protocol stands for.
pub(super) fn grant_named(name: &str) -> Option<Grant> {
    GRANTS.iter().find(|(known, ..)| *known == name).map(|(_, grant, _)| *grant)
}

/// What a grant is called in the protocol.
pub(super) fn name_of_grant(grant: Grant) -> Option<&'static str> {
    GRANTS.iter().find(|(_, known, _)| *known == grant).map(|(name, ..)| *name)
}

type Answerer = fn(&Asking<'_>) -> Answer;

type Answer = std::result::Result<Tokens, TokenRefusal>;

/// A client that proved itself, and what it asks for.
struct Asking<'a> {
    provider: &'a Provider,
    issuer: Issuer,
    /// Read before anything is spent: who can not be answered keeps code and token.
    ring: Arc<Ring>,
    client: Arc<Client>,
    form: Parameters<'a>,
    /// What the tokens are bound to: the key the client showed to hold.
    cnf: Option<Confirmation>,
    now: Instant,
}

/// The endpoint.
pub(super) async fn answer(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let worked = at_once(move || Ok(work(&provider, &place, (&headers, &body)))).await;
    let (answer, client) = match worked.map_err(TokenRefusal::from).and_then(|inner| inner) {
        Ok(both) => both,
        Err(refusal) => return refusal.into_response(),
    };
    // Anybody can give the name of a client that proves nothing: with a refusal it is nobody's.
    let known = answer.is_ok() || client.terms.method != AuthMethod::None;
    let mut response = answer.map_or_else(TokenRefusal::into_response, told);
    if known {
        response.extensions_mut().insert(Acted(format!("client:{}", client.id).into()));
    }
    response
}

fn told(tokens: Tokens) -> Response {
    let mut response = Json(tokens).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn work(
    provider: &Provider,
    place: &Place,
    (headers, body): (&HeaderMap, &[u8]),
) -> std::result::Result<(Answer, Arc<Client>), TokenRefusal> {
    let program = known(provider, place, (headers, body))?;
    let Program { issuer, client, form, now } = program;
    let caller = Arc::clone(&client);
    let algorithm = client.terms.profile.id_token_signed_response_alg;
    let ring = provider.signing.ring_with(issuer.operator(), algorithm)?;
    ring.signer(now)?;
    let jkt = match current::get().proof() {
        Some(proof) => {
            let proven = provider.tokens.proven_key((&issuer, &client), &proof, None);
            Some(web::proven(&provider.tokens, &issuer, proven)?)
        }
        None => None,
    };
    client.check_bound(jkt.as_deref())?;
    let cnf = jkt.map(Confirmation::Key);
    let asking = Asking { provider, issuer, ring, client, form, cnf, now };
    Ok((asking.tokens(), caller))
}

impl Asking<'_> {
    fn tokens(&self) -> Answer {
        let wanted = self.require("grant_type")?;
        let known = GRANTS.iter().find(|(name, ..)| *name == wanted);
        let Some((_, grant, answer)) = known else {
            let code = "request.grant_type_unknown";
            return Err(TokenRefusal::request("unsupported_grant_type", code));
        };
        if matches!(grant, Grant::AuthorizationCode | Grant::DeviceCode) {
            needs_time()?;
        }
        if !self.client.may(*grant) {
            return Err(TokenRefusal::request("unauthorized_client", "client.grant_not_allowed"));
        }
        // Before anything is spent: who names another resource would get a token that is worth nothing there.
        if !is_resource(&self.issuer, &self.client, self.form.get("resource")) {
            return Err(TokenRefusal::request("invalid_target", "request.resource_unknown"));
        }
        answer(self)
    }

    fn require(&self, name: &'static str) -> std::result::Result<&str, TokenRefusal> {
        self.form.require(name).map_err(|_| TokenRefusal::missing())
    }

    fn holding(&self) -> Holding<'_> {
        let lasts = self.client.may(Grant::RefreshToken);
        let lasting = if lasts { Lasting::Refreshed } else { Lasting::Once };
        Holding { lasting, jkt: self.jkt() }
    }

    fn jkt(&self) -> Option<&str> {
        self.cnf.as_ref().map(Confirmation::jkt)
    }

    fn token_type(&self) -> &'static str {
        Confirmation::token_type(self.cnf.as_ref())
    }

    fn personal(&self, given: Given, moment: Moment) -> Answer {
        let behalf = OnBehalfOf {
            subject: &given.subjects.person,
            operator: &given.operator,
            grant: &given.authorization.id,
        };
        let (provider, now, scope) = (self.provider, self.now, given.scope.as_str());
        if self.client.terms.profile.id_token_signed_response_alg == SigningAlgorithm::Rs256 {
            needs_time()?;
        }
        let keys = (&self.issuer, self.ring.as_ref());
        let cnf = self.cnf.as_ref();
        let by = if given.member.is_some() { By::SignIn } else { By::Household };
        let asked = Asked { scope, behalf: Some(behalf), by, acting: None, cnf };
        let access_token = provider.tokens.mint(keys, &self.client, &asked, now)?;
        let signer = (provider.signing.handles(), &self.issuer, self.ring.as_ref());
        // Nobody signed in where a device stands for a whole household.
        let member = given.member.as_ref().filter(|_| scope.split(' ').any(|one| one == "openid"));
        let about = member.map(|member| (&given, member, self.client.as_ref()));
        let id_token =
            about.map(|about| id_token(signer, about, (&access_token, moment), now)).transpose()?;
        Ok(Tokens {
            access_token,
            issued_token_type: None,
            token_type: self.token_type(),
            expires_in: ACCESS_SECONDS,
            scope: scope.to_owned(),
            refresh_token: given.refresh,
            id_token,
        })
    }
}
