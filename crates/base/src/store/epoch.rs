//! A count of the commits that touched facts of operators themselves: caches of such facts compare
//! it instead of being emptied.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Db;

/// Grows whenever clients, keys, policies or other facts of an operator change (not of a household).
///
/// Read it *before* loading and keep it with what was loaded: what was loaded while a commit passed
/// is then never taken for fresh.
#[derive(Debug, Default)]
pub struct Epoch {
    count: AtomicU64,
}

impl Epoch {
    /// One that counts the commits of `db` from now on.
    #[must_use]
    pub fn watch(db: &Db) -> Arc<Self> {
        let epoch = Arc::new(Self::default());
        let counted = Arc::clone(&epoch);
        db.on_commit(Box::new(move |touched| {
            if touched.iter().any(|one| one.key.is_none()) {
                counted.count.fetch_add(1, Ordering::AcqRel);
            }
        }));
        epoch
    }

    /// The count now.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }
}
