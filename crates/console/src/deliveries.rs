//! Whether services have been told of a contract, in words; and telling them again.

use base::kernel::{Result, clock};
use base::records::outbox::Told;
use domain::administration;
use domain::staff::Permission;
use web::reasons;
use web::texts::Words;

use super::Console;
use super::here::Here;

/// A service, and whether it knows.
pub(super) struct Listed {
    pub(super) receiver: String,
    pub(super) state: String,
    pub(super) alarm: bool,
    /// When it took something last; empty: that is not known any more.
    pub(super) at: String,
    /// What it answered last when it did not take something.
    pub(super) error: String,
}

impl Listed {
    pub(super) fn of(words: Words, one: &Told) -> Self {
        let count = |key, count: i64| words.fill(key, &[("count", &count.to_string())]);
        let state = match (one.dead, one.pending) {
            (0, 0) => words.get("console.delivery.told").to_owned(),
            (0, waits) => count("console.delivery.waits", waits),
            (dead, _) => count("console.delivery.failed", dead),
        };
        Self {
            receiver: one.receiver_id.clone(),
            state,
            alarm: one.dead > 0,
            at: one.last.map(|at| reasons::moment(words.0, at)).unwrap_or_default(),
            error: one.error.clone().unwrap_or_default(),
        }
    }
}

/// Tells a service again what was given up: of one contract, or of all.
pub(super) fn resend(
    console: &Console,
    here: &Here,
    (receiver, number): (&str, Option<&str>),
) -> Result<String> {
    let (receiver, number) = (receiver.to_owned(), number.map(str::to_owned));
    let may = (&here.seat, Permission::Help);
    let revived = console.desks.act(may, clock::now(), move |tx| {
        administration::resend(tx, (&receiver, number.as_deref()))
    })?;
    Ok(match revived {
        0 => here.words.get("console.delivery.nothing").to_owned(),
        many => here.words.fill("console.delivery.resent", &[("count", &many.to_string())]),
    })
}
