//! What the station does to its clients and members besides what an SMS says: by hand at the machine or at the
//! console, and by programs that administer (`Actor::Admin`). All doors call the same functions.
//!
//! Owns no table. What a program may do is held to at the effect (`clients`); what its token is good for, at the
//! door. Source: `docs/decisions/0042`, `docs/api/admin.md`.

mod persons;
mod secrets;
mod service;
mod sheet;
mod today;

pub use persons::{ListedPerson, SignedIn, end_sessions, find_person, list_signed_in, reset_pins};
pub use secrets::renew_secret;
pub use service::{admit, check_in_service};
pub use sheet::{FoundBy, FoundContract, MOST_FOUND, Sheet, search, sheet};
pub use today::{LOOKED_AT, Today, today};
