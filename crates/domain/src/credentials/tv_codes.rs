//! Codes a set-top box shows to who forgot the password, or to the owner who was never here: eight characters, good for
//! fifteen minutes, once.
//!
//! A box has one at a time. Kept is a keyed hash: without the master key nobody finds one by trying. Worth nothing
//! without a PIN of a member of the household the box stands in. Source: brief tve §12.3; `docs/decisions/0046`.

use aws_lc_rs::hmac;
use base::kernel::{Result, ids};
use base::store::{Tx, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::signing::MasterKey;
use crate::subscribers::Key;

/// Seconds a code is good for.
pub const TV_CODE_SECONDS: i64 = 900;
const LENGTH: usize = 8;

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TvCodeFor {
    /// Somebody of the household forgot the password.
    Recovery,
    /// The owner of the household registers, for the first time.
    Registration,
}

impl TvCodeFor {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Recovery => "RECOVERY",
            Self::Registration => "REGISTRATION",
        }
    }
}

/// A code that is good now: which box shows it, and in whose home.
pub(crate) struct TvCode {
    pub(crate) box_id: String,
    pub(crate) key: Key,
    /// Of the key the box proved itself with: another one ends the code.
    pub(crate) thumbprint: String,
    hash: String,
}

/// Gives a box a new code, in place of the one it showed.
///
/// # Errors
/// `unavailable` when the database fails; `store.duplicate` — another box drew the same one
pub(crate) fn give_tv_code(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (box_id, thumbprint, key): (&str, &str, &Key),
    purpose: TvCodeFor,
) -> Result<String> {
    let code = ids::typed_code(LENGTH);
    let row: [Value; 9] = [
        tx.operator().into(),
        box_id.into(),
        hash(tx, master, &code).into(),
        (&key.number).into(),
        key.generation.into(),
        tx.now().into(),
        tx.now().plus_seconds(TV_CODE_SECONDS).into(),
        thumbprint.into(),
        purpose.as_str().into(),
    ];
    tx.change_one(
        "INSERT INTO tv_codes (operator_id, box_id, code_hash, number, gen, created_ms, expires_ms, thumbprint,
                               purpose)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (operator_id, box_id) DO UPDATE SET
            code_hash = excluded.code_hash, number = excluded.number, gen = excluded.gen,
            created_ms = excluded.created_ms, expires_ms = excluded.expires_ms,
            thumbprint = excluded.thumbprint, purpose = excluded.purpose",
        &row,
    )?;
    Ok(code)
}

/// The code somebody typed, if a box shows it now for this.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn find_tv_code(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (typed, purpose): (&str, TvCodeFor),
) -> Result<Option<TvCode>> {
    let hash = hash(tx, master, &plain(typed));
    let keys: [Value; 4] =
        [tx.operator().into(), hash.as_str().into(), tx.now().into(), purpose.as_str().into()];
    tx.row(
        "SELECT box_id, number, gen, thumbprint FROM tv_codes
          WHERE operator_id = ?1 AND code_hash = ?2 AND expires_ms > ?3 AND purpose = ?4",
        &keys,
        |row| {
            let box_id = row.text()?;
            let key = Key { number: row.text()?, generation: row.int()? };
            Ok(TvCode { box_id, key, thumbprint: row.text()?, hash: hash.clone() })
        },
    )
}

/// Uses the code up; `false`: somebody else did, or the box shows another one.
///
/// # Errors
/// `unavailable` when the database fails.
pub(crate) fn spend_tv_code(tx: &mut Tx<'_>, code: &TvCode) -> Result<bool> {
    let keys: [Value; 3] = [tx.operator().into(), (&code.box_id).into(), (&code.hash).into()];
    let spent = tx.exec(
        "DELETE FROM tv_codes WHERE operator_id = ?1 AND box_id = ?2 AND code_hash = ?3",
        &keys,
    )?;
    Ok(spent == 1)
}

/// Forgets up to `limit` codes of the operator that are over; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_tv_codes(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM tv_codes WHERE operator_id = ?1 AND box_id IN
            (SELECT box_id FROM tv_codes WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )
}

fn hash(tx: &Tx<'_>, master: &MasterKey, code: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &master.derive("tv-codes"));
    let text = format!("{}:{}:{code}", tx.operator().len(), tx.operator());
    hex::encode(hmac::sign(&key, text.as_bytes()))
}

/// What was typed, in any width and case, with or without hyphens.
fn plain(typed: &str) -> String {
    let plain = typed.nfkc().filter(char::is_ascii_alphanumeric);
    plain.map(|c| c.to_ascii_uppercase()).take(LENGTH * 2).collect()
}
