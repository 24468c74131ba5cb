//! A station's way into service: what it says about itself, what it has tried, what its people vouch for, and the day.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::administration::{self, Readiness};
use domain::commands;
use domain::operators::{self, Hearing, Linkage, Vouched};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::{Words, message};
use web::words;

use super::Console;
use super::here::{Here, posted, shown};

/// Where it is, below the console.
const PATH: &str = "/launch";
/// How many households one form throws away: what a person waits for.
const AT_ONCE: i64 = 200;

/// Something that has to be so, and whether it is.
struct Item {
    id: &'static str,
    text: &'static str,
    done: bool,
    /// How many there are, or who vouched and when; empty: nothing to tell.
    told: String,
    /// Where it is done, below the console; empty: on this page.
    place: &'static str,
}

struct Chosen {
    word: &'static str,
    text: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "launch.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: String,
    console: &'b str,
    confirm: String,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    live: Option<String>,
    may: bool,
    version: i64,
    hearing: &'b Hearing,
    answered: bool,
    linkages: Vec<Chosen>,
    tried: Vec<Item>,
    vouched: Vec<Item>,
    erasable: bool,
    left: String,
    reset: Option<String>,
    complete: bool,
}

#[derive(Template)]
#[template(source = "<h1>{{ title }}</h1><p id=\"never\">{{ text }}</p>", ext = "html")]
struct Never<'n> {
    title: &'n str,
    text: &'n str,
}

/// `GET …/launch`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, PATH.to_owned()), |console, here| {
        page(console, here, (None, &Said::Nothing))
    })
    .await
}

/// `POST …/launch`: keeps answers, vouches, throws households away, goes into service.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((console, code), (headers, body, PATH.to_owned()), |console, here, form| {
        let typed = hearing_of(form);
        let done = match form.get("do").unwrap_or_default() {
            "hearing" => answer(console, here, (form, typed.as_ref().map_err(Clone::clone)?)),
            "vouch" => vouch(console, here, form),
            "reset" => reset(console, here, form),
            "go_live" => go_live(console, here, form),
            _ => Err(Error::invalid("request.parameters_malformed", "do")),
        };
        let kept = typed.ok().filter(|_| form.get("do") == Some("hearing"));
        match done {
            Ok(said) => page(console, here, (None, &said)),
            Err(error) if may_be_told(&error) => {
                page(console, here, (kept.as_ref(), &Said::Refused(error)))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// What the page says of the last form.
enum Said {
    Nothing,
    Done(&'static str),
    Refused(Error),
}

fn may_be_told(error: &Error) -> bool {
    matches!(error, Error::Invalid { .. } | Error::Refused { .. } | Error::Conflict { .. })
}

fn hearing_of(form: &Parameters<'_>) -> Result<Hearing> {
    let line = |name| form.get(name).unwrap_or_default().trim().to_owned();
    let households = line("households");
    let out_of_range = |_| Error::invalid("launch.households_out_of_range", "households");
    Ok(Hearing {
        vendor: line("vendor"),
        linkage: form.get("linkage").map_or(Ok(Linkage::default()), Linkage::parse)?,
        households: if households.is_empty() {
            0
        } else {
            households.parse().map_err(out_of_range)?
        },
        opening_day: line("opening_day"),
        night_contact: line("night_contact"),
        note: line("note"),
    })
}

fn answer(
    console: &Console,
    here: &Here,
    (form, hearing): (&Parameters<'_>, &Hearing),
) -> Result<Said> {
    let version = form.get("version").and_then(|text| text.parse().ok()).unwrap_or_default();
    let hearing = hearing.clone();
    console.desks.act((&here.seat, Permission::Launch), clock::now(), move |tx| {
        operators::answer_hearing(tx, (&hearing, version))
    })?;
    Ok(Said::Done("console.launch.kept"))
}

fn vouch(console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Said> {
    let what = Vouched::parse(form.get("item").unwrap_or_default())?;
    let is_so = form.get("so") == Some("1");
    console.desks.act((&here.seat, Permission::Launch), clock::now(), move |tx| {
        operators::vouch(tx, (what, is_so))
    })?;
    Ok(Said::Done(if is_so { "console.launch.vouched" } else { "console.launch.doubted" }))
}

fn reset(console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Said> {
    let typed = form.get("code").unwrap_or_default().trim().to_owned();
    let left = console.desks.act((&here.seat, Permission::Launch), clock::now(), move |tx| {
        commands::reset_trial(tx, &typed, AT_ONCE)
    })?;
    Ok(Said::Done(if left == 0 { "console.launch.was_reset" } else { "console.launch.reset_more" }))
}

fn go_live(console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Said> {
    let typed = form.get("code").unwrap_or_default().trim().to_owned();
    console.desks.act((&here.seat, Permission::Launch), clock::now(), move |tx| {
        administration::go_live(tx, &typed)
    })?;
    Ok(Said::Done("console.launch.is_live"))
}

fn page(
    console: &Console,
    here: &Here,
    (typed, said): (Option<&Hearing>, &Said),
) -> Result<Response> {
    let words = here.words;
    let asked = (&here.seat, Permission::Look);
    let known = console.desks.look(asked, clock::now(), administration::readiness)?;
    let Some(known) = known else { return never(console, here) };
    let Readiness { launch, households, .. } = &known;
    let hearing = typed.unwrap_or(&launch.hearing);
    let error = if let Said::Refused(error) = said { Some(error) } else { None };
    let at = |key, moment| words::fill_at(words.0, key, moment);
    let body = Body {
        words,
        title: words.get("console.launch.title"),
        address: format!("{}{PATH}", here.address),
        console: &here.address,
        confirm: words.fill("console.launch.code", &[("code", here.house.code())]),
        proof: &here.proof(console, PATH),
        message: match said {
            Said::Nothing => None,
            Said::Done(key) => Some(words.get(key).to_owned()),
            Said::Refused(error) => Some(message(words.0, error)),
        },
        refused: error.is_some(),
        live: launch.live.map(|moment| at("console.launch.live_since", moment)),
        may: here.may(Permission::Launch),
        version: launch.version,
        hearing,
        answered: launch.hearing.is_answered(),
        linkages: linkages(words, hearing.linkage),
        tried: tried(words, &known),
        vouched: vouched(words, &known),
        erasable: *households > 0,
        left: words.fill("console.launch.left", &[("count", &households.to_string())]),
        reset: launch.reset.map(|moment| at("console.launch.reset_at", moment)),
        complete: known.is_complete() && *households == 0,
    };
    here.page(console, (body.title, "launch"), &body, error)
}

/// The page of a station that was in service before there were trials.
fn never(console: &Console, here: &Here) -> Result<Response> {
    let title = here.words.get("console.launch.title");
    let text = message(here.words.0, &Error::refused("launch.not_on_trial"));
    let body = Never { title, text: &text };
    here.page(console, (title, "launch"), &body, None)
}

/// The key of what a way to be linked is called.
pub(super) const fn linkage_text(one: Linkage) -> &'static str {
    match one {
        Linkage::Files => "console.launch.linkage.files",
        Linkage::Online => "console.launch.linkage.online",
        Linkage::Both => "console.launch.linkage.both",
    }
}

fn linkages(words: Words, chosen: Linkage) -> Vec<Chosen> {
    let all = Linkage::ALL.into_iter().map(|one| Chosen {
        word: one.as_str(),
        text: words.get(linkage_text(one)),
        chosen: one == chosen,
    });
    all.collect()
}

fn tried(words: Words, known: &Readiness) -> Vec<Item> {
    let shown = &known.shown;
    let item = |id, key, count: i64, (least, place)| Item {
        id,
        text: words.get(key),
        done: count >= least,
        told: words.fill("console.launch.count", &[("count", &count.to_string())]),
        place,
    };
    let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let mut all = vec![
        item("products", "console.launch.products", size(shown.products), (1, "")),
        item("approvers", "console.launch.approvers", size(shown.approvers), (2, "/staff")),
        item("files", "console.launch.files", shown.files, (1, "/files")),
        item("opened", "console.launch.opened", shown.opened, (1, "/files")),
        item("registered", "console.launch.registered", shown.registered, (1, "")),
        item("signed-in", "console.launch.signed_in", shown.signed_in, (1, "/today")),
    ];
    all.retain(|one| one.id != "files" || known.needs_files());
    all
}

fn vouched(words: Words, known: &Readiness) -> Vec<Item> {
    let text = |one| match one {
        Vouched::Agreement => "console.launch.agreement",
        Vouched::Format => "console.launch.format",
        Vouched::Guard => "console.launch.guard",
        Vouched::Night => "console.launch.night",
        Vouched::Letter => "console.launch.letter",
        Vouched::Watched => "console.launch.watched",
        Vouched::Announced => "console.launch.announced",
    };
    let all = Vouched::ALL.into_iter().map(|one| {
        let tick = known.launch.tick(one);
        Item {
            id: one.as_str(),
            text: words.get(text(one)),
            done: tick.is_some(),
            told: tick.map(|tick| by(words, &tick.by, tick.at())).unwrap_or_default(),
            place: "",
        }
    });
    all.collect()
}

fn by(words: Words, who: &str, at: base::kernel::Instant) -> String {
    let who = who.strip_prefix("staff:").unwrap_or(who);
    format!("{who} {}", words::fill_at(words.0, "console.launch.at", at))
}
