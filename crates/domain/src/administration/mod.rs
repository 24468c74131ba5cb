//! What the station does to its clients and members besides what an SMS says: by hand at the machine or at the
//! console, and by programs that administer (`Actor::Admin`). All doors call the same functions.
//!
//! Owns no table. What a program may do is held to at the effect (`clients`); what its token is good for, at the
//! door. Source: `docs/decisions/0042`, `docs/api/admin.md`.

mod deliveries;
mod listed;
mod persons;
mod search;
mod secrets;
mod service;
mod sheet;
mod timeline;
mod today;

pub use deliveries::{deliveries, resend};
pub use persons::{ListedPerson, SignedIn, end_sessions, find_person, list_signed_in, reset_pins};
pub use search::{Found, FoundBy, FoundContract, PAGE, search};
pub use secrets::renew_secret;
pub use service::{admit, check_in_service};
pub use sheet::{Sheet, sheet};
pub use timeline::{Doer, Happened, Timeline, Topic, timeline};
pub use today::{LOOKED_AT, Today, today};
