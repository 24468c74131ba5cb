//! What the station does to its clients and members besides what an SMS says: by hand at the machine or at the
//! console, and by programs that administer (`Actor::Admin`). All doors call the same functions.
//!
//! Owns no table. What a program may do is held to at the effect (`clients`); what its token is good for, at the
//! door. Source: `docs/decisions/0042`, `docs/api/admin.md`.

mod audited;
mod deliveries;
mod exports;
mod launch;
mod listed;
mod logs;
mod persons;
mod search;
mod secrets;
mod service;
mod sheet;
mod stations;
mod timeline;
mod today;
mod topics;

pub use audited::{Audited, Of};
pub use deliveries::{deliveries, resend};
pub use exports::{note_export, note_result_taken};
pub use launch::{Readiness, Shown, begin_trial, go_live, readiness};
pub use logs::{Book, Ended, Kind, Lines, Logs, Portion, Wanted, logs};
pub use persons::{
    ListedPerson, MemberSheet, SignedIn, end_sessions, find_person, list_signed_in, member_sheet,
    reset_pins,
};
pub use search::{Found, FoundBy, FoundContract, PAGE, search};
pub use secrets::renew_secret;
pub use service::{admit, check_in_service};
pub use sheet::{Sheet, sheet};
pub use stations::{
    COUNTED, NEEDING, STATIONS, Sought, Station, Stations, Waiting, station, stations,
};
pub use timeline::{Doer, Happened, Timeline, timeline};
pub use today::{LOOKED_AT, Today, today};
pub use topics::Topic;
