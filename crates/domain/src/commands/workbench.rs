//! The households a transaction's commands work on: loaded once, changed in memory, saved once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use base::kernel::{Error, Result};
use base::store::Tx;
use serde::{Deserialize, Serialize};

use crate::boxes::{self, SetTopBox};
use crate::catalogue::{self, Catalogue};
use crate::credentials;
use crate::entitlements::{self, Keyring};
use crate::operators::{self, Operator};
use crate::sessions;
use crate::subscribers::{self, Household, Key, Load, Person, Stored};

use super::{Command, Op};

/// A household with its keys, as undo keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Whole {
    pub(super) household: Household,
    pub(super) keyring: Keyring,
    /// `None`: nothing asked for them, so they stay as they are.
    #[serde(default)]
    pub(super) boxes: Option<Vec<SetTopBox>>,
    /// That persons and keys (and boxes, since they are known) were read too: what was not read is empty here, and
    /// there all the same. Absent in images kept before this was noted.
    #[serde(default)]
    pub(super) complete: bool,
}

/// What is read of households beside the contracts.
pub(super) struct Needs {
    pub(super) load: Load,
    pub(super) keys: bool,
    /// Their boxes, and who has these serials.
    pub(super) boxes: Option<Vec<String>>,
}

impl Whole {
    /// The household as it is written: its contract says whether there are boxes.
    fn written(&self) -> Household {
        let mut household = self.household.clone();
        if let Some(boxes) = &self.boxes {
            household.contract.has_boxes = !boxes.is_empty();
        }
        household
    }
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
    /// The members of what changed, as of the last change: the next one counts for whom it changes.
    marked: HashMap<Key, Vec<Person>>,
    ended: Vec<Ended>,
    /// Boxes of households that are not on the bench: serial and whose.
    elsewhere: BTreeSet<String>,
    /// Whose boxes go with whom, unread: from and to.
    moved: Vec<(Key, Key)>,
}

/// What ends for persons.
pub(super) struct Ended {
    /// Whose.
    pub(super) persons: Vec<String>,
    /// What of theirs.
    pub(super) what: Ending,
}

/// How much ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Ending {
    /// The letter alone.
    Letter,
    /// Letter, sessions and authorizations.
    Access,
    /// And the password; the login id stays theirs until they choose another one.
    Password,
    /// And the login id.
    Credentials,
}

impl Workbench {
    /// Loads what `commands` need: 2 to 4 statements for any number of them, and the operator's facts
    /// when they are not in memory.
    pub(super) fn load(tx: &mut Tx<'_>, commands: &[&Command]) -> Result<Self> {
        let what = match commands {
            [only] if only.person_no == 0 && !needs_persons(only.op) => Load::ForContractChange,
            _ => Load::ForChange,
        };
        let boxes = commands.iter().any(|one| one.op.needs_boxes()).then(|| serials_of(commands));
        let keys = commands.iter().any(|command| command.op.needs_keys());
        Self::load_numbers(tx, numbers_of(commands), Needs { load: what, keys, boxes })
    }

    /// Loads all there is of the households of `commands`: for what is kept to be taken back, and for what others
    /// are rehearsed upon.
    pub(super) fn load_whole(tx: &mut Tx<'_>, commands: &[&Command]) -> Result<Self> {
        let boxes = Some(serials_of(commands));
        Self::load_numbers(
            tx,
            numbers_of(commands),
            Needs { load: Load::ForChange, keys: true, boxes },
        )
    }

    pub(super) fn load_numbers(
        tx: &mut Tx<'_>,
        numbers: Vec<String>,
        needs: Needs,
    ) -> Result<Self> {
        let operator = tx.operator_fact(operators::find_operator)?;
        let catalogue = tx.operator_fact(catalogue::load)?;
        let households = subscribers::load(tx, numbers.clone(), needs.load)?;
        let mut keyrings: HashMap<Key, Keyring> = if needs.keys && !households.is_empty() {
            entitlements::load(tx, numbers.clone())?
        } else {
            HashMap::new()
        };
        let complete = needs.keys && needs.boxes.is_some() && needs.load != Load::ForContractChange;
        let mut found = match needs.boxes {
            Some(serials) => Some(load_boxes(tx, &households, (numbers.clone(), serials))?),
            None => None,
        };
        let before: BTreeMap<Key, Whole> = households
            .into_iter()
            .map(|household| {
                let key = household.key();
                let keyring = keyrings.remove(&key).unwrap_or_default();
                let boxes = found.as_mut().map(|all| all.remove(&key).unwrap_or_default());
                (key, Whole { household, keyring, boxes, complete })
            })
            .collect();
        let others = found.into_iter().flat_map(HashMap::into_values).flatten();
        let elsewhere = others.map(|one| one.serial).collect();
        let changed = BTreeSet::new();
        let (now, ended) = (before.clone(), Vec::new());
        Ok(Self {
            operator,
            catalogue,
            numbers,
            now,
            before,
            changed,
            marked: HashMap::new(),
            ended,
            elsewhere,
            moved: Vec::new(),
        })
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

    /// The newest contract of a number, also an erased one. A start that was taken back is none.
    pub(super) fn newest(&self, number: &str) -> Option<&Whole> {
        let real = |whole: &&Whole| whole.household.contract.stored != Stored::Void;
        generations(&self.now, number).rev().map(|(_, whole)| whole).find(real)
    }

    /// The generation a contract that nobody has a number for yet begins with: 0, or that of a start
    /// that was taken back, whose row is used again.
    pub(super) fn first_generation(&self, number: &str, wanted: Option<i64>) -> i64 {
        let void = generations(&self.now, number).next_back().map_or(0, |(key, _)| key.generation);
        wanted.unwrap_or(0).max(void)
    }

    /// The generation a number is free for: nobody has it, or who had it is erased.
    pub(super) fn free_generation(&self, number: &str) -> Option<i64> {
        match self.newest(number).map(|whole| &whole.household.contract) {
            None => Some(self.first_generation(number, None)),
            Some(known) if known.stored == Stored::Purged => Some(known.generation + 1),
            Some(_) => None,
        }
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Whole> {
        self.now.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Result<&mut Whole> {
        self.now
            .get_mut(key)
            .ok_or_else(|| Error::not_found(subscribers::UNKNOWN, key.number.clone()))
    }

    /// In which household a box with this serial stands: `None` when in none, `Some(None)` when in one
    /// that is not on the bench. Only for serials the bench was loaded for.
    pub(super) fn holder(&self, serial: &str) -> Option<Option<&Key>> {
        let mut wholes = self.now.iter();
        let has = |whole: &Whole| whole.boxes.iter().flatten().any(|one| one.serial == serial);
        match wholes.find(|(_, whole)| has(whole)) {
            Some((key, _)) => Some(Some(key)),
            None => self.elsewhere.contains(serial).then_some(None),
        }
    }

    pub(super) fn insert(&mut self, whole: Whole) {
        self.now.insert(whole.household.key(), whole);
    }

    /// Lets the next change of `key` count for the members who differ from `persons`.
    pub(super) fn compare_with(&mut self, key: &Key, persons: Vec<Person>) {
        self.marked.insert(key.clone(), persons);
    }

    /// Counts a change of `key` by `cause`: every change once. Its version is the next one of its number, whatever
    /// the generation: receivers hear the number as one stream.
    pub(super) fn mark_changed(&mut self, tx: &mut Tx<'_>, key: &Key, cause: &str) {
        let known = [&self.now, &self.before].into_iter();
        let versions = known.flat_map(|wholes| generations(wholes, &key.number));
        let newest = versions.map(|(_, whole)| whole.household.contract.version).max();
        if let Some(whole) = self.now.get_mut(key) {
            let before = self.before.get(key).map(|whole| &whole.household.persons);
            let was = self.marked.get(key).or(before).map(Vec::as_slice).unwrap_or_default();
            whole.household.mark(newest.unwrap_or(0) + 1, was, (tx.now(), cause));
            let persons = whole.household.persons.clone();
            self.compare_with(key, persons);
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

    /// Ends something of these persons. Their households have to be marked as changed.
    pub(super) fn end(&mut self, ended: Ended) {
        if ended.what >= Ending::Access {
            // All at once, and whatever there is: what was given under the number before is over.
            let households = self.now.values_mut().map(|whole| &mut whole.household);
            let persons = households.flat_map(|household| &mut household.persons);
            for person in persons.filter(|one| ended.persons.contains(&one.person_id)) {
                person.access_no += 1;
            }
        }
        if !ended.persons.is_empty() {
            self.ended.push(ended);
        }
    }

    /// Ends what the household as a whole was let in by. It has to be marked as changed.
    pub(super) fn end_household(&mut self, key: &Key) {
        if let Some(whole) = self.now.get_mut(key) {
            whole.household.contract.access_no += 1;
        }
    }

    /// The access number a contract begins with at `key`: above that of a start that was taken back, whose row is
    /// used again.
    pub(super) fn next_access(&self, key: &Key) -> i64 {
        self.get(key).map_or(0, |whole| whole.household.contract.access_no + 1)
    }

    fn save_ended(&self, tx: &mut Tx<'_>) -> Result<()> {
        let of = |what: Ending| -> Vec<String> {
            let all = self.ended.iter().filter(|one| one.what == what);
            all.flat_map(|one| one.persons.iter().cloned()).collect()
        };
        let letters = of(Ending::Letter);
        if !letters.is_empty() {
            credentials::kill_letters(tx, letters)?;
        }
        let passwords = of(Ending::Password);
        if !passwords.is_empty() {
            credentials::forget_passwords(tx, passwords)?;
        }
        let credentials = of(Ending::Credentials);
        if !credentials.is_empty() {
            sessions::forget_consents(tx, credentials.clone())?;
            credentials::forget_credentials(tx, credentials)?;
        }
        Ok(())
    }

    /// Writes what changed.
    pub(super) fn save(&self, tx: &mut Tx<'_>) -> Result<()> {
        let pick = |from: &BTreeMap<Key, Whole>| -> (Vec<Household>, HashMap<Key, Keyring>) {
            self.changed
                .iter()
                .filter_map(|key| from.get(key).map(|whole| (key.clone(), whole)))
                .map(|(key, whole)| (whole.written(), (key, whole.keyring.clone())))
                .unzip()
        };
        let (old_households, old_keys) = pick(&self.before);
        let (households, keys) = pick(&self.now);
        self.save_ended(tx)?;
        subscribers::save(tx, &old_households, &households)?;
        entitlements::save(tx, &old_keys, &keys)?;
        self.save_boxes(tx)
    }

    /// The boxes of `from`, which nobody read, go to `to`.
    pub(super) fn move_boxes(&mut self, from: Key, to: Key) {
        self.moved.push((from, to));
    }

    fn save_boxes(&self, tx: &mut Tx<'_>) -> Result<()> {
        let of = |from: &BTreeMap<Key, Whole>| -> Vec<(Key, SetTopBox)> {
            let changed = self.changed.iter().filter(|key| {
                // Boxes nobody looked at, before or now, are as they were.
                self.now.get(*key).is_some_and(|whole| whole.boxes.is_some())
            });
            let wholes = changed.filter_map(|key| from.get(key).map(|whole| (key, whole)));
            let each = wholes.flat_map(|(key, whole)| {
                whole.boxes.iter().flatten().map(|one| (key.clone(), one.clone()))
            });
            each.collect()
        };
        boxes::save(tx, &of(&self.before), &of(&self.now))?;
        boxes::move_all(tx, &self.moved)
    }
}

/// The contract numbers of `commands`, each once.
fn numbers_of(commands: &[&Command]) -> Vec<String> {
    let named = commands.iter().flat_map(|one| [Some(&one.number), one.new_number.as_ref()]);
    let numbers: BTreeSet<String> = named.flatten().cloned().collect();
    numbers.into_iter().collect()
}

/// The serials of the boxes that `commands` put up.
fn serials_of(commands: &[&Command]) -> Vec<String> {
    commands.iter().filter_map(|one| one.new_device.clone()).collect()
}

/// The boxes of `households`, and whoever has these serials. The locked rows of the contracts say whether
/// there are any, so that households without boxes, the most by far, are not asked.
fn load_boxes(
    tx: &mut Tx<'_>,
    households: &[Household],
    (numbers, serials): (Vec<String>, Vec<String>),
) -> Result<HashMap<Key, Vec<SetTopBox>>> {
    let any = households.iter().any(|household| household.contract.has_boxes);
    if households.is_empty() || (!any && serials.is_empty()) {
        return Ok(HashMap::new());
    }
    boxes::load(tx, (numbers, serials))
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
    // A start of what is there may change the owner's attributes; so does ATTR. A stop ends the
    // sessions of all members.
    matches!(op, Op::Start | Op::Attr | Op::Replace | Op::Stop)
}
