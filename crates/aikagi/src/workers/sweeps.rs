//! What has had its time is deleted, a little at a time, until nothing of it is left or the time for it
//! is over.
//!
//! Source: brief tve §14.3 (retention), house.md "expiring things".

use std::time::{self, Duration};

use base::kernel::{Instant, Result, Scope};
use base::records::outbox::{self, Over};
use base::records::{self, inbox, jobs};
use base::store::Tx;
use domain::credentials::FORGOTTEN;

use super::pages::Walk;
use super::{Stop, for_one, system};
use crate::wiring::Parts;

/// Operators a round.
const PAGE: i64 = 20;
/// Rows a statement: short enough not to be felt.
const ROWS: i64 = 500;
/// How long one operator may keep the sweeper, and all of a round together. However late it is, each
/// operator gets a statement of each kind: a backlog of one of them leaves no other unswept.
const OPERATOR_TIME: Duration = Duration::from_secs(2);
const ROUND_TIME: Duration = Duration::from_secs(20);
/// A request id is unique for this long (brief tve §7.4).
const INBOX_DAYS: i64 = 400;
/// Contracts purged in one transaction.
const CONTRACTS: i64 = 50;
/// A command that was done for later is looked up this long.
const JOB_DAYS: i64 = 30;
const LOG_DAYS: i64 = 366;
const DELIVERED_DAYS: i64 = 7;
/// Who asked for a code because the password was forgotten is looked up this long.
const FORGOTTEN_SECONDS: i64 = 3600;
const ROTATE_SECONDS: i64 = 3600;

type Sweep = fn(&mut Tx<'_>) -> Result<u64>;

/// What an operator has too much of.
const OF_AN_OPERATOR: &[(&str, Sweep)] = &[
    ("sweep-decisions", |tx| domain::decisions::sweep(tx, ROWS * 10)),
    ("sweep-inbox", |tx| inbox::forget(tx, tx.now().plus_days(-INBOX_DAYS), ROWS)),
    ("sweep-logs", |tx| records::prune(tx, tx.now().plus_days(-LOG_DAYS), ROWS)),
    ("sweep-outbox", delivered),
    ("sweep-assertions", |tx| domain::clients::sweep(tx, ROWS)),
    ("sweep-registrations", |tx| domain::clients::sweep_registrations(tx, ROWS)),
    ("sweep-sign-ins", |tx| domain::signin::sweep(tx, ROWS)),
    ("sweep-sessions", |tx| domain::sessions::sweep(tx, ROWS)),
    ("sweep-device-codes", |tx| domain::sessions::sweep_device_codes(tx, ROWS)),
    ("sweep-key-proofs", |tx| domain::tokens::sweep(tx, ROWS)),
    ("sweep-pushed-requests", |tx| domain::sessions::sweep_pushed(tx, ROWS)),
    ("sweep-files", |tx| domain::files::archive_due(tx, ROWS)),
    ("sweep-refused-lines", refused_lines),
    ("sweep-lockouts", |tx| domain::credentials::sweep(tx, ROWS)),
    ("sweep-passkey-questions", |tx| domain::credentials::sweep_questions(tx, ROWS)),
    ("sweep-letters", |tx| domain::credentials::sweep_letters(tx, ROWS)),
    ("sweep-contacts", |tx| domain::credentials::sweep_contacts(tx, ROWS)),
    ("sweep-approvals", |tx| domain::credentials::sweep_approvals(tx, ROWS)),
    ("sweep-owner-offers", |tx| domain::commands::sweep_offers(tx, ROWS)),
    ("sweep-verb-undo", |tx| domain::commands::sweep_undo(tx, ROWS)),
    ("sweep-tv-codes", |tx| domain::credentials::sweep_tv_codes(tx, ROWS)),
    ("sweep-sent-codes", |tx| domain::credentials::sweep_sent_codes(tx, ROWS)),
    ("sweep-staff-sessions", |tx| domain::staff::sweep(tx, ROWS)),
    ("sweep-staff-invitations", |tx| domain::staff::sweep_invitations(tx, ROWS)),
    ("sweep-platform-visits", |tx| domain::staff::sweep_visits(tx, ROWS)),
    ("fold-older-names", |tx| domain::subscribers::fold_older(tx, ROWS)),
    ("sweep-jobs", |tx| jobs::forget(tx, tx.now().plus_days(-JOB_DAYS), ROWS)),
];

/// What the sweeper remembers from one round to the next.
pub(super) struct Sweeper {
    walk: Walk,
    /// Signing keys are looked at again from here on.
    rotate_at: Instant,
}

impl Sweeper {
    pub(super) const fn new() -> Self {
        Self { walk: Walk::new(PAGE), rotate_at: Instant::from_ms(0) }
    }

    pub(super) fn round(&mut self, parts: &Parts, stop: &Stop) -> Result<()> {
        gauges(parts)?;
        let round_over = time::Instant::now() + ROUND_TIME;
        for operator in self.walk.next(parts)? {
            let over = round_over.min(time::Instant::now() + OPERATOR_TIME);
            let visit = Visit { parts, stop, operator: &operator, over };
            for (name, sweep) in OF_AN_OPERATOR {
                for_one("sweeps", &operator, visit.until_clean((name, *sweep)));
            }
            if operator != Scope::PLATFORM {
                for_one("sweeps", &operator, visit.purge());
            }
        }
        self.rotate(parts)
    }

    /// Signing keys that have signed long enough; looked at once an hour.
    fn rotate(&mut self, parts: &Parts) -> Result<()> {
        let now = base::kernel::clock::now();
        if now < self.rotate_at {
            return Ok(());
        }
        let rotated = parts.signing.rotate_due(now)?;
        self.rotate_at = now.plus_seconds(ROTATE_SECONDS);
        if rotated > 0 {
            tracing::info!(rotated, "issuers have a new signing key");
        }
        Ok(())
    }
}

/// The sweeper at one operator.
struct Visit<'v> {
    parts: &'v Parts,
    stop: &'v Stop,
    operator: &'v str,
    over: time::Instant,
}

impl Visit<'_> {
    fn until_clean(&self, (name, sweep): (&'static str, Sweep)) -> Result<()> {
        repeat(self.stop, self.over, || {
            self.parts.db.housekeep(&system(self.operator), name, sweep)
        })
    }

    /// Personal data of contracts that ended long ago. Each is a change, written into the audit.
    fn purge(&self) -> Result<()> {
        let some = |tx: &mut Tx<'_>| domain::commands::purge_due(tx, CONTRACTS);
        repeat(self.stop, self.over, || self.parts.db.transact(&system(self.operator), some))
    }
}

/// Does `some` until it finds nothing more, or the time is `over`; at least once.
fn repeat(stop: &Stop, over: time::Instant, mut some: impl FnMut() -> Result<u64>) -> Result<()> {
    while !stop.told() && some()? > 0 && time::Instant::now() < over {}
    Ok(())
}

/// As long as the results of their files.
fn refused_lines(tx: &mut Tx<'_>) -> Result<u64> {
    let before = tx.now().plus_days(-domain::files::KEEP_DAYS);
    domain::subscribers::sweep_refused(tx, before, ROWS)
}

fn delivered(tx: &mut Tx<'_>) -> Result<u64> {
    let taken = (Over::Delivered, tx.now().plus_days(-DELIVERED_DAYS));
    let given_up = (Over::Dead, tx.now().plus_days(-records::outbox::DEAD_DAYS));
    let mut gone = 0;
    for receiver in records::list_receivers(tx)? {
        // Anybody may write these, without saying who they are: they go as soon as they were read.
        let read = (Over::Delivered, tx.now().plus_seconds(-FORGOTTEN_SECONDS));
        let taken = if receiver.kind == FORGOTTEN { read } else { taken };
        for older in [taken, given_up] {
            gone += outbox::forget(tx, &receiver.id, older, ROWS)?;
        }
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// How many statements are made of a backlog that takes `turns`.
    fn statements(turns: u64, over: time::Instant, stop: &Stop) -> u64 {
        let made = Cell::new(0);
        let some = || {
            made.set(made.get() + 1);
            Ok(turns.saturating_sub(made.get()))
        };
        repeat(stop, over, some).unwrap();
        made.get()
    }

    #[test]
    fn a_backlog_of_any_size_goes_in_one_visit_unless_the_time_is_over() {
        let (now, stop) = (time::Instant::now(), Stop::default());
        let later = now + Duration::from_secs(600);
        assert_eq!(statements(10_000, later, &stop), 10_000);
        assert_eq!(statements(10_000, now, &stop), 1, "each kind gets its turn all the same");
        stop.tell();
        assert_eq!(statements(10_000, later, &stop), 0);
    }
}
