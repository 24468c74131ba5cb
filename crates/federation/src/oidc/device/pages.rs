//! The pages of a television's registration: the code, what wants in, and what became of it.

use askama::Template;
use base::kernel::{Error, Result};
use domain::operators::Operator;
use domain::signin::{Home, LookedAt};
use web::{Language, Page, status_of};

use super::super::consent::Question;
pub(super) use super::super::pages::in_language;
use super::super::pages::{Words, message};

/// What all pages have.
pub(super) struct Frame {
    pub(super) language: Language,
    /// Where the forms lead, whole.
    pub(super) address: String,
}

/// What wants in.
pub(super) struct Confirming<'c> {
    pub(super) looked: &'c LookedAt,
    pub(super) operator: &'c Operator,
    pub(super) proof: &'c str,
    /// Whether the television asked over the person's own line.
    pub(super) same_line: bool,
    /// What the person allows the service with it, if that has to be asked.
    pub(super) question: Option<&'c Question>,
}

#[derive(Template)]
#[template(path = "device.html")]
struct Body<'b> {
    words: Words,
    step: &'b str,
    title: &'b str,
    address: &'b str,
    message: Option<String>,
    proof: &'b str,
    user_code: &'b str,
    facts: Vec<(&'static str, &'b str)>,
    warning: Option<&'static str>,
    allowed: &'b [&'static str],
    shown: String,
    may_be_households: bool,
}

impl<'b> Body<'b> {
    fn new(frame: &'b Frame, step: &'b str, title: &'static str) -> Self {
        let words = Words(frame.language);
        Self {
            words,
            step,
            title: words.get(title),
            address: &frame.address,
            message: None,
            proof: "",
            user_code: "",
            facts: Vec::new(),
            warning: None,
            allowed: &[],
            shown: String::new(),
            may_be_households: false,
        }
    }

    fn page(mut self, frame: &Frame, error: Option<&Error>) -> Result<Page> {
        self.message = error.map(|error| message(frame.language, error));
        let page = Page::new(frame.language, self.title, &self)?;
        Ok(match error {
            Some(error) => page.status(status_of(error)).refused(error.code()),
            None => page,
        })
    }
}

/// Asks for the code.
pub(super) fn ask(frame: &Frame, error: Option<&Error>) -> Result<Page> {
    Body::new(frame, "code", "device.title").page(frame, error)
}

/// Shows what wants in and asks for the two digits.
pub(super) fn confirm(
    frame: &Frame,
    shown: &Confirming<'_>,
    error: Option<&Error>,
) -> Result<Page> {
    let mut body = Body::new(frame, "confirm", "device.confirm.title");
    let (terms, model) = (&shown.looked.client.terms, shown.looked.code.model.as_str());
    let unknown = body.words.get("device.model.unknown");
    let line = if shown.same_line { "device.line.same" } else { "device.line.other" };
    body.facts = vec![
        (
            body.words.get("device.operator"),
            in_language(frame.language, &shown.operator.name_ja, &shown.operator.name_en),
        ),
        (
            body.words.get("device.service"),
            in_language(frame.language, &terms.name_ja, &terms.name_en),
        ),
        (body.words.get("device.model"), if model.is_empty() { unknown } else { model }),
        (body.words.get("device.line"), body.words.get(line)),
    ];
    if let Some(known) = &shown.looked.at_box {
        let home = if known.home == Home::Own { "device.home.own" } else { "device.home.other" };
        body.facts.push((body.words.get("device.home"), body.words.get(home)));
        if !known.area.is_empty() {
            body.facts.push((body.words.get("device.area"), &known.area));
        }
    }
    (body.proof, body.user_code) = (shown.proof, &shown.looked.code.user_code);
    body.may_be_households = shown.looked.may_be_households;
    body.warning = warning(shown).map(|key| body.words.get(key));
    if let Some(question) = shown.question {
        (body.allowed, body.shown) = (&question.lines, question.digest());
    }
    body.page(frame, error)
}

/// A box of the person's own home proves that by itself; else it is the line that tells.
fn warning(shown: &Confirming<'_>) -> Option<&'static str> {
    match shown.looked.at_box.as_ref().map(|one| one.home) {
        Some(Home::Own) => None,
        Some(Home::Other) => Some("device.warning.home"),
        None => (!shown.same_line).then_some("device.warning"),
    }
}

/// Says what became of it.
pub(super) fn done(frame: &Frame, allowed: bool) -> Result<Page> {
    let (step, title) = match allowed {
        true => ("done", "device.done.title"),
        false => ("refused", "device.refused.title"),
    };
    Body::new(frame, step, title).page(frame, None)
}
