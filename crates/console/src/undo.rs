//! The last verb at a contract is taken back: first shown in words, then done.

use axum::response::Response;
use base::kernel::{Result, clock};
use domain::commands::{self, TakenBack, Undoable};
use domain::staff::Permission;
use web::reasons;
use web::texts::Words;

use super::Console;
use super::contract::path_of;
use super::file::named;
use super::here::Here;
use super::labels;
use super::preview::{Asking, asking};

/// What can be taken back, on the page of the contract.
pub(super) struct Listed {
    pub(super) what: String,
    pub(super) request: String,
}

impl Listed {
    pub(super) fn of(words: Words, one: &Undoable) -> Self {
        Self { what: told(words, "console.undo.last", one), request: one.request_id.clone() }
    }
}

fn told(words: Words, key: &'static str, one: &Undoable) -> String {
    let by = named(&one.giver, &one.given_by);
    let (verb, at) = (words.get(labels::verb_name(one.op)), reasons::moment(words.0, one.given));
    words.fill(key, &[("verb", verb), ("by", &by), ("at", &at)])
}

/// Shows how the contract would stand again, and asks for it.
pub(super) fn previewed(
    console: &Console,
    here: &Here,
    (number, request): (&str, &str),
) -> Result<Response> {
    let (wanted, asked) = (number.to_owned(), request.to_owned());
    let may = (&here.seat, Permission::Command);
    let seen = console
        .desks
        .rehearse(may, clock::now(), move |tx| commands::undo_by_hand(tx, (&wanted, &asked)))?;
    let asked = Asking {
        title: "console.undo.title",
        page: (&path_of(number), "search"),
        what: format!("{number}: {}", here.words.get(labels::verb_name(seen.verb.op))),
        effect: effect(here.words, &seen),
        fields: vec![("request", request.to_owned())],
        act: ("undo", "console.undo.do"),
        back: "console.back",
    };
    asking(console, here, asked)
}

fn effect(words: Words, seen: &TakenBack) -> String {
    let standing = seen.standing.map_or("console.undo.nothing", labels::standing);
    let text = told(words, "console.undo.effect", &seen.verb);
    format!("{text} {}", words.fill("console.undo.stands", &[("standing", words.get(standing))]))
}

/// Takes it back.
pub(super) fn done(
    console: &Console,
    here: &Here,
    (number, request): (&str, &str),
) -> Result<String> {
    let (wanted, asked) = (number.to_owned(), request.to_owned());
    let may = (&here.seat, Permission::Command);
    let undone = console
        .desks
        .act(may, clock::now(), move |tx| commands::undo_by_hand(tx, (&wanted, &asked)))?;
    let verb = here.words.get(labels::verb_name(undone.verb.op));
    Ok(here.words.fill("console.undo.done", &[("verb", verb)]))
}
