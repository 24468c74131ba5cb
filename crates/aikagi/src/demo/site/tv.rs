//! The same site on a television: a code instead of a keyboard, arrow keys instead of a pointer.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::kernel::ids;

use super::Site;
use super::identity::{Confirmed, Trouble, seconds};
use super::titles::{TITLES, find};
use super::tv_pages as pages;
use super::visits::Visit;
use super::watching::led_to_sign_in;

/// What the viewer is told the television is.
const MODEL: &str = "デモテレビ STB-9000";

/// The list, or the way to it.
pub(super) async fn home(
    State(site): State<Arc<Site>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let from = query.get("at").and_then(|id| find(id));
    match site.visits.of(&headers) {
        Some((_, Visit { viewer: Some(viewer), own_pages, .. })) => {
            pages::list(TITLES, (&viewer, &own_pages), from)
        }
        Some((_, Visit { waiting: Some(_), .. })) => Redirect::to("/tv/code").into_response(),
        _ => new_code(State(site), headers).await,
    }
}

/// The key of its visit, and what the television calls itself.
fn television(site: &Site, headers: &HeaderMap) -> (Option<String>, String) {
    site.visits.of(headers).map(|(key, visit)| (Some(key), visit.device)).unwrap_or_default()
}

/// A new code, in place of the one there was.
pub(super) async fn new_code(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let (old, mut device) = television(&site, &headers);
    if device.is_empty() {
        device = hex::encode(ids::secret_bytes());
    }
    match site.identity.device(&device, MODEL).await {
        Ok(waiting) => {
            let visit = Visit { waiting: Some(waiting), device, ..Visit::default() };
            site.visits.begin(old.as_deref(), visit, "/tv/code")
        }
        Err(trouble) => failed(&trouble),
    }
}

/// Who has a letter and no phone signs in on the television itself: there the provider shows characters to choose from.
pub(super) async fn by_letter(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    led_to_sign_in(&site, &headers, "/tv".to_owned()).await
}

/// The code. It is looked for again every few seconds; the provider is asked as often as it allows.
pub(super) async fn code(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Some((key, Visit { waiting: Some(waiting), device, .. })) = site.visits.of(&headers) else {
        return Redirect::to("/tv").into_response();
    };
    if waiting.ask_at > seconds() {
        return pages::code(&waiting);
    }
    match site.identity.confirmed(&waiting).await {
        Ok(Confirmed::Yes(viewer)) => {
            let visit = Visit { viewer: Some(viewer), device, ..Visit::default() };
            site.visits.begin(Some(&key), visit, "/tv")
        }
        Ok(Confirmed::NotYet(wait)) => {
            site.visits.wait(&key, seconds() + wait, wait);
            pages::code(&waiting)
        }
        Ok(Confirmed::Over) => pages::over(),
        Err(trouble) => failed(&trouble),
    }
}

/// Plays, and asks each second whether it may go on; or says why not.
pub(super) async fn watch(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let (Some(title), Some(viewer)) = (find(&id), site.visits.viewer(&headers)) else {
        return Redirect::to("/tv").into_response();
    };
    match site.identity.may_watch(&viewer, title).await {
        Ok(verdict) => pages::watch(title, &verdict),
        Err(trouble) => failed(&trouble),
    }
}

pub(super) async fn sign_out(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let (old, device) = television(&site, &headers);
    site.visits.begin(old.as_deref(), Visit { device, ..Visit::default() }, "/tv")
}

fn failed(trouble: &Trouble) -> Response {
    tracing::warn!(trouble, "the demo television could not go on");
    (StatusCode::BAD_GATEWAY, pages::trouble(trouble)).into_response()
}
