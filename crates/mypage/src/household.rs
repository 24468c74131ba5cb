//! `…/household`: what a member is in the household, for themselves: their own switch for adult titles, an offer to take the
//! household over, and the way out.
//!
//! Source: brief tve §5.3, §12.5, §13; `docs/decisions/0052`, `0053`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::kernel::{Error, Result, clock};
use base::store::Tx;
use domain::commands::{self, AdultTitles, HouseholdAdult, Membership};
use domain::credentials::Fresh;
use domain::signin::OwnPage;
use domain::subscribers::{Age, Role};
use http::HeaderMap;
use web::place::Place;
use web::texts::Words;
use web::{Page, current};

use super::Mypage;
use super::confirm::{self, Question};
use super::members;
use super::own::{Here, Said, changed, is_fresh, on_day, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "household";

#[derive(Template)]
#[template(path = "household.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    fresh: bool,
    name: String,
    role: &'static str,
    rating: &'static str,
    child: bool,
    /// Where the owner looks after the household.
    family: Option<String>,
    /// State and, if there is something to press, what it does and says.
    adult: Option<(&'static str, Option<(&'static str, &'static str)>)>,
    /// Until when the household is offered to them.
    offered: Option<String>,
    may_leave: bool,
}

#[derive(Template)]
#[template(path = "left.html")]
struct Left {
    words: Words,
    title: &'static str,
    until: String,
}

/// `GET …/household`.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    let own = (headers, OwnPage::Household);
    shown((mypage, place), own, |mypage, here| page(mypage, here, Said::Nothing)).await
}

/// `POST …/household`: asks, or does.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Household, PURPOSE);
    posted((mypage, place), form, |mypage, here, form| {
        let done = match form.get("do").unwrap_or_default() {
            what @ ("ask_leave" | "ask_accept") => return ask(mypage, here, what),
            "leave" => match leave(mypage, here) {
                Ok(left) => return Ok(left),
                Err(error) => Err(error),
            },
            what => act(mypage, here, what),
        };
        changed(done, |said| page(mypage, here, said))
    })
    .await
}

fn act(mypage: &Mypage, here: &Here, what: &str) -> Result<&'static str> {
    let (journeys, now, me) = (&mypage.journeys, clock::now(), here.who.session.person_no);
    let switch = |wanted: AdultTitles| {
        move |tx: &mut Tx<'_>, who: &Fresh<'_>| commands::switch_member_adult(tx, who, (me, wanted))
    };
    match what {
        "adult_on" => journeys
            .act_as(&here.who, now, switch(AdultTitles::Allowed))
            .map(|_| members::SWITCHED_ON),
        "adult_off" => journeys
            .act_as(&here.who, now, switch(AdultTitles::Off))
            .map(|_| "family.adult.switched_off"),
        "accept" => journeys
            .act_as(&here.who, now, commands::accept_household)
            .map(|()| "household.accepted"),
        "decline" => {
            journeys.act_as(&here.who, now, commands::end_offer).map(|_| "household.declined")
        }
        // The button of who signed in too long ago.
        _ => Err(Error::Unauthenticated { code: "proof.too_old" }),
    }
}

/// Takes the person out of the household: they are signed out with it, so the answer is the last page they see.
fn leave(mypage: &Mypage, here: &Here) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    mypage.journeys.act_as(&here.who, now, commands::leave_household)?;
    let operator = mypage.operator(&here.who.operator)?;
    let until = now.plus_days(operator.policies.restore_days);
    let until = on_day(words, "household.left.until", until);
    let body = Left { words, title: words.get("household.left"), until };
    // Nothing leads on from here: they are signed out.
    let page = Page::new(words.0, body.title, &body)?;
    Ok(here.acted(page.for_subscribers_of(&operator).into_response()))
}

/// Asks before the person leaves, or takes the household over.
fn ask(mypage: &Mypage, here: &Here, what: &str) -> Result<Response> {
    let words = Words(current::get().language);
    let days = mypage.operator(&here.who.operator)?.policies.restore_days.to_string();
    let says = |key| words.fill(key, &[("days", &days)]);
    let (title, lines, button, act) = if what == "ask_leave" {
        let lines = ["household.ask.leave.access", "household.ask.leave.back"];
        ("household.ask.leave", lines, "household.do.leave", "leave")
    } else {
        let lines = ["household.ask.accept.roles", "family.ask.offer.contract"];
        ("household.ask.accept", lines, "household.do.accept", "accept")
    };
    let asked = Question {
        title: says(title),
        lines: lines.map(says).into(),
        button: words.get(button),
        act,
        address: &format!("{}/household", here.issuer.url()),
        purpose: PURPOSE,
    };
    confirm::page(mypage, here, &asked)
}

fn page(mypage: &Mypage, here: &Here, said: Said<'_>) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let me = mypage.journeys.look_as(&here.who, now, commands::membership_of)?;
    let owner = me.role == Role::Owner;
    let off = members::household_off(words, me.adult);
    let still_off = off.map(|_| words.get("household.adult.still_off"));
    let body = Body {
        words,
        title: words.get("household.title"),
        address: &format!("{}/household", here.issuer.url()),
        proof: &here.proof(mypage, PURPOSE),
        message: members::with_rest(words, said, still_off),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        role: members::role(words, me.role),
        rating: members::rating(words, me.max_rating_years),
        child: me.role == Role::Child,
        family: owner.then(|| format!("{}/family", here.issuer.url())),
        adult: adult(words, &me),
        offered: me
            .offer
            .as_ref()
            .filter(|offer| offer.to == me.person_no)
            .map(|offer| on_day(words, "household.offered", offer.expires)),
        may_leave: me.role == Role::Adult,
        name: members::named(words, (me.kana, me.person_no)),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, said.error())
}

/// The switch of an adult for themselves; the owner has all of them on the page of the family.
fn adult(
    words: Words,
    me: &Membership,
) -> Option<(&'static str, Option<(&'static str, &'static str)>)> {
    if me.role != Role::Adult || me.adult == HouseholdAdult::NotSold {
        return None;
    }
    let (state, offered) = match (me.adult_allowed, me.age) {
        (true, _) if me.adult == HouseholdAdult::Allowed => {
            ("family.adult.on", Some(("adult_off", "family.adult.do.off")))
        }
        (true, _) => ("household.adult.owner_off", Some(("adult_off", "family.adult.do.off"))),
        (false, Age::OfAge) => ("family.adult.off", Some(("adult_on", "family.adult.do.on"))),
        (false, Age::Unknown | Age::Minor) => ("family.adult.no_age", None),
    };
    Some((words.get(state), offered.map(|(act, button)| (act, words.get(button)))))
}
