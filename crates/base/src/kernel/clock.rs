//! The one place that reads the clock; it never steps back.

use std::sync::atomic::{AtomicI64, Ordering};

use super::Instant;

static LATEST: AtomicI64 = AtomicI64::new(0);

/// Now. Never earlier than an answer given before in this process: when the machine's clock steps
/// back, time stands still until it has caught up, so versions and audit lines stay in order.
#[must_use]
pub fn now() -> Instant {
    Instant::from_ms(not_before(&LATEST, wall_ms()))
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn wall_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn not_before(latest: &AtomicI64, wall: i64) -> i64 {
    latest.fetch_max(wall, Ordering::Relaxed).max(wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_steps_back_stands_still_until_it_has_caught_up() {
        let latest = AtomicI64::new(0);
        let seen: Vec<i64> =
            [100, 50, 99, 101].into_iter().map(|wall| not_before(&latest, wall)).collect();
        assert_eq!(seen, [100, 100, 100, 101]);
    }
}
