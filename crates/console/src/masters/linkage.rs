//! How the station's SMS is linked: what the station decides of its files, what is agreed with the platform, and how it stands.
//!
//! Owns no setting: what the station decides are policies, and stand among them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Result, clock};
use base::store::Tx;
use domain::clients::{self, Client, ClientKind};
use domain::files::{self, File, NIGHTLY};
use domain::operators::{self, ABOUT_FILES, Launch, Operator, Published, version_of};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::{Words, in_language};

use super::form::{Came, Link, Thing, page};
use super::head::{self, Last, Master};
use super::policies::{change, history, inputs};
use super::{LINKAGE, service_path};
use crate::Console;
use crate::files::moment;
use crate::here::Here;
use crate::launch::linkage_text;
use crate::trial::PATH as TRIAL;

/// Programs of the SMS that are named.
const NAMED: usize = 10;
/// Clients among which they are looked for.
const LOOKED_AT: i64 = 200;

/// `GET …/masters/linkage`.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    head::show((console, code), headers, Linked).await
}

/// `POST …/masters/linkage`: a draft, or its publication.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    head::answer((console, code), (headers, body), Linked).await
}

/// How the SMS is linked.
struct Linked;

impl Master for Linked {
    fn path(&self) -> String {
        LINKAGE.to_owned()
    }

    fn change(&self, console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Came> {
        let words = here.words;
        change((console, here, form), &ABOUT_FILES, move |(before, after), open| {
            let lines = [before, after].map(|one| one.mass_guard.allowed(open).to_string());
            let [before, after] = &lines;
            words.fill("console.linkage.about", &[("before", before), ("after", after)])
        })
    }

    fn page(&self, console: &Console, here: &Here, last: &Last<'_>) -> Result<Response> {
        let (may, words) = ((&here.seat, Permission::Settings), here.words);
        let found = console.desks.look(may, clock::now(), find)?;
        let known = (self.path(), version_of(&found.operator.policies.facts()));
        let thing = Thing {
            help: words.get("console.linkage.text"),
            inputs: inputs(words, (&found.operator, &ABOUT_FILES), last.typed()),
            agreed: agreed(words, &found),
            links: links(words, &found),
            ..Thing::new(words.get("console.linkage"), known, stands(words, &found))
        };
        page(console, here, Thing { history: found.history, ..thing }, last)
    }
}

/// What the books say.
struct Found {
    operator: Operator,
    launch: Option<Launch>,
    last: Option<File>,
    late: Option<String>,
    limit: i64,
    callers: Vec<Client>,
    history: Vec<Published>,
}

fn find(tx: &mut Tx<'_>) -> Result<Found> {
    let operator = operators::find_operator(tx)?;
    let mut history = history(tx, &operator)?;
    for one in &mut history {
        one.changes.retain(|change| ABOUT_FILES.contains(&change.field.as_str()));
    }
    history.retain(|one| !one.changes.is_empty());
    let mut callers = clients::list(tx, "", LOOKED_AT)?;
    callers.retain(|client| client.terms.kind == ClientKind::Sms);
    callers.truncate(NAMED);
    Ok(Found {
        operator,
        launch: operators::find_launch(tx)?,
        last: files::last_in_order(tx, NIGHTLY)?,
        late: files::late(tx)?,
        limit: files::guard_limit(tx)?,
        callers,
        history,
    })
}

/// How it stands today.
fn stands(words: Words, found: &Found) -> Vec<(&'static str, String)> {
    let policies = &found.operator.policies;
    let none = || words.get("console.masters.nothing").to_owned();
    let late = policies.late_minutes.to_string();
    let due = [("time", policies.cut_off.as_str()), ("minutes", &late)];
    let last =
        found.last.as_ref().map(|file| format!("{} {}", file.name, moment(words, file.arrived)));
    let next = found.last.as_ref().map(|file| format!("{:08}", file.sequence + 1));
    let mut all = Vec::new();
    if let Some(hearing) = found.launch.as_ref().map(|launch| &launch.hearing) {
        all.push(("console.launch.linkage", words.get(linkage_text(hearing.linkage)).to_owned()));
        all.push(("console.launch.vendor", hearing.vendor.clone()));
    }
    all.extend([
        ("console.linkage.due", words.fill("console.linkage.due.text", &due)),
        ("console.linkage.last", last.unwrap_or_else(none)),
        (
            "console.linkage.next",
            next.unwrap_or_else(|| words.get("console.linkage.next.any").to_owned()),
        ),
        ("console.linkage.late", found.late.clone().unwrap_or_else(none)),
        (
            "console.linkage.guard",
            words.fill("console.linkage.guard.text", &[("lines", &found.limit.to_string())]),
        ),
    ]);
    all.retain(|(_, text)| !text.is_empty());
    all
}

/// What is agreed with the people who run the platform.
fn agreed(words: Words, found: &Found) -> Vec<(&'static str, String)> {
    let pace = found.operator.policies.sms_pace;
    let (second, burst) = (pace.per_second.to_string(), pace.burst.to_string());
    let pace = [("second", second.as_str()), ("burst", &burst)];
    let off = words.get("console.services.is_off");
    let callers = found.callers.iter().map(|client| {
        if client.terms.enabled { client.id.clone() } else { format!("{} ({off})", client.id) }
    });
    let callers = callers.collect::<Vec<_>>().join(" ");
    vec![
        ("console.linkage.folder", words.get("console.linkage.folder.text").to_owned()),
        ("console.linkage.form", words.get("console.linkage.form.text").to_owned()),
        (
            "console.linkage.callers",
            if callers.is_empty() {
                words.get("console.masters.nothing").to_owned()
            } else {
                callers
            },
        ),
        ("console.linkage.pace", words.fill("console.linkage.pace.text", &pace)),
        ("console.linkage.told", words.get("console.linkage.told.text").to_owned()),
    ]
}

/// Where it goes on: the format tester, the files, and each program of the SMS.
fn links(words: Words, found: &Found) -> Vec<Link> {
    let link =
        |id, path: &str, key| Link { id, path: path.to_owned(), text: words.get(key).to_owned() };
    let mut links =
        vec![link("trial", TRIAL, "console.trial"), link("files", "/files", "console.files")];
    links.extend(found.callers.iter().map(|client| Link {
        id: "",
        path: service_path(&client.id),
        text: in_language(words.0, &client.terms.name_ja, &client.terms.name_en).to_owned(),
    }));
    links
}
