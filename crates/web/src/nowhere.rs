//! Addresses that lead nowhere: what a browser shows there, and what everybody else is told.
//!
//! Somebody got there by a link that is old, or by sending again what stands in the address bar after a form was refused; on a
//! television there is no way back but a button.

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use base::kernel::Error;
use base::store::Db;
use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};

use crate::answers::see_other;
use crate::place::Place;
use crate::{Page, Problem, at_once, current};

/// The answer where no route is. The address of a station itself leads to its My Page.
pub async fn nothing_there(db: Db, request: Request) -> Response {
    let error = Error::not_found("page.unknown", "");
    if !reads_pages(request.headers()) {
        return Problem::from(error).into_response();
    }
    let path = request.uri().path();
    if let Some(address) = Place::of_path(path).own_page(path) {
        return see_other(&address);
    }
    page(db, &error).await
}

/// The answer where a route is, for another method: a form's address that is only looked at.
pub async fn only_sent(db: Db, request: Request) -> Response {
    if !reads_pages(request.headers()) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let mut response = page(db, &Error::not_found("page.only_sent", "")).await;
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// Whether whoever asks shows pages. Programs do not say so. Source: RFC 9110 §12.5.1.
fn reads_pages(headers: &HeaderMap) -> bool {
    let texts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    texts.into_iter().any(|text| text.to_ascii_lowercase().contains("text/html"))
}

/// The page that says so, in the name of the station of the address, if there is one.
async fn page(db: Db, error: &Error) -> Response {
    let context = current::get();
    if !context.for_staff {
        let place = Place::of_path(context.path());
        let _known = at_once(move || place.issuer(&db, "").map(drop)).await;
    }
    Page::of_error(context.language, error).into_response()
}
