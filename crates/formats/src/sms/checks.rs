//! The reader's checks of what a file says about itself: first bytes, header, character set.

use std::io::BufRead;

use super::columns::Wire;
use super::faults::ReadError;
use super::form::{BYTE_ORDER_MARK, Charset, Form, Layout};
use super::part;
use super::raw::{Found, as_u64};
use super::reader::{Reader, record_type};
use super::records::{HEADER, Header};

impl<R: BufRead> Reader<R> {
    pub(super) fn look_at_first_bytes(&mut self) -> Result<(), ReadError> {
        let first = self.raw.bytes();
        if first.starts_with(b"\xFF\xFE") || first.starts_with(b"\xFE\xFF") {
            return Err(self.fault("F009", None, "CP932 or UTF8", "UTF-16").into());
        }
        self.form.byte_order_mark = first.starts_with(BYTE_ORDER_MARK);
        match Layout::of_content(first) {
            Some(layout) if layout != self.form.layout => {
                let (expected, found) = (self.form.layout.extension(), layout.extension());
                return Err(self.fault("F006", None, expected, found).into());
            }
            _ if !self.form.byte_order_mark => {}
            _ if self.form.layout == Layout::Fixed => {
                return Err(self.fault("F009", None, "CP932", part::MARK).into());
            }
            _ => self.raw.skip(BYTE_ORDER_MARK.len()),
        }
        Ok(())
    }

    pub(super) fn header(&mut self) -> Result<Header, ReadError> {
        if self.mark() != b"H" {
            let found = record_type(self.mark());
            return Err(self.fault("F006", Some("record_type"), "H", &found).into());
        }
        self.check_columns::<Header>()?;
        let header = self.plain::<Header>()?;
        if header.format != "0100" {
            return Err(self.fault_in("F006", "format", "0100"));
        }
        self.form.charset = match (header.charset.as_str(), self.form) {
            ("UTF8", Form { layout: Layout::Csv, .. }) => Charset::Utf8,
            ("", Form { byte_order_mark: true, .. }) => Charset::Utf8,
            ("CP932" | "", Form { byte_order_mark: false, .. }) => Charset::Cp932,
            ("CP932", _) => {
                let mut fault = self.fault("F009", None, "CP932", part::MARK);
                fault.offset = 0;
                return Err(fault.into());
            }
            (_, Form { layout: Layout::Fixed, .. }) => {
                return Err(self.fault_in("F009", "charset", "CP932"));
            }
            _ => return Err(self.fault_in("F009", "charset", "CP932 or UTF8")),
        };
        Ok(header)
    }

    /// A fault in a header column, with the column's place when the layout gives it. What stands
    /// there is not shown: it may be anything.
    fn fault_in(&self, code: &'static str, column: &'static str, expected: &str) -> ReadError {
        let mut fault = self.fault(code, Some(column), expected, part::ELSE);
        let table = HEADER.iter().find(|each| each.name == column);
        if let (Layout::Fixed, Some(table)) = (self.form.layout, table) {
            fault.offset += as_u64(table.start.saturating_sub(1));
        }
        fault.into()
    }

    /// A header or trailer: every column must be readable.
    pub(super) fn plain<W: Wire>(&self) -> Result<W, ReadError> {
        let (record, bad) = self.cells.read::<W>(self.raw.content(), self.form.charset);
        let Some(bad) = bad else { return Ok(record) };
        let mut fault = self.fault("F006", Some(bad.column), part::TEXT, part::BYTES);
        fault.offset = self.raw.content_offset() + as_u64(bad.offset);
        Err(fault.into())
    }

    /// Refuses a file whose bytes contradict the declared character set; see the module's page.
    /// Comes before the length: a fixed-width record in UTF-8 is too long as well.
    pub(super) fn check_charset(&mut self, found: Found) -> Result<(), ReadError> {
        let content = self.raw.content();
        if content.is_ascii() {
            return Ok(());
        }
        let bad_utf8 = std::str::from_utf8(content).err();
        // What is too long was cut anywhere, so its last character may be half.
        let bad_utf8 = bad_utf8.filter(|e| found == Found::Record || e.error_len().is_some());
        let wrong = match (self.form.charset, bad_utf8) {
            (Charset::Cp932, None) => Charset::Cp932.decode(content).err().map(|(at, _)| at),
            (Charset::Cp932, Some(_)) => None,
            (Charset::Utf8, None) => {
                self.seen_utf8 = true;
                None
            }
            (Charset::Utf8, Some(_)) if self.seen_utf8 => None,
            (Charset::Utf8, Some(error)) => {
                Charset::Cp932.decode(content).ok().map(|_| error.valid_up_to())
            }
        };
        let Some(at) = wrong else { return Ok(()) };
        let (expected, found) = match self.form.charset {
            Charset::Cp932 => ("CP932", "UTF-8"),
            Charset::Utf8 => ("UTF8", "CP932"),
        };
        let mut fault = self.fault("F009", None, expected, found);
        fault.offset = self.raw.content_offset() + as_u64(at);
        Err(fault.into())
    }
}
