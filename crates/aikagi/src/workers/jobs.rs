//! Due jobs: commands dated into the future.

use base::kernel::Result;
use base::records::jobs::{self, Job};
use domain::commands;

use super::{Stop, for_one, system};
use crate::wiring::Parts;

/// Operators a round, jobs an operator, and how long a job is ours.
const OPERATORS: i64 = 50;
const JOBS: i64 = 20;
const LEASE_SECONDS: i64 = 120;

pub(super) fn round(parts: &Parts, stop: &Stop) -> Result<()> {
    let due = parts
        .db
        .read(&system(base::kernel::Scope::PLATFORM), |tx| jobs::operators_due(tx, OPERATORS))?;
    for operator in due {
        if stop.told() {
            break;
        }
        for_one("jobs", &operator, due_of(parts, &operator));
    }
    Ok(())
}

fn due_of(parts: &Parts, operator: &str) -> Result<()> {
    let claimed = parts.db.housekeep(&system(operator), "jobs-claim", |tx| {
        let until = tx.now().plus_seconds(LEASE_SECONDS);
        jobs::claim(tx, until, JOBS)
    })?;
    claimed.into_iter().try_for_each(|job| run(parts, operator, job))
}

fn run(parts: &Parts, operator: &str, job: Job) -> Result<()> {
    let scope = system(operator).caused_by(&job.cause);
    let ours = job.clone();
    let done = parts.db.transact(&scope, move |tx| commands::run_job(tx, &ours));
    let Err(error) = done else { return Ok(()) };
    tracing::warn!(operator, job = job.id, %error, "a job failed");
    metrics::counter!("aikagi_jobs_failed_total").increment(1);
    parts.db.housekeep(&system(operator), "jobs-fail", move |tx| jobs::fail(tx, &job, &error))
}
