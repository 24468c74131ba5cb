//! Inbox: what was asked before, and what was answered. Same id and body, same answer.
//!
//! Source: brief tve §5.1 P5; house.md §8.

use sha2::{Digest as _, Sha256};

use crate::kernel::{Error, Instant, Result};
use crate::store::{Tx, Value};

/// What the inbox knows of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The message's id.
    pub message_id: String,
    digest: Vec<u8>,
    /// What was answered.
    pub answer: String,
}

impl Seen {
    /// An answer given in this very transaction.
    #[must_use]
    pub fn new(message_id: &str, digest: Vec<u8>, answer: String) -> Self {
        Self { message_id: message_id.to_owned(), digest, answer }
    }

    /// The answer given before, if the body is the same.
    ///
    /// # Errors
    /// `request.reused` — the same id came with another body.
    pub fn answer_for(&self, digest: &[u8]) -> Result<&str> {
        if self.digest == digest {
            Ok(&self.answer)
        } else {
            Err(Error::Conflict { code: "request.reused" })
        }
    }
}

/// The digest of a body, by which a repeated request is known.
#[must_use]
pub fn digest(body: &[u8]) -> Vec<u8> {
    Sha256::digest(body).to_vec()
}

/// Those of `message_ids` from `source` that were seen before. One statement for any number.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find(tx: &mut Tx<'_>, source: &str, message_ids: Vec<String>) -> Result<Vec<Seen>> {
    let keys: [Value; 3] = [tx.operator().into(), source.into(), message_ids.into()];
    tx.rows(
        "SELECT message_id, digest, answer FROM inbox
          WHERE operator_id = ?1 AND source = ?2 AND message_id IN ARRAY(?3)",
        &keys,
        |row| Ok(Seen { message_id: row.text()?, digest: row.bytes()?, answer: row.text()? }),
    )
}

/// Keeps an answer, with the commit. Two requests with one id at once: the second commit fails and
/// its work is run again, finding this answer.
pub fn keep(tx: &mut Tx<'_>, source: &str, seen: &Seen) {
    let row = vec![
        tx.operator().into(),
        source.into(),
        (&seen.message_id).into(),
        seen.digest.clone().into(),
        (&seen.answer).into(),
        tx.now().into(),
    ];
    tx.defer(
        "INSERT INTO inbox (operator_id, source, message_id, digest, answer, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        row,
    );
}

/// Forgets the answers to these messages, because what they did was taken back.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_these(tx: &mut Tx<'_>, source: &str, message_ids: Vec<String>) -> Result<()> {
    let keys: [Value; 3] = [tx.operator().into(), source.into(), message_ids.into()];
    tx.exec(
        "DELETE FROM inbox
          WHERE operator_id = ?1 AND source = ?2 AND message_id IN ARRAY(?3)",
        &keys,
    )?;
    Ok(())
}

/// Forgets every answer to `source`, because nothing of what it asked counts.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_all(tx: &mut Tx<'_>, source: &str) -> Result<u64> {
    let keys: [Value; 2] = [tx.operator().into(), source.into()];
    tx.exec("DELETE FROM inbox WHERE operator_id = ?1 AND source = ?2", &keys)
}

/// Forgets up to `limit` answers older than `before`, returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget(tx: &mut Tx<'_>, before: Instant, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), before.into(), limit.into()];
    tx.exec(
        "DELETE FROM inbox WHERE operator_id = ?1 AND (source, message_id) IN
            (SELECT source, message_id FROM inbox WHERE operator_id = ?1 AND at_ms < ?2
              ORDER BY at_ms LIMIT ?3)",
        &keys,
    )
}
