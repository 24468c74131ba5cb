//! `…/me`: the first page of My Page: who I am here, what waits for me, what I may watch, what happened lately.
//!
//! Source: brief tve §12.1.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Result, clock};
use base::records::AuditLine;
use domain::signin::{OwnHome, OwnPage};
use domain::subscribers::Role;
use http::HeaderMap;
use web::place::Place;
use web::texts::Words;
use web::{Page, current, words};

use super::Mypage;
use super::frame::{self, Entry};
use super::own::{Here, shown};
use super::watch;

/// What happened, as many lines as are read.
const SHOWN: usize = 10;

/// Something that waits for the person, and where they see to it.
struct Waiting {
    text: String,
    /// A path below the issuer, and the words of the link; empty: there is nothing to do but wait.
    link: Option<(&'static str, &'static str)>,
}

/// Something that happened.
struct Happened {
    at: String,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    name: &'b str,
    role: &'static str,
    number: &'b str,
    login: &'b str,
    waiting: Vec<Waiting>,
    watch: String,
    menu: Vec<Entry>,
    happened: Vec<Happened>,
}

/// `GET …/me`: signs in first.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Home), page).await
}

fn page(mypage: &Mypage, here: &Here) -> Result<Response> {
    let words = Words(current::get().language);
    let home = mypage.journeys.home_of(&here.who, clock::now())?;
    let member = here.who.session.person_no.to_string();
    let unnamed = || words.fill("family.member", &[("number", &member)]);
    let name = home.kana.clone().unwrap_or_else(unnamed);
    let body = Body {
        words,
        title: words.get("me.title"),
        address: here.issuer.url(),
        name: &words.fill("me.name", &[("name", &name)]),
        role: words.get(match here.who.member.role {
            Role::Owner => "family.role.owner",
            Role::Adult => "family.role.adult",
            Role::Child => "family.role.child",
        }),
        number: &here.who.session.key.number,
        login: home.login.as_deref().unwrap_or_default(),
        waiting: waiting(words, &home),
        watch: watch::in_one_line(mypage, here, words)?,
        menu: frame::menu(words, here.who.member.role),
        happened: home
            .happened
            .iter()
            .filter_map(|line| happened(words, line))
            .take(SHOWN)
            .collect(),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, None)
}

fn waiting(words: Words, home: &OwnHome) -> Vec<Waiting> {
    let mut all = Vec::new();
    if home.approvals > 0 {
        let text = words.fill("me.waits.approvals", &[("n", &home.approvals.to_string())]);
        let link = Some((OwnPage::Family.path(), words.get("me.waits.approvals.do")));
        all.push(Waiting { text, link });
    }
    if let Some(until) = home.waits_until {
        all.push(Waiting { text: words::fill_at(words.0, "me.waits.recovery", until), link: None });
    }
    if !home.reachable {
        let text = words.get("me.waits.contact").to_owned();
        let link = Some((OwnPage::Contacts.path(), words.get("me.waits.contact.do")));
        all.push(Waiting { text, link });
    }
    all
}

/// What happened, in words; none of what says a person nothing.
fn happened(words: Words, line: &AuditLine) -> Option<Happened> {
    let key = match line.act.as_str() {
        "person.signed_in" => "me.happened.signed_in",
        "person.locked_out" => "me.happened.locked_out",
        "person.unlocked" => "me.happened.unlocked",
        "person.credentials_set" => "me.happened.credentials",
        "person.password_changed" => "me.happened.password_changed",
        "person.recovered" => "me.happened.recovered",
        "person.approval_asked" => "me.happened.approval_asked",
        "person.approval_given" => "me.happened.approval_given",
        "person.passkey_added" => "me.happened.passkey_added",
        "person.passkey_removed" => "me.happened.passkey_removed",
        "person.totp_added" => "me.happened.totp_added",
        "person.totp_removed" => "me.happened.totp_removed",
        "person.recovery_codes_issued" => "me.happened.codes",
        "person.contact_verified" => "me.happened.contact_verified",
        "person.contact_removed" => "me.happened.contact_removed",
        "person.contact_bounced" => "me.happened.contact_bounced",
        "person.pin_set" => "me.happened.pin_set",
        "person.pin_removed" => "me.happened.pin_removed",
        "person.pin_reset" => "me.happened.pin_reset",
        "person.data_taken" => "me.happened.data",
        "consent.given" => "me.happened.consent_given",
        "consent.withdrawn" => "me.happened.consent_withdrawn",
        "device.bound" => "me.happened.device_bound",
        "device.removed" => "me.happened.device_removed",
        _ => return None,
    };
    let at = words::fill_at(words.0, "me.happened.at", line.at);
    Some(Happened { at, text: words.get(key) })
}
