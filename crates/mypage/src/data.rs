//! `…/me/data`: where a person takes along all that is kept of them, as one file.
//!
//! Source: brief tve §12.1 (“data export”).

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Result, clock};
use domain::signin::OwnPage;
use formats::oauth::Parameters;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use web::place::Place;
use web::texts::Words;
use web::{Page, current};

use super::Mypage;
use super::own::{Here, is_fresh, posted, shown};

/// What the proof in the form of the page is bound to, beside the session.
const PURPOSE: &str = "data";

#[derive(Template)]
#[template(path = "data.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    fresh: bool,
}

/// `GET …/me/data`: signs in first, then says what the file holds.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Data), page).await
}

/// `POST …/me/data`: the file. Who proved to be themselves too long ago signs in again first.
pub(super) async fn take(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((mypage, place), ((headers, body), OwnPage::Data, PURPOSE), taken).await
}

fn page(mypage: &Mypage, here: &Here) -> Result<Response> {
    let words = Words(current::get().language);
    let body = Body {
        words,
        title: words.get("me.data"),
        address: &format!("{}/{}", here.issuer.url(), OwnPage::Data.path()),
        proof: &here.proof(mypage, PURPOSE),
        fresh: is_fresh(here, clock::now()),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, None)
}

fn taken(mypage: &Mypage, here: &Here, _: &Parameters<'_>) -> Result<Response> {
    let data = mypage.journeys.take_own_data(&here.who, clock::now())?;
    let file = serde_json::to_vec_pretty(&data).map_err(Error::internal)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-data.json\"")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok(here.acted((headers, file).into_response()))
}
