//! `GET` and `POST …/userinfo`: what a service may know of a person, as it is now.
//!
//! Source: OpenID Connect Core §5.3, RFC 6750 §2.1, §3.1.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, clock};
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderMap, HeaderValue};
use web::access::Acted;
use web::{Problem, blocking, current};

use super::Provider;
use super::claims::About;
use super::place::Place;

/// The endpoint.
pub(super) async fn answer(
    State(provider): State<Provider>,
    place: Place,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token =
        bearer(&headers).ok_or(Error::Unauthenticated { code: "token.missing" })?.to_owned();
    let (given, client) = blocking(move || {
        let issuer = place.issuer(&provider)?;
        let verified = provider.tokens.verify(&issuer, &token)?;
        current::share_with(&verified.client.terms.profile.web_origins);
        if !verified.allows("openid") {
            return Err(Error::Forbidden { code: "token.scope_missing" });
        }
        let given = provider.journeys.holder(&verified.claims, &verified.client, clock::now())?;
        Ok((given, verified.client))
    })
    .await?;
    let mut response = Json(About::of(&given)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Acted(format!("client:{}", client.id).into()));
    Ok(response)
}

/// The token of `Authorization: Bearer …`; in no other place (RFC 9700 §2.6).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
