//! The door of VOD platforms: may this viewer do this now? AuthZEN 1.0.
//!
//! One question, many questions, a search over the catalogue, metadata, and the first play of a
//! rented title; for the clients of one operator under `/o/{operator}`, and for clients of the
//! platform without it, who name the operator with the subject. A refusal is HTTP 200 with
//! `decision: false`. Source: brief tve §3.5, §8.2; AuthZEN Authorization API 1.0; `docs/api/decisions.md`.

mod answers;
mod evaluations;
mod metadata;
mod openapi;
mod operations;
mod plays;
mod questions;
mod schemas;
mod search;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use domain::decisions::Decisions;
use domain::signing::Signing;

use crate::callers::Callers;
use crate::openapi::Operation;

pub use openapi::document;

/// Longest body read, in bytes: many questions in one.
const LONGEST: usize = 1024 * 1024;

/// What the door stands on.
#[derive(Clone)]
pub struct Vod {
    /// Who may call.
    pub callers: Callers,
    /// Where questions are answered.
    pub decisions: Arc<Decisions>,
    /// What PINs are tried with.
    pub signing: Arc<Signing>,
}

type Row = (&'static str, MethodRouter<Arc<Vod>>, &'static [Operation]);

/// Every endpoint: its path below an issuer, who answers, and what the document says of it.
fn endpoints() -> [Row; 4] {
    use operations as says;
    [
        ("/access/v1/evaluation", post(evaluations::one), &[says::EVALUATE]),
        ("/access/v1/evaluations", post(evaluations::many), &[says::EVALUATE_MANY]),
        ("/access/v1/search/resource", post(search::resource), &[says::SEARCH]),
        ("/vod/v1/plays", post(plays::first), &[says::PLAY]),
    ]
}

/// All routes of this door.
pub fn routes(vod: Vod) -> Router {
    let mut router = Router::new()
        .route("/.well-known/authzen-configuration", get(metadata::publish))
        .route("/.well-known/authzen-configuration/o/{operator}", get(metadata::publish))
        .route("/openapi/decisions.json", get(openapi::publish));
    for (path, endpoint, _) in endpoints() {
        router =
            router.route(path, endpoint.clone()).route(&format!("/o/{{operator}}{path}"), endpoint);
    }
    router.layer(DefaultBodyLimit::max(LONGEST)).with_state(Arc::new(vod))
}
