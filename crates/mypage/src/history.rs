//! `…/me/history`: what a person watched or asked to watch, and where they have it shown no more.
//!
//! Sources: brief tve §12.5; `docs/decisions/0052`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Instant, Result, clock};
use domain::decisions::{self, Asked};
use domain::signin::OwnPage;
use domain::subscribers::Role;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::answers::parameter_fault;
use web::place::Place;
use web::texts::{Words, in_language};
use web::{Page, current};

use super::Mypage;
use super::own::{Here, Said, changed, is_fresh, on_day, posted, shown};

/// What the proof in the form of the page is bound to, beside the session.
const PURPOSE: &str = "history";

/// One question about a title, in words.
struct Listed {
    name: String,
    at: String,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "history.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    watch: &'b str,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    fresh: bool,
    child: bool,
    listed: Vec<Listed>,
    /// Where the list goes on.
    before: Option<String>,
}

/// `GET …/me/history`: signs in first, then lists; `before`: the last one of the page before.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::History), move |mypage, here| {
        let query = query.unwrap_or_default();
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        page(mypage, here, (Said::Nothing, query.get("before").and_then(place_of)))
    })
    .await
}

/// `POST …/me/history`: hides it, or signs in again to be allowed to.
pub(super) async fn hide(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::History, PURPOSE);
    posted((mypage, place), form, |mypage, here, form| {
        let done = match form.get("do") {
            Some("hide") => mypage
                .journeys
                .act_as(&here.who, clock::now(), decisions::hide_own_history)
                .map(|()| "me.history.hidden"),
            // The button of who signed in too long ago.
            _ => Err(Error::Unauthenticated { code: "proof.too_old" }),
        };
        changed(done, |said| page(mypage, here, (said, None)))
    })
    .await
}

/// Where a list goes on, as its link says; what is none is the beginning.
fn place_of(text: &str) -> Option<(Instant, String)> {
    let (ms, trace) = text.split_once('-')?;
    Some((Instant::from_ms(ms.parse().ok()?), trace.to_owned()))
}

fn page(
    mypage: &Mypage,
    here: &Here,
    (said, before): (Said<'_>, Option<(Instant, String)>),
) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let history = mypage
        .journeys
        .look_as(&here.who, now, |tx, person_id| decisions::own_history(tx, person_id, before))?;
    let last = history.asked.last().filter(|_| history.more);
    let body = Body {
        words,
        title: words.get("me.history.title"),
        address: &format!("{}/{}", here.issuer.url(), OwnPage::History.path()),
        watch: &format!("{}/{}", here.issuer.url(), OwnPage::Watch.path()),
        proof: &here.proof(mypage, PURPOSE),
        message: said.text(words),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        child: here.who.member.role == Role::Child,
        before: last.map(|one| format!("{}-{}", one.at.ms(), one.trace)),
        listed: history.asked.into_iter().map(|one| listed(words, one)).collect(),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, said.error())
}

/// A title by the product that has it, never by what services call it.
fn listed(words: Words, one: Asked) -> Listed {
    let product = one.product.map(|(ja, en)| in_language(words.0, &ja, &en).to_owned());
    Listed {
        name: product.unwrap_or_else(|| words.get("family.watched.unknown").to_owned()),
        at: on_day(words, "me.happened.at", one.at),
        state: words.get(if one.permit { "me.history.yes" } else { "me.history.no" }),
    }
}
