//! Where a signed-in person is signed in, and its end, chosen by that person.

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};
use base::store::Tx;

use crate::operators;
use crate::sessions::{self, Device, Ended, ListedSession, Reason, Whose};
use crate::subscribers::Role;

use super::continuing::SignedIn;
use super::journeys::Journeys;
use super::members::find_member;

/// Shown at once, of each.
const LISTED: i64 = 100;

/// What a person is signed in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInBy {
    /// Living sessions of browsers, the oldest first.
    pub browsers: Vec<ListedSession>,
    /// Devices that were let in for this person, the oldest first.
    pub devices: Vec<Device>,
    /// Those that were let in for the whole household, the oldest first.
    pub of_household: Vec<Device>,
}

/// The person, acting for themselves: nothing here needs more proof than the session, because it only takes away.
fn themselves(who: &SignedIn, now: Instant) -> (String, Scope) {
    let person_id = who.member.person_id.clone();
    let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
    (person_id, scope.caused_by("own-sessions"))
}

impl Journeys {
    /// Where a person is signed in.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn signed_in_by(&self, who: &SignedIn, now: Instant) -> Result<SignedInBy> {
        let (person_id, scope) = themselves(who, now);
        self.db.read(&scope, |tx| {
            let policies = tx.operator_fact(operators::find_operator)?.policies.clone();
            let browsers = sessions::list_sessions(tx, &person_id, ("", LISTED), &policies)?;
            let devices = sessions::list_devices(tx, &person_id, ("", LISTED))?;
            let key = &who.session.key;
            let of_household = sessions::list_household_devices(tx, key, ("", LISTED))?;
            Ok(SignedInBy { browsers, devices, of_household })
        })
    }

    /// Ends a session of the person, with what services were given in it.
    ///
    /// # Errors
    /// `session.unknown` — also somebody else's
    pub fn end_own_session(&self, who: &SignedIn, id: &str, now: Instant) -> Result<Ended> {
        let ((person_id, scope), id) = (themselves(who, now), id.to_owned());
        self.db.transact(&scope, move |tx| sessions::end_session_of(tx, (&person_id, &id)))
    }

    /// Ends everything of the person but the session they do it in: other browsers, devices, and what services were
    /// given there.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn end_other_sessions(&self, who: &SignedIn, now: Instant) -> Result<Ended> {
        let ((person_id, scope), here) = (themselves(who, now), who.session.id.clone());
        self.db.transact(&scope, move |tx| {
            sessions::end_sessions(tx, Reason::Others(&person_id, &here))
        })
    }

    /// Gives a device of the person, or of the household they own, the name they call it by.
    ///
    /// # Errors
    /// `device.unknown` — also somebody else's; `device.owner_only` — the household's, and they do not own it;
    /// `device.name_malformed`
    pub fn rename_own_device(
        &self,
        who: &SignedIn,
        (id, name): (&str, &str),
        now: Instant,
    ) -> Result<Change> {
        let (_, scope) = themselves(who, now);
        let (who, id, name) = (who.clone(), id.to_owned(), name.to_owned());
        self.db.transact(&scope, move |tx| {
            let whose = whose_to_change(tx, &who, &id)?;
            sessions::rename_device(tx, (whose, &id), &name)
        })
    }

    /// Takes a device of the person, or of the household they own, from the list: it has to be let in again.
    ///
    /// # Errors
    /// `device.unknown` — also somebody else's; `device.owner_only` — the household's, and they do not own it
    pub fn remove_own_device(&self, who: &SignedIn, id: &str, now: Instant) -> Result<()> {
        let (_, scope) = themselves(who, now);
        let (who, id) = (who.clone(), id.to_owned());
        self.db.transact(&scope, move |tx| {
            let whose = whose_to_change(tx, &who, &id)?;
            sessions::remove_device(tx, (whose, &id))
        })
    }
}

/// Whose the device `id` is, that `who` may name and remove as they are now: their own, or the household's of its owner.
fn whose_to_change<'w>(tx: &mut Tx<'_>, who: &'w SignedIn, id: &str) -> Result<Whose<'w>> {
    let own = Whose::Person(&who.member.person_id);
    let whole = Whose::Household(&who.session.key, 0);
    match sessions::find_device(tx, (whole, id)) {
        Err(Error::NotFound { .. }) => return Ok(own),
        other => other?,
    };
    let member = find_member(tx, (&who.session.key, who.session.person_no))?;
    if member.role == Role::Owner {
        return Ok(whole);
    }
    Err(Error::Forbidden { code: "device.owner_only" })
}
