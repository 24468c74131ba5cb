//! The television's HTML: large, few things on a page, one of them always in focus.

use askama::Template;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base::kernel::clock;
use qrcode::QrCode;
use qrcode::render::svg;

use super::identity::Verdict;
use super::pages;
use super::titles::Title;
use super::visits::{Viewer, Waiting};

const STYLE: &str = include_str!("../../../templates/demo/tv.css");
/// The arrow keys; everything works without it where a box brings its own way of moving the focus.
const KEYS: &str = include_str!("../../../templates/demo/tv.js");

#[derive(Template)]
#[template(path = "demo/tv_code.html")]
struct Code<'p> {
    waiting: &'p Waiting,
    qr: String,
    refresh: u32,
}

#[derive(Template)]
#[template(path = "demo/tv_over.html")]
struct Over {
    refresh: u32,
}

#[derive(Template)]
#[template(path = "demo/tv_list.html")]
struct List<'p> {
    titles: &'static [Title],
    viewer: &'p Viewer,
    own_pages: &'p str,
    /// The title in focus.
    at: &'p str,
    refresh: u32,
}

#[derive(Template)]
#[template(path = "demo/tv_watch.html")]
struct Watch<'p> {
    title: &'p Title,
    verdict: &'p Verdict,
    clock: String,
    refresh: u32,
}

#[derive(Template)]
#[template(path = "demo/tv_trouble.html")]
struct TroublePage<'p> {
    trouble: &'p str,
    refresh: u32,
}

fn page(template: &impl Template) -> Response {
    pages::page(template, pages::POLICY)
}

pub(super) async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

pub(super) async fn keys() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], KEYS).into_response()
}

pub(super) fn code(waiting: &Waiting) -> Response {
    page(&Code { waiting, qr: qr_of(&waiting.whole_address), refresh: 2 })
}

/// A QR code as SVG; empty when the address is too long for one.
fn qr_of(address: &str) -> String {
    let Ok(code) = QrCode::new(address.as_bytes()) else { return String::new() };
    let svg = code.render::<svg::Color<'_>>().min_dimensions(320, 320).build();
    // Without the declaration of a file of its own.
    svg.split_once("?>").map(|(_, svg)| svg.to_owned()).unwrap_or(svg)
}

pub(super) fn over() -> Response {
    page(&Over { refresh: 0 })
}

/// The titles; in focus is the one the viewer comes back from.
pub(super) fn list(
    titles: &'static [Title],
    (viewer, own_pages): (&Viewer, &str),
    from: Option<&Title>,
) -> Response {
    let at = from.or(titles.first()).map_or("", |title| title.id);
    page(&List { titles, viewer, own_pages, at, refresh: 0 })
}

pub(super) fn watch(title: &Title, verdict: &Verdict) -> Response {
    let now = clock::now().rfc3339_jst();
    let clock = now.get(11..19).unwrap_or_default().to_owned();
    page(&Watch { title, verdict, clock, refresh: u32::from(verdict.allowed) })
}

pub(super) fn trouble(trouble: &str) -> Response {
    page(&TroublePage { trouble, refresh: 0 })
}
