//! AuthZEN Authorization API 1.0: may this subject do this to that resource?
//!
//! Requests borrow from the body; properties and context stay unparsed JSON ([`Object`]) until
//! somebody wants a member of them. Unknown fields are skipped, as the specification asks; size,
//! depth and the form of what we use are strict.
//!
//! Source: OpenID AuthZEN Authorization API 1.0 (final, 2026-01-11), sections 5–9.

mod answer;
mod batch;
mod fault;
mod request;

pub use answer::{
    EvaluationResponse, EvaluationsResponse, FoundResource, Metadata, PageResponse,
    ResourceSearchResponse,
};
pub use batch::{Batch, MOST_EVALUATIONS, Semantic, parse_evaluations};
pub use fault::RequestFault;
pub use request::{
    Action, Evaluation, LONGEST_BODY, LONGEST_NAME, Object, Page, Resource, ResourceSearch,
    ResourceType, Subject, parse_evaluation, parse_resource_search,
};

#[cfg(test)]
mod tests;
