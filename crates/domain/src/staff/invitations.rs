//! An invitation of a member of the staff: one code, told once, by which they set password and authenticator.

use base::kernel::{Error, Result, ids};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

use crate::credentials::{self, staff_holder};
use crate::operators::{self, Staff};

use super::roster::not_oneself;
use super::sessions;

/// Days an invitation is good for.
pub const INVITATION_DAYS: i64 = 7;
/// Characters of its code: 57 bits.
const LENGTH: usize = 12;

/// Invites the member `id` of the staff, and answers the code, once: only its hash is kept. What they had before is
/// gone: password, authenticator, sessions, an earlier invitation. So this is also what helps who lost any of it.
///
/// # Errors
/// `staff.not_oneself`; `staff.unknown`; `staff.disabled`
pub fn invite(tx: &mut Tx<'_>, id: &str) -> Result<String> {
    not_oneself(tx, id)?;
    let member = operators::find_staff(tx, id)?;
    let member = member.ok_or_else(|| Error::not_found("staff.unknown", id))?;
    if !member.draft.enabled {
        return Err(Error::refused("staff.disabled"));
    }
    let holder = staff_holder(id);
    let again = credentials::staff_password(tx, &holder)?.is_some();
    credentials::forget_credentials(tx, vec![holder])?;
    sessions::end_all(tx, id)?;
    let code = ids::typed_code(LENGTH);
    let expires = tx.now().plus_days(INVITATION_DAYS);
    let row: [Value; 5] = [
        tx.operator().into(),
        id.into(),
        digest(tx.operator(), id, &code).into(),
        expires.into(),
        tx.now().into(),
    ];
    tx.change_one(
        "INSERT INTO staff_invitations (operator_id, staff_id, code_hash, expires_ms, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (operator_id, staff_id) DO UPDATE SET code_hash = excluded.code_hash,
            expires_ms = excluded.expires_ms, created_ms = excluded.created_ms",
        &row,
    )?;
    let detail = json!({"expires": expires.rfc3339_jst(), "again": again});
    record(tx, &Entry::new("staff.invited", id).detail(detail))?;
    Ok(code)
}

/// The member whose invitation this code is; none: wrong, used, too old, or nobody there: nobody is told which.
pub(super) fn find(tx: &mut Tx<'_>, (id, code): (&str, &str)) -> Result<Option<Staff>> {
    let keys: [Value; 3] = [tx.operator().into(), id.into(), tx.now().into()];
    let kept = tx.row(
        "SELECT code_hash FROM staff_invitations
          WHERE operator_id = ?1 AND staff_id = ?2 AND expires_ms > ?3",
        &keys,
        |row| row.text(),
    )?;
    let shown = digest(tx.operator(), id, &plain(code));
    let good = kept.is_some_and(|kept| bool::from(kept.as_bytes().ct_eq(shown.as_bytes())));
    let member = operators::find_staff(tx, id)?;
    Ok(member.filter(|member| good && member.draft.enabled))
}

/// Uses an invitation up; `false`: somebody else was faster, or another one was made since.
pub(super) fn spend(tx: &mut Tx<'_>, (id, code): (&str, &str)) -> Result<bool> {
    let keys: [Value; 4] = [
        tx.operator().into(),
        id.into(),
        digest(tx.operator(), id, &plain(code)).into(),
        tx.now().into(),
    ];
    let spent = tx.exec(
        "DELETE FROM staff_invitations
          WHERE operator_id = ?1 AND staff_id = ?2 AND code_hash = ?3 AND expires_ms > ?4",
        &keys,
    )?;
    Ok(spent == 1)
}

/// Forgets up to `limit` invitations that are over; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_invitations(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM staff_invitations WHERE operator_id = ?1 AND staff_id IN
            (SELECT staff_id FROM staff_invitations
              WHERE operator_id = ?1 AND expires_ms <= ?2 LIMIT ?3)",
        &keys,
    )
}

/// As typed: any width, any case, with or without what stands between the groups.
fn plain(code: &str) -> String {
    let letters = code.nfkc().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

/// A plain SHA-256, as for letters: 2⁵⁷ hashes for one code that is good for a week.
fn digest(operator: &str, id: &str, code: &str) -> String {
    hex::encode(Sha256::digest(format!("staff:{operator}:{id}:{code}").as_bytes()))
}
