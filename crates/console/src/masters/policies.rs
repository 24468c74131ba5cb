//! What the station decides for itself: numbers and switches, and their change.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Result, clock};
use base::store::Tx;
use domain::operators::{
    self, Facts, Operator, Policies, Published, Publishing, STATION_DECIDES, differences,
    publications, version_of,
};
use domain::staff::Permission;
use domain::subscribers;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::Words;

use super::POLICIES;
use super::form::{Came, Input, Thing, page};
use super::head::{self, Last, Master, Sent, publish};
use super::told::{key, told};
use crate::Console;
use crate::here::Here;

/// What the audit calls a change of them.
const ACTS: &[&str] = &["operator.changed", "operator.added"];

/// `GET …/masters/policies`.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    head::show((console, code), headers, Decided).await
}

/// `POST …/masters/policies`: a draft, or its publication.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    head::answer((console, code), (headers, body), Decided).await
}

/// What the station decides.
struct Decided;

impl Master for Decided {
    fn path(&self) -> String {
        POLICIES.to_owned()
    }

    fn change(&self, console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Came> {
        let words = here.words;
        change((console, here, form), &STATION_DECIDES, move |_, open| {
            words.fill("console.masters.all", &[("households", &open.to_string())])
        })
    }

    fn page(&self, console: &Console, here: &Here, last: &Last<'_>) -> Result<Response> {
        told_of(console, here, last)
    }
}

/// Tries or publishes what the form says of these policies. `about`: what follows from the policies as they were and will be, with
/// so many open contracts.
pub(super) fn change(
    sent: Sent<'_>,
    names: &[&str],
    about: impl Fn((&Policies, &Policies), i64) -> String + Send + 'static,
) -> Result<Came> {
    let (console, here, form) = sent;
    let may = (&here.seat, Permission::Publish);
    let known = console.desks.look(may, clock::now(), operators::find_operator)?;
    let wanted = wanted(&known, (form, names));
    let (before, after) = (known.policies.clone(), known.policies.with(&wanted)?);
    let changes = differences(&before.facts(), &after.facts());
    let about = move |tx: &mut Tx<'_>| Ok(about((&before, &after), subscribers::count_open(tx)?));
    let work = move |tx: &mut Tx<'_>, publishing: &Publishing| {
        operators::publish_policies(tx, &wanted, publishing)
    };
    publish(sent, changes, (about, work))
}

/// What the form says of each of these policies.
fn wanted(known: &Operator, (form, names): (&Parameters<'_>, &[&str])) -> Facts {
    let facts = known.policies.facts();
    let said = names.iter().map(|name| {
        let text = form.get(name).unwrap_or_default();
        let text =
            if is_switch(&facts, name) { (!text.is_empty()).to_string() } else { text.to_owned() };
        ((*name).to_owned(), text)
    });
    said.collect()
}

fn is_switch(facts: &Facts, name: &str) -> bool {
    facts.get(name).is_some_and(|text| matches!(text.as_str(), "true" | "false"))
}

/// Each policy of `operator` in words.
pub(super) fn facts(words: Words, operator: &Operator) -> Vec<(&'static str, String)> {
    let facts = operator.policies.facts();
    let text = |name: &str| facts.get(name).map_or("", String::as_str);
    STATION_DECIDES.into_iter().map(|name| (key(name), told(words, name, text(name)))).collect()
}

/// These policies as they stand, in a form.
pub(super) fn inputs(
    words: Words,
    (operator, names): (&Operator, &[&'static str]),
    form: Option<&Parameters<'_>>,
) -> Vec<Input> {
    let stands = operator.policies.facts();
    let input = |name: &'static str| {
        let text = stands.get(name).cloned().unwrap_or_default();
        let (kind, text) = match text.as_str() {
            "true" => ("tick", "1".to_owned()),
            "false" => ("tick", String::new()),
            _ if name == "cut_off" => ("text", text),
            _ => ("number", text),
        };
        Input::new((name, kind), words.get(key(name)), (form, text))
    };
    names.iter().map(|name| input(name)).collect()
}

/// What was published of the policies of `operator`.
pub(super) fn history(tx: &mut Tx<'_>, operator: &Operator) -> Result<Vec<Published>> {
    publications(tx, (ACTS, &operator.code))
}

fn told_of(console: &Console, here: &Here, last: &Last<'_>) -> Result<Response> {
    let may = (&here.seat, Permission::Settings);
    let (operator, history) = console.desks.look(may, clock::now(), |tx| {
        let operator = operators::find_operator(tx)?;
        let history = history(tx, &operator)?;
        Ok((operator, history))
    })?;
    let words = here.words;
    let title = words.get("console.masters.policies");
    let known = (POLICIES.to_owned(), version_of(&operator.policies.facts()));
    let thing = Thing {
        help: words.get("console.masters.policies.text"),
        inputs: inputs(words, (&operator, &STATION_DECIDES), last.typed()),
        history,
        ..Thing::new(title, known, facts(words, &operator))
    };
    page(console, here, thing, last)
}
