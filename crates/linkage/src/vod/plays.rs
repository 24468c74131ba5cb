//! `POST /vod/v1/plays`: a viewer began to watch a rented title.
//!
//! AuthZEN has no word for it: a decision changes nothing, a first play does (it starts the rental's
//! window), so it is a call of its own with the same subject and resource.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Actor, Change, Error, Instant, Scope, clock};
use domain::decisions::record_first_play;
use formats::authzen::{Action, Evaluation, Resource, Subject};
use formats::json as strict;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use web::access::Acted;
use web::{Problem, act, current};

use crate::callers::body_of;

use super::Vod;
use super::answers::json;
use super::questions::Asked;

/// Longest body, in bytes.
const LONGEST: usize = 16 * 1024;

#[derive(Deserialize)]
struct Play<'p> {
    #[serde(borrow)]
    subject: Subject<'p>,
    #[serde(borrow)]
    resource: Resource<'p>,
}

#[derive(Serialize)]
struct Played {
    recorded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// The first play — `docs/api/decisions.md#plays`.
pub(super) async fn first(
    State(vod): State<Arc<Vod>>,
    operator: Option<Path<String>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let operator = operator.as_ref().map(|path| path.as_str());
    let caller = vod.caller(operator, &headers).await?;
    let body = body_of(body)?;
    // Read once here, so that a wrong body is refused before a transaction begins.
    let operator = {
        let question = question_of(&body)?;
        Asked::of(&question, &caller)?.operator().to_owned()
    };
    let acted = Acted(caller.label().into());
    let actor = Actor::Client(caller.verified.client.id.clone());
    let cause = format!("call:{}", current::get().request_id);
    let scope = Scope::new(&operator, actor, clock::now()).caused_by(&cause);
    let (change, until) = act(&vod.callers.db, scope, move |tx| {
        let question = question_of(&body)?;
        let asked = Asked::of(&question, &caller)?;
        let ask = asked.ask(&caller);
        record_first_play(tx, &ask.subject, ask.question.resource)
    })
    .await?;
    current::operator_is_there(&operator);
    let until = until.map(Instant::rfc3339_jst);
    let mut response = json(&Played { recorded: change == Change::Made, until })?;
    response.extensions_mut().insert(acted);
    Ok(response)
}

fn question_of(body: &[u8]) -> base::kernel::Result<Evaluation<'_>> {
    let play: Play<'_> = strict::parse(body, LONGEST).map_err(|fault| {
        let field = match &fault {
            strict::JsonFault::Missing { field } | strict::JsonFault::Repeated { field } => field,
            _ => "body",
        };
        Error::invalid(fault.code(), field)
    })?;
    let action = Action { name: "view".into(), properties: None };
    Ok(Evaluation { subject: play.subject, action, resource: play.resource, context: None })
}
