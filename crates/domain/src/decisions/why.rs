//! Why somebody could not watch: the replay of an answer, for a clerk.

use base::kernel::Result;
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use crate::catalogue;
use crate::operators;

use super::explain::{Explanation, explain};
use super::log;
use super::question::Station;

/// An answer that was given, what is known of it, and the operator's facts to word it by.
#[derive(Debug, Clone)]
pub struct Why {
    /// The replay.
    pub explanation: Explanation,
    /// Names of products.
    pub station: Station,
}

/// What the answer under `trace` was, and what would be answered now. Written down: it tells what somebody watched.
/// Answers still on their way into the log are not found (`Decisions::flush` waits for them).
///
/// # Errors
/// `decision.unknown`
pub fn why(tx: &mut Tx<'_>, trace: &str) -> Result<Why> {
    let explanation = explain(tx, trace)?;
    let station =
        Station { operator: operators::find_operator(tx)?, catalogue: catalogue::load(tx)? };
    // Of the trace, not of the household: who looks changes nothing there.
    let detail = json!({"about": explanation.then.subject});
    record(tx, &Entry::new("console.explained", &explanation.trace).detail(detail))?;
    Ok(Why { explanation, station })
}

/// Whether an answer was given under what somebody typed, however they wrote it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn is_known(tx: &mut Tx<'_>, typed: &str) -> Result<bool> {
    Ok(log::find(tx, typed)?.is_some())
}
