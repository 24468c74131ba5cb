//! A file that somebody tries: read and answered as one of the SMS's would be, and nothing applied.
//!
//! The checks, the reader, the translation and the answers are those of the runner. Only what holds a file up when it really
//! comes is left out: its place in the order, the guard, the end marker. Source: issue 4, §2.7.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};

use base::kernel::{Error, Result, clock};
use formats::sms::{
    Column, DATA, FileKind, FileName, Form, Header, Layout, ReadError, Reader, ResultRecord, Row,
    Scan, scan,
};
use web::trial::{Asked, Blame, Field, Line, Reading, Rehearse, Tally};

use super::check::{Refusal, TEST_LINES, check_header, check_name, layout_in};
use super::chunk::Chunk;

/// Lines that are tried at once.
const CHUNK: usize = 500;
/// Bytes shown of what is no text.
const SHOWN_BYTES: u64 = 4;
/// The code of a line with such bytes.
const NO_TEXT: &str = "E204";

/// Reads `file` from its beginning and has its lines tried by `rehearse`: of a list of changes the first 20,000, of a full
/// list none, for that changes nothing.
///
/// # Errors
/// `unavailable` — the file can not be read; those of `rehearse`. What is wrong with the file is no error.
pub fn read(file: &File, asked: &Asked<'_>, rehearse: &mut Rehearse<'_>) -> Result<Reading> {
    let layout = layout_in(begin(file)?, asked.name).map_err(|error| failed(&error))?;
    let scanned = scan(begin(file)?, layout);
    let mut reading = Reading {
        layout,
        head: None,
        refusals: Vec::new(),
        fault: None,
        lines: 0,
        tried: 0,
        mass: scanned.as_ref().ok().map(|scan| scan.mass_change_lines),
        tally: Tally::default(),
        plain: Vec::new(),
        odd: Vec::new(),
    };
    let name = check_name(asked.name, (asked.operator, false));
    match Reader::open(begin(file)?, layout) {
        Ok((header, reader)) => {
            let form = reader.form();
            reading.refusals = refusals(asked, (name, &header), scanned.as_ref().ok());
            let full = header.kind == FileKind::Full.letter();
            reading.head = Some((form, header));
            let mut trial = Trial { form, asked, full, reading };
            trial.all(reader, rehearse)?;
            reading = trial.reading;
            for line in reading.plain.iter_mut().chain(&mut reading.odd) {
                show_bytes(file, line)?;
            }
        }
        Err(ReadError::Io(error)) => return Err(failed(&error)),
        // The fault is that of the scan, below.
        Err(ReadError::Fault(_)) => reading.refusals.extend(name.err().map(told)),
    }
    match scanned {
        Err(ReadError::Io(error)) => Err(failed(&error)),
        Err(ReadError::Fault(fault)) => Ok(Reading { fault: Some(fault), ..reading }),
        Ok(_) => Ok(reading),
    }
}

fn failed(error: &io::Error) -> Error {
    Error::unavailable("files", format!("a file that is tried: {error}"))
}

fn begin(file: &File) -> Result<BufReader<&File>> {
    let mut file = file;
    file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
    Ok(BufReader::with_capacity(64 * 1024, file))
}

fn told(refusal: Refusal) -> (&'static str, String) {
    (refusal.code, refusal.detail)
}

/// Why the file would be refused as a whole, by what it says of itself.
fn refusals(
    asked: &Asked<'_>,
    (name, header): (std::result::Result<FileName, Refusal>, &Header),
    scan: Option<&Scan>,
) -> Vec<(&'static str, String)> {
    let wrong = match name {
        Ok(name) => check_header(header, &name),
        Err(refusal) => {
            let elsewhere = header.operator != asked.operator;
            return [Some(refusal), elsewhere.then(|| another_station(asked.operator))]
                .into_iter()
                .flatten()
                .map(told)
                .collect();
        }
    };
    let test = header.test_flag == "1" && header.kind != FileKind::Full.letter();
    let long = scan.filter(|scan| test && scan.lines > TEST_LINES).map(|scan| Refusal {
        code: "F012",
        detail: format!("a test of {} lines; {TEST_LINES} are the most", scan.lines),
    });
    wrong.into_iter().chain(long).map(told).collect()
}

fn another_station(operator: &str) -> Refusal {
    Refusal { code: "F002", detail: format!("header: another operator than {operator}") }
}

/// A file being tried.
struct Trial<'t> {
    form: Form,
    asked: &'t Asked<'t>,
    /// Whether it is a full list.
    full: bool,
    reading: Reading,
}

impl Trial<'_> {
    /// All lines, as far as they can be read.
    fn all<R: BufRead>(&mut self, reader: Reader<R>, rehearse: &mut Rehearse<'_>) -> Result<()> {
        let mut rows = Vec::with_capacity(CHUNK);
        for row in reader {
            match row {
                Ok(row) => rows.push(row),
                Err(ReadError::Io(error)) => return Err(failed(&error)),
                // The scan stopped there as well, and says where.
                Err(ReadError::Fault(_)) => break,
            }
            if rows.len() == CHUNK {
                self.some(&rows, rehearse)?;
                rows.clear();
            }
        }
        self.some(&rows, rehearse)
    }

    fn some(&mut self, rows: &[Row], rehearse: &mut Rehearse<'_>) -> Result<()> {
        let answers = self.answers(rows, rehearse)?;
        for (row, answer) in rows.iter().zip(answers) {
            self.take(row, answer);
        }
        Ok(())
    }

    /// What each line would be answered; no answer where it is only read.
    fn answers(
        &mut self,
        rows: &[Row],
        rehearse: &mut Rehearse<'_>,
    ) -> Result<Vec<Option<ResultRecord>>> {
        let left = TEST_LINES.saturating_sub(self.reading.tried);
        let left = if self.full { 0 } else { usize::try_from(left).unwrap_or(0) };
        let mut chunk = Chunk::default();
        for row in rows.iter().take(left) {
            chunk.push(row.clone());
        }
        if chunk.len() == 0 {
            return Ok(rows.iter().map(unread).collect());
        }
        let reports =
            if chunk.commands.is_empty() { Vec::new() } else { rehearse(chunk.commands.clone())? };
        let answers = chunk.answers(&reports, clock::now());
        let tried = u32::try_from(answers.len()).map_err(Error::internal)?;
        self.reading.tried = self.reading.tried.saturating_add(tried);
        let rest = rows.iter().skip(answers.len()).map(unread).collect::<Vec<_>>();
        Ok(answers.into_iter().map(Some).chain(rest).collect())
    }

    /// Counts a line, and keeps it where it is to be told.
    fn take(&mut self, row: &Row, answer: Option<ResultRecord>) {
        let answer = answer.unwrap_or_default();
        self.reading.lines = self.reading.lines.saturating_add(1);
        let odd = matches!(answer.result.as_str(), "1" | "9");
        let plain = row.number >= self.asked.from && self.reading.plain.len() < self.asked.plain;
        if odd && self.reading.odd.len() < self.asked.odd {
            self.reading.odd.push(self.line(row, &answer));
        }
        if plain {
            self.reading.plain.push(self.line(row, &answer));
        }
        self.reading.tally.add(answer);
    }

    fn line(&self, row: &Row, answer: &ResultRecord) -> Line {
        let (record, fault) = match &row.record {
            Ok(record) => (record, None),
            Err(fault) => (&*fault.readable, Some(fault)),
        };
        let blame = match fault {
            Some(fault) => Some((fault.column, Some(fault.offset))),
            None => {
                column_of(&answer.message).map(|column| (column.name, self.offset_of(row, column)))
            }
        };
        let values = record.columns().into_iter().enumerate();
        Line {
            number: row.number,
            offset: row.offset,
            // The record type is the first column of a CSV line.
            fields: values
                .map(|(at, (column, value))| Field { column, place: at + 2, value })
                .collect(),
            answer: answer.clone(),
            blame: blame.map(|(column, offset)| Blame { column, offset, bytes: Vec::new() }),
        }
    }

    /// Where a column of a line begins; where CSV puts it, only its number tells.
    fn offset_of(&self, row: &Row, column: &Column) -> Option<u64> {
        let before = u64::try_from(column.start.saturating_sub(1)).ok()?;
        (self.form.layout == Layout::Fixed).then(|| row.offset.saturating_add(before))
    }
}

/// Adds the bytes that are no text to a line that has some.
fn show_bytes(mut file: &File, line: &mut Line) -> Result<()> {
    let Some(blame) = line.blame.as_mut().filter(|_| line.answer.code == NO_TEXT) else {
        return Ok(());
    };
    let Some(offset) = blame.offset else { return Ok(()) };
    file.seek(SeekFrom::Start(offset)).map_err(|error| failed(&error))?;
    file.take(SHOWN_BYTES).read_to_end(&mut blame.bytes).map_err(|error| failed(&error))?;
    let end = blame.bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    blame.bytes.truncate(end.unwrap_or(blame.bytes.len()));
    Ok(())
}

/// A line that is only read: a fault of its bytes is answered all the same.
fn unread(row: &Row) -> Option<ResultRecord> {
    let mut alone = Chunk::default();
    alone.push(row.clone());
    if row.record.is_ok() { None } else { alone.answers(&[], clock::now()).pop() }
}

/// The words of an answer begin with the column they are about.
fn column_of(message: &str) -> Option<&'static Column> {
    let (name, _) = message.split_once(": ")?;
    DATA.iter().find(|column| column.name == name)
}
