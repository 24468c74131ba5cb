//! `POST /access/v1/evaluation` and `/access/v1/evaluations`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::clients::ClientKind;
use domain::decisions::Answer;
use formats::authzen::{
    Batch, Evaluation, EvaluationsResponse, RequestFault, parse_evaluation, parse_evaluations,
};
use http::HeaderMap;
use web::access::{Acted, InAnotherBook};
use web::{Problem, blocking, current};

use crate::callers::body_of;

use super::Vod;
use super::answers::{Evaluated, json, word, word_failure};
use super::questions::{Asked, Caller, fault};

type Body = std::result::Result<Bytes, BytesRejection>;

impl Vod {
    /// Who calls at this address.
    pub(super) async fn caller(
        &self,
        operator: Option<&str>,
        headers: &HeaderMap,
    ) -> std::result::Result<Caller, Problem> {
        let issuer = self.callers.issuer(operator);
        let wanted = (ClientKind::Service, "decisions");
        let verified = self.callers.client(&issuer, headers, wanted).await?;
        Ok(Caller { issuer, verified })
    }
}

/// One question — `docs/api/decisions.md#evaluation`.
pub(super) async fn one(
    State(vod): State<Arc<Vod>>,
    operator: Option<Path<String>>,
    headers: HeaderMap,
    body: Body,
) -> std::result::Result<Response, Problem> {
    let operator = operator.as_ref().map(|path| path.as_str());
    let caller = vod.caller(operator, &headers).await?;
    let body = body_of(body)?;
    let answer = match from_memory(&vod, &caller, &body)? {
        Some(answer) => answer,
        None => blocking(move || from_database(&vod, &caller, &body)).await?,
    };
    let mut response = json(&word(answer))?;
    // Who asked what, and how long it took, stands in the decision log; a second line for each would cost as much again.
    response.extensions_mut().insert(InAnotherBook);
    Ok(response)
}

fn from_memory(vod: &Vod, caller: &Caller, body: &[u8]) -> Result<Option<Answer>> {
    let question = parse_evaluation(body).map_err(|one| fault(&one))?;
    let asked = Asked::of(&question, caller)?;
    if asked.pin().is_some() {
        return Ok(None);
    }
    Ok(vod.decisions.answer_from_memory(&asked.ask(caller), clock::now()))
}

fn from_database(vod: &Vod, caller: &Caller, body: &[u8]) -> Result<Answer> {
    let question = parse_evaluation(body).map_err(|one| fault(&one))?;
    answer_one(vod, caller, &question)
}

fn answer_one(vod: &Vod, caller: &Caller, question: &Evaluation<'_>) -> Result<Answer> {
    let asked = Asked::of(question, caller)?;
    let (ask, now) = (asked.ask(caller), clock::now());
    match asked.pin() {
        Some(typed) => vod.decisions.answer_with_pin(&ask, (vod.signing.master(), typed), now),
        None => vod.decisions.answer(&ask, now),
    }
}

/// Many questions — `docs/api/decisions.md#evaluations`.
pub(super) async fn many(
    State(vod): State<Arc<Vod>>,
    operator: Option<Path<String>>,
    headers: HeaderMap,
    body: Body,
) -> std::result::Result<Response, Problem> {
    let operator = operator.as_ref().map(|path| path.as_str());
    let caller = vod.caller(operator, &headers).await?;
    let body = body_of(body)?;
    let acted = Acted(caller.label().into());
    let language = current::get().language;
    let answers = blocking(move || answer_all(&vod, &caller, &body)).await?;
    if let Some(operator) = answers.operator() {
        current::operator_is_there(operator);
    }
    let mut response = match answers {
        Answers::One(answer) => json(&word(*answer))?,
        Answers::Many(answers) => {
            let worded = answers.into_iter().map(|answer| match answer {
                Ok(answer) => Ok(word(answer)),
                Err(error) => word_failure(error, language),
            });
            let evaluations: Vec<Evaluated> = worded.collect::<std::result::Result<_, _>>()?;
            json(&EvaluationsResponse { evaluations })?
        }
    };
    response.extensions_mut().insert(acted);
    Ok(response)
}

enum Answers {
    One(Box<Answer>),
    Many(Vec<Result<Answer>>),
}

impl Answers {
    /// Whose viewers all of them are about; none: those of several, or nobody's.
    fn operator(&self) -> Option<&str> {
        let answers = match self {
            Self::One(answer) => vec![&**answer],
            Self::Many(answers) => answers.iter().filter_map(|one| one.as_ref().ok()).collect(),
        };
        let mut codes = answers.iter().map(|answer| answer.station.operator.code.as_str());
        let first = codes.next()?;
        codes.all(|code| code == first).then_some(first)
    }
}

fn answer_all(vod: &Vod, caller: &Caller, body: &[u8]) -> Result<Answers> {
    let now = clock::now();
    // A PIN opens one title, and is asked for when that is watched: among many it is not looked at.
    let answer = |question: &Evaluation<'_>| {
        let asked = Asked::of(question, caller)?;
        vod.decisions.answer(&asked.ask(caller), now)
    };
    match parse_evaluations(body).map_err(|one| fault(&one))? {
        Batch::Single(question) => {
            answer_one(vod, caller, &question).map(|one| Answers::One(Box::new(one)))
        }
        Batch::Many { semantic, questions } => {
            let decide = |question: std::result::Result<_, RequestFault>| {
                question.map_err(|one| fault(&one)).and_then(|question| answer(&question))
            };
            let permits = |answer: &Result<Answer>| {
                answer.as_ref().is_ok_and(|answer| answer.decision.permit())
            };
            let answers = semantic.run(questions, decide, permits);
            // What is no fault of a question fails all of them, and loudly.
            let ours = |error: &&Error| {
                matches!(error, Error::Unavailable { .. } | Error::Internal { .. })
            };
            if let Some(error) = answers.iter().filter_map(|one| one.as_ref().err()).find(ours) {
                return Err(error.clone());
            }
            Ok(Answers::Many(answers))
        }
    }
}
