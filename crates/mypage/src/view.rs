//! `…/me/view`: how a person reads the pages: how large the letters are, and in which language.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Result};
use domain::signin::OwnPage;
use formats::oauth::Parameters;
use http::HeaderMap;
use http::header::SET_COOKIE;
use web::Language;
use web::answers::see_other;
use web::current::{Letters, language_cookie, letters_cookie};
use web::place::Place;

use super::Mypage;
use super::own::{Here, posted};

/// What the proof in the form is bound to, beside the session.
pub(super) const PURPOSE: &str = "view";

/// `POST …/me/view`: notes the wish in the browser and leads back to the page it was said on.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((mypage, place), ((headers, body), OwnPage::Home, PURPOSE), changed).await
}

fn changed(_: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<Response> {
    let get = |name| form.get(name).unwrap_or_default();
    let cookie = match get("do") {
        "large" => letters_cookie(Letters::Large),
        "usual" => letters_cookie(Letters::Usual),
        tag => Language::of_tag(tag).and_then(language_cookie),
    };
    let cookie = cookie.ok_or_else(|| Error::invalid("request.parameters_malformed", "do"))?;
    // One of the list, never an address.
    let back = OwnPage::at(get("back")).unwrap_or(OwnPage::Home);
    let mut response = see_other(&format!("{}/{}", here.issuer.url(), back.path()));
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(here.acted(response))
}
