//! How much happened since an instant, counted from the end of the books: what a dashboard shows.
//!
//! Ids sort by instant, so each look is one range of the operator's own lines, and never more of it than it is told.

use crate::kernel::{Instant, Result, ids};
use crate::store::{Tx, Value};

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// How often something was done in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What: `person.signed_in`.
    pub act: String,
    /// Which hour after the instant, from 0.
    pub hour: i64,
    /// How often.
    pub count: i64,
}

/// How often each of `acts` stands in the operator's audit since `since`, by hour. At most the newest `limit` lines are looked at,
/// whatever they say.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn count_acts(
    tx: &mut Tx<'_>,
    acts: Vec<String>,
    (since, limit): (Instant, i64),
) -> Result<Vec<Counted>> {
    let bound = ids::new_id("aud", since.plus_seconds(-1));
    let keys: [Value; 6] = [
        tx.operator().into(),
        bound.into(),
        acts.into(),
        since.into(),
        HOUR_MS.into(),
        limit.into(),
    ];
    tx.rows(
        "SELECT act, hour, COUNT(*) FROM
            (SELECT act, at_ms, (at_ms - ?4) / ?5 AS hour FROM audit
              WHERE operator_id = ?1 AND audit_id >= ?2 ORDER BY audit_id DESC LIMIT ?6) newest
          WHERE act IN ARRAY(?3) AND at_ms >= ?4 GROUP BY act, hour",
        &keys,
        |row| Ok(Counted { act: row.text()?, hour: row.int()?, count: row.int()? }),
    )
}

/// A request as the access log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When.
    pub at: Instant,
    /// `POST /o/{operator}/token`.
    pub route: String,
    /// The stable code of what was refused; empty: nothing was.
    pub code: String,
    /// How long it took, in microseconds.
    pub micros: i64,
}

/// The operator's newest requests since `since`, at most `limit`, newest first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn newest_requests(tx: &mut Tx<'_>, (since, limit): (Instant, i64)) -> Result<Vec<Request>> {
    let keys: [Value; 3] = [tx.operator().into(), ids::new_id("acc", since).into(), limit.into()];
    tx.rows(
        "SELECT at_ms, route, code, micros FROM access_log
          WHERE operator_id = ?1 AND access_id >= ?2 ORDER BY access_id DESC LIMIT ?3",
        &keys,
        |row| {
            Ok(Request {
                at: row.instant()?,
                route: row.text()?,
                code: row.text()?,
                micros: row.int()?,
            })
        },
    )
}

/// How much half of them are at most, and 95 of 100; none: there are none.
#[must_use]
pub fn half_and_most(mut micros: Vec<i64>) -> Option<(i64, i64)> {
    micros.sort_unstable();
    let last = micros.len().checked_sub(1)?;
    let at = |percent: usize| micros.get((micros.len() * percent / 100).min(last)).copied();
    at(50).zip(at(95))
}

#[cfg(test)]
mod tests {
    use super::half_and_most;

    #[test]
    fn half_and_ninety_five_of_a_hundred() {
        assert_eq!(half_and_most(Vec::new()), None);
        assert_eq!(half_and_most(vec![7]), Some((7, 7)));
        assert_eq!(half_and_most((1..=100).rev().collect()), Some((51, 96)));
    }
}
