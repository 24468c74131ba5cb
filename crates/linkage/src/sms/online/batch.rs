//! `POST /o/{operator}/sms/v1/commands:batch`: up to a thousand commands, each answered for itself.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, Scope};
use domain::commands::{Command, Report, execute_many};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use web::{Problem, blocking};

use crate::callers::{body_of, json_answer, read_json};

use super::answers::Reported;
use super::body::Body;
use super::{LONGEST, Online, Said, problem};

/// Most commands in one call.
const MOST: usize = 1000;
/// Commands in one transaction: enough to share a commit, few enough to hold no row for long.
const TOGETHER: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch<'b> {
    #[serde(borrow)]
    commands: Vec<&'b RawValue>,
}

#[derive(Serialize)]
struct Results {
    results: Vec<Reported>,
    errors: usize,
}

/// Many commands — `docs/api/sms-online.md#many-commands`.
pub(super) async fn execute(
    State(online): State<Arc<Online>>,
    Path(operator): Path<String>,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> std::result::Result<Response, Problem> {
    let caller = online.caller(&operator, &headers).await?;
    let (scope, acted) = (caller.scope(), caller.acted());
    let body = body_of(body).map_err(problem)?;
    let (door, at, text) = (Arc::clone(&online), scope.clone(), body.clone());
    let results = blocking(move || {
        door.check_pace(&caller, &at)?;
        run(&door, &at, &text)
    })
    .await
    .map_err(|refused| problem(refused.into_error()))?;
    let errors = results.iter().filter(|one| one.is_error()).count();
    let detail = format!("{} commands, {errors} refused", results.len());
    online.log(&scope, ("commands", scope.cause()), &body, &Said { result: "OK", detail });
    let mut response = json_answer(&Results { results, errors })?;
    response.extensions_mut().insert(acted);
    Ok(response)
}

fn run(online: &Online, scope: &Scope, body: &[u8]) -> Result<Vec<Reported>> {
    let batch: Batch<'_> = read_json(body, LONGEST)?;
    if batch.commands.len() > MOST {
        return Err(Error::invalid("batch.too_many", "commands"));
    }
    let items: Vec<_> = batch.commands.iter().map(|text| command_of(text.get())).collect();
    let mut results = Vec::with_capacity(items.len());
    for part in items.chunks(TOGETHER) {
        let commands: Vec<Command> =
            part.iter().filter_map(|item| item.as_ref().ok()).cloned().collect();
        let mut done = perform(online, scope, &commands).into_iter();
        for item in part {
            match item {
                Ok(_) => results.extend(done.next().map(Reported::of)),
                Err(Unread { names, error }) => {
                    results.push(Reported::unread(names.clone(), error, scope.now()));
                }
            }
        }
    }
    Ok(results)
}

/// Commands that share a transaction. When it fails by a fault of ours, each is tried alone, so that
/// one costs no other; when it fails otherwise, each is answered with why: what was done before stays
/// done, and repeating the call is safe.
fn perform(online: &Online, scope: &Scope, commands: &[Command]) -> Vec<Report> {
    let asked = commands.to_vec();
    let done = online.callers.db.transact(scope, move |tx| execute_many(tx, &asked));
    match done {
        Ok(done) => done.reports,
        Err(Error::Internal { .. }) if commands.len() > 1 => {
            let alone = commands.iter().map(std::slice::from_ref);
            alone.flat_map(|command| perform(online, scope, command)).collect()
        }
        Err(error) => {
            commands.iter().map(|command| Report::refused(command, &error, scope.now())).collect()
        }
    }
}

/// An element of the list that is no command.
struct Unread {
    /// Request id and contract number, as far as they could be read.
    names: (String, String),
    error: Error,
}

fn command_of(text: &str) -> std::result::Result<Command, Unread> {
    let mut names = (String::new(), String::new());
    let command = read_json::<Body>(text.as_bytes(), LONGEST).and_then(|body| {
        names.0 = body.request_id.clone().unwrap_or_default();
        names.1 = body.contract_no.clone().unwrap_or_default();
        for (field, value) in [("request_id", &names.0), ("contract_no", &names.1)] {
            if value.is_empty() {
                return Err(Error::invalid("field.required", field));
            }
        }
        body.command(&names.0, &names.1)
    });
    command.map_err(|error| Unread { names, error })
}
