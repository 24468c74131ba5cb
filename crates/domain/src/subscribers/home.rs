//! Whether the boxes of a household may sign it in: two switches, the station's and the owner's, and both have to
//! allow it. Source: `docs/decisions/0043`.

use base::kernel::{Change, Error, Result};
use base::records::{Entry, record};
use base::store::Tx;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::contracts::Contract;
use super::holds::Source;
use super::household::{Key, next_version};
use super::lifecycle::UNKNOWN;
use super::outcome::cause_of;
use super::repo::{Load, load, save};

/// What a switch for the boxes of a household says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum HomeSignIn {
    /// As the operator has it.
    #[default]
    Allowed,
    /// Not, whatever the operator has: what the boxes were let in with is over.
    Off,
}

impl HomeSignIn {
    pub(super) const fn of(off: bool) -> Self {
        if off { Self::Off } else { Self::Allowed }
    }

    pub(super) const fn is_off(self) -> bool {
        matches!(self, Self::Off)
    }
}

impl Contract {
    /// Whose word it is that boxes do not sign the household in; the station's goes before the owner's.
    #[must_use]
    pub const fn home_off_by(&self) -> Option<Source> {
        match (self.home_off, self.home_wish) {
            (true, _) => Some(Source::Console),
            (false, HomeSignIn::Off) => Some(Source::Owner),
            (false, HomeSignIn::Allowed) => None,
        }
    }
}

/// Sets the station's switch of the latest household of `number`. The owner's stays as it is.
///
/// # Errors
/// `contract.unknown`
pub fn switch_home_sign_in(tx: &mut Tx<'_>, number: &str, wanted: HomeSignIn) -> Result<Change> {
    switch(tx, (number, None), (Source::Console, wanted))
}

/// Sets the owner's switch of this household. It can not allow what the station has off.
///
/// # Errors
/// `contract.unknown`; `home.station_off` — allowed is what the station does not have it
pub fn wish_home_sign_in(tx: &mut Tx<'_>, key: &Key, wanted: HomeSignIn) -> Result<Change> {
    switch(tx, (&key.number, Some(key)), (Source::Owner, wanted))
}

/// The latest household of the number, or this one of it.
fn switch(
    tx: &mut Tx<'_>,
    (number, which): (&str, Option<&Key>),
    (by, wanted): (Source, HomeSignIn),
) -> Result<Change> {
    let before = load(tx, vec![number.to_owned()], Load::ForContractChange)?;
    let (mut after, version) = (before.clone(), next_version(&before));
    let meant = after.iter_mut().rfind(|one| which.is_none_or(|key| one.key() == *key));
    let household = meant.ok_or_else(|| Error::not_found(UNKNOWN, number))?;
    let contract = &mut household.contract;
    let is =
        if by == Source::Owner { contract.home_wish } else { HomeSignIn::of(contract.home_off) };
    if by == Source::Owner && contract.home_off && wanted == HomeSignIn::Allowed {
        return Err(Error::refused("home.station_off"));
    }
    if is == wanted {
        return Ok(Change::Already);
    }
    match by {
        Source::Owner => contract.home_wish = wanted,
        Source::Console | Source::Sms | Source::System => contract.home_off = wanted.is_off(),
    }
    household.mark(version, &[], (tx.now(), &cause_of(tx)));
    let label = household.key().label();
    save(tx, &before, &after)?;
    tx.touch(Some(number));
    let act = if wanted.is_off() { "home.switched_off" } else { "home.allowed" };
    let detail = json!({"by": by.as_str()});
    record(tx, &Entry::new(act, &label).version(version).detail(detail))?;
    Ok(Change::Made)
}
