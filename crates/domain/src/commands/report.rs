//! How a command ended: kept in the inbox, worded by the doors.

use base::kernel::{Error, Instant};
use serde::{Deserialize, Serialize};

use crate::subscribers::Standing;

use super::{Command, Op};

/// The three results of the SMS record, column 58.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResultKind {
    /// Done.
    Ok,
    /// Done or not needed, and worth a word.
    Warning,
    /// Not done.
    Error,
}

/// The answer to one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The caller's id.
    pub request_id: String,
    /// What was asked.
    pub op: Op,
    /// Of which contract.
    pub number: String,
    /// Its generation, when the contract is known.
    pub generation: Option<i64>,
    /// Of which person.
    pub person_no: i64,
    /// How it ended.
    pub result: ResultKind,
    /// Stable dotted code of a note or refusal.
    pub code: Option<String>,
    /// The field that is wrong, for an invalid command.
    pub field: Option<String>,
    /// When it was done.
    pub applied_at: Instant,
    /// The contract's standing afterwards.
    pub state: Option<Standing>,
    /// The contract's version afterwards.
    pub version: i64,
}

impl Report {
    /// A refusal.
    #[must_use]
    pub fn refused(command: &Command, error: &Error, now: Instant) -> Self {
        let field = match error {
            Error::Invalid { field, .. } => Some(field.clone()),
            _ => None,
        };
        Self {
            request_id: command.request_id.clone(),
            op: command.op,
            number: command.number.clone(),
            generation: command.generation,
            person_no: command.person_no,
            result: ResultKind::Error,
            code: Some(error.code().to_owned()),
            field,
            applied_at: now,
            state: None,
            version: 0,
        }
    }
}
