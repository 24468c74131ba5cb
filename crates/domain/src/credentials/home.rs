//! The owner's switch for the boxes at home, guarded like what else an owner changes: whoever came in by a recovery could
//! otherwise shut the code on the box, or open it, before the owner hears of it.
//!
//! Source: `docs/decisions/0043`.

use base::kernel::{Change, Error, Result};
use base::store::Tx;

use crate::operators;
use crate::subscribers::{self, Contract, HomeSignIn, Source};

use super::factors::Fresh;
use super::invitations::owned;

/// What the owner of a household sees of the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeSwitch {
    /// Nothing: the operator does not have it, or no box stands there.
    Hidden,
    /// Boxes sign the household in.
    Allowed,
    /// Not, as the owner wants it.
    OffByOwner,
    /// Not, as the station wants it: the owner can not allow it.
    OffByStation,
}

/// The switch of the household whose owner the person is.
///
/// # Errors
/// `family.owner_only`; `contract.stopped`
pub fn home_switch_of(tx: &mut Tx<'_>, person_id: &str) -> Result<HomeSwitch> {
    let contract = owned(tx, person_id)?.contract;
    home_switch(tx, &contract)
}

/// The switch of a household, for its owner.
pub(crate) fn home_switch(tx: &mut Tx<'_>, contract: &Contract) -> Result<HomeSwitch> {
    let has = tx.operator_fact(operators::find_operator)?.policies.home_sign_in;
    if !has || !contract.has_boxes {
        return Ok(HomeSwitch::Hidden);
    }
    Ok(match contract.home_off_by() {
        None => HomeSwitch::Allowed,
        Some(Source::Owner) => HomeSwitch::OffByOwner,
        Some(_) => HomeSwitch::OffByStation,
    })
}

/// Sets the owner's switch of the household whose owner the person is.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`; `family.owner_only`; `contract.stopped`
/// - `home.off` — the operator does not have it
/// - `home.station_off` — allowed is what the station has off for this household
pub fn switch_own_home(tx: &mut Tx<'_>, fresh: &Fresh<'_>, wanted: HomeSignIn) -> Result<Change> {
    fresh.check_settled(tx)?;
    let key = owned(tx, fresh.person_id)?.key();
    if !tx.operator_fact(operators::find_operator)?.policies.home_sign_in {
        return Err(Error::Forbidden { code: "home.off" });
    }
    subscribers::wish_home_sign_in(tx, &key, wanted)
}
