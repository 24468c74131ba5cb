//! What a clerk does to a contract: first shown in words, then done.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Day, Error, Result, clock, ids};
use domain::commands::{self, Command, Op, Preview, Report, ResultKind};
use domain::staff::Permission;
use domain::subscribers::{Reason, Standing};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::Words;
use web::{status_of, words};

use super::Console;
use super::contract::{self, Filled, Said, path_of};
use super::help;
use super::here::{Here, posted};
use super::labels::{self, VERBS};

#[derive(Template)]
#[template(path = "preview.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: String,
    proof: &'b str,
    what: String,
    effect: String,
    note: String,
    refused: bool,
    filled: &'b Filled,
    request: &'b str,
    version: i64,
}

/// `POST …/contracts/{number}`.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    Path((code, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = (headers, body, path_of(&number));
    posted((console, code), form, move |console, here, form| {
        let filled = Filled::of(form);
        let done = match form.get("do").unwrap_or_default() {
            "preview" => return previewed(console, here, (&number, &filled)),
            "give" => given(console, here, (&number, &filled, form)),
            "unlock" => help::unlock(console, here, (&number, filled.person)),
            "end_sessions" => help::end_sessions(console, here, (&number, filled.person)),
            "reset_pins" => help::reset_pins(console, here, (&number, filled.person)),
            "letter" => match help::letter(console, here, (&number, filled.person)) {
                Ok(pdf) => return Ok(pdf),
                Err(error) => Err(error),
            },
            _ => Err(Error::invalid("request.parameters_malformed", "do")),
        };
        match done {
            Ok(text) => {
                contract::page(console, here, (&number, &Filled::default()), &Said::Done(text))
            }
            Err(error) => refused(console, here, (&number, &filled), &error),
        }
    })
    .await
}

/// What was asked is not done: the page says why, and keeps what was typed.
fn refused(
    console: &Console,
    here: &Here,
    shown: (&str, &Filled),
    error: &Error,
) -> Result<Response> {
    let told = status_of(error).is_client_error();
    if !told || matches!(error, Error::NotFound { .. } | Error::Unauthenticated { .. }) {
        return Err(error.clone());
    }
    contract::page(console, here, shown, &Said::Refused(error))
}

/// The command a form asks for.
fn command(number: &str, filled: &Filled, request: &str) -> Result<Command> {
    let verb = VERBS.iter().find(|(word, ..)| *word == filled.verb);
    let (_, op, _) = verb.ok_or_else(|| Error::invalid("request.parameters_malformed", "verb"))?;
    let op = *op;
    let mut command = Command::new(request, op, number);
    if labels::is_for_person(op) || labels::is_for_key(op) {
        command.person_no = filled.person;
    }
    if labels::is_for_key(op) {
        command.product = Some(filled.product.clone()).filter(|code| !code.is_empty());
    }
    if labels::has_reason(op) {
        command.reason = Some(Reason::parse(&filled.reason, "reason")?);
    }
    if !filled.from.is_empty() {
        command.effective_at = Some(Day::parse_iso(&filled.from, "from")?.start());
    }
    command.reference = Some(filled.reference.clone()).filter(|text| !text.is_empty());
    command.check()?;
    Ok(command)
}

/// Shows what a command would do, and asks for it.
fn previewed(
    console: &Console,
    here: &Here,
    (number, filled): (&str, &Filled),
) -> Result<Response> {
    let now = clock::now();
    let request = ids::new_id("console", now);
    let rehearsed = command(number, filled, &request).and_then(|command| {
        let asked = (&here.seat, Permission::Command);
        let op = command.op;
        let seen = console.desks.rehearse(asked, now, move |tx| commands::preview(tx, &command))?;
        Ok((op, seen))
    });
    let (op, seen) = match rehearsed {
        Ok(seen) => seen,
        Err(error) => return refused(console, here, (number, filled), &error),
    };
    let words = here.words;
    let refused = seen.report.result == ResultKind::Error;
    let body = Body {
        words,
        title: words.get("console.preview.title"),
        address: format!("{}{}", here.address, path_of(number)),
        proof: &here.proof(console, &path_of(number)),
        what: what(words, (op, number, filled)),
        effect: if refused { String::new() } else { effect(words, op, &seen) },
        note: noted(words, &seen.report),
        refused,
        filled,
        request: &request,
        version: seen.version,
    };
    here.page(console, (body.title, "search"), &body, None)
}

/// `契約 A-001 を一時停止します(40 不正利用)`.
fn what(words: Words, (op, number, filled): (Op, &str, &Filled)) -> String {
    let key = VERBS.iter().find(|(_, known, _)| *known == op).map_or("console.verb", |one| one.2);
    let whom = match filled.person {
        no if no > 0 && (labels::is_for_person(op) || labels::is_for_key(op)) => {
            words.fill("console.person.no", &[("no", &format!("{no:03}"))])
        }
        _ => words.get("console.household").to_owned(),
    };
    let reason = Reason::parse(&filled.reason, "reason").ok().filter(|_| labels::has_reason(op));
    let reason = reason.map_or("", |reason| web::reasons::named(words.0, reason));
    let product = if labels::is_for_key(op) { filled.product.as_str() } else { "" };
    let from = if filled.from.is_empty() { words.get("console.now") } else { &filled.from };
    let details = [words.get(key), reason, product, from].into_iter().filter(|one| !one.is_empty());
    format!("{number} {whom}: {}", details.collect::<Vec<_>>().join(" · "))
}

/// What it comes to, in a sentence.
fn effect(words: Words, op: Op, seen: &Preview) -> String {
    let (persons, keys) = (seen.persons.to_string(), seen.keys.to_string());
    let counts = [("persons", persons.as_str()), ("keys", keys.as_str())];
    let later = seen.report.applied_at > clock::now();
    let key = match (op, seen.report.state) {
        (Op::Suspend | Op::Stop | Op::PersonSuspend | Op::PersonStop, _) => "console.effect.away",
        (Op::Resume, Some(Standing::Suspended)) => "console.effect.still_held",
        (Op::Resume | Op::StopCancel | Op::PersonResume, _) => "console.effect.back",
        (Op::PersonReset, _) => "console.effect.reset",
        (Op::KeyOpen, _) => "console.effect.opened",
        (Op::KeyClose | Op::KeyRevoke, _) => "console.effect.closed",
        _ => "console.effect.other",
    };
    let text = words.fill(key, &counts);
    if later { format!("{text} {}", words.get("console.effect.later")) } else { text }
}

/// The note or refusal of a report, in words.
fn noted(words: Words, report: &Report) -> String {
    report.code.as_deref().map(|code| words::answer_code(words.0, code)).unwrap_or_default()
}

/// Does what was shown.
fn given(
    console: &Console,
    here: &Here,
    (number, filled, form): (&str, &Filled, &Parameters<'_>),
) -> Result<String> {
    let get = |name| form.get(name).unwrap_or_default();
    let version = get("version").parse();
    let version: i64 =
        version.map_err(|_| Error::invalid("request.parameters_malformed", "version"))?;
    let command = command(number, filled, get("request"))?;
    let op = command.op;
    let asked = (&here.seat, Permission::Command);
    let give = move |tx: &mut base::store::Tx<'_>| commands::give(tx, &command, version);
    let report = console.desks.act(asked, clock::now(), give)?;
    let note = noted(here.words, &report);
    if report.result == ResultKind::Error {
        return Ok(format!("{} {note}", here.words.get("console.not_done")));
    }
    let key = VERBS.iter().find(|(_, known, _)| *known == op).map_or("console.verb", |one| one.2);
    let done = here.words.fill("console.done", &[("verb", here.words.get(key))]);
    Ok(format!("{done} {note}").trim().to_owned())
}
