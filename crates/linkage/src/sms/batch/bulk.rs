//! Work on many contracts that was put in at the console: tried, done when a second person has approved it, taken back.
//!
//! Its folder is ours alone, beside those of the stations: no program of theirs puts anything there. A request stays in
//! it while there may be something to do, and lies in `done` afterwards; results lie in `tried` and in `run`, and never
//! among those the SMS fetches. Source: `docs/decisions/0055`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use base::kernel::{Error, Result};
use domain::files::{self, Bulk, BulkState, File};
use formats::sms::FileName;

use super::desk::{move_aside, names, unavailable};
use super::slice::{Came, State};
use super::troubles::is_of_one_file;
use super::{Batch, Job, Polled, Run, Undoing, undo};

impl Batch {
    /// Does a slice of what was put in at the console of `operator` and lies in the folder `root`. As [`Batch::poll`].
    ///
    /// # Errors
    /// `unavailable` naming the path or the database; the state is as it was.
    pub fn poll_bulk(&self, operator: &str, root: &Path) -> Result<Polled> {
        let key = format!("{operator}/{}", files::CONSOLE);
        self.patiently((&key, operator), |state| self.bulk_slice(operator, root, state))
    }

    fn bulk_slice(&self, operator: &str, root: &Path, state: &mut State) -> Result<Polled> {
        let lying = match std::fs::symlink_metadata(root) {
            Ok(_) => names(root)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(unavailable(root, &error)),
        };
        let lying: Vec<String> =
            lying.into_iter().filter(|name| FileName::parse(name).is_ok()).collect();
        if lying.is_empty() {
            return Ok(Polled::Idle);
        }
        let watch = job(root, (operator, ""), None);
        let known = self.db.read(&self.scope(&watch), |tx| files::bulks_named(tx, lying))?;
        let (mut busy, until) = (Vec::new(), Instant::now() + self.timing.slice);
        for bulk in known {
            match bulk.state {
                state if state.is_to_do() => busy.push(bulk),
                // A wish to have it taken back may still come; the request itself is needed no more.
                BulkState::Done | BulkState::Undone | BulkState::Failed | BulkState::Withdrawn => {
                    move_aside(&root.join(&bulk.name), &root.join(files::DONE_FOLDER), &bulk.name)?;
                }
                _ => {}
            }
        }
        if busy.is_empty() {
            return Ok(Polled::Idle);
        }
        if !self.holds(&watch)? {
            state.forget_sitting();
            return Ok(Polled::Elsewhere);
        }
        // The first that was put in comes first.
        for bulk in busy.iter().rev() {
            if state.troubles.rests(&bulk.name).is_some() {
                continue;
            }
            let job = job(root, (operator, &bulk.name), Some(bulk));
            match self.do_bulk(&job, bulk, state, until) {
                Ok(Came::More) => return Ok(Polled::More),
                // Somebody gave it up in between.
                Ok(_) | Err(Error::Conflict { code: "bulk.changed_meanwhile" }) => {
                    state.troubles.over(&bulk.name);
                }
                Err(error) if is_of_one_file(&error) => {
                    state.troubles.note((operator, &bulk.name), &error, false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Polled::Idle)
    }

    fn do_bulk(
        &self,
        job: &Job<'_>,
        bulk: &Bulk,
        state: &mut State,
        until: Instant,
    ) -> Result<Came> {
        if bulk.state == BulkState::Undoing {
            return self.undo_bulk(job, bulk);
        }
        let file = self.begin_bulk(job, bulk)?;
        if file.sent.is_none() {
            match self.step(job, state, until)? {
                Came::Away => {}
                other => return Ok(other),
            }
        }
        let id = bulk.id.clone();
        self.db.transact(&self.scope(job), move |tx| {
            let file = files::find(tx, &file.id)?;
            files::end_bulk(tx, &id, &file)
        })?;
        Ok(Came::Away)
    }

    /// The file of a bulk, written down when it is not yet.
    fn begin_bulk(&self, job: &Job<'_>, bulk: &Bulk) -> Result<File> {
        std::fs::create_dir_all(&job.out).map_err(|error| unavailable(&job.out, &error))?;
        let begun = match bulk.state {
            BulkState::Approved => &bulk.run_id,
            _ => &bulk.tried_id,
        };
        if let Some(id) = begun {
            return self.db.read(&self.scope(job), |tx| files::find(tx, id));
        }
        let arrival = self.arrival(job, Run::Apply)?;
        let id = bulk.id.clone();
        self.db.transact(&self.scope(job), move |tx| files::begin_bulk(tx, &id, &arrival))
    }

    /// Takes back what a bulk did, and writes down what stands in the way.
    fn undo_bulk(&self, job: &Job<'_>, bulk: &Bulk) -> Result<Came> {
        let run = bulk.run_id.clone().unwrap_or_default();
        let (restored, conflicts) = match undo(&self.db, &self.scope(job), &run, Undoing::Do) {
            Ok(undone) => (undone.restored, undone.conflicts),
            // It was taken back whole before a crash.
            Err(Error::Refused { code: "file.not_undoable" }) => (0, Vec::new()),
            Err(error) => return Err(error),
        };
        let numbers: Vec<String> = conflicts.into_iter().map(|one| one.number).collect();
        let id = bulk.id.clone();
        self.db.transact(&self.scope(job), move |tx| {
            files::end_undo_of_bulk(tx, &id, (restored, &numbers))
        })?;
        Ok(Came::Away)
    }
}

/// A bulk as a file to be done: its result lies where nobody takes it for an answer to the SMS.
fn job<'j>(root: &Path, (operator, name): (&'j str, &'j str), bulk: Option<&'j Bulk>) -> Job<'j> {
    let approved = bulk.is_some_and(|bulk| bulk.state == BulkState::Approved);
    let out: PathBuf = root.join(if approved { files::RUN_FOLDER } else { files::TRIED_FOLDER });
    Job { operator, name, request: root.join(name), out, kept: None, done: None, bulk }
}
