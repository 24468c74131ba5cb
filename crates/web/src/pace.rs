//! How fast somebody may call: a bucket for each, refilled by time.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base::kernel::{Error, Result};
use quick_cache::sync::Cache;

/// Calls a second in the long run, and how many may come at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    per_second: f64,
    burst: f64,
}

impl Rate {
    /// `per_second` calls, after `burst` at once. Less than one of either is one.
    #[must_use]
    pub fn per_second(per_second: i64, burst: i64) -> Self {
        Self { per_second: as_number(per_second), burst: as_number(burst) }
    }

    /// `calls` a minute, all of which may come at once.
    #[must_use]
    pub fn per_minute(calls: u64) -> Self {
        let burst = as_number(i64::try_from(calls).unwrap_or(i64::MAX));
        Self { per_second: burst / 60.0, burst }
    }
}

/// Rates are checked to lie far below what a float counts exactly.
fn as_number(calls: i64) -> f64 {
    f64::from(i32::try_from(calls).unwrap_or(i32::MAX)).max(1.0)
}

struct Bucket {
    calls: f64,
    filled: Instant,
}

/// The buckets of all callers. Memory is bounded: the least used are forgotten, and somebody
/// forgotten begins with a full bucket.
pub struct Paces<K> {
    buckets: Cache<K, Arc<Mutex<Bucket>>>,
}

impl<K: Hash + Eq + Clone> Paces<K> {
    /// For `kept` callers at a time.
    #[must_use]
    pub fn new(kept: usize) -> Self {
        Self { buckets: Cache::new(kept) }
    }

    /// Takes one call of `caller`.
    ///
    /// # Errors
    /// `request.too_many` — and how long to wait.
    pub fn take(&self, caller: &K, rate: Rate) -> Result<()> {
        self.take_at(caller, rate, Instant::now())
    }

    fn take_at(&self, caller: &K, rate: Rate, now: Instant) -> Result<()> {
        let full = || Arc::new(Mutex::new(Bucket { calls: rate.burst, filled: now }));
        let bucket = self.buckets.get_or_insert_with(caller, || Ok::<_, Error>(full()))?;
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.calls = passed.mul_add(rate.per_second, bucket.calls).min(rate.burst);
        bucket.filled = now;
        if bucket.calls < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - bucket.calls) / rate.per_second);
            return Err(Error::TooMany { code: "request.too_many", wait });
        }
        bucket.calls -= 1.0;
        Ok(())
    }

    /// Puts a call back that turned out not to count.
    pub fn give_back(&self, caller: &K) {
        if let Some(bucket) = self.buckets.get(caller) {
            // More than the burst is poured off when the next call is taken.
            bucket.lock().unwrap_or_else(PoisonError::into_inner).calls += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_pace_counts_and_callers_do_not_share() {
        let (paces, rate, begun) = (Paces::new(100), Rate::per_second(10, 50), Instant::now());
        let take = |caller: &str, ms: u64| {
            paces.take_at(&caller.to_owned(), rate, begun + Duration::from_millis(ms))
        };
        assert!((0..50).all(|_| take("a", 0).is_ok()));
        assert!(
            matches!(take("a", 0), Err(Error::TooMany { wait, .. }) if wait.as_millis() <= 100)
        );
        assert!(take("b", 0).is_ok());
        assert!(take("a", 100).is_ok() && take("a", 100).is_err());
        assert!((0..50).all(|_| take("a", 60_000).is_ok()));
        assert!(take("a", 60_000).is_err(), "no more than a burst is saved up");
        paces.give_back(&"a".to_owned());
        assert!(take("a", 60_000).is_ok() && take("a", 60_000).is_err());
    }

    #[test]
    fn any_number_of_callers_needs_the_memory_of_those_kept() {
        let (paces, rate) = (Paces::new(64), Rate::per_minute(1));
        assert!((0..10_000_u32).all(|caller| paces.take(&caller, rate).is_ok()));
        assert!(paces.buckets.len() <= 64);
    }
}
