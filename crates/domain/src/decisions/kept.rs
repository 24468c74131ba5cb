//! What is kept in memory: households by number, subjects by name, stations; and when it is dropped.
//!
//! A commit drops what it touched before its caller is answered, so on one node a stale answer can
//! not be given at all. Something read *before* a commit must not be put in *after* it: each number
//! belongs to one of many gates, which count what was dropped behind them. On a database shared by
//! several nodes what was not checked for [`FRESH_MS`] is checked before use, whether the news of
//! the other node arrived or not; so a stale permit never outlives a second.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};

use base::kernel::Scope;
use base::store::Touched;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::aggregate::Aggregate;
use super::question::Station;
use super::repo::Place;

/// Milliseconds for which a fact of a shared database is relied on without asking.
pub(super) const FRESH_MS: i64 = 700;
/// Numbers share gates; more gates, fewer answers read again for nothing.
const GATES: usize = 1024;

/// Milliseconds since the process began; this clock is about ages, not about the time of day.
pub(super) fn age_clock() -> i64 {
    static BEGAN: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    i64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Operator and contract number, or operator and subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    operator: Arc<str>,
    own: Arc<str>,
}

/// The same, borrowed.
#[derive(Debug, Clone, Copy, Hash)]
pub(super) struct NameRef<'n> {
    pub(super) operator: &'n str,
    pub(super) own: &'n str,
}

impl NameRef<'_> {
    fn owned(self) -> Name {
        Name { operator: self.operator.into(), own: self.own.into() }
    }
}

impl Equivalent<Name> for NameRef<'_> {
    fn equivalent(&self, name: &Name) -> bool {
        *self.operator == *name.operator && *self.own == *name.own
    }
}

/// Something with the age of its last check.
#[derive(Debug)]
pub(super) struct Aged<T> {
    pub(super) fact: T,
    checked_ms: AtomicI64,
    epoch: u64,
}

impl<T> Aged<T> {
    /// Checked when `asked_ms` showed on the age clock, before the database was asked.
    fn new(fact: T, asked_ms: i64, epoch: u64) -> Arc<Self> {
        Arc::new(Self { fact, checked_ms: AtomicI64::new(asked_ms), epoch })
    }

    pub(super) fn is_fresh(&self) -> bool {
        age_clock() - self.checked_ms.load(Ordering::Relaxed) <= FRESH_MS
    }

    pub(super) fn checked_at(&self, asked_ms: i64) {
        self.checked_ms.fetch_max(asked_ms, Ordering::Relaxed);
    }
}

/// What was asked before something was read; [`Kept::keep`] compares it afterwards.
#[derive(Clone, Copy)]
pub(super) struct Ticket {
    asked_ms: i64,
    gate: u64,
    epoch: u64,
}

impl Ticket {
    pub(super) const fn asked_ms(self) -> i64 {
        self.asked_ms
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Name, Arc<Aged<Aggregate>>> for ByBytes {
    fn weight(&self, _: &Name, kept: &Arc<Aged<Aggregate>>) -> u64 {
        kept.fact.weight()
    }
}

/// One operator: its station, if it was read, and a count of the times its facts were dropped. No
/// two slots ever count alike, so what was kept under one that is gone is not taken for fresh.
struct Slot {
    epoch: AtomicU64,
    station: RwLock<Option<Arc<Aged<Arc<Station>>>>>,
}

/// Everything that is kept.
pub(super) struct Kept {
    households: Cache<Name, Arc<Aged<Aggregate>>, ByBytes>,
    subjects: Cache<Name, Arc<Place>>,
    slots: RwLock<HashMap<Arc<str>, Arc<Slot>>>,
    gates: Box<[Mutex<u64>]>,
    hasher: RandomState,
}

impl Kept {
    pub(super) fn new(household_bytes: u64, subjects: usize) -> Self {
        let households = usize::try_from(household_bytes / 2000).unwrap_or(usize::MAX);
        Self {
            households: Cache::with_weighter(households, household_bytes, ByBytes),
            subjects: Cache::new(subjects),
            slots: RwLock::new(HashMap::new()),
            gates: (0..GATES).map(|_| Mutex::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    fn slot_if_any(&self, operator: &str) -> Option<Arc<Slot>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(operator).map(Arc::clone)
    }

    fn slot(&self, operator: &str) -> Arc<Slot> {
        self.slot_if_any(operator).unwrap_or_else(|| {
            let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(operator.into()).or_insert_with(|| Arc::new(Slot::new())))
        })
    }

    fn gate(&self, name: NameRef<'_>) -> Option<&Mutex<u64>> {
        let at = usize::try_from(self.hasher.hash_one(name) % GATES as u64).unwrap_or(0);
        self.gates.get(at)
    }

    /// Taken before the database is asked about `name`.
    pub(super) fn ticket(&self, name: NameRef<'_>) -> Ticket {
        let gate = self.gate(name).map_or(0, |gate| *lock(gate));
        let epoch = self.slot(name.operator).epoch.load(Ordering::Acquire);
        Ticket { asked_ms: age_clock(), gate, epoch }
    }

    pub(super) fn household(&self, name: NameRef<'_>) -> Option<Arc<Aged<Aggregate>>> {
        let kept = self.households.get(&name)?;
        let slot = self.slot_if_any(name.operator)?;
        (kept.epoch == slot.epoch.load(Ordering::Acquire)).then_some(kept)
    }

    /// Keeps what was read, unless something was dropped behind the same gate since the ticket.
    pub(super) fn keep(
        &self,
        name: NameRef<'_>,
        fact: Aggregate,
        ticket: Ticket,
    ) -> Arc<Aged<Aggregate>> {
        let aged = Aged::new(fact, ticket.asked_ms, ticket.epoch);
        if let Some(gate) = self.gate(name) {
            let dropped = lock(gate);
            if *dropped == ticket.gate {
                self.households.insert(name.owned(), Arc::clone(&aged));
            }
        }
        aged
    }

    pub(super) fn subject(&self, name: NameRef<'_>) -> Option<Arc<Place>> {
        self.subjects.get(&name)
    }

    pub(super) fn keep_subject(&self, name: NameRef<'_>, place: Place) -> Arc<Place> {
        let place = Arc::new(place);
        self.subjects.insert(name.owned(), Arc::clone(&place));
        place
    }

    pub(super) fn forget_subject(&self, name: NameRef<'_>) {
        self.subjects.remove(&name);
    }

    pub(super) fn station(&self, operator: &str) -> Option<Arc<Aged<Arc<Station>>>> {
        let slot = self.slot_if_any(operator)?;
        slot.station.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ticket for reading a station.
    pub(super) fn station_ticket(&self, operator: &str) -> Ticket {
        let epoch = self.slot(operator).epoch.load(Ordering::Acquire);
        Ticket { asked_ms: age_clock(), gate: 0, epoch }
    }

    /// Keeps a station, unless its facts were dropped since the ticket.
    pub(super) fn keep_station(
        &self,
        operator: &str,
        station: Arc<Station>,
        ticket: Ticket,
    ) -> Arc<Aged<Arc<Station>>> {
        let aged = Aged::new(station, ticket.asked_ms, ticket.epoch);
        let slot = self.slot(operator);
        let mut place = slot.station.write().unwrap_or_else(PoisonError::into_inner);
        if slot.epoch.load(Ordering::Acquire) == ticket.epoch {
            *place = Some(Arc::clone(&aged));
        }
        aged
    }

    /// Forgets an operator nobody knows, so that made-up names do not pile up.
    pub(super) fn forget_operator(&self, operator: &str) {
        self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(operator);
    }

    /// Drops what a commit touched.
    pub(super) fn forget(&self, touched: &[Touched]) {
        for one in touched {
            match &one.key {
                Some(number) => {
                    let name = NameRef { operator: &one.operator, own: number };
                    if let Some(gate) = self.gate(name) {
                        let mut dropped = lock(gate);
                        *dropped += 1;
                        self.households.remove(&name);
                    }
                }
                None if *one.operator == *Scope::PLATFORM => self.forget_all(),
                None => self.slot_if_any(&one.operator).iter().for_each(|slot| slot.forget()),
            }
        }
    }

    fn forget_all(&self) {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.values().for_each(|slot| slot.forget());
    }
}

impl Slot {
    fn new() -> Self {
        static SLOTS: AtomicU64 = AtomicU64::new(0);
        let epoch = SLOTS.fetch_add(1, Ordering::Relaxed) << 32;
        Self { epoch: AtomicU64::new(epoch), station: RwLock::new(None) }
    }

    fn forget(&self) {
        let mut station = self.station.write().unwrap_or_else(PoisonError::into_inner);
        self.epoch.fetch_add(1, Ordering::AcqRel);
        *station = None;
    }
}

fn lock(gate: &Mutex<u64>) -> std::sync::MutexGuard<'_, u64> {
    gate.lock().unwrap_or_else(PoisonError::into_inner)
}
