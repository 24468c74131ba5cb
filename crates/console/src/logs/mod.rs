//! 記録: the station's books as a clerk reads them, filtered, a page at a time; and carried away by who may.
//!
//! Source: brief tve §11.2; `docs/decisions/0057`.

pub mod areas;
mod asked;
mod details;
mod export;
mod rows;

pub(super) use export::export;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Instant, Result, clock};
use base::records::pages::Page;
use base::store::Tx;
use domain::administration::{self, Book, Ended, Kind, Lines, Logs, Portion, Topic, Wanted};
use domain::catalogue::{self, Catalogue};
use domain::decisions::{self, Decided, OfDecisions};
use domain::staff::Permission;
use http::HeaderMap;
use web::texts::{Words, message};
use web::{reasons, status_of};

use self::areas::AREAS;
use self::asked::{DOERS, Filled, MESSAGES};
use self::rows::{Row, Worded, columns};
use super::Console;
use super::here::{Here, asked as asked_for};
use super::labels::REASONS;
use super::timeline;

/// Where they are, below the console.
const PATH: &str = "/logs";

/// Where the lines these fields mean are listed.
pub(super) fn list_of(console: &str, fields: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    format!("{console}{PATH}?{}", query.finish())
}

/// A choice in a list.
struct Choice {
    value: &'static str,
    text: &'static str,
    chosen: bool,
}

/// A book to go to.
struct Tab {
    to: String,
    text: &'static str,
    here: bool,
}

#[derive(Template)]
#[template(path = "logs.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: String,
    message: Option<String>,
    tabs: Vec<Tab>,
    filled: &'b Filled,
    book: &'static str,
    hint: &'static str,
    kinds: Vec<Choice>,
    doers: Vec<Choice>,
    outcomes: Vec<Choice>,
    columns: Vec<&'static str>,
    rows: Option<Vec<Row>>,
    next: Option<String>,
    given_up: Option<String>,
    proof: Option<String>,
}

impl Row {
    fn when(&self, words: &Words) -> String {
        reasons::moment(words.0, self.at)
    }
}

/// What was read of a book.
enum Read {
    /// By who administers.
    Book(Logs),
    /// By who decides.
    Answers(Page<Decided>),
}

/// What was read, with the names of what is sold.
struct Found {
    read: Read,
    sold: Catalogue,
}

impl Found {
    fn read(tx: &mut Tx<'_>, wanted: &Wanted, (after, much): (&str, Portion)) -> Result<Self> {
        if wanted.book == Book::Decisions {
            let stretch = wanted.stretch(after, much)?;
            let page = decisions::page_of_decisions(tx, &of_decisions(wanted), &stretch)?;
            return Ok(Self { read: Read::Answers(page), sold: Catalogue::default() });
        }
        let logs = administration::logs(tx, wanted, (after, much))?;
        let sold =
            if wanted.book == Book::Audit { catalogue::load(tx)? } else { Catalogue::default() };
        Ok(Self { read: Read::Book(logs), sold })
    }

    /// How many lines there are, and whether the book has more of them.
    fn count(&self) -> (usize, bool) {
        match &self.read {
            Read::Book(logs) => logs.count(),
            Read::Answers(page) => (page.lines.len(), page.next.is_some()),
        }
    }

    /// Where the next page begins, and back to when was looked.
    fn ends(&self) -> (Option<String>, Option<Instant>) {
        match &self.read {
            Read::Answers(page) => (page.next.clone(), page.given_up),
            Read::Book(logs) => match &logs.lines {
                Lines::Audit(page) => (page.next.clone(), page.given_up),
                Lines::Linkage(page) => (page.next.clone(), page.given_up),
                Lines::Access(page) => (page.next.clone(), page.given_up),
            },
        }
    }
}

fn of_decisions(wanted: &Wanted) -> OfDecisions {
    OfDecisions {
        number: wanted.number.clone(),
        person_no: wanted.person_no,
        client: wanted.by.whole.clone(),
        outcome: wanted.ended.map_or("", Ended::as_str).to_owned(),
        code: match &wanted.kind {
            Kind::Code(code) => code.clone(),
            _ => String::new(),
        },
    }
}

/// `GET …/logs?book=…&from=…&to=…`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    asked_for((console, code), (headers, PATH.to_owned(), query), |console, here, query| {
        let filled = Filled::of(query, clock::now());
        let after = query.get("after").unwrap_or_default().to_owned();
        match looked_up(console, here, (&filled, after)) {
            Ok(found) => page(console, here, &filled, Ok(&found)),
            Err(error) if status_of(&error).is_client_error() => {
                page(console, here, &filled, Err(&error))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

fn looked_up(console: &Console, here: &Here, (filled, after): (&Filled, String)) -> Result<Found> {
    let wanted = filled.wanted()?;
    if filled.book == Book::Decisions {
        console.decisions.flush();
    }
    let may = (&here.seat, Permission::Look);
    console
        .desks
        .look(may, clock::now(), move |tx| Found::read(tx, &wanted, (&after, Portion::Page)))
}

fn page(
    console: &Console,
    here: &Here,
    filled: &Filled,
    found: std::result::Result<&Found, &Error>,
) -> Result<Response> {
    let words = here.words;
    let error = found.as_ref().err().copied();
    let address = format!("{}{PATH}", here.address);
    let found = found.ok();
    let (next, given_up) = found.map_or((None, None), Found::ends);
    let body = Body {
        words,
        title: words.get("console.logs"),
        message: error.map(|error| message(words.0, error)),
        tabs: tabs(words, &address, filled),
        filled,
        book: filled.book.as_str(),
        hint: words.get(hint(filled.book)),
        kinds: kinds(words, filled),
        doers: choices(words, DOERS.iter().map(|(word, _, key)| (*word, *key)), &filled.doer),
        outcomes: choices(words, outcomes(filled.book), &filled.outcome),
        columns: columns(filled.book).to_vec(),
        rows: found.map(|found| Worded { here, found }.rows()),
        next: next.map(|after| format!("{address}?{}", filled.query(&[("after", &after)]))),
        given_up: given_up.map(|at| {
            let at = reasons::moment(words.0, at);
            words.fill("console.logs.given_up", &[("at", &at)])
        }),
        proof: here.may(Permission::Export).then(|| here.proof(console, PATH)),
        address,
    };
    here.page(console, (body.title, "logs"), &body, error)
}

const fn name(book: Book) -> &'static str {
    match book {
        Book::Audit => "console.book.audit",
        Book::Linkage => "console.book.linkage",
        Book::Access => "console.book.access",
        Book::Decisions => "console.book.decisions",
    }
}

const fn hint(book: Book) -> &'static str {
    match book {
        Book::Audit => "console.book.audit.hint",
        Book::Linkage => "console.book.linkage.hint",
        Book::Access => "console.book.access.hint",
        Book::Decisions => "console.book.decisions.hint",
    }
}

/// The other books, about the same days and contract.
fn tabs(words: Words, address: &str, filled: &Filled) -> Vec<Tab> {
    let empty = [("kind", ""), ("doer", ""), ("who", ""), ("outcome", ""), ("behind", "")];
    let tab = |book: Book| {
        let instead = [&[("book", book.as_str())], empty.as_slice()].concat();
        let to = format!("{address}?{}", filled.query(&instead));
        Tab { to, text: words.get(name(book)), here: book == filled.book }
    };
    Book::ALL.into_iter().map(tab).collect()
}

fn choices(
    words: Words,
    all: impl IntoIterator<Item = (&'static str, &'static str)>,
    chosen: &str,
) -> Vec<Choice> {
    std::iter::once(("", "console.logs.any"))
        .chain(all)
        .map(|(value, key)| Choice { value, text: words.get(key), chosen: value == chosen })
        .collect()
}

fn kinds(words: Words, filled: &Filled) -> Vec<Choice> {
    let all: Vec<(&str, &str)> = match filled.book {
        Book::Audit => {
            Topic::ALL.into_iter().map(|one| (one.as_str(), timeline::name(one))).collect()
        }
        Book::Linkage => MESSAGES.to_vec(),
        Book::Access => AREAS.iter().map(|(word, key, _)| (*word, *key)).collect(),
        Book::Decisions => REASONS.to_vec(),
    };
    choices(words, all, &filled.kind)
}

/// What may have come of a line.
fn outcomes(book: Book) -> Vec<(&'static str, &'static str)> {
    let named = |ended: Ended| {
        let key = match (book, ended) {
            (Book::Decisions, Ended::Done) => "console.outcome.watched",
            (Book::Decisions, _) => "console.outcome.not_watched",
            (_, Ended::Done) => "console.outcome.done",
            (_, Ended::Refused) => "console.outcome.refused",
            (_, Ended::Waiting) => "console.outcome.waiting",
        };
        (ended.as_str(), key)
    };
    let all = Ended::ALL.into_iter();
    all.filter(|one| *one != Ended::Waiting || book == Book::Linkage).map(named).collect()
}
