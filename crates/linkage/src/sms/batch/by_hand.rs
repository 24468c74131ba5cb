//! One file by hand, outside the watched directories: the command line's way.

use std::path::Path;
use std::time::{Duration, Instant};

use base::kernel::{Error, Result};
use domain::files::{self, File, FileState};

use super::slice::{Came, State};
use super::{Batch, Job, plain};

/// Whether a file is applied or only evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Its lines count.
    Apply,
    /// A full result file, and no effect, whatever its test flag says.
    Rehearse,
}

/// A slice of work by hand has no end.
const WHOLE: Duration = Duration::from_secs(60 * 60 * 24 * 365);

impl Batch {
    /// Does the file at `path`; its result lies beside it, and the file stays where it is. The file
    /// may wait afterwards (held, guarded): run it again when staff has decided.
    ///
    /// # Errors
    /// - `file.elsewhere` — another node works on this operator's files; try again later
    /// - `file.unknown` — `path` is no file
    /// - `file.waits_behind` — one before it waits for two persons, or for its own result
    /// - `unavailable` — directory, disk or database; run it again, it goes on where it was
    pub fn run_file(&self, operator: &str, path: &Path, how: Run) -> Result<File> {
        let name =
            path.file_name().and_then(|name| name.to_str()).filter(|_| plain::is_there(path));
        let name = name.ok_or_else(|| Error::not_found("file.unknown", path.to_string_lossy()))?;
        let out = path.parent().unwrap_or(Path::new(".")).to_owned();
        let request = path.to_owned();
        let job = Job { operator, name, request, out, kept: None, done: None, bulk: None };
        if !self.holds(&job)? {
            return Err(Error::Conflict { code: "file.elsewhere" });
        }
        let done = self.do_file(&job, how);
        self.let_go(&job)?;
        done
    }

    fn do_file(&self, job: &Job<'_>, how: Run) -> Result<File> {
        let scope = self.scope(job);
        let file = match self.db.read(&scope, |tx| files::open_by_name(tx, job.name))? {
            Some(file) => file,
            None => self.arrive(job, how)?,
        };
        let mut state = State::default();
        while matches!(self.step(job, &mut state, Instant::now() + WHOLE)?, Came::More) {}
        let file = self.db.read(&scope, |tx| files::find(tx, &file.id))?;
        if file.state == FileState::Arrived {
            return Err(Error::refused("file.waits_behind"));
        }
        Ok(file)
    }
}
