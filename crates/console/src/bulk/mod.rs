//! Work on many contracts: put in, tried, approved by a second person, done, and perhaps taken back.
//!
//! The console only writes the file down and says who said what; the SMS's own runner does it. Source: brief tve §11.2;
//! `docs/decisions/0055`.

mod asked;
mod detail;
mod drawer;
mod form;
mod list;
mod outcome;
mod receive;
mod write;

pub(super) use detail::{answer, result, show};
pub(super) use form::{form, form_with_file, opened, send};
pub(super) use list::list;
pub(super) use receive::{LONGEST_BODY, receive};

use domain::files::{Bulk, BulkState};

/// Where they are, below the console.
const LIST: &str = "/bulk";
/// Where a new one is put in.
const NEW: &str = "/bulk/new";

/// The page of one, below the console.
fn path_of(bulk_id: &str) -> String {
    format!("{LIST}/{}", super::home::segment(bulk_id))
}

/// The key of where one stands.
const fn state(state: BulkState) -> &'static str {
    match state {
        BulkState::Uploaded => "console.bulk.state.uploaded",
        BulkState::Tried => "console.bulk.state.tried",
        BulkState::Asked => "console.bulk.state.asked",
        BulkState::Approved => "console.bulk.state.approved",
        BulkState::Done => "console.bulk.state.done",
        BulkState::Failed => "console.bulk.state.failed",
        BulkState::Withdrawn => "console.bulk.state.withdrawn",
        BulkState::Undoing => "console.bulk.state.undoing",
        BulkState::Undone => "console.bulk.state.undone",
    }
}

/// Whether somebody should look at it.
const fn is_alarming(bulk: &Bulk) -> bool {
    matches!(bulk.state, BulkState::Asked | BulkState::Failed) || bulk.left_over > 0
}
