//! Commands that were written down for later, and the erasing of what was stopped long ago.

use base::kernel::{Error, Result};
use base::records::jobs::{self, Job};
use base::records::{self, Entry};
use base::store::{Row, Tx, Value};
use serde_json::json;

use crate::credentials;
use crate::operators;
use crate::sessions;
use crate::subscribers::{By, Load, Source};

use super::bus::{JOB, answer_refusal};
use super::perform::perform;
use super::workbench::Workbench;
use super::{Command, Report, ResultKind};

/// Runs a scheduled command that is due, in the transaction that marks its job done. A command the
/// facts refuse by now is answered in the audit.
///
/// # Errors
/// `store.changed_meanwhile` — it was cancelled or another node runs it; `job.unreadable`.
pub fn run_job(tx: &mut Tx<'_>, job: &Job) -> Result<Report> {
    if job.kind != JOB {
        return Err(Error::refused("job.unreadable"));
    }
    let command: Command =
        serde_json::from_str(&job.payload).map_err(|_| Error::refused("job.unreadable"))?;
    jobs::complete(tx, job)?;
    let mut bench = Workbench::load(tx, &[&command])?;
    let at = job.due.min(tx.now());
    let report = perform(tx, &mut bench, &command, (Source::Sms, at))
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

/// Erases the personal data of up to `limit` contracts stopped longer ago than the operator keeps
/// them; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn purge_due(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let operator = tx.operator_fact(operators::find_operator)?;
    let before = tx.now().plus_days(-operator.policies.purge_days);
    let keys: [Value; 3] = [tx.operator().into(), before.into(), limit.into()];
    let numbers = tx.rows(
        "SELECT number FROM contracts
          WHERE operator_id = ?1 AND state = 'STOPPED' AND stopped_ms < ?2
          ORDER BY number LIMIT ?3",
        &keys,
        Row::text,
    )?;
    let mut bench = Workbench::load_numbers(tx, numbers.clone(), (Load::ForChange, false))?;
    let by = By { source: Source::System, at: tx.now(), now: tx.now(), cause: "purge" };
    let mut purged = 0;
    for number in numbers {
        let Some(key) = bench.key(&number, None) else { continue };
        let household = &mut bench.get_mut(&key)?.household;
        if household.contract.stopped.is_none_or(|stopped| stopped >= before) {
            continue;
        }
        household.purge(&by)?;
        let persons: Vec<String> =
            household.persons.iter().map(|person| person.person_id.clone()).collect();
        for person in &persons {
            credentials::forget_credentials(tx, person)?;
            sessions::end_everything_of(tx, person, "purged")?;
        }
        bench.mark_changed(tx, &key);
        let label = key.label();
        let version = bench.get(&key).map_or(0, |whole| whole.household.contract.version);
        let payload = json!({"contract": number, "generation": key.generation, "version": version});
        let entry = Entry::new("contract.purged", &label).version(version).event(&number, payload);
        records::record(tx, &entry)?;
        purged += 1;
    }
    bench.save(tx)?;
    Ok(purged)
}
