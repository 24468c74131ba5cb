//! Who has only a remote control chooses no login id and no password: the letter, or the box's code, was the proof, and the
//! television they sit at is where they are signed in. From there they go on at their phone, where a passkey is made.
//!
//! Source: brief tve §12.1, §12.2; `docs/decisions/0061`.

use std::sync::Arc;

use base::kernel::{Actor, Change, Instant, Result, Scope, ids};
use base::store::Tx;

use crate::credentials::{self, Invitation, Letter};
use crate::sessions::{self, Proven};

use super::continuing::SignedIn;
use super::finish::{Moved, settle};
use super::journeys::{Caller, Journeys, Ticket};
use super::registration::{REFUSED, activate};
use super::requests::{Purpose, Step};

/// Letters of a login id nobody chose: enough that nobody meets one.
const LOGIN_LETTERS: usize = 8;

impl Journeys {
    /// Does what [`Journeys::register`] does, with a login id nobody chose and a password nobody knows. Who made the code
    /// themselves, to go on at another screen, is signed in there, and nothing else changes.
    ///
    /// # Errors
    /// Those of [`Journeys::register`].
    pub fn register_without_password(&self, caller: &Caller<'_>) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let (step, purpose) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        if let Some((letter, checked)) = step.to_oneself() {
            return self.go_on(&ticket, purpose, (letter, checked));
        }
        self.registered(&ticket, (step, purpose), None)
    }

    /// Makes a code by which a signed-in person goes on at another screen; shown once.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `phone.letter_waits`; those of the guard
    pub fn invite_phone(&self, who: &SignedIn, now: Instant) -> Result<Invitation> {
        let session = who.session.id.clone();
        self.change_own(who, now, move |tx, _, fresh| {
            credentials::invite_phone(tx, fresh, &session)
        })
    }

    /// Signs in who made the code themselves, once.
    fn go_on(
        &self,
        ticket: &Ticket,
        purpose: Purpose,
        (letter, checked): (Letter, Instant),
    ) -> Result<Moved> {
        let aim = self.aim_of(purpose)?;
        let (signing, here) = (Arc::clone(&self.signing), ticket.clone());
        let scope = Scope::new(ticket.scope.operator(), Actor::Anonymous, ticket.scope.now());
        let moved = self.db.transact(&scope.caused_by("phone"), move |tx| {
            if !stands(tx, &letter)? {
                return Err(REFUSED);
            }
            // The household is locked by this, so that nobody ends their access meanwhile.
            let (member, change) = activate(tx, &letter.person_id, "phone")?;
            if change == Change::Made || !credentials::spend_letter(tx, &letter, checked)? {
                return Err(REFUSED);
            }
            let factors = credentials::factors_of(tx, &member.person_id)?;
            settle(tx, &signing, (&here, &aim), (&member, &Proven::letter(), factors))
        })?;
        if moved.opened_session() {
            self.end_elsewhere(ticket)?;
        }
        Ok(moved)
    }
}

/// A login id nobody chose, and a password nobody knows.
pub(super) fn nobodys() -> (String, String) {
    let name = format!("tv-{}", ids::typed_code(LOGIN_LETTERS).to_lowercase());
    (name, hex::encode(ids::secret_bytes()))
}

/// Whether a letter still stands on what it stood on: one to oneself is over with the session it was made in, which is held from
/// now on, before the household is, as who makes one holds them.
///
/// # Errors
/// `unavailable` when the database fails.
pub(super) fn stands(tx: &mut Tx<'_>, letter: &Letter) -> Result<bool> {
    if !letter.is_to_oneself() {
        return Ok(true);
    }
    match credentials::session_of_phone_code(tx, &letter.person_id)? {
        Some(session) => sessions::hold_session(tx, &session),
        None => Ok(false),
    }
}

impl Step {
    /// The letter to oneself that led here, if it was one, and when it was found good.
    fn to_oneself(&self) -> Option<(Letter, Instant)> {
        let Self::Account { person_id, checked, invited_by, .. } = self else { return None };
        let letter = Letter { person_id: person_id.clone(), invited_by: invited_by.clone() };
        letter.is_to_oneself().then_some((letter, *checked))
    }

    /// Whether the person goes on here who is signed in at another screen.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.to_oneself().is_some()
    }
}
