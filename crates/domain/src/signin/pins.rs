//! PINs of a signed-in person, changed by that person.

use base::kernel::{Actor, Change, Instant, Result, Scope};

use crate::credentials::{self, Pin, PinKind};

use super::continuing::SignedIn;
use super::journeys::Journeys;

impl Journeys {
    /// The PINs of a signed-in person.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn pins_of(&self, who: &SignedIn, now: Instant) -> Result<Vec<Pin>> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.read(&scope, |tx| credentials::pins_of(tx, &person_id))
    }

    /// Gives the person this PIN in place of the one they had.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `pin.malformed`; `pin.too_simple`; `pin.same_as_other`; those of the guard
    pub fn set_pin(
        &self,
        who: &SignedIn,
        (kind, typed): (PinKind, &str),
        now: Instant,
    ) -> Result<()> {
        let typed = typed.to_owned();
        self.change_own(who, now, move |tx, master, fresh| {
            credentials::set_pin(tx, master, fresh, (kind, &typed))
        })
    }

    /// From which rating on, in years, the person is asked for their viewing PIN.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `pin.rating_unknown`; `pin.unknown`; those of the guard
    pub fn ask_pin_from(&self, who: &SignedIn, years: i64, now: Instant) -> Result<Change> {
        self.change_own(who, now, move |tx, _, fresh| credentials::ask_pin_from(tx, fresh, years))
    }

    /// Takes a PIN of the person away.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; those of the guard
    pub fn remove_pin(&self, who: &SignedIn, kind: PinKind, now: Instant) -> Result<Change> {
        self.change_own(who, now, move |tx, _, fresh| credentials::remove_pin(tx, fresh, kind))
    }
}
