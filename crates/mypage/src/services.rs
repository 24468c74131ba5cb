//! `…/services`: what a person allows which services, and where they take it back.
//!
//! Source: `docs/decisions/0028`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Change, Result, clock};
use domain::sessions::Consent;
use domain::signin::OwnPage;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::place::Place;
use web::texts::{Words, in_language, in_words};
use web::{Page, current};

use super::Mypage;
use super::own::{Here, on_day, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "services";

/// One service on the page.
struct Listed {
    operator: String,
    id: String,
    name: String,
    lines: Vec<&'static str>,
    since: String,
}

#[derive(Template)]
#[template(path = "services.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    listed: Vec<Listed>,
}

/// `GET …/services`: signs in first, then lists.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Services), |mypage, here| page(mypage, here, None))
        .await
}

/// `POST …/services`: takes back what one service was allowed.
pub(super) async fn withdraw(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Services, PURPOSE);
    posted((mypage, place), form, withdrawn).await
}

fn withdrawn(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<Response> {
    let get = |name| form.get(name).unwrap_or_default();
    let which = (get("operator"), get("client"));
    let change = mypage.journeys.withdraw_consent(&here.who, which, clock::now())?;
    page(mypage, here, Some(change))
}

fn page(mypage: &Mypage, here: &Here, withdrawn: Option<Change>) -> Result<Response> {
    let words = Words(current::get().language);
    let consents = mypage.journeys.consents_of(&here.who, clock::now())?;
    let listed = consents.iter().map(|consent| listed(mypage, words, consent));
    let body = Body {
        words,
        title: words.get("services.title"),
        address: &format!("{}/services", here.issuer.url()),
        proof: &here.proof(mypage, PURPOSE),
        message: withdrawn.map(|_| words.get("services.withdrawn").to_owned()),
        listed: listed.collect::<Result<_>>()?,
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, None)
}

/// A client that is no more is named by its id, so that what it was allowed can still be taken back.
fn listed(mypage: &Mypage, words: Words, consent: &Consent) -> Result<Listed> {
    let found = mypage.clients.find(&consent.client_operator, &consent.client_id)?;
    let (name, lines) = match found {
        None => (consent.client_id.clone(), Vec::new()),
        Some(found) => {
            let terms = &found.client.terms;
            let name = in_language(words.0, &terms.name_ja, &terms.name_en);
            (name.to_owned(), in_words(words.0, &consent.scopes))
        }
    };
    Ok(Listed {
        operator: consent.client_operator.clone(),
        id: consent.client_id.clone(),
        name,
        lines,
        since: on_day(words, "services.since", consent.given),
    })
}
