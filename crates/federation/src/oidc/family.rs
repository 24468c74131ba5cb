//! `…/family`: where the owner of a household sees its members, invites them, approves who forgot the password, and has the switch for the boxes at home; and `…/invitation`, where an
//! invitation leads; and `…/first`, where a box at home leads its owner.
//!
//! Sources: brief tve §12.3; `docs/decisions/0038`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::credentials::{Approval, HomeSwitch, Invitation, Relative};
use domain::signin::OwnPage;
use domain::signing::Issuer;
use domain::subscribers::{HomeSignIn, Role};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::{Page, blocking, current, words};

use super::Provider;
use super::authorize::{begin_with, or_page, parameter_fault};
use super::own::{Here, Said, changed, in_fours, is_fresh, on_day, posted, qr_of, shown};
use super::pages::Words;
use super::place::Place;

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
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((provider, place), (headers, OwnPage::Family), |provider, here| {
        page(provider, here, (Said::Nothing, None))
    })
    .await
}

/// `POST …/family`: makes an invitation or takes one back, approves or refuses, or signs in again to be allowed to.
pub(super) async fn change(
    State(provider): State<Arc<Provider>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Family, PURPOSE);
    posted((provider, place), form, |provider, here, form| {
        let mut made = None;
        let done = act(provider, here, form).map(|(said, invitation)| {
            made = invitation;
            said
        });
        changed(done, |said| page(provider, here, (said, made)))
    })
    .await
}

/// `GET /o/{operator}/invitation`: where the link and the picture of an invitation lead, with the contract's
/// `number` and the `code`.
pub(super) async fn open(
    State(provider): State<Arc<Provider>>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let work = move || {
        let issuer = place.issuer(&provider)?;
        let query = query.unwrap_or_default();
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        let get = |name| query.get(name).unwrap_or_default();
        let invitation = (get("number"), get("code"));
        begin_with(&provider, &issuer, &headers, |browser| {
            let browser = (browser, clock::now());
            provider.journeys.open_invitation(issuer.operator(), invitation, browser)
        })
    };
    or_page(blocking(work).await)
}

/// `GET /o/{operator}/first`: where the picture on a box's screen leads, with the `code`, or who types the address.
pub(super) async fn first(
    State(provider): State<Arc<Provider>>,
    place: Place,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let work = move || {
        let issuer = place.issuer(&provider)?;
        let query = query.unwrap_or_default();
        let query = Parameters::parse(query.as_bytes()).map_err(|fault| parameter_fault(&fault))?;
        let scanned = query.get("code").unwrap_or_default();
        begin_with(&provider, &issuer, &headers, |browser| {
            let browser = (browser, clock::now());
            provider.journeys.begin_at_box(issuer.operator(), scanned, browser)
        })
    };
    or_page(blocking(work).await)
}

fn act(
    provider: &Provider,
    here: &Here,
    form: &Parameters<'_>,
) -> Result<(&'static str, Option<Invitation>)> {
    let get = |name| form.get(name).unwrap_or_default();
    let (journeys, who, now) = (&provider.journeys, &here.who, clock::now());
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
    provider: &Provider,
    here: &Here,
    (said, made): (Said<'_>, Option<Invitation>),
) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let family = provider.journeys.family_of(&here.who, now)?;
    let waiting = provider.journeys.approvals_of(&here.who, now)?;
    let switch = provider.journeys.home_switch_of(&here.who, now)?;
    // Invitations are an operator's, also where the page is the platform's.
    let home = super::place::issuer_of(provider, &here.who.operator);
    let body = Body {
        words,
        title: words.get("family.title"),
        address: &format!("{}/family", here.issuer.url()),
        proof: &here.proof(provider, PURPOSE),
        message: said.text(words),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        made: made.map(|made| shown_once(words, &home, &made)),
        asked: waiting.into_iter().map(|one| asked(words, one)).collect(),
        listed: family.into_iter().map(|one| listed(words, one)).collect(),
        home: at_home(words, switch),
    };
    here.answer(provider, Page::new(words.0, body.title, &body)?, said.error())
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
