//! What a clerk does to a contract: first shown in words, then done.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock, ids};
use domain::catalogue::{self, Catalogue};
use domain::commands::{self, Op, Preview, Report, ResultKind};
use domain::staff::Permission;
use domain::subscribers::{MovedFor, Reason, Standing, note};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::Words;
use web::{reasons, status_of, words};

use super::Console;
use super::contract::{self, Said, path_of};
use super::filled::Filled;
use super::help::Asked;
use super::here::{Here, posted};
use super::preview::Body;
use super::{deliveries, help, labels, moving, undo};

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
        let get = |name| form.get(name).unwrap_or_default();
        let whose = (number.as_str(), filled.person);
        // What ends in a page or a file of its own.
        let shown = match get("do") {
            "preview" => return previewed(console, here, (&number, &filled)),
            "undo_preview" => Some(undo::previewed(console, here, (&number, get("request")))),
            "reset_pins_preview" => Some(help::previewed(console, here, whose, Asked::ResetPins)),
            "letter_preview" => Some(help::previewed(console, here, whose, Asked::Letter)),
            "end_sessions_preview" => {
                Some(help::previewed(console, here, whose, Asked::EndSessions))
            }
            "letter" => Some(help::letter(console, here, whose)),
            _ => None,
        };
        if let Some(shown) = shown {
            return shown.or_else(|error| refused(console, here, (&number, &filled), &error));
        }
        let done = match get("do") {
            "resend" => deliveries::resend(console, here, (get("receiver"), Some(&number))),
            "undo" => undo::done(console, here, (&number, get("request"))),
            "give" => given(console, here, (&number, &filled, form)),
            "unlock" => help::unlock(console, here, whose),
            "end_sessions" => help::end_sessions(console, here, whose),
            "reset_pins" => help::reset_pins(console, here, whose),
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

/// Shows what a command would do, and asks for it.
fn previewed(
    console: &Console,
    here: &Here,
    (number, filled): (&str, &Filled),
) -> Result<Response> {
    let now = clock::now();
    let request = ids::new_id("console", now);
    let rehearsed = filled.command(number, &request).and_then(|command| {
        let asked = (&here.seat, Permission::Command);
        let (op, later) = (command.op, command.effective_at.is_some_and(|at| at > now));
        let seen = console.desks.rehearse(asked, now, move |tx| {
            let catalogue = tx.operator_fact(catalogue::load)?;
            Ok((commands::preview(tx, &command)?, catalogue))
        })?;
        Ok((op, later, seen))
    });
    let (op, later, (seen, catalogue)) = match rehearsed {
        Ok(seen) => seen,
        Err(error) => return refused(console, here, (number, filled), &error),
    };
    let words = here.words;
    let against = seen.moving.as_ref().and_then(|moving| moving.refusal);
    let refused = seen.report.result == ResultKind::Error || against.is_some();
    let idle = !later && is_idle(&seen);
    let asked = [("request", request), ("version", seen.version.to_string())];
    let moves = seen.moving.as_ref().filter(|_| !refused);
    let body = Body {
        words,
        title: words.get("console.preview.title"),
        address: format!("{}{}", here.address, path_of(number)),
        proof: &here.proof(console, &path_of(number)),
        what: what(words, (op, number, filled), (&seen, &catalogue)),
        effect: if refused { String::new() } else { effect(words, (op, later), &seen) },
        moves: moves.map_or_else(Vec::new, |moving| moving::lines(words, &seen, moving)),
        note: match against {
            Some(why) => moving::refusal(words, why),
            // That it is for later, the sentence says.
            None if later && !refused => String::new(),
            None => noted(words, &seen.report),
        },
        refused: refused || idle,
        fields: filled.fields().into_iter().chain(asked).collect(),
        act: ("give", words.get("console.give")),
        back: "console.back",
    };
    here.page(console, (body.title, "search"), &body, None)
}

/// `A-001 契約全体: 契約を一時停止する · 40 不正利用 · 今すぐ`.
fn what(
    words: Words,
    (op, number, filled): (Op, &str, &Filled),
    (seen, catalogue): (&Preview, &Catalogue),
) -> String {
    let whom = match filled.person {
        no if no > 0 && (labels::is_for_person(op) || labels::is_for_key(op)) => {
            words.fill("console.person.no", &[("no", &format!("{no:03}"))])
        }
        _ => words.get("console.household").to_owned(),
    };
    let from = if filled.from.is_empty() { words.get("console.now") } else { &filled.from };
    let mut details = vec![words.get(labels::verb_name(op)).to_owned()];
    details.extend(match op {
        Op::Suspend | Op::PersonSuspend => Reason::parse(&filled.reason, "reason")
            .map(|reason| reasons::named(words.0, reason).to_owned())
            .ok(),
        Op::KeyOpen | Op::KeyClose | Op::KeyRevoke => {
            let (code, name) =
                (&filled.product, contract::product_name(words.0, catalogue, &filled.product));
            Some(if name == *code { name } else { format!("{name} ({code})") })
        }
        Op::Replace => {
            let why = MovedFor::parse(&filled.moved_for).unwrap_or(MovedFor::Other);
            Some(format!("{} · {}", filled.new_number, words.get(labels::moved_for(why))))
        }
        Op::DeviceReplace => Some(format!("{} → {}", filled.serial, filled.new_serial)),
        Op::CancelScheduled => seen.cancels.as_ref().map(|one| {
            let due = reasons::moment(words.0, one.due);
            format!("{due} {}", words.get(labels::command_name(one.command.op)))
        }),
        _ => None,
    });
    details.push(from.to_owned());
    if labels::has_reason(op) && !filled.reference.is_empty() {
        details.push(filled.reference.clone());
    }
    format!("{number} {whom}: {}", details.join(" · "))
}

/// Whether nothing would change.
fn is_idle(seen: &Preview) -> bool {
    seen.report.result == ResultKind::Warning && seen.report.version == seen.version
}

/// What it comes to, in a sentence.
fn effect(words: Words, (op, later): (Op, bool), seen: &Preview) -> String {
    let (persons, keys) = (seen.persons.to_string(), seen.keys.to_string());
    let counts = [("persons", persons.as_str()), ("keys", keys.as_str())];
    let remain = seen.report.code.as_deref() == Some(note::HOLDS_REMAIN);
    let held = seen.report.state == Some(Standing::Suspended);
    let key = match op {
        Op::Resume | Op::PersonResume if !later && is_idle(seen) => "console.effect.not_ours",
        _ if !later && is_idle(seen) => "console.effect.nothing",
        Op::Suspend if !later && seen.held => "console.effect.held_again",
        Op::StopCancel if held => "console.effect.back_held",
        Op::Suspend | Op::Stop | Op::PersonSuspend | Op::PersonStop => "console.effect.away",
        Op::Resume | Op::PersonResume if remain => "console.effect.still_held",
        Op::Resume | Op::StopCancel | Op::PersonResume => "console.effect.back",
        Op::PersonAdd => "console.effect.restored",
        Op::PersonReset => "console.effect.reset",
        Op::KeyOpen => "console.effect.opened",
        Op::KeyClose if later => "console.effect.closed",
        Op::KeyClose => "console.effect.closed_now",
        Op::KeyRevoke => "console.effect.revoked",
        Op::Replace => "console.effect.moved",
        Op::DeviceReplace => "console.effect.swapped",
        Op::CancelScheduled => "console.effect.taken_back",
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
    let command = filled.command(number, get("request"))?;
    let op = command.op;
    let asked = (&here.seat, Permission::Command);
    let give = move |tx: &mut base::store::Tx<'_>| commands::give(tx, &command, version);
    let report = console.desks.act(asked, clock::now(), give)?;
    let told = noted(here.words, &report);
    if report.result == ResultKind::Error {
        return Ok(format!("{} {told}", here.words.get("console.not_done")));
    }
    let verb = here.words.get(labels::verb_name(op));
    let waits = report.code.as_deref() == Some(note::SCHEDULED);
    let key = if waits { "console.done.later" } else { "console.done" };
    let done = here.words.fill(key, &[("verb", verb)]);
    Ok(format!("{done} {told}").trim().to_owned())
}
