//! The steps of a person who forgot the password and has a contact: login id, the code that was sent, a new
//! password.
//!
//! Whoever the login id belongs to, and whether anybody has it, is told by nothing: not the answer, not the
//! statements, not the lock-out. Source: brief tve §12.3; `docs/decisions/0032`.

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use crate::credentials::{self, Beside, Factor, Login, Tried, Try, check_password_of};
use crate::sessions::{self, Proven, Reason};

use super::factors::{admit_person, try_factor};
use super::finish::{Moved, settle_whole};
use super::journeys::{Caller, Journeys, MOVED, Ticket};
use super::repo;
use super::requests::{RecoveredBy, Step};

/// Codes one sign-in may ask for.
const ASKED_TIMES: i64 = 10;

const WRONG: Error = Error::Unauthenticated { code: "signin.code_wrong" };

impl Journeys {
    /// Has a code sent to the contacts of who has this login id, and goes on to asking for it, whoever that is and
    /// also when it is nobody. Who has no password any more (a reset) is nobody here: they have a letter.
    ///
    /// # Errors
    /// - `login.malformed`; `contact.code_just_sent` — this sign-in asked less than a minute ago
    /// - `recovery.too_often` — this sign-in asked ten times
    /// - `signin.unknown`; `signin.step_changed`
    pub fn ask_recovery(&self, caller: &Caller<'_>, typed_name: &str) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let name = credentials::login_name(typed_name)?;
        self.db.housekeep(&ticket.scope.clone(), "recovery-asked", move |tx| {
            let login = ticket.at_recovery(tx, &name)?;
            let counted_as = Login::counted_as(login.as_ref(), &name);
            let stands = login.filter(|login| login.hash.is_some());
            let person_id = stands.map(|login| login.person_id).unwrap_or_default();
            credentials::ask_recovery(tx, &ticket.id, &person_id)?;
            repo::set_step(tx, &ticket.id, &Step::RecoveryCode { counted_as })
        })?;
        Ok(Moved::GoesOn)
    }

    /// Tries the code that was sent. When it is right it is spent, and the sign-in goes on to the new password.
    ///
    /// The try counts on the counter of the password, besides the five of each code.
    ///
    /// # Errors
    /// `signin.code_wrong`; `signin.locked` with the time to wait; `signin.unknown`; `signin.step_changed`
    pub fn try_recovery(&self, caller: &Caller<'_>, typed: &str) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let (signing, typed) = (Arc::clone(&self.signing), typed.to_owned());
        let tried = self.db.housekeep(&ticket.scope.clone(), "sign-in-try", move |tx| {
            let (Step::RecoveryCode { counted_as }, _) = ticket.find(tx)? else {
                return Err(MOVED);
            };
            if let Try::Locked(wait) = credentials::begin_try(tx, &counted_as)? {
                return Ok(Tried::Locked(wait));
            }
            let code = (ticket.id.as_str(), typed.as_str());
            match credentials::spend_recovery(tx, signing.master(), code)? {
                Some(person_id) => {
                    credentials::take_back_try(tx, &counted_as)?;
                    ticket.go_on(tx, person_id, RecoveredBy::Contact)?;
                    Ok(Tried::Good)
                }
                None => refuse(tx, &counted_as),
            }
        })?;
        match tried {
            Tried::Good => Ok(Moved::GoesOn),
            Tried::Wrong => Err(WRONG),
            Tried::Locked(wait) => Err(Error::TooMany { code: "signin.locked", wait }),
        }
    }

    /// Gives the person a new password, ends everything they were signed in by before, and signs them in. Who has
    /// an authenticator proves that too, before anything is changed: who reads somebody's mail can neither come in
    /// nor shut them out.
    ///
    /// # Errors
    /// - `password.too_short`, `password.too_long`, `password.common`, `password.busy`
    /// - `signin.code_wrong` — of the authenticator; `signin.locked` with the time to wait
    /// - `signin.step_changed` — the password was replaced meanwhile, or it is at another step
    /// - `signin.unknown`; `client.unknown`, `client.terms_changed`; those of the guard
    pub fn recover(&self, caller: &Caller<'_>, (password, code): (&str, &str)) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let (step, purpose) = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        let Step::NewPassword { person_id, by, checked, .. } = step else { return Err(MOVED) };
        let aim = self.aim_of(purpose)?;
        let name = self.db.read(&ticket.scope, |tx| credentials::login_of(tx, &person_id))?;
        let name = name.ok_or(MOVED)?;
        let beside = self.beside(&ticket, &person_id)?;
        check_password_of(password, &[&name], beside)?;
        let second = self.prove_second(&ticket, (&person_id, code))?;
        let hash = self.passwords.hash(ticket.scope.operator(), password, beside)?;
        let short = credentials::is_short(password);
        let (signing, here) = (Arc::clone(&self.signing), ticket.clone());
        let scope =
            Scope::new(ticket.scope.operator(), Actor::Anonymous, caller.now).caused_by("recovery");
        let moved = self.db.transact(&scope, move |tx| {
            let member = admit_person(tx, &person_id)?;
            if !credentials::password_is_of(tx, &person_id, checked)? {
                return Err(MOVED);
            }
            if credentials::factors_of(tx, &person_id)?.totp && !second {
                return Err(WRONG);
            }
            credentials::replace_credentials(tx, &person_id, (&name, &hash))?;
            if short {
                credentials::allow_short(tx, &person_id)?;
            }
            credentials::forgive_recovery(tx, &person_id)?;
            if !second {
                credentials::wait_after_recovery(tx, &person_id)?;
            }
            let detail = json!({"by": by, "waits": !second});
            record(tx, &Entry::new("person.recovered", &person_id).detail(detail))?;
            sessions::end_sessions(tx, Reason::PasswordReplaced(&person_id))?;
            settle_whole(tx, &signing, (&here, &aim), (&member, &Proven::letter()))
        })?;
        if moved.opened_session() {
            self.end_elsewhere(&ticket)?;
        }
        Ok(moved)
    }

    /// What the person is to prove beside the new password.
    fn beside(&self, ticket: &Ticket, person_id: &str) -> Result<Beside> {
        let factors = self.db.read(&ticket.scope, |tx| credentials::factors_of(tx, person_id))?;
        Ok(if factors.totp { Beside::SecondFactor } else { Beside::Nothing })
    }

    /// Tries the second factor of who has one; whether it was proved.
    fn prove_second(&self, ticket: &Ticket, (person_id, code): (&str, &str)) -> Result<bool> {
        if self.beside(ticket, person_id)? == Beside::Nothing {
            return Ok(false);
        }
        let signing = Arc::clone(&self.signing);
        let (whose, typed) = (person_id.to_owned(), code.to_owned());
        let tried = self.db.housekeep(&ticket.scope, "sign-in-try", move |tx| {
            try_factor(tx, signing.master(), &whose, Factor::of_typed(&typed))
        })?;
        match tried {
            Tried::Good => Ok(true),
            Tried::Wrong => Err(WRONG),
            Tried::Locked(wait) => Err(Error::TooMany { code: "signin.locked", wait }),
        }
    }
}

impl Ticket {
    /// Counts that a code is asked for, and answers whose the login id `name` is, when that is what is wanted now.
    pub(super) fn at_recovery(&self, tx: &mut Tx<'_>, name: &str) -> Result<Option<Login>> {
        let found = repo::find_with_login(tx, (&self.id, &self.browser), name)?;
        let (Step::Recover, _, login) = found.ok_or_else(|| self.unknown())? else {
            return Err(MOVED);
        };
        let counted = repo::count_try(tx, (&self.id, &self.browser))?;
        let (_, times) = counted.ok_or_else(|| self.unknown())?;
        if times > ASKED_TIMES {
            return Err(Error::refused("recovery.too_often"));
        }
        Ok(login)
    }

    /// The code was right, or the owner approved: on to the new password.
    pub(super) fn go_on(&self, tx: &mut Tx<'_>, person_id: String, by: RecoveredBy) -> Result<()> {
        let second = credentials::factors_of(tx, &person_id)?.totp;
        let entry = Entry::new("person.recovery_proved", &person_id).detail(json!({"by": by}));
        record(tx, &entry)?;
        let step = Step::NewPassword { person_id, by, checked: tx.now(), second };
        repo::set_step(tx, &self.id, &step)
    }
}

/// The code was wrong; the tenth bad try locks out, and of a person that is written down. Single ones are not, as
/// with passwords: the work would tell who has the login id.
pub(super) fn refuse(tx: &mut Tx<'_>, counted_as: &str) -> Result<Tried> {
    let Some((until, change)) = credentials::note_failure(tx, counted_as)? else {
        return Ok(Tried::Wrong);
    };
    if change == Change::Made && !counted_as.starts_with("nobody:") {
        let detail = json!({"until": until.rfc3339_jst(), "method": "recovery"});
        record(tx, &Entry::new("person.locked_out", counted_as).detail(detail))?;
    }
    let wait = tx.now().seconds_until(until).unsigned_abs().max(1);
    Ok(Tried::Locked(std::time::Duration::from_secs(wait)))
}
