//! Whether services have been told of a contract, and what is told again that was given up.
//!
//! Source: brief tve §11.2 (deliveries with re-send).

use base::kernel::Result;
use base::records::outbox::{self, Told};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use crate::operators;

/// What each service has been told of a contract, and has not.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn deliveries(tx: &mut Tx<'_>, number: &str) -> Result<Vec<Told>> {
    outbox::told(tx, number)
}

/// Tells a service again what was given up: of one contract, or, with `None`, all of it. Answers how many events; none is no
/// failure: somebody else was faster.
///
/// # Errors
/// `operator.unknown`
pub fn resend(tx: &mut Tx<'_>, (receiver, number): (&str, Option<&str>)) -> Result<u64> {
    operators::find_operator(tx)?;
    let revived = outbox::revive(tx, receiver, number)?;
    if revived > 0 {
        let detail = json!({"events": revived, "contract": number});
        record(tx, &Entry::new("outbox.revived", receiver).detail(detail))?;
    }
    Ok(revived)
}
