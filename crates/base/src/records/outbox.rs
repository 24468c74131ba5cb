//! Outbox: what receivers must still be told, at least once, in order of version per stream.
//!
//! A row is claimed by moving `next_ms` behind the lease and raising `fence`, both in one
//! compare-and-swap, so that any number of nodes share the work and a node that died is followed
//! by another. Source: brief tve §5.5; house.md decision 11.

use crate::kernel::{Instant, Result};
use crate::store::{Tx, Value};

/// Seconds until the next try, by number of tries so far; after the last the row is dead.
const BACK_OFF: [i64; 12] =
    [1, 5, 30, 120, 600, 3600, 7200, 14_400, 14_400, 14_400, 14_400, 14_400];

/// Days for which events that were given up are kept, and can be put back to the start.
pub const DEAD_DAYS: i64 = 90;

/// One event on its way to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Stable id of the event for this receiver: repeated tries carry the same.
    pub id: String,
    /// The receiver.
    pub receiver_id: String,
    /// The contract number.
    pub stream: String,
    /// The contract's version after the change.
    pub version: i64,
    /// `contract.suspended`.
    pub event: String,
    /// JSON object.
    pub payload: String,
    /// Tries before this one.
    pub attempts: i64,
    /// When the change was made.
    pub created: Instant,
    fence: i64,
}

/// A receiver that has something to be told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Due {
    /// The operator's code.
    pub operator: String,
    /// The receiver.
    pub receiver_id: String,
    /// When its oldest event was, or will be, due.
    pub since: Instant,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Delivered,
    /// It did not; worth another try.
    Failed(String),
    /// It said that it never will.
    Refused(String),
}

/// Counts of the backlog of one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// The receiver.
    pub receiver_id: String,
    /// Events waiting.
    pub pending: i64,
    /// Events given up.
    pub dead: i64,
    /// When the oldest waiting one was written.
    pub oldest: Option<Instant>,
}

/// Rows of one receiver that a claim looks at. Each of them is claimed, or parked until its stream's
/// head is due, so that no claim looks at it again for nothing.
const WINDOW: i64 = 256;

/// A due row, and the head of its stream.
struct Seen {
    stream: String,
    head_id: String,
    head_next: Instant,
}

/// Claims up to `limit` due events for a receiver of the operator until `lease_until`: of each stream
/// the oldest one only. What waits behind it is parked until then, so the cost of a claim does not
/// grow with the backlog of a receiver that takes nothing.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn claim(
    tx: &mut Tx<'_>,
    receiver_id: &str,
    lease_until: Instant,
    limit: i64,
) -> Result<Vec<Delivery>> {
    let keys: [Value; 4] =
        [tx.operator().into(), receiver_id.into(), tx.now().into(), WINDOW.into()];
    let due = tx.rows(
        "SELECT stream,
                (SELECT head.outbox_id FROM outbox head
                  WHERE head.operator_id = due.operator_id AND head.receiver_id = due.receiver_id
                    AND head.stream = due.stream AND head.state = 'PENDING'
                  ORDER BY head.version, head.outbox_id LIMIT 1),
                (SELECT head.next_ms FROM outbox head
                  WHERE head.operator_id = due.operator_id AND head.receiver_id = due.receiver_id
                    AND head.stream = due.stream AND head.state = 'PENDING'
                  ORDER BY head.version, head.outbox_id LIMIT 1)
           FROM outbox due
          WHERE operator_id = ?1 AND receiver_id = ?2 AND state = 'PENDING' AND next_ms <= ?3
          ORDER BY next_ms, outbox_id LIMIT ?4",
        &keys,
        |row| Ok(Seen { stream: row.text()?, head_id: row.text()?, head_next: row.instant()? }),
    )?;
    let (mut heads, mut parked) = (Vec::new(), Vec::new());
    let mut streams = std::collections::HashSet::new();
    for seen in due {
        if !streams.insert(seen.stream.clone()) {
            continue;
        }
        let until = if seen.head_next > tx.now() {
            seen.head_next
        } else if i64::try_from(heads.len()).is_ok_and(|count| count < limit) {
            heads.push(seen.head_id.clone());
            lease_until
        } else {
            continue;
        };
        // What was parked before stays where it is: a long stream is moved once a lease, not once
        // an event.
        let behind = (seen.stream.as_str(), seen.head_id.as_str());
        parked.push(parking(tx, receiver_id, behind, (until, tx.now().plus_seconds(1))));
    }
    tx.exec_many(PARK, &parked)?;
    let heads = read_heads(tx, receiver_id, heads)?;
    take(tx, heads, lease_until)
}

/// Moves what waits behind a stream's head, and would be due before `?6`, to `?5`.
const PARK: &str = "UPDATE outbox SET next_ms = ?5
      WHERE operator_id = ?1 AND receiver_id = ?2 AND stream = ?3 AND state = 'PENDING'
        AND outbox_id <> ?4 AND next_ms < ?6";

fn parking(
    tx: &Tx<'_>,
    receiver_id: &str,
    (stream, head_id): (&str, &str),
    (until, due_before): (Instant, Instant),
) -> Vec<Value> {
    vec![
        tx.operator().into(),
        receiver_id.into(),
        stream.into(),
        head_id.into(),
        until.into(),
        due_before.into(),
    ]
}

fn read_heads(tx: &mut Tx<'_>, receiver_id: &str, ids: Vec<String>) -> Result<Vec<Delivery>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: [Value; 4] = [tx.operator().into(), receiver_id.into(), ids.into(), tx.now().into()];
    tx.rows(
        "SELECT outbox_id, receiver_id, stream, version, event, payload, attempts, created_ms, fence
           FROM outbox
          WHERE operator_id = ?1 AND receiver_id = ?2 AND outbox_id IN ARRAY(?3)
            AND state = 'PENDING' AND next_ms <= ?4
          ORDER BY outbox_id",
        &keys,
        |row| {
            Ok(Delivery {
                id: row.text()?,
                receiver_id: row.text()?,
                stream: row.text()?,
                version: row.int()?,
                event: row.text()?,
                payload: row.text()?,
                attempts: row.int()?,
                created: row.instant()?,
                fence: row.int()?,
            })
        },
    )
}

/// Those of `heads` that nobody else took meanwhile.
fn take(tx: &mut Tx<'_>, heads: Vec<Delivery>, lease_until: Instant) -> Result<Vec<Delivery>> {
    let mut claimed = Vec::with_capacity(heads.len());
    for delivery in heads {
        let values: [Value; 5] = [
            tx.operator().into(),
            (&delivery.receiver_id).into(),
            (&delivery.id).into(),
            delivery.fence.into(),
            lease_until.into(),
        ];
        let won = tx.exec(
            "UPDATE outbox SET fence = fence + 1, next_ms = ?5
              WHERE operator_id = ?1 AND receiver_id = ?2 AND outbox_id = ?3 AND fence = ?4
                AND state = 'PENDING'",
            &values,
        )?;
        if won == 1 {
            claimed.push(Delivery { fence: delivery.fence + 1, ..delivery });
        }
    }
    Ok(claimed)
}

/// Writes down how a try ended. A holder whose lease another node took over changes nothing.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn settle(tx: &mut Tx<'_>, delivery: &Delivery, outcome: &Outcome) -> Result<()> {
    let wait = usize::try_from(delivery.attempts).ok().and_then(|at| BACK_OFF.get(at).copied());
    let (state, next, error) = match (outcome, wait) {
        (Outcome::Delivered, _) => ("DONE", tx.now(), None),
        (Outcome::Failed(error), Some(wait)) => {
            ("PENDING", tx.now().plus_seconds(wait), Some(error.as_str()))
        }
        (Outcome::Failed(error), None) | (Outcome::Refused(error), _) => {
            ("DEAD", tx.now(), Some(error.as_str()))
        }
    };
    let done = (state != "PENDING").then(|| tx.now());
    let values: [Value; 8] = [
        tx.operator().into(),
        (&delivery.receiver_id).into(),
        (&delivery.id).into(),
        delivery.fence.into(),
        state.into(),
        next.into(),
        error.into(),
        done.into(),
    ];
    let ours = tx.exec(
        "UPDATE outbox SET state = ?5, next_ms = ?6, last_error = ?7, done_ms = ?8,
                attempts = attempts + 1
          WHERE operator_id = ?1 AND receiver_id = ?2 AND outbox_id = ?3 AND fence = ?4",
        &values,
    )?;
    if ours == 0 {
        return Ok(());
    }
    if state == "PENDING" {
        let stream = (delivery.stream.as_str(), delivery.id.as_str());
        let behind = parking(tx, &delivery.receiver_id, stream, (next, next));
        tx.exec(PARK, &behind)?;
        return Ok(());
    }
    follow(tx, delivery)
}

/// The next of the stream is due now.
fn follow(tx: &mut Tx<'_>, done: &Delivery) -> Result<()> {
    let keys: [Value; 4] =
        [tx.operator().into(), (&done.receiver_id).into(), (&done.stream).into(), tx.now().into()];
    tx.exec(
        "UPDATE outbox SET next_ms = ?4
          WHERE operator_id = ?1 AND receiver_id = ?2 AND state = 'PENDING' AND next_ms > ?4
            AND outbox_id = (SELECT head.outbox_id FROM outbox head
                 WHERE head.operator_id = ?1 AND head.receiver_id = ?2 AND head.stream = ?3
                   AND head.state = 'PENDING'
                 ORDER BY head.version, head.outbox_id LIMIT 1)",
        &keys,
    )?;
    Ok(())
}

/// Receivers with anything due, and since when, at most `limit`; spoken by the platform's scope. Its
/// work grows with the number of receivers, never with the backlog.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn receivers_due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Due>> {
    let keys: [Value; 2] = [tx.now().into(), limit.into()];
    tx.rows(
        "SELECT operator_id, receiver_id, since_ms FROM (
            SELECT operator_id, receiver_id,
                   (SELECT MIN(next_ms) FROM outbox
                     WHERE outbox.operator_id = receivers.operator_id
                       AND outbox.receiver_id = receivers.receiver_id
                       AND outbox.state = 'PENDING') AS since_ms
              FROM receivers WHERE enabled = 1) waiting
          WHERE since_ms <= ?1 ORDER BY since_ms LIMIT ?2",
        &keys,
        |row| Ok(Due { operator: row.text()?, receiver_id: row.text()?, since: row.instant()? }),
    )
}

/// Events nobody works on any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The receiver took them.
    Delivered,
    /// They were given up.
    Dead,
}

/// Deletes up to `limit` events of a receiver that are over and were written before `before`; returns
/// how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget(
    tx: &mut Tx<'_>,
    receiver_id: &str,
    (over, before): (Over, Instant),
    limit: i64,
) -> Result<u64> {
    // Ids sort by instant: everything older stands at the front of the receiver's rows.
    let oldest_kept = crate::kernel::ids::new_id("evt", before);
    let state = match over {
        Over::Delivered => "DONE",
        Over::Dead => "DEAD",
    };
    let keys: [Value; 5] =
        [tx.operator().into(), receiver_id.into(), oldest_kept.into(), limit.into(), state.into()];
    tx.exec(
        "DELETE FROM outbox WHERE operator_id = ?1 AND receiver_id = ?2 AND outbox_id IN
            (SELECT outbox_id FROM outbox
              WHERE operator_id = ?1 AND receiver_id = ?2 AND outbox_id < ?3 AND state = ?5
              ORDER BY outbox_id LIMIT ?4)",
        &keys,
    )
}

/// The backlog of each receiver of the operator.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn backlog(tx: &mut Tx<'_>) -> Result<Vec<Backlog>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.rows(
        "SELECT receiver_id,
                COUNT(CASE WHEN state = 'PENDING' THEN 1 END),
                COUNT(CASE WHEN state = 'DEAD' THEN 1 END),
                MIN(CASE WHEN state = 'PENDING' THEN created_ms END)
           FROM outbox WHERE operator_id = ?1 AND state <> 'DONE'
          GROUP BY receiver_id ORDER BY receiver_id",
        &keys,
        |row| {
            Ok(Backlog {
                receiver_id: row.text()?,
                pending: row.int()?,
                dead: row.int()?,
                oldest: row.instant_if_any()?,
            })
        },
    )
}

/// What a receiver has been told of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The receiver.
    pub receiver_id: String,
    /// Events waiting.
    pub pending: i64,
    /// Events given up.
    pub dead: i64,
    /// When it took the last one that is still known.
    pub last: Option<Instant>,
    /// What the last try ended with that it did not take.
    pub error: Option<String>,
}

/// What each receiver of the operator has been told of `stream`; those that were never told of it are left out.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn told(tx: &mut Tx<'_>, stream: &str) -> Result<Vec<Told>> {
    let keys: [Value; 2] = [tx.operator().into(), stream.into()];
    tx.rows(
        "SELECT o.receiver_id,
                COUNT(CASE WHEN o.state = 'PENDING' THEN 1 END),
                COUNT(CASE WHEN o.state = 'DEAD' THEN 1 END),
                MAX(CASE WHEN o.state = 'DONE' THEN o.done_ms END),
                MAX(CASE WHEN o.state <> 'DONE' THEN o.last_error END)
           FROM receivers r
           JOIN outbox o ON o.operator_id = r.operator_id AND o.receiver_id = r.receiver_id
                        AND o.stream = ?2
          WHERE r.operator_id = ?1 GROUP BY o.receiver_id ORDER BY o.receiver_id",
        &keys,
        |row| {
            Ok(Told {
                receiver_id: row.text()?,
                pending: row.int()?,
                dead: row.int()?,
                last: row.instant_if_any()?,
                error: row.text_if_any()?,
            })
        },
    )
}

/// Puts the dead events of a receiver back to the start, those of one stream or all; the caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn revive(tx: &mut Tx<'_>, receiver_id: &str, stream: Option<&str>) -> Result<u64> {
    let keys: [Value; 4] = [
        tx.operator().into(),
        receiver_id.into(),
        tx.now().into(),
        // No stream is called nothing.
        stream.unwrap_or_default().into(),
    ];
    tx.exec(
        "UPDATE outbox SET state = 'PENDING', attempts = 0, next_ms = ?3, fence = fence + 1
          WHERE operator_id = ?1 AND receiver_id = ?2 AND state = 'DEAD' AND (stream = ?4 OR ?4 = '')",
        &keys,
    )
}
