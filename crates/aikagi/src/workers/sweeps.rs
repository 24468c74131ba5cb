//! What has had its time is deleted, a little at a time.
//!
//! Source: brief tve §14.3 (retention), house.md "expiring things".

use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;

use base::kernel::{Result, Scope};
use base::records::{self, inbox, outbox};
use base::store::Tx;

use super::pages::Walk;
use super::{Stop, system};
use crate::wiring::Parts;

static WALK: Walk = Walk::new(20);
/// Rows a statement: short enough not to be felt.
const ROWS: i64 = 500;
/// Statements of one kind and operator a round.
const TURNS: usize = 20;
/// A request id is unique for this long (brief tve §7.4).
const INBOX_DAYS: i64 = 400;
/// Contracts purged in one transaction.
const CONTRACTS: i64 = 50;
const LOG_DAYS: i64 = 366;
const DELIVERED_DAYS: i64 = 7;

type Sweep = fn(&mut Tx<'_>) -> Result<u64>;

/// What an operator has too much of.
const OF_AN_OPERATOR: &[(&str, Sweep)] = &[
    ("sweep-decisions", |tx| domain::decisions::sweep(tx, ROWS * 10)),
    ("sweep-inbox", |tx| inbox::forget(tx, tx.now().plus_days(-INBOX_DAYS), ROWS)),
    ("sweep-logs", |tx| records::prune(tx, tx.now().plus_days(-LOG_DAYS), ROWS)),
    ("sweep-outbox", delivered),
    ("sweep-assertions", |tx| domain::clients::sweep(tx, ROWS)),
    ("sweep-sign-ins", |tx| domain::signin::sweep(tx, ROWS)),
    ("sweep-sessions", |tx| domain::sessions::sweep(tx, ROWS)),
    ("sweep-lockouts", |tx| domain::credentials::sweep(tx, ROWS)),
];

pub(super) fn round(parts: &Parts, stop: &Stop) -> Result<()> {
    gauges(parts)?;
    for operator in WALK.next(parts)? {
        for (name, sweep) in OF_AN_OPERATOR {
            until_clean(parts, stop, &operator, (name, *sweep))?;
        }
        if operator != Scope::PLATFORM {
            purge(parts, stop, &operator)?;
        }
    }
    rotate(parts)
}

/// Personal data of contracts that ended long ago, and of files too old to be taken back. Each is a
/// change, written into the audit.
fn purge(parts: &Parts, stop: &Stop, operator: &str) -> Result<()> {
    let some = |tx: &mut Tx<'_>| domain::commands::purge_due(tx, CONTRACTS);
    while !stop.told() && parts.db.transact(&system(operator), some)? > 0 {}
    let files = |tx: &mut Tx<'_>| domain::files::archive_due(tx, CONTRACTS);
    while !stop.told() && parts.db.transact(&system(operator), files)? > 0 {}
    Ok(())
}

/// Signing keys that have signed long enough; looked at once an hour.
fn rotate(parts: &Parts) -> Result<()> {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let now = base::kernel::clock::now();
    let next = now.plus_seconds(3600).ms();
    if NEXT.fetch_update(Relaxed, Relaxed, |due| (due <= now.ms()).then_some(next)).is_ok() {
        let rotated = parts.signing.rotate_due(now)?;
        if rotated > 0 {
            tracing::info!(rotated, "issuers have a new signing key");
        }
    }
    Ok(())
}

fn until_clean(
    parts: &Parts,
    stop: &Stop,
    operator: &str,
    (name, sweep): (&'static str, Sweep),
) -> Result<()> {
    for _ in 0..TURNS {
        if stop.told() || parts.db.housekeep(&system(operator), name, sweep)? == 0 {
            break;
        }
    }
    Ok(())
}

fn delivered(tx: &mut Tx<'_>) -> Result<u64> {
    let before = tx.now().plus_days(-DELIVERED_DAYS);
    let mut gone = 0;
    for receiver in records::list_receivers(tx)? {
        gone += outbox::forget(tx, &receiver.id, before, ROWS)?;
    }
    Ok(gone)
}

/// How late the outbox is, over all receivers.
fn gauges(parts: &Parts) -> Result<()> {
    let due = parts.db.read(&system(Scope::PLATFORM), |tx| outbox::receivers_due(tx, 1000))?;
    let now = base::kernel::clock::now();
    let overdue = due.first().map_or(0, |due| due.since.seconds_until(now));
    parts.health.outbox_is_overdue(overdue);
    metrics::gauge!("aikagi_outbox_overdue_seconds").set(overdue as f64);
    metrics::gauge!("aikagi_outbox_receivers_waiting").set(due.len() as f64);
    Ok(())
}
