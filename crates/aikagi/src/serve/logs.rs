//! Structured logs on standard error: JSON for machines, or lines for a person.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::Log;
use crate::failure::Failure;

/// Starts logging for the rest of the process.
///
/// # Errors
/// The level is no filter.
pub fn start(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|error| Failure::usage(format!("log.level: {error}")))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    let started = if log.format == "json" {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        lines.with_target(false).compact().try_init()
    };
    // A test process starts several servers; the first one's choice stays.
    let _started_before = started;
    Ok(())
}
