//! Why somebody could not watch: the replay of an answer, for a clerk.

use base::kernel::{Error, Instant, Result};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use super::explain::{Explanation, replay, station};
use super::log;
use super::question::Station;

/// An answer that was given, what is known of it, and the operator's facts to word it by.
#[derive(Debug, Clone)]
pub struct Why {
    /// The replay.
    pub explanation: Explanation,
    /// Names of products.
    pub station: Station,
    /// Whether nothing was asked then: it was answered now, and nothing of it was kept.
    pub rehearsed: bool,
    /// Other answers about that time, with their traces, the nearest first.
    pub others: Vec<(Instant, String)>,
}

/// What the answer under `trace` was, and what would be answered now. Written down: it tells what somebody watched.
/// Answers still on their way into the log are not found (`Decisions::flush` waits for them).
///
/// # Errors
/// `decision.unknown`
pub fn why(tx: &mut Tx<'_>, trace: &str) -> Result<Why> {
    let line = log::find(tx, trace)?.ok_or_else(|| Error::not_found("decision.unknown", trace))?;
    let station = station(tx)?;
    let explanation = replay(tx, &station, line)?;
    // Of the trace, not of the household: who looks changes nothing there.
    let detail = json!({"about": explanation.then.subject});
    record(tx, &Entry::new("console.explained", &explanation.trace).detail(detail))?;
    Ok(Why { explanation, station, rehearsed: false, others: Vec::new() })
}

/// Whether an answer was given under what somebody typed, however they wrote it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn is_known(tx: &mut Tx<'_>, typed: &str) -> Result<bool> {
    Ok(log::find(tx, typed)?.is_some())
}
