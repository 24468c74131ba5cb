//! What the document says of each operation.

use crate::openapi::{Operation, Takes};

const SCOPE: &str = "decisions";

/// What a question may be refused with.
const QUESTION: &[&str] = &[
    "authzen.empty",
    "authzen.too_long",
    "decision.action_unknown",
    "field.required",
    "operator.code_malformed",
    "rating.unknown",
    "subject.type_unknown",
];

/// What many may be refused with.
const MANY: &[&str] = &[
    "authzen.empty",
    "authzen.semantic",
    "authzen.too_long",
    "authzen.too_many",
    "decision.action_unknown",
    "field.required",
    "operator.code_malformed",
    "rating.unknown",
    "subject.type_unknown",
];

/// What a first play may be refused with.
const PLAYED: &[&str] = &[
    "authzen.empty",
    "authzen.too_long",
    "field.required",
    "operator.code_malformed",
    "rental.unknown",
    "store.changed_meanwhile",
    "subject.type_unknown",
    "subject.unknown",
];

pub(super) const EVALUATE: Operation = Operation {
    method: "post",
    id: "evaluate",
    summary: "One question; no is an answer with status 200",
    scope: SCOPE,
    takes: Takes::Open("Evaluation"),
    answers: &[(200, "Decision")],
    errors: QUESTION,
};

pub(super) const EVALUATE_MANY: Operation = Operation {
    method: "post",
    id: "evaluateMany",
    summary: "Many questions, those that can not be answered with no; or one, which is answered as one",
    scope: SCOPE,
    takes: Takes::Open("Evaluations"),
    answers: &[(200, "DecisionOrDecisions")],
    errors: MANY,
};

pub(super) const SEARCH: Operation = Operation {
    method: "post",
    id: "searchResources",
    summary: "What a person may watch of the titles the station's products name",
    scope: SCOPE,
    takes: Takes::Open("ResourceSearch"),
    answers: &[(200, "FoundResources")],
    errors: &[
        "authzen.empty",
        "authzen.too_long",
        "decision.action_unknown",
        "field.required",
        "operator.code_malformed",
        "page.token_malformed",
        "subject.type_unknown",
    ],
};

pub(super) const PLAY: Operation = Operation {
    method: "post",
    id: "recordFirstPlay",
    summary: "A rented title is played for the first time: its hours begin",
    scope: SCOPE,
    takes: Takes::Open("Play"),
    answers: &[(200, "Played")],
    errors: PLAYED,
};
