//! Leases: work that one node does at a time, with a fence that outdates a holder who slept.

use crate::kernel::{Instant, Result};
use crate::store::{Tx, Value};

/// A lease held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is leased.
    pub name: String,
    /// Grows with every new holder.
    pub fence: i64,
}

/// Takes or renews the lease `name` until `until`, or `None` when another holder has it.
///
/// A lease that ends later than twice as long from now as the one asked for was written by a clock
/// that is ahead: it counts as free, so that one node's wrong clock does not stop the work of all.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn acquire(tx: &mut Tx<'_>, name: &str, holder: &str, until: Instant) -> Result<Option<Lease>> {
    let length = until.ms().saturating_sub(tx.now().ms());
    let believable = Instant::from_ms(until.ms().saturating_add(length));
    let row: [Value; 6] = [
        tx.operator().into(),
        name.into(),
        holder.into(),
        until.into(),
        tx.now().into(),
        believable.into(),
    ];
    tx.exec(
        "INSERT INTO leases (operator_id, name, holder, until_ms, fence)
         VALUES (?1, ?2, ?3, ?4, 1)
         ON CONFLICT (operator_id, name) DO UPDATE SET
            fence = CASE WHEN leases.holder = excluded.holder THEN leases.fence
                         ELSE leases.fence + 1 END,
            holder = excluded.holder, until_ms = excluded.until_ms
          WHERE leases.holder = excluded.holder OR leases.until_ms <= ?5
             OR leases.until_ms > ?6",
        &row,
    )?;
    let keys: [Value; 3] = [tx.operator().into(), name.into(), holder.into()];
    tx.row(
        "SELECT name, fence FROM leases WHERE operator_id = ?1 AND name = ?2 AND holder = ?3",
        &keys,
        |row| Ok(Lease { name: row.text()?, fence: row.int()? }),
    )
}

/// Gives back every lease that `holder` has, of all operators: it has ended. Spoken by the platform's
/// scope. Returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn release_all(tx: &mut Tx<'_>, holder: &str) -> Result<u64> {
    let keys: [Value; 2] = [holder.into(), tx.now().into()];
    let held = tx.rows(
        "SELECT operator_id, name, fence FROM leases WHERE holder = ?1 AND until_ms > ?2",
        &keys,
        |row| Ok(vec![row.text()?.into(), row.text()?.into(), row.int()?.into()]),
    )?;
    tx.exec_many(RELEASE, &held)
}

const RELEASE: &str =
    "UPDATE leases SET until_ms = 0 WHERE operator_id = ?1 AND name = ?2 AND fence = ?3";

/// Gives a lease back early.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn release(tx: &mut Tx<'_>, lease: &Lease) -> Result<()> {
    let keys: [Value; 3] = [tx.operator().into(), lease.name.as_str().into(), lease.fence.into()];
    tx.exec(RELEASE, &keys)?;
    Ok(())
}
