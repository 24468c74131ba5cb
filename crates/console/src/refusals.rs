//! Lines of a file that were refused, from its result: the first of them, why, and what is to be done about each reason.

use std::io::{BufReader, Read as _};

use formats::sms::{ResultReader, ResultRecord};
use web::results::Answered;
use web::texts::Words;

use super::contract::whom_is;
use super::labels;

/// How many are shown.
const SHOWN: usize = 100;
/// Lines that are read for them: looking for the only wrong ones of a million would hold the page up.
const READ: usize = 100_000;
/// Bytes of text and frame that all of them, and the reasons below, may take on a page.
const ROOM: usize = 10_000;
/// Bytes of the frame around a line or a reason.
const FRAME: usize = 46;
/// How an answer says that its line was refused.
const REFUSED: &str = "9";

/// Columns as the online interface calls them: what is wrong with a command has these names, whichever way it came.
const FIELDS: [(&str, &str); 6] = [
    ("contract_no", "contract_number"),
    ("gen", "generation"),
    ("new_contract_no", "new_contract_number"),
    ("person_no", "person_number"),
    ("product", "product_code"),
    ("reason", "hold_reason"),
];

/// A line that was refused.
pub(super) struct Refusal {
    pub(super) line: String,
    pub(super) number: String,
    pub(super) code: String,
    /// The column that is wrong, where one is.
    pub(super) place: String,
    /// What it asks for, and of whom.
    pub(super) what: String,
}

/// A code among them.
pub(super) struct Reason {
    pub(super) code: String,
    pub(super) why: &'static str,
    pub(super) what_to_do: &'static str,
}

/// The first lines that were refused.
#[derive(Default)]
pub(super) struct Refusals {
    pub(super) lines: Vec<Refusal>,
    /// Each code once, as they come.
    pub(super) reasons: Vec<Reason>,
    /// Bytes they take.
    taken: usize,
    full: bool,
}

impl Refusals {
    /// Reads the first of `many` refused lines, and no further than these or [`READ`]: a result may have a million lines.
    pub(super) fn first(words: Words, answered: Answered, many: usize) -> Self {
        let Answered { content, form, bytes, .. } = answered;
        let answers = ResultReader::new(BufReader::new(content.take(bytes)), form);
        let mut first = Self::default();
        for answer in answers.take(READ) {
            match answer {
                Ok(answer) => first.add(words, &answer),
                // It lies where a station's program may write. What could be read of it is shown.
                Err(error) => {
                    tracing::warn!(%error, "the kept result of a file can not be read");
                    break;
                }
            }
            if first.full || first.lines.len() >= many {
                break;
            }
        }
        first
    }

    /// Adds an answer, if it refuses its line and there is room.
    pub(super) fn add(&mut self, words: Words, answer: &ResultRecord) {
        if answer.result != REFUSED || self.full {
            return;
        }
        let line = Refusal {
            line: answer.line.trim_start_matches('0').to_owned(),
            number: answer.contract_number.clone(),
            code: answer.code.clone(),
            place: place(words, &answer.message).unwrap_or_default(),
            what: what(words, answer),
        };
        let known = self.reasons.iter().any(|known| known.code == answer.code);
        let reason = (!known).then(|| Reason::of(words, &answer.code));
        self.taken += line.bytes() + reason.as_ref().map_or(0, Reason::bytes);
        self.full = self.taken > ROOM || self.lines.len() >= SHOWN;
        if !self.full {
            self.lines.push(line);
            self.reasons.extend(reason);
        }
    }
}

impl Refusal {
    fn bytes(&self) -> usize {
        let Self { line, number, code, place, what } = self;
        [line, number, code, place, what].map(String::len).iter().sum::<usize>() + FRAME
    }
}

impl Reason {
    fn of(words: Words, code: &str) -> Self {
        let (why, what_to_do) = labels::line_code(code);
        let (why, what_to_do) = (words.get(why), words.get(what_to_do));
        Self { code: code.to_owned(), why, what_to_do }
    }

    const fn bytes(&self) -> usize {
        self.code.len() + self.why.len() + self.what_to_do.len() + FRAME
    }
}

fn what(words: Words, answer: &ResultRecord) -> String {
    let asked = match answer.operation.as_str() {
        "" => String::new(),
        operation => labels::operation(words, operation),
    };
    match answer.person_number.parse() {
        Ok(person_no) if person_no > 0 => format!("{asked} {}", whom_is(words, person_no)),
        _ => asked,
    }
}

/// The column an answer begins with, and the byte of the file, where it is about one.
fn place(words: Words, message: &str) -> Option<String> {
    let (place, _) = message.split_once(": ")?;
    let (column, byte) = place.split_once(' ').unwrap_or((place, ""));
    let known = FIELDS.into_iter().find(|(field, _)| *field == column);
    let column = known.map_or(column, |(_, column)| column);
    let column = labels::column(column).map_or(column, |key| words.get(key));
    Some(if byte.is_empty() { column.to_owned() } else { format!("{column} ({byte})") })
}
