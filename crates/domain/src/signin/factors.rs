//! Second factors and PINs behind the one guard of persons: whoever may not be signed in can not use them.

use std::sync::Arc;

use base::kernel::{Actor, Error, Result, Scope};
use base::store::Tx;

use crate::credentials::{self, Factor, PinKind, Tried};
use crate::sessions::{self, Method};
use crate::signing::MasterKey;
use crate::subscribers::{self, PERSON_UNKNOWN};

use super::finish::{Moved, settle_whole};
use super::journeys::{Caller, Journeys, MOVED};
use super::members::{Member, find_member};
use super::requests::Step;

impl Journeys {
    /// Tries a second factor: six digits are a code of the authenticator, anything else is a recovery code.
    /// When it is right the sign-in goes on to consent or is at its end.
    ///
    /// The try counts on the counter of the password. A code that is right is used up, whatever becomes of
    /// the sign-in afterwards; one that a password set meanwhile has overtaken leads nowhere.
    ///
    /// # Errors
    /// - `signin.code_wrong`; `signin.locked` with the time to wait
    /// - `signin.unknown` — over, or begun in another browser; `signin.step_changed`
    /// - `client.unknown`, `client.terms_changed`; those of the guard
    pub fn try_second(&self, caller: &Caller<'_>, typed: &str) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let (step, purpose) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        let Step::SecondFactor { person_id, proven, proved, session } = step else {
            return Err(MOVED);
        };
        let aim = self.aim_of(purpose)?;
        let (signing, whose, typed) =
            (Arc::clone(&self.signing), person_id.clone(), typed.to_owned());
        let tried = self.db.housekeep(&ticket.scope, "sign-in-try", move |tx| {
            try_factor(tx, signing.master(), &whose, Factor::of_typed(&typed))
        })?;
        match tried {
            Tried::Good => {}
            Tried::Wrong => return Err(Error::Unauthenticated { code: "signin.code_wrong" }),
            Tried::Locked(wait) => return Err(Error::TooMany { code: "signin.locked", wait }),
        }
        let actor = Actor::Person(person_id.clone());
        let scope = Scope::new(ticket.scope.operator(), actor, ticket.scope.now());
        let (signing, here) = (Arc::clone(&self.signing), ticket.clone());
        let proven = proven.and(Method::OneTime);
        let moved = self.db.transact(&scope, move |tx| {
            let member = admit_person(tx, &person_id)?;
            let alive = match &session {
                Some(id) => sessions::hold_session(tx, id)?,
                None => true,
            };
            if !alive || !credentials::password_is_of(tx, &person_id, proved)? {
                return Err(MOVED);
            }
            settle_whole(tx, &signing, (&here, &aim), (&member, &proven))
        })?;
        if moved.opened_session() {
            self.end_elsewhere(&ticket)?;
        }
        Ok(moved)
    }
}

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

pub(super) fn admit_person(tx: &mut Tx<'_>, person_id: &str) -> Result<Member> {
    let unknown = || Error::not_found(PERSON_UNKNOWN, person_id);
    let (key, person_no) = subscribers::key_of_person(tx, person_id)?.ok_or_else(unknown)?;
    find_member(tx, (&key, person_no))
}
