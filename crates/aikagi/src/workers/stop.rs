//! Telling workers to end, and waking those who wait.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

#[derive(Default)]
struct Inner {
    told: Mutex<bool>,
    changed: Condvar,
    notify: Notify,
}

/// Whether to end. Clones are one.
#[derive(Clone, Default)]
pub struct Stop {
    inner: Arc<Inner>,
}

impl Stop {
    /// Tells everybody who asks, and wakes everybody who waits.
    pub fn tell(&self) {
        *self.inner.told.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.inner.changed.notify_all();
        self.inner.notify.notify_waiters();
    }

    /// Whether it was told.
    #[must_use]
    pub fn told(&self) -> bool {
        *self.inner.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `pause`, or until told.
    pub fn wait(&self, pause: Duration) {
        let told = self.inner.told.lock().unwrap_or_else(PoisonError::into_inner);
        let _waited = self
            .inner
            .changed
            .wait_timeout_while(told, pause, |told| !*told)
            .unwrap_or_else(PoisonError::into_inner);
    }

    /// Answers when told.
    pub async fn wait_told(&self) {
        let notified = self.inner.notify.notified();
        tokio::pin!(notified);
        // Listening before looking: a tell in between is not missed.
        notified.as_mut().enable();
        if !self.told() {
            notified.await;
        }
    }
}
