//! Whom a station may want to remind: members who were issued a number and have not registered.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Result, clock};
use domain::staff::Permission;
use domain::subscribers::{self, Unregistered};
use http::HeaderMap;
use web::texts::Words;

use crate::here::{Here, asked};
use crate::{Console, files, home, labels};

/// Where it is, below the console.
pub(super) const PATH: &str = "/unregistered";
/// How many are counted at most: more than anybody goes through by hand.
pub(super) const COUNTED: i64 = 1_000;
/// Members on a page.
const PAGE: usize = 50;

/// A member in the list.
struct Listed {
    address: String,
    number: String,
    name: String,
    role: &'static str,
    since: String,
}

#[derive(Template)]
#[template(path = "unregistered.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    members: Vec<Listed>,
    next: Option<String>,
}

/// `GET …/unregistered?after=CONTRACT/GENERATION/MEMBER`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    asked((console, code), (headers, PATH.to_owned(), query), |console, here, query| {
        let after = place(query.get("after").unwrap_or_default());
        let may = (&here.seat, Permission::Look);
        let found = console.desks.look(may, clock::now(), move |tx| {
            let (number, generation, person_no) = &after;
            // One more tells whether there are others.
            let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            subscribers::list_unregistered(tx, (number, *generation, *person_no), limit)
        })?;
        page(console, here, &found)
    })
    .await
}

/// Behind whom a page begins; what is no place is the beginning.
fn place(text: &str) -> (String, i64, i64) {
    let mut parts = text.rsplitn(3, '/');
    let numbers = (
        parts.next().and_then(|one| one.parse().ok()),
        parts.next().and_then(|one| one.parse().ok()),
    );
    match (parts.next(), numbers) {
        (Some(number), (Some(person_no), Some(generation))) => {
            (number.to_owned(), generation, person_no)
        }
        _ => (String::new(), 0, 0),
    }
}

fn page(console: &Console, here: &Here, found: &[Unregistered]) -> Result<Response> {
    let words = here.words;
    let shown = found.get(..PAGE).unwrap_or(found);
    let last = shown.last().filter(|_| found.len() > PAGE);
    let next = last.map(|last| {
        let place = format!("{}/{}/{}", last.key.number, last.key.generation, last.person_no);
        let place: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
        format!("{}{PATH}?after={place}", here.address)
    });
    let body = Body {
        words,
        title: words.get("console.unregistered"),
        members: shown.iter().map(|member| listed(here, member)).collect(),
        next,
    };
    here.page(console, (body.title, "today"), &body, None)
}

fn listed(here: &Here, member: &Unregistered) -> Listed {
    let number = &member.key.number;
    Listed {
        address: format!("{}/contracts/{}", here.address, home::segment(number)),
        number: format!("{number}-{}", member.person_no),
        name: member.kana.clone().unwrap_or_default(),
        role: here.words.get(labels::role(member.role)),
        since: files::moment(here.words, member.since),
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_is_read_as_it_is_written_and_anything_else_is_the_beginning() {
        assert_eq!(place("A-001/0/2"), ("A-001".to_owned(), 0, 2));
        assert_eq!(place("A/1/0/2"), ("A/1".to_owned(), 0, 2));
        for text in ["", "A-001", "A-001/0", "A-001/0/x", "A-001/-/2"] {
            assert_eq!(place(text), (String::new(), 0, 0), "{text}");
        }
    }
}
