//! What is done once a minute for each operator: is a file late, what is too old.
//!
//! Source: brief tve §7.3: cut-off, archive for 400 days.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::PoisonError;
use std::time::UNIX_EPOCH;

use base::kernel::{Instant, Result, clock};
use domain::files;
use formats::sms::{FileKind, FileName};

use super::desk::{Desk, names};
use super::slice::State;
use super::{Batch, Job};

/// Names looked up at once.
const PAGE: usize = 500;

impl Batch {
    /// Does the chores of an operator.
    pub(super) fn chores(&self, desk: &Desk, job: &Job<'_>, state: &mut State) -> Result<()> {
        self.look_for_late(job, state)?;
        if state.archives_are_due() {
            let before = clock::now().plus_days(-files::KEEP_DAYS);
            for directory in desk.archives() {
                self.drop_older(job, &directory, before)?;
            }
        }
        Ok(())
    }

    /// Says once a day that the nightly file did not come, and keeps it written down until it did.
    fn look_for_late(&self, job: &Job<'_>, state: &mut State) -> Result<()> {
        let scope = self.scope(job);
        let (late, noted) =
            self.db.read(&scope, |tx| Ok((files::late(tx)?, files::noted_late(tx)?)))?;
        if late != noted {
            self.db.housekeep(&scope, "file-late", files::note_late)?;
        }
        self.count_late(job.operator, late.is_some());
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

    /// Counts the operator among those whose file is late, or no longer.
    pub(super) fn count_late(&self, operator: &str, late: bool) {
        let mut all = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if late {
            all.insert(operator.to_owned())
        } else {
            all.remove(operator)
        };
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        metrics::gauge!("aikagi_sms_files_late").set(f64::from(count));
    }

    /// Drops what was answered before `before`, as the books say: the time of a file is its sender's to
    /// set. Only of what the books never knew the time of the file is all there is.
    fn drop_older(&self, job: &Job<'_>, directory: &Path, before: Instant) -> Result<()> {
        let names = names(directory)?;
        for page in names.chunks(PAGE) {
            let asked: Vec<String> = page.iter().flat_map(|name| requests(name)).collect();
            let known = self.db.read(&self.scope(job), |tx| files::answered(tx, asked))?;
            for name in page {
                let path = directory.join(name);
                if answered(name, &known).or_else(|| written(&path)).is_some_and(|at| at < before)
                    && let Err(error) = fs::remove_file(&path)
                {
                    tracing::warn!(path = %path.display(), %error, "an old file can not be removed");
                }
            }
        }
        Ok(())
    }
}

/// The requests a file in an archive may belong to: it is one, or an answer, or the marker of one,
/// perhaps with a number because its name was there already.
fn requests(name: &str) -> Vec<String> {
    let counted = name.rsplit_once('.').filter(|(_, end)| end.bytes().all(|b| b.is_ascii_digit()));
    let name = counted.map_or(name, |(name, _)| name);
    let name = name.strip_suffix(".end").unwrap_or(name);
    let mut requests = vec![name.to_owned()];
    if let Some(request) = name.strip_suffix("_R.csv") {
        requests.extend([request, request.strip_suffix('.').unwrap_or(request)].map(str::to_owned));
    }
    if let Ok(result) = FileName::parse(name)
        && result.kind == FileKind::Result
    {
        for kind in [FileKind::Delta, FileKind::Full] {
            for interface in [&*result.interface, "FL01", "CT01"] {
                let interface = interface.to_owned();
                requests.push(FileName { kind, interface, ..result.clone() }.to_string());
            }
        }
    }
    requests
}

/// When the request a file belongs to was answered last; `None`: the books know no such request. One
/// that is not answered yet is as young as can be.
fn answered(name: &str, known: &BTreeMap<String, Option<Instant>>) -> Option<Instant> {
    let of = |request: &String| known.get(request).map(|at| at.unwrap_or(Instant::FOREVER));
    requests(name).iter().filter_map(of).max()
}

fn written(path: &Path) -> Option<Instant> {
    let age = fs::symlink_metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(age.as_millis()).ok().map(Instant::from_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archived_file_is_known_by_its_request() {
        let request = "OP0012_CT01_20261122_00000127_D.csv";
        for name in [
            request.to_owned(),
            format!("{request}.end"),
            format!("{request}.2"),
            format!("{request}.end.3"),
            request.replace("_D.", "_R."),
            format!("{}.end", request.replace("_D.", "_R.")),
        ] {
            assert!(requests(&name).contains(&request.to_owned()), "{name}");
        }
        assert!(requests("junk_R.csv.end").contains(&"junk".to_owned()));
        let report = "OP0012_RC01_20261122_00000127_R.csv";
        assert!(requests(report).contains(&"OP0012_FL01_20261122_00000127_F.csv".to_owned()));
    }
}
