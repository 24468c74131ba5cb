//! Second factors and PINs behind the one guard of persons: whoever may not be signed in can not use them.

use base::kernel::{Error, Result};
use base::store::Tx;

use crate::credentials::{self, Factor, PinKind, Tried};
use crate::signing::MasterKey;
use crate::subscribers::{self, PERSON_UNKNOWN};

use super::members::find_member;

/// Tries an authenticator or recovery code of a person, on the counter their password counts on.
///
/// Run it as housekeeping (`Db::housekeep`): a bad try is kept, and what it changes is in the audit
/// (`person.factor_proved`, `person.factor_refused` with the reason, `person.locked_out`).
///
/// # Errors
/// `person.unknown`, and those of the guard: `operator.disabled`, `contract.stopped`,
/// `contract.suspended`, `person.stopped`, `person.suspended`, `person.not_registered`
pub fn try_factor(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    person_id: &str,
    factor: Factor<'_>,
) -> Result<Tried> {
    admit_person(tx, person_id)?;
    credentials::try_factor(tx, master, person_id, factor)
}

/// Tries a PIN of a person. As housekeeping, like [`try_factor`], and behind the same guard.
///
/// # Errors
/// Those of [`try_factor`].
pub fn try_pin(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    person_id: &str,
    pin: (PinKind, &str),
) -> Result<Tried> {
    admit_person(tx, person_id)?;
    credentials::try_pin(tx, master, person_id, pin)
}

fn admit_person(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    let unknown = || Error::not_found(PERSON_UNKNOWN, person_id);
    let (key, person_no) = subscribers::key_of_person(tx, person_id)?.ok_or_else(unknown)?;
    find_member(tx, (&key, person_no)).map(drop)
}
