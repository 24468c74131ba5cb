//! A slice of work on an operator's directory: take what is visible, go on with the first file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use base::kernel::{Error, Result};
use domain::files::{self, File, FileState};
use formats::sms::{FileName, Scan};

use super::check::Checked;
use super::desk::{Desk, Seen};
use super::sitting::Sitting;
use super::troubles::{Troubles, is_of_one_file, pause};
use super::{Batch, Job, Polled, Run, plain};

/// What is remembered of an operator between two calls.
#[derive(Default)]
pub(super) struct State {
    seen: Seen,
    pub(super) troubles: Troubles,
    sitting: Option<Sitting>,
    failures: u32,
    not_before: Option<Instant>,
    chores_at: Option<Instant>,
    archives_at: Option<Instant>,
    pub(super) told_late: Option<String>,
}

/// How often what is too old is looked for.
const ARCHIVES: Duration = Duration::from_secs(3600);

impl State {
    fn chores_are_due(&mut self, every: Duration) -> bool {
        is_due(&mut self.chores_at, every)
    }

    /// Another node goes on with what was being done here.
    pub(super) fn forget_sitting(&mut self) {
        self.sitting = None;
    }

    pub(super) fn archives_are_due(&mut self) -> bool {
        is_due(&mut self.archives_at, ARCHIVES)
    }
}

/// Whether `last` is longer ago than `every`; if so, it is now.
fn is_due(last: &mut Option<Instant>, every: Duration) -> bool {
    let due = last.is_none_or(|at| at.elapsed() >= every);
    if due {
        *last = Some(Instant::now());
    }
    due
}

/// How far a file came in this slice.
pub(super) enum Came {
    /// It is answered and gone.
    Away,
    /// It waits for staff, for another file, or for a big one that is being read.
    Waits,
    /// It can not be worked on now, and nothing of it is done yet: no other one waits for it.
    Nowhere,
    /// The slice is over.
    More,
}

impl Batch {
    /// Does a slice of work on the directory `root` of `operator`.
    ///
    /// A failure (database gone, directory not ours) loses nothing: the next calls do nothing for a
    /// while, doubling up to a minute, then go on where it was left. A file that fails by itself
    /// (not readable, its answer not writable) rests in the same way, is told in the log, and the
    /// others are done meanwhile. While another thread works on this operator there is nothing to do.
    ///
    /// # Errors
    /// `unavailable` naming the path or the database; the state is as it was.
    pub fn poll(&self, operator: &str, root: &Path) -> Result<Polled> {
        self.patiently((operator, operator), |state| self.slice(operator, root, state))
    }

    /// Does `slice` with what is remembered under `key`, and rests after a failure.
    pub(super) fn patiently(
        &self,
        (key, operator): (&str, &str),
        slice: impl FnOnce(&mut State) -> Result<Polled>,
    ) -> Result<Polled> {
        let state = {
            let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(states.entry(key.to_owned()).or_default())
        };
        let mut state = match state.try_lock() {
            Ok(state) => state,
            // A big file takes long to check, and this thread has other stations to look at.
            Err(TryLockError::WouldBlock) => return Ok(Polled::Idle),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        if state.not_before.is_some_and(|until| Instant::now() < until) {
            return Ok(Polled::Idle);
        }
        match slice(&mut state) {
            Ok(polled) => {
                state.failures = 0;
                state.not_before = None;
                Ok(polled)
            }
            Err(error) => {
                state.sitting = None;
                state.failures = state.failures.saturating_add(1);
                state.not_before = Some(Instant::now() + pause(state.failures));
                tracing::error!(operator, %error, failures = state.failures,
                    "SMS files can not be worked on now");
                Err(error)
            }
        }
    }

    fn slice(&self, operator: &str, root: &Path, state: &mut State) -> Result<Polled> {
        let desk = Desk::open(root)?;
        let until = Instant::now() + self.timing.slice;
        let watch = desk.job(operator, "");
        let chores = state.chores_are_due(self.timing.chores);
        if !chores && !desk.is_busy()? {
            return Ok(Polled::Idle);
        }
        if !self.holds(&watch)? {
            state.sitting = None;
            // Whether a file is late is the other node's to tell.
            self.count_late(operator, false);
            return Ok(Polled::Elsewhere);
        }
        if chores {
            self.chores(&desk, &watch, state)?;
        }
        self.recover(&desk, operator, state)?;
        desk.take(operator, (&mut state.seen, &mut state.troubles), self.timing.settle)?;
        let mut names = desk.work()?;
        names.sort_by_key(|name| order_of(name));
        let mut blocked = BTreeSet::new();
        for name in names {
            let interface = FileName::parse(&name).map(|name| name.interface).unwrap_or_default();
            if blocked.contains(&interface) {
                continue;
            }
            match self.try_step(&desk.job(operator, &name), state, until)? {
                Came::Away | Came::Nowhere => {}
                Came::Waits => {
                    blocked.insert(interface);
                }
                Came::More => return Ok(Polled::More),
            }
        }
        Ok(Polled::Idle)
    }

    /// One file as far as it goes. What is wrong with this file alone stops no other one, but for
    /// those that must not overtake it.
    fn try_step(&self, job: &Job<'_>, state: &mut State, until: Instant) -> Result<Came> {
        let waits = |begun| if begun { Came::Waits } else { Came::Nowhere };
        if let Some(begun) = state.troubles.rests(job.name) {
            return Ok(waits(begun));
        }
        // A sitting goes on where it is; without one the file may have to be read as a whole first.
        let length = if state.sitting.is_some() { 0 } else { plain::length(&job.request) };
        let Some(_turn) = self.turns.begin(length, self.timing.big) else {
            return Ok(Came::Waits);
        };
        match self.step(job, state, until) {
            Err(error) if is_of_one_file(&error) => {
                let known = self.db.read(&self.scope(job), |tx| files::open_by_name(tx, job.name));
                let begun = known?.is_some_and(|file| file.state == FileState::Applying);
                state.troubles.note((job.operator, job.name), &error, begun);
                Ok(waits(begun))
            }
            other => {
                state.troubles.over(job.name);
                other
            }
        }
    }

    /// Ends files whose request left `in/.work` just before a crash.
    fn recover(&self, desk: &Desk, operator: &str, state: &mut State) -> Result<()> {
        let watch = desk.job(operator, "");
        for file in self.db.read(&self.scope(&watch), files::unfinished)? {
            let job = desk.job(operator, &file.name);
            if plain::is_there(&job.request) || state.troubles.rests(job.name).is_some() {
                continue;
            }
            match file.state {
                FileState::Applied | FileState::Rejected => match self.finish_again(&job, &file) {
                    Err(error) if is_of_one_file(&error) => {
                        state.troubles.note((operator, job.name), &error, false);
                    }
                    other => drop(other?),
                },
                state => tracing::error!(
                    operator,
                    file = file.name,
                    state = state.as_str(),
                    "an SMS file is gone from in/.work"
                ),
            }
        }
        Ok(())
    }

    pub(super) fn step(&self, job: &Job<'_>, state: &mut State, until: Instant) -> Result<Came> {
        let known = self.db.read(&self.scope(job), |tx| files::open_by_name(tx, job.name))?;
        let file = match known {
            Some(file) => file,
            None => self.arrive(job, Run::Apply)?,
        };
        let (file, scan) = match file.state {
            FileState::Arrived | FileState::Held => match self.check(job, file)? {
                Checked::As(file, scan) => (*file, scan),
                Checked::Behind => return Ok(Came::Waits),
                Checked::Resend(_, earlier) if earlier.sent.is_none() => return Ok(Came::Waits),
                Checked::Resend(file, earlier) => {
                    self.resend(job, *file, *earlier)?;
                    return Ok(Came::Away);
                }
            },
            _ => (file, None),
        };
        self.move_on(job, (file, scan.map(|scan| *scan)), state, until)
    }

    fn move_on(
        &self,
        job: &Job<'_>,
        (file, scan): (File, Option<Scan>),
        state: &mut State,
        until: Instant,
    ) -> Result<Came> {
        match file.state {
            FileState::Held | FileState::Guarded => Ok(Came::Waits),
            FileState::Rejected => self.finish_refused(job, &file).map(|_| Came::Away),
            FileState::Applied if job.is_out() => self.finish_again(job, &file).map(|_| Came::Away),
            FileState::Applying | FileState::Applied => {
                // Another sitting lets its part go before a new one takes it up.
                let mut sitting = match state.sitting.take().filter(|known| known.file == file) {
                    Some(sitting) => sitting,
                    None => self.sit_down(job, file, scan)?,
                };
                while sitting.file.state == FileState::Applying {
                    if !self.go_on(job, &mut sitting)? {
                        break;
                    }
                    if Instant::now() >= until {
                        state.sitting = Some(sitting);
                        return Ok(Came::More);
                    }
                }
                if sitting.file.state == FileState::Guarded {
                    return Ok(Came::Waits);
                }
                self.finish(job, sitting).map(|_| Came::Away)
            }
            other => Err(Error::internal(format!("a file in work is {}", other.as_str()))),
        }
    }
}

/// Files are worked on by interface and sequence number; what has no number comes first.
fn order_of(name: &str) -> (String, u32, String) {
    match FileName::parse(name) {
        Ok(parsed) => (parsed.interface, parsed.sequence, name.to_owned()),
        Err(_) => (String::new(), 0, name.to_owned()),
    }
}
