//! The command bus: what an SMS may ask for, by file or online, through one function; and what the members of a household
//! ask for themselves, through the same.
//!
//! Owns the tables `owner_offers` and `verb_undo`. A command is idempotent by its request id (inbox), refused with a stable code or
//! done once, recorded once, and answered the same when repeated. Any number of commands share a
//! transaction: each is refused alone, because verbs change nothing when they refuse.
//! Source: brief tve §5, §7.2; `docs/decisions/0011`, `0015`.

mod boxes;
mod bus;
mod by_hand;
mod command;
mod groups;
mod keys;
mod members;
mod moving;
mod offers;
mod overview;
mod own;
mod parental;
mod perform;
mod purge;
mod report;
mod scheduled;
mod trials;
mod undo;
mod undo_by_hand;
mod workbench;

pub use boxes::{add_box, remove_box, set_box_key};
pub use bus::{Done, INBOX, Overlay, execute, execute_many, rehearse_many};
pub use by_hand::{Preview, check_from, give, preview};
pub use command::{Command, End, Op};
pub use groups::CommandGroups;
pub use members::{
    NewMember, Resumed, add_member, leave_household, remove_member, restore_member, resume_member,
    suspend_member,
};
pub use moving::{Moving, Unmovable};
pub use offers::{
    OFFER_DAYS, Offer, accept_household, end_offer, offer_household, offer_of, sweep_offers,
};
pub use overview::{Membership, Overview, membership_of, overview_of};
pub use parental::{
    AdultTitles, HouseholdAdult, household_adult_of, set_member_rating, set_member_role,
    switch_household_adult, switch_member_adult,
};
pub use purge::purge_due;
pub use report::{Report, ResultKind};
pub use scheduled::{Waiting, run_job, waiting};
pub use trials::reset_trial;
pub use undo::{Before, Undone, forget_answers, restore};
pub use undo_by_hand::{TakenBack, UNDO_HOURS, Undoable, sweep_undo, undo_by_hand, undoable};
