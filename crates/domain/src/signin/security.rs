//! What a signed-in person proves themselves by, changed by that person: an authenticator and recovery codes.
//!
//! Only from a session that is alive now and whose proof is young ([`crate::credentials::Fresh`]).

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};
use base::store::Tx;

use crate::credentials::{self, Factors, Fresh, NewTotp};
use crate::operators;
use crate::sessions;
use crate::signing::MasterKey;

use super::continuing::SignedIn;
use super::journeys::Journeys;
use super::members::find_member;

impl Journeys {
    /// Which second factors a signed-in person has.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn factors_of(&self, who: &SignedIn, now: Instant) -> Result<Factors> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.read(&scope, |tx| credentials::factors_of(tx, &person_id))
    }

    /// Makes the secret of an authenticator, which counts once a code of it was typed. Shown once.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `totp.exists`
    pub fn begin_totp(&self, who: &SignedIn, station: &str, now: Instant) -> Result<NewTotp> {
        let station = station.to_owned();
        self.change_own(who, now, move |tx, master, fresh| {
            let account = credentials::login_of(tx, fresh.person_id)?.unwrap_or_default();
            credentials::enrol_totp(tx, master, fresh, (&station, &account))
        })
    }

    /// The authenticator counts from now on; answers new recovery codes, once. `None`: it counted already.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `totp.unknown`; `totp.code_wrong`
    pub fn confirm_totp(
        &self,
        who: &SignedIn,
        typed: &str,
        now: Instant,
    ) -> Result<Option<Vec<String>>> {
        let typed = typed.to_owned();
        self.change_own(who, now, move |tx, master, fresh| {
            match credentials::confirm_totp(tx, master, fresh, &typed)? {
                Change::Already => Ok(None),
                Change::Made => credentials::issue_recovery_codes(tx, master, fresh).map(Some),
            }
        })
    }

    /// Makes new recovery codes in place of all earlier ones; shown once.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`; `totp.unknown` — there is no authenticator they could stand in for
    pub fn new_recovery_codes(&self, who: &SignedIn, now: Instant) -> Result<Vec<String>> {
        self.change_own(who, now, |tx, master, fresh| {
            // First, so that who proved too little learns nothing of what there is.
            let codes = credentials::issue_recovery_codes(tx, master, fresh)?;
            if !credentials::factors_of(tx, fresh.person_id)?.totp {
                return Err(Error::not_found("totp.unknown", fresh.person_id));
            }
            Ok(codes)
        })
    }

    /// Takes the authenticator and its recovery codes away.
    ///
    /// # Errors
    /// `proof.too_old`, `recovery.waits`
    pub fn remove_totp(&self, who: &SignedIn, now: Instant) -> Result<Change> {
        self.change_own(who, now, |tx, _, fresh| credentials::remove_totp(tx, fresh))
    }

    /// Does `work` for a signed-in person, who acts for themselves, in one transaction that has seen that their session is
    /// alive and that they may be signed in. What `work` changes asks for the proof it needs ([`Fresh`]).
    ///
    /// # Errors
    /// `proof.too_old` — the session is over; those of the guard; whatever `work` refuses
    pub fn act_as<T: Send + 'static>(
        &self,
        who: &SignedIn,
        now: Instant,
        work: impl Fn(&mut Tx<'_>, &Fresh<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.change_own(who, now, move |tx, _, fresh| work(tx, fresh))
    }

    /// Lets a signed-in person look at what is theirs.
    ///
    /// # Errors
    /// Whatever `work` refuses.
    pub fn look_as<T>(
        &self,
        who: &SignedIn,
        now: Instant,
        work: impl FnOnce(&mut Tx<'_>, &str) -> Result<T>,
    ) -> Result<T> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.read(&scope, |tx| work(tx, &person_id))
    }

    /// Runs a change of the person, if the session is alive and the person may be signed in now.
    pub(super) fn change_own<T: Send + 'static>(
        &self,
        who: &SignedIn,
        now: Instant,
        work: impl Fn(&mut Tx<'_>, &MasterKey, &Fresh<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (signing, who) = (Arc::clone(&self.signing), who.clone());
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        self.db.transact(&scope, move |tx| {
            let operator = tx.operator_fact(operators::find_operator)?;
            let alive = sessions::find_session(tx, &who.session.id, &operator.policies)?;
            if alive.is_none() || !sessions::hold_session(tx, &who.session.id)? {
                return Err(Error::Unauthenticated { code: "proof.too_old" });
            }
            find_member(tx, (&who.session.key, who.session.person_no))?;
            let fresh = Fresh { person_id: &person_id, proved: who.session.auth };
            work(tx, signing.master(), &fresh)
        })
    }
}
