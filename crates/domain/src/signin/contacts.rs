//! Contacts of a signed-in person, changed by that person.

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};

use crate::credentials::{self, Contact, ContactKind, Verified};

use super::continuing::SignedIn;
use super::journeys::Journeys;

impl Journeys {
    /// The contacts of a signed-in person.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn contacts_of(&self, who: &SignedIn, now: Instant) -> Result<Vec<Contact>> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.read(&scope, |tx| credentials::contacts_of(tx, &person_id))
    }

    /// Adds a contact and has a code sent there; answers its id. `language`: what it will be written to in.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `contact.malformed`; `contact.too_many`; `contact.code_just_sent`; those of the guard
    pub fn add_contact(
        &self,
        who: &SignedIn,
        (kind, typed): (ContactKind, &str),
        language: &'static str,
        now: Instant,
    ) -> Result<(String, Change)> {
        let typed = typed.to_owned();
        self.change_own(who, now, move |tx, _, fresh| {
            credentials::add_contact(tx, fresh, (kind, &typed), language)
        })
    }

    /// Takes the code that was sent to a contact: the contact counts from now on.
    ///
    /// # Errors
    /// `contact.code_wrong` — wrong, over, or tried too often; `contact.unknown`; `proof.too_old`, `recovery.waits`; those of the
    /// guard
    pub fn verify_contact(
        &self,
        who: &SignedIn,
        (id, typed): (&str, &str),
        now: Instant,
    ) -> Result<Change> {
        let (id, typed) = (id.to_owned(), typed.to_owned());
        let verified = self.change_own(who, now, move |tx, master, fresh| {
            credentials::verify_contact(tx, master, fresh, (&id, &typed))
        })?;
        match verified {
            Verified::Now => Ok(Change::Made),
            Verified::Already => Ok(Change::Already),
            Verified::Refused => Err(Error::invalid("contact.code_wrong", "code")),
        }
    }

    /// Takes a contact away.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; those of the guard
    pub fn remove_contact(&self, who: &SignedIn, id: &str, now: Instant) -> Result<Change> {
        let id = id.to_owned();
        self.change_own(who, now, move |tx, _, fresh| credentials::remove_contact(tx, fresh, &id))
    }
}
