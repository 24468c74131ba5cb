//! One file: how its checks ended, how far it is, who said what of it; and what may be said of it now.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::files::{self, File, FileState, Resend, ResendState, Waits, Word};
use domain::operators::{self, Staff};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::header::REFRESH;
use http::{HeaderMap, HeaderValue};
use web::status_of;
use web::texts::Words;

use super::Console;
use super::contract::Said;
use super::file_result;
use super::file_undo;
use super::files::{is_alarming, moment, path_of};
use super::here::{Here, posted, shown};
use super::labels;
use super::logs;
use super::preview::{Asking, asking};

#[derive(Template)]
#[template(path = "file.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: String,
    list: String,
    /// Where what its lines changed is listed.
    effects: String,
    proof: &'b str,
    message: Option<String>,
    failed: bool,
    state: &'static str,
    alarm: bool,
    /// Why it stands where it stands, and where in the file; empty: as it should.
    why: String,
    detail: &'b str,
    waits: &'static str,
    facts: Vec<(&'static str, String)>,
    approvals: Vec<(String, String)>,
    /// What may be said of it, and the key of each.
    words_of_staff: Vec<(&'static str, &'static str)>,
    /// The key of who else is needed.
    hint: &'static str,
    stand: String,
    lines: file_result::Shown,
    undo: Option<file_undo::Shown>,
    /// What became of the last wish for its result.
    result: String,
    may_resend: bool,
}

/// `GET …/files/{file}`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, path_of(&id)), move |console, here| {
        page(console, here, &id, &Said::Nothing)
    })
    .await
}

/// `POST …/files/{file}`: a word about it.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = (headers, body, path_of(&id));
    posted((console, code), form, move |console, here, form| {
        if form.get("do") == Some("release") && form.get("sure").is_none() {
            return release_previewed(console, here, (&id, form));
        }
        let said = file_undo::decided(console, here, (&id, form));
        match said.unwrap_or_else(|| decided(console, here, (&id, form))) {
            Ok(key) => page(console, here, &id, &Said::Done(here.words.get(key).to_owned())),
            Err(error) if is_told_there(&error) => page(console, here, &id, &Said::Refused(&error)),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Shows what it is to go on out of turn, and asks for it: one person says so, and it does not come back.
fn release_previewed(
    console: &Console,
    here: &Here,
    (id, form): (&str, &Parameters<'_>),
) -> Result<Response> {
    let (wanted, may) = (id.to_owned(), (&here.seat, Permission::Approve));
    let file = console.desks.look(may, clock::now(), move |tx| files::find(tx, &wanted))?;
    let seen = form.get("seen").unwrap_or_default().to_owned();
    let asked = Asking {
        title: "console.preview.title",
        page: (&path_of(&file.id), "files"),
        what: format!("{}: {}", file.name, here.words.get("console.file.release")),
        effect: here.words.get("console.effect.released").to_owned(),
        fields: vec![("seen", seen), ("sure", "yes".to_owned())],
        act: ("release", "console.give"),
        back: "console.file.back",
    };
    asking(console, here, asked)
}

/// Whether the page of the file itself says why nothing was done.
pub(super) fn is_told_there(error: &Error) -> bool {
    status_of(error).is_client_error()
        && !matches!(error, Error::NotFound { .. } | Error::Unauthenticated { .. })
}

/// Says a word about a file; answers the key of what came of it.
fn decided(
    console: &Console,
    here: &Here,
    (id, form): (&str, &Parameters<'_>),
) -> Result<&'static str> {
    let word = match form.get("do").unwrap_or_default() {
        "resend" => return resend(console, here, id),
        "approve" => Word::Approve,
        "release" => Word::Release,
        "discard" => Word::Discard,
        _ => return Err(Error::invalid("request.parameters_malformed", "do")),
    };
    let (id, seen) = (id.to_owned(), form.get("seen").unwrap_or_default().to_owned());
    let may = (&here.seat, Permission::Approve);
    let decide = move |tx: &mut base::store::Tx<'_>| files::decide(tx, &id, (word, &seen));
    let file = console.desks.act(may, clock::now(), decide)?;
    Ok(match (word, file.state) {
        (Word::Approve, FileState::Guarded) => "console.file.approved_once",
        (Word::Approve, _) => "console.file.approved",
        (Word::Release, FileState::Rejected) => "console.file.released_late",
        (Word::Release, _) => "console.file.released",
        (Word::Discard, _) => "console.file.discarded",
    })
}

/// Asks for its result once more; answers the key of what came of it.
fn resend(console: &Console, here: &Here, id: &str) -> Result<&'static str> {
    let (id, may) = (id.to_owned(), (&here.seat, Permission::Help));
    console.desks.act(may, clock::now(), move |tx| files::ask_resend(tx, &id))?;
    Ok("console.file.result.asked")
}

/// The page of a file, as it is now.
fn page(console: &Console, here: &Here, id: &str, said: &Said<'_>) -> Result<Response> {
    let wanted = id.to_owned();
    let look = move |tx: &mut base::store::Tx<'_>| {
        let file = files::find(tx, &wanted)?;
        let asks = (files::find_undo(tx, &file.id)?, files::find_resend(tx, &file.id)?);
        let its_own = files::has_newest_result(tx, &file)?;
        Ok((file, operators::list_staff(tx)?, asks, its_own))
    };
    let may = (&here.seat, Permission::Look);
    let (file, staff, (ask, resend), its_own) = console.desks.look(may, clock::now(), look)?;
    let words = here.words;
    let error = said.error();
    let path = path_of(&file.id);
    let body = Body {
        words,
        title: &file.name,
        address: format!("{}{path}", here.address),
        list: format!("{}/files", here.address),
        effects: effects(here, &file),
        proof: &here.proof(console, &path),
        message: said.text(words),
        failed: error.is_some(),
        state: words.get(labels::file(file.state)),
        alarm: is_alarming(&file),
        why: why(words, &file),
        detail: &file.detail,
        waits: file.waits_for.map_or("", |waits| words.get(waits_key(waits))),
        facts: facts(words, &file),
        approvals: approvals(words, &file, &staff),
        hint: if file.state == FileState::Guarded { "console.file.decide.hint" } else { "" },
        words_of_staff: if here.may(Permission::Approve) { sayable(&file) } else { Vec::new() },
        stand: file.stand(),
        lines: file_result::Shown::of(console, here, (&file, its_own))?,
        undo: file_undo::Shown::of(here, &file, (ask.as_ref(), &staff)),
        result: resend.as_ref().map(|one| resent(words, one, &staff)).unwrap_or_default(),
        may_resend: here.may(Permission::Help)
            && files::has_result(file.state)
            && file.interface != files::CONSOLE,
    };
    let mut response = here.page(console, (body.title, "files"), &body, error)?;
    let wanted = resend.is_some_and(|one| one.state == ResendState::Asked);
    if (wanted || body.undo.as_ref().is_some_and(|undo| undo.under_way))
        && let Ok(again) = HeaderValue::from_str(&format!("3; url={}", body.address))
    {
        response.headers_mut().insert(REFRESH, again);
    }
    Ok(response)
}

/// The last wish for its result, in a sentence.
fn resent(words: Words, wish: &Resend, staff: &[Staff]) -> String {
    let key = match wish.state {
        ResendState::Asked => "console.file.result.waits",
        ResendState::Sent => "console.file.result.sent",
        ResendState::Gone => "console.file.result.gone",
    };
    words.fill(key, &[("who", &who(staff, &wish.asked_by)), ("when", &moment(words, wish.at))])
}

/// What its lines changed, in the audit from the day it came.
fn effects(here: &Here, file: &File) -> String {
    let from = file.arrived.day_jst().iso();
    let which = [("book", "audit"), ("from", from.as_str()), ("behind", &file.name)];
    logs::list_of(&here.address, &which)
}

/// The code it was refused, held or guarded with, in a sentence.
fn why(words: Words, file: &File) -> String {
    match labels::file_code(&file.code) {
        _ if file.code.is_empty() => String::new(),
        Some(key) => format!("{} {}", file.code, words.get(key)),
        None => file.code.clone(),
    }
}

const fn waits_key(waits: Waits) -> &'static str {
    match waits {
        Waits::Gap => "console.file.waits.gap",
        Waits::Mass => "console.file.waits.mass",
        Waits::Errors => "console.file.waits.errors",
    }
}

fn facts(words: Words, file: &File) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("console.file.interface", format!("{} {}", file.interface, file.kind)),
        ("console.file.sequence", format!("{:08}", file.sequence)),
        ("console.file.business_on", file.business_on.clone()),
        ("console.file.arrived", moment(words, file.arrived)),
    ];
    let moments = [
        ("console.file.started", file.started),
        ("console.file.applied", file.applied),
        ("console.file.sent", file.sent),
    ];
    let known = moments.into_iter().filter_map(|(key, at)| Some((key, moment(words, at?))));
    facts.extend(known);
    facts.push(("console.file.done", format!("{} / {}", file.lines_done, file.lines_total)));
    let counts = [
        ("console.file.ok", file.ok),
        ("console.file.warnings", file.warnings),
        ("console.file.errors", file.errors),
        ("console.file.mass", file.mass),
    ];
    facts.extend(counts.map(|(key, count)| (key, count.to_string())));
    if file.test {
        facts.push(("console.file.test", words.get("console.file.test.yes").to_owned()));
    }
    facts
}

/// Who said that it is meant, and when.
fn approvals(words: Words, file: &File, staff: &[Staff]) -> Vec<(String, String)> {
    let each = file.approvals.iter();
    each.map(|one| (who(staff, &one.staff), moment(words, one.at))).collect()
}

/// A member of the staff by name, as far as they are still known.
pub(super) fn who(staff: &[Staff], id: &str) -> String {
    let known = staff.iter().find(|one| one.id == id);
    named(known.map_or("", |one| &one.draft.name), id)
}

/// Somebody of the staff by name and id; no name: nobody of the station has this id.
pub(super) fn named(name: &str, id: &str) -> String {
    if name.is_empty() { id.to_owned() } else { format!("{name} ({id})") }
}

/// What may be said of a file as it stands.
fn sayable(file: &File) -> Vec<(&'static str, &'static str)> {
    const APPROVE: (&str, &str) = ("approve", "console.file.approve");
    const RELEASE: (&str, &str) = ("release", "console.file.release");
    const DISCARD: (&str, &str) = ("discard", "console.file.discard");
    match file.state {
        FileState::Guarded => vec![APPROVE, DISCARD],
        FileState::Held => vec![RELEASE, DISCARD],
        FileState::Rejected if file.code == "F011" && !file.is_resolved("late") => vec![RELEASE],
        _ => Vec::new(),
    }
}
