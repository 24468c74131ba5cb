//! `POST …/par`: a service hands in its authorization request itself, and sends the browser with a name
//! for it.
//!
//! Source: RFC 9126 §2, §4; RFC 9449 §10.1.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Result, clock};
use base::store::needs_time;
use domain::clients::Client;
use domain::sessions::PUSHED_SECONDS;
use domain::signin::PUSHED_PREFIX;
use domain::signing::Issuer;
use formats::oauth::Parameters;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use url::form_urlencoded::Serializer;
use web::current;
use web::place::Place;

use super::Provider;
use super::answers::TokenRefusal;
use super::authorize::LONGEST_ADDRESS;
use super::checks::{Way, check, identify};
use super::programs::{Program, answered, known};
use super::request_object::opened;

/// What proves the client, and is never kept.
const PROOFS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

#[derive(Serialize)]
struct Pushed {
    request_uri: String,
    expires_in: i64,
}

/// The endpoint.
pub(super) async fn answer(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(move || work(&provider, &place, (&headers, &body))).await
}

fn work(
    provider: &Provider,
    place: &Place,
    (headers, body): (&HeaderMap, &[u8]),
) -> std::result::Result<(Response, String), TokenRefusal> {
    let Program { issuer, client, form, now } = known(provider, place, (headers, body))?;
    needs_time()?;
    let signed = opened(provider, &issuer, &form).map_err(object_refused)?;
    let signed = signed.as_ref().map(|text| Parameters::parse(text.as_bytes())).transpose();
    let signed = signed.map_err(|_| object_refused(malformed()))?;
    let (parameters, way) = match &signed {
        Some(signed) => (signed, Way::Pushed),
        None => (&form, Way::Pushing),
    };
    let asked = identify(provider, &issuer, (parameters, way))?;
    // A proof may name one client and the request another.
    if asked.client.id != client.id {
        return Err(Error::Unauthenticated { code: "client.not_authenticated" }.into());
    }
    check(&asked)?;
    let shown = shown_key(provider, (&issuer, &client), parameters)?;
    let kept = parameters.iter().filter(|(name, _)| !PROOFS.contains(name));
    let kept = Serializer::new(String::new()).extend_pairs(kept).extend_pairs(shown).finish();
    if kept.len() > LONGEST_ADDRESS {
        return Err(TokenRefusal::request("invalid_request", "request.parameters_malformed"));
    }
    let whose = (client.as_ref(), issuer.operator());
    let request_uri = provider.journeys.push(whose, (kept, now))?;
    let pushed = Pushed { request_uri, expires_in: PUSHED_SECONDS };
    Ok(((StatusCode::CREATED, Json(pushed)).into_response(), client.id.clone()))
}

/// The key the client showed to hold when it pushed, as it would name it in the request: the code is bound to
/// it. `None`: it showed none, or named it too.
///
/// # Errors
/// `dpop.proof_invalid`, also when the request names another key; `dpop.nonce_needed`
///
/// Source: RFC 9449 §10.1.
fn shown_key(
    provider: &Provider,
    (issuer, client): (&Issuer, &Client),
    parameters: &Parameters<'_>,
) -> Result<Option<(&'static str, String)>> {
    let Some(proof) = current::get().proof() else { return Ok(None) };
    let proven = provider.tokens.proven_key((issuer, client), &proof, None);
    let jkt = web::proven(&provider.tokens, issuer, proven)?;
    match parameters.get("dpop_jkt") {
        None => Ok(Some(("dpop_jkt", jkt))),
        Some(named) if named == jkt => Ok(None),
        Some(_) => Err(Error::Unauthenticated { code: "dpop.proof_invalid" }),
    }
}

fn malformed() -> Error {
    Error::invalid("authorize.request_object_invalid", "request")
}

/// RFC 9101 §7: what is wrong with a signed request has a word of its own.
fn object_refused(error: Error) -> TokenRefusal {
    match error {
        Error::Invalid { code, .. } => TokenRefusal::request("invalid_request_object", code),
        other => TokenRefusal::from(other),
    }
}

/// What was pushed, when the browser brings the name of a pushed request; beside it only the client
/// counts. `None`: the request stands in the address itself.
///
/// # Errors
/// `authorize.request_uri_over`
pub(super) fn brought(
    provider: &Provider,
    issuer: &Issuer,
    parameters: &Parameters<'_>,
) -> Result<Option<String>> {
    let Some(name) = parameters.get("request_uri") else { return Ok(None) };
    // A foreign address is refused by the checks, and never fetched.
    if !name.starts_with(PUSHED_PREFIX) {
        return Ok(None);
    }
    let client_id = parameters.get("client_id").unwrap_or_default();
    let at = (issuer.operator(), clock::now());
    let taken = provider.journeys.take_pushed((name, client_id), at)?;
    taken.map(Some).ok_or_else(|| Error::invalid("authorize.request_uri_over", "request_uri"))
}
