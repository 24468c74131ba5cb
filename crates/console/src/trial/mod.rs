//! A file of the SMS that is tried: how each line is read, column by column, and what it would do. Nothing is applied, and
//! the file is gone with the answer.
//!
//! Source: issue 4, §2.7.

pub(crate) mod told;

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use base::store::Tx;
use domain::commands::{self, Command, Overlay};
use domain::files;
use domain::operators;
use domain::staff::Permission;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use web::answers::or_page;
use web::blocking;
use web::texts::{Words, message};
use web::trial::{Asked, Reading};

use crate::Console;
use crate::bulk::{opened, receive};
use crate::here::{Here, is_told, seated, shown};
use told::{Shown, Tried, shown_of};

/// Where it is, below the console.
pub(super) const PATH: &str = "/masters/format";
/// How many lines are shown column by column, whatever came of them.
const PLAIN: usize = 5;
/// How many lines are shown that were not simply done.
const ODD: usize = 200;
/// What tried commands are caused by.
const CAUSE: &str = "file:trial";

#[derive(Template)]
#[template(path = "trial.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: String,
    files: String,
    proof: &'b str,
    message: Option<String>,
    from: String,
    tried: Option<Shown>,
}

/// `GET …/masters/format`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, PATH.to_owned()), |console, here| {
        let may = (&here.seat, Permission::Settings);
        console.desks.look(may, clock::now(), |_| Ok(()))?;
        page(console, here, ("", Ok(None)))
    })
    .await
}

/// `POST …/masters/format`. Who sends it is known before anything is read.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    request: Request,
) -> Response {
    let who = (request.headers().clone(), PATH.to_owned());
    let here = match seated((Arc::clone(&console), code), who).await {
        Ok(here) => here,
        Err(page) => return page,
    };
    let sent = received(&console, &here, request).await;
    let work = move || {
        let done = sent.and_then(|sent| tried(&console, &here, sent));
        let answered = match done {
            Ok((from, tried)) => page(&console, &here, (&from, Ok(Some(tried)))),
            Err(error) if is_told(&error) => page(&console, &here, ("", Err(&error))),
            Err(error) => Err(error),
        };
        here.or_told(&console, answered)
    };
    or_page(blocking(work).await)
}

/// What was sent: the file, its name, and from which line on it is to be shown.
type Sent = (File, String, String);

async fn received(console: &Console, here: &Here, request: Request) -> Result<Sent> {
    let (form, drawer) = opened((console, here, Permission::Settings), request).await?;
    let check = |proof: &str| here.check(console, (proof, PATH));
    let mut sent = receive(form, check, || drawer.nameless()).await?;
    let (file, name) = sent.file.take().ok_or_else(|| Error::invalid("bulk.no_file", "file"))?;
    Ok((file, name, sent.get("from").trim().to_owned()))
}

/// Has the file read and its lines tried, as if they came from the SMS now.
fn tried(console: &Console, here: &Here, (mut file, name, from): Sent) -> Result<(String, Tried)> {
    let (now, may) = (clock::now(), (&here.seat, Permission::Settings));
    let (digest, bytes) = digest_of(&mut file)?;
    let noted = (name.clone(), digest);
    console.desks.act(may, now, move |tx| files::note_trial(tx, (&noted.0, &noted.1, bytes)))?;
    let first = if from.is_empty() { 1 } else { from.parse::<u32>().unwrap_or(1) };
    let asked =
        Asked { operator: here.house.code(), name: &name, from: first, plain: PLAIN, odd: ODD };
    let overlay = Arc::new(Mutex::new(Overlay::default()));
    let mut rehearse = |commands: Vec<Command>| {
        let known = Arc::clone(&overlay);
        let (reports, later) = console.desks.rehearse_sms(may, (CAUSE, now), move |tx| {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            commands::rehearse_many(tx, &known, &commands)
        })?;
        overlay.lock().unwrap_or_else(PoisonError::into_inner).absorb(later);
        Ok(reports)
    };
    let reading = (console.reads)(&file, &asked, &mut rehearse)?;
    let (interface, lines) = (interface_of(&reading), i64::from(reading.lines));
    let look = move |tx: &mut Tx<'_>| {
        let next = files::expected_next(tx, &interface)?;
        let policies = operators::find_operator(tx)?.policies;
        Ok((next, (files::guard_limit(tx)?, policies.error_limit.allowed(lines))))
    };
    let (next, limits) = console.desks.look(may, now, look)?;
    Ok((from, Tried { name, reading, limits, next }))
}

fn digest_of(file: &mut File) -> Result<(String, u64)> {
    let failed = |error: std::io::Error| Error::unavailable("files", error.to_string());
    file.rewind().map_err(failed)?;
    let (mut digest, mut bytes) = (Sha256::new(), 0_u64);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        let Some(piece) = buffer.get(..count).filter(|piece| !piece.is_empty()) else {
            return Ok((hex::encode(digest.finalize()), bytes));
        };
        digest.update(piece);
        bytes = bytes.saturating_add(u64::try_from(count).map_err(Error::internal)?);
    }
}

fn interface_of(reading: &Reading) -> String {
    reading.head.as_ref().map_or_else(String::new, |(_, header)| header.interface.clone())
}

fn page(
    console: &Console,
    here: &Here,
    (from, done): (&str, std::result::Result<Option<Tried>, &Error>),
) -> Result<Response> {
    let words = here.words;
    let error = done.as_ref().err().copied();
    let body = Body {
        words,
        title: words.get("console.trial"),
        address: format!("{}{PATH}", here.address),
        files: format!("{}/files", here.address),
        proof: &here.proof(console, PATH),
        message: error.map(|error| message(words.0, error)),
        from: from.to_owned(),
        tried: done.ok().flatten().map(|tried| shown_of(words, tried)),
    };
    here.page(console, (body.title, "masters"), &body, error)
}
