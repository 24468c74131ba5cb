//! From the bytes of one record to its columns, the same for both layouts.

use csv_core::ReadRecordResult;

use super::columns::{Column, RECORD_BYTES, Wire};
use super::faults::Problem;
use super::form::{Charset, Layout};
use super::part;
use super::raw::CSV_RECORD_LIMIT;
use crate::cp932::width;

/// More columns than any record has, with room for the empty ones a spreadsheet adds.
const MOST_COLUMNS: usize = 256;

/// A column that can not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadCell {
    pub(super) column: &'static str,
    pub(super) problem: Problem,
    /// Bytes of the record before the bad place.
    pub(super) offset: usize,
}

/// Why a record could not be cut into columns: what was expected and what was found.
pub(super) type Misshapen = (String, String);

/// Cuts records into cells; keeps its buffers from record to record.
pub(super) struct Cells {
    layout: Layout,
    parser: csv_core::Reader,
    values: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl Cells {
    pub(super) fn new(layout: Layout) -> Self {
        let (values, ends) = match layout {
            Layout::Fixed => (Vec::new(), Vec::new()),
            Layout::Csv => (vec![0; CSV_RECORD_LIMIT], vec![0; MOST_COLUMNS]),
        };
        Self { layout, parser: csv_core::Reader::new(), values, ends, count: 0 }
    }

    /// Cuts `content`, a record without its line end.
    pub(super) fn cut(&mut self, content: &[u8]) -> Result<(), Misshapen> {
        match self.layout {
            Layout::Fixed if content.len() == RECORD_BYTES => Ok(()),
            Layout::Fixed => {
                Err((format!("{RECORD_BYTES} bytes"), format!("{} bytes", content.len())))
            }
            Layout::Csv => self.cut_csv(content),
        }
    }

    fn cut_csv(&mut self, content: &[u8]) -> Result<(), Misshapen> {
        self.parser.reset();
        self.count = 0;
        let (mut input, mut written) = (content, 0);
        loop {
            let room = self.values.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(self.count..).unwrap_or_default();
            let (result, read, wrote, ended) = self.parser.read_record(input, room, ends);
            input = input.get(read..).unwrap_or_default();
            written += wrote;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record if input.is_empty() => return Ok(()),
                ReadRecordResult::Record => {
                    return Err(("one record".into(), "a stray quotation mark".into()));
                }
                ReadRecordResult::End => return Err((part::RECORD.into(), part::EMPTY.into())),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    let most = format!("at most {MOST_COLUMNS} columns");
                    return Err((most, "more".into()));
                }
            }
        }
    }

    /// The record type: the first byte, or the first CSV column.
    pub(super) fn mark<'a>(&'a self, content: &'a [u8]) -> &'a [u8] {
        match self.layout {
            Layout::Fixed => content.get(..1).unwrap_or_default(),
            Layout::Csv => self.csv_cell(0),
        }
    }

    /// The bytes of column number `index` (0 is the first after the record type).
    pub(super) fn cell<'a>(&'a self, content: &'a [u8], index: usize, column: &Column) -> &'a [u8] {
        match self.layout {
            Layout::Fixed => column.of(content),
            Layout::Csv => self.csv_cell(index + 1),
        }
    }

    fn csv_cell(&self, index: usize) -> &[u8] {
        let end_of = |index: usize| {
            if index < self.count { self.ends.get(index).copied() } else { None }
        };
        let start = index.checked_sub(1).map_or(Some(0), end_of);
        match (start, end_of(index)) {
            (Some(start), Some(end)) => self.values.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Whether a CSV record has the columns of `W`; further columns must be empty.
    pub(super) fn has_columns_of<W: Wire>(&self) -> Result<(), Misshapen> {
        let wanted = W::COLUMNS.len() + 1;
        let extra = (wanted..self.count).any(|index| !self.csv_cell(index).is_empty());
        if self.layout == Layout::Fixed || (self.count >= wanted && !extra) {
            return Ok(());
        }
        Err((format!("{wanted} columns"), format!("{} columns", self.count)))
    }

    /// The record as a struct, and the first column that can not be used (it stays empty).
    pub(super) fn read<W: Wire>(&self, content: &[u8], charset: Charset) -> (W, Option<BadCell>) {
        let mut first_bad = None;
        let mut index = 0;
        let record = W::fill(|column| {
            let cell = self.cell(content, index, column);
            let value = self.value(cell, column, charset);
            index += 1;
            value.unwrap_or_else(|(within, problem)| {
                first_bad.get_or_insert_with(|| BadCell {
                    column: column.name,
                    problem,
                    offset: match self.layout {
                        Layout::Fixed => column.start.saturating_sub(1) + within,
                        Layout::Csv => csv_place(content, charset, index),
                    },
                });
                String::new()
            })
        });
        (record, first_bad)
    }

    fn value(
        &self,
        cell: &[u8],
        column: &Column,
        charset: Charset,
    ) -> Result<String, (usize, Problem)> {
        let text = charset.decode(cell)?;
        let value = column.value(&text);
        if let Some(at) = text.find(char::is_control) {
            return Err((at, Problem::Control));
        }
        let long =
            value.len() > column.length && value.chars().map(width).sum::<usize>() > column.length;
        if long { Err((0, Problem::TooLong)) } else { Ok(value) }
    }
}

/// Where the first bad byte stands in a CSV record, or else where cell `index` begins (0 is the
/// record type). Unquoting has lost the place, so it is looked up again, for bad records only.
fn csv_place(content: &[u8], charset: Charset, index: usize) -> usize {
    if let Err((offset, _)) = charset.decode(content) {
        return offset;
    }
    let (mut quoted, mut commas) = (false, 0);
    for (offset, byte) in content.iter().enumerate() {
        quoted ^= *byte == b'"';
        if *byte == b',' && !quoted {
            commas += 1;
            if commas == index {
                return offset + 1;
            }
        }
    }
    content.len()
}
