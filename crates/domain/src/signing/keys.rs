//! Making an issuer's keys and replacing them, with overlap.

use base::kernel::{Change, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;
use formats::jose::SigningKey;
use serde_json::json;

use crate::operators;

use super::{MasterKey, repo};

/// What sealed private keys are bound to.
pub(super) const PURPOSE: &str = "signing";

/// A new key is published this long before it signs: services keep a key set for up to a day.
pub const PUBLISHED_BEFORE_SECONDS: i64 = 24 * 3600;
/// An old key stays published this long after its last signature: longer than any token lives.
pub const KEPT_AFTER_SECONDS: i64 = 24 * 3600;
/// A key that has signed for this long is replaced by itself.
pub const ROTATED_EVERY_DAYS: i64 = 90;

/// How a key is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// The next key is published a day before it signs; nobody notices.
    Planned,
    /// The old key is known to somebody: the new one signs now and the old one is withdrawn. Tokens
    /// alive are refused from now on, and services must fetch the key set again.
    AtOnce,
}

/// Replaces the issuer's signing key (the issuer is the transaction's operator).
///
/// A planned rotation while the next key waits already is answered [`Change::Already`].
///
/// # Errors
/// `internal` when the source of randomness or the cipher fails.
pub fn rotate(tx: &mut Tx<'_>, master: &MasterKey, rotation: Rotation) -> Result<Change> {
    let now = tx.now();
    let waiting = repo::published(tx)?.iter().any(|key| key.signs_from > now);
    let (act, from) = match rotation {
        Rotation::Planned if waiting => return Ok(Change::Already),
        Rotation::Planned => ("signing_key.rotated", now.plus_seconds(PUBLISHED_BEFORE_SECONDS)),
        Rotation::AtOnce => ("signing_key.withdrawn", now),
    };
    let number = repo::last_number(tx)? + 1;
    let removed = match rotation {
        Rotation::Planned => from.plus_seconds(KEPT_AFTER_SECONDS),
        Rotation::AtOnce => now,
    };
    repo::end_before(tx, number, (from, removed))?;
    add(tx, master, (number, from), act)?;
    Ok(Change::Made)
}

/// Whether `master` is the key this database was sealed with, by one signing key of any issuer. A
/// database without any fits every master key.
///
/// # Errors
/// `master_key.differs`; `unavailable` when the database fails.
pub fn check_master(tx: &mut Tx<'_>, master: &MasterKey) -> Result<()> {
    let Some((issuer, sealed)) = repo::first_sealed(tx)? else { return Ok(()) };
    master.fits(&issuer, PURPOSE, &sealed)
}

/// Makes the issuer's first key, which signs at once, unless there is one. Only operators there are
/// get one, and the platform.
///
/// # Errors
/// `operator.unknown`
pub(super) fn make_first(tx: &mut Tx<'_>, master: &MasterKey) -> Result<()> {
    if !repo::published(tx)?.is_empty() {
        return Ok(());
    }
    if tx.operator() != Scope::PLATFORM {
        operators::find_operator(tx)?;
    }
    let number = repo::last_number(tx)? + 1;
    let now = tx.now();
    add(tx, master, (number, now), "signing_key.created")
}

fn add(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (number, from): (i64, Instant),
    act: &'static str,
) -> Result<()> {
    let private = SigningKey::generate().map_err(Error::internal)?;
    let key = SigningKey::from_pkcs8(&private).map_err(Error::internal)?;
    let sealed = master.seal(tx.operator(), PURPOSE, &private)?;
    let public = serde_json::to_string(key.public_jwk()).map_err(Error::internal)?;
    repo::insert(tx, (number, key.kid()), (sealed, &public), from)?;
    tx.touch(None);
    let detail = json!({"signs_from": from.rfc3339_jst()});
    record(tx, &Entry::new(act, key.kid()).version(number).detail(detail))
}
