//! Commands that were written down for later.

use base::kernel::{Error, Instant, Result};
use base::records::jobs::{self, Job};
use base::records::{self, Entry};
use base::store::Tx;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::subscribers::Source;

use super::bus::{JOB, answer_refusal};
use super::perform::perform;
use super::workbench::Workbench;
use super::{Command, Report, ResultKind};

/// A command for later, and whose fact it will be: who asked for it is not there when it is done.
#[derive(Serialize, Deserialize)]
pub(super) struct Later {
    pub(super) source: Source,
    pub(super) command: Command,
}

impl Later {
    /// Reads a job's payload; before sources were kept, only an SMS could ask for something later.
    fn read(payload: &str) -> Result<Self> {
        serde_json::from_str(payload)
            .or_else(|_| {
                let command = serde_json::from_str(payload)?;
                Ok(Self { source: Source::Sms, command })
            })
            .map_err(|_: serde_json::Error| Error::refused("job.unreadable"))
    }
}

/// A command that waits for its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// When it is due.
    pub due: Instant,
    /// Whose fact it will be.
    pub source: Source,
    /// What.
    pub command: Command,
}

/// What waits for its day at a contract's number, the first due first. What an earlier release wrote so that it can not be
/// read is left out.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn waiting(tx: &mut Tx<'_>, number: &str) -> Result<Vec<Waiting>> {
    let jobs = jobs::waiting(tx, (JOB, number))?.into_iter();
    Ok(jobs
        .filter_map(|(due, payload)| {
            let Later { source, command } = Later::read(&payload).ok()?;
            Some(Waiting { due, source, command })
        })
        .collect())
}

/// Runs a scheduled command that is due, in the transaction that marks its job done. A command the
/// facts refuse by now is answered in the audit.
///
/// # Errors
/// `store.changed_meanwhile` — it was cancelled or another node runs it; `job.unreadable`.
pub fn run_job(tx: &mut Tx<'_>, job: &Job) -> Result<Report> {
    if job.kind != JOB {
        return Err(Error::refused("job.unreadable"));
    }
    let Later { source, command } = Later::read(&job.payload)?;
    jobs::complete(tx, job)?;
    let mut bench = Workbench::load(tx, &[&command])?;
    let at = job.due.min(tx.now());
    let report = perform(tx, &mut bench, &command, (source, at))
        .or_else(|error| answer_refusal(&error, &command, tx.now()))?;
    bench.save(tx)?;
    let act = match report.result {
        ResultKind::Error => "command.refused",
        ResultKind::Ok | ResultKind::Warning => "command.done",
    };
    let detail = json!({"request_id": command.request_id, "job": job.id, "code": report.code});
    records::record(tx, &Entry::new(act, &command.number).detail(detail))?;
    Ok(report)
}
