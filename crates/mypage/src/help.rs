//! `…/me/help`: how My Page is used, for who has never been there. Says the same to everybody.
//!
//! Its texts are those of `docs/mypage.md`, short enough for a television.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::kernel::Result;
use domain::signin::OwnPage;
use web::answers::or_page;
use web::place::Place;
use web::texts::Words;
use web::{Page, blocking, current};

use super::Mypage;

/// What is explained: a question, and its answer.
const PARTS: [(&str, &str); 8] = [
    ("me.help.first", "me.help.first.text"),
    ("me.help.watch", "me.help.watch.text"),
    ("me.help.password", "me.help.password.text"),
    ("me.help.family", "me.help.family.text"),
    ("me.help.pin", "me.help.pin.text"),
    ("me.help.lost", "me.help.lost.text"),
    ("me.help.remote", "me.help.remote.text"),
    ("me.help.data", "me.help.data.text"),
];

#[derive(Template)]
#[template(path = "help.html")]
struct Body {
    words: Words,
    title: &'static str,
    home: String,
    parts: Vec<(&'static str, &'static str)>,
}

/// `GET …/me/help`.
pub(super) async fn show(State(mypage): State<Arc<Mypage>>, place: Place) -> Response {
    or_page(blocking(move || page(&mypage, &place)).await)
}

fn page(mypage: &Mypage, place: &Place) -> Result<Response> {
    let words = Words(current::get().language);
    let issuer = mypage.issuer(place)?;
    let body = Body {
        words,
        title: words.get("me.help"),
        home: format!("{}/{}", issuer.url(), OwnPage::Home.path()),
        parts: PARTS.map(|(title, text)| (words.get(title), words.get(text))).to_vec(),
    };
    let mut page = Page::new(words.0, body.title, &body)?.by_remote();
    if let Some(code) = place.named() {
        let operator = mypage.operator(code)?;
        page = page.for_subscribers_of(&operator);
    }
    Ok(page.into_response())
}
