//! `/.well-known/authzen-configuration[/o/{operator}]`. Source: AuthZEN Authorization API 1.0 §9.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use formats::authzen::Metadata;
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use web::{Problem, blocking};

use super::Vod;
use super::answers::json;

/// What this decision point offers, and where.
pub(super) async fn publish(
    State(vod): State<Arc<Vod>>,
    operator: Option<Path<String>>,
) -> Result<Response, Problem> {
    let issuer = vod.callers.issuer(operator.as_ref().map(|path| path.as_str()));
    let checked = issuer.clone();
    blocking(move || vod.callers.check_operator(&checked)).await?;
    let at = |path: &str| format!("{}/access/v1/{path}", issuer.url());
    let metadata = Metadata {
        policy_decision_point: issuer.url().to_owned(),
        access_evaluation_endpoint: at("evaluation"),
        access_evaluations_endpoint: Some(at("evaluations")),
        search_resource_endpoint: Some(at("search/resource")),
        supported_obligations: vec!["custom".to_owned()],
        capabilities: Vec::new(),
    };
    let mut response = json(&metadata)?;
    let hour = HeaderValue::from_static("public, max-age=3600");
    response.headers_mut().insert(CACHE_CONTROL, hour);
    Ok(response)
}
