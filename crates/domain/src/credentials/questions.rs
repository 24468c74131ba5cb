//! What authenticators of passkeys were asked: kept here, answered once, forgotten after five minutes.

use base::kernel::Result;
use base::store::{Tx, Value};

/// A question is good for this long. The library's own limit is the same.
const QUESTION_SECONDS: i64 = 300;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Enrol,
    SignIn,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Enrol => "ENROL",
            Self::SignIn => "SIGN_IN",
        }
    }
}

/// Keeps the question of a sign-in or session, in place of one it may have asked before.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    (kind, asked_by): (Kind, &str),
    question: Vec<u8>,
) -> Result<()> {
    let row: [Value; 5] = [
        tx.operator().into(),
        asked_by.into(),
        kind.as_str().into(),
        question.into(),
        tx.now().plus_seconds(QUESTION_SECONDS).into(),
    ];
    tx.change_one(
        "INSERT INTO passkey_challenges (operator_id, asked_by, kind, question, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (operator_id, asked_by) DO UPDATE SET
            kind = excluded.kind, question = excluded.question, expires_ms = excluded.expires_ms",
        &row,
    )
}

/// Takes the question: of two requests that answer it, one does.
pub(super) fn take(tx: &mut Tx<'_>, (kind, asked_by): (Kind, &str)) -> Result<Option<Vec<u8>>> {
    let keys: [Value; 4] =
        [tx.operator().into(), asked_by.into(), kind.as_str().into(), tx.now().into()];
    let question = tx.row(
        "SELECT question FROM passkey_challenges
          WHERE operator_id = ?1 AND asked_by = ?2 AND kind = ?3 AND expires_ms > ?4",
        &keys,
        |row| row.bytes(),
    )?;
    let Some(question) = question else { return Ok(None) };
    let keys: [Value; 3] = [tx.operator().into(), asked_by.into(), question.clone().into()];
    let taken = tx.exec(
        "DELETE FROM passkey_challenges
          WHERE operator_id = ?1 AND asked_by = ?2 AND question = ?3",
        &keys,
    )?;
    Ok((taken == 1).then_some(question))
}

/// Forgets up to `limit` questions of the operator that nobody answered in time; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_questions(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM passkey_challenges WHERE operator_id = ?1 AND asked_by IN
            (SELECT asked_by FROM passkey_challenges
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )
}
