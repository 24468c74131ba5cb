//! Metrics: the recorder, and what every request adds to it.
//!
//! Labels are bounded: route patterns, methods, status classes, codes of refusals. Never operators, ids or addresses.

use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use web::Refusal;
use web::around::Around;

use crate::failure::Failure;

/// Upper bounds in seconds.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Starts counting, once a process.
pub(super) fn install() -> Result<PrometheusHandle, Failure> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(known) = HANDLE.get() {
        return Ok(known.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(
                metrics_exporter_prometheus::Matcher::Full("aikagi_commit_group".to_owned()),
                COUNTS,
            )
        })
        .map_err(|error| Failure::unavailable("metrics", error))?
        .build_recorder();
    let handle = HANDLE.get_or_init(|| recorder.handle()).clone();
    // A second server of the same test process finds the first one's recorder.
    let _installed_before = metrics::set_global_recorder(recorder);
    Ok(handle)
}

/// Counts requests and their time by route pattern, and refusals by code.
#[derive(Clone, Copy)]
pub(crate) struct Measured;

impl Around for Measured {
    type Kept = (Instant, Option<MatchedPath>, &'static str);

    fn before(&self, request: &mut Request) -> Result<Self::Kept, Box<Response>> {
        let route = request.extensions().get::<MatchedPath>().cloned();
        Ok((Instant::now(), route, method(request.method())))
    }

    fn after(&self, (started, route, method): Self::Kept, response: &mut Response) {
        let route = route.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
        let status = match response.status().as_u16() {
            0..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        let labels =
            [("route", route.into()), ("method", method.into()), ("status", status.into())].map(
                |(name, value): (&'static str, metrics::SharedString)| {
                    metrics::Label::new(name, value)
                },
            );
        metrics::histogram!("aikagi_http_request_seconds", labels.iter())
            .record(started.elapsed().as_secs_f64());
        if let Some(Refusal(code)) = response.extensions().get::<Refusal>() {
            metrics::counter!("aikagi_refusals_total", "code" => *code).increment(1);
        }
    }
}

/// Methods anybody may invent are one label.
fn method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
