//! `…/register`: services that register themselves, where the operator lets them.
//!
//! Off unless the operator's policy says otherwise. Sources: RFC 7591 §3; RFC 7592 §2; `docs/api/registration.md`.

mod metadata;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base::kernel::{Actor, Error, Result, Scope, clock};
use base::store::Tx;
use domain::clients::{self, Registered};
use domain::signing::Issuer;
use domain::tokens::Scheme;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use web::access::Acted;
use web::place::Place;
use web::{Problem, Refusal, blocking};

use super::Provider;
use metadata::Metadata;

/// `POST …/register`
pub(super) async fn register(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&headers, move |token| {
        let issuer = provider.issuer(&place)?;
        let wanted = Metadata::parse(&body)?.terms()?;
        let given = token.clone();
        let done = acting(&provider, (&issuer, Actor::Anonymous), move |tx| {
            clients::register(tx, &given, &wanted)
        })?;
        let (registered, management) = done;
        Ok(told(&issuer, StatusCode::CREATED, (&registered, &management)))
    })
    .await
}

/// `GET …/register/{client_id}`
pub(super) async fn show(
    State(provider): State<Arc<Provider>>,
    place: Place,
    Path(named): Path<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    answered(&headers, move |token| {
        let issuer = provider.issuer(&place)?;
        let id = id_of(&named);
        let scope = Scope::new(issuer.operator(), Actor::Client(id.clone()), clock::now());
        let client = provider.db.read(&scope, |tx| clients::find_registered(tx, (&id, &token)))?;
        let registered = Registered { client, secret: None };
        Ok(told(&issuer, StatusCode::OK, (&registered, &token)))
    })
    .await
}

/// `PUT …/register/{client_id}`
pub(super) async fn change(
    State(provider): State<Arc<Provider>>,
    place: Place,
    Path(named): Path<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&headers, move |token| {
        let issuer = provider.issuer(&place)?;
        let (id, metadata) = (id_of(&named), Metadata::parse(&body)?);
        metadata.is_of(&id)?;
        let (wanted, shown) = (metadata.terms()?, metadata.secret()?);
        let given = token.clone();
        let registered = acting(&provider, (&issuer, Actor::Client(id.clone())), move |tx| {
            clients::change_registered(tx, (&id, &given), (&wanted, shown.as_deref()))
        })?;
        Ok(told(&issuer, StatusCode::OK, (&registered, &token)))
    })
    .await
}

/// `DELETE …/register/{client_id}`
pub(super) async fn remove(
    State(provider): State<Arc<Provider>>,
    place: Place,
    Path(named): Path<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    answered(&headers, move |token| {
        let issuer = provider.issuer(&place)?;
        let id = id_of(&named);
        acting(&provider, (&issuer, Actor::Client(id.clone())), move |tx| {
            clients::remove_registered(tx, (&id, &token))
        })?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

fn id_of(named: &HashMap<String, String>) -> String {
    named.get("client_id").cloned().unwrap_or_default()
}

/// One transaction of `actor`.
fn acting<T: Send + 'static>(
    provider: &Provider,
    (issuer, actor): (&Issuer, Actor),
    work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let scope = Scope::new(issuer.operator(), actor, clock::now());
    provider.db.transact(&scope, work)
}

/// Answers off the runtime, for who brings a token. Nobody on the way may keep the answer.
async fn answered(
    headers: &HeaderMap,
    work: impl FnOnce(String) -> Result<Response> + Send + 'static,
) -> Response {
    let bearer = web::shown(headers, None).filter(|shown| shown.scheme == Scheme::Bearer);
    let Some(token) = bearer.map(|shown| shown.token.to_owned()) else {
        return Problem::from(Error::Unauthenticated { code: "token.missing" }).into_response();
    };
    let worked = blocking(move || work(token)).await;
    let mut response = worked.unwrap_or_else(|problem| refused(problem.into_error()));
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

/// What is wrong with the metadata has a form of its own; everything else is a problem as at other doors.
///
/// Source: RFC 7591 §3.2.2.
fn refused(error: Error) -> Response {
    let Error::Invalid { code, field } = &error else {
        return Problem::from(error).into_response();
    };
    let member = metadata::member_of(field);
    let word = match member {
        "redirect_uris" => "invalid_redirect_uri",
        _ => "invalid_client_metadata",
    };
    let body = json!({"error": word, "error_description": format!("{code} ({member})")});
    let mut response = (StatusCode::BAD_REQUEST, Json(body)).into_response();
    response.extensions_mut().insert(Refusal(code));
    response
}

/// Source: RFC 7591 §3.2.1; RFC 7592 §3.
fn told(
    issuer: &Issuer,
    status: StatusCode,
    (registered, management): (&Registered, &str),
) -> Response {
    let id = &registered.client.id;
    let mut said = metadata::of_client(&registered.client);
    said.insert(
        "registration_client_uri".to_owned(),
        json!(format!("{}/register/{id}", issuer.url())),
    );
    said.insert("registration_access_token".to_owned(), json!(management));
    if let Some(secret) = &registered.secret {
        said.insert("client_secret".to_owned(), json!(secret));
        said.insert("client_secret_expires_at".to_owned(), json!(0));
    }
    let mut response = (status, Json(said)).into_response();
    response.extensions_mut().insert(Acted(format!("client:{id}").into()));
    response
}
