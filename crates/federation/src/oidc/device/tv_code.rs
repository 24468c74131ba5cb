//! `POST …/tv_code`: a set-top box asks for a code to show to who forgot the password, or to the owner who registers.
//!
//! Source: brief tve §12.3; `docs/api/tv.md`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::clients::Grant;
use domain::credentials::{TV_CODE_SECONDS, TvCodeFor};
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use web::place::Place;

use super::super::Provider;
use super::super::answers::TokenRefusal;
use super::super::programs::{Program, answered, known};

#[derive(Serialize)]
struct Shown {
    code: String,
    expires_in: i64,
    /// Where the owner types the code; with it in the second, for a picture to scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_uri_complete: Option<String>,
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
    let purpose = match form.get("purpose") {
        None | Some("recovery") => TvCodeFor::Recovery,
        Some("registration") => TvCodeFor::Registration,
        Some(_) => {
            let code = "request.parameters_malformed";
            return Err(TokenRefusal::request("invalid_request", code));
        }
    };
    let code = provider.journeys.give_tv_code((&client, &issuer), (signed, purpose), now)?;
    let (first, second) = code.split_at(4);
    let code = format!("{first}-{second}");
    let page = (purpose == TvCodeFor::Registration).then(|| format!("{}/first", issuer.url()));
    let shown = Shown {
        expires_in: TV_CODE_SECONDS,
        verification_uri_complete: page.as_ref().map(|page| format!("{page}?code={code}")),
        verification_uri: page,
        code,
    };
    Ok((([(CACHE_CONTROL, "no-store")], Json(shown)).into_response(), client.id.clone()))
}
