//! `…/family`: where the owner of a household sees its members, adds and invites them, brings back who was removed, approves
//! who forgot the password, and has the household's switches. What one member may do has a page of its own (`member.rs`).
//!
//! Sources: brief tve §12.3, §13; `docs/decisions/0038`, `0052`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Result, clock, ids};
use base::store::Tx;
use domain::commands::{self, AdultTitles, HouseholdAdult, NewMember};
use domain::credentials::{Approval, Fresh, HomeSwitch, Invitation};
use domain::signin::OwnPage;
use domain::signing::Issuer;
use domain::subscribers::{HomeSignIn, Role};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::place::Place;
use web::texts::Words;
use web::{Page, current};

use super::Mypage;
use super::members::{self, Gone, Listed, named};
use super::once::Once;
use super::own::{Here, Said, changed, is_fresh, on_day, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
pub(super) const PURPOSE: &str = "family";

/// Who forgot the password and asks.
struct Asked {
    id: String,
    text: String,
}

#[derive(Template)]
#[template(path = "family.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    fresh: bool,
    made: Option<Once>,
    /// Until when it is good.
    until: String,
    asked: Vec<Asked>,
    listed: Vec<Listed>,
    gone: Vec<Gone>,
    adult: Option<Switch>,
    home: Option<Switch>,
    /// The form that adds a member is known again by this.
    request: String,
    /// What the form that adds a member is filled with.
    kana: &'b str,
    role: &'b str,
    birth_on: &'b str,
}

/// A switch of the household.
struct Switch {
    state: &'static str,
    /// What the form does, and what its button says; none when it is the station's to say.
    offered: Option<(&'static str, &'static str)>,
}

/// `GET …/family`: signs in first, then lists.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Family), |mypage, here| {
        page(mypage, here, (here.looked_at(), None))
    })
    .await
}

/// `POST …/family`: adds, invites, approves, switches, or signs in again to be allowed to.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Family, PURPOSE);
    posted((mypage, place), form, |mypage, here, form| {
        let mut made = None;
        let done = act(mypage, here, form).map(|(said, invitation)| {
            made = invitation;
            said
        });
        changed(done, |said| page(mypage, here, (said, made)))
    })
    .await
}

fn act(
    mypage: &Mypage,
    here: &Here,
    form: &Parameters<'_>,
) -> Result<(&'static str, Option<Invitation>)> {
    let get = |name| form.get(name).unwrap_or_default();
    let (journeys, who, now) = (&mypage.journeys, &here.who, clock::now());
    let member = || {
        get("member").parse().map_err(|_| Error::invalid("request.parameters_malformed", "member"))
    };
    match get("do") {
        "invite" => {
            let made = journeys.invite(who, member()?, now)?;
            Ok(("family.invited", Some(made)))
        }
        "withdraw" => {
            journeys.withdraw_invitation(who, member()?, now)?;
            Ok(("family.withdrawn", None))
        }
        "approve" => {
            journeys.approve(who, (get("request"), get("number")), now)?;
            Ok(("family.approved", None))
        }
        "refuse" => {
            journeys.refuse_approval(who, get("request"), now)?;
            Ok(("family.refused", None))
        }
        "home_off" => {
            journeys.switch_own_home(who, HomeSignIn::Off, now)?;
            Ok(("family.home.switched_off", None))
        }
        "home_on" => {
            journeys.switch_own_home(who, HomeSignIn::Allowed, now)?;
            Ok(("family.home.switched_on", None))
        }
        "add" => {
            let added = add(mypage, here, form)?;
            Ok((if added.is_some() { "family.added" } else { "family.added_already" }, added))
        }
        "restore" => {
            let number = member()?;
            let restore =
                move |tx: &mut Tx<'_>, who: &Fresh<'_>| commands::restore_member(tx, who, number);
            journeys.act_as(who, now, restore)?;
            Ok(("family.restored", None))
        }
        "adult_on" => switched(mypage, here, AdultTitles::Allowed),
        "adult_off" => switched(mypage, here, AdultTitles::Off),
        // The button of who signed in too long ago.
        _ => Err(Error::Unauthenticated { code: "proof.too_old" }),
    }
}

/// Adds the member a form describes; none: this form did it before.
fn add(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<Option<Invitation>> {
    let get = |name| form.get(name).unwrap_or_default();
    let role = match get("role") {
        "adult" => Role::Adult,
        "child" => Role::Child,
        _ => return Err(Error::invalid("field.required", "role")),
    };
    let birth_on = Some(get("birth_on").to_owned()).filter(|day| !day.is_empty());
    let new = NewMember { kana: get("kana").to_owned(), birth_on, role };
    let request = get("form").to_owned();
    let add =
        move |tx: &mut Tx<'_>, who: &Fresh<'_>| commands::add_member(tx, who, (&new, &request));
    mypage.journeys.act_as(&here.who, clock::now(), add)
}

fn switched(
    mypage: &Mypage,
    here: &Here,
    wanted: AdultTitles,
) -> Result<(&'static str, Option<Invitation>)> {
    let switch =
        move |tx: &mut Tx<'_>, who: &Fresh<'_>| commands::switch_household_adult(tx, who, wanted);
    mypage.journeys.act_as(&here.who, clock::now(), switch)?;
    Ok(match wanted {
        AdultTitles::Allowed => ("family.adult.switched_on", None),
        AdultTitles::Off => ("family.adult.switched_off", None),
    })
}

pub(super) fn page(
    mypage: &Mypage,
    here: &Here,
    (said, made): (Said<'_>, Option<Invitation>),
) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let family = mypage.journeys.look_as(&here.who, now, commands::overview_of)?;
    let home = Issuer::of(&mypage.base_url, &here.who.operator);
    let body = Body {
        words,
        title: words.get("family.title"),
        address: &format!("{}/family", here.issuer.url()),
        proof: &here.proof(mypage, PURPOSE),
        message: said.text(words),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        until: made.as_ref().map_or_else(String::new, |made| until(words, made)),
        made: made.map(|made| Once::of(&home, &made)),
        asked: family.approvals.into_iter().map(|one| asked(words, one)).collect(),
        listed: family.members.into_iter().map(|one| members::listed(words, one)).collect(),
        gone: family.removed.into_iter().map(|one| members::gone(words, one)).collect(),
        adult: adult(words, family.adult),
        home: at_home(words, family.home),
        request: ids::new_id("form", now),
        kana: here.filled(said, "add", "kana"),
        role: here.filled(said, "add", "role"),
        birth_on: here.filled(said, "add", "birth_on"),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, said.error())
}

fn until(words: Words, made: &Invitation) -> String {
    on_day(words, "family.until", made.expires)
}

fn asked(words: Words, one: Approval) -> Asked {
    let name = named(words, (one.kana, one.person_no));
    let text = on_day(words, "family.asked.at", one.asked);
    Asked { id: one.id, text: format!("{name} {text}") }
}

fn adult(words: Words, switch: HouseholdAdult) -> Option<Switch> {
    let (state, offered) = match switch {
        HouseholdAdult::NotSold => return None,
        HouseholdAdult::Allowed => ("family.adult.on", Some(("adult_off", "family.adult.do.off"))),
        HouseholdAdult::Off => ("family.adult.off", Some(("adult_on", "family.adult.do.on"))),
        HouseholdAdult::NotVerified => ("family.adult.not_verified", None),
    };
    let offered = offered.map(|(act, button)| (act, words.get(button)));
    Some(Switch { state: words.get(state), offered })
}

fn at_home(words: Words, switch: HomeSwitch) -> Option<Switch> {
    let (state, offered) = match switch {
        HomeSwitch::Hidden => return None,
        HomeSwitch::Allowed => ("family.home.on", Some(("home_off", "family.home.do.off"))),
        HomeSwitch::OffByOwner => ("family.home.off", Some(("home_on", "family.home.do.on"))),
        HomeSwitch::OffByStation => ("family.home.station", None),
    };
    let offered = offered.map(|(act, button)| (act, words.get(button)));
    Some(Switch { state: words.get(state), offered })
}
