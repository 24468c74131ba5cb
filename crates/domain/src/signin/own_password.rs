//! A signed-in person changes their password. What they type as the one they have is tried as at a sign-in.
//!
//! Source: brief tve §12.1; `docs/decisions/0061` for who has none.

use base::kernel::{Actor, Error, Instant, Result, Scope};

use crate::credentials::{
    self, Beside, FRESH_SECONDS, Fresh, Login, OwnPassword, Try, check_password_of,
};
use crate::sessions::{self, Reason, Strength};

use super::continuing::SignedIn;
use super::journeys::{Journeys, MOVED};
use super::passwords::Guess;

/// The session is over, or its proof too old: they sign in again.
const TOO_OLD: Error = Error::Unauthenticated { code: "proof.too_old" };

/// A new password, as it was typed.
#[derive(Clone, Copy)]
pub struct PasswordChange<'t> {
    /// The one they have. Who never chose one is not asked for it.
    pub current: &'t str,
    /// The one they want.
    pub new: &'t str,
    /// The login id they want, of who never chose one.
    pub name: &'t str,
}

impl Journeys {
    /// The login id of a signed-in person, and whether they chose a password.
    ///
    /// # Errors
    /// `proof.too_old` — the password was taken away, and with it the session
    pub fn password_of(&self, who: &SignedIn, now: Instant) -> Result<OwnPassword> {
        let person_id = who.member.person_id.as_str();
        let own =
            self.db.read(&own_scope(who, now), |tx| credentials::own_password(tx, person_id))?;
        own.ok_or(TOO_OLD)
    }

    /// Gives a signed-in person the password they want, and ends whatever else they are signed in by. The password they have
    /// is the proof, tried and counted as at a sign-in; who never chose one proved to be themselves lately, and chooses a
    /// login id too. Two computations, outside of every transaction.
    ///
    /// # Errors
    /// - `password.wrong`; `signin.locked` with the time to wait
    /// - `password.same`, `password.too_short`, `password.too_long`, `password.common`, `password.busy`
    /// - `login.malformed`, `login.taken` — of who never chose one
    /// - `proof.too_old`, `recovery.waits`; those of the guard
    pub fn change_password(
        &self,
        who: &SignedIn,
        typed: &PasswordChange<'_>,
        now: Instant,
    ) -> Result<()> {
        let scope = own_scope(who, now);
        let own = self.password_of(who, now)?;
        let name = if own.chosen { own.name.clone() } else { credentials::login_name(typed.name)? };
        let beside = beside(who, now);
        check_password_of(typed.new, &[&name], beside)?;
        let login = Login {
            person_id: who.member.person_id.clone(),
            key: who.session.key.clone(),
            person_no: who.session.person_no,
            hash: Some(own.hash),
        };
        if !own.chosen {
            if !is_young(who, now) {
                return Err(TOO_OLD);
            }
            let hash = self.passwords.hash(scope.operator(), typed.new, beside)?;
            return self.keep_password(who, (login, own.chosen), (name, hash, typed.new), now);
        }
        if typed.new == typed.current {
            return Err(Error::invalid("password.same", "password"));
        }
        let guess = self.prove_password(&scope, &login, typed.current)?;
        let done = self.passwords.hash(scope.operator(), typed.new, beside).and_then(|hash| {
            self.keep_password(who, (login, own.chosen), (name, hash, typed.new), now)
        });
        if done.is_err() {
            self.take_back(&scope, &guess)?;
        }
        done
    }

    /// Holds what was typed against the password of `login`, counted as at a sign-in. The try still counts when it was right.
    fn prove_password(&self, scope: &Scope, login: &Login, typed: &str) -> Result<Guess> {
        let guess = Guess { login: Some(login.clone()), counted_as: login.person_id.clone() };
        let counted_as = guess.counted_as.clone();
        let tried = self
            .db
            .housekeep(scope, "sign-in-try", move |tx| credentials::begin_try(tx, &counted_as))?;
        if let Try::Locked(wait) = tried {
            return Err(Error::TooMany { code: "signin.locked", wait });
        }
        match self.passwords.verify(scope.operator(), typed, login.hash.clone()) {
            Ok(verified) if verified.same => Ok(guess),
            Ok(_) => self.fail(scope, guess, wrong()),
            Err(error) => {
                self.take_back(scope, &guess)?;
                Err(error)
            }
        }
    }

    /// Keeps the hash of what they want, if the password is still the one of `login`.
    fn keep_password(
        &self,
        who: &SignedIn,
        (login, chosen): (Login, bool),
        (name, hash, new): (String, String, &str),
        now: Instant,
    ) -> Result<()> {
        let (here, short) = (who.session.id.clone(), credentials::is_short(new));
        self.change_own(who, now, move |tx, _, fresh| {
            if credentials::is_current(tx, &login)?.is_none() {
                return Err(if chosen { wrong() } else { MOVED });
            }
            let proved = if chosen { tx.now() } else { fresh.proved };
            let fresh = Fresh { proved, ..*fresh };
            credentials::change_password(tx, &fresh, (&name, &hash))?;
            if short {
                credentials::allow_short(tx, fresh.person_id)?;
            }
            sessions::end_sessions(tx, Reason::PasswordChanged(fresh.person_id, &here)).map(drop)
        })
    }
}

fn wrong() -> Error {
    Error::invalid("password.wrong", "current")
}

fn own_scope(who: &SignedIn, now: Instant) -> Scope {
    let actor = Actor::Person(who.member.person_id.clone());
    Scope::new(&who.operator, actor, now).caused_by("own-password")
}

fn is_young(who: &SignedIn, now: Instant) -> bool {
    who.session.auth.plus_seconds(FRESH_SECONDS) >= now
}

/// What stands beside the new password: the authenticator, if the session was opened with it just now.
fn beside(who: &SignedIn, now: Instant) -> Beside {
    if who.session.proven.strength() == Strength::Several && is_young(who, now) {
        return Beside::SecondFactor;
    }
    Beside::Nothing
}
