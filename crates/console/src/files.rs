//! The files of the station's SMS: which came, where each stands, and which is missed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Instant, Result, clock};
use base::store::Tx;
use domain::files::{self, File, FileState};
use domain::staff::Permission;
use http::HeaderMap;
use web::reasons;
use web::texts::Words;

use super::Console;
use super::here::{Here, asked};
use super::labels;
use super::trial::PATH as TRIAL;

/// Files on a page.
const PAGE: i64 = 30;

/// A file in the list.
struct Listed {
    address: String,
    name: String,
    state: &'static str,
    alarm: bool,
    code: String,
    done: String,
    errors: i64,
    test: bool,
    arrived: String,
}

#[derive(Template)]
#[template(path = "files.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    /// What is missed or waited for, each in a sentence.
    notes: Vec<String>,
    files: Vec<Listed>,
    /// Where the older ones are.
    older: Option<String>,
    /// Where a file can be tried, for who may.
    trial: Option<String>,
}

/// What the books say.
struct Found {
    files: Vec<File>,
    late: Option<String>,
    /// The number that comes next, where one further on waits for it.
    missing: Option<i64>,
}

/// `GET …/files?before=fil_…`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    asked((console, code), (headers, "/files".to_owned(), query), |console, here, query| {
        let before = query.get("before").unwrap_or_default().to_owned();
        let may = (&here.seat, Permission::Look);
        let found = console.desks.look(may, clock::now(), move |tx| find(tx, &before))?;
        page(console, here, &found)
    })
    .await
}

fn find(tx: &mut Tx<'_>, before: &str) -> Result<Found> {
    // One more tells whether there are older ones.
    let files = match before {
        "" => files::list(tx, PAGE + 1)?,
        id => files::list_before(tx, id, PAGE + 1)?,
    };
    let waits = files.iter().any(|file| file.state == FileState::Held);
    let missing = if waits { files::expected_next(tx, files::NIGHTLY)? } else { None };
    Ok(Found { files, late: files::late(tx)?, missing })
}

fn page(console: &Console, here: &Here, found: &Found) -> Result<Response> {
    let words = here.words;
    let late = found.late.iter().map(|day| words.fill("console.files.late", &[("day", day)]));
    let missing = found
        .missing
        .iter()
        .map(|number| words.fill("console.files.missing", &[("number", &format!("{number:08}"))]));
    let shown = found.files.len().min(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let last = found.files.get(shown.saturating_sub(1)).filter(|_| found.files.len() > shown);
    let body = Body {
        words,
        title: words.get("console.files"),
        notes: late.chain(missing).collect(),
        files: found.files.iter().take(shown).map(|file| listed(here, file)).collect(),
        trial: here.may(Permission::Settings).then(|| format!("{}{TRIAL}", here.address)),
        older: last.map(|file| format!("{}/files?before={}", here.address, file.id)),
    };
    here.page(console, (body.title, "files"), &body, None)
}

fn listed(here: &Here, file: &File) -> Listed {
    Listed {
        address: format!("{}{}", here.address, path_of(&file.id)),
        name: file.name.clone(),
        state: here.words.get(labels::file(file.state)),
        alarm: is_alarming(file),
        code: file.code.clone(),
        done: format!("{} / {}", file.lines_done, file.lines_total),
        errors: file.errors,
        test: file.test,
        arrived: moment(here.words, file.arrived),
    }
}

/// Whether somebody should look at it.
pub(super) const fn is_alarming(file: &File) -> bool {
    matches!(
        file.state,
        FileState::Held | FileState::Guarded | FileState::Rejected | FileState::PartlyUndone
    )
}

/// The page of a file, below the console.
pub(super) fn path_of(file_id: &str) -> String {
    format!("/files/{}", super::home::segment(file_id))
}

pub(super) fn moment(words: Words, at: Instant) -> String {
    reasons::moment(words.0, at)
}
