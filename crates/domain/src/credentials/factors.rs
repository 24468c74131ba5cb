//! Second factors of a person: how one is tried, and who may change them.
//!
//! A try is counted, checked and answered in one transaction, on the counter that passwords count on
//! (`lockout.rs`): however many come at once, ten bad ones are made and no more. Nothing slow is computed,
//! so nothing has to happen between two transactions.

use std::time::Duration;

use base::kernel::{Change, Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use crate::signing::MasterKey;

use super::lockout::{self, TRIES, Try};
use super::{recovery, totp};

/// Who changes what they prove themselves by must have proved it within this time.
pub const FRESH_SECONDS: i64 = 300;

/// A code a person typed to prove more than a password does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Factor<'c> {
    /// Six digits of an authenticator, good once.
    Totp(&'c str),
    /// One of the ten codes on paper, good once.
    RecoveryCode(&'c str),
}

impl<'c> Factor<'c> {
    /// What a person typed where either is taken: six digits are the authenticator's, in any width and with
    /// spaces between.
    #[must_use]
    pub fn of_typed(typed: &'c str) -> Self {
        let digits = totp::digits(typed);
        if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Totp(typed);
        }
        Self::RecoveryCode(typed)
    }
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It was right.
    Good,
    /// It was not, or there is nothing to try: nobody is told which.
    Wrong,
    /// Too many were wrong: nothing is tried before this much time has passed.
    Locked(Duration),
}

/// A person about to change what they prove themselves by, and when they last did prove it.
#[derive(Debug, Clone, Copy)]
pub struct Fresh<'p> {
    /// The person.
    pub person_id: &'p str,
    /// When they last proved to be themselves: `auth_time` of their session.
    pub proved: Instant,
}

/// Which second factors a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Factors {
    /// An authenticator that was confirmed.
    pub totp: bool,
    /// Recovery codes not used yet.
    pub recovery_codes: i64,
}

impl Fresh<'_> {
    /// The guard of changes that only take away, or take back.
    ///
    /// # Errors
    /// `proof.too_old` — the proof is more than five minutes old
    pub(crate) fn check(&self, tx: &Tx<'_>) -> Result<()> {
        if self.proved.plus_seconds(FRESH_SECONDS) < tx.now() {
            return Err(Error::Unauthenticated { code: "proof.too_old" });
        }
        Ok(())
    }
}

/// What is tried, and what it is counted as.
pub(super) struct Attempt<'a> {
    pub(super) person_id: &'a str,
    /// What bad tries are counted as, and how many are a lock-out.
    pub(super) counted_as: (&'a str, i64),
    /// As the books call it.
    pub(super) method: &'a str,
}

/// Counts a try, makes it, and writes down how it ended. `check` answers why it is wrong, if it is.
///
/// A good one takes back its own try only: bad ones before it are forgotten by the sign-in that ends well.
pub(super) fn try_counted(
    tx: &mut Tx<'_>,
    attempt: &Attempt<'_>,
    check: impl FnOnce(&mut Tx<'_>) -> Result<Option<&'static str>>,
) -> Result<Tried> {
    let Attempt { person_id, counted_as: (subject, most), method } = *attempt;
    if let Try::Locked(wait) = lockout::begin_try_of(tx, subject, most)? {
        return Ok(Tried::Locked(wait));
    }
    let Some(reason) = check(tx)? else {
        lockout::take_back_try(tx, subject)?;
        let detail = json!({"method": method});
        record(tx, &Entry::new("person.factor_proved", person_id).detail(detail))?;
        return Ok(Tried::Good);
    };
    let detail = json!({"method": method, "reason": reason});
    record(tx, &Entry::new("person.factor_refused", person_id).detail(detail))?;
    let Some((until, change)) = lockout::note_failure_of(tx, subject, most)? else {
        return Ok(Tried::Wrong);
    };
    if change == Change::Made {
        let detail = json!({"until": until.rfc3339_jst(), "method": method});
        record(tx, &Entry::new("person.locked_out", person_id).detail(detail))?;
    }
    Ok(Tried::Locked(lockout::wait_until(tx.now(), until)))
}

/// Tries a second factor of a person. To be called as housekeeping, like every try: one that is locked
/// out may write without a line in the audit.
///
/// # Errors
/// `master_key.differs`; `unavailable` when the database fails.
pub(crate) fn try_factor(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    person_id: &str,
    factor: Factor<'_>,
) -> Result<Tried> {
    let method = match factor {
        Factor::Totp(_) => "totp",
        Factor::RecoveryCode(_) => "recovery_code",
    };
    let attempt = Attempt { person_id, counted_as: (person_id, TRIES), method };
    try_counted(tx, &attempt, |tx| match factor {
        Factor::Totp(typed) => totp::check(tx, master, (person_id, typed)),
        Factor::RecoveryCode(typed) => recovery::check(tx, master, (person_id, typed)),
    })
}

/// Which second factors a person has. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn factors_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Factors> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    let found = tx.row(
        "SELECT (SELECT COUNT(*) FROM totps
                  WHERE operator_id = ?1 AND person_id = ?2 AND confirmed_ms IS NOT NULL),
                (SELECT COUNT(*) FROM recovery_codes
                  WHERE operator_id = ?1 AND person_id = ?2 AND used_ms IS NULL)",
        &keys,
        |row| Ok(Factors { totp: row.int()? > 0, recovery_codes: row.int()? }),
    )?;
    Ok(found.unwrap_or_default())
}

/// Takes the second factors of a person away who has no password: it was reset. Nothing could be signed in
/// with since, and a reset stays as cheap as any command.
pub(super) fn forget_after_reset(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.exec(
        "DELETE FROM totps WHERE operator_id = ?1 AND person_id = ?2 AND NOT EXISTS
            (SELECT hash FROM passwords WHERE operator_id = ?1 AND person_id = ?2)",
        &keys,
    )?;
    tx.exec(
        "DELETE FROM recovery_codes WHERE operator_id = ?1 AND person_id = ?2 AND NOT EXISTS
            (SELECT hash FROM passwords WHERE operator_id = ?1 AND person_id = ?2)",
        &keys,
    )?;
    Ok(())
}

/// Takes all second factors of persons away. `keys`: the operator and the list of persons.
pub(super) fn forget(tx: &mut Tx<'_>, keys: &[Value]) -> Result<()> {
    tx.exec("DELETE FROM totps WHERE operator_id = ?1 AND person_id IN ARRAY(?2)", keys)?;
    tx.exec("DELETE FROM recovery_codes WHERE operator_id = ?1 AND person_id IN ARRAY(?2)", keys)?;
    Ok(())
}
