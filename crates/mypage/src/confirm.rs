//! The question before what is hard to take back: what it does, in words, and the button that does it.

use askama::Template;
use axum::response::Response;
use base::kernel::Result;
use web::texts::Words;
use web::{Page, current};

use super::Mypage;
use super::own::Here;

/// What is asked, and what the answer sends.
pub(super) struct Question<'q> {
    /// Heading.
    pub(super) title: String,
    /// What it does, line by line.
    pub(super) lines: Vec<String>,
    /// What the button says, and what it does.
    pub(super) button: &'static str,
    pub(super) act: &'static str,
    /// Where the form leads; it is where the way back leads too.
    pub(super) address: &'q str,
    /// What the proof in its form is bound to.
    pub(super) purpose: &'static str,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Body<'b> {
    words: Words,
    asked: &'b Question<'b>,
    proof: String,
}

/// The page that asks.
pub(super) fn page(mypage: &Mypage, here: &Here, asked: &Question<'_>) -> Result<Response> {
    let words = Words(current::get().language);
    let body = Body { words, asked, proof: here.proof(mypage, asked.purpose) };
    here.answer(mypage, Page::new(words.0, &asked.title, &body)?, None)
}
