//! What the station does with boxes by hand: put up, take away. A swap is a command
//! ([`super::Op::DeviceReplace`]).
//!
//! Through the workbench, so that a file that is taken back sees what came after it.

use base::kernel::{Error, Result};
use base::records::{self, Entry};
use base::store::Tx;
use serde_json::json;

use crate::boxes::{self, NewBox};
use crate::subscribers::{self, Key, Load, Stored};

use super::workbench::{Needs, Workbench};

/// Puts a box up in the latest household of `number`, and returns its handle.
///
/// # Errors
/// `contract.unknown`, `contract.stopped`, `device.in_use`, `device.too_many`, and what
/// [`NewBox::check`] refuses.
pub fn add_box(tx: &mut Tx<'_>, number: &str, new: &NewBox) -> Result<String> {
    new.check()?;
    let (mut bench, key) = load(tx, number, vec![new.serial.clone()])?;
    let taken = bench.holder(&new.serial).is_some();
    let whole = bench.get_mut(&key)?;
    if whole.household.contract.stored != Stored::Open {
        return Err(Error::refused(subscribers::STOPPED));
    }
    let box_id = tx.next_id("box");
    let boxes = whole.boxes.get_or_insert_default();
    boxes::put_up(boxes, (box_id.clone(), new, taken), tx.now())?;
    finish(tx, &mut bench, &key, ("device.added", &box_id))?;
    Ok(box_id)
}

/// Takes the box `box_id` away from the latest household of `number`; its serial is free again.
///
/// # Errors
/// `contract.unknown`; `device.unknown` — also somebody else's
pub fn remove_box(tx: &mut Tx<'_>, number: &str, box_id: &str) -> Result<()> {
    let (mut bench, key) = load(tx, number, Vec::new())?;
    let boxes = bench.get_mut(&key)?.boxes.get_or_insert_default();
    let before = boxes.len();
    boxes.retain(|one| one.box_id != box_id);
    if boxes.len() == before {
        return Err(Error::not_found(boxes::UNKNOWN, box_id));
    }
    finish(tx, &mut bench, &key, ("device.taken_away", box_id))
}

/// Takes down the key with which the box `box_id` of the latest household of `number` proves itself from now
/// on; what it was let in with before is over.
///
/// # Errors
/// `device.key_malformed`; `contract.unknown`; `device.unknown` — also somebody else's
pub fn set_box_key(tx: &mut Tx<'_>, number: &str, (box_id, key): (&str, &str)) -> Result<()> {
    boxes::check_public_key(key)?;
    let (mut bench, at) = load(tx, number, Vec::new())?;
    let boxes = bench.get_mut(&at)?.boxes.get_or_insert_default();
    let known = boxes.iter_mut().find(|one| one.box_id == box_id);
    let known = known.ok_or_else(|| Error::not_found(boxes::UNKNOWN, box_id))?;
    known.public_key = Some(key.to_owned());
    known.changed = tx.now();
    finish(tx, &mut bench, &at, ("device.key_set", box_id))
}

fn load(tx: &mut Tx<'_>, number: &str, serials: Vec<String>) -> Result<(Workbench, Key)> {
    let needs = Needs { load: Load::ForContractChange, keys: false, boxes: Some(serials) };
    let bench = Workbench::load_numbers(tx, vec![number.to_owned()], needs)?;
    let key = bench.key(number, None);
    let key = key.ok_or_else(|| Error::not_found(subscribers::UNKNOWN, number))?;
    Ok((bench, key))
}

fn finish(
    tx: &mut Tx<'_>,
    bench: &mut Workbench,
    key: &Key,
    (act, box_id): (&'static str, &str),
) -> Result<()> {
    let cause = subscribers::cause_of(tx);
    bench.mark_changed(tx, key, &cause);
    let version = bench.get(key).map_or(0, |whole| whole.household.contract.version);
    let label = key.label();
    records::record(tx, &Entry::new(act, &label).version(version).detail(json!({"box": box_id})))?;
    bench.save(tx)
}
