//! Facts about an operator that change rarely and are read in every transaction: policies, products,
//! receivers. Kept in memory, dropped by the commit that touches the operator.
//!
//! On a database shared by several nodes a fact is read again after a second, so that a change made
//! by another node counts at the latest then, whether its news arrived or not.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::kernel::Scope;

use super::Touched;

const SHARED_AGE: Duration = Duration::from_secs(1);

type Fact = Arc<dyn Any + Send + Sync>;

struct Known {
    fact: Fact,
    read: Instant,
}

/// Operators' facts by type.
pub(super) struct Facts {
    known: RwLock<HashMap<Arc<str>, HashMap<TypeId, Known>>>,
    /// Counts invalidations: a fact read before one must not be kept after it.
    generation: AtomicU64,
    shared: bool,
}

impl Facts {
    pub(super) fn new(shared: bool) -> Self {
        Self { known: RwLock::new(HashMap::new()), generation: AtomicU64::new(0), shared }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn find<T: Any + Send + Sync>(&self, operator: &str) -> Option<Arc<T>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let one = known.get(operator)?.get(&TypeId::of::<T>())?;
        if self.shared && one.read.elapsed() > SHARED_AGE {
            return None;
        }
        Arc::clone(&one.fact).downcast::<T>().ok()
    }

    /// Keeps a fact read by a transaction that began at `generation`, unless something was
    /// invalidated meanwhile.
    pub(super) fn keep<T: Any + Send + Sync>(&self, operator: &str, fact: Arc<T>, generation: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation() == generation {
            let entry = Known { fact, read: Instant::now() };
            known.entry(operator.into()).or_default().insert(TypeId::of::<T>(), entry);
        }
    }

    pub(super) fn forget(&self, touched: &[Touched]) {
        for one in touched.iter().filter(|one| one.key.is_none()) {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            self.generation.fetch_add(1, Ordering::AcqRel);
            if &*one.operator == Scope::PLATFORM {
                known.clear();
            } else {
                known.remove(&one.operator);
                // What the platform knows may be about any of its operators.
                known.remove(Scope::PLATFORM);
            }
        }
    }
}
