//! Who of the platform is at this station's console, and who was: a part of the page of its people.

use base::kernel::{Result, clock};
use domain::staff::{self, Permission, Visited};
use web::texts::Words;
use web::words;

use super::Console;
use super::here::Here;

/// One of them in the list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) who: String,
    pub(super) reason: String,
    pub(super) when: String,
    pub(super) inside: bool,
}

pub(super) fn row(words: Words, visited: Visited) -> Row {
    let at = |key, at| words::fill_at(words.0, key, at);
    let mut when = at("console.visits.began", visited.began);
    if let Some(ended) = visited.ended {
        when = format!("{when} {}", at("console.visits.ended", ended));
    }
    Row {
        id: visited.id,
        who: format!("{} ({})", visited.name, visited.staff_id),
        reason: visited.reason,
        when,
        inside: visited.inside,
    }
}

/// Sends one of them out.
pub(super) fn send_out(console: &Console, here: &Here, id: &str) -> Result<()> {
    let id = id.to_owned();
    let asked = (&here.seat, Permission::ManageStaff);
    console.desks.act(asked, clock::now(), move |tx| staff::end_visit(tx, &id))
}
