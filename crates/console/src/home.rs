//! The first page: who is calling?

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::administration::{self, FoundBy, FoundContract};
use domain::staff::Permission;
use http::HeaderMap;
use web::answers::see_other;
use web::status_of;
use web::texts::{Words, message};

use super::Console;
use super::here::{Here, asked, shown};

/// A contract in the list.
struct Found {
    number: String,
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
    found: Option<Vec<Found>>,
}

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

/// `GET …/contracts?q=…`: one that was found is opened.
pub(super) async fn search(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    let wanted = (headers, "/contracts".to_owned(), query);
    asked((console, code), wanted, |console, here, query| {
        let typed = query.get("q").unwrap_or_default().to_owned();
        let wanted = typed.clone();
        let asked = (&here.seat, Permission::Look);
        let found =
            console.desks.act(asked, clock::now(), move |tx| administration::search(tx, &wanted));
        match found {
            Ok(found) => match found.as_slice() {
                [one] if one.by != FoundBy::NumberBegins => Ok(see_other(&address_of(here, one))),
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

fn page(
    console: &Console,
    here: &Here,
    (typed, found): (&str, std::result::Result<Option<Vec<FoundContract>>, &Error>),
) -> Result<Response> {
    let words = here.words;
    let error = found.as_ref().err().copied();
    let list = found.ok().flatten().map(|found| {
        let listed = found.into_iter().map(|one| Found {
            by: words.get(match one.by {
                FoundBy::Number => "console.found.number",
                FoundBy::NumberBegins => "console.found.begins",
                FoundBy::LoginId => "console.found.login",
                FoundBy::BoxSerial => "console.found.box",
            }),
            number: one.number,
        });
        listed.collect()
    });
    let body = Body {
        words,
        title: words.get("console.search.title"),
        address: &here.address,
        typed,
        message: error.map(|error| message(words.0, error)),
        found: list,
    };
    here.page(console, (body.title, "search"), &body, error)
}

impl Found {
    fn segment(&self) -> String {
        segment(&self.number)
    }
}
