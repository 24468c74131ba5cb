//! What the station decides for itself: numbers and switches, and their change.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Change, Error, Result, clock};
use base::store::Tx;
use domain::operators::{
    self, Facts, Operator, Publishing, STATION_DECIDES, differences, publications, version_of,
};
use domain::staff::Permission;
use domain::subscribers;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::Words;

use super::POLICIES;
use super::form::{Came, Input, Thing, page, publishing};
use super::told::{key, told};
use crate::Console;
use crate::here::{Here, posted, shown};

/// What the audit calls a change of them.
const ACTS: &[&str] = &["operator.changed", "operator.added"];

/// `GET …/masters/policies`.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, POLICIES.to_owned()), |console, here| {
        told_of(console, here, (&Came::Nothing, None))
    })
    .await
}

/// `POST …/masters/policies`: a draft, or its publication.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = (headers, body, POLICIES.to_owned());
    posted((console, code), form, move |console, here, form| {
        let came = Came::of(changed(console, here, form))?;
        told_of(console, here, (&came, came.keeps_form().then_some(form)))
    })
    .await
}

fn changed(console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Came> {
    let may = (&here.seat, Permission::Publish);
    let known = console.desks.look(may, clock::now(), operators::find_operator)?;
    let wanted = wanted(&known, form);
    let publishing = publishing(form);
    match form.get("do").unwrap_or_default() {
        "again" => Ok(Came::Again),
        "draft" => {
            let after = known.policies.with(&wanted)?.facts();
            let changes = differences(&known.policies.facts(), &after);
            // Every rule is asked but the description, which comes with the draft.
            let tried = Publishing { why: "-".to_owned(), ..publishing };
            let (change, open) = console.desks.rehearse(may, clock::now(), move |tx| {
                let open = subscribers::count_open(tx)?;
                Ok((operators::publish_policies(tx, &wanted, &tried)?, open))
            })?;
            Ok(match change {
                Change::Already => Came::Published(Change::Already),
                Change::Made => Came::Draft(changes, about(here.words, open)),
            })
        }
        "publish" => {
            let publish =
                move |tx: &mut Tx<'_>| operators::publish_policies(tx, &wanted, &publishing);
            console.desks.act(may, clock::now(), publish).map(Came::Published)
        }
        _ => Err(Error::invalid("request.parameters_malformed", "do")),
    }
}

fn about(words: Words, open: i64) -> String {
    words.fill("console.masters.all", &[("households", &open.to_string())])
}

/// What the form says of each policy.
fn wanted(known: &Operator, form: &Parameters<'_>) -> Facts {
    let facts = known.policies.facts();
    let said = STATION_DECIDES.into_iter().map(|name| {
        let text = form.get(name).unwrap_or_default();
        let text =
            if is_switch(&facts, name) { (!text.is_empty()).to_string() } else { text.to_owned() };
        (name.to_owned(), text)
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

fn told_of(
    console: &Console,
    here: &Here,
    (came, form): (&Came, Option<&Parameters<'_>>),
) -> Result<Response> {
    let may = (&here.seat, Permission::Settings);
    let (operator, history) = console.desks.look(may, clock::now(), |tx| {
        let operator = operators::find_operator(tx)?;
        let history = publications(tx, (ACTS, &operator.code))?;
        Ok((operator, history))
    })?;
    let (words, stands) = (here.words, operator.policies.facts());
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
    let thing = Thing {
        title: words.get("console.masters.policies"),
        path: POLICIES.to_owned(),
        version: version_of(&stands),
        facts: facts(words, &operator),
        inputs: STATION_DECIDES.into_iter().map(input).collect(),
        history,
    };
    page(console, here, thing, (came, form))
}
