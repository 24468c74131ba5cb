//! The page that says what something comes to, and asks for it.

use askama::Template;
use axum::response::Response;
use base::kernel::Result;
use web::texts::Words;

use super::Console;
use super::here::Here;

#[derive(Template)]
#[template(path = "preview.html")]
pub(super) struct Body<'b> {
    pub(super) words: Words,
    pub(super) title: &'b str,
    pub(super) address: String,
    pub(super) proof: &'b str,
    /// What is asked for.
    pub(super) what: String,
    /// What it comes to; empty: it is refused.
    pub(super) effect: String,
    /// What goes along to another number.
    pub(super) moves: Vec<String>,
    /// A note, or why it is refused.
    pub(super) note: String,
    pub(super) refused: bool,
    /// What the form hands on.
    pub(super) fields: Vec<(&'static str, String)>,
    /// What its button asks for, and says.
    pub(super) act: (&'static str, &'static str),
    /// The key of where one goes back to.
    pub(super) back: &'static str,
}

/// What is asked for without being rehearsed.
pub(super) struct Asking<'a> {
    /// The key of the page's title.
    pub(super) title: &'static str,
    /// The page it is about, below the console, and its place in the navigation.
    pub(super) page: (&'a str, &'static str),
    pub(super) what: String,
    pub(super) effect: String,
    pub(super) fields: Vec<(&'static str, String)>,
    /// What its button asks for, and the key of what it says.
    pub(super) act: (&'static str, &'static str),
    /// The key of where one goes back to.
    pub(super) back: &'static str,
}

/// Says it, and asks for it.
pub(super) fn asking(console: &Console, here: &Here, asked: Asking<'_>) -> Result<Response> {
    let (words, (path, place)) = (here.words, asked.page);
    let body = Body {
        words,
        title: words.get(asked.title),
        address: format!("{}{path}", here.address),
        proof: &here.proof(console, path),
        what: asked.what,
        effect: asked.effect,
        moves: Vec::new(),
        note: String::new(),
        refused: false,
        fields: asked.fields,
        act: (asked.act.0, words.get(asked.act.1)),
        back: asked.back,
    };
    here.page(console, (body.title, place), &body, None)
}
