//! The page of one thing that can be changed: how it stands, the form, the draft beside it, and its history.

use askama::Template;
use axum::response::Response;
use base::kernel::{Change, Error, Result};
use domain::operators::{Difference, LONGEST_WHY, Published};
use domain::staff::Permission;
use formats::oauth::Parameters;
use web::Page;
use web::texts::{Words, message};

use super::LIST;
use super::head::Last;
use super::told::{Compared, Shown, compared, history};
use crate::Console;
use crate::file::is_told_there;
use crate::here::Here;

/// A field of the form.
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    /// `text`, `number`, `date`, `area`, `tick`, `kept` (its value, or nothing), `choice`.
    pub(super) kind: &'static str,
    pub(super) value: String,
    /// Of a choice: each word, and what it means.
    pub(super) choices: Vec<(&'static str, &'static str)>,
}

impl Input {
    /// A field filled in as the form says, where one was sent, else as the thing stands.
    pub(super) fn new(
        (name, kind): (&'static str, &'static str),
        label: &'static str,
        (form, stands): (Option<&Parameters<'_>>, String),
    ) -> Self {
        let value = match form {
            Some(form) => form.get(name).unwrap_or_default().to_owned(),
            None => stands,
        };
        Self { name, label, kind, value, choices: Vec::new() }
    }
}

/// A thing as it stands.
pub(super) struct Thing<'t> {
    pub(super) title: &'t str,
    /// What the page is for, and what follows from a change.
    pub(super) help: &'static str,
    pub(super) path: String,
    /// Its version: what a form is made from; empty: it is not there yet.
    pub(super) version: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) inputs: Vec<Input>,
    pub(super) history: Vec<Published>,
    /// What is agreed with the people who run the platform, and not changed here.
    pub(super) agreed: Vec<(&'static str, String)>,
    /// Where else it leads.
    pub(super) links: Vec<Link>,
    /// Where the list is that it stands in.
    pub(super) list: &'static str,
    /// Why nobody at the station changes it; none: who leads it does.
    pub(super) locked: Option<&'static str>,
    /// The offer of another secret.
    pub(super) renewal: Option<Renewal>,
    /// What stands below its form: HTML, with pictures of ours.
    pub(super) beside: String,
    /// What is told instead of what is told of every thing.
    pub(super) message: Option<String>,
}

impl<'t> Thing<'t> {
    /// A thing with a page at a path, in a version, that these facts are told of.
    pub(super) fn new(
        title: &'t str,
        (path, version): (String, String),
        facts: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            title,
            help: "",
            path,
            version,
            facts,
            inputs: Vec::new(),
            history: Vec::new(),
            agreed: Vec::new(),
            links: Vec::new(),
            list: LIST,
            locked: None,
            renewal: None,
            beside: String::new(),
            message: None,
        }
    }
}

/// A page that has to do with a thing.
pub(super) struct Link {
    /// What it is known by on the page; empty: by nothing.
    pub(super) id: &'static str,
    /// Below the console.
    pub(super) path: String,
    pub(super) text: String,
}

/// The offer of another secret for a service.
pub(super) struct Renewal {
    /// What tells a form that is sent twice from two forms.
    pub(super) once: String,
}

/// What came of the last form.
pub(super) enum Came {
    /// None was sent.
    Nothing,
    /// It is to be filled in again.
    Again,
    /// A draft: what would be different, and how many households that is about.
    Draft(Vec<Difference>, String),
    /// It was published, or was so already.
    Published(Change),
    /// A thing of this code was added, or was there already and so.
    Added(String, Change),
    /// Another secret, which is shown this once.
    Secret(String),
    Refused(Error),
}

impl Came {
    /// What a form is shown again for, as it was filled in.
    pub(super) const fn keeps_form(&self) -> bool {
        matches!(self, Self::Again | Self::Draft(..) | Self::Refused(_))
    }

    /// A refusal that the page itself tells; another one is a page of its own.
    pub(super) fn of(done: Result<Self>) -> Result<Self> {
        match done {
            Err(error) if is_told_there(&error) && !matches!(error, Error::Forbidden { .. }) => {
                Ok(Self::Refused(error))
            }
            other => other,
        }
    }
}

#[derive(Template)]
#[template(path = "masters_one.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    help: &'static str,
    address: String,
    list: String,
    proof: &'b str,
    message: Option<String>,
    failed: bool,
    may: bool,
    seen: &'b str,
    why: &'b str,
    longest: usize,
    facts: Vec<(&'static str, String)>,
    inputs: Vec<Input>,
    draft: Option<(Vec<Compared>, String)>,
    /// None: its history is not the station's, or there can be none.
    history: Option<Vec<Shown>>,
    agreed: Vec<(&'static str, String)>,
    links: Vec<Link>,
    console: &'b str,
    may_not: &'static str,
    secret: Option<&'b str>,
    renewal: Option<Renewal>,
    beside: &'b str,
}

/// The page of `thing`, after the last form.
pub(super) fn page(
    console: &Console,
    here: &Here,
    thing: Thing<'_>,
    last: &Last<'_>,
) -> Result<Response> {
    let (words, came) = (here.words, &last.came);
    let error = last.refusal();
    let done = match came {
        Came::Published(Change::Made) => Some("console.masters.published"),
        Came::Published(Change::Already) => Some("console.masters.same"),
        _ => None,
    };
    let proof = here.proof(console, &thing.path);
    let has_history =
        !thing.version.is_empty() && (thing.locked.is_none() || !thing.history.is_empty());
    let body = Body {
        words,
        title: thing.title,
        help: thing.help,
        address: format!("{}{}", here.address, thing.path),
        list: format!("{}{}", here.address, thing.list),
        proof: &proof,
        message: thing
            .message
            .or_else(|| error.map(|error| message(words.0, error)))
            .or_else(|| done.map(|key| words.get(key).to_owned())),
        failed: error.is_some(),
        may: here.may(Permission::Publish) && thing.locked.is_none(),
        may_not: thing.locked.unwrap_or_else(|| words.get("console.masters.may_not")),
        secret: if let Came::Secret(secret) = came { Some(secret) } else { None },
        renewal: thing.renewal.filter(|_| here.may(Permission::Publish)),
        seen: &thing.version,
        why: last.typed().and_then(|form| form.get("why")).unwrap_or_default(),
        longest: LONGEST_WHY,
        facts: thing.facts,
        inputs: thing.inputs,
        draft: match came {
            Came::Draft(changes, about) => Some((compared(words, changes), about.clone())),
            _ => None,
        },
        history: has_history.then(|| history(words, &thing.history)),
        agreed: thing.agreed,
        links: thing.links,
        console: &here.address,
        beside: &thing.beside,
    };
    let pictures = |page: Page| if body.beside.is_empty() { page } else { page.shows_pictures() };
    here.page_with(console, (thing.title, "masters"), &body, (error, pictures))
}
