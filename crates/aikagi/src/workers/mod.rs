//! Work nobody asks for by a request: deliveries, due jobs, seals, sweeps, gauges.
//!
//! Each worker is a thread that does a round, waits, and ends when told; the outbox is a task of the
//! runtime, because it waits for others. Any number of nodes may run them: what only one may do at a
//! time is under a lease.

mod files;
mod jobs;
mod logouts;
mod outbox;
mod pages;
mod post;
mod seals;
mod stop;
mod sweeps;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use base::kernel::{Actor, Result, Scope, clock};

use crate::failure::Failure;
use crate::wiring::Parts;

pub use outbox::{Round, WEBHOOK_SECRET, deliver_round};
pub use stop::Stop;

/// A round of a worker: everything it can do now.
type WorkerRound = Box<dyn FnMut(&Parts, &Stop) -> Result<()> + Send>;

/// The workers of this process.
pub struct Workers {
    stop: Stop,
    threads: Vec<JoinHandle<()>>,
    outbox: tokio::task::JoinHandle<()>,
}

impl Workers {
    /// Starts them all. Call inside the runtime.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(parts: &Parts) -> std::result::Result<Self, Failure> {
        let stop = Stop::default();
        let threads = schedule()
            .into_iter()
            .map(|(name, pause, round)| {
                let (parts, stop) = (parts.clone(), stop.clone());
                std::thread::Builder::new()
                    .name(name.to_owned())
                    .spawn(move || repeat(&parts, &stop, (name, pause, round)))
            })
            .collect::<std::io::Result<_>>()
            .map_err(|error| Failure::unavailable("a worker thread", error))?;
        let outbox = tokio::spawn(outbox::run(parts.clone(), stop.clone()));
        Ok(Self { stop, threads, outbox })
    }

    /// Tells them to end after what they are doing.
    pub fn tell_to_stop(&self) {
        self.stop.tell();
    }

    /// Waits until they ended, at most `patience`; whether all did. Call outside the runtime's own
    /// threads.
    #[must_use]
    pub fn wait(self, patience: Duration) -> bool {
        let mut waited = Duration::ZERO;
        let step = Duration::from_millis(10);
        let running = |workers: &Self| {
            !workers.outbox.is_finished() || workers.threads.iter().any(|one| !one.is_finished())
        };
        while running(&self) && waited < patience {
            std::thread::sleep(step);
            waited += step;
        }
        !running(&self)
    }
}

/// Gives back what only one node may do at a time and this one did: the next one need not wait until
/// the leases run out. To be called when the workers have ended. Events on their way and due jobs
/// are settled by then.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn hand_back(parts: &Parts) -> Result<()> {
    let node = parts.node.clone();
    let released =
        parts.db.housekeep(&system(Scope::PLATFORM), "leases-handed-back", move |tx| {
            base::records::release_leases_of(tx, &node)
        })?;
    tracing::debug!(released, "leases were handed back");
    Ok(())
}

/// The threads: their names, how long they pause between rounds, and what they do. What a worker
/// remembers belongs to it, so that two servers in one process know nothing of each other.
fn schedule() -> Vec<(&'static str, Duration, WorkerRound)> {
    let files = Arc::new(files::Files::new());
    let more_files = Arc::clone(&files);
    let seals = pages::Walk::new(seals::PAGE);
    let mut sweeper = sweeps::Sweeper::new();
    let half_a_second = Duration::from_millis(500);
    vec![
        ("files", half_a_second, Box::new(move |parts, stop| files.round(parts, stop))),
        ("files-2", half_a_second, Box::new(move |parts, stop| more_files.round(parts, stop))),
        ("jobs", half_a_second, Box::new(jobs::round)),
        (
            "seals",
            Duration::from_secs(5),
            Box::new(move |parts, stop| seals::round(&seals, parts, stop)),
        ),
        (
            "sweeps",
            Duration::from_secs(30),
            Box::new(move |parts, stop| sweeper.round(parts, stop)),
        ),
    ]
}

fn repeat(
    parts: &Parts,
    stop: &Stop,
    (name, pause, mut round): (&'static str, Duration, WorkerRound),
) {
    while !stop.told() {
        match round(parts, stop) {
            Ok(()) => parts.health.round_done(name, clock::now()),
            Err(error) => {
                metrics::counter!("aikagi_worker_failures_total", "worker" => name).increment(1);
                tracing::warn!(worker = name, %error, "a round failed; the next one follows");
            }
        }
        stop.wait(pause);
    }
}

/// One operator's trouble is told and counted, and the others get their turn all the same.
fn for_one(worker: &'static str, operator: &str, done: Result<()>) {
    if let Err(error) = done {
        metrics::counter!("aikagi_worker_failures_total", "worker" => worker).increment(1);
        tracing::warn!(worker, operator, %error, "this operator's work failed; others go on");
    }
}

/// The product itself, acting now for `operator`.
fn system(operator: &str) -> Scope {
    Scope::new(operator, Actor::System, clock::now())
}
