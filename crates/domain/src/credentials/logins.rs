//! Login ids and the stored password hashes.

use base::kernel::{Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use crate::subscribers::Key;

use super::alerts::{self, Alert};
use super::factors::{self, Factors};
use super::{approvals, contact_book, lockout, passkey_book, pins};

/// What is known of a login id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Whose it is.
    pub person_id: String,
    /// Where that person is a member now.
    pub key: Key,
    /// And under which number.
    pub person_no: i64,
    /// The password's hash; none while a password was taken away.
    pub hash: Option<String>,
}

/// A login id as it is kept and compared: NFKC, small letters, 4 to 64 of `a–z 0–9 . _ - @ +`.
///
/// # Errors
/// `login.malformed`
pub fn login_name(typed: &str) -> Result<String> {
    let name: String = typed.nfkc().flat_map(char::to_lowercase).collect();
    let name = name.trim().to_owned();
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-@+".contains(&byte);
    if (4..=64).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(name);
    }
    Err(Error::invalid("login.malformed", "username"))
}

impl Login {
    /// By what tries are counted: the person, or the name itself when nobody has it.
    #[must_use]
    pub fn counted_as(found: Option<&Self>, name: &str) -> String {
        match found {
            Some(login) => login.person_id.clone(),
            None => nobody(&format!("login:{name}")),
        }
    }
}

/// What tries are counted as where nobody is: a name somebody typed, which may be anything, is not kept.
pub(crate) fn nobody(typed: &str) -> String {
    let mut digest = hex::encode(Sha256::digest(typed.as_bytes()));
    digest.truncate(32);
    format!("nobody:{digest}")
}

/// Gives a person this login id and this password, as [`super::Passwords::hash`] made it, in place of
/// those they had; forgets their bad tries, tells them at their contacts, and writes it down.
///
/// The two are only ever replaced together, so that a password held against the stored one
/// ([`is_current`]) answers for the login id as well. Who knows the old ones may still be signed in:
/// the caller ends what they have. Second factors and contacts stay, unless the password was taken away by a reset;
/// passkeys do not: each lets in by itself, and whoever made it may be who is to be kept out.
///
/// # Errors
/// `login.taken` — somebody else of the operator has it
pub fn replace_credentials(
    tx: &mut Tx<'_>,
    person_id: &str,
    (name, hash): (&str, &str),
) -> Result<()> {
    put_login(tx, name, person_id)?;
    alerts::tell_person(tx, person_id, Alert::PasswordReplaced)?;
    factors::forget_after_reset(tx, person_id)?;
    contact_book::remove_after_reset(tx, person_id)?;
    passkey_book::forget(tx, &[tx.operator().into(), vec![person_id.to_owned()].into()])?;
    approvals::forget_approvals(tx, person_id)?;
    put_password(tx, person_id, hash)?;
    lockout::forgive(tx, person_id)?;
    record(tx, &Entry::new("person.credentials_set", person_id))
}

/// The person's second factors, if the password that was read with `login` is still the one that is kept.
/// Locks it: nobody replaces it before this transaction ends, and who is about to is waited for. One
/// statement, because every sign-in makes it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn is_current(tx: &mut Tx<'_>, login: &Login) -> Result<Option<Factors>> {
    let keys: [Value; 2] = [tx.operator().into(), (&login.person_id).into()];
    let kept = tx.rows_locked(
        "SELECT hash,
                (SELECT COUNT(*) FROM totps
                  WHERE operator_id = ?1 AND person_id = ?2 AND confirmed_ms IS NOT NULL),
                (SELECT COUNT(*) FROM recovery_codes
                  WHERE operator_id = ?1 AND person_id = ?2 AND used_ms IS NULL)
           FROM passwords WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| Ok((row.text()?, Factors { totp: row.int()? > 0, recovery_codes: row.int()? })),
    )?;
    let same = kept.first().filter(|(hash, _)| login.hash.as_ref() == Some(hash));
    Ok(same.map(|(_, factors)| *factors))
}

/// Whether the person's password is still the one that was there at `at`, and not set since. Locks it as
/// [`is_current`] does.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn password_is_of(tx: &mut Tx<'_>, person_id: &str, at: Instant) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    let set = tx.rows_locked(
        "SELECT set_ms FROM passwords WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| row.instant(),
    )?;
    Ok(set.first().is_some_and(|set| *set <= at))
}

/// The password that was just set is shorter than others may be: only who has an authenticator may have it, and they
/// keep the authenticator while they do.
///
/// # Errors
/// `password.too_short` — there is no authenticator
pub(crate) fn allow_short(tx: &mut Tx<'_>, person_id: &str) -> Result<()> {
    if !factors::factors_of(tx, person_id)?.totp {
        return Err(Error::invalid("password.too_short", "password"));
    }
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.change_one("UPDATE passwords SET short = 1 WHERE operator_id = ?1 AND person_id = ?2", &keys)
}

/// Whether the person's password is one that only goes with an authenticator. Locks it as [`is_current`] does.
///
/// # Errors
/// `unavailable` when the database fails.
pub(super) fn has_short(tx: &mut Tx<'_>, person_id: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    let short = tx.rows_locked(
        "SELECT short FROM passwords WHERE operator_id = ?1 AND person_id = ?2",
        &keys,
        |row| row.flag(),
    )?;
    Ok(short.first().copied().unwrap_or_default())
}

/// Keeps this hash of the person's password in place of the one that was read with `login`, made elsewhere or
/// cheaper. The password is the same, so nothing ends by it and nobody is told.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn renew_password(tx: &mut Tx<'_>, login: &Login, renewed: &str) -> Result<()> {
    let row: [Value; 4] = [
        tx.operator().into(),
        (&login.person_id).into(),
        login.hash.as_deref().unwrap_or_default().into(),
        renewed.into(),
    ];
    tx.change_one(
        "UPDATE passwords SET hash = ?4 WHERE operator_id = ?1 AND person_id = ?2 AND hash = ?3",
        &row,
    )?;
    record(tx, &Entry::new("person.password_rehashed", &login.person_id))
}

/// The login id of a person, if they registered.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn login_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Option<String>> {
    let keys: [Value; 2] = [tx.operator().into(), person_id.into()];
    tx.row(
        "SELECT login_name FROM logins WHERE operator_id = ?1 AND person_id = ?2
          ORDER BY login_name LIMIT 1",
        &keys,
        |row| row.text(),
    )
}

pub(super) fn put_login(tx: &mut Tx<'_>, name: &str, person_id: &str) -> Result<()> {
    let row: [Value; 4] = [tx.operator().into(), name.into(), person_id.into(), tx.now().into()];
    tx.exec(
        "DELETE FROM logins WHERE operator_id = ?1 AND person_id = ?2 AND login_name <> ?3",
        &[tx.operator().into(), person_id.into(), name.into()],
    )?;
    let put = tx.exec(
        "INSERT INTO logins (operator_id, login_name, person_id, created_ms)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (operator_id, login_name) DO UPDATE SET created_ms = excluded.created_ms
          WHERE logins.person_id = excluded.person_id",
        &row,
    )?;
    if put == 1 { Ok(()) } else { Err(Error::refused("login.taken")) }
}

pub(super) fn put_password(tx: &mut Tx<'_>, person_id: &str, hash: &str) -> Result<()> {
    let row: [Value; 4] = [tx.operator().into(), person_id.into(), hash.into(), tx.now().into()];
    tx.change_one(
        "INSERT INTO passwords (operator_id, person_id, hash, set_ms, short, waits_until_ms)
         VALUES (?1, ?2, ?3, ?4, 0, 0)
         ON CONFLICT (operator_id, person_id) DO UPDATE SET hash = excluded.hash,
            set_ms = excluded.set_ms, short = 0, waits_until_ms = 0, chosen = 1",
        &row,
    )
}

/// Takes the passwords of persons away: reset. Their login ids lead nowhere until they register again, and
/// then they begin without second factors and contacts ([`replace_credentials`]): who lost the telephone is let in again
/// this way. PINs stay. The caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_passwords(tx: &mut Tx<'_>, person_ids: Vec<String>) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), person_ids.into()];
    tx.exec("DELETE FROM passwords WHERE operator_id = ?1 AND person_id IN ARRAY(?2)", &keys)?;
    Ok(())
}

/// Takes login id, password, second factors, passkeys, PINs and contacts of persons away: purge. The caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_credentials(tx: &mut Tx<'_>, person_ids: Vec<String>) -> Result<()> {
    forget_passwords(tx, person_ids.clone())?;
    let keys: [Value; 2] = [tx.operator().into(), person_ids.into()];
    tx.exec("DELETE FROM logins WHERE operator_id = ?1 AND person_id IN ARRAY(?2)", &keys)?;
    factors::forget(tx, &keys)?;
    passkey_book::forget(tx, &keys)?;
    contact_book::forget(tx, &keys)?;
    pins::forget(tx, &keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_id_is_the_same_in_every_width_and_case() {
        assert_eq!(login_name(" Ｔａｋａｈａｓｈｉ_1 ").unwrap(), "takahashi_1");
        assert_eq!(login_name("Hanako@Example.JP").unwrap(), "hanako@example.jp");
        for bad in ["", "abc", "髙橋花子", "a b c d", "a\u{0}bcd", &"a".repeat(65)] {
            assert_eq!(login_name(bad).unwrap_err().code(), "login.malformed", "{bad}");
        }
    }
}
