//! What is told of a file that was tried: in sentences, by line and by column.

use formats::sms::{FileFault, Layout};
use web::texts::Words;
use web::trial::{Blame, Counted, Field, Line, Reading};

use crate::labels;

/// How many of the lines that were not simply done are shown column by column.
const OPENED: usize = 10;

/// A file that was tried.
pub(super) struct Tried {
    pub(super) name: String,
    pub(super) reading: Reading,
    /// Lines that take something away and are done without two persons' word; wrong lines that do not stop the file.
    pub(super) limits: (i64, i64),
    /// The sequence number that comes next.
    pub(super) next: Option<i64>,
}

/// What is shown of a file that was tried.
pub(super) struct Shown {
    pub(super) name: String,
    /// Why it would not be taken, or not be done at once; none: it would be.
    pub(super) troubles: Vec<String>,
    /// What was left out of the trial.
    pub(super) notes: Vec<String>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) counts: Vec<Counted>,
    /// Lines column by column, in two lists.
    pub(super) read: [(&'static str, &'static str, Vec<ShownLine>); 2],
    pub(super) odd: Vec<ShownLine>,
}

/// A line as it is shown.
pub(super) struct ShownLine {
    pub(super) number: u32,
    pub(super) offset: u64,
    /// Where it begins, in words.
    pub(super) at: String,
    pub(super) contract: String,
    /// What it asks for.
    pub(super) what: String,
    /// The key of how it ended; empty: it was only read.
    pub(super) outcome: &'static str,
    pub(super) bad: bool,
    pub(super) code: String,
    pub(super) message: String,
    /// Where what is wrong stands; empty: not in a column.
    pub(super) place: String,
    pub(super) fields: Vec<ShownField>,
}

/// A column as it is shown.
pub(super) struct ShownField {
    pub(super) label: &'static str,
    pub(super) name: &'static str,
    pub(super) place: String,
    pub(super) value: String,
    pub(super) bad: bool,
}

pub(super) fn shown_of(words: Words, tried: Tried) -> Shown {
    let Tried { name, reading, limits, next } = tried;
    let layout = reading.layout;
    let line = |line: &Line| line_of((words, layout), line);
    Shown {
        troubles: troubles(words, &reading, limits),
        notes: notes(words, &reading),
        facts: facts(words, &reading, next),
        read: [
            ("plain", "console.trial.plain", reading.plain.iter().map(line).collect()),
            ("opened", "console.trial.opened", reading.odd.iter().take(OPENED).map(line).collect()),
        ],
        odd: reading.odd.iter().map(line).collect(),
        counts: reading.tally.counted(),
        name,
    }
}

/// Why the file would not be taken, or would wait.
fn troubles(words: Words, reading: &Reading, (mass, errors): (i64, i64)) -> Vec<String> {
    let refusals = reading.refusals.iter();
    let mut troubles: Vec<String> =
        refusals.map(|(code, detail)| format!("{} ({detail})", why(words, code))).collect();
    troubles.extend(reading.fault.as_ref().map(|fault| fault_of(words, fault)));
    if let Some(count) = reading.mass.map(i64::from).filter(|count| *count > mass) {
        let (count, limit) = (count.to_string(), mass.to_string());
        troubles.push(words.fill("console.bulk.guarded", &[("mass", &count), ("limit", &limit)]));
    }
    let wrong = i64::try_from(reading.tally.lines("9")).unwrap_or(i64::MAX);
    if wrong > errors {
        let (count, limit) = (wrong.to_string(), errors.to_string());
        let filled = [("errors", count.as_str()), ("limit", &limit)];
        troubles.push(words.fill("console.trial.too_many", &filled));
    }
    troubles
}

/// A code of a file in a sentence.
fn why(words: Words, code: &str) -> String {
    let said = labels::file_code(code).map_or("", |key| words.get(key));
    format!("{code} {said}")
}

/// Why a file can not be read on, and where.
pub(crate) fn fault_of(words: Words, fault: &FileFault) -> String {
    let (line, byte) = (fault.line.to_string(), fault.offset.to_string());
    let column = fault.column.map(|column| format!("{column}: ")).unwrap_or_default();
    let part = |said| labels::part_of_file(said).map_or(said, |key| words.get(key));
    let found = format!("{column}{}", part(&fault.found));
    let filled = [
        ("line", line.as_str()),
        ("byte", &byte),
        ("expected", part(&fault.expected)),
        ("found", &found),
    ];
    format!("{} {}", why(words, fault.code), words.fill("console.trial.fault", &filled))
}

fn notes(words: Words, reading: &Reading) -> Vec<String> {
    let header = reading.head.as_ref().map(|(_, header)| header);
    let mut notes = Vec::new();
    if header.is_some_and(|header| header.kind == "F") {
        notes.push(words.get("console.trial.full").to_owned());
    } else if reading.tried < reading.lines {
        let tried = reading.tried.to_string();
        notes.push(words.fill("console.trial.part", &[("tried", &tried)]));
    }
    if header.is_some_and(|header| header.test_flag == "1") {
        notes.push(words.get("console.file.test.yes").to_owned());
    }
    notes
}

fn facts(words: Words, reading: &Reading, next: Option<i64>) -> Vec<(&'static str, String)> {
    let layout = match reading.layout {
        Layout::Fixed => "console.trial.fixed",
        Layout::Csv => "console.trial.csv",
    };
    let mut facts = vec![("console.trial.layout", words.get(layout).to_owned())];
    if let Some((form, header)) = &reading.head {
        let mark = if form.byte_order_mark { " (BOM)" } else { "" };
        facts.push(("console.trial.charset", format!("{}{mark}", form.charset.name())));
        facts.push(("console.file.interface", format!("{} {}", header.interface, header.kind)));
        facts.push(("console.file.sequence", header.sequence.clone()));
        facts.push(("console.file.business_on", header.business_date.clone()));
    }
    if let Some(next) = next {
        facts.push(("console.trial.next", format!("{next:08}")));
    }
    facts.push(("console.bulk.lines", reading.lines.to_string()));
    facts
}

fn line_of((words, layout): (Words, Layout), line: &Line) -> ShownLine {
    let blame = line.blame.as_ref();
    let value = |name: &str| {
        let found = line.fields.iter().find(|field| field.column.name == name);
        found.map_or("", |field| field.value.as_str())
    };
    let field = |field: &Field| {
        let bad = blame.is_some_and(|blame| blame.column == field.column.name);
        (bad || !field.value.is_empty()).then(|| ShownField {
            label: labels::column(field.column.name).map_or("", |key| words.get(key)),
            name: field.column.name,
            place: place_of((words, layout), field),
            value: field.value.clone(),
            bad,
        })
    };
    ShownLine {
        number: line.number,
        offset: line.offset,
        at: words.fill("console.trial.offset", &[("byte", &line.offset.to_string())]),
        contract: value("contract_number").to_owned(),
        what: labels::operation(words, value("operation")),
        outcome: if line.answer.result.is_empty() {
            ""
        } else {
            labels::result(&line.answer.result)
        },
        bad: line.answer.result == "9",
        code: line.answer.code.clone(),
        message: line.answer.message.clone(),
        place: blame.map(|blame| blamed(words, blame)).unwrap_or_default(),
        fields: line.fields.iter().filter_map(field).collect(),
    }
}

/// Where a column stands: its bytes in the record, or its number.
fn place_of((words, layout): (Words, Layout), field: &Field) -> String {
    let column = field.column;
    match layout {
        Layout::Fixed => {
            let end = (column.start + column.length).saturating_sub(1).to_string();
            let filled = [("from", column.start.to_string()), ("to", end)];
            words.fill("console.trial.bytes", &filled.each_ref().map(|(k, v)| (*k, v.as_str())))
        }
        Layout::Csv => words.fill("console.trial.number", &[("number", &field.place.to_string())]),
    }
}

fn blamed(words: Words, blame: &Blame) -> String {
    let Some(offset) = blame.offset else { return blame.column.to_owned() };
    let byte = offset.to_string();
    let at = words.fill("console.trial.at", &[("column", blame.column), ("byte", &byte)]);
    if blame.bytes.is_empty() {
        return at;
    }
    format!("{at} [{}]", hex::encode_upper(&blame.bytes))
}
