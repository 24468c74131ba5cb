//! The answers, and what we publish about ourselves.

use serde::{Deserialize, Serialize};

/// Yes or no, with what the caller should know. A *no* is HTTP 200. Section 5.5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationResponse<C> {
    /// Whether it may be done.
    pub decision: bool,
    /// Reasons, obligations, how long the answer holds; whatever `C` is.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub context: Option<C>,
}

fn none<C>() -> Option<C> {
    None
}

/// Answers in the order of the questions; fewer when a semantic stopped. Section 7.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationsResponse<C> {
    /// The answers.
    pub evaluations: Vec<EvaluationResponse<C>>,
}

/// A resource that was searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundResource {
    /// Kind of resource.
    #[serde(rename = "type")]
    pub kind: String,
    /// Unique within the kind.
    pub id: String,
}

/// Where in a long list this answer stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageResponse {
    /// To ask for the next page; empty on the last.
    pub next_token: String,
    /// Results in this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Results in all answers together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
}

/// What a search found. Section 8.4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceSearchResponse {
    /// The resources.
    pub results: Vec<FoundResource>,
    /// Present when there is or was more than one page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageResponse>,
}

/// `/.well-known/authzen-configuration[/path]`. Section 9.1. What is absent is not offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The decision point's identifier, an https URL; the callers compare it with the URL they asked.
    pub policy_decision_point: String,
    /// URL for one question.
    pub access_evaluation_endpoint: String,
    /// URL for many questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_evaluations_endpoint: Option<String>,
    /// URL of the search for resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_resource_endpoint: Option<String>,
    /// Types of obligations that may come with an answer. Source: AuthZEN Profile for Obligations,
    /// draft 1 of 2026-07-03.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supported_obligations: Vec<String>,
    /// Registered URNs of what else is offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
}
