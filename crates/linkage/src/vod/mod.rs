//! The door of VOD platforms: may this viewer do this now? AuthZEN 1.0.
//!
//! One question, many questions, a search over the catalogue, metadata, and the first play of a
//! rented title; for the clients of one operator under `/o/{operator}`, and for clients of the
//! platform without it, who name the operator with the subject. A refusal is HTTP 200 with
//! `decision: false`. Source: brief tve §3.5, §8.2; AuthZEN Authorization API 1.0; `docs/api/decisions.md`.

mod answers;
mod evaluations;
mod metadata;
mod plays;
mod questions;
mod search;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use domain::decisions::Decisions;
use domain::signing::Signing;

use crate::callers::Callers;

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

/// All routes of this door.
pub fn routes(vod: Vod) -> Router {
    let doors = |base: &str| {
        Router::new()
            .route(&format!("{base}/access/v1/evaluation"), post(evaluations::one))
            .route(&format!("{base}/access/v1/evaluations"), post(evaluations::many))
            .route(&format!("{base}/access/v1/search/resource"), post(search::resource))
            .route(&format!("{base}/vod/v1/plays"), post(plays::first))
    };
    Router::new()
        .merge(doors(""))
        .merge(doors("/o/{operator}"))
        .route("/.well-known/authzen-configuration", get(metadata::publish))
        .route("/.well-known/authzen-configuration/o/{operator}", get(metadata::publish))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(Arc::new(vod))
}
