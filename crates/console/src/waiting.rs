//! What waits for its day at a contract, in words.

use domain::catalogue::Catalogue;
use domain::commands::Waiting;
use web::reasons;
use web::texts::Words;

use super::contract::{product_name, whom_is};
use super::labels;

/// A command that waits, on the page.
pub(super) struct Listed {
    pub(super) due: String,
    pub(super) what: String,
    pub(super) whom: String,
    pub(super) source: &'static str,
    /// By this it is taken back.
    pub(super) request: String,
}

impl Listed {
    pub(super) fn of(words: Words, sold: &Catalogue, one: &Waiting) -> Self {
        let command = &one.command;
        let more = [
            command.product.as_deref().map(|code| product_name(words.0, sold, code)),
            command.reason.map(|reason| reasons::named(words.0, reason).to_owned()),
            command.new_number.clone(),
        ];
        let verb = words.get(labels::command_name(command.op)).to_owned();
        let what: Vec<String> = std::iter::once(verb).chain(more.into_iter().flatten()).collect();
        Self {
            due: reasons::moment(words.0, one.due),
            what: what.join(" · "),
            whom: whom_is(words, command.person_no),
            source: words.get(labels::source(one.source)),
            request: command.request_id.clone(),
        }
    }
}
