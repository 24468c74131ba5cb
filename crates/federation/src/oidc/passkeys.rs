//! `…/passkeys`: where a person keeps their passkeys; and the two endpoints of the sign-in page that ask for one.
//!
//! Sources: Web Authentication Level 3; `docs/decisions/0030`.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Result, clock};
use domain::credentials::Passkey;
use domain::signin::OwnPage;
use formats::oauth::Parameters;
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use serde_json::value::RawValue;
use web::{Page, Problem, blocking, current, status_of};

use super::Provider;
use super::own::{Here, Said, form_of, here, is_fresh, on_day, posted, shown};
use super::pages::Words;
use super::place::Place;
use super::signin::{Visit, run};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "passkeys";

/// `POST …/signin/passkey/ask`: what the browser of a sign-in is to be asked for.
pub(super) async fn ask_at_signin(visit: Visit) -> std::result::Result<Response, Problem> {
    blocking(move || {
        let visitor = visit.visitor()?;
        visit.form(&visitor)?;
        let site = visit.provider.site(visitor.operator())?;
        question(&visit.provider.journeys.ask_passkey(&visitor.caller(), &site)?)
    })
    .await
}

/// `POST …/signin/passkey`: the browser's answer.
pub(super) async fn sign_in(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("", "credential"), |visitor, (_, answer)| {
            let site = visit.provider.site(visitor.operator())?;
            visit.provider.journeys.try_passkey(&visitor.caller(), &site, answer)
        })
    })
    .await
}

/// A question for the browser, as it is.
fn question(json: &str) -> Result<Response> {
    let raw: &RawValue = serde_json::from_str(json).map_err(Error::internal)?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(raw)).into_response())
}

/// `GET …/passkeys`: signs in first, then lists.
pub(super) async fn show(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((provider, place), (headers, OwnPage::Passkeys), |provider, here| {
        page(provider, here, Said::Nothing)
    })
    .await
}

/// `POST …/passkeys`: adds, names or takes away a passkey, or signs in again to be allowed to.
pub(super) async fn change(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Passkeys, PURPOSE);
    posted((provider, place), form, changed).await
}

/// `POST …/passkeys/ask`: what the browser is to be asked to make.
pub(super) async fn ask(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> std::result::Result<Response, Problem> {
    blocking(move || {
        let form = form_of(&provider, (&headers, &body))?;
        let signed_out = || Error::Unauthenticated { code: "proof.too_old" };
        let here = here(&provider, &place, &headers)?.ok_or_else(signed_out)?;
        here.check(&provider, (&form, PURPOSE))?;
        let site = provider.site(&here.who.operator)?;
        question(&provider.journeys.ask_new_passkey(&here.who, &site, clock::now())?)
    })
    .await
}

fn changed(provider: &Provider, here: &Here, form: &Parameters<'_>) -> Result<Response> {
    let get = |name| form.get(name).unwrap_or_default();
    let (journeys, who, now) = (&provider.journeys, &here.who, clock::now());
    let done = match get("do") {
        "add" => {
            let site = provider.site(&here.who.operator)?;
            let answer = (get("credential"), get("name"));
            journeys.add_passkey(who, &site, answer, now).map(|_| "passkeys.added")
        }
        "rename" => {
            let renamed = journeys.rename_passkey(who, (get("passkey"), get("name")), now);
            renamed.map(|_| "passkeys.renamed")
        }
        "remove" => journeys.remove_passkey(who, get("passkey"), now).map(|_| "passkeys.removed"),
        // The button of who signed in too long ago.
        _ => return Err(Error::Unauthenticated { code: "proof.too_old" }),
    };
    match done {
        Ok(words) => page(provider, here, Said::Done(words)),
        Err(error) if status_of(&error).is_client_error() => {
            page(provider, here, Said::Refused(&error))
        }
        Err(error) => Err(error),
    }
}

/// One passkey on the page.
struct Listed {
    id: String,
    name: String,
    since: String,
    used: String,
}

#[derive(Template)]
#[template(path = "passkeys.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    fresh: bool,
    listed: Vec<Listed>,
    script: &'static str,
}

fn page(provider: &Provider, here: &Here, said: Said<'_>) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let passkeys = provider.journeys.passkeys_of(&here.who, now)?;
    let known = provider.site(&here.who.operator).is_ok();
    let body = Body {
        words,
        title: words.get("passkeys.title"),
        address: &format!("{}/passkeys", here.issuer.url()),
        proof: &here.proof(provider, PURPOSE),
        message: said.text(words),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        listed: passkeys.iter().map(|one| listed(words, one)).collect(),
        script: if known { web::passkeys_script() } else { "" },
    };
    let mut page = Page::new(words.0, body.title, &body)?;
    if known {
        page = page.runs_passkeys();
    }
    here.answer(provider, page, said.error())
}

fn listed(words: Words, passkey: &Passkey) -> Listed {
    let never = || words.get("passkeys.never_used").to_owned();
    Listed {
        id: passkey.id.clone(),
        name: passkey.name.clone(),
        since: on_day(words, "passkeys.since", passkey.created),
        used: passkey.used.map_or_else(never, |used| on_day(words, "passkeys.used", used)),
    }
}
