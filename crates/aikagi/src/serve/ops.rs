//! The operations listener: `/livez`, `/readyz?verbose`, `/metrics`. Never public.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::kernel::{Error, clock};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::PrometheusHandle;

use super::health::OUTBOX_LATE_SECONDS;
use crate::wiring::{Parts, check_master};

/// How long the database has to answer before this node counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn router(parts: &Parts, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(parts.clone()))
        .route("/metrics", get(move || counted(metrics.clone())))
}

async fn counted(metrics: PrometheusHandle) -> Response {
    metrics.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
}

/// One thing looked at: name, whether it keeps us from serving, what was found.
struct Check {
    name: &'static str,
    ready: bool,
    found: String,
}

async fn ready(State(parts): State<Parts>, RawQuery(query): RawQuery) -> Response {
    let checks = look(&parts).await;
    let status = if checks.iter().all(|check| check.ready) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let verbose = query.is_some_and(|query| query.split('&').any(|part| part == "verbose"));
    let text = if verbose {
        let line = |check: &Check| {
            let mark = if check.ready { "+" } else { "-" };
            format!("[{mark}] {}: {}\n", check.name, check.found)
        };
        checks.iter().map(line).collect()
    } else {
        format!("{}\n", if status == StatusCode::OK { "ready" } else { "not ready" })
    };
    (status, text).into_response()
}

async fn look(parts: &Parts) -> Vec<Check> {
    let phase = parts.health.phase();
    let mut checks =
        vec![Check { name: "phase", ready: phase == "serving", found: phase.to_owned() }];
    let asked = tokio::task::spawn_blocking({
        let (db, signing) = (parts.db.clone(), Arc::clone(&parts.signing));
        move || check_master(&db, signing.master())
    });
    let answered = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Error::internal("the check panicked")),
        Err(_) => Err(Error::unavailable("database", "no answer in time")),
    };
    // One statement answers both: a database put back from elsewhere may belong to another key.
    let differs = matches!(answered, Err(Error::Refused { .. }));
    let found = answered.as_ref().map_or_else(Error::code, |()| "answers").to_owned();
    checks.push(Check { name: "database", ready: answered.is_ok(), found });
    checks.push(Check { name: "schema", ready: true, found: parts.schema.clone() });
    checks.push(Check {
        name: "master key",
        ready: !differs,
        found: format!("fingerprint {}", parts.signing.master().fingerprint()),
    });
    let late = parts.health.outbox_overdue();
    // A receiver that is down is no reason to take this node out of service.
    let word = if late > OUTBOX_LATE_SECONDS { "late: " } else { "" };
    checks.push(Check {
        name: "outbox",
        ready: true,
        found: format!("{word}oldest event overdue for {late} s"),
    });
    for (worker, at) in parts.health.rounds() {
        let found = format!("last round {} s ago", at.seconds_until(clock::now()));
        checks.push(Check { name: worker, ready: true, found });
    }
    checks
}
