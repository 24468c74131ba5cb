//! Several questions in one body. Source: section 7.

use std::borrow::Cow;

use serde::Deserialize;

use super::fault::RequestFault;
use super::request::{Action, Evaluation, Object, Resource, Subject};
use crate::json;

/// Most questions in one body.
pub const MOST_EVALUATIONS: usize = 1000;

/// Longest body of many questions, in bytes.
const LONGEST_BATCH: usize = 1024 * 1024;

/// When to stop asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Semantic {
    /// Never: every question gets its answer.
    #[default]
    ExecuteAll,
    /// After the first *no*, which is the last answer.
    DenyOnFirstDeny,
    /// After the first *yes*, which is the last answer.
    PermitOnFirstPermit,
}

impl Semantic {
    /// Whether an answer with this `decision` is the last one.
    #[must_use]
    pub const fn ends_with(self, decision: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !decision,
            Self::PermitOnFirstPermit => decision,
        }
    }

    /// Asks `questions` one by one with `decide` until the semantic has seen enough; `permits` says
    /// what an answer means.
    pub fn run<Q, A>(
        self,
        questions: impl IntoIterator<Item = Q>,
        mut decide: impl FnMut(Q) -> A,
        permits: impl Fn(&A) -> bool,
    ) -> Vec<A> {
        let mut answers = Vec::new();
        for question in questions {
            let answer = decide(question);
            let last = self.ends_with(permits(&answer));
            answers.push(answer);
            if last {
                break;
            }
        }
        answers
    }

    fn of(name: Option<&str>) -> Result<Self, RequestFault> {
        match name {
            None | Some("execute_all") => Ok(Self::ExecuteAll),
            Some("deny_on_first_deny") => Ok(Self::DenyOnFirstDeny),
            Some("permit_on_first_permit") => Ok(Self::PermitOnFirstPermit),
            Some(_) => Err(RequestFault::Semantic),
        }
    }
}

/// What a body of `/access/v1/evaluations` asks.
#[derive(Debug, Clone)]
pub enum Batch<'a> {
    /// No `evaluations`, or none in it: the body is one question, its answer one decision.
    Single(Box<Evaluation<'a>>),
    /// Questions in order. One that is incomplete or ill-formed is answered with *no* and its
    /// fault; the others are not touched by it.
    Many {
        /// When to stop.
        semantic: Semantic,
        /// The questions, defaults filled in.
        questions: Vec<Result<Evaluation<'a>, RequestFault>>,
    },
}

#[derive(Deserialize)]
struct Body<'a> {
    // Not flattened: that would copy every value before it is read.
    #[serde(borrow, default)]
    subject: Option<Subject<'a>>,
    #[serde(borrow, default)]
    action: Option<Action<'a>>,
    #[serde(borrow, default)]
    resource: Option<Resource<'a>>,
    #[serde(borrow, default)]
    context: Option<Object<'a>>,
    #[serde(borrow, default)]
    evaluations: Option<Vec<Partial<'a>>>,
    #[serde(borrow, default)]
    options: Option<Options<'a>>,
}

#[derive(Deserialize)]
struct Options<'a> {
    #[serde(borrow, default)]
    evaluations_semantic: Option<Word<'a>>,
}

#[derive(Deserialize)]
struct Word<'a>(#[serde(borrow)] Cow<'a, str>);

/// Four parts, any of which may come from the defaults.
#[derive(Deserialize)]
struct Partial<'a> {
    #[serde(borrow, default)]
    subject: Option<Subject<'a>>,
    #[serde(borrow, default)]
    action: Option<Action<'a>>,
    #[serde(borrow, default)]
    resource: Option<Resource<'a>>,
    #[serde(borrow, default)]
    context: Option<Object<'a>>,
}

/// Reads the body of `/access/v1/evaluations`: at most 1 MiB and [`MOST_EVALUATIONS`] questions. A
/// part of a question replaces the default as a whole; the two are never mixed.
///
/// # Errors
/// The codes of [`json::parse`]; `authzen.semantic`, `authzen.too_many`; for a single question those
/// of [`super::parse_evaluation`].
pub fn parse_evaluations(body: &[u8]) -> Result<Batch<'_>, RequestFault> {
    let body: Body<'_> = json::parse(body, LONGEST_BATCH)?;
    let named = body.options.and_then(|options| options.evaluations_semantic);
    let semantic = Semantic::of(named.as_ref().map(|word| word.0.as_ref()))?;
    let (subject, action, resource) = (body.subject, body.action, body.resource);
    let defaults = Partial { subject, action, resource, context: body.context };
    let evaluations = body.evaluations.unwrap_or_default();
    if evaluations.is_empty() {
        let nothing = Partial { subject: None, action: None, resource: None, context: None };
        return nothing.or(&defaults).map(|question| Batch::Single(Box::new(question)));
    }
    if evaluations.len() > MOST_EVALUATIONS {
        return Err(RequestFault::TooMany);
    }
    let questions = evaluations.into_iter().map(|each| each.or(&defaults)).collect();
    Ok(Batch::Many { semantic, questions })
}

impl<'a> Partial<'a> {
    /// The question with `defaults` for what it does not say itself.
    fn or(self, defaults: &Self) -> Result<Evaluation<'a>, RequestFault> {
        let missing = |field: &str| json::JsonFault::Missing { field: field.to_owned() };
        let subject = self.subject.or_else(|| defaults.subject.clone());
        let action = self.action.or_else(|| defaults.action.clone());
        let resource = self.resource.or_else(|| defaults.resource.clone());
        let question = Evaluation {
            subject: subject.ok_or_else(|| missing("subject"))?,
            action: action.ok_or_else(|| missing("action"))?,
            resource: resource.ok_or_else(|| missing("resource"))?,
            context: self.context.or(defaults.context),
        };
        question.check()?;
        Ok(question)
    }
}
