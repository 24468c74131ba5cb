//! A station: its names, policies, look and state, and the people who work there.
//!
//! Owns the tables `operators`, `logos`, `staff` and `launches`. The operator's `version` moves with every change of
//! anything an operator sells, allows or is called ([`changed`]), so that caches can tell.
//! Source: brief tve §5.8 (D01), §6, §15.2.

mod colour;
mod launches;
mod logo;
mod look;
mod passkey_site;
mod policies;
mod publishing;
mod repo;
mod staff;
mod stations;

pub use colour::{Rgb, contrast, read_colour, write_colour};
pub use launches::{Hearing, Launch, Linkage, Tick, Vouched, answer_hearing, find_launch, vouch};
pub(crate) use launches::{
    LOOKED_AT, SHOWN_ACTS, begin_trial, confirmed_trial, end_trial, note_reset,
};
pub use logo::{LONGEST_LOGO, Logo, WIDEST_LOGO, add_logo, find_logo};
pub use look::{
    AROUND_BY_DAY, AROUND_BY_NIGHT, Accent, LEAST_CONTRAST, Look, publish_look, put_look, weakest,
};
pub use passkey_site::PasskeySite;
pub use policies::{
    ABOUT_FILES, ErrorLimit, MassGuard, Pace, Policies, Registration, STATION_DECIDES,
};
pub(crate) use publishing::publications_by;
pub use publishing::{
    Difference, Facts, LONGEST_WHY, Published, Publishing, differences, facts_of, hold, kept,
    publications, version_of,
};
pub use staff::{Employer, Role, Staff, StaffDraft, employer, find_staff, list_staff, put_staff};
pub use stations::{
    Choice, Operator, OperatorDraft, OperatorState, changed, disable, enable, find_operator,
    list_choices, list_codes, list_operators, operator_if_any, operator_of_rp_id, publish_policies,
    put_operator, valid_code,
};
