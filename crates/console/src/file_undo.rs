//! Taking a file of the SMS back, on its page: what would stay as it is comes first.

use base::kernel::{Error, Result, clock};
use base::store::Tx;
use domain::files::{self, CONSOLE, File, FileState, UndoAsk, UndoState, UndoWord};
use domain::operators::Staff;
use domain::staff::Permission;
use formats::oauth::Parameters;
use web::texts::Words;

use super::Console;
use super::file::who;
use super::files::moment;
use super::here::Here;

/// What the page shows of it.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) alarm: bool,
    pub(super) conflicts: Vec<String>,
    pub(super) facts: Vec<(&'static str, String)>,
    /// What the one who looks may say of it, and the key of each.
    pub(super) words_of_staff: Vec<(&'static str, &'static str)>,
    pub(super) stand: String,
    pub(super) under_way: bool,
}

impl Shown {
    /// None: there is nothing to take back, and nobody asked.
    pub(super) fn of(
        here: &Here,
        file: &File,
        (ask, staff): (Option<&UndoAsk>, &[Staff]),
    ) -> Option<Self> {
        let undoable = matches!(file.state, FileState::ResultSent | FileState::PartlyUndone);
        let may = here.may(Permission::Approve) && undoable && file.interface != CONSOLE;
        let words = here.words;
        let Some(ask) = ask else {
            return (may && file.has_effect()).then(|| Self {
                text: words.get("console.file.undo.text").to_owned(),
                alarm: false,
                conflicts: Vec::new(),
                facts: Vec::new(),
                words_of_staff: vec![("undo_ask", "console.file.undo.ask")],
                stand: String::new(),
                under_way: false,
            });
        };
        let own = ask.asked_by == here.seat.staff_id;
        Some(Self {
            text: text(words, ask, own),
            alarm: ask.left_over > 0,
            conflicts: ask.conflicts.clone(),
            facts: facts(words, ask, staff),
            words_of_staff: if may { sayable(ask, own) } else { Vec::new() },
            stand: ask.stand(),
            under_way: matches!(ask.state, UndoState::Asked | UndoState::Approved),
        })
    }
}

fn text(words: Words, ask: &UndoAsk, own: bool) -> String {
    let (back, stay) = (ask.restorable.to_string(), ask.left_over.to_string());
    let counts = [("back", back.as_str()), ("stay", stay.as_str())];
    match ask.state {
        UndoState::Asked => words.get("console.file.undo.trying").to_owned(),
        UndoState::Checked if own => words.fill("console.file.undo.own", &counts),
        UndoState::Checked => words.fill("console.file.undo.second", &counts),
        UndoState::Approved => words.get("console.file.undo.running").to_owned(),
        UndoState::Done => words.fill("console.file.undo.done", &counts),
        UndoState::Withdrawn => words.get("console.file.undo.withdrawn").to_owned(),
        UndoState::Failed => words.get("console.file.undo.failed").to_owned(),
    }
}

fn facts(words: Words, ask: &UndoAsk, staff: &[Staff]) -> Vec<(&'static str, String)> {
    let asked = format!("{} {}", who(staff, &ask.asked_by), moment(words, ask.asked));
    let mut facts = vec![("console.file.undo.asked_by", asked)];
    if !ask.approved_by.is_empty() {
        facts.push(("console.file.undo.approved_by", who(staff, &ask.approved_by)));
    }
    facts
}

fn sayable(ask: &UndoAsk, own: bool) -> Vec<(&'static str, &'static str)> {
    const WITHDRAW: (&str, &str) = ("undo_withdraw", "console.file.undo.withdraw");
    const AGAIN: (&str, &str) = ("undo_ask", "console.file.undo.ask");
    match ask.state {
        UndoState::Asked => vec![WITHDRAW],
        UndoState::Checked if own => vec![WITHDRAW],
        UndoState::Checked => vec![("undo_approve", "console.file.undo.approve"), WITHDRAW],
        UndoState::Withdrawn | UndoState::Failed => vec![AGAIN],
        UndoState::Done if ask.left_over > 0 => vec![AGAIN],
        UndoState::Approved | UndoState::Done => Vec::new(),
    }
}

/// Says a word about taking a file back; answers the key of what came of it. None: the word is about something else.
pub(super) fn decided(
    console: &Console,
    here: &Here,
    (id, form): (&str, &Parameters<'_>),
) -> Option<Result<&'static str>> {
    let (word, key) = match form.get("do").unwrap_or_default() {
        "undo_ask" => (UndoWord::Ask, "console.file.undo.asked"),
        "undo_approve" => (UndoWord::Approve, "console.file.undo.approved"),
        "undo_withdraw" => (UndoWord::Withdraw, "console.file.undo.withdrawn"),
        _ => return None,
    };
    let (id, seen) = (id.to_owned(), form.get("seen").unwrap_or_default().to_owned());
    let may = (&here.seat, Permission::Approve);
    let decide = move |tx: &mut Tx<'_>| files::decide_undo(tx, &id, (word, &seen));
    let done: std::result::Result<_, Error> = console.desks.act(may, clock::now(), decide);
    Some(done.map(|_| key))
}
