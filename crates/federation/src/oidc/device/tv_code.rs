//! `POST …/tv_code`: a set-top box asks for a code to show to who forgot the password.
//!
//! Source: brief tve §12.3; `docs/api/tv.md`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::clients::Grant;
use domain::credentials::TV_CODE_SECONDS;
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use serde::Serialize;

use super::super::Provider;
use super::super::answers::TokenRefusal;
use super::super::place::Place;
use super::super::programs::{Program, answered, known};

#[derive(Serialize)]
struct Shown {
    code: String,
    expires_in: i64,
}

/// The endpoint.
pub(in super::super) async fn answer(
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
) -> Result<(Response, String), TokenRefusal> {
    let Program { issuer, client, form, now } = known(provider, place, (headers, body))?;
    if !client.may(Grant::JwtBearer) {
        return Err(TokenRefusal::request("unauthorized_client", "client.grant_not_allowed"));
    }
    let signed = form.require("assertion").map_err(|_| TokenRefusal::missing())?;
    let code = provider.journeys.give_tv_code((&client, &issuer), (signed, now))?;
    let (first, second) = code.split_at(4);
    let shown = Shown { code: format!("{first}-{second}"), expires_in: TV_CODE_SECONDS };
    Ok((([(CACHE_CONTROL, "no-store")], Json(shown)).into_response(), client.id.clone()))
}
