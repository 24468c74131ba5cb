//! Login ids and passwords another system kept, taken over.

use base::kernel::{Change, Error, Result};
use base::store::Tx;

use crate::credentials::{self, check_password_hash};
use crate::subscribers::{self, Load, PERSON_UNKNOWN, PersonState, UNKNOWN};

use super::registration::activate;

/// Gives a member who never had any this login id and password, the latter as the hash another system kept of it
/// ([`check_password_hash`]), and makes them ACTIVE. Their first sign-in makes our own hash of it.
///
/// Whoever registered meanwhile, or was let in before and shut out since, is left alone: a file that is applied again
/// brings no password back that was replaced or taken away.
///
/// # Errors
/// - `login.malformed`, `login.taken`; `password.hash_unreadable`, `password.hash_costly`
/// - `contract.unknown`; `person.unknown`; those of the guard
pub fn import_login(
    tx: &mut Tx<'_>,
    (number, person_no): (&str, i64),
    (typed_name, hash): (&str, &str),
) -> Result<Change> {
    let name = credentials::login_name(typed_name)?;
    check_password_hash(hash)?;
    let newest = subscribers::load(tx, vec![number.to_owned()], Load::ForChange)?.pop();
    let household = newest.ok_or_else(|| Error::not_found(UNKNOWN, number))?;
    let unknown = || Error::not_found(PERSON_UNKNOWN, format!("{number}/{person_no:03}"));
    let person = household.person(person_no).ok_or_else(unknown)?;
    if person.state != PersonState::Invited || person.access_no != 0 {
        return Ok(Change::Already);
    }
    let (member, _) = activate(tx, &person.person_id, "import")?;
    credentials::replace_credentials(tx, &member.person_id, (&name, hash))?;
    Ok(Change::Made)
}
