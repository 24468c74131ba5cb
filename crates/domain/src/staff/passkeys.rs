//! Passkeys of the staff: signed in with in place of id, password and authenticator, and kept by who is signed in.
//!
//! Source: brief tve §11.2; `docs/decisions/0064`.

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;

use crate::credentials::passkeys::{self, Answered, Enrolled};
use crate::credentials::{
    FRESH_SECONDS, Fresh, Passkey, Site, forget_passkeys, hold_staff_password, staff_holder,
    staff_of, staff_password,
};
use crate::operators;

use super::desks::{Desks, FAILED, open, scope_of};
use super::sessions::{self, Seat};

/// Wrong in whatever way: only the audit is told.
const REFUSED: Error = Error::Unauthenticated { code: "passkey.refused" };

/// A browser at the sign-in page of a console, before anybody is known.
#[derive(Clone, Copy)]
pub struct Visit<'v> {
    /// The operator's code.
    pub operator: &'v str,
    /// What the browser was given with the page.
    pub id: &'v str,
    /// When it asks.
    pub now: Instant,
}

impl Visit<'_> {
    fn scope(&self) -> Scope {
        Scope::new(self.operator, Actor::Anonymous, self.now)
    }

    /// Under which name its question is kept: one no person's sign-in has.
    fn asked_by(&self) -> Result<String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if self.id.is_empty() || self.id.len() > 40 || !self.id.bytes().all(plain) {
            return Err(REFUSED);
        }
        Ok(staff_holder(&format!("visit:{}", self.id)))
    }
}

impl Seat {
    /// Whether who sits here signed in less than five minutes ago.
    #[must_use]
    pub fn is_fresh(&self, now: Instant) -> bool {
        self.auth.plus_seconds(FRESH_SECONDS) >= now
    }
}

impl Desks {
    /// Asks the browser of who is not signed in yet for a passkey: what `navigator.credentials.get` is called with, as JSON.
    ///
    /// # Errors
    /// `passkey.refused` — the page gave it no visit; `operator.unknown`
    pub fn ask_passkey(&self, visit: &Visit<'_>, site: &Arc<Site>) -> Result<String> {
        let (asked_by, site) = (visit.asked_by()?, Arc::clone(site));
        self.db.housekeep(&visit.scope(), "passkey-asked", move |tx| {
            operators::employer(tx)?;
            passkeys::ask(tx, &site, &asked_by)
        })
    }

    /// Takes the browser's answer to [`Desks::ask_passkey`]: it stands for id, password and authenticator. Answers who it is, and the
    /// session as its cookie says it.
    ///
    /// No lock-out counts here, and none shuts a passkey out: there is nothing to guess. A passkey falls with the password it
    /// stands beside, which another invitation takes away.
    ///
    /// # Errors
    /// `passkey.refused` — for whatever reason; `operator.disabled` — told to who has the passkey only
    pub fn sign_in_by_passkey(
        &self,
        visit: &Visit<'_>,
        site: &Arc<Site>,
        answer: &str,
    ) -> Result<(String, String)> {
        let (asked_by, site, answer) = (visit.asked_by()?, Arc::clone(site), answer.to_owned());
        let answered = self.db.housekeep(&visit.scope(), "staff-try", move |tx| {
            passkeys::check(tx, &site, &asked_by, &answer)
        })?;
        let Answered::Proved { person_id: holder, passkey_id } = answered else {
            return Err(REFUSED);
        };
        let id = staff_of(&holder).ok_or(REFUSED)?.to_owned();
        let scope = Scope::new(visit.operator, Actor::Staff(id.clone()), visit.now);
        let member = id.clone();
        let session = self.db.transact(&scope, move |tx| {
            let hash = staff_password(tx, &holder)?.ok_or(REFUSED)?;
            if !passkeys::is_of(tx, (&passkey_id, &holder))? {
                return Err(REFUSED);
            }
            open(tx, &member, (&hash, "passkey"))
        });
        match session {
            Ok(session) => Ok((id, self.cookie(visit.operator, &session))),
            // Nobody is told more than that.
            Err(FAILED) => Err(REFUSED),
            Err(error) => Err(error),
        }
    }

    /// The passkeys of who sits at `seat`.
    ///
    /// # Errors
    /// `staff.signed_out`
    pub fn passkeys_of(&self, seat: &Seat, now: Instant) -> Result<Vec<Passkey>> {
        self.db.read(&scope_of(seat, now), |tx| {
            let seat = sessions::still(tx, seat)?;
            passkeys::list(tx, &holder_of(&seat)?)
        })
    }

    /// Asks the browser of who sits at `seat` to make a passkey: what `navigator.credentials.create` is called with, as JSON.
    ///
    /// # Errors
    /// `staff.signed_out`; `proof.too_old` — signed in more than five minutes ago; `passkey.too_many`
    pub fn ask_new_passkey(&self, seat: &Seat, site: &Arc<Site>, now: Instant) -> Result<String> {
        let (held, site) = (seat.clone(), Arc::clone(site));
        self.db.housekeep(&scope_of(seat, now), "passkey-asked", move |tx| {
            let (seat, holder) = own(tx, &held)?;
            let fresh = Fresh { person_id: &holder, proved: seat.auth };
            passkeys::ask_new(tx, &site, &fresh, &seat.session_id)
        })
    }

    /// Takes the browser's answer to [`Desks::ask_new_passkey`], and the name its owner gives it. Answers the passkey's id.
    ///
    /// # Errors
    /// `passkey.refused` — for whatever reason; `passkey.name_malformed`; `passkey.too_many`; `proof.too_old`;
    /// `staff.signed_out`
    pub fn add_passkey(
        &self,
        seat: &Seat,
        site: &Arc<Site>,
        (answer, name): (&str, &str),
        now: Instant,
    ) -> Result<String> {
        let (held, site) = (seat.clone(), Arc::clone(site));
        let (answer, name) = (answer.to_owned(), name.to_owned());
        let enrolled = self.db.transact(&scope_of(seat, now), move |tx| {
            let (seat, holder) = own(tx, &held)?;
            let fresh = Fresh { person_id: &holder, proved: seat.auth };
            passkeys::enrol(tx, &site, &fresh, &seat.session_id, (&answer, &name))
        })?;
        match enrolled {
            Enrolled::Added(id) => Ok(id),
            Enrolled::Refused => Err(REFUSED),
        }
    }

    /// Gives a passkey of who sits at `seat` another name.
    ///
    /// # Errors
    /// `passkey.name_malformed`; `passkey.unknown` — not one of theirs; `staff.signed_out`
    pub fn rename_passkey(
        &self,
        seat: &Seat,
        (id, name): (&str, &str),
        now: Instant,
    ) -> Result<Change> {
        let (held, id, name) = (seat.clone(), id.to_owned(), name.to_owned());
        self.db.transact(&scope_of(seat, now), move |tx| {
            let (_, holder) = own(tx, &held)?;
            passkeys::rename(tx, (&holder, &id), &name)
        })
    }

    /// Takes a passkey of who sits at `seat` away.
    ///
    /// # Errors
    /// `proof.too_old` — signed in more than five minutes ago; `staff.signed_out`
    pub fn remove_passkey(&self, seat: &Seat, id: &str, now: Instant) -> Result<Change> {
        let (held, id) = (seat.clone(), id.to_owned());
        self.db.transact(&scope_of(seat, now), move |tx| {
            let (seat, holder) = own(tx, &held)?;
            passkeys::remove(tx, &Fresh { person_id: &holder, proved: seat.auth }, &id)
        })
    }
}

/// The seat as it is now, held, and under which name its passkeys are kept. Held with the member's password, and in the order of
/// an invitation: that takes away both, so nothing is added behind its back.
fn own(tx: &mut Tx<'_>, seat: &Seat) -> Result<(Seat, String)> {
    let holder = holder_of(seat)?;
    if !hold_staff_password(tx, &holder)? {
        return Err(Error::Unauthenticated { code: "staff.signed_out" });
    }
    Ok((sessions::hold(tx, seat)?, holder))
}

/// Who visits from the platform keeps theirs there.
///
/// # Errors
/// `staff.not_allowed`
fn holder_of(seat: &Seat) -> Result<String> {
    if seat.is_visit() {
        return Err(Error::Forbidden { code: "staff.not_allowed" });
    }
    Ok(staff_holder(&seat.staff_id))
}

/// Takes all passkeys of the member `id` away: a telephone was lost, or they are not to sign in by one any more. Password and
/// authenticator stay; what they are signed in with ends, for it may be the telephone that was lost.
///
/// # Errors
/// `staff.unknown`
pub fn end_passkeys(tx: &mut Tx<'_>, id: &str) -> Result<Change> {
    let member = operators::find_staff(tx, id)?;
    member.ok_or_else(|| Error::not_found("staff.unknown", id))?;
    if forget_passkeys(tx, &staff_holder(id))? == 0 {
        return Ok(Change::Already);
    }
    sessions::end_all(tx, id)?;
    record(tx, &Entry::new("staff.passkeys_ended", id))?;
    Ok(Change::Made)
}
