//! Words every floor speaks: errors, instants, actors, scopes, identifiers. No I/O but the clock and the dice.

mod actor;
pub mod clock;
mod error;
mod instant;
pub mod ids;

pub use actor::{Actor, Scope};
pub use error::{Error, Result};
pub use instant::{Day, Instant, Month};
