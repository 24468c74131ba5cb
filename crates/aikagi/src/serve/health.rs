//! What this process knows about its own condition.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use base::kernel::Instant;

const STARTING: u8 = 0;
const SERVING: u8 = 1;
const DRAINING: u8 = 2;

/// Seconds an event may be overdue in the outbox before `/readyz?verbose` shows it as a warning.
pub const OUTBOX_LATE_SECONDS: i64 = 300;

/// Phase of life, backlog, and what the workers found.
#[derive(Debug, Default)]
pub struct Health {
    phase: AtomicU8,
    outbox_overdue: AtomicI64,
    /// The last time each worker finished a round.
    rounds: Mutex<Vec<(&'static str, Instant)>>,
}

impl Health {
    pub(super) fn serving(&self) {
        self.phase.store(SERVING, Ordering::Release);
    }

    pub(super) fn draining(&self) {
        self.phase.store(DRAINING, Ordering::Release);
    }

    /// `starting`, `serving` or `draining`.
    #[must_use]
    pub fn phase(&self) -> &'static str {
        match self.phase.load(Ordering::Acquire) {
            STARTING => "starting",
            SERVING => "serving",
            _ => "draining",
        }
    }

    /// Keeps how many seconds the most overdue event of the outbox is late.
    pub fn outbox_is_overdue(&self, seconds: i64) {
        self.outbox_overdue.store(seconds, Ordering::Relaxed);
    }

    /// Seconds the most overdue event of the outbox is late.
    #[must_use]
    pub fn outbox_overdue(&self) -> i64 {
        self.outbox_overdue.load(Ordering::Relaxed)
    }

    /// A worker finished a round.
    pub fn round_done(&self, worker: &'static str, at: Instant) {
        let mut rounds = self.rounds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match rounds.iter_mut().find(|known| known.0 == worker) {
            Some(known) => known.1 = at,
            None => rounds.push((worker, at)),
        }
    }

    /// When each worker last finished a round.
    #[must_use]
    pub fn rounds(&self) -> Vec<(&'static str, Instant)> {
        self.rounds.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
