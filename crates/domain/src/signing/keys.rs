//! Making an issuer's keys and replacing them, with overlap.

use base::kernel::{Change, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;
use formats::jose::{SigningAlgorithm, SigningKey};
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

/// Replaces the issuer's signing keys, one for each algorithm it signs with (the issuer is the
/// transaction's operator).
///
/// A planned rotation while the next keys wait already is answered [`Change::Already`].
///
/// # Errors
/// `internal` when the source of randomness or the cipher fails.
pub fn rotate(tx: &mut Tx<'_>, master: &MasterKey, rotation: Rotation) -> Result<Change> {
    let published = repo::published(tx)?;
    let mut change = Change::Already;
    for algorithm in SigningAlgorithm::ALL {
        let used = published.iter().any(|key| key.algorithm == algorithm);
        // The default is what every issuer signs with, also one that has signed nothing yet.
        let replaced = if used || algorithm == SigningAlgorithm::default() {
            rotate_one(tx, master, (algorithm, rotation))?
        } else {
            Change::Already
        };
        if replaced == Change::Made {
            change = Change::Made;
        }
    }
    Ok(change)
}

/// Withdraws all of the issuer's signing keys because `kid` is known to others, as [`Rotation::AtOnce`]. Of a key
/// that is withdrawn already there is nothing more to do ([`Change::Already`]): the ones after it are good.
///
/// # Errors
/// `signing_key.unknown` — the issuer never had such a key; those of [`rotate`]
pub fn withdraw(tx: &mut Tx<'_>, master: &MasterKey, kid: &str) -> Result<Change> {
    if repo::published(tx)?.iter().any(|key| key.kid == kid) {
        return rotate(tx, master, Rotation::AtOnce);
    }
    if repo::had(tx, kid)? {
        return Ok(Change::Already);
    }
    Err(Error::not_found("signing_key.unknown", kid))
}

/// A signing key, without what it signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// What tokens name it by.
    pub kid: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// From when it signs.
    pub signs_from: Instant,
    /// Until when, if another follows.
    pub signs_until: Option<Instant>,
}

/// The issuer's keys that are published, the oldest first: those that sign, have signed, and will.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_keys(tx: &mut Tx<'_>) -> Result<Vec<ListedKey>> {
    let listed = |key: repo::StoredKey| ListedKey {
        kid: key.kid,
        algorithm: key.algorithm,
        signs_from: key.signs_from,
        signs_until: key.signs_until,
    };
    Ok(repo::published(tx)?.into_iter().map(listed).collect())
}

/// Replaces the issuer's key of one algorithm.
pub(super) fn rotate_one(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (algorithm, rotation): (SigningAlgorithm, Rotation),
) -> Result<Change> {
    let now = tx.now();
    let number = next_number(tx)?;
    let waits = |key: &repo::StoredKey| key.algorithm == algorithm && key.signs_from > now;
    let waiting = repo::published(tx)?.iter().any(waits);
    let (act, from) = match rotation {
        Rotation::Planned if waiting => return Ok(Change::Already),
        Rotation::Planned => ("signing_key.rotated", now.plus_seconds(PUBLISHED_BEFORE_SECONDS)),
        Rotation::AtOnce => ("signing_key.withdrawn", now),
    };
    let removed = match rotation {
        Rotation::Planned => from.plus_seconds(KEPT_AFTER_SECONDS),
        Rotation::AtOnce => now,
    };
    let private = SigningKey::generate_for(algorithm).map_err(Error::internal)?;
    repo::end_before(tx, (algorithm, number), (from, removed))?;
    add(tx, master, (&private, number, from), act)?;
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

/// Keeps `private` as the issuer's first key of its algorithm, which signs at once, unless there is
/// one. Only operators there are get one, and the platform.
///
/// # Errors
/// `operator.unknown`
pub(super) fn keep_first(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (algorithm, private): (SigningAlgorithm, &[u8]),
) -> Result<()> {
    let number = next_number(tx)?;
    if repo::published(tx)?.iter().any(|key| key.algorithm == algorithm) {
        return Ok(());
    }
    if tx.operator() != Scope::PLATFORM {
        operators::find_operator(tx)?;
    }
    let now = tx.now();
    add(tx, master, (private, number, now), "signing_key.created")
}

/// The number of the key to be. Read before it is looked whether one is needed: a key that another
/// node makes in between has taken the number, and the transaction runs again and finds it.
fn next_number(tx: &mut Tx<'_>) -> Result<i64> {
    Ok(repo::last_number(tx)? + 1)
}

fn add(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (private, number, from): (&[u8], i64, Instant),
    act: &'static str,
) -> Result<()> {
    let key = SigningKey::from_pkcs8(private).map_err(Error::internal)?;
    let sealed = master.seal(tx.operator(), PURPOSE, private)?;
    let public = serde_json::to_string(key.public_jwk()).map_err(Error::internal)?;
    repo::insert(tx, (number, key.algorithm(), key.kid()), (sealed, &public), from)?;
    tx.touch(None);
    let detail = json!({"signs_from": from.rfc3339_jst(), "algorithm": key.algorithm().name()});
    record(tx, &Entry::new(act, key.kid()).version(number).detail(detail))
}
