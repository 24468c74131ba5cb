//! Until when an answer can not change by itself.

use std::cell::Cell;

use base::kernel::Instant;

thread_local! {
    /// The month last asked for: first instant asked at, first instant after it.
    static MONTH: Cell<(Instant, Instant)> = const { Cell::new((Instant::FOREVER, Instant::FOREVER)) };
}

/// The first known change after `now`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Horizon {
    pub(super) now: Instant,
    until: Instant,
}

impl Horizon {
    /// Nothing is known to change before the month ends: keys are sold by the month, so its end is
    /// when most facts change at once.
    pub(super) fn new(now: Instant) -> Self {
        Self { now, until: month_end(now) }
    }

    /// Something changes at `at`.
    pub(super) fn note(&mut self, at: Instant) {
        if at > self.now && at < self.until {
            self.until = at;
        }
    }

    pub(super) fn note_if_any(&mut self, at: Option<Instant>) {
        if let Some(at) = at {
            self.note(at);
        }
    }

    /// `base` seconds, or fewer when something changes before they have passed.
    pub(super) fn seconds(&self, base: i64) -> i64 {
        base.min(self.now.seconds_until(self.until))
    }
}

/// Calendar arithmetic costs more than everything else in a decision, and months are long.
fn month_end(now: Instant) -> Instant {
    let (from, end) = MONTH.get();
    if from <= now && now < end {
        return end;
    }
    let end = now.month_jst().end();
    MONTH.set((now, end));
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_is_remembered_only_while_it_lasts() {
        let at = |text: &str| Instant::parse_compact_jst(text, "at").unwrap();
        let ends = |text: &str| month_end(at(text)).compact_jst();
        assert_eq!(ends("20261122120000"), "20261201000000");
        assert_eq!(ends("20261130235959"), "20261201000000");
        assert_eq!(ends("20261201000000"), "20270101000000");
        assert_eq!(ends("20260201000000"), "20260301000000", "time of another question");
        assert_eq!(Horizon::new(at("20261130235958")).seconds(3600), 2);
    }
}
