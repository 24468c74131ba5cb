//! The households a transaction's commands work on: loaded once, changed in memory, saved once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use base::kernel::{Error, Result};
use base::store::Tx;
use serde::{Deserialize, Serialize};

use crate::catalogue::{self, Catalogue};
use crate::entitlements::{self, Keyring};
use crate::operators::{self, Operator};
use crate::subscribers::{self, Household, Key, Load, Stored};

use super::{Command, Op};

/// A household with its keys, as undo keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Whole {
    pub(super) household: Household,
    pub(super) keyring: Keyring,
}

/// Households that were changed, as they are now.
pub(super) type Changed = BTreeMap<Key, Whole>;

/// What commands work on.
pub(super) struct Workbench {
    pub(super) operator: Arc<Operator>,
    pub(super) catalogue: Arc<Catalogue>,
    numbers: Vec<String>,
    before: BTreeMap<Key, Whole>,
    now: BTreeMap<Key, Whole>,
    changed: BTreeSet<Key>,
}

impl Workbench {
    /// Loads what `commands` need: 2 to 4 statements for any number of them, and the operator's facts
    /// when they are not in memory.
    pub(super) fn load(tx: &mut Tx<'_>, commands: &[&Command]) -> Result<Self> {
        let numbers: BTreeSet<String> = commands
            .iter()
            .flat_map(|command| [Some(&command.number), command.new_number.as_ref()])
            .flatten()
            .cloned()
            .collect();
        let numbers: Vec<String> = numbers.into_iter().collect();
        let what = match commands {
            [only] if only.person_no == 0 && !needs_persons(only.op) => Load::ForContractChange,
            _ => Load::ForChange,
        };
        Self::load_numbers(tx, numbers, (what, commands.iter().any(|c| c.op.needs_keys())))
    }

    pub(super) fn load_numbers(
        tx: &mut Tx<'_>,
        numbers: Vec<String>,
        (what, keys): (Load, bool),
    ) -> Result<Self> {
        let operator = tx.operator_fact(operators::find_operator)?;
        let catalogue = tx.operator_fact(catalogue::load)?;
        let households = subscribers::load(tx, numbers.clone(), what)?;
        let mut keyrings: HashMap<Key, Keyring> = if keys && !households.is_empty() {
            entitlements::load(tx, numbers.clone())?
        } else {
            HashMap::new()
        };
        let before: BTreeMap<Key, Whole> = households
            .into_iter()
            .map(|household| {
                let keyring = keyrings.remove(&household.key()).unwrap_or_default();
                (household.key(), Whole { household, keyring })
            })
            .collect();
        let changed = BTreeSet::new();
        Ok(Self { operator, catalogue, numbers, now: before.clone(), before, changed })
    }

    /// The key a command is about: the generation it names, or the latest that is not erased.
    pub(super) fn key(&self, number: &str, generation: Option<i64>) -> Option<Key> {
        let wanted = |key: &&Key| generation.is_none_or(|wanted| wanted == key.generation);
        generations(&self.now, number)
            .rev()
            .filter(|(_, whole)| {
                !matches!(whole.household.contract.stored, Stored::Purged | Stored::Void)
            })
            .map(|(key, _)| key)
            .find(wanted)
            .cloned()
    }

    /// The newest row of a number, whatever its state.
    pub(super) fn newest(&self, number: &str) -> Option<&Whole> {
        generations(&self.now, number).next_back().map(|(_, whole)| whole)
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Whole> {
        self.now.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Result<&mut Whole> {
        self.now
            .get_mut(key)
            .ok_or_else(|| Error::not_found(subscribers::UNKNOWN, key.number.clone()))
    }

    pub(super) fn insert(&mut self, whole: Whole) {
        self.now.insert(whole.household.key(), whole);
    }

    /// Counts a change of `key`: its version grows by one, every change once.
    pub(super) fn mark_changed(&mut self, tx: &mut Tx<'_>, key: &Key) {
        if let Some(whole) = self.now.get_mut(key) {
            whole.household.contract.version += 1;
            whole.household.contract.updated = tx.now();
        }
        tx.touch(Some(&key.number));
        self.changed.insert(key.clone());
    }

    /// What changed: how it was (`None`: it was not), and its version now.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&Key, Option<&Whole>, i64)> {
        self.changed.iter().filter_map(|key| {
            let version = self.now.get(key)?.household.contract.version;
            Some((key, self.before.get(key), version))
        })
    }

    /// Puts what a rehearsal changed earlier over what was loaded.
    pub(super) fn overlay(&mut self, changed: &Changed) {
        for (key, whole) in self.numbers.iter().flat_map(|number| generations(changed, number)) {
            self.now.insert(key.clone(), whole.clone());
        }
    }

    /// What changed, as it is now.
    pub(super) fn into_changed(mut self) -> Changed {
        self.now.retain(|key, _| self.changed.contains(key));
        self.now
    }

    /// Writes what changed.
    pub(super) fn save(&self, tx: &mut Tx<'_>) -> Result<()> {
        let pick = |from: &BTreeMap<Key, Whole>| -> (Vec<Household>, HashMap<Key, Keyring>) {
            self.changed
                .iter()
                .filter_map(|key| from.get(key).map(|whole| (key.clone(), whole)))
                .map(|(key, whole)| (whole.household.clone(), (key, whole.keyring.clone())))
                .unzip()
        };
        let (old_households, old_keys) = pick(&self.before);
        let (households, keys) = pick(&self.now);
        subscribers::save(tx, &old_households, &households)?;
        entitlements::save(tx, &old_keys, &keys)
    }
}

/// All generations of a number, the oldest first.
fn generations<'a>(
    wholes: &'a Changed,
    number: &str,
) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Whole)> + use<'a> {
    let from = Key { number: number.to_owned(), generation: 0 };
    let to = Key { number: number.to_owned(), generation: i64::MAX };
    wholes.range(from..=to)
}

const fn needs_persons(op: Op) -> bool {
    // A start of what is there may change the owner's attributes; so does ATTR.
    matches!(op, Op::Start | Op::Attr | Op::Replace)
}
