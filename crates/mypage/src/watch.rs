//! `…/me/watch`: what the household has, whether this person may watch it now, and if not, why, with one next step.
//!
//! Never an internal code, and nothing for adults by name to who may not watch it. Sources: brief tve §12.1, §12.4, §12.5.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base::kernel::{Result, clock};
use domain::decisions::{
    Action, AdultSwitch, Ask, Finding, PinGiven, Question, Shelf, Shelved, Subject,
};
use domain::signin::OwnPage;
use domain::subscribers::Role;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::answers::parameter_fault;
use web::place::Place;
use web::reasons;
use web::texts::Words;
use web::{Page, current};

use super::Mypage;
use super::own::{Here, shown};

/// On one page.
const SHOWN: usize = 50;

/// A product on the page.
struct Listed {
    name: String,
    watchable: bool,
    state: &'static str,
    /// Why not; empty: it says nothing the top of the page does not.
    why: String,
    link: Option<Next>,
}

/// The next step, where it is one of our own pages: its path below the issuer, and the words of the link.
type Next = (&'static str, &'static str);

#[derive(Template)]
#[template(path = "watch.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    whole: Option<String>,
    line: String,
    listed: Vec<Listed>,
    /// That something for adults is left out, and whose word it is.
    adult: Option<&'static str>,
    /// Where the list goes on.
    after: Option<String>,
}

/// `GET …/me/watch`: signs in first, then lists; `after`: the last product of the page before.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Watch), move |mypage, here| {
        let query = query.unwrap_or_default();
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        page(mypage, here, query.get("after").unwrap_or_default())
    })
    .await
}

fn shelf(mypage: &Mypage, here: &Here, page: (&str, usize)) -> Result<Option<Shelf>> {
    let session = &here.who.session;
    let ask = Ask {
        operator: &here.who.operator,
        client: "me",
        subject: Subject::Member { number: &session.key.number, person_no: session.person_no },
        question: Question {
            action: Action::View,
            resource: "",
            least_age: None,
            adult: false,
            pin: PinGiven::Missing,
        },
    };
    mypage.decisions.shelf(&ask, page, clock::now())
}

/// How much there is to watch now, in one line.
pub(super) fn in_one_line(mypage: &Mypage, here: &Here, words: Words) -> Result<String> {
    Ok(line(words, shelf(mypage, here, ("", 0))?.as_ref()))
}

fn line(words: Words, shelf: Option<&Shelf>) -> String {
    match shelf {
        Some(shelf) if shelf.all > 0 && shelf.watchable == shelf.all => {
            words.fill("me.watch.all", &[("n", &shelf.all.to_string())])
        }
        Some(shelf) if shelf.all > 0 => {
            let (n, all) = (shelf.watchable.to_string(), shelf.all.to_string());
            words.fill("me.watch.line", &[("n", &n), ("all", &all)])
        }
        _ => words.get("me.watch.none").to_owned(),
    }
}

fn page(mypage: &Mypage, here: &Here, after: &str) -> Result<Response> {
    let words = Words(current::get().language);
    let shelf = shelf(mypage, here, (after, SHOWN))?;
    let owner = here.who.member.role == Role::Owner;
    let mut body = Body {
        words,
        title: words.get("me.watch.title"),
        address: here.issuer.url(),
        whole: None,
        line: line(words, shelf.as_ref()),
        listed: Vec::new(),
        adult: None,
        after: None,
    };
    if let Some(shelf) = &shelf {
        let whole = shelf.whole.as_ref();
        body.whole = whole.map(|found| reasons::sentence(words.0, found, &shelf.station));
        body.listed = shelf.products.iter().map(|one| listed(words, shelf, (one, owner))).collect();
        body.adult = shelf.adult_hidden.map(|switch| adult(words, (switch, owner)));
        body.after = shelf.products.last().filter(|_| shelf.more).map(|one| one.product.clone());
    }
    here.answer(mypage, Page::new(words.0, body.title, &body)?, None)
}

/// The page of an invented household, for the style guide.
pub(super) fn sample(words: Words) -> Result<Page> {
    let listed = |name: &str, (watchable, state, why): (bool, &'static str, &str)| Listed {
        name: name.to_owned(),
        watchable,
        state: words.get(state),
        why: why.to_owned(),
        link: None,
    };
    let filled = [("product", "ドラマ・クラシック"), ("date", "11/30")];
    let why = words.fill("decision.D11.user", &filled);
    let listed = vec![
        listed("㈱北浜ケーブル 見放題パック", (true, "me.watch.yes", "")),
        listed("ドラマ・クラシック", (false, "me.watch.no", &why)),
    ];
    let numbers = [("n", "1"), ("all", "2")];
    let body = Body {
        words,
        title: words.get("me.watch.title"),
        address: "",
        whole: None,
        line: words.fill("me.watch.line", &numbers),
        listed,
        adult: None,
        after: None,
    };
    Page::new(words.0, body.title, &body)
}

fn listed(words: Words, shelf: &Shelf, (one, owner): (&Shelved, bool)) -> Listed {
    let first = one.findings.first().filter(|_| !one.watchable());
    let told = first.filter(|found| shelf.whole.as_ref() != Some(*found));
    Listed {
        name: reasons::product_name(words.0, &shelf.station, &one.product),
        watchable: one.watchable(),
        state: words.get(match (one.watchable(), one.asks_pin()) {
            (true, false) => "me.watch.yes",
            (true, true) => "me.watch.pin",
            (false, _) => "me.watch.no",
        }),
        why: told.map(|found| why(words, shelf, (found, owner))).unwrap_or_default(),
        link: told.and_then(|found| next(words, (found, owner))),
    }
}

/// Why not, in words for who reads it: the owner is not sent to the owner.
fn why(words: Words, shelf: &Shelf, (found, owner): (&Finding, bool)) -> String {
    match found {
        Finding::RatedAbove { by_age: false, .. } if owner => {
            reasons::fill(words.0, "decision.D14.user.owner", found, &shelf.station)
        }
        _ => reasons::sentence(words.0, found, &shelf.station),
    }
}

/// Who can have it that what is for adults is shown, and where.
fn adult(words: Words, (switch, owner): (AdultSwitch, bool)) -> &'static str {
    words.get(match (owner, switch) {
        (true, _) => "me.watch.adult.owner",
        (false, AdultSwitch::Person) => "me.watch.adult.person",
        (false, _) => "me.watch.adult",
    })
}

/// The page of our own where the person can do something about it.
fn next(words: Words, (found, owner): (&Finding, bool)) -> Option<Next> {
    match found {
        Finding::PinNeeded { set: false, .. } => {
            Some((OwnPage::Pins.path(), words.get("me.watch.do.pin")))
        }
        Finding::RatedAbove { by_age: false, .. } if owner => {
            Some((OwnPage::Family.path(), words.get("me.watch.do.family")))
        }
        _ => None,
    }
}
