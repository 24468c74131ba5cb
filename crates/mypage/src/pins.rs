//! `…/pins`: where a person sets, changes and takes away the PINs for watching and for buying.
//!
//! Sources: brief tve §12.1, §13; `docs/decisions/0034`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::credentials::{PIN_RATINGS, Pin, PinKind};
use domain::signin::OwnPage;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::place::Place;
use web::texts::Words;
use web::{Page, current};

use super::Mypage;
use super::own::{Here, Said, changed, is_fresh, on_day, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "pins";
/// The PINs of this page, as its forms name them.
const KINDS: [(PinKind, &str); 2] =
    [(PinKind::Viewing, "viewing"), (PinKind::Purchase, "purchase")];

/// One kind of PIN on the page.
struct Listed {
    name: &'static str,
    title: &'static str,
    text: &'static str,
    /// Since when there is one; empty: there is none.
    since: String,
    /// From which rating on it is asked for: years, words, whether that is so now.
    ratings: Vec<(i64, &'static str, bool)>,
}

#[derive(Template)]
#[template(path = "pins.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    fresh: bool,
    listed: Vec<Listed>,
}

/// `GET …/pins`: signs in first, then shows which there are.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Pins), |mypage, here| {
        page(mypage, here, Said::Nothing)
    })
    .await
}

/// `POST …/pins`: sets or takes away a PIN, or signs in again to be allowed to.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Pins, PURPOSE);
    posted((mypage, place), form, |mypage, here, form| {
        changed(act(mypage, here, form), |said| page(mypage, here, said))
    })
    .await
}

fn act(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<&'static str> {
    let get = |name| form.get(name).unwrap_or_default();
    let (journeys, who, now) = (&mypage.journeys, &here.who, clock::now());
    let named = |name: &str| KINDS.into_iter().find(|one| one.1 == name).map(|one| one.0);
    let kind = || named(get("kind")).ok_or_else(|| Error::invalid("pin.kind_unknown", "kind"));
    match get("do") {
        "set" => {
            journeys.set_pin(who, (kind()?, get("pin")), now)?;
            Ok("pins.set")
        }
        "ask" => {
            let years = get("from").parse();
            let years = years.map_err(|_| Error::invalid("pin.rating_unknown", "from"))?;
            journeys.ask_pin_from(who, years, now)?;
            Ok("pins.asked")
        }
        "remove" => {
            journeys.remove_pin(who, kind()?, now)?;
            Ok("pins.removed")
        }
        // The button of who signed in too long ago.
        _ => Err(Error::Unauthenticated { code: "proof.too_old" }),
    }
}

fn page(mypage: &Mypage, here: &Here, said: Said<'_>) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let pins = mypage.journeys.pins_of(&here.who, now)?;
    let body = Body {
        words,
        title: words.get("pins.title"),
        address: &format!("{}/pins", here.issuer.url()),
        proof: &here.proof(mypage, PURPOSE),
        message: said.text(words),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        listed: KINDS.into_iter().map(|one| listed(words, one, &pins)).collect(),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, said.error())
}

fn listed(words: Words, (kind, name): (PinKind, &'static str), pins: &[Pin]) -> Listed {
    let pin = pins.iter().find(|pin| pin.kind == kind);
    let (title, text) = match kind {
        PinKind::Purchase => (words.get("pins.purchase.title"), words.get("pins.purchase.text")),
        PinKind::Viewing | PinKind::Owner => {
            (words.get("pins.viewing.title"), words.get("pins.viewing.text"))
        }
    };
    let asked = pin.filter(|_| kind == PinKind::Viewing);
    let ratings = asked.into_iter().flat_map(|pin| {
        PIN_RATINGS.map(|years| (years, words.get(rating(years)), pin.asks_years == years))
    });
    Listed {
        name,
        title,
        text,
        since: pin.map(|pin| on_day(words, "pins.since", pin.since)).unwrap_or_default(),
        ratings: ratings.collect(),
    }
}

const fn rating(years: i64) -> &'static str {
    match years {
        0 => "pins.from.0",
        12 => "pins.from.12",
        15 => "pins.from.15",
        _ => "pins.from.18",
    }
}
