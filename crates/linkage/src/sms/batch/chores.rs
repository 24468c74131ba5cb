//! What is done once a minute for each operator: is a file late, what is too old.
//!
//! Source: brief tve §7.3: cut-off, archive for 400 days.

use std::fs;
use std::path::Path;
use std::sync::PoisonError;
use std::time::UNIX_EPOCH;

use base::kernel::{Instant, Result, clock};
use domain::files;
use domain::operators::{self, Policies};

use super::desk::{Desk, unavailable};
use super::slice::State;
use super::{Batch, Job};

/// Days requests and results are kept.
const KEEP_DAYS: i64 = 400;
/// The interface whose file is expected every day.
const NIGHTLY: &str = "CT01";

impl Batch {
    /// Does the chores of an operator.
    pub(super) fn chores(&self, desk: &Desk, job: &Job<'_>, state: &mut State) -> Result<()> {
        self.look_for_late(job, state)?;
        let before = clock::now().plus_days(-KEEP_DAYS);
        desk.archives().iter().try_for_each(|directory| drop_older(directory, before))
    }

    /// Says once a day that the nightly file did not come.
    fn look_for_late(&self, job: &Job<'_>, state: &mut State) -> Result<()> {
        let now = clock::now();
        let late = self.db.read(&self.scope(job), |tx| {
            let policies = tx.operator_fact(operators::find_operator)?.policies.clone();
            let due = due_day(&policies, now);
            let last = files::last_business_day(tx, NIGHTLY)?;
            // An operator that never sent a file sends none.
            Ok(last.filter(|last| *last < due).map(|_| due))
        })?;
        let mut all = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        match &late {
            Some(_) => all.insert(job.operator.to_owned()),
            None => all.remove(job.operator),
        };
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        metrics::gauge!("aikagi_sms_files_late").set(f64::from(count));
        drop(all);
        if let Some(day) = late.filter(|day| state.told_late.as_ref() != Some(day)) {
            tracing::warn!(
                operator = job.operator,
                business_day = day,
                "the nightly SMS file did not come"
            );
            state.told_late = Some(day);
        }
        Ok(())
    }
}

/// The latest business day (`YYYY-MM-DD`) whose file should be here by `now`.
fn due_day(policies: &Policies, now: Instant) -> String {
    let minutes = policies.cut_off_minutes().unwrap_or(0) + policies.late_minutes;
    now.plus_seconds(-minutes * 60).day_jst().iso()
}

fn drop_older(directory: &Path, before: Instant) -> Result<()> {
    let failed = |error: std::io::Error| unavailable(directory, &error);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let known = entry.metadata().map_err(failed)?;
        let age = known.modified().map_err(failed)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let written = Instant::from_ms(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        if known.is_file() && written < before {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_due_when_its_cut_off_and_the_patience_have_passed() {
        let policies = Policies::default();
        assert_eq!((&*policies.cut_off, policies.late_minutes), ("23:00", 60));
        let due = |at| due_day(&policies, Instant::parse_compact_jst(at, "at").unwrap());
        assert_eq!(due("20261122235959"), "2026-11-21");
        assert_eq!(due("20261123000000"), "2026-11-22");
        let early = Policies { cut_off: "05:30".to_owned(), late_minutes: 45, ..policies };
        let due = |at| due_day(&early, Instant::parse_compact_jst(at, "at").unwrap());
        assert_eq!(
            (due("20261122061459"), due("20261122061500")),
            ("2026-11-21".into(), "2026-11-22".into())
        );
    }
}
