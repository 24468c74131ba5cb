//! What stands around every page of a person's own: the way to the others above it, letters and language below.

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

/// The pages in the order they stand in, with what they are called there.
const PAGES: [(OwnPage, &str); 10] = [
    (OwnPage::Home, "me.nav.home"),
    (OwnPage::Watch, "me.nav.watch"),
    (OwnPage::Family, "me.nav.family"),
    (OwnPage::Household, "me.nav.household"),
    (OwnPage::Sessions, "me.nav.sessions"),
    (OwnPage::Contacts, "me.nav.contacts"),
    (OwnPage::Passkeys, "me.nav.passkeys"),
    (OwnPage::Pins, "me.nav.pins"),
    (OwnPage::Security, "me.nav.security"),
    (OwnPage::Services, "me.nav.services"),
];

impl<'n> Navigation<'n> {
    /// Of a member with this role, on one of the pages.
    pub(super) fn of(issuer: &'n Issuer, (own, role): (&OwnPage, Role)) -> Self {
        let words = Words(current::get().language);
        // The owner looks after all of the household; everybody else after themselves.
        let not_theirs = if role == Role::Owner { OwnPage::Household } else { OwnPage::Family };
        let open = |page: &OwnPage| *page != not_theirs;
        let pages = PAGES.into_iter().filter(|(page, _)| open(page));
        let links = pages.map(|(page, key)| Link {
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
