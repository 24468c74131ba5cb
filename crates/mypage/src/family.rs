//! `…/family`: where the owner of a household sees its members, invites them, approves who forgot the password, and has
//! the switch for the boxes at home.
//!
//! Sources: brief tve §12.3; `docs/decisions/0038`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::credentials::{Approval, HomeSwitch, Invitation, Relative};
use domain::signin::OwnPage;
use domain::signing::Issuer;
use domain::subscribers::{HomeSignIn, Role};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::place::Place;
use web::texts::{Words, in_fours, qr_of};
use web::{Page, current, words};

use super::Mypage;
use super::own::{Here, Said, changed, is_fresh, on_day, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "family";

/// One member on the page.
struct Listed {
    number: i64,
    name: String,
    role: &'static str,
    state: String,
    /// Whether there is something to invite them to.
    invitable: bool,
    invited: bool,
}

/// Who forgot the password and asks.
struct Asked {
    id: String,
    text: String,
}

/// An invitation just made: shown once.
struct Shown {
    link: String,
    qr: String,
    number: String,
    code: String,
    until: String,
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
    made: Option<Shown>,
    asked: Vec<Asked>,
    listed: Vec<Listed>,
    home: Option<Home>,
}

/// The switch for the boxes at home.
struct Home {
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
        page(mypage, here, (Said::Nothing, None))
    })
    .await
}

/// `POST …/family`: makes an invitation or takes one back, approves or refuses, or signs in again to be allowed to.
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
        // The button of who signed in too long ago.
        _ => Err(Error::Unauthenticated { code: "proof.too_old" }),
    }
}

fn page(
    mypage: &Mypage,
    here: &Here,
    (said, made): (Said<'_>, Option<Invitation>),
) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let family = mypage.journeys.family_of(&here.who, now)?;
    let waiting = mypage.journeys.approvals_of(&here.who, now)?;
    let switch = mypage.journeys.home_switch_of(&here.who, now)?;
    // Invitations are an operator's, also where the page is the platform's.
    let home = Issuer::of(&mypage.base_url, &here.who.operator);
    let body = Body {
        words,
        title: words.get("family.title"),
        address: &format!("{}/family", here.issuer.url()),
        proof: &here.proof(mypage, PURPOSE),
        message: said.text(words),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        made: made.map(|made| shown_once(words, &home, &made)),
        asked: waiting.into_iter().map(|one| asked(words, one)).collect(),
        listed: family.into_iter().map(|one| listed(words, one)).collect(),
        home: at_home(words, switch),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, said.error())
}

fn shown_once(words: Words, issuer: &Issuer, made: &Invitation) -> Shown {
    let link = issuer.invitation(&made.number, &made.code);
    Shown {
        qr: qr_of(&link),
        link,
        number: made.number.clone(),
        code: in_fours(&made.code),
        until: on_day(words, "family.until", made.expires),
    }
}

fn asked(words: Words, one: Approval) -> Asked {
    let name = named(words, (one.kana, one.person_no));
    let text = on_day(words, "family.asked.at", one.asked);
    Asked { id: one.id, text: format!("{name} {text}") }
}

/// A member's name, or which member it is.
fn named(words: Words, (kana, person_no): (Option<String>, i64)) -> String {
    let number = person_no.to_string();
    kana.unwrap_or_else(|| words::fill(words.0, "family.member", &[("number", &number)]))
}

fn at_home(words: Words, switch: HomeSwitch) -> Option<Home> {
    let (state, offered) = match switch {
        HomeSwitch::Hidden => return None,
        HomeSwitch::Allowed => ("family.home.on", Some(("home_off", "family.home.do.off"))),
        HomeSwitch::OffByOwner => ("family.home.off", Some(("home_on", "family.home.do.on"))),
        HomeSwitch::OffByStation => ("family.home.station", None),
    };
    let offered = offered.map(|(act, button)| (act, words.get(button)));
    Some(Home { state: words.get(state), offered })
}

fn listed(words: Words, one: Relative) -> Listed {
    let waiting = || words.get("family.waiting").to_owned();
    Listed {
        number: one.person_no,
        name: named(words, (one.kana, one.person_no)),
        role: words.get(match one.role {
            Role::Owner => "family.role.owner",
            Role::Adult => "family.role.adult",
            Role::Child => "family.role.child",
        }),
        state: if one.registered {
            words.get("family.registered").to_owned()
        } else {
            one.invited.map_or_else(waiting, |until| on_day(words, "family.invited_until", until))
        },
        invitable: !one.registered,
        invited: one.invited.is_some(),
    }
}
