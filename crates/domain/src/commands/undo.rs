//! Taking a set of commands back as one: each household returns to how it stood, unless something
//! else changed it meanwhile.

use std::collections::HashMap;

use base::kernel::{Error, Result};
use base::records::{self, Entry, inbox};
use base::store::Tx;
use serde_json::json;

use crate::subscribers::{Key, Load, Person, PersonState, Stored, cause_of};

use super::workbench::{Ended, Ending, Needs, Whole, Workbench};

/// How a household stood before commands changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// Which household.
    pub key: Key,
    /// The version it had before the commands; 0: it was not.
    pub version_before: i64,
    /// The version it had after the commands: by this a later change is seen.
    pub version_after: i64,
    /// The household as it was, JSON; `null`: it was not.
    pub image: String,
}

/// What became of one household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// It stands as before.
    Restored(Key),
    /// Something else changed it since, or its number is in use again, or an earlier release kept too little of
    /// it; left as it is. The version it has now.
    Conflict(Key, i64),
}

impl Before {
    pub(super) fn of((key, whole, version): (&Key, Option<&Whole>, i64)) -> Result<Self> {
        // Put back, it would take away what was not read.
        if whole.is_some_and(|whole| !whole.complete) {
            return Err(Error::internal("a household is kept that was not read whole"));
        }
        let image = serde_json::to_string(&whole).map_err(Error::internal)?;
        let version_before = whole.map_or(0, |whole| whole.household.contract.version);
        Ok(Self { key: key.clone(), version_before, version_after: version, image })
    }
}

/// Forgets that these requests were answered, because what they did was taken back: sent again, they
/// count.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_answers(tx: &mut Tx<'_>, request_ids: Vec<String>) -> Result<()> {
    inbox::forget_these(tx, super::bus::INBOX, request_ids)
}

/// Restores each household to its image. One that was changed later is left alone and named.
/// With `check` nothing is written: the same answer, as a rehearsal.
///
/// # Errors
/// `undo.unreadable` — an image is not one of ours.
pub fn restore(tx: &mut Tx<'_>, all: &[Before], check: bool) -> Result<Vec<Undone>> {
    let numbers: Vec<String> = all.iter().map(|one| one.key.number.clone()).collect();
    let images = all.iter().map(|one| read(&one.image)).collect::<Result<Vec<_>>>()?;
    let serials = serials(images.iter().flatten());
    let needs = Needs { load: Load::ForChange, keys: true, boxes: Some(serials) };
    let mut bench = Workbench::load_numbers(tx, numbers, needs)?;
    let cause = cause_of(tx);
    let members = members(&bench, all);
    let mut undone = Vec::with_capacity(all.len());
    for (one, image) in all.iter().zip(images) {
        let version = bench.get(&one.key).map_or(0, |whole| whole.household.contract.version);
        if version != one.version_after
            || came_back(&bench, (one, image.as_ref()), all)
            || image.as_ref().is_some_and(Whole::may_lack)
            || image.as_ref().is_some_and(|image| stands_elsewhere(&bench, image, all))
        {
            undone.push(Undone::Conflict(one.key.clone(), version));
            continue;
        }
        undone.push(Undone::Restored(one.key.clone()));
        if check {
            continue;
        }
        let whole = bench.get_mut(&one.key)?;
        let mut persons = Vec::new();
        match image {
            Some(mut image) => {
                // Members are dated as they were, but for whom the way back changes.
                persons.clone_from(&image.household.persons);
                image.household.contract.version = version;
                let ended = whole.household.contract.access_no;
                let before = &mut image.household.contract.access_no;
                *before = (*before).max(ended);
                image
                    .household
                    .persons
                    .iter_mut()
                    .for_each(|person| without_password(person, &members));
                // A picture nobody took the boxes into leaves them as they are.
                image.boxes = image.boxes.or_else(|| whole.boxes.take());
                *whole = image;
            }
            None => {
                whole.household.void();
                whole.keyring.grants.clear();
                whole.boxes = Some(Vec::new());
            }
        }
        bench.compare_with(&one.key, persons);
        bench.mark_changed(tx, &one.key, &cause);
        record(tx, &bench, &one.key)?;
    }
    if !check {
        end_letters(&mut bench, all, &members);
        bench.save(tx)?;
    }
    Ok(undone)
}

fn read(image: &str) -> Result<Option<Whole>> {
    serde_json::from_str(image).map_err(|_| Error::refused("undo.unreadable"))
}

fn serials<'w>(wholes: impl Iterator<Item = &'w Whole>) -> Vec<String> {
    let boxes = wholes.flat_map(|whole| whole.boxes.iter().flatten());
    boxes.map(|one| one.serial.clone()).collect()
}

/// Whether a box that would come back stands in another household meanwhile, which is not taken back
/// here as well.
fn stands_elsewhere(bench: &Workbench, image: &Whole, all: &[Before]) -> bool {
    let back = |holder: &Key| {
        let version = bench.get(holder).map(|whole| whole.household.contract.version);
        all.iter().any(|one| one.key == *holder && Some(one.version_after) <= version)
    };
    let mut boxes = image.boxes.iter().flatten();
    boxes.any(|one| {
        bench.holder(&one.serial).is_some_and(|holder| holder.is_none_or(|key| !back(key)))
    })
}

/// Whether the number is in use again, as the next generation and by something else than what is taken
/// back here, so that the life before it can not go on.
fn came_back(bench: &Workbench, (one, image): (&Before, Option<&Whole>), all: &[Before]) -> bool {
    let newest = bench.newest(&one.key.number).map(|whole| whole.household.key());
    if newest.is_none_or(|newest| newest == one.key || all.iter().any(|too| too.key == newest)) {
        return false;
    }
    image.is_some_and(|whole| whole.household.contract.stored == Stored::Open)
}

impl Whole {
    /// Kept before it was noted what was read, and perhaps without its persons or keys: it is left alone.
    fn may_lack(&self) -> bool {
        let empty = self.household.persons.is_empty() || self.keyring.grants.is_empty();
        !self.complete && empty
    }
}

/// The members of these households, by id: one may stand under another number afterwards.
type Members = HashMap<String, Person>;

fn members(bench: &Workbench, all: &[Before]) -> Members {
    let households = all.iter().filter_map(|one| bench.get(&one.key));
    let persons = households.flat_map(|whole| &whole.household.persons);
    persons.map(|person| (person.person_id.clone(), person.clone())).collect()
}

/// A password that was taken away does not come back with the picture: the member stands there as
/// invited, and registers by a new letter.
fn without_password(person: &mut Person, members: &Members) {
    let Some(now) = members.get(&person.person_id) else { return };
    // Nor does what was ended meanwhile.
    person.access_no = person.access_no.max(now.access_no);
    let had = |one: &Person| match one.state {
        PersonState::Active => true,
        PersonState::Stopped => one.stopped_from == Some(PersonState::Active),
        PersonState::Invited | PersonState::Purged => false,
    };
    if had(person) && !had(now) {
        match person.state {
            PersonState::Stopped => person.stopped_from = Some(PersonState::Invited),
            _ => person.state = PersonState::Invited,
        }
    }
}

/// Letters of members who are not as they were a moment ago are dead; who is gone is signed out.
fn end_letters(bench: &mut Workbench, all: &[Before], before: &Members) {
    let after = members(bench, all);
    let gone: Vec<String> = before.keys().filter(|id| !after.contains_key(*id)).cloned().collect();
    let other = |one: &&Person| before.get(&one.person_id).is_none_or(|known| known != *one);
    let changed = after.values().filter(other).map(|one| one.person_id.clone()).collect();
    bench.end(Ended { persons: gone, what: Ending::Access });
    bench.end(Ended { persons: changed, what: Ending::Letter });
}

fn record(tx: &mut Tx<'_>, bench: &Workbench, key: &Key) -> Result<()> {
    let Some(whole) = bench.get(key) else { return Ok(()) };
    let version = whole.household.contract.version;
    let state = whole.household.standing(tx.now()).as_str();
    let payload = json!({
        "contract": key.number, "generation": key.generation, "version": version, "state": state,
        "at": tx.now().rfc3339_jst(),
    });
    let label = key.label();
    let entry = Entry::new("contract.restored", &label)
        .version(version)
        .detail(json!({"state": state}))
        .event(&key.number, payload);
    records::record(tx, &entry)
}
