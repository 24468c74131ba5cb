//! Lines of the books in the clerk's words: one row each, for the page and for the file that is carried away.

use base::kernel::Instant;
use base::records::pages::{Called, Passed};
use domain::administration::{Audited, Book, Lines, Of};
use domain::decisions::Decided;
use web::texts::Words;
use web::{reasons, words};

use super::areas;
use super::asked::MESSAGES;
use super::{Found, Read, details, list_of};
use crate::contract::{self, product_name, whom_is};
use crate::files;
use crate::here::Here;
use crate::labels;
use crate::timeline;

/// One field of a row: what it says, and where it leads; empty: nowhere.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) to: String,
    /// Whether it is for looking things up, not for reading.
    pub(super) quiet: bool,
}

/// A line of a book.
pub(super) struct Row {
    pub(super) at: Instant,
    pub(super) cells: Vec<Cell>,
    pub(super) alarm: bool,
}

/// Puts lines into words.
pub(super) struct Worded<'w> {
    pub(super) here: &'w Here,
    pub(super) found: &'w Found,
}

fn says(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), to: String::new(), quiet: false }
}

fn quiet(text: impl Into<String>) -> Cell {
    Cell { quiet: true, ..says(text) }
}

/// The keys of the columns behind the first, which says when.
pub(super) const fn columns(book: Book) -> [&'static str; 6] {
    match book {
        Book::Audit => [
            "console.timeline.what",
            "console.logs.of",
            "console.timeline.who",
            "console.logs.outcome",
            "console.cause",
            "console.timeline.record",
        ],
        Book::Linkage => [
            "console.logs.message",
            "console.logs.peer",
            "console.logs.reference",
            "console.logs.outcome",
            "console.logs.detail",
            "console.logs.effects",
        ],
        Book::Access => [
            "console.logs.area",
            "console.timeline.who",
            "console.logs.outcome",
            "console.logs.status",
            "console.logs.took",
            "console.logs.route",
        ],
        Book::Decisions => [
            "console.logs.of",
            "console.logs.action",
            "console.logs.service",
            "console.logs.outcome",
            "console.logs.codes",
            "console.why.trace",
        ],
    }
}

impl Worded<'_> {
    /// Every line as a row.
    pub(super) fn rows(&self) -> Vec<Row> {
        let logs = match &self.found.read {
            Read::Book(logs) => logs,
            Read::Answers(page) => {
                return page.lines.iter().map(|line| self.decided(line)).collect();
            }
        };
        match &logs.lines {
            Lines::Audit(page) => page.lines.iter().map(|line| self.audited(line)).collect(),
            Lines::Linkage(page) => page.lines.iter().map(|line| self.passed(line)).collect(),
            Lines::Access(page) => page.lines.iter().map(|line| self.called(line)).collect(),
        }
    }

    const fn words(&self) -> Words {
        self.here.words
    }

    fn to(&self, path: &str) -> String {
        format!("{}{path}", self.here.address)
    }

    /// A contract, or a member of it.
    fn household(&self, number: &str, person_no: i64) -> Cell {
        if number.is_empty() {
            return says("");
        }
        let member = if person_no == 0 {
            String::new()
        } else {
            format!(" {}", whom_is(self.words(), person_no))
        };
        Cell {
            text: format!("{number}{member}"),
            to: self.to(&contract::path_of(number)),
            quiet: false,
        }
    }

    /// Who did it; a member by their contract.
    fn doer(&self, actor: &str) -> Cell {
        let members = match &self.found.read {
            Read::Book(logs) => Some(&logs.members),
            Read::Answers(_) => None,
        };
        let member = actor.strip_prefix("person:").and_then(|id| members?.get(id));
        match member {
            Some((key, person_no)) => self.household(&key.number, *person_no),
            None if actor.starts_with("person:") => says(self.words().get("console.doer.person")),
            None => says(timeline::actor(self.words(), actor)),
        }
    }

    fn outcome(&self, outcome: &str) -> Cell {
        says(self.words().get(match outcome {
            "done" => "console.outcome.done",
            "waiting" => "console.outcome.waiting",
            _ => "console.outcome.refused",
        }))
    }

    fn audited(&self, one: &Audited) -> Row {
        let words = self.words();
        let product =
            one.product.as_deref().map(|code| product_name(words.0, &self.found.sold, code));
        let reason = one.reason.map(|reason| reasons::named(words.0, reason).to_owned());
        let more: Vec<String> = product.into_iter().chain(reason).collect();
        let act = timeline::act(words, &one.line.act);
        let what = if more.is_empty() { act } else { format!("{act} — {}", more.join(" · ")) };
        let of = match &one.of {
            Of::Household(number, person_no) => self.household(number, *person_no),
            Of::File(id, name) => {
                Cell { text: name.clone(), to: self.to(&files::path_of(id)), quiet: false }
            }
            Of::Bulk(id) => Cell {
                text: words.get("console.bulk").to_owned(),
                to: self.to(&format!("/bulk/{}", crate::home::segment(id))),
                quiet: false,
            },
            Of::Answer(trace) => self.answer(trace),
            Of::Other(text) => says(text),
        };
        let outcome = self.outcome(if one.refused { "refused" } else { "done" });
        let cells = vec![
            says(what),
            of,
            self.doer(&one.line.actor),
            outcome,
            self.cause(&one.line.cause, &one.request_id),
            quiet(&one.line.id),
        ];
        Row { at: one.line.at, cells, alarm: one.refused }
    }

    fn answer(&self, trace: &str) -> Cell {
        Cell { text: trace.to_owned(), to: self.to(&format!("/why?trace={trace}")), quiet: false }
    }

    /// Where it came from, with the request of it.
    fn cause(&self, cause: &str, request_id: &str) -> Cell {
        let words = self.words();
        let from = timeline::from(words, cause);
        let text = match request_id {
            "" => from,
            id => format!("{from} · {}", words.fill("console.logs.request", &[("id", id)])),
        };
        let to = match cause.split_once(':') {
            Some(("file" | "undo", name)) => self.to(&files::path_of(name)),
            _ => String::new(),
        };
        Cell { text, to, quiet: true }
    }

    fn passed(&self, one: &Passed) -> Row {
        let words = self.words();
        let known = MESSAGES.iter().find(|(word, _)| *word == one.kind);
        let message = known.map_or(one.kind.as_str(), |(_, key)| words.get(key));
        let reference = match one.kind.as_str() {
            "file" => Cell {
                text: one.reference.clone(),
                to: self.to(&files::path_of(&one.reference)),
                quiet: false,
            },
            "delivery" => self.household(&one.reference, 0),
            _ => quiet(&one.reference),
        };
        let cells = vec![
            says(message),
            says(&one.peer),
            reference,
            self.result(one),
            quiet(details::detail(words, one)),
            self.effects(one),
        ];
        Row { at: one.at, cells, alarm: one.outcome == "refused" }
    }

    fn result(&self, one: &Passed) -> Cell {
        let word = self.outcome(&one.outcome).text;
        // A code of the SMS is what its people ask about.
        let is_code =
            one.result.len() == 4 && one.result.ends_with(|last: char| last.is_ascii_digit());
        says(if is_code { format!("{word} {}", one.result) } else { word })
    }

    /// What it changed, in the audit of that day and the next.
    fn effects(&self, one: &Passed) -> Cell {
        if !matches!(one.kind.as_str(), "file" | "command" | "commands") {
            return says("");
        }
        let days = (one.at.plus_days(-1).day_jst().iso(), one.at.plus_days(1).day_jst().iso());
        let behind = one.reference.strip_prefix("call:").unwrap_or(&one.reference);
        let which = [("book", "audit"), ("from", &days.0), ("to", &days.1), ("behind", behind)];
        Cell {
            text: self.words().get("console.logs.effects.see").to_owned(),
            to: list_of(&self.here.address, &which),
            quiet: false,
        }
    }

    fn called(&self, one: &Called) -> Row {
        let words = self.words();
        let refused = !one.code.is_empty();
        let outcome = if refused {
            let text = words::answer_code(words.0, &one.code);
            says(format!("{} — {text}", self.outcome("refused").text))
        } else {
            self.outcome("done")
        };
        let cells = vec![
            says(words.get(areas::name_of(&one.route))),
            self.doer(&one.actor),
            outcome,
            quiet(one.status.to_string()),
            quiet(format!("{} ms", one.micros.div_euclid(1000))),
            quiet(&one.route),
        ];
        Row { at: one.at, cells, alarm: refused }
    }

    fn decided(&self, one: &Decided) -> Row {
        let words = self.words();
        let first = one.codes.split(' ').next().unwrap_or_default();
        let outcome = if one.permit {
            words.get("console.outcome.watched").to_owned()
        } else {
            format!(
                "{} — {}",
                words.get("console.outcome.not_watched"),
                words.get(labels::reason(first))
            )
        };
        let cells = vec![
            self.household(&one.number, one.person_no),
            says(words.get(crate::why::verb(&one.action))),
            says(&one.client),
            says(outcome),
            quiet(&one.codes),
            self.answer(&one.trace),
        ];
        Row { at: one.at, cells, alarm: !one.permit }
    }
}
