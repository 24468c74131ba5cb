//! The keys of every issuer in memory: parsed once, ready to sign and to verify.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base::kernel::{Actor, Change, Error, Instant, Result, Scope, clock};
use base::store::{Db, Epoch};
use formats::jose::{JwkSet, SigningAlgorithm, SigningKey, VerificationKeys};

use super::keys::{self, PURPOSE, ROTATED_EVERY_DAYS, Rotation};
use super::repo::{self, StoredKey};
use super::{Handles, MasterKey};

/// Keys are read again after this long even if no news of a change came.
const FRESH_SECONDS: i64 = 10;

/// One issuer's keys.
pub struct Ring {
    signers: Vec<(Instant, SigningKey)>,
    public: JwkSet,
    verifiers: VerificationKeys,
    loaded: Instant,
    epoch: u64,
}

impl Ring {
    /// The key that signs with the default at `now`, as [`Ring::signer_with`].
    ///
    /// # Errors
    /// `internal` when there is none, which can not be.
    pub fn signer(&self, now: Instant) -> Result<&SigningKey> {
        self.signer_with(SigningAlgorithm::default(), now)
    }

    /// The key that signs with `algorithm` at `now`: the newest that has begun. The very first key is
    /// made while its first signature waits, so it may have begun a moment after `now`.
    ///
    /// # Errors
    /// `internal` when there is none: the ring was not asked for with this algorithm
    /// ([`Signing::ring_with`]).
    pub fn signer_with(&self, algorithm: SigningAlgorithm, now: Instant) -> Result<&SigningKey> {
        let mut fitting = self.signers.iter().filter(|(_, key)| key.algorithm() == algorithm);
        let begun = fitting.clone().rfind(|(from, _)| *from <= now).or(fitting.next());
        begun.map(|(_, key)| key).ok_or_else(|| Error::internal("no signing key has begun"))
    }

    fn signs_with(&self, algorithm: SigningAlgorithm) -> bool {
        self.signers.iter().any(|(_, key)| key.algorithm() == algorithm)
    }

    /// The public keys to publish: the next one, the present one and those still needed.
    #[must_use]
    pub const fn public(&self) -> &JwkSet {
        &self.public
    }

    /// The keys our own tokens are verified with.
    #[must_use]
    pub const fn verifiers(&self) -> &VerificationKeys {
        &self.verifiers
    }

    fn of(operator: &str, master: &MasterKey, stored: &[StoredKey]) -> Result<Self> {
        let now = clock::now();
        let (mut signers, mut public) = (Vec::new(), Vec::new());
        for key in stored {
            public.push(serde_json::from_str(&key.public_jwk).map_err(Error::internal)?);
            if key.signs_until.is_none_or(|until| until > now) {
                let private = master.open(operator, PURPOSE, &key.private_sealed)?;
                let signer = SigningKey::from_pkcs8(&private).map_err(Error::internal)?;
                signers.push((key.signs_from, signer));
            }
        }
        let public = JwkSet { keys: public };
        let verifiers = VerificationKeys::of(&public);
        Ok(Self { signers, public, verifiers, loaded: now, epoch: 0 })
    }
}

/// Signing for all issuers, and everything else that needs the master key. One for the process.
pub struct Signing {
    db: Db,
    master: MasterKey,
    handles: Handles,
    epoch: Arc<Epoch>,
    rings: RwLock<HashMap<Arc<str>, Arc<Ring>>>,
}

impl Signing {
    /// Over `db`, with `master`. Reads nothing yet.
    #[must_use]
    pub fn new(db: &Db, master: MasterKey) -> Arc<Self> {
        Arc::new(Self {
            db: db.clone(),
            handles: Handles::new(&master),
            master,
            epoch: Epoch::watch(db),
            rings: RwLock::default(),
        })
    }

    /// The master key, to seal and open other secrets with.
    #[must_use]
    pub const fn master(&self) -> &MasterKey {
        &self.master
    }

    /// The writer and reader of handles.
    #[must_use]
    pub const fn handles(&self) -> &Handles {
        &self.handles
    }

    /// The issuer's keys, the first one made when there is none. `issuer`: an operator's code or
    /// [`Scope::PLATFORM`]. May read the database: call it outside of transactions.
    ///
    /// # Errors
    /// `master_key.differs` when they were sealed with another master key; `unavailable`.
    pub fn ring(&self, issuer: &str) -> Result<Arc<Ring>> {
        self.ring_with(issuer, SigningAlgorithm::default())
    }

    /// The issuer's keys as [`Signing::ring`], with one among them that signs with `algorithm`: made
    /// when the first client that wants it is answered, published and replaced like the default's.
    ///
    /// # Errors
    /// As [`Signing::ring`].
    pub fn ring_with(&self, issuer: &str, algorithm: SigningAlgorithm) -> Result<Arc<Ring>> {
        let now = clock::now();
        let known = {
            let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
            rings.get(issuer).map(Arc::clone)
        };
        match known {
            Some(ring) if self.is_fresh(&ring, now) && ring.signs_with(algorithm) => Ok(ring),
            _ => self.load(issuer, algorithm),
        }
    }

    fn is_fresh(&self, ring: &Ring, now: Instant) -> bool {
        ring.epoch == self.epoch.count() && ring.loaded.plus_seconds(FRESH_SECONDS) > now
    }

    fn load(&self, issuer: &str, algorithm: SigningAlgorithm) -> Result<Arc<Ring>> {
        let mut epoch = self.epoch.count();
        let scope = Scope::new(issuer, Actor::System, clock::now());
        let mut stored = self.db.read(&scope, repo::published)?;
        for each in [SigningAlgorithm::default(), algorithm] {
            if stored.iter().any(|key| key.algorithm == each) {
                continue;
            }
            let master = self.master.clone();
            // Made before the transaction: an RSA key takes its time, and others want to write.
            let private = SigningKey::generate_for(each).map_err(Error::internal)?;
            self.db.transact(&scope, move |tx| keys::keep_first(tx, &master, (each, &private)))?;
            epoch = self.epoch.count();
            stored = self.db.read(&scope, repo::published)?;
        }
        let ring = Arc::new(Ring { epoch, ..Ring::of(issuer, &self.master, &stored)? });
        let mut rings = self.rings.write().unwrap_or_else(PoisonError::into_inner);
        rings.insert(issuer.into(), Arc::clone(&ring));
        Ok(ring)
    }

    /// Replaces keys that have signed for [`ROTATED_EVERY_DAYS`]; run it now and then. Returns how
    /// many issuers got a new key.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn rotate_due(&self, now: Instant) -> Result<u64> {
        let (mut rotated, mut after) = (0, String::new());
        loop {
            let platform = Scope::new(Scope::PLATFORM, Actor::System, now);
            let issuers = self.db.read(&platform, |tx| repo::issuers(tx, &after, 200))?;
            let Some(last) = issuers.last() else { return Ok(rotated) };
            after.clone_from(last);
            for issuer in &issuers {
                let scope = Scope::new(issuer, Actor::System, now);
                let master = self.master.clone();
                // One issuer's trouble keeps no other from a new key; the next look tries again.
                match self.db.transact(&scope, move |tx| rotate_if_due(tx, &master)) {
                    Ok(change) => rotated += u64::from(change == Change::Made),
                    Err(error) => tracing::warn!(issuer, %error, "no new signing key"),
                }
            }
        }
    }
}

fn rotate_if_due(tx: &mut base::store::Tx<'_>, master: &MasterKey) -> Result<Change> {
    let due = tx.now().plus_days(-ROTATED_EVERY_DAYS);
    let published = repo::published(tx)?;
    let mut change = Change::Already;
    for algorithm in SigningAlgorithm::ALL {
        let own = published.iter().filter(|key| key.algorithm == algorithm);
        let Some(newest) = own.max_by_key(|key| key.number) else { continue };
        if newest.signs_from <= due
            && keys::rotate_one(tx, master, (algorithm, Rotation::Planned))? == Change::Made
        {
            change = Change::Made;
        }
    }
    Ok(change)
}
