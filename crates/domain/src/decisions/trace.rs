//! The trace of an answer: eight characters people can type, that say when it was given.
//!
//! Knowing the second, a line of the log is found by the instant it stands under: the log needs no
//! second index and grows at its end only. The same eight characters come back after 97 days, when
//! the line is gone (it is kept 90). Source: brief tve §11.3.

use std::sync::atomic::{AtomicU64, Ordering};

use base::kernel::{Instant, ids};

/// Characters of a trace.
const LENGTH: usize = 8;
/// Seconds after which traces begin anew: 97 days.
const SECONDS: u64 = 1 << 23;
/// Traces of one second: what 28 letters leave room for.
const TURNS: u64 = 28_u64.pow(8) / SECONDS;

/// A new trace.
pub(super) fn next(now: Instant) -> String {
    // Each process counts from another place, so that two seldom meet in one second.
    static TURN: AtomicU64 = AtomicU64::new(0);
    let mut turn = TURN.fetch_add(1, Ordering::Relaxed);
    if turn == 0 {
        let [a, b, c, d, ..] = ids::secret_bytes();
        turn = u64::from(u32::from_le_bytes([a, b, c, d]));
        TURN.fetch_add(turn, Ordering::Relaxed);
    }
    write(now, turn)
}

fn write(now: Instant, turn: u64) -> String {
    ids::typed_number(second_of(now) % SECONDS * TURNS + turn % TURNS, LENGTH)
}

fn second_of(at: Instant) -> u64 {
    u64::try_from(at.ms() / 1000).unwrap_or(0)
}

/// The trace as it was given out, from what somebody typed; and the latest second up to `now` in
/// which it can have been given: its first millisecond, and the first after it.
pub(super) fn read(typed: &str, now: Instant) -> Option<(String, Instant, Instant)> {
    let plain = |c: &char| !c.is_whitespace() && *c != '-';
    let trace: String = typed.chars().filter(plain).map(|c| c.to_ascii_uppercase()).collect();
    if trace.len() != LENGTH {
        return None;
    }
    let place = ids::typed_value(&trace)? / TURNS;
    let now = second_of(now);
    let ago = (now % SECONDS + SECONDS - place % SECONDS) % SECONDS;
    let second = i64::try_from(now.checked_sub(ago)?).ok()?;
    Some((trace, Instant::from_ms(second * 1000), Instant::from_ms((second + 1) * 1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_leads_back_to_its_second_for_ninety_days_however_it_is_typed() {
        let given = Instant::parse_compact_jst("20261122150000", "at").unwrap();
        for turn in [0, 1, TURNS - 1, 4_000_000_000] {
            let trace = write(given, turn);
            for days in [0, 1, 89, 90] {
                let (same, from, to) = read(&trace, given.plus_days(days)).unwrap();
                assert_eq!((&same, from, to), (&trace, given, given.plus_seconds(1)));
            }
            let (head, tail) = trace.split_at(4);
            let typed = format!(" {}-{} ", head.to_lowercase(), tail);
            assert_eq!(read(&typed, given).unwrap().0, trace);
        }
        assert_eq!(read("ABC", given), None);
        assert_eq!(read("AEIOUAEI", given), None, "letters that are never given out");
    }

    #[test]
    fn traces_of_one_process_differ_and_sort_by_time() {
        let now = Instant::parse_compact_jst("20261122150000", "at").unwrap();
        let mut all: Vec<String> = (0..1000).map(|_| next(now)).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 1000);
        assert!(write(now, TURNS - 1) < write(now.plus_seconds(1), 0));
    }
}
