//! Files of an operator's SMS: what arrived, whether it may be applied, how far it is, and what is
//! needed to take it back.
//!
//! Owns the tables `files`, `file_undo`, `file_links`, `file_undo_asks`, `file_resends`, `late_files` and `bulks`. Knows nothing of directories and layouts: the door reads
//! and chunks, and every state change passes here and is recorded (`file.arrived`, `file.accepted`,
//! `file.held`, `file.guarded`, `file.approved`, `file.advanced`, `file.applied`, `file.sent`,
//! `file.rejected`, `file.undone`…). Source: brief tve §7.3.

mod arrival;
mod bulk;
mod file;
mod four_eyes;
mod guard;
mod progress;
mod repo;
mod resends;
mod retention;
mod taking_back;
mod trial;
mod undo;

pub use arrival::{
    Arrival, Found, Order, accept, arrive, expected_next, guard_limit, hold_for_gap, order, reject,
    resent,
};
pub use bulk::{
    Bulk, BulkState, CONSOLE, DONE_FOLDER, RUN_FOLDER, TRIED_FOLDER, bulks_named, count_asked,
    find_bulk, list_bulks,
};
pub use file::{Approval, File, FileState, Waits};
pub use four_eyes::{
    BulkWord, LONGEST_TITLE, NewBulk, actor_of, begin_bulk, decide_bulk, end_bulk,
    end_undo_of_bulk, put_bulk,
};
pub use guard::{Word, approve, decide, discard, guard_errors, release};
pub use progress::{Advance, advance, applied, note_refused, restart, sent};
pub use repo::{
    find, has_newest_result, last_in_order, list, list_before, open_by_name, unfinished,
};
pub use resends::{
    Resend, ResendState, ask_resend, end_resend, find_resend, has_result, resends_to_do,
};
pub use retention::{
    KEEP_DAYS, NIGHTLY, UNDO_DAYS, answered, archive_due, late, note_late, noted_late,
};
pub use taking_back::{
    UndoAsk, UndoState, UndoWord, decide_undo, end_undo, fail_undo, find_undo, note_checked,
    undos_to_do,
};
pub use trial::note_trial;
pub use undo::{
    Conflict, Image, Link, UndoPage, begin_undo, close_undo, forget_images, keep_images, undo_page,
};
