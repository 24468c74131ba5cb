//! How fast a client may call: a bucket for each, refilled by time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base::kernel::{Error, Result};
use domain::operators::Pace;
use quick_cache::sync::Cache;

/// Clients whose bucket is remembered; one forgotten begins with a full bucket.
const KEPT: usize = 4096;

struct Bucket {
    calls: f64,
    filled: Instant,
}

/// The buckets of all clients.
pub(super) struct Paces {
    buckets: Cache<(String, String), Arc<Mutex<Bucket>>>,
}

impl Paces {
    pub(super) fn new() -> Self {
        Self { buckets: Cache::new(KEPT) }
    }

    /// Takes one call of `(operator, client)`.
    ///
    /// # Errors
    /// `request.too_many` — and how long to wait.
    pub(super) fn take(&self, (operator, client): (&str, &str), pace: Pace) -> Result<()> {
        self.take_at((operator, client), pace, Instant::now())
    }

    fn take_at(&self, (operator, client): (&str, &str), pace: Pace, now: Instant) -> Result<()> {
        let (per_second, burst) = (as_number(pace.per_second), as_number(pace.burst));
        let full = || Arc::new(Mutex::new(Bucket { calls: burst, filled: now }));
        let key = (operator.to_owned(), client.to_owned());
        let made = self.buckets.get_or_insert_with(&key, || Ok::<_, Error>(full()));
        let bucket = made?;
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.calls = passed.mul_add(per_second, bucket.calls).min(burst);
        bucket.filled = now;
        if bucket.calls < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - bucket.calls) / per_second);
            return Err(Error::TooMany { code: "request.too_many", wait });
        }
        bucket.calls -= 1.0;
        Ok(())
    }
}

/// Policies are checked to lie far below what a float counts exactly.
fn as_number(policy: i64) -> f64 {
    f64::from(i32::try_from(policy).unwrap_or(i32::MAX)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_pace_counts_and_clients_do_not_share() {
        let (paces, pace, begun) =
            (Paces::new(), Pace { per_second: 10, burst: 50 }, Instant::now());
        let take = |client: &str, ms: u64| {
            paces.take_at(("OP0012", client), pace, begun + Duration::from_millis(ms))
        };
        assert!((0..50).all(|_| take("a", 0).is_ok()));
        assert!(
            matches!(take("a", 0), Err(Error::TooMany { wait, .. }) if wait.as_millis() <= 100)
        );
        assert!(take("b", 0).is_ok());
        assert!(take("a", 100).is_ok() && take("a", 100).is_err());
        assert!((0..50).all(|_| take("a", 60_000).is_ok()));
        assert!(take("a", 60_000).is_err(), "no more than a burst is saved up");
    }
}
