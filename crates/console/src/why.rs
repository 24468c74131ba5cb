//! なぜ見られない: the answer under the eight characters on the screen, replayed with the facts of now.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Instant, Result, clock};
use base::records::outbox::Told;
use base::store::Tx;
use domain::administration;
use domain::catalogue::{self, Catalogue, Product};
use domain::clients::{self, ClientTerms};
use domain::decisions::{self, Explanation, Finding, Then, Verdict, Why};
use domain::staff::Permission;
use http::HeaderMap;
use web::texts::{Words, in_language, message};
use web::{reasons, status_of};

use super::Console;
use super::about::About;
use super::causes::{self, Cause, Whose};
use super::contract::{path_of, whom_is};
use super::deliveries;
use super::facts;
use super::here::{Here, asked};
use super::timeline;

/// Products offered to choose from.
const OFFERED: usize = 60;

#[derive(Template)]
#[template(path = "why.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: &'b str,
    typed: &'b str,
    about: &'b About,
    message: Option<String>,
    found: Option<Found>,
    /// What is sold: code and name.
    sold: Vec<(String, String)>,
}

/// An answer, and what is known around it.
struct Asked {
    why: Why,
    /// What services were told of its contract.
    told: Vec<Told>,
    /// The service that asked, if it was one.
    client: Option<ClientTerms>,
}

/// What is known of an answer.
struct Found {
    verdict: &'static str,
    alarm: bool,
    asked: String,
    /// The contract, to go there.
    contract: Option<(String, String)>,
    reads: String,
    causes: Vec<Cause>,
    /// Where to look when nothing stands in the way.
    outside: bool,
    /// Services that were not told of the contract.
    untold: Vec<deliveries::Listed>,
    /// The proof of the form that tells them again; none: who looks may not.
    proof: Option<String>,
    facts: Vec<[String; 5]>,
    since: Vec<[String; 4]>,
    /// Other answers about that time: where each is, and when it was given.
    others: Vec<(String, String)>,
}

/// `GET …/why?trace=…`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    let wanted = (headers, "/why".to_owned(), query);
    asked((console, code), wanted, |console, here, query| {
        let typed = query.get("trace").unwrap_or_default();
        let about = About::of(query);
        if typed.trim().is_empty() {
            // A contract alone is a form to be filled in.
            if about.title.is_empty() {
                return page(console, here, (("", &about), Ok(None)));
            }
            return match asked_about(console, here, &about) {
                Ok(why) => page(console, here, (("", &about), Ok(Some(why)))),
                Err(error) if status_of(&error).is_client_error() => {
                    page(console, here, (("", &about), Err(&error)))
                }
                Err(error) => Err(error),
            };
        }
        let trace: String =
            typed.chars().filter(|one| !one.is_whitespace() && *one != '-').collect();
        let trace = trace.to_uppercase();
        console.decisions.flush();
        let may = (&here.seat, Permission::Look);
        let found = console.desks.act(may, clock::now(), move |tx| {
            let why = decisions::why(tx, &trace)?;
            around(tx, why)
        });
        match found {
            Ok(why) => page(console, here, ((typed, &about), Ok(Some(why)))),
            Err(error) if status_of(&error).is_client_error() => {
                page(console, here, ((typed, &about), Err(&error)))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

fn asked_about(console: &Console, here: &Here, about: &About) -> Result<Asked> {
    let asked = about.asked()?;
    console.decisions.flush();
    let may = (&here.seat, Permission::Look);
    console.desks.act(may, clock::now(), move |tx| {
        let why = decisions::why_about(tx, &asked)?;
        around(tx, why)
    })
}

/// An answer, with what is known around it.
fn around(tx: &mut Tx<'_>, why: Why) -> Result<Asked> {
    let then = &why.explanation.then;
    let number = then.subject.split('/').next().unwrap_or_default();
    let told = match number {
        "" => Vec::new(),
        known => administration::deliveries(tx, known)?,
    };
    let client = match then.client.as_str() {
        "" => None,
        id => match clients::find_serving(tx, id) {
            Ok(client) => Some(client.terms),
            // Somebody of the station, the command line, a service that is no more.
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        },
    };
    Ok(Asked { why, told, client })
}

/// What is sold, to choose from: code and name, at most [`OFFERED`].
fn sold(here: &Here, catalogue: &Catalogue) -> Vec<(String, String)> {
    let name = |one: &Product| in_language(here.words.0, &one.name_ja, &one.name_en).to_owned();
    catalogue.iter().take(OFFERED).map(|one| (one.code.clone(), name(one))).collect()
}

fn page(
    console: &Console,
    here: &Here,
    ((typed, about), why): ((&str, &About), std::result::Result<Option<Asked>, &Error>),
) -> Result<Response> {
    let words = here.words;
    let sold = match &why {
        Ok(Some(asked)) => sold(here, &asked.why.station.catalogue),
        Ok(None) | Err(_) => {
            let may = (&here.seat, Permission::Look);
            sold(here, &console.desks.look(may, clock::now(), catalogue::load)?)
        }
    };
    let error = why.as_ref().err().copied();
    let body = Body {
        words,
        title: words.get("console.why.title"),
        address: &here.address,
        typed,
        about,
        sold,
        message: error.map(|error| message(words.0, error)),
        found: why.ok().flatten().map(|asked| found(console, here, &asked)),
    };
    here.page(console, (body.title, "why"), &body, error)
}

fn found(console: &Console, here: &Here, asked: &Asked) -> Found {
    let (words, why) = (here.words, &asked.why);
    let Explanation { then, findings_now, verdict, facts: stands_on, since, .. } = &why.explanation;
    let whose = Whose::of(here, &then.subject);
    let proof = whose
        .as_ref()
        .filter(|_| here.may(Permission::Help))
        .map(|whose| here.proof(console, &path_of(&whose.number)));
    let known = (why, whose.as_ref());
    let untold = asked.told.iter().filter(|one| one.dead > 0);
    Found {
        verdict: words.get(match verdict {
            _ if why.rehearsed => rehearsed(findings_now),
            Verdict::Refused => "console.why.refused",
            Verdict::RepairedSince => "console.why.repaired",
            Verdict::RefusedSince => "console.why.refused_since",
            Verdict::Outside => "console.why.outside",
        }),
        alarm: matches!(verdict, Verdict::Refused | Verdict::RefusedSince),
        asked: question(words, asked, whose.as_ref()),
        reads: findings_now.first().map_or_else(String::new, |first| {
            match why.explanation.trace.as_str() {
                "" => reasons::sentence(words.0, first, &why.station),
                trace => reasons::for_user(words.0, first, &why.station, trace),
            }
        }),
        causes: causes::all(here, why, known.1),
        outside: findings_now.is_empty(),
        untold: untold.map(|one| deliveries::Listed::of(words, one)).collect(),
        proof,
        facts: stands_on.iter().map(|fact| facts::stated(words, fact, known)).collect(),
        since: since.iter().map(|change| facts::changed(words, change, known)).collect(),
        others: why.others.iter().map(|(at, trace)| other(here, *at, trace)).collect(),
        contract: whose.map(|whose| (whose.address, whose.number)),
    }
}

/// What was asked and answered, or is rehearsed.
fn question(words: Words, asked: &Asked, whose: Option<&Whose>) -> String {
    let Asked { why, client, .. } = asked;
    let then = &why.explanation.then;
    let subject = match whose {
        Some(whose) => format!("{} {}", whose.number, whom_is(words, whose.person)),
        None => words.get("console.why.nobody").to_owned(),
    };
    let named = why.station.catalogue.naming(&then.resource).next();
    let resource = named.map_or_else(
        || then.resource.clone(),
        |one| format!("{} ({})", in_language(words.0, &one.name_ja, &one.name_en), then.resource),
    );
    words.fill(
        match (why.rehearsed, since_now(then)) {
            (false, _) => "console.why.asked",
            (true, true) => "console.why.rehearsed",
            (true, false) => "console.why.rehearsed_then",
        },
        &[
            ("at", &facts::at(words, &then.at)),
            ("client", &asker(words, &then.client, client.as_ref())),
            ("subject", &subject),
            ("action", words.get(verb(&then.action))),
            ("resource", &resource),
            ("codes", &then.codes.join(", ")),
        ],
    )
}

/// Who asked: a service by its name, somebody of the station by what they are.
fn asker(words: Words, id: &str, known: Option<&ClientTerms>) -> String {
    match known {
        Some(one) => in_language(words.0, &one.name_ja, &one.name_en).to_owned(),
        None if id == "cli" => words.get("console.doer.operations").to_owned(),
        None => timeline::actor(words, id),
    }
}

/// What a rehearsal comes to.
fn rehearsed(findings: &[Finding]) -> &'static str {
    match findings {
        [] => "console.why.could",
        [Finding::PinNeeded { set: true, .. }] => "console.why.could_with_pin",
        _ => "console.why.could_not",
    }
}

/// Whether it is about this very moment.
fn since_now(then: &Then) -> bool {
    then.version >= 0
}

fn other(here: &Here, at: Instant, trace: &str) -> (String, String) {
    let at = reasons::moment(here.words.0, at);
    (format!("{}/why?trace={trace}", here.address), format!("{at} {trace}"))
}

/// The key of what was to be done.
pub(super) fn verb(action: &str) -> &'static str {
    match action {
        "view" => "console.action.view",
        "cast" => "console.action.cast",
        "download" => "console.action.download",
        "purchase" => "console.action.purchase",
        _ => "console.action.other",
    }
}
