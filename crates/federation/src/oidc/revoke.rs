//! `POST …/revoke`: a client gives a token back.
//!
//! Source: RFC 7009.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::signin::Taken;
use http::{HeaderMap, StatusCode};
use web::place::Place;

use super::Provider;
use super::answers::TokenRefusal;
use super::programs::{Program, answered, known};

/// The endpoint. A token nobody knows is given back as well as any (§2.2).
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
) -> Result<(Response, String), TokenRefusal> {
    let Program { issuer, client, form, now } = known(provider, place, (headers, body))?;
    let token = form.require("token").map_err(|_| TokenRefusal::missing())?;
    let whose = (client.as_ref(), &issuer);
    match provider.journeys.give_back(&provider.tokens, whose, (token, now))? {
        Taken::Over => Ok((StatusCode::OK.into_response(), client.id.clone())),
        Taken::OwnToken => {
            Err(TokenRefusal::request("unsupported_token_type", "token.not_revocable"))
        }
    }
}
