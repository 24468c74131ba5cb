//! The end: no new connections, requests under way finish, the books are written, bounded in time.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Bound;
use crate::wiring::Parts;
use crate::workers::{self, Workers};

/// The signals that end a server gently. Until they are listened for, they kill it.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from here on. Call inside the runtime, before anybody is told that it serves.
    pub(super) fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Answers when SIGTERM or SIGINT arrives.
    pub(super) async fn told_to_end(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("SIGTERM: draining"),
            _ = self.interrupt.recv() => tracing::info!("SIGINT: draining"),
        }
    }
}

/// Stops accepting, tells `/readyz`, lets requests finish, stops the workers, writes the books.
pub(super) async fn drain(parts: &Parts, bound: Bound, workers: Workers) {
    parts.health.draining();
    let patience = Duration::from_secs(parts.config.listen.drain_seconds);
    workers.tell_to_stop();
    bound.finish(patience).await;
    let own = parts.clone();
    let ended = tokio::task::spawn_blocking(move || {
        let all_ended = workers.wait(patience);
        own.books.flush();
        own.decisions.flush();
        // A worker that goes on still works under its lease.
        if all_ended && let Err(error) = workers::hand_back(&own) {
            tracing::warn!(%error, "leases were not handed back; they will run out");
        }
    });
    // One more patience for a worker that waits for somebody else; then the process ends anyway,
    // and the lease of what it held runs out.
    if tokio::time::timeout(patience, ended).await.is_err() {
        tracing::warn!("a worker did not end in time; its lease will run out");
    }
    tracing::info!("drained");
}
