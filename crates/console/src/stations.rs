//! The first page of the platform's own people: all stations, and before them those that need somebody.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base::kernel::{Instant, Result, clock};
use domain::administration::{self, COUNTED, Sought, Station, Stations, Waiting};
use domain::operators::OperatorState;
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::{Words, in_language};
use web::words;

use super::Console;
use super::here::{Here, asked};
use super::house::Named;

/// A station as a line of a list.
struct Row {
    code: String,
    name: String,
    state: &'static str,
    alarm: bool,
    /// The page on which the station is entered.
    address: String,
    waits: Vec<Waits>,
}

/// Something that waits at a station, in words.
pub(super) struct Waits {
    pub(super) text: String,
    /// Where it is seen, below the station's console.
    pub(super) path: &'static str,
}

/// One of the two lists.
struct List {
    id: &'static str,
    title: &'static str,
    /// What is said where nothing is in it.
    none: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "stations.html")]
struct Body<'b> {
    words: Words,
    title: &'static str,
    address: &'b str,
    typed: &'b str,
    lists: Vec<List>,
}

/// `GET /console/platform?q=…&after=…&needing=…`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    query: RawQuery,
) -> Response {
    asked((console, Named::Platform), (headers, String::new(), query), page).await
}

fn page(console: &Console, here: &Here, query: &Parameters<'_>) -> Result<Response> {
    let get = |name| query.get(name).unwrap_or_default().to_owned();
    let sought = Sought { beginning: get("q"), after: get("after"), needing_after: get("needing") };
    let asked = (&here.seat, Permission::Stations);
    let wanted = sought.clone();
    let found =
        console.desks.look(asked, clock::now(), move |tx| administration::stations(tx, &wanted))?;
    let words = here.words;
    let body = Body {
        words,
        title: words.get("console.stations.title"),
        address: &here.address,
        typed: &sought.beginning,
        lists: lists(here, &sought, found),
    };
    here.page(console, (body.title, "stations"), &body, None)
}

fn lists(here: &Here, sought: &Sought, found: Stations) -> Vec<List> {
    let words = here.words;
    let all = sought.beginning.trim().is_empty();
    let next = |name, code: Option<String>| {
        code.map(|code| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            if !all {
                query.append_pair("q", &sought.beginning);
            }
            query.append_pair(name, &code);
            format!("{}?{}", here.address, query.finish())
        })
    };
    let rows = |stations: Vec<Station>| stations.into_iter().map(|one| row(here, one)).collect();
    let mut lists = Vec::new();
    if all {
        lists.push(List {
            id: "needing",
            title: words.get("console.stations.needing"),
            none: words.get("console.stations.needing.none"),
            rows: rows(found.needing),
            next: next("needing", found.needing_next),
        });
    }
    let (id, title) = match all {
        true => ("stations", "console.stations.all"),
        false => ("found", "console.stations.found"),
    };
    lists.push(List {
        id,
        title: words.get(title),
        none: words.get("console.stations.none"),
        rows: rows(found.listed),
        next: next("after", found.next),
    });
    lists
}

fn row(here: &Here, station: Station) -> Row {
    let words = here.words;
    Row {
        name: in_language(words.0, &station.name_ja, &station.name_en).to_owned(),
        state: state(words, &station),
        alarm: is_off(&station),
        waits: waits(words, &station),
        address: format!("{}{}", here.address, path_of(&station.code)),
        code: station.code,
    }
}

/// Where a station is entered, below the console.
pub(super) fn path_of(code: &str) -> String {
    format!("/stations/{code}")
}

/// Whether a station is out of service: nobody works there.
pub(super) fn is_off(station: &Station) -> bool {
    station.state == OperatorState::Disabled
}

/// Whether a station is in service, in words.
pub(super) fn state(words: Words, station: &Station) -> &'static str {
    words.get(match (station.state, station.trial) {
        (OperatorState::Disabled, _) => "console.station.off",
        (OperatorState::Enabled, Some(_)) => "console.stations.trial",
        (OperatorState::Enabled, None) => "console.station.on",
    })
}

/// What waits at a station.
pub(super) fn waits(words: Words, station: &Station) -> Vec<Waits> {
    let since = |key, at: Instant| words::fill_at(words.0, key, at);
    let counted = |key, waiting: Waiting| {
        Some(since(key, waiting.since?).replace("{count}", &waiting.count.to_string()))
    };
    let dead = if station.dead.count < COUNTED {
        "console.stations.dead"
    } else {
        "console.stations.dead.many"
    };
    let late =
        |(day, at): &(String, Instant)| since("console.stations.late", *at).replace("{date}", day);
    let all = [
        (counted("console.stations.held", station.held), "/files"),
        (counted("console.stations.guarded", station.guarded), "/files"),
        (station.late.as_ref().map(late), "/files"),
        (counted(dead, station.dead), "/today"),
        (station.trial.map(|at| since("console.stations.launch", at)), "/launch"),
    ];
    let told = all.into_iter().filter_map(|(text, path)| Some(Waits { text: text?, path }));
    told.collect()
}
