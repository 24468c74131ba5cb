//! How a verb ended, and who asked for it.

use base::kernel::{Actor, Change, Instant};
use base::store::Tx;

use super::Source;

/// A verb that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whether anything changed.
    pub change: Change,
    /// A dotted code of [`note`] when the caller should know more.
    pub note: Option<&'static str>,
}

impl Outcome {
    /// Changed as asked.
    pub const MADE: Self = Self { change: Change::Made, note: None };

    /// Changed, and worth a word.
    #[must_use]
    pub const fn made(note: &'static str) -> Self {
        Self { change: Change::Made, note: Some(note) }
    }

    /// Nothing to change.
    #[must_use]
    pub const fn already(note: &'static str) -> Self {
        Self { change: Change::Already, note: Some(note) }
    }
}

/// Who asks for a verb, from when it counts, and where the wish came from.
#[derive(Debug, Clone, Copy)]
pub struct By<'b> {
    /// Whose facts these are: a resume lifts only its own source's holds.
    pub source: Source,
    /// Business time: from when the change counts (never in the future here).
    pub at: Instant,
    /// System time: when it is written down.
    pub now: Instant,
    /// The file line or call, kept with the fact.
    pub cause: &'b str,
}

/// The cause that is kept with what `tx` changes: the file or call it names; `own` for what people do themselves, who name none.
#[must_use]
pub fn cause_of(tx: &Tx<'_>) -> String {
    match (tx.cause(), tx.actor()) {
        ("", Actor::Person(_)) => "own".to_owned(),
        (cause, _) => cause.to_owned(),
    }
}

/// Notes a verb may leave. The SMS doors translate them to W-codes (brief tve §7.5).
pub mod note {
    /// W101: it is so already.
    pub const SAME: &str = "note.same_already";
    /// W102: known already, attributes were updated.
    pub const ATTRIBUTES: &str = "note.attributes_updated";
    /// W103: resumed what was not suspended.
    pub const NOT_SUSPENDED: &str = "note.not_suspended";
    /// W104: this hold was there already.
    pub const HOLD_EXISTS: &str = "note.hold_exists";
    /// W105: other holds remain, so it stays suspended.
    pub const HOLDS_REMAIN: &str = "note.holds_remain";
    /// W106: suspended what is stopped.
    pub const STOPPED_ALREADY: &str = "note.stopped_already";
    /// W107: stopped or closed already.
    pub const CLOSED_ALREADY: &str = "note.closed_already";
    /// W111: invited again; the old code is dead.
    pub const REISSUED: &str = "note.reissued";
    /// W112: registered already.
    pub const REGISTERED: &str = "note.registered";
    /// W120: the key is open but the household is suspended.
    pub const HELD: &str = "note.held";
    /// W121: there was nothing open to close.
    pub const NOTHING_OPEN: &str = "note.nothing_open";
    /// W122: merged with a key that was there; its period is longer now.
    pub const EXTENDED: &str = "note.extended";
    /// Accepted for later; cancellable by request id.
    pub const SCHEDULED: &str = "note.scheduled";
}
