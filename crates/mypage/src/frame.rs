//! What stands around every page of a person's own: the way to the others above it, letters and language below.

use std::iter;

use askama::Template;
use domain::signin::OwnPage;
use domain::signing::Issuer;
use domain::subscribers::Role;
use web::current::{self, Letters};
use web::texts::Words;
use web::{Language, words};

/// A page the navigation leads to.
struct Link {
    path: &'static str,
    text: &'static str,
    here: bool,
}

/// The way to the other pages.
#[derive(Template)]
#[template(path = "navigation.html")]
pub(super) struct Navigation<'n> {
    words: Words,
    address: &'n str,
    links: Vec<Link>,
}

/// The pages beside the first in the order they stand in, with what they are called there, and what can be done there.
const PAGES: [(OwnPage, &str, &str); 9] = [
    (OwnPage::Watch, "me.nav.watch", "me.menu.watch"),
    (OwnPage::Family, "me.nav.family", "me.menu.family"),
    (OwnPage::Household, "me.nav.household", "me.menu.household"),
    (OwnPage::Sessions, "me.nav.sessions", "me.menu.sessions"),
    (OwnPage::Contacts, "me.nav.contacts", "me.menu.contacts"),
    (OwnPage::Passkeys, "me.nav.passkeys", "me.menu.passkeys"),
    (OwnPage::Pins, "me.nav.pins", "me.menu.pins"),
    (OwnPage::Security, "me.nav.security", "me.menu.security"),
    (OwnPage::Services, "me.nav.services", "me.menu.services"),
];

/// Pages nothing but others lead to: path, name, what can be done there.
const BESIDE: [(&str, &str, &str); 3] = [
    ("me/history", "me.history.title", "me.menu.history"),
    ("me/data", "me.data", "me.menu.data"),
    ("me/help", "me.help", "me.menu.help"),
];

/// The pages a member with this role has beside the first. The owner looks after all of the household; everybody else after
/// themselves.
fn pages_of(role: Role) -> impl Iterator<Item = (OwnPage, &'static str, &'static str)> {
    let not_theirs = if role == Role::Owner { OwnPage::Household } else { OwnPage::Family };
    PAGES.into_iter().filter(move |(page, _, _)| *page != not_theirs)
}

/// An entry of the list on the first page: path, name, what can be done there.
pub(super) type Entry = (&'static str, &'static str, &'static str);

/// All pages of a member with this role but the first: on a phone, the strip above shows three of them.
pub(super) fn menu(words: Words, role: Role) -> Vec<Entry> {
    let own = pages_of(role).map(|(page, name, what)| (page.path(), name, what));
    own.chain(BESIDE).map(|(path, name, what)| (path, words.get(name), words.get(what))).collect()
}

impl<'n> Navigation<'n> {
    /// Of a member with this role, on one of the pages.
    pub(super) fn of(issuer: &'n Issuer, (own, role): (&OwnPage, Role)) -> Self {
        let words = Words(current::get().language);
        let home = (OwnPage::Home, "me.nav.home", "");
        let links = iter::once(home).chain(pages_of(role)).map(|(page, key, _)| Link {
            path: page.path(),
            text: words.get(key),
            here: page == *own,
        });
        Self { words, address: issuer.url(), links: links.collect() }
    }
}

/// How the pages are read.
#[derive(Template)]
#[template(path = "foot.html")]
pub(super) struct Foot<'f> {
    words: Words,
    address: &'f str,
    proof: String,
    /// The page it stands on, to come back to.
    back: &'static str,
    letters: (&'static str, &'static str),
    language: (&'static str, &'static str),
}

impl<'f> Foot<'f> {
    /// Of the page `own`, with the proof of its form.
    pub(super) fn of(issuer: &'f Issuer, (own, proof): (&OwnPage, String)) -> Self {
        let context = current::get();
        let words = Words(context.language);
        Self {
            words,
            address: issuer.url(),
            proof,
            back: own.path(),
            letters: match context.letters {
                Letters::Usual => ("large", words.get("me.letters.large")),
                Letters::Large => ("usual", words.get("me.letters.usual")),
            },
            language: match context.language {
                Language::Japanese => ("en", words::page(Language::English, "me.language")),
                Language::English => ("ja", words::page(Language::Japanese, "me.language")),
            },
        }
    }
}
