//! The SQL of this room.

use base::kernel::{Error, Instant, Result};
use base::store::{Tx, Value};
use formats::jose::SigningAlgorithm;

/// A key as stored.
#[derive(Debug, Clone)]
pub(super) struct StoredKey {
    pub(super) number: i64,
    pub(super) kid: String,
    pub(super) algorithm: SigningAlgorithm,
    pub(super) private_sealed: Vec<u8>,
    pub(super) public_jwk: String,
    pub(super) signs_from: Instant,
    pub(super) signs_until: Option<Instant>,
}

/// The issuer's keys that are still published, oldest first.
pub(super) fn published(tx: &mut Tx<'_>) -> Result<Vec<StoredKey>> {
    let keys: [Value; 2] = [tx.operator().into(), tx.now().into()];
    tx.rows(
        "SELECT key_no, kid, algorithm, private_sealed, public_jwk, signs_from_ms, signs_until_ms
           FROM signing_keys
          WHERE operator_id = ?1 AND (removed_ms IS NULL OR removed_ms > ?2) ORDER BY key_no",
        &keys,
        |row| {
            Ok(StoredKey {
                number: row.int()?,
                kid: row.text()?,
                algorithm: SigningAlgorithm::of_name(&row.text()?)
                    .ok_or_else(|| Error::internal("a signing key of no known algorithm"))?,
                private_sealed: row.bytes()?,
                public_jwk: row.text()?,
                signs_from: row.instant()?,
                signs_until: row.instant_if_any()?,
            })
        },
    )
}

/// Whether the issuer ever had the key `kid`.
pub(super) fn had(tx: &mut Tx<'_>, kid: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), kid.into()];
    let sql = "SELECT key_no FROM signing_keys WHERE operator_id = ?1 AND kid = ?2 LIMIT 1";
    Ok(tx.row(sql, &keys, |row| row.int())?.is_some())
}

/// The highest number an issuer's key ever had; 0 without any.
pub(super) fn last_number(tx: &mut Tx<'_>) -> Result<i64> {
    let keys: [Value; 1] = [tx.operator().into()];
    let sql = "SELECT COALESCE(MAX(key_no), 0) FROM signing_keys WHERE operator_id = ?1";
    Ok(tx.row(sql, &keys, |row| row.int())?.unwrap_or(0))
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    (number, algorithm, kid): (i64, SigningAlgorithm, &str),
    (private_sealed, public_jwk): (Vec<u8>, &str),
    signs_from: Instant,
) -> Result<()> {
    let row: [Value; 8] = [
        tx.operator().into(),
        number.into(),
        algorithm.name().into(),
        kid.into(),
        private_sealed.into(),
        public_jwk.into(),
        signs_from.into(),
        tx.now().into(),
    ];
    tx.change_one(
        "INSERT INTO signing_keys
            (operator_id, key_no, algorithm, kid, private_sealed, public_jwk, signs_from_ms, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &row,
    )
}

/// Ends the signing of all keys of `algorithm` before `number` at `until`, and their publication at `removed`.
pub(super) fn end_before(
    tx: &mut Tx<'_>,
    (algorithm, number): (SigningAlgorithm, i64),
    (until, removed): (Instant, Instant),
) -> Result<u64> {
    let row: [Value; 5] = [
        tx.operator().into(),
        number.into(),
        until.into(),
        removed.into(),
        algorithm.name().into(),
    ];
    tx.exec(
        "UPDATE signing_keys SET signs_until_ms = ?3, removed_ms = ?4
          WHERE operator_id = ?1 AND key_no < ?2 AND algorithm = ?5
            AND (removed_ms IS NULL OR removed_ms > ?4)",
        &row,
    )
}

/// The first key of all issuers that was ever sealed, with its issuer.
pub(super) fn first_sealed(tx: &mut Tx<'_>) -> Result<Option<(String, Vec<u8>)>> {
    tx.row(
        "SELECT operator_id, private_sealed FROM signing_keys ORDER BY operator_id, key_no LIMIT 1",
        &[],
        |row| Ok((row.text()?, row.bytes()?)),
    )
}

/// Issuers that have keys, in order, after `after`.
pub(super) fn issuers(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<String>> {
    let keys: [Value; 2] = [after.into(), limit.into()];
    tx.rows(
        "SELECT DISTINCT operator_id FROM signing_keys
          WHERE operator_id > ?1 ORDER BY operator_id LIMIT ?2",
        &keys,
        |row| row.text(),
    )
}
