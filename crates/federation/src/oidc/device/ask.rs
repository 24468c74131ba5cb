//! `POST …/device_authorization`: a device asks for a code.
//!
//! Source: RFC 8628 §3.1, §3.2.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::clients::Grant;
use domain::sessions::{DEVICE_CODE_SECONDS, DEVICE_INTERVAL_SECONDS, DeviceAsk};
use http::HeaderMap;
use serde::Serialize;
use web::place::Place;

use super::super::Provider;
use super::super::answers::TokenRefusal;
use super::super::programs::{Program, answered, known};
use super::Line;

/// Longest name of a model and of a device, in bytes.
const LONGEST: usize = 64;

/// What a device is told. `confirmation_number` is ours: two digits that the screen shows beside the
/// code and the person types, so that nobody lets in a television they do not see.
#[derive(Serialize)]
struct Asked {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
    confirmation_number: String,
}

/// The endpoint.
pub(in super::super) async fn answer(
    State(provider): State<Arc<Provider>>,
    place: Place,
    line: Line,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(move || work(&provider, &place, (&line, &headers, &body))).await
}

fn work(
    provider: &Provider,
    place: &Place,
    (line, headers, body): (&Line, &HeaderMap, &[u8]),
) -> Result<(Response, String), TokenRefusal> {
    let Program { issuer, client, form, now } = known(provider, place, (headers, body))?;
    if !client.may(Grant::DeviceCode) {
        return Err(TokenRefusal::request("unauthorized_client", "client.grant_not_allowed"));
    }
    let scope = client.scopes_of(form.get("scope").unwrap_or_default());
    let (model, device) = (named(form.get("device_model"))?, named(form.get("device_id"))?);
    let shown_by = match form.get("box_assertion") {
        Some(token) => Some(provider.journeys.known_box((&client, &issuer), (token, now))?),
        None => None,
    };
    // What the station says of its own box counts.
    let known = shown_by.as_ref().map(|one| one.model.as_str()).filter(|one| !one.is_empty());
    let ask = DeviceAsk {
        client_id: &client.id,
        scope: &scope,
        device_ref: device,
        model: known.unwrap_or(model),
        line: &line.kept(),
        box_id: shown_by.as_ref().map_or("", |one| &one.box_id),
    };
    let given = provider.journeys.ask_for_device((&client, issuer.operator()), &ask, now)?;
    let (first, second) = given.code.user_code.split_at(4);
    let user_code = format!("{first}-{second}");
    let verification_uri = format!("{}/device", issuer.url());
    let asked = Asked {
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        device_code: given.device_code,
        user_code,
        verification_uri,
        expires_in: DEVICE_CODE_SECONDS,
        interval: DEVICE_INTERVAL_SECONDS,
        confirmation_number: given.code.number,
    };
    Ok((Json(asked).into_response(), client.id.clone()))
}

/// What a device calls itself: short, and nothing that is no text.
fn named(given: Option<&str>) -> Result<&str, TokenRefusal> {
    let given = given.unwrap_or_default().trim();
    if given.len() <= LONGEST && !given.chars().any(char::is_control) {
        return Ok(given);
    }
    Err(TokenRefusal::request("invalid_request", "request.parameters_malformed"))
}
