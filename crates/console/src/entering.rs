//! `…/platform/stations/{code}`: one station, and the way into its console.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::administration;
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;
use http::header::SET_COOKIE;
use web::answers::see_other;
use web::texts::{Words, in_language, message};

use super::Console;
use super::here::{Here, acted, asked, posted};
use super::home::segment;
use super::house::{House, Named};
use super::signin::below;
use super::stations::{Waits, is_off, path_of, state, waits};

#[derive(Template)]
#[template(path = "entering.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    code: &'b str,
    list: &'b str,
    address: String,
    proof: &'b str,
    message: Option<String>,
    state: &'static str,
    off: bool,
    waits: Vec<Waits>,
    /// Where it leads after entering.
    path: &'b str,
    typed: &'b str,
}

/// `GET …/stations/{code}?path=…`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    query: RawQuery,
) -> Response {
    let wanted = (headers, path_of(&segment(&code)), query);
    asked((console, Named::Platform), wanted, move |console, here, query| {
        page(console, here, &code, (query, None))
    })
    .await
}

/// `POST …/stations/{code}`: enters its console.
pub(super) async fn enter(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = path_of(&segment(&code));
    posted((console, Named::Platform), (headers, body, path), move |console, here, form| {
        let reason = form.get("reason").unwrap_or_default();
        let house = House::Station(console.find_operator(&code)?);
        match console.desks.enter(&here.seat, (house.code(), reason), clock::now()) {
            Ok(cookie) => {
                let path = below(form.get("path").unwrap_or_default());
                let mut response = see_other(&format!("{}{path}", console.address(&house)));
                if let Some(cookie) = console.cookies().write(house.cookie(), &cookie, None) {
                    response.headers_mut().append(SET_COOKIE, cookie);
                }
                response.extensions_mut().insert(acted(&here.seat.staff_id));
                Ok(response)
            }
            Err(error @ (Error::Invalid { .. } | Error::Refused { .. })) => {
                page(console, here, &code, (form, Some(&error)))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

fn page(
    console: &Console,
    here: &Here,
    code: &str,
    (typed, error): (&Parameters<'_>, Option<&Error>),
) -> Result<Response> {
    let (words, wanted) = (here.words, code.to_owned());
    let asked = (&here.seat, Permission::Stations);
    let station =
        console.desks.look(asked, clock::now(), move |tx| administration::station(tx, &wanted))?;
    let path = path_of(&station.code);
    let body = Body {
        words,
        title: in_language(words.0, &station.name_ja, &station.name_en),
        code: &station.code,
        list: &here.address,
        address: format!("{}{path}", here.address),
        proof: &here.proof(console, &path),
        message: error.map(|error| message(words.0, error)),
        state: state(words, &station),
        off: is_off(&station),
        waits: waits(words, &station),
        path: below(typed.get("path").unwrap_or_default()),
        typed: typed.get("reason").unwrap_or_default(),
    };
    here.page(console, (body.title, "stations"), &body, error)
}
