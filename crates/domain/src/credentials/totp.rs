//! Authenticator codes (TOTP): six digits every thirty seconds, from a secret shared once.
//!
//! SHA-1, six digits, thirty seconds, one step of tolerance: what every authenticator can do. The secret is
//! sealed under the master key, bound to operator and person. Source: RFC 6238 §4, §5.2.

use base::kernel::{Change, Error, Result, ids};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use totp_rs::{Builder, Totp};
use unicode_normalization::UnicodeNormalization as _;

use crate::signing::MasterKey;

use super::alerts::{self, Alert};
use super::factors::Fresh;
use super::logins;

/// An enrolment that was not confirmed within this time is over.
const DRAFT_SECONDS: i64 = 900;
/// Bytes of a secret: as many as SHA-1 answers. Source: RFC 4226 §4.
const SECRET_BYTES: usize = 20;
const UNKNOWN: &str = "totp.unknown";

/// What an authenticator is set up with; shown once.
pub struct NewTotp {
    /// The secret in Base32, for typing.
    pub secret: String,
    /// The same as an `otpauth:` address, for a QR code.
    pub uri: String,
}

struct Stored {
    sealed: Vec<u8>,
    confirmed: bool,
    created: base::kernel::Instant,
}

/// Makes a secret for an authenticator of this person and answers it, once. It proves nothing until
/// [`confirm_totp`]; an earlier one that was not confirmed is dead from now on.
///
/// `station` and `account` are what the authenticator shows; a colon in them becomes a space.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`; `totp.exists` — there is one in use: it has to be removed first
pub fn enrol_totp(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    fresh: &Fresh<'_>,
    (station, account): (&str, &str),
) -> Result<NewTotp> {
    fresh.check_settled(tx)?;
    let secret: Vec<u8> = ids::secret_bytes().into_iter().take(SECRET_BYTES).collect();
    let totp = Builder::new()
        .with_secret(secret.clone())
        .with_account_name(account.replace(':', " "))
        .with_issuer(Some(station.replace(':', " ")))
        .build()
        .map_err(Error::internal)?;
    let uri = totp.to_url().map_err(Error::internal)?;
    let sealed = master.seal(tx.operator(), &purpose(fresh.person_id), &secret)?;
    let row: [Value; 4] =
        [tx.operator().into(), fresh.person_id.into(), sealed.into(), tx.now().into()];
    let put = tx.exec(
        "INSERT INTO totps (operator_id, person_id, secret_sealed, last_step, created_ms)
         VALUES (?1, ?2, ?3, 0, ?4)
         ON CONFLICT (operator_id, person_id) DO UPDATE SET
            secret_sealed = excluded.secret_sealed, last_step = 0, created_ms = excluded.created_ms
          WHERE totps.confirmed_ms IS NULL",
        &row,
    )?;
    if put == 0 {
        return Err(Error::refused("totp.exists"));
    }
    record(tx, &Entry::new("person.totp_begun", fresh.person_id))?;
    Ok(NewTotp { secret: totp.secret().to_base32(), uri })
}

/// The authenticator shows the right code: it counts from now on. That code is used up.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`; `totp.unknown` — nothing was begun, or more than a quarter of an hour ago
/// - `totp.code_wrong` — another code is expected: wrong secret, or a clock that is wrong
pub fn confirm_totp(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    fresh: &Fresh<'_>,
    typed: &str,
) -> Result<Change> {
    fresh.check_settled(tx)?;
    let person_id = fresh.person_id;
    let unknown = || Error::not_found(UNKNOWN, person_id);
    let stored = find(tx, person_id)?.ok_or_else(unknown)?;
    if stored.confirmed {
        return Ok(Change::Already);
    }
    if stored.created.plus_seconds(DRAFT_SECONDS) < tx.now() {
        return Err(unknown());
    }
    let step = matching_step(tx, master, (person_id, typed), &stored.sealed)?
        .ok_or_else(|| Error::invalid("totp.code_wrong", "code"))?;
    let row: [Value; 5] = [
        tx.operator().into(),
        person_id.into(),
        stored.sealed.into(),
        step.into(),
        tx.now().into(),
    ];
    tx.change_one(
        "UPDATE totps SET last_step = ?4, confirmed_ms = ?5
          WHERE operator_id = ?1 AND person_id = ?2 AND secret_sealed = ?3
            AND confirmed_ms IS NULL",
        &row,
    )?;
    alerts::tell_person(tx, person_id, Alert::TotpAdded)?;
    record(tx, &Entry::new("person.totp_added", person_id))?;
    Ok(Change::Made)
}

/// Takes the authenticator away, and the recovery codes, which stood in for it.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`
pub fn remove_totp(tx: &mut Tx<'_>, fresh: &Fresh<'_>) -> Result<Change> {
    fresh.check_settled(tx)?;
    if logins::has_short(tx, fresh.person_id)? {
        return Err(Error::refused("totp.password_short"));
    }
    let keys: [Value; 2] = [tx.operator().into(), fresh.person_id.into()];
    let gone = tx.exec("DELETE FROM totps WHERE operator_id = ?1 AND person_id = ?2", &keys)?;
    if gone == 0 {
        return Ok(Change::Already);
    }
    tx.exec("DELETE FROM recovery_codes WHERE operator_id = ?1 AND person_id = ?2", &keys)?;
    alerts::tell_person(tx, fresh.person_id, Alert::TotpRemoved)?;
    record(tx, &Entry::new("person.totp_removed", fresh.person_id))?;
    Ok(Change::Made)
}

/// Takes a code, once: why it is wrong, if it is. Of two requests with one code, one is right.
/// Source: RFC 6238 §5.2 (a code must not be accepted twice).
pub(super) fn check(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (person_id, typed): (&str, &str),
) -> Result<Option<&'static str>> {
    let Some(stored) = find(tx, person_id)?.filter(|one| one.confirmed) else {
        return Ok(Some("none"));
    };
    let Some(step) = matching_step(tx, master, (person_id, typed), &stored.sealed)? else {
        return Ok(Some("wrong"));
    };
    let row: [Value; 4] =
        [tx.operator().into(), person_id.into(), stored.sealed.into(), step.into()];
    let taken = tx.exec(
        "UPDATE totps SET last_step = ?4
          WHERE operator_id = ?1 AND person_id = ?2 AND secret_sealed = ?3 AND last_step < ?4",
        &row,
    )?;
    Ok((taken == 0).then_some("replayed"))
}

/// The time step, now or one beside it, that `typed` is the code of.
fn matching_step(
    tx: &Tx<'_>,
    master: &MasterKey,
    (person_id, typed): (&str, &str),
    sealed: &[u8],
) -> Result<Option<i64>> {
    let secret = master.open(tx.operator(), &purpose(person_id), sealed)?;
    let totp: Totp = Builder::new().with_secret(secret).build().map_err(Error::internal)?;
    let seconds = u64::try_from(tx.now().ms() / 1000).unwrap_or(0);
    Ok(totp.check(&digits(typed), seconds).and_then(|step| i64::try_from(step).ok()))
}

/// What was typed, half-width and without spaces and hyphens.
pub(super) fn digits(typed: &str) -> String {
    typed.nfkc().filter(|c| !c.is_whitespace() && *c != '-').take(16).collect()
}

fn purpose(person_id: &str) -> String {
    format!("totp/{person_id}")
}

fn find(tx: &mut Tx<'_>, person_id: &str) -> Result<Option<Stored>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.row(
        "SELECT secret_sealed, confirmed_ms, created_ms FROM totps
          WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| {
            Ok(Stored {
                sealed: row.bytes()?,
                confirmed: row.instant_if_any()?.is_some(),
                created: row.instant()?,
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B: the last six of eight digits.
        let totp = Builder::new().with_secret(b"12345678901234567890".to_vec()).build().unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp.check(code, seconds), Some(seconds / 30), "{seconds}");
            assert_eq!(totp.check(code, seconds + 60), None, "{seconds}: two steps late");
        }
    }

    #[test]
    fn a_code_may_be_typed_as_people_type() {
        assert_eq!(digits(" ２８７ 082"), "287082");
        assert_eq!(digits("287-082"), "287082");
        assert_eq!(digits(&"1".repeat(100_000)).len(), 16);
    }
}
