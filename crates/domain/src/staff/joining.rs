//! Joining: a member who was invited sets a password and an authenticator, together.

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;

use crate::credentials::{
    self, Beside, Fresh, NewTotp, Try, check_password_of, set_staff_password, staff_holder,
};
use crate::operators::{self, Staff};

use super::desks::{Desks, locked, staff_id};
use super::{invitations, sessions};

const REFUSED: Error = Error::Unauthenticated { code: "staff.invitation_refused" };

/// An invitation as its member shows it.
#[derive(Clone, Copy)]
pub struct Invited<'i> {
    /// Their id at the station.
    pub staff_id: &'i str,
    /// The code they were given.
    pub invitation: &'i str,
}

/// What a member joins with.
#[derive(Clone, Copy)]
pub struct Joining<'j> {
    /// The invitation again.
    pub invited: Invited<'j>,
    /// The password they choose: 8 characters or more, since an authenticator is asked for too.
    pub password: &'j str,
    /// What the authenticator shows that was set up by [`Desks::welcome`].
    pub code: &'j str,
}

impl Desks {
    /// Shows who was invited what to set their authenticator up with. An earlier set-up that was not finished is dead
    /// from now on. Tries are counted, also at ids that nobody has.
    ///
    /// # Errors
    /// `staff.invitation_refused` — for whatever reason; `signin.locked`; `operator.unknown`
    pub fn welcome(
        &self,
        operator: &str,
        invited: &Invited<'_>,
        now: Instant,
    ) -> Result<(Staff, NewTotp)> {
        let member = self.check_invitation(operator, invited, now)?;
        let (master, found) = (self.signing.master().clone(), member.clone());
        let scope = Scope::new(operator, Actor::Staff(member.id.clone()), now);
        let totp = self.db.transact(&scope, move |tx| {
            let holder = staff_holder(&found.id);
            let employer = operators::employer(tx)?.name_ja;
            let fresh = Fresh { person_id: &holder, proved: tx.now() };
            credentials::enrol_totp(tx, &master, &fresh, (&employer, &found.id))
        })?;
        Ok((member, totp))
    }

    /// Sets password and authenticator of who was invited, uses the invitation up, and signs them in: answers the session
    /// as its cookie says it. Nothing of it happens unless all of it does.
    ///
    /// # Errors
    /// - `staff.invitation_refused`; `signin.locked`; `operator.unknown`; `operator.disabled`
    /// - `password.too_short`, `password.too_long`, `password.common`; `password.busy`
    /// - `totp.code_wrong`; `totp.unknown` — the set-up was not begun, or a quarter of an hour ago
    pub fn join(&self, operator: &str, joining: &Joining<'_>, now: Instant) -> Result<String> {
        let Joining { invited, password, code } = *joining;
        let member = self.check_invitation(operator, &invited, now)?;
        check_password_of(password, &[&member.id, &member.draft.name], Beside::SecondFactor)?;
        let hash = self.passwords.hash(operator, password, Beside::SecondFactor)?;
        let scope = Scope::new(operator, Actor::Staff(member.id.clone()), now);
        let (master, invitation, code) =
            (self.signing.master().clone(), invited.invitation.to_owned(), code.to_owned());
        let session = self.db.transact(&scope, move |tx| {
            let id = &member.id;
            if !operators::employer(tx)?.enabled {
                return Err(Error::refused("operator.disabled"));
            }
            if !invitations::spend(tx, (id, &invitation))? {
                return Err(REFUSED);
            }
            let holder = staff_holder(id);
            let fresh = Fresh { person_id: &holder, proved: tx.now() };
            credentials::confirm_totp(tx, &master, &fresh, &code)?;
            finish(tx, id, &hash)
        })?;
        Ok(self.cookie(operator, &session))
    }

    /// Whose invitation this is. Counted like a try at a password, on a counter of its own.
    fn check_invitation(
        &self,
        operator: &str,
        invited: &Invited<'_>,
        now: Instant,
    ) -> Result<Staff> {
        let (id, code) = (staff_id(invited.staff_id), invited.invitation.to_owned());
        let nobody = Scope::new(operator, Actor::Anonymous, now);
        let subject = credentials::nobody(&format!("joining:{id}"));
        self.db.housekeep(&nobody, "staff-try", move |tx| {
            operators::employer(tx)?;
            if let Try::Locked(wait) = credentials::begin_try(tx, &subject)? {
                return Ok(Err(locked(wait)));
            }
            if let Some(member) = invitations::find(tx, (&id, &code))? {
                credentials::take_back_try(tx, &subject)?;
                return Ok(Ok(member));
            }
            credentials::note_failure(tx, &subject)?;
            Ok(Err(REFUSED))
        })?
    }
}

fn finish(tx: &mut Tx<'_>, id: &str, hash: &str) -> Result<String> {
    let holder = staff_holder(id);
    set_staff_password(tx, &holder, hash)?;
    credentials::forgive(tx, &holder)?;
    let session = sessions::open(tx, &sessions::Session::of(id))?;
    record(tx, &Entry::new("staff.joined", id))?;
    Ok(session)
}
