//! The form to put work in: a file, or contract numbers and what is to be done with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequest as _, Multipart, Path, RawQuery, Request, State};
use axum::response::Response;
use base::kernel::{Change, Error, Instant, Result, clock};
use domain::catalogue;
use domain::commands::Op;
use domain::files::{self, NewBulk};
use domain::staff::Permission;
use domain::subscribers::Reason;
use formats::oauth::Parameters;
use formats::sms::{FileName, Scan};
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use web::answers::{or_page, see_other};
use web::texts::{Words, in_language, message};
use web::{blocking, reasons};

use super::drawer::{Draft, Drawer};
use super::receive::{self, receive};
use super::write::{Fault, Making, Place, Wish, list_in};
use super::{LIST, NEW, path_of};
use crate::Console;
use crate::here::{Here, asked, is_told, seated};
use crate::labels::{self, VERBS};
use crate::trial::told::fault_of;

/// The word of the choice that says nothing of its own: every line says what it asks for.
const AS_WRITTEN: &str = "file";

/// How far the name of a file may run ahead of the clock.
const LATEST_MS: i64 = 100;

/// What was sent, its file as a draft.
type Sent = receive::Sent<Draft>;

/// A choice in a list: value, text, whether it is the one.
type Choice = (String, String, bool);

#[derive(Template)]
#[template(path = "bulk_new.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: String,
    list: String,
    proof: &'b str,
    message: Option<String>,
    faults: Vec<String>,
    what: &'b str,
    verbs: Vec<Choice>,
    reasons: Vec<Choice>,
    products: Vec<Choice>,
    from: &'b str,
    reference: &'b str,
    numbers: &'b str,
}

/// `GET …/bulk/new`: empty, or with the contracts that were picked from a list.
pub(crate) async fn form(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    asked((console, code), (headers, NEW.to_owned(), query), |console, here, query| {
        page(console, here, (Some(&picked(query)), None))
    })
    .await
}

/// What was picked, as if it had been typed: all of a list, or each for itself.
fn picked(query: &Parameters<'_>) -> Sent {
    let picks = query.iter().filter(|(name, _)| name.starts_with("pick"));
    let each = || picks.map(|(_, number)| number).collect::<Vec<_>>().join("\n");
    let numbers = query.get("numbers").map_or_else(each, str::to_owned);
    Sent { fields: BTreeMap::from([("numbers".to_owned(), numbers)]), file: None }
}

/// `POST …/bulk/new`. Who sends it is known before anything is read.
pub(crate) async fn send(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    request: Request,
) -> Response {
    let who = (request.headers().clone(), NEW.to_owned());
    let here = match seated((Arc::clone(&console), code.clone()), who).await {
        Ok(here) => here,
        Err(page) => return page,
    };
    let sent = received(&console, &here, request).await;
    let work = move || {
        let done = match &sent {
            Ok((drawer, sent)) => taken(&console, &here, (drawer, sent)),
            Err(error) => Err(error.clone().into()),
        };
        let answered = match done {
            Ok(address) => Ok(see_other(&address)),
            Err(fault) if is_told(&fault.error) => {
                page(&console, &here, (sent.as_ref().ok().map(|(_, sent)| sent), Some(&fault)))
            }
            Err(fault) => Err(fault.error),
        };
        here.or_told(&console, answered)
    };
    or_page(blocking(work).await)
}

async fn received(console: &Console, here: &Here, request: Request) -> Result<(Drawer, Sent)> {
    let (form, drawer) = opened((console, here, Permission::Bulk), request).await?;
    let check = |proof: &str| here.check(console, (proof, NEW));
    let sent = receive(form, check, || drawer.open_draft()).await?;
    Ok((drawer, sent))
}

/// A form with a file in it, from who may send it.
///
/// # Errors
/// `staff.not_allowed`; `request.parameters_malformed`
pub(crate) async fn form_with_file(
    (here, what): (&Here, Permission),
    request: Request,
) -> Result<Multipart> {
    if !here.may(what) {
        return Err(Error::Forbidden { code: "staff.not_allowed" });
    }
    let form = Multipart::from_request(request, &()).await;
    form.map_err(|_| Error::invalid("request.parameters_malformed", ""))
}

/// [`form_with_file`], and the folder of their station.
pub(crate) async fn opened(
    (console, here, what): (&Console, &Here, Permission),
    request: Request,
) -> Result<(Multipart, Drawer)> {
    let form = form_with_file((here, what), request).await?;
    Ok((form, Drawer::open(&console.bulks, here.house.code())?))
}

/// Makes the file, puts it in and writes it down; answers where it is shown.
fn taken(
    console: &Console,
    here: &Here,
    (drawer, sent): (&Drawer, &Sent),
) -> std::result::Result<String, Fault> {
    let now = clock::now();
    let new = put_in(drawer, (here.house.code(), now), sent)?;
    let (name, may) = (new.name.clone(), (&here.seat, Permission::Bulk));
    let put = console.desks.act(may, now, move |tx| files::put_bulk(tx, &new));
    if !matches!(put, Ok((_, Change::Made))) {
        drawer.take_out(&name);
    }
    let (bulk, _) = put?;
    Ok(format!("{}{}", here.address, path_of(&bulk.id)))
}

/// Makes the file and puts it in: under the next hundredth of a second, when somebody was given this one.
fn put_in(
    drawer: &Drawer,
    (operator, now): (&str, Instant),
    sent: &Sent,
) -> std::result::Result<NewBulk, Fault> {
    let mut at = now;
    loop {
        let draft = drawer.draft();
        let making = Making { operator, now: at, draft: &draft };
        let (scan, source) = made(&making, sent)?;
        let new = NewBulk {
            name: making.name(),
            source,
            digest: hex::encode(scan.digest),
            title: sent.get("title").to_owned(),
            lines: i64::from(scan.lines),
        };
        FileName::parse(&new.name).map_err(Error::internal)?;
        match drawer.put(&draft, &new.name) {
            Err(Error::Conflict { .. }) if at.ms() < now.ms() + LATEST_MS => {
                at = Instant::from_ms(at.ms() + 10);
            }
            other => return other.map(|()| new).map_err(Fault::from),
        }
    }
}

/// The file of what was sent, and the digest of that.
fn made(making: &Making<'_>, sent: &Sent) -> std::result::Result<(Scan, String), Fault> {
    let verb = sent.get("verb");
    let mut digest = Sha256::new();
    if verb == AS_WRITTEN {
        let (file, _) = sent.file.as_ref().ok_or_else(|| Error::invalid("bulk.no_file", "file"))?;
        let scan = making.of_file(&file.path)?;
        // The ids and the day are ours: what was sent is told by its own bytes.
        digest.update(std::fs::read(&file.path).map_err(Error::internal)?);
        return Ok((scan, hex::encode(digest.finalize())));
    }
    let known = VERBS.iter().find(|(word, ..)| *word == verb).map(|(_, op, _)| *op);
    let op = known.filter(|op| !labels::is_for_person(*op));
    let op = op.ok_or_else(|| Error::invalid("request.parameters_malformed", "verb"))?;
    let wish = Wish::of(op, |name| sent.get(name).trim().to_owned())?;
    let bytes = match &sent.file {
        Some((file, _)) if sent.get("numbers").trim().is_empty() => list_in(&file.path)?,
        Some(_) => return Err(Error::invalid("bulk.file_and_list", "file").into()),
        None => sent.get("numbers").as_bytes().to_vec(),
    };
    digest.update(format!("{wish:?}"));
    digest.update(&bytes);
    Ok((making.of_list(&bytes, &wish)?, hex::encode(digest.finalize())))
}

fn page(
    console: &Console,
    here: &Here,
    (sent, fault): (Option<&Sent>, Option<&Fault>),
) -> Result<Response> {
    let words = here.words;
    let may = (&here.seat, Permission::Bulk);
    let catalogue =
        console.desks.look(may, clock::now(), |tx| tx.operator_fact(catalogue::load))?;
    let get = |name: &str| sent.map_or("", |sent| sent.get(name));
    let of = |value: &str, text: &str, chosen: &str| {
        (value.to_owned(), text.to_owned(), value == chosen)
    };
    let as_written = of(AS_WRITTEN, words.get("console.bulk.as_written"), get("verb"));
    let verbs = VERBS.iter().filter(|(_, op, _)| !is_of_persons(*op));
    let verbs = verbs.map(|(word, _, key)| of(word, words.get(key), get("verb")));
    let reason = |reason: Reason| {
        of(&reason.number().to_string(), reasons::named(words.0, reason), get("reason"))
    };
    let products = catalogue
        .iter()
        .map(|one| of(&one.code, in_language(words.0, &one.name_ja, &one.name_en), get("product")));
    let body = Body {
        words,
        title: words.get("console.bulk.new"),
        address: format!("{}{NEW}", here.address),
        list: format!("{}{LIST}", here.address),
        proof: &here.proof(console, NEW),
        message: fault.map(|fault| message(words.0, &fault.error)),
        faults: fault.iter().flat_map(|fault| &fault.lines).map(|one| told(words, one)).collect(),
        what: get("title"),
        verbs: verbs.chain([as_written]).collect(),
        reasons: Reason::ALL.into_iter().map(reason).collect(),
        products: products.collect(),
        from: get("from"),
        reference: get("reference"),
        numbers: get("numbers"),
    };
    here.page(console, (body.title, "bulk"), &body, fault.map(|fault| &fault.error))
}

const fn is_of_persons(op: Op) -> bool {
    labels::is_for_person(op)
}

/// What is wrong at a line, in words.
fn told(words: Words, (line, place): &(u64, Place)) -> String {
    let line = line.to_string();
    let line = ("line", line.as_str());
    match place {
        Place::Number => words.fill("console.bulk.fault.number", &[line]),
        Place::Character(byte) => {
            words.fill("console.bulk.fault.character", &[line, ("byte", &byte.to_string())])
        }
        Place::Column(column, byte) => {
            let byte = byte.to_string();
            words.fill("console.bulk.fault.column", &[line, ("column", column), ("byte", &byte)])
        }
        Place::Whole(fault) => fault_of(words, fault),
    }
}
