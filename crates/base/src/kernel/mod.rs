//! Words every floor speaks: errors, instants, actors, scopes, identifiers. No I/O but the clock and the dice.

mod actor;
mod change;
pub mod clock;
mod error;
pub mod ids;
mod instant;

pub use actor::{Actor, Scope};
pub use change::Change;
pub use error::{Error, Result};
pub use instant::{Day, Instant, Month};
