//! `GET …/.well-known/webauthn`: where an operator's passkeys may be used besides below their own domain.
//!
//! Browsers fetch it from the domain the passkeys are for. That host is the only thing read of it: it chooses
//! among public lists, and says nothing about who asks. Source: Web Authentication Level 3 §5.11;
//! `docs/decisions/0044`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Actor, Error, Result, Scope, clock};
use domain::credentials::Site;
use domain::operators;
use http::header::{CACHE_CONTROL, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Uri};
use serde_json::json;
use web::place::Place;
use web::{Problem, blocking};

use super::Provider;

/// Browsers may keep it for an hour.
const KEEP: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=3600")];

/// `GET …/.well-known/webauthn`
pub(super) async fn origins(
    State(provider): State<Arc<Provider>>,
    place: Place,
    uri: Uri,
    headers: HeaderMap,
) -> std::result::Result<Response, Problem> {
    let host = host_of(&uri, &headers);
    let site = blocking(move || {
        let issuer = provider.issuer(&place)?;
        match host {
            Some(host) if issuer.is_platform() => site_at(&provider, &host),
            _ => provider.site(issuer.operator()),
        }
    })
    .await?;
    Ok((KEEP, Json(json!({ "origins": site.origins() }))).into_response())
}

/// The host the request came to, without its port; of what is no host, nothing anybody has.
fn host_of(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let written = |host: &HeaderValue| host.to_str().ok()?.parse::<Authority>().ok();
    let host = |authority: &Authority| authority.host().to_ascii_lowercase();
    match (uri.authority(), headers.get(HOST)) {
        (Some(authority), _) => Some(host(authority)),
        (None, Some(named)) => Some(written(named).as_ref().map(host).unwrap_or_default()),
        (None, None) => None,
    }
}

/// The site whose domain is `host`: our own, or that of the one operator it belongs to.
///
/// # Errors
/// `page.unknown` — nobody's passkeys are for it
fn site_at(provider: &Provider, host: &str) -> Result<Arc<Site>> {
    let ours = provider.site(Scope::PLATFORM)?;
    if host == ours.rp_id() {
        return Ok(ours);
    }
    let scope = Scope::new(Scope::PLATFORM, Actor::Anonymous, clock::now());
    let found = provider.db.read(&scope, |tx| operators::operator_of_rp_id(tx, host))?;
    let operator = found.ok_or_else(|| Error::not_found("page.unknown", ""))?;
    provider.site(&operator.code)
}
