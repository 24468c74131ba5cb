//! Work nobody asks for by a request: deliveries, due jobs, seals, sweeps, gauges.
//!
//! Each worker is a thread that does a round, waits, and ends when told; the outbox is a task of the
//! runtime, because it waits for others. Any number of nodes may run them: what only one may do at a
//! time is under a lease.

mod files;
mod jobs;
mod outbox;
mod pages;
mod seals;
mod stop;
mod sweeps;

use std::thread::JoinHandle;
use std::time::Duration;

use base::kernel::{Actor, Result, Scope, clock};

use crate::failure::Failure;
use crate::wiring::Parts;

pub use outbox::{Round, WEBHOOK_SECRET, deliver_round};
pub use stop::Stop;

/// A round of a worker: everything it can do now.
type WorkerRound = fn(&Parts, &Stop) -> Result<()>;

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
        let schedule: [(&'static str, Duration, WorkerRound); 5] = [
            ("files", Duration::from_millis(500), files::round),
            ("files-2", Duration::from_millis(500), files::round),
            ("jobs", Duration::from_millis(500), jobs::round),
            ("seals", Duration::from_secs(5), seals::round),
            ("sweeps", Duration::from_secs(30), sweeps::round),
        ];
        let threads = schedule
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

    /// Waits until they ended, at most `patience`. Call outside the runtime's own threads.
    pub fn wait(self, patience: Duration) {
        let mut waited = Duration::ZERO;
        let step = Duration::from_millis(10);
        let running = |workers: &Self| {
            !workers.outbox.is_finished() || workers.threads.iter().any(|one| !one.is_finished())
        };
        while running(&self) && waited < patience {
            std::thread::sleep(step);
            waited += step;
        }
    }
}

fn repeat(parts: &Parts, stop: &Stop, (name, pause, round): (&'static str, Duration, WorkerRound)) {
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

/// The product itself, acting now for `operator`.
fn system(operator: &str) -> Scope {
    Scope::new(operator, Actor::System, clock::now())
}
