//! `…/passkeys`: where a person keeps their passkeys.
//!
//! Sources: Web Authentication Level 3; `docs/decisions/0030`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::credentials::Invitation;
use domain::signin::OwnPage;
use domain::signing::Issuer;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::answers::as_it_is;
use web::passkeys::Kept;
use web::place::Place;
use web::texts::Words;
use web::{Page, Problem, blocking, current, status_of};

use super::Mypage;
use super::once::Once;
use super::own::{Here, Said, form_of, here, is_fresh, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "passkeys";
/// Signed in too long ago.
const AGAIN: &str = "proof.too_old";

/// `GET …/passkeys`: signs in first, then lists.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Passkeys), |mypage, here| {
        page(mypage, here, (here.looked_at(), None))
    })
    .await
}

/// `POST …/passkeys`: adds, names or takes away a passkey, or signs in again to be allowed to.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Passkeys, PURPOSE);
    posted((mypage, place), form, changed).await
}

/// `POST …/passkeys/ask`: what the browser is to be asked to make.
pub(super) async fn ask(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> std::result::Result<Response, Problem> {
    blocking(move || {
        let form = form_of(&mypage, (&headers, &body))?;
        let signed_out = || Error::Unauthenticated { code: AGAIN };
        let here = here(&mypage, &place, (&headers, OwnPage::Passkeys))?.ok_or_else(signed_out)?;
        here.check(&mypage, (&form, PURPOSE))?;
        let site = mypage.site(&here.who.operator)?;
        as_it_is(&mypage.journeys.ask_new_passkey(&here.who, &site, clock::now())?)
    })
    .await
}

fn changed(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<Response> {
    match act(mypage, here, form) {
        Ok((words, made)) => page(mypage, here, (Said::Done(words), made)),
        Err(Error::Unauthenticated { code: AGAIN }) if form.get("do") == Some("again") => {
            Err(Error::Unauthenticated { code: AGAIN })
        }
        Err(error) if status_of(&error).is_client_error() => {
            page(mypage, here, (Said::Refused(&error), None))
        }
        Err(error) => Err(error),
    }
}

fn act(
    mypage: &Mypage,
    here: &Here,
    form: &Parameters<'_>,
) -> Result<(&'static str, Option<Invitation>)> {
    let get = |name| form.get(name).unwrap_or_default();
    let (journeys, who, now) = (&mypage.journeys, &here.who, clock::now());
    let said = match get("do") {
        "add" => {
            let site = mypage.site(&here.who.operator)?;
            journeys.add_passkey(who, &site, (get("credential"), get("name")), now)?;
            "passkeys.added"
        }
        "rename" => {
            journeys.rename_passkey(who, (get("passkey"), get("name")), now)?;
            "passkeys.renamed"
        }
        "remove" => {
            journeys.remove_passkey(who, get("passkey"), now)?;
            "passkeys.removed"
        }
        "phone" => {
            let made = journeys.invite_phone(who, now)?;
            return Ok(("passkeys.phone.made", Some(made)));
        }
        // The button of who signed in too long ago.
        _ => return Err(Error::Unauthenticated { code: AGAIN }),
    };
    Ok((said, None))
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
    kept: Kept<'b>,
    /// The code by which the person goes on at their phone, just made.
    made: Option<Once>,
}

fn page(
    mypage: &Mypage,
    here: &Here,
    (said, made): (Said<'_>, Option<Invitation>),
) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let passkeys = mypage.journeys.passkeys_of(&here.who, now)?;
    let renamed = ["passkey", "name"].map(|name| here.filled(said, "rename", name));
    let known = mypage.site(&here.who.operator).is_ok();
    let home = Issuer::of(&mypage.base_url, &here.who.operator);
    let address = format!("{}/passkeys", here.issuer.url());
    let proof = here.proof(mypage, PURPOSE);
    let kept = Kept::of(words, (&address, &proof), &passkeys, (is_fresh(here, now), known))
        .typed(renamed, here.filled(said, "add", "name"));
    let body = Body {
        words,
        title: words.get("passkeys.title"),
        address: &address,
        proof: &proof,
        message: said.text(words),
        refused: said.error().is_some(),
        kept,
        made: made.map(|made| Once::of(&home, &made)),
    };
    let mut page = Page::new(words.0, body.title, &body)?;
    if known {
        page = page.runs_passkeys();
    }
    here.answer(mypage, page, said.error())
}
