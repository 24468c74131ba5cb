//! `…/contacts`: where a person keeps the mail addresses and telephone numbers at which they are told of changes.
//!
//! Sources: brief tve §12.1; `docs/decisions/0031`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base::kernel::{Error, Instant, Result, clock};
use domain::credentials::{Contact, ContactKind};
use domain::signin::OwnPage;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::place::Place;
use web::texts::Words;
use web::{Page, current};

use super::Mypage;
use super::own::{Here, Said, changed, is_fresh, on_day, posted, shown};

/// What the proof in the forms of the page is bound to, beside the session.
const PURPOSE: &str = "contacts";

/// One contact on the page.
struct Listed {
    id: String,
    kind: &'static str,
    label: &'static str,
    address: String,
    state: String,
    good: bool,
}

/// A kind of contact that can be added.
struct Addable {
    kind: &'static str,
    label: &'static str,
    hint: &'static str,
    input: &'static str,
    fills: &'static str,
    add: &'static str,
    typed: String,
}

#[derive(Template)]
#[template(path = "contacts.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    fresh: bool,
    listed: Vec<Listed>,
    addable: Vec<Addable>,
}

/// `GET …/contacts`: signs in first, then lists.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
) -> Response {
    shown((mypage, place), (headers, OwnPage::Contacts), |mypage, here| {
        page(mypage, here, here.looked_at())
    })
    .await
}

/// `POST …/contacts`: adds, verifies or takes away a contact, or signs in again to be allowed to.
pub(super) async fn change(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = ((headers, body), OwnPage::Contacts, PURPOSE);
    posted((mypage, place), form, |mypage, here, form| {
        changed(act(mypage, here, form), |said| page(mypage, here, said))
    })
    .await
}

fn act(mypage: &Mypage, here: &Here, form: &Parameters<'_>) -> Result<&'static str> {
    let get = |name| form.get(name).unwrap_or_default();
    let (journeys, who, now) = (&mypage.journeys, &here.who, clock::now());
    match get("do") {
        "add" => {
            let kind = ContactKind::of_str(get("kind"));
            let kind = kind.filter(|kind| mypage.reaches.contains(kind));
            let kind = kind.ok_or_else(|| Error::refused("contact.kind_unavailable"))?;
            let language = current::get().language.tag();
            journeys.add_contact(who, (kind, get("address")), language, now)?;
            Ok("contacts.sent")
        }
        "verify" => {
            journeys.verify_contact(who, (get("contact"), get("code")), now)?;
            Ok("contacts.verified")
        }
        "remove" => {
            journeys.remove_contact(who, get("contact"), now)?;
            Ok("contacts.removed")
        }
        // The button of who signed in too long ago.
        _ => Err(Error::Unauthenticated { code: "proof.too_old" }),
    }
}

fn page(mypage: &Mypage, here: &Here, said: Said<'_>) -> Result<Response> {
    let (words, now) = (Words(current::get().language), clock::now());
    let contacts = mypage.journeys.contacts_of(&here.who, now)?;
    let typed = ["kind", "address"].map(|name| here.filled(said, "add", name));
    let body = Body {
        words,
        title: words.get("contacts.title"),
        address: &format!("{}/contacts", here.issuer.url()),
        proof: &here.proof(mypage, PURPOSE),
        message: said.text(words),
        refused: said.error().is_some(),
        fresh: is_fresh(here, now),
        listed: contacts.iter().map(|one| listed(words, one)).collect(),
        addable: mypage.reaches.iter().map(|kind| addable(words, *kind, typed)).collect(),
    };
    here.answer(mypage, Page::new(words.0, body.title, &body)?, said.error())
}

fn label(words: Words, kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Mail => words.get("contacts.mail"),
        ContactKind::Phone => words.get("contacts.phone"),
    }
}

fn listed(words: Words, contact: &Contact) -> Listed {
    let state = |at: Option<Instant>, key| at.map(|at| on_day(words, key, at));
    let bounced = state(contact.bounced, "contacts.bounced");
    let verified = || state(contact.verified, "contacts.since");
    let waiting = || words.get("contacts.waiting").to_owned();
    Listed {
        id: contact.id.clone(),
        kind: contact.kind.as_str(),
        label: label(words, contact.kind),
        address: contact.address.clone(),
        state: bounced.or_else(verified).unwrap_or_else(waiting),
        good: contact.is_good(),
    }
}

/// `typed`: kind and address of one that was not added.
fn addable(words: Words, kind: ContactKind, typed: [&str; 2]) -> Addable {
    let (hint, input, fills, add) = match kind {
        ContactKind::Mail => {
            (words.get("contacts.mail.hint"), "email", "email", words.get("contacts.mail.add"))
        }
        ContactKind::Phone => {
            (words.get("contacts.phone.hint"), "tel", "tel", words.get("contacts.phone.add"))
        }
    };
    let [of, typed] = typed;
    let typed = if of == kind.as_str() { typed.to_owned() } else { String::new() };
    Addable { kind: kind.as_str(), label: label(words, kind), hint, input, fills, add, typed }
}
