//! The site's HTML.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base::kernel::clock;

use super::identity::Verdict;
use super::titles::Title;
use super::visits::Viewer;

const STYLE: &str = include_str!("../../../templates/demo/site.css");
const LIVE: &str = include_str!("../../../templates/demo/live.js");
/// No `form-action`: the sign-out form comes back here, and sign-in is a link.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "demo/list.html")]
struct List<'p> {
    titles: &'static [Title],
    viewer: Option<&'p Viewer>,
    refresh: u32,
}

#[derive(Template)]
#[template(path = "demo/title.html")]
struct TitlePage<'p> {
    title: &'p Title,
    viewer: Option<&'p Viewer>,
    verdict: &'p Verdict,
    refresh: u32,
}

#[derive(Template)]
#[template(path = "demo/playing.html")]
struct Playing<'p> {
    title: &'p Title,
    viewer: Option<&'p Viewer>,
    clock: String,
    refresh: u32,
}

#[derive(Template)]
#[template(path = "demo/stopped.html")]
struct Stopped<'p> {
    title: &'p Title,
    viewer: Option<&'p Viewer>,
    verdict: &'p Verdict,
    refresh: u32,
}

#[derive(Template)]
#[template(path = "demo/trouble.html")]
struct TroublePage<'p> {
    trouble: &'p str,
    viewer: Option<&'p Viewer>,
    refresh: u32,
}

/// A page under a content security policy.
pub(super) fn page(template: &impl Template, policy: &'static str) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CACHE_CONTROL, "no-store"),
                (CONTENT_SECURITY_POLICY, policy),
            ];
            (headers, html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page of the demo site");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub(super) async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

pub(super) async fn live() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], LIVE).into_response()
}

pub(super) fn list(titles: &'static [Title], viewer: Option<&Viewer>) -> Response {
    page(&List { titles, viewer, refresh: 0 }, POLICY)
}

pub(super) fn title(title: &Title, viewer: &Viewer, verdict: &Verdict) -> Response {
    page(&TitlePage { title, viewer: Some(viewer), verdict, refresh: 0 }, POLICY)
}

pub(super) fn playing(title: &Title, viewer: &Viewer) -> Response {
    let now = clock::now().rfc3339_jst();
    let clock = now.get(11..19).unwrap_or_default().to_owned();
    page(&Playing { title, viewer: Some(viewer), clock, refresh: 1 }, POLICY)
}

pub(super) fn stopped(title: &Title, viewer: &Viewer, verdict: &Verdict) -> Response {
    page(&Stopped { title, viewer: Some(viewer), verdict, refresh: 0 }, POLICY)
}

pub(super) fn trouble(trouble: &str) -> Response {
    page(&TroublePage { trouble, viewer: None, refresh: 0 }, POLICY)
}

pub(super) fn nothing_here() -> Response {
    let text = "このページはありません。 / There is nothing here.";
    (StatusCode::NOT_FOUND, trouble(text)).into_response()
}
