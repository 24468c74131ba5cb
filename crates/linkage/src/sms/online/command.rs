//! `POST /o/{operator}/sms/v1/contracts/{number}/commands`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result};
use base::records::inbox;
use base::store::Tx;
use domain::commands::{Command, INBOX, Report, execute as run};
use domain::subscribers::{self, Load, Stored};
use http::header::IF_MATCH;
use http::{HeaderMap, StatusCode};
use web::{Problem, blocking};

use crate::callers::{body_of, idempotency_key, read_json};
use crate::sms::codes;

use super::answers::{Reported, refusal};
use super::body::Body;
use super::{LONGEST, Online, Said, problem};

/// `contract.version_differs` — the contract is not at the version `If-Match` names.
const VERSION_DIFFERS: &str = "contract.version_differs";

/// One command — `docs/api/sms-online.md#one-command`.
pub(super) async fn execute(
    State(online): State<Arc<Online>>,
    Path((operator, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> std::result::Result<Response, Problem> {
    let caller = online.caller(&operator, &headers).await?;
    let (scope, acted) = (caller.scope(), caller.acted());
    let body = body_of(body).map_err(problem)?;
    let command = command_of(&headers, &number, &body).map_err(problem)?;
    let wanted = version_of(&headers).map_err(problem)?;
    let id = command.request_id.clone();
    let (door, at) = (Arc::clone(&online), scope.clone());
    let report = blocking(move || {
        door.check_pace(&caller, &at)?;
        match wanted {
            None => door.groups.execute(&at, command),
            Some(version) => {
                door.callers.db.transact(&at, move |tx| perform(tx, &command, version))
            }
        }
    })
    .await;
    let said = |result| Said { result, detail: String::new() };
    let report = report.map_err(|refused| {
        let code = codes::code(refused.error().code());
        online.log(&scope, ("command", &id), &body, &said(code));
        in_words(refused.into_error())
    })?;
    let error = refusal(&report);
    let reported = Reported::of(report);
    online.log(&scope, ("command", &id), &body, &said(reported.said()));
    let mut response = match error {
        Some(error) => return Err(problem(error)),
        None => reported.response()?,
    };
    response.extensions_mut().insert(acted);
    Ok(response)
}

fn in_words(error: Error) -> Problem {
    let differs = error.code() == VERSION_DIFFERS;
    let problem = problem(error);
    if differs { problem.with_status(StatusCode::PRECONDITION_FAILED) } else { problem }
}

fn command_of(headers: &HeaderMap, number: &str, body: &[u8]) -> Result<Command> {
    let key = idempotency_key(headers)?;
    read_command(key, number, body)
}

/// The command in the body of a call about contract `number`, known by the request id `key`.
///
/// # Errors
/// `json.…` naming the field or place; `field.differs` — the body names another contract or request;
/// what else is wrong with a field, naming it.
///
/// Source: `docs/api/sms-online.md#commands`.
pub fn read_command(key: &str, number: &str, body: &[u8]) -> Result<Command> {
    let body: Body = read_json(body, LONGEST)?;
    let elsewhere = [
        ("request_id", body.request_id.as_deref().is_some_and(|id| id != key)),
        ("contract_no", body.contract_no.as_deref().is_some_and(|other| other != number)),
    ];
    if let Some((field, _)) = elsewhere.into_iter().find(|(_, differs)| *differs) {
        return Err(Error::invalid("field.differs", field));
    }
    body.command(key, number)
}

/// `If-Match: "v17"`, or `*`, which every contract matches.
fn version_of(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let malformed = || Error::invalid("version.malformed", "If-Match");
    let text = value.to_str().map_err(|_| malformed())?.trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.trim_matches('"').strip_prefix('v').and_then(|digits| digits.parse().ok());
    version.map(Some).ok_or_else(malformed)
}

/// Performs a command, at the version that is wanted.
fn perform(tx: &mut Tx<'_>, command: &Command, wanted: i64) -> Result<Report> {
    if version_now(tx, command)? != Some(wanted) && !is_repeated(tx, command)? {
        return Err(Error::Conflict { code: VERSION_DIFFERS });
    }
    run(tx, command)
}

/// The version of the contract the command is about; its row stays locked until the commit.
fn version_now(tx: &mut Tx<'_>, command: &Command) -> Result<Option<i64>> {
    let all = subscribers::load(tx, vec![command.number.clone()], Load::ForContractChange)?;
    let living = |stored: Stored| !matches!(stored, Stored::Purged | Stored::Void);
    let mut living = all.iter().rev().map(|one| &one.contract).filter(|one| living(one.stored));
    Ok(living
        .find(|one| command.generation.is_none_or(|wanted| wanted == one.generation))
        .map(|one| one.version))
}

/// A repeated request moved the version itself the first time: it is answered as it was then.
fn is_repeated(tx: &mut Tx<'_>, command: &Command) -> Result<bool> {
    inbox::find(tx, INBOX, vec![command.request_id.clone()]).map(|seen| !seen.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_with_and_without_quotes() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_MATCH, http::HeaderValue::from_static(text));
            version_of(&headers)
        };
        assert_eq!(read("\"v17\""), Ok(Some(17)));
        assert_eq!(read("v17"), Ok(Some(17)));
        assert_eq!(read("*"), Ok(None));
        assert!(read("17").is_err() && read("\"vx\"").is_err());
    }
}
