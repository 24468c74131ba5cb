//! The first page: who is calling?

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::administration::{self, FoundBy, FoundContract};
use domain::decisions;
use domain::staff::Permission;
use http::HeaderMap;
use web::answers::see_other;
use web::texts::{Words, message};
use web::{Page, status_of};

use super::Console;
use super::here::{Here, asked, shown};

/// A contract in the list.
struct Listed {
    number: String,
    name: String,
    by: &'static str,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: &'b str,
    typed: &'b str,
    message: Option<String>,
    /// None: nothing was looked for yet.
    found: Option<Vec<Listed>>,
    /// Whether some may be picked for work on many.
    picks: bool,
    /// The address of the next page, if there is one.
    next: Option<String>,
}

impl Body<'_> {
    /// All that is shown, one a line, as the form of work on many takes it.
    fn all(&self) -> String {
        let all = self.found.iter().flatten();
        all.map(|one| one.number.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// What a search came to; none: nothing was looked for yet.
type Outcome<'e> = std::result::Result<Option<administration::Found>, &'e Error>;

/// `GET /console/{operator}`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, String::new()), |console, here| {
        page(console, here, ("", Ok(None)))
    })
    .await
}

/// `GET …/contracts?q=…&after=…`: one that was found for certain is opened, and so is the answer under a trace.
pub(super) async fn search(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    let wanted = (headers, "/contracts".to_owned(), query);
    asked((console, code), wanted, |console, here, query| {
        let typed = query.get("q").unwrap_or_default().to_owned();
        let after = query.get("after").unwrap_or_default().to_owned();
        let wanted = typed.clone();
        let asked = (&here.seat, Permission::Look);
        let found = console
            .desks
            .act(asked, clock::now(), move |tx| administration::search(tx, &wanted, &after));
        match found {
            Ok(found) => match found.contracts.as_slice() {
                [one] if one.by.is_whole() && found.next.is_none() => {
                    Ok(see_other(&address_of(here, one)))
                }
                [] if is_trace(console, here, &typed)? => {
                    let trace = url::form_urlencoded::byte_serialize(typed.trim().as_bytes());
                    let trace: String = trace.collect();
                    Ok(see_other(&format!("{}/why?trace={trace}", here.address)))
                }
                _ => page(console, here, (&typed, Ok(Some(found)))),
            },
            Err(error) if status_of(&error).is_client_error() => {
                page(console, here, (&typed, Err(&error)))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// Whether an answer was given under what was typed: then that is what the caller read out.
fn is_trace(console: &Console, here: &Here, typed: &str) -> Result<bool> {
    console.decisions.flush();
    let (asked, typed) = ((&here.seat, Permission::Look), typed.to_owned());
    console.desks.look(asked, clock::now(), move |tx| decisions::is_known(tx, &typed))
}

fn address_of(here: &Here, one: &FoundContract) -> String {
    format!("{}/contracts/{}", here.address, segment(&one.number))
}

/// A contract's number as one part of a path.
pub(super) fn segment(number: &str) -> String {
    let mut address = url::Url::parse("https://x/").ok();
    if let Some(mut parts) = address.as_mut().and_then(|address| address.path_segments_mut().ok()) {
        parts.clear().push(number);
    }
    address.map(|address| address.path().trim_start_matches('/').to_owned()).unwrap_or_default()
}

fn page(console: &Console, here: &Here, (typed, found): (&str, Outcome<'_>)) -> Result<Response> {
    let words = here.words;
    let error = found.as_ref().err().copied();
    let (list, after) = match found.ok().flatten() {
        Some(found) => (Some(found.contracts), found.next),
        None => (None, None),
    };
    let next = after.map(|after| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", typed).append_pair("after", &after);
        format!("{}/contracts?{}", here.address, query.finish())
    });
    let body = Body {
        words,
        title: words.get("console.search.title"),
        address: &here.address,
        typed,
        message: error.map(|error| message(words.0, error)),
        found: list.map(|found| found.into_iter().map(|one| listed(words, one)).collect()),
        picks: here.may(Permission::Bulk),
        next,
    };
    here.page(console, (body.title, "search"), &body, error)
}

/// The page of an invented search, for the style guide.
pub(super) fn sample(words: Words) -> Result<Page> {
    let found =
        [("A-001", "ﾀｶﾊｼ ﾊﾅｺ"), ("A-0047", "タカハシ　シンイチロウ")].map(|(number, name)| {
            let (number, name) = (number.to_owned(), Some(name.to_owned()));
            listed(words, FoundContract { number, by: FoundBy::Name, name })
        });
    let body = Body {
        words,
        title: words.get("console.search.title"),
        address: "",
        typed: "たかはし",
        message: None,
        found: Some(found.into()),
        picks: false,
        next: None,
    };
    Page::new(words.0, body.title, &body)
}

fn listed(words: Words, one: FoundContract) -> Listed {
    let by = words.get(match one.by {
        FoundBy::Number => "console.found.number",
        FoundBy::NumberBegins => "console.found.begins",
        FoundBy::LoginId => "console.found.login",
        FoundBy::BoxSerial => "console.found.box",
        FoundBy::Name => "console.found.name",
        FoundBy::Telephone => "console.found.telephone",
        FoundBy::TelephoneBegins => "console.found.telephone_begins",
    });
    Listed { number: one.number, name: one.name.unwrap_or_default(), by }
}

impl Listed {
    fn segment(&self) -> String {
        segment(&self.number)
    }

    /// How the box to pick it by is called.
    fn pick(&self, words: &Words) -> String {
        words.fill("console.found.pick", &[("number", &self.number)])
    }
}
