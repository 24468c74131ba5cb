//! Set-top boxes (セットトップボックス) the station put up in a household.
//!
//! Owns the table `boxes`. A box is of the household, never of a person. It is known by the serial the
//! station keeps, which is personal data and never leaves to services, logs or audit; everywhere else
//! it is called by a handle of ours, which stays when an engineer swaps the machine. Changed by the
//! command bus only, so that a file is taken back with them. Source: brief tve §5.7;
//! `docs/decisions/0040`.

mod keys;
mod repo;

pub use keys::{check_public_key, signed_by};
pub use repo::{find_box, list_boxes, load, move_all, save};

use base::kernel::{Error, Instant, Result};
use serde::{Deserialize, Serialize};

use crate::subscribers::{Outcome, is_plain, note};

/// `device.unknown` — no such device (E304).
pub const UNKNOWN: &str = "device.unknown";
/// `device.in_use` — the box stands in a household already (E304).
pub const IN_USE: &str = "device.in_use";
/// Most characters of a serial: what the column of a record holds.
pub const LONGEST_SERIAL: usize = 20;
/// Most characters of model, name and area.
const LONGEST_TEXT: usize = 40;
/// Most boxes of a household.
const MOST: usize = 20;

/// One box in a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTopBox {
    /// Our handle (`box_…`): the same before and after a swap.
    pub box_id: String,
    /// The station's serial: personal data.
    pub serial: String,
    /// Which machine, as the station says.
    pub model: String,
    /// What the household or the station calls it; empty: nothing.
    pub name: String,
    /// Where it stands, as coarse as the station likes (〇〇町); empty: not told.
    pub area: String,
    /// Since when it is known.
    pub created: Instant,
    /// When it was last swapped or changed.
    pub changed: Instant,
    /// What it proves itself with: a public key, JWK as text. None: it signs nobody in.
    #[serde(default)]
    pub public_key: Option<String>,
}

/// What the station says of a box it puts up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewBox {
    /// The serial, 1 to 20 visible ASCII characters.
    pub serial: String,
    /// Which machine, at most 40 characters.
    pub model: String,
    /// What it is called, at most 40 characters.
    pub name: String,
    /// Where it stands, at most 40 characters.
    pub area: String,
    /// Its public key, JWK; none: it signs nobody in.
    pub public_key: Option<String>,
}

/// Refuses what is no serial: 1 to 20 visible ASCII characters.
///
/// # Errors
/// `device.serial_malformed`
pub fn check_serial(serial: &str, field: &str) -> Result<()> {
    let fits = (1..=LONGEST_SERIAL).contains(&serial.len());
    if fits && serial.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Error::invalid("device.serial_malformed", field))
    }
}

impl NewBox {
    /// Refuses what can not be kept, naming the field.
    ///
    /// # Errors
    /// `device.serial_malformed`; `device.text_malformed` — over 40 characters, or control characters;
    /// `device.key_malformed`
    pub fn check(&self) -> Result<()> {
        check_serial(&self.serial, "serial")?;
        if let Some(key) = &self.public_key {
            check_public_key(key)?;
        }
        let texts = [("model", &self.model), ("name", &self.name), ("area", &self.area)];
        match texts.into_iter().find(|(_, text)| !is_plain(text, LONGEST_TEXT)) {
            Some((field, _)) => Err(Error::invalid("device.text_malformed", field)),
            None => Ok(()),
        }
    }
}

/// Puts a box up as `box_id`; `taken`: one with this serial stands in a household already.
///
/// # Errors
/// `device.in_use`; `device.too_many` — over 20 in one household
pub fn put_up(
    boxes: &mut Vec<SetTopBox>,
    (box_id, new, taken): (String, &NewBox, bool),
    now: Instant,
) -> Result<()> {
    if taken {
        return Err(Error::refused(IN_USE));
    }
    if boxes.len() >= MOST {
        return Err(Error::refused("device.too_many"));
    }
    boxes.push(SetTopBox {
        box_id,
        serial: new.serial.clone(),
        model: new.model.clone(),
        name: new.name.clone(),
        area: new.area.clone(),
        created: now,
        changed: now,
        public_key: new.public_key.clone(),
    });
    Ok(())
}

/// Puts the machine `new` in the place of `old`: handle, name and area stay; the key was the old machine's. `taken`: one with the new
/// serial stands in a household already.
///
/// # Errors
/// `device.serial_malformed`; `device.unknown` — no box of this household; `device.in_use`
pub fn swap(
    boxes: &mut [SetTopBox],
    (old, new, taken): (&str, &str, bool),
    now: Instant,
) -> Result<Outcome> {
    check_serial(new, "new_device")?;
    let known = boxes.iter_mut().find(|one| one.serial == old);
    // The serial itself stays out of the answer, which others write down.
    let known = known.ok_or_else(|| Error::not_found(UNKNOWN, "ref"))?;
    if old == new {
        return Ok(Outcome::already(note::SAME));
    }
    if taken {
        return Err(Error::refused(IN_USE));
    }
    new.clone_into(&mut known.serial);
    known.changed = now;
    known.public_key = None;
    Ok(Outcome::MADE)
}
