//! Reads a file line by line; can be picked up again where it was left.

use std::io::BufRead;

use super::cells::Cells;
use super::columns::Wire;
use super::faults::{FileFault, LineFault, ReadError};
use super::form::{Charset, Form, Layout};
use super::part;
use super::raw::{Found, RawRecords, as_u64};
use super::records::{DATA, Header, Record, Trailer};

/// A place between two lines, to go on from after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the file before it.
    pub offset: u64,
    /// Number of the data line that follows, from 1.
    pub number: u32,
}

/// One data line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number, from 1, without gaps.
    pub number: u32,
    /// Bytes of the file before it.
    pub offset: u64,
    /// The place behind it.
    pub next: Place,
    /// The line, or why it can not be used.
    pub record: Result<Record, LineFault>,
}

/// What the next record of the body is.
pub(super) enum Step {
    Data,
    Trailer(Box<Trailer>),
}

/// Reads data lines one by one, holding one in memory. Ends after the trailer; ends after an error.
///
/// Counts and hash of the trailer are not compared here: see [`super::scan()`].
pub struct Reader<R> {
    pub(super) raw: RawRecords<R>,
    pub(super) cells: Cells,
    pub(super) form: Form,
    next_number: u32,
    /// A multi-byte character of UTF-8 was seen: later bad bytes are a line's fault, not the file's.
    pub(super) seen_utf8: bool,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header (and before it byte order mark and title row, if any).
    ///
    /// # Errors
    /// - F006 — no header, wrong length or columns
    /// - F009 — UTF-16; a byte order mark under CP932; UTF-8 in a fixed-width file; unknown charset
    pub fn open(input: R, layout: Layout) -> Result<(Header, Self), ReadError> {
        Self::open_raw(RawRecords::new(input, layout, 0, 0), layout)
    }

    pub(super) fn open_raw(
        raw: RawRecords<R>,
        layout: Layout,
    ) -> Result<(Header, Self), ReadError> {
        let form = Form { layout, charset: Charset::Cp932, byte_order_mark: false };
        let (cells, seen_utf8, ended) = (Cells::new(layout), false, false);
        let mut reader = Self { raw, cells, form, next_number: 1, seen_utf8, ended };
        let found = reader.raw.advance()?;
        reader.look_at_first_bytes()?;
        reader.cut(found, part::HEADER)?;
        if layout == Layout::Csv && reader.mark().eq_ignore_ascii_case(b"record_type") {
            let found = reader.raw.advance()?;
            reader.cut(found, part::HEADER)?;
        }
        let header = reader.header()?;
        Ok((header, reader))
    }

    /// Goes on at `place` of a file that was opened before with this `form`; `input` must stand at
    /// byte `place.offset`. Line numbers in faults count from the header, without a title row.
    pub fn resume(input: R, form: Form, place: Place) -> Self {
        let raw = RawRecords::new(input, form.layout, place.offset, u64::from(place.number));
        let cells = Cells::new(form.layout);
        Self { raw, cells, form, next_number: place.number, seen_utf8: true, ended: false }
    }

    /// How the file is written.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The place behind what was read.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { offset: self.raw.end(), number: self.next_number }
    }

    pub(super) fn raw(&self) -> &RawRecords<R> {
        &self.raw
    }

    /// The bytes of a data column of the current record.
    pub(super) fn data_cell(&self, name: &str) -> &[u8] {
        let found = DATA.iter().enumerate().find(|(_, column)| column.name == name);
        found.map_or(&[], |(index, column)| self.cells.cell(self.raw.content(), index, column))
    }

    /// Reads the next record, checks its shape, character set, type and line number.
    pub(super) fn step(&mut self) -> Result<Step, ReadError> {
        let found = self.raw.advance()?;
        if found == Found::End {
            return Err(self.fault("F007", None, part::TRAILER, part::END).into());
        }
        self.check_charset(found)?;
        self.cut(found, part::RECORD)?;
        match self.mark() {
            b"D" => self.check_data().map(|()| Step::Data),
            b"T" => self.check_columns::<Trailer>().and_then(|()| self.trailer()),
            other => {
                let found = record_type(other);
                Err(self.fault("F006", Some("record_type"), "D or T", &found).into())
            }
        }
    }

    /// Nothing may follow the trailer.
    pub(super) fn expect_end(&mut self) -> Result<(), ReadError> {
        match self.raw.advance()? {
            Found::End => Ok(()),
            _ => Err(self.fault("F006", None, part::END, part::MORE).into()),
        }
    }

    /// A fault at the beginning of the current record.
    pub(super) fn fault(
        &self,
        code: &'static str,
        column: Option<&'static str>,
        expected: &str,
        found: &str,
    ) -> FileFault {
        FileFault {
            code,
            line: self.raw.line(),
            offset: self.raw.offset(),
            column,
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }

    pub(super) fn mark(&self) -> &[u8] {
        self.cells.mark(self.raw.content())
    }

    fn cut(&mut self, found: Found, wanted: &str) -> Result<(), ReadError> {
        match found {
            Found::End => Err(self.fault("F006", None, wanted, part::END).into()),
            Found::TooLong => {
                let limit = format!("a record of at most {} bytes", self.raw.bytes().len());
                Err(self.fault("F006", None, &limit, part::LONGER).into())
            }
            Found::Record => self
                .cells
                .cut(self.raw.content())
                .map_err(|(expected, found)| self.fault("F006", None, &expected, &found).into()),
        }
    }

    pub(super) fn check_columns<W: Wire>(&self) -> Result<(), ReadError> {
        self.cells
            .has_columns_of::<W>()
            .map_err(|(expected, found)| self.fault("F006", None, &expected, &found).into())
    }

    fn trailer(&self) -> Result<Step, ReadError> {
        self.plain::<Trailer>().map(|trailer| Step::Trailer(Box::new(trailer)))
    }

    fn check_data(&mut self) -> Result<(), ReadError> {
        self.check_columns::<Record>()?;
        let digits = self.data_cell("line").trim_ascii();
        let number = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u32>().ok());
        if number != Some(self.next_number) {
            let expected = format!("{:08}", self.next_number);
            let found = number_near(self.next_number, number);
            return Err(self.fault("F006", Some("line"), &expected, &found).into());
        }
        self.next_number = self.next_number.saturating_add(1);
        Ok(())
    }

    fn row(&mut self) -> Result<Option<Row>, ReadError> {
        if let Step::Trailer(_) = self.step()? {
            self.expect_end()?;
            return Ok(None);
        }
        let (record, bad) = self.cells.read::<Record>(self.raw.content(), self.form.charset);
        let record = match bad {
            None => Ok(record),
            Some(bad) => Err(LineFault {
                problem: bad.problem,
                column: bad.column,
                offset: self.raw.content_offset() + as_u64(bad.offset),
                readable: Box::new(record),
            }),
        };
        let number = self.next_number.saturating_sub(1);
        Ok(Some(Row { number, offset: self.raw.offset(), next: self.place(), record }))
    }
}

/// A wrong record type for people. In CSV it is a whole cell, and in a file of something else it may
/// be anybody's name: a single byte is shown, of more only how many.
pub(super) fn record_type(mark: &[u8]) -> String {
    match mark {
        [byte] => format!("record type {}", byte.escape_ascii()),
        other => format!("a record type of {} bytes", other.len()),
    }
}

/// A wrong number for people, if it is near enough to be meant as this one. What is further off may
/// be a telephone number in the wrong column.
pub(super) fn number_near(expected: u32, found: Option<u32>) -> String {
    match found {
        Some(found) if found <= expected.saturating_mul(10).saturating_add(1000) => {
            format!("{found:08}")
        }
        Some(_) => "a number far off".to_owned(),
        None => "not a number".to_owned(),
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Row, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.row().transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}
