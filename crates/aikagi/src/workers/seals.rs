//! Sealing the audit: a page of operators a round, under one lease.

use base::kernel::{Error, Result, Scope};
use base::records::{acquire_lease, seal, unsealed_since};

use super::pages::Walk;
use super::{Stop, for_one, system};
use crate::wiring::Parts;

/// Operators a round.
pub(super) const PAGE: i64 = 100;
const LEASE_SECONDS: i64 = 60;
/// Rows younger than this are left alone anyway (`base::records::seal`).
const YOUNG_SECONDS: i64 = 60;

pub(super) fn round(walk: &Walk, parts: &Parts, stop: &Stop) -> Result<()> {
    let node = parts.node.clone();
    let lease = parts.db.housekeep(&system(Scope::PLATFORM), "lease", move |tx| {
        acquire_lease(tx, "seal", &node, tx.now().plus_seconds(LEASE_SECONDS))
    })?;
    if lease.is_none() {
        return Ok(());
    }
    for operator in walk.next(parts)? {
        for_one("seals", &operator, seal_all(parts, stop, &operator));
    }
    Ok(())
}

fn seal_all(parts: &Parts, stop: &Stop, operator: &str) -> Result<()> {
    let scope = system(operator);
    let old = scope.now().plus_seconds(-YOUNG_SECONDS);
    while !stop.told() && parts.db.read(&scope, unsealed_since)?.is_some_and(|at| at < old) {
        match parts.db.housekeep(&scope, "seal", seal) {
            Ok(0) | Err(Error::Conflict { .. }) => break,
            Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
