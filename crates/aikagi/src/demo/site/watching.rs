//! The site's pages: choose, sign in, watch. While something plays, each second is asked for anew.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::kernel::ids;

use super::Site;
use super::identity::Trouble;
use super::pages;
use super::titles::{TITLES, find};
use super::visits::{Pending, Visit};

pub(super) async fn list(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    pages::list(TITLES, site.visits.viewer(&headers).as_ref())
}

/// A title: signed-in visitors read whether they may watch it.
pub(super) async fn title(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(title) = find(&id) else { return pages::nothing_here() };
    let Some(viewer) = site.visits.viewer(&headers) else {
        return Redirect::to(&format!("/sign-in?then=/titles/{id}")).into_response();
    };
    match site.identity.may_watch(&viewer, title).await {
        Ok(verdict) => pages::title(title, &viewer, &verdict),
        Err(trouble) => failed(&trouble),
    }
}

/// The player: a page that asks again each second, and stops as soon as the answer is no.
pub(super) async fn play(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(title) = find(&id) else { return pages::nothing_here() };
    let Some(viewer) = site.visits.viewer(&headers) else {
        return Redirect::to("/").into_response();
    };
    match site.identity.may_watch(&viewer, title).await {
        Ok(verdict) if verdict.allowed => pages::playing(title, &viewer),
        Ok(verdict) => pages::stopped(title, &viewer, &verdict),
        Err(trouble) => failed(&trouble),
    }
}

pub(super) async fn sign_in(
    State(site): State<Arc<Site>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    // Only to a page of our own.
    let ours = |to: &&String| to.starts_with("/titles/") && !to.contains("//");
    let then = query.get("then").filter(ours).cloned().unwrap_or_else(|| "/".to_owned());
    led_to_sign_in(&site, &headers, then).await
}

/// To the identity provider, and from there to `then`.
pub(super) async fn led_to_sign_in(site: &Site, headers: &HeaderMap, then: String) -> Response {
    let dice = || hex::encode(ids::secret_bytes());
    let pending = Pending { state: dice(), nonce: dice(), verifier: dice(), then };
    match site.identity.sign_in_address(&pending).await {
        Ok(to) => {
            let (old, device) = match site.visits.of(headers) {
                Some((key, visit)) => (Some(key), visit.device),
                None => (None, String::new()),
            };
            let visit = Visit { pending: Some(pending), device, ..Visit::default() };
            site.visits.begin(old.as_deref(), visit, to.as_str())
        }
        Err(trouble) => failed(&trouble),
    }
}

/// Back from the identity provider.
pub(super) async fn callback(
    State(site): State<Arc<Site>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let Some((key, Visit { pending: Some(pending), device, .. })) = site.visits.of(&headers) else {
        return Redirect::to("/").into_response();
    };
    let said = |name: &str| query.get(name).map_or("", String::as_str);
    // RFC 9207: the answer is from whom we asked; RFC 6749 §10.12: it answers what we asked.
    if said("iss") != site.identity.issuer || said("state") != pending.state {
        return failed(&"the answer is not for this sign-in".to_owned());
    }
    if said("code").is_empty() {
        return failed(&format!("sign-in ended: {}", said("error")));
    }
    match site.identity.viewer(said("code"), &pending).await {
        Ok(viewer) => {
            // Signed in with this browser: its pages at the provider are the viewer's.
            let own_pages = format!("{}/o/{}", site.identity.issuer, viewer.operator);
            let visit = Visit { viewer: Some(viewer), device, own_pages, ..Visit::default() };
            site.visits.begin(Some(&key), visit, &pending.then)
        }
        Err(trouble) => failed(&trouble),
    }
}

pub(super) async fn sign_out(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let old = site.visits.of(&headers).map(|(key, _)| key);
    site.visits.begin(old.as_deref(), Visit::default(), "/")
}

fn failed(trouble: &Trouble) -> Response {
    tracing::warn!(trouble, "the demo site could not go on");
    (StatusCode::BAD_GATEWAY, pages::trouble(trouble)).into_response()
}
