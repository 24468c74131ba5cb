//! When what was last touched by a commit: for caches of things that depend on several others, which are
//! known only once they are read.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Db, Touched};

/// Names share places; more places, fewer things read again for nothing. Eight bytes each.
const PLACES: usize = 16_384;

/// The number of the last commit that touched each thing. Bounded, whatever is touched: names that share a
/// place count as touched together.
pub struct LastTouched {
    commits: AtomicU64,
    operators: AtomicU64,
    places: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// A moment between two commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

impl LastTouched {
    /// One that listens to the commits of `db` from now on.
    #[must_use]
    pub fn watch(db: &Db) -> Arc<Self> {
        let all = Arc::new(Self::new());
        let told = Arc::clone(&all);
        db.on_commit(Box::new(move |touched| told.note(touched)));
        all
    }

    fn new() -> Self {
        Self {
            commits: AtomicU64::new(0),
            operators: AtomicU64::new(0),
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    fn note(&self, touched: &[Touched]) {
        let commit = self.commits.fetch_add(1, Ordering::AcqRel) + 1;
        for one in touched {
            let place = match &one.key {
                Some(key) => self.place(&one.operator, key),
                None => Some(&self.operators),
            };
            if let Some(place) = place {
                place.fetch_max(commit, Ordering::AcqRel);
            }
        }
    }

    fn place(&self, operator: &str, key: &str) -> Option<&AtomicU64> {
        let hash = self.hasher.hash_one((operator, key));
        self.places.get(usize::try_from(hash % PLACES as u64).unwrap_or(0))
    }

    /// The moment now. Take it *before* the database is asked: what a commit touches while something is read
    /// then counts as touched since.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.commits.load(Ordering::Acquire))
    }

    /// Whether no commit since `mark` touched one of the `keys` of `operator`, or facts of operators
    /// themselves.
    #[must_use]
    pub fn is_untouched(&self, mark: Mark, operator: &str, keys: &[&str]) -> bool {
        let since = |place: &AtomicU64| place.load(Ordering::Acquire) > mark.0;
        let own = keys.iter().filter_map(|key| self.place(operator, key));
        !since(&self.operators) && !own.into_iter().any(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Scope;

    fn touched(operator: &str, key: Option<&str>) -> Touched {
        Touched { operator: operator.into(), key: key.map(Into::into) }
    }

    #[test]
    fn what_was_touched_after_the_mark_is_not_relied_on() {
        let all = LastTouched::new();
        let mark = all.mark();
        assert!(all.is_untouched(mark, "kita", &["A-001", "per_1"]));
        all.note(&[touched("kita", Some("per_1"))]);
        assert!(!all.is_untouched(mark, "kita", &["A-001", "per_1"]));
        assert!(all.is_untouched(all.mark(), "kita", &["A-001", "per_1"]), "read again since");
    }

    #[test]
    fn a_fact_of_an_operator_touches_everything() {
        for operator in ["kita", Scope::PLATFORM] {
            let all = LastTouched::new();
            let mark = all.mark();
            all.note(&[touched(operator, None)]);
            assert!(!all.is_untouched(mark, "kita", &[]), "{operator}");
        }
    }
}
