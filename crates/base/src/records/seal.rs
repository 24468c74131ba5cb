//! Seals: the audit's hash chain, over blocks of rows, per operator.
//!
//! Audit rows are written plain, so that no commit waits for another. A sealer follows and chains
//! blocks: `hash = SHA-256(previous hash, then every column of every row in order of id)`. A row can
//! not appear behind a seal, because a seal keeps [`LAG_SECONDS`] away from now and the store ends
//! transactions that take longer. Source: `docs/decisions/0005`.

use sha2::{Digest as _, Sha256};

use crate::kernel::{Error, Instant, Result};
use crate::store::{Tx, Value};

use super::audit::{AuditLine, list};

/// Rows younger than this are not sealed yet; longer than any transaction lives.
const LAG_SECONDS: i64 = 60;
/// Rows a block at most.
const BLOCK: i64 = 5_000;

struct Seal {
    number: i64,
    after_id: String,
    upto_id: String,
    count: i64,
    previous: String,
    hash: String,
}

/// What a proof of the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealReport {
    /// Seals whose hash was computed again and agrees.
    pub seals: i64,
    /// Rows under those seals.
    pub rows: i64,
    /// Rows not sealed yet.
    pub unsealed: i64,
    /// The first seal that does not agree, in words for operations.
    pub broken: Option<String>,
}

/// Seals the next block of the operator's audit, returns how many rows it took. Zero: nothing is
/// old enough.
///
/// # Errors
/// `store.duplicate` when another node sealed at the same time; nothing is lost.
pub fn seal(tx: &mut Tx<'_>) -> Result<u64> {
    let last = last_seal(tx)?;
    let (number, after_id, previous) =
        last.map_or((1, String::new(), String::new()), |l| (l.number + 1, l.upto_id, l.hash));
    let horizon = tx.now().plus_seconds(-LAG_SECONDS);
    let mut lines = list(tx, &after_id, BLOCK)?;
    // Ids sort by instant, so the first young row ends the block.
    let old = lines.iter().position(|line| line.at >= horizon).unwrap_or(lines.len());
    lines.truncate(old);
    let Some(newest) = lines.last() else { return Ok(0) };
    let row: [Value; 8] = [
        tx.operator().into(),
        number.into(),
        after_id.into(),
        (&newest.id).into(),
        (lines.len() as i64).into(),
        (&previous).into(),
        chain(&previous, tx.operator(), &lines).into(),
        tx.now().into(),
    ];
    tx.exec(
        "INSERT INTO audit_seals
            (operator_id, seal_no, after_id, upto_id, row_count, previous_hash, hash, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &row,
    )?;
    Ok(lines.len() as u64)
}

/// Proves the operator's chain from its first seal.
///
/// # Errors
/// `unavailable` when the database fails; a broken chain is an answer, not an error.
pub fn verify(tx: &mut Tx<'_>) -> Result<SealReport> {
    let mut report = SealReport::default();
    let (mut previous, mut upto) = (String::new(), String::new());
    while let Some(seal) = seal_number(tx, report.seals + 1)? {
        let lines = list(tx, &seal.after_id, seal.count)?;
        let whole = lines.len() as i64 == seal.count
            && lines.last().is_some_and(|line| line.id == seal.upto_id)
            && seal.after_id == upto
            && seal.previous == previous;
        if !whole || chain(&previous, tx.operator(), &lines) != seal.hash {
            report.broken = Some(format!("seal {} of {}", seal.number, tx.operator()));
            return Ok(report);
        }
        report.seals += 1;
        report.rows += seal.count;
        (previous, upto) = (seal.hash, seal.upto_id);
    }
    report.unsealed = count_after(tx, &upto)?;
    Ok(report)
}

/// The instant of the oldest row that is not sealed, if any: for the metric.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn unsealed_since(tx: &mut Tx<'_>) -> Result<Option<Instant>> {
    let after = last_seal(tx)?.map_or_else(String::new, |seal| seal.upto_id);
    Ok(list(tx, &after, 1)?.first().map(|line| line.at))
}

fn chain(previous: &str, operator: &str, lines: &[AuditLine]) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        // Length first, so that no two rows can run together into the same bytes.
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    add(previous);
    add(operator);
    for line in lines {
        for column in [&line.id, &line.actor, &line.act, &line.subject, &line.detail, &line.cause] {
            add(column);
        }
        add(&line.at.ms().to_string());
        add(&line.version.to_string());
    }
    hex::encode(hash.finalize())
}

fn last_seal(tx: &mut Tx<'_>) -> Result<Option<Seal>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.row(
        "SELECT seal_no, after_id, upto_id, row_count, previous_hash, hash FROM audit_seals
          WHERE operator_id = ?1 ORDER BY seal_no DESC LIMIT 1",
        &keys,
        read_seal,
    )
}

fn seal_number(tx: &mut Tx<'_>, number: i64) -> Result<Option<Seal>> {
    let keys: [Value; 2] = [tx.operator().into(), number.into()];
    tx.row(
        "SELECT seal_no, after_id, upto_id, row_count, previous_hash, hash FROM audit_seals
          WHERE operator_id = ?1 AND seal_no = ?2",
        &keys,
        read_seal,
    )
}

fn read_seal(row: &mut crate::store::Row) -> Result<Seal> {
    Ok(Seal {
        number: row.int()?,
        after_id: row.text()?,
        upto_id: row.text()?,
        count: row.int()?,
        previous: row.text()?,
        hash: row.text()?,
    })
}

fn count_after(tx: &mut Tx<'_>, after_id: &str) -> Result<i64> {
    let keys: [Value; 2] = [tx.operator().into(), after_id.into()];
    tx.row(
        "SELECT COUNT(*) FROM audit WHERE operator_id = ?1 AND audit_id > ?2",
        &keys,
        crate::store::Row::int,
    )?
    .ok_or_else(|| Error::internal("COUNT answered no row"))
}
