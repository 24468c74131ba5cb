//! Who works for a station or for the platform, at the console: how they prove to be themselves, for how long, and what they may do there.
//!
//! Owns the tables `staff_invitations`, `staff_sessions` and `platform_visits`; passwords, authenticators and the counting of tries are
//! those of `credentials`. Nobody sees or sets the password of another: a member is invited by a code, good once.
//! What a role may do is held to where it is done ([`Desks::act`], [`Desks::look`]), in the transaction that does it.
//! Source: brief tve §11.2; `docs/decisions/0049`.

mod desks;
mod invitations;
mod joining;
mod passkeys;
mod permissions;
mod roster;
mod sessions;
mod visits;

pub use desks::{Desks, Typed};
pub use invitations::{INVITATION_DAYS, invite, sweep_invitations};
pub use joining::{Invited, Joining};
pub use passkeys::{Visit, end_passkeys};
pub use permissions::Permission;
pub use roster::{Member, change_member, roster};
pub use sessions::{ABSOLUTE_SECONDS, IDLE_SECONDS, Seat, end_sessions, sweep};
pub use visits::{LONGEST_REASON, VISIT_SECONDS, Visited, end_visit, sweep_visits, visits};
