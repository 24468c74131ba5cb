//! `GET …/contracts/{number}/why`: may they watch this, and if not, by which facts?

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::kernel::{Error, Result, Scope};
use domain::decisions::{Action, Answer, Ask, Explanation, PinGiven, Question, Subject};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use web::{Language, Problem, blocking, reasons};

use crate::callers::json_answer;

use super::{Online, problem};

/// What is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// `title:T0001`, `channel:101`, `product:PACK1`.
    resource: String,
    /// 1 to 999; the household without it.
    person_no: Option<i64>,
    /// `view` without it.
    action: Option<String>,
}

#[derive(Serialize)]
struct Why {
    decision: bool,
    codes: Vec<&'static str>,
    trace: String,
    ttl_s: i64,
    reason_user: Option<String>,
    reason_admin: String,
    explanation: Explanation,
}

/// The decision and everything behind it — `docs/api/sms-online.md#why`.
pub(super) async fn ask(
    State(online): State<Arc<Online>>,
    Path((operator, number)): Path<(String, String)>,
    asked: std::result::Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> std::result::Result<Response, Problem> {
    let caller = online.caller(&operator, &headers).await?;
    let Query(asked) = asked.map_err(|_| problem(Error::invalid("field.required", "resource")))?;
    let (scope, acted, door) = (caller.scope(), caller.acted(), Arc::clone(&online));
    let language = web::current::get().language;
    let why = blocking(move || {
        door.check_pace(&caller, &scope)?;
        explain(&door, (&scope, &caller.client), (&number, &asked), language)
    })
    .await
    .map_err(|refused| problem(refused.into_error()))?;
    let mut response = json_answer(&why)?;
    response.extensions_mut().insert(acted);
    Ok(response)
}

fn explain(
    online: &Online,
    (scope, client): (&Scope, &str),
    (number, asked): (&str, &Asked),
    language: Language,
) -> Result<Why> {
    if asked.resource.split_once(':').is_none() {
        return Err(Error::invalid("product.reference_malformed", "resource"));
    }
    let question = Question {
        action: Action::parse(asked.action.as_deref().unwrap_or("view"))?,
        resource: &asked.resource,
        least_age: None,
        adult: false,
        pin: PinGiven::Missing,
    };
    let subject = Subject::Member { number, person_no: asked.person_no.unwrap_or(0) };
    let ask = Ask { operator: scope.operator(), client, subject, question };
    let Answer { decision, trace, station } = online.decisions.answer(&ask, scope.now())?;
    let explanation = online.decisions.explain(scope, &trace)?;
    let first = decision.findings.first();
    Ok(Why {
        decision: decision.permit(),
        codes: decision.codes().collect(),
        ttl_s: decision.ttl_s,
        reason_user: first.map(|first| reasons::for_user(language, first, &station, &trace)),
        reason_admin: reasons::for_admin(language, &decision.findings, &station),
        trace,
        explanation,
    })
}
