//! `…/family/{member}`: what the owner of a household may do for one member of it; and `…/family/{member}/watched`: what a
//! child watched.
//!
//! What is hard to take back is asked first, with what it does in words. Source: brief tve §12.5, §13;
//! `docs/decisions/0052`, `0053`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawPathParams, State};
use axum::response::Response;
use base::kernel::{Change, Error, Result, clock};
use base::store::Tx;
use domain::commands::{self, AdultTitles, Offer, Overview};
use domain::credentials::{Fresh, Relative};
use domain::decisions::{self, WatchedTitle};
use domain::signin::OwnPage;
use domain::subscribers::{Age, PERSON_UNKNOWN, Role};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::place::Place;
use web::texts::{Words, in_language};
use web::{Page, current};

use super::Mypage;
use super::confirm::{self, Question};
use super::family::{self, PURPOSE};
use super::members::{self, SWITCHED_ON, named, spoken_of};
use super::own::{Here, Said, changed, is_fresh, on_day, posted, shown};

/// The ratings an owner chooses from, in years.
const RATINGS: [i64; 4] = [0, 12, 15, 18];

#[derive(Template)]
#[template(path = "member.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    family: &'b str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    fresh: bool,
    state: String,
    /// The owner themselves: nothing is taken from them here.
    owner: bool,
    child: bool,
    held: bool,
    /// Years, words, whether it is so now.
    ratings: Vec<(i64, &'static str, bool)>,
    /// State and, if there is something to press, what it does and says.
    adult: Option<(&'static str, Option<(&'static str, &'static str)>)>,
    /// Why that is worth nothing yet.
    household_off: Option<&'static str>,
    /// What the form does and says that makes them the other of adult and child.
    role: Option<(&'static str, &'static str)>,
    may_own: bool,
    /// That the household is offered to them.
    offered: Option<String>,
}

#[derive(Template)]
#[template(path = "watched.html")]
struct Watched<'b> {
    words: Words,
    title: &'b str,
    back: &'b str,
    titles: Vec<(String, String)>,
}

/// The member an address names.
fn number(params: &RawPathParams) -> Result<i64> {
    let named = params.iter().find(|(name, _)| *name == "member").map_or("", |(_, value)| value);
    named.parse().map_err(|_| Error::not_found(PERSON_UNKNOWN, ""))
}

/// `GET …/family/{member}`.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    params: RawPathParams,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Family), move |mypage, here| {
        page(mypage, here, (number(&params)?, Said::Nothing))
    })
    .await
}

/// `GET …/family/{member}/watched`.
pub(super) async fn watched(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    params: RawPathParams,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Family), move |mypage, here| {
        let (words, number) = (Words(current::get().language), number(&params)?);
        let look =
            |tx: &mut Tx<'_>, person_id: &str| decisions::watched_by_child(tx, (person_id, number));
        let titles = mypage.journeys.look_as(&here.who, clock::now(), look)?;
        let body = Watched {
            words,
            title: words.get("family.watched"),
            back: &format!("{}/family/{number}", here.issuer.url()),
            titles: titles.into_iter().map(|one| title(words, one)).collect(),
        };
        here.answer(mypage, Page::new(words.0, body.title, &body)?, None)
    })
    .await
}

/// A title by the product that has it, never by what services call it; and when it was watched last.
fn title(words: Words, one: WatchedTitle) -> (String, String) {
    let product = one.product.map(|(ja, en)| in_language(words.0, &ja, &en).to_owned());
    let name = product.unwrap_or_else(|| words.get("family.watched.unknown").to_owned());
    (name, on_day(words, "family.watched.on", one.last))
}

/// `POST …/family/{member}`: asks, or does.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    params: RawPathParams,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Family, PURPOSE);
    posted((mypage, place), form, move |mypage, here, form| {
        let number = number(&params)?;
        let what = form.get("do").unwrap_or_default();
        match what {
            "ask_remove" | "ask_offer" => return ask(mypage, here, (number, what)),
            "remove" => {
                let done = remove(mypage, here, number);
                return changed(done, |said| family::page(mypage, here, (said, None)));
            }
            _ => {}
        }
        let done = act(mypage, here, (number, what, form));
        changed(done, |said| page(mypage, here, (number, said)))
    })
    .await
}

fn remove(mypage: &Mypage, here: &Here, number: i64) -> Result<&'static str> {
    let remove = move |tx: &mut Tx<'_>, who: &Fresh<'_>| commands::remove_member(tx, who, number);
    Ok(match mypage.journeys.act_as(&here.who, clock::now(), remove)? {
        Change::Made => "family.removed",
        Change::Already => "family.removed_already",
    })
}

/// One domain function for one word of a form, and what is said of it.
type Act = fn(&mut Tx<'_>, &Fresh<'_>, i64) -> Result<&'static str>;

const ACTS: [(&str, Act); 8] = [
    ("suspend", |tx, who, no| commands::suspend_member(tx, who, no).map(|_| "family.suspended")),
    ("resume", |tx, who, no| {
        let resumed = commands::resume_member(tx, who, no)?;
        Ok(if resumed.held_by_others { "family.resumed_held" } else { "family.resumed" })
    }),
    ("adult_on", |tx, who, no| {
        let wanted = (no, AdultTitles::Allowed);
        commands::switch_member_adult(tx, who, wanted).map(|_| SWITCHED_ON)
    }),
    ("adult_off", |tx, who, no| {
        let wanted = (no, AdultTitles::Off);
        commands::switch_member_adult(tx, who, wanted).map(|_| "family.adult.switched_off")
    }),
    ("to_child", |tx, who, no| {
        commands::set_member_role(tx, who, (no, Role::Child)).map(|_| "family.role_set")
    }),
    ("to_adult", |tx, who, no| {
        commands::set_member_role(tx, who, (no, Role::Adult)).map(|_| "family.role_set")
    }),
    ("offer", |tx, who, no| commands::offer_household(tx, who, no).map(|_| "family.offered")),
    ("end_offer", |tx, who, _| commands::end_offer(tx, who).map(|_| "family.offer_ended")),
];

fn act(
    mypage: &Mypage,
    here: &Here,
    (number, what, form): (i64, &str, &Parameters<'_>),
) -> Result<&'static str> {
    let (journeys, now) = (&mypage.journeys, clock::now());
    if what == "rate" {
        let years = form.get("rating").unwrap_or_default().parse();
        let years = years.map_err(|_| Error::invalid("rating.unknown", "rating"))?;
        let rate = move |tx: &mut Tx<'_>, who: &Fresh<'_>| {
            commands::set_member_rating(tx, who, (number, years))
        };
        return journeys.act_as(&here.who, now, rate).map(|_| "family.rated");
    }
    match ACTS.iter().find(|(word, _)| *word == what) {
        Some((_, act)) => journeys.act_as(&here.who, now, move |tx, who| act(tx, who, number)),
        // The button of who signed in too long ago.
        None => Err(Error::Unauthenticated { code: "proof.too_old" }),
    }
}

/// What the owner sees of the member `number`, and of the household's offer.
fn look(mypage: &Mypage, here: &Here, number: i64) -> Result<(Relative, Overview)> {
    let mut seen = mypage.journeys.look_as(&here.who, clock::now(), commands::overview_of)?;
    let at = seen.members.iter().position(|one| one.person_no == number);
    let at = at.ok_or_else(|| Error::not_found(PERSON_UNKNOWN, number.to_string()))?;
    Ok((seen.members.swap_remove(at), seen))
}

/// Asks before a member is removed, or the household offered.
fn ask(mypage: &Mypage, here: &Here, (number, what): (i64, &str)) -> Result<Response> {
    let words = Words(current::get().language);
    let (one, _) = look(mypage, here, number)?;
    let name = spoken_of(words, (one.kana, number));
    let days = mypage.operator(&here.who.operator)?.policies.restore_days.to_string();
    let says = |key| words.fill(key, &[("name", name.as_str()), ("days", &days)]);
    let (title, lines, button, act) = if what == "ask_remove" {
        let lines = ["family.ask.remove.access", "family.ask.remove.back"];
        ("family.ask.remove", lines, "family.do.remove", "remove")
    } else {
        let lines = ["family.ask.offer.roles", "family.ask.offer.contract"];
        ("family.ask.offer", lines, "family.do.offer", "offer")
    };
    let asked = Question {
        title: says(title),
        lines: lines.map(says).into(),
        button: words.get(button),
        act,
        address: &format!("{}/family/{number}", here.issuer.url()),
        purpose: PURPOSE,
    };
    confirm::page(mypage, here, &asked)
}

fn page(mypage: &Mypage, here: &Here, (number, said): (i64, Said<'_>)) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let (one, seen) = look(mypage, here, number)?;
    let family = format!("{}/family", here.issuer.url());
    let title = named(words, (one.kana.clone(), number));
    let role = members::role(words, one.role);
    let household_off = members::household_off(words, seen.adult);
    let body = Body {
        words,
        title: &title,
        family: &family,
        address: &format!("{family}/{number}"),
        proof: &here.proof(mypage, PURPOSE),
        message: members::with_rest(words, said, household_off),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        state: format!("{role} · {}", members::state(words, &one)),
        owner: one.role == Role::Owner,
        child: one.role == Role::Child,
        held: one.held_by_owner,
        ratings: ratings(words, &one),
        adult: adult(words, (&one, &seen)),
        household_off: household_off.filter(|_| one.adult_allowed),
        role: other_role(words, &one),
        may_own: one.may_own && seen.offer.is_none(),
        offered: seen.offer.and_then(|offer| offered(words, (&offer, number))),
    };
    here.answer(mypage, Page::new(words.0, &title, &body)?, said.error())
}

/// What there is to choose from: years, words, whether it is so now. R18+ is not for a child.
fn ratings(words: Words, one: &Relative) -> Vec<(i64, &'static str, bool)> {
    let all =
        RATINGS.map(|years| (years, members::rating(words, years), years == one.max_rating_years));
    let open =
        |(years, _, chosen): &(i64, &str, bool)| *chosen || *years < 18 || one.role != Role::Child;
    all.into_iter().filter(open).collect()
}

fn offered(words: Words, (offer, number): (&Offer, i64)) -> Option<String> {
    (offer.to == number).then(|| on_day(words, "family.offered_until", offer.expires))
}

/// The member's switch for adult titles; none for a child, or where none are sold.
fn adult(
    words: Words,
    (one, seen): (&Relative, &Overview),
) -> Option<(&'static str, Option<(&'static str, &'static str)>)> {
    if one.role == Role::Child || seen.adult == commands::HouseholdAdult::NotSold {
        return None;
    }
    let (state, offered) = match (one.adult_allowed, one.age) {
        (true, _) => ("family.adult.on", Some(("adult_off", "family.adult.do.off"))),
        (false, Age::OfAge) => ("family.adult.off", Some(("adult_on", "family.adult.do.on"))),
        (false, Age::Unknown | Age::Minor) => ("family.adult.no_age", None),
    };
    Some((words.get(state), offered.map(|(act, button)| (act, words.get(button)))))
}

fn other_role(words: Words, one: &Relative) -> Option<(&'static str, &'static str)> {
    let (act, button) = match (one.role, one.age) {
        (Role::Child, Age::OfAge | Age::Unknown) => ("to_adult", "family.do.to_adult"),
        (Role::Adult, Age::Minor) => ("to_child", "family.do.to_child"),
        (Role::Adult, Age::Unknown) if !one.registered => ("to_child", "family.do.to_child"),
        _ => return None,
    };
    Some((act, words.get(button)))
}
