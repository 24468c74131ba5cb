//! `POST …/introspect`: what one of a client's own tokens is good for now; as JSON, or signed.
//!
//! Source: RFC 7662; RFC 9701 (the signed form).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Instant};
use base::store::needs_time;
use domain::clients::{AuthMethod, Client};
use domain::signin::Inspected;
use domain::signing::Issuer;
use domain::tokens::Confirmation;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde::Serialize;
use web::place::Place;

use super::Provider;
use super::answers::TokenRefusal;
use super::programs::{Program, answered, known};

/// The media type of the signed answer, and the `typ` of its header.
const SIGNED: &str = "application/token-introspection+jwt";
const TYPE: &str = "token-introspection+jwt";

#[derive(Serialize)]
struct SignedAnswer<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    token_introspection: &'a Said<'a>,
}

/// The endpoint.
pub(super) async fn answer(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let wants_signed = accepts_signed(&headers);
    answered(move || work(&provider, &place, (&headers, &body), wants_signed)).await
}

fn accepts_signed(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|one| {
        let (kind, rest) = one.split_once(';').unwrap_or((one, ""));
        // RFC 9110 §12.4.2: a weight of nothing is a no.
        let weight = rest.split(';').find_map(|part| part.trim().strip_prefix("q="));
        let refused = weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0_f64));
        kind.trim().eq_ignore_ascii_case(SIGNED) && !refused
    })
}

fn work(
    provider: &Provider,
    place: &Place,
    (headers, body): (&HeaderMap, &[u8]),
    signed: bool,
) -> Result<(Response, String), TokenRefusal> {
    let Program { issuer, client, form, now } = known(provider, place, (headers, body))?;
    // RFC 7662 §2.1: whoever finds a token somewhere must not learn here what it is good for.
    if client.terms.method == AuthMethod::None {
        return Err(TokenRefusal::request("unauthorized_client", "client.grant_not_allowed"));
    }
    let token = form.require("token").map_err(|_| TokenRefusal::missing())?;
    let found = provider.journeys.inspect(&provider.tokens, (&client, &issuer), (token, now))?;
    let said = said(&found, (&issuer, &client), now);
    let response = if signed {
        needs_time()?;
        let claims = SignedAnswer {
            iss: issuer.url(),
            aud: &client.id,
            iat: now.ms() / 1000,
            token_introspection: &said,
        };
        let ring = provider.signing.ring(issuer.operator())?;
        let token = ring.signer(now)?.sign(TYPE, &claims).map_err(Error::internal)?;
        ([(CONTENT_TYPE, SIGNED)], token).into_response()
    } else {
        Json(said).into_response()
    };
    Ok((response, client.id.clone()))
}

/// What is told of a token (§2.2), with what it is bound to, so that who asks can hold its caller to it (RFC 9449
/// §6.2), with who acts in it for somebody else (RFC 8693 §4.1), and with how a household was signed in by its box.
#[derive(Serialize, Default)]
struct Said<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<&'a Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hba: Option<bool>,
}

#[derive(Serialize)]
struct Actor<'a> {
    sub: &'a str,
}

/// Of a token that is good for nothing, only that (§2.2).
fn said<'a>(
    found: &'a Inspected,
    (issuer, client): (&'a Issuer, &'a Client),
    now: Instant,
) -> Said<'a> {
    match found {
        Inspected::Inactive => Said::default(),
        Inspected::Access(claims) => Said {
            active: true,
            token_type: Some(Confirmation::token_type(claims.cnf.as_ref())),
            client_id: Some(&claims.client_id),
            scope: Some(&claims.scope),
            sub: Some(&claims.sub),
            aud: Some(&claims.aud),
            iss: Some(&claims.iss),
            iat: Some(claims.iat),
            exp: Some(claims.exp),
            jti: Some(&claims.jti),
            cnf: claims.cnf.as_ref(),
            act: claims.act.as_ref().map(|acting| Actor { sub: &acting.sub }),
            acr: claims.acr.as_deref(),
            hba: claims.hba,
        },
        Inspected::Refresh(given) => Said {
            active: true,
            client_id: Some(&client.id),
            scope: Some(&given.scope),
            sub: Some(&given.subjects.person),
            iss: Some(issuer.url()),
            iat: Some(given.authorization.turned.ms().min(now.ms()) / 1000),
            exp: Some(given.authorization.expires.ms() / 1000),
            ..Said::default()
        },
    }
}
