//! Writes request files (exactly) and result files (always, whatever the request held).

use std::io::Write;

use aws_lc_rs::digest::{Context, SHA256};

use super::columns::{Alignment, Column, RECORD_BYTES, Wire};
use super::counts::Counts;
use super::faults::WriteError;
use super::form::{BYTE_ORDER_MARK, Charset, Form, Layout};
use super::records::{Header, Record, ResultRecord};
use crate::cp932::{encode, encode_transliterated, transliterate, width};

/// Writes header, data lines and a trailer that fits them.
pub struct RequestWriter<W> {
    out: W,
    form: Form,
    digest: Context,
    counts: Counts,
    record: Vec<u8>,
}

impl<W: Write> RequestWriter<W> {
    /// Writes the header; `header.charset` should be the form's.
    ///
    /// # Errors
    /// `sms.unmappable`, `sms.too_long`, `sms.unwritable`.
    pub fn begin(out: W, form: Form, header: &Header) -> Result<Self, WriteError> {
        let record = Vec::with_capacity(RECORD_BYTES + 2);
        let (digest, counts) = (Context::new(&SHA256), Counts::default());
        let mut writer = Self { out, form, digest, counts, record };
        if form.byte_order_mark && form.charset == Charset::Utf8 {
            writer.out.write_all(BYTE_ORDER_MARK)?;
        }
        writer.put(header)?;
        Ok(writer)
    }

    /// Writes one line, as it is: the caller numbers the lines.
    ///
    /// # Errors
    /// As [`Self::begin`]; after `sms.unmappable` and `sms.too_long` nothing was written and the
    /// next line may follow.
    pub fn write(&mut self, record: &Record) -> Result<(), WriteError> {
        self.put(record)?;
        self.digest.update(&self.record);
        self.counts.add(record.operation.as_bytes());
        Ok(())
    }

    /// Writes the trailer and gives the file back.
    ///
    /// # Errors
    /// `sms.unwritable`.
    pub fn finish(mut self) -> Result<W, WriteError> {
        let sha256 = hex::encode(self.digest.clone().finish());
        let trailer = self.counts.trailer(sha256);
        self.put(&trailer)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn put<T: Wire>(&mut self, record: &T) -> Result<(), WriteError> {
        self.record.clear();
        lay_out(&mut self.record, self.form, record, Fit::Exact)?;
        self.out.write_all(&self.record)?;
        Ok(())
    }
}

/// The pieces of a result file as bytes, for a caller that writes it over several sittings. Never
/// fails because of a value: what is too long is cut at a character, a message with a character the
/// file can not hold gives way to its code.
#[derive(Debug, Clone, Copy)]
pub struct ResultLines {
    form: Form,
}

impl ResultLines {
    /// Lines in the form of the request.
    #[must_use]
    pub const fn new(form: Form) -> Self {
        Self { form }
    }

    /// The beginning of the file.
    ///
    /// # Errors
    /// None; the type is the writers' own.
    pub fn header(&self, header: &Header) -> Result<Vec<u8>, WriteError> {
        let marked = self.form.byte_order_mark && self.form.charset == Charset::Utf8;
        let mut bytes = if marked { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
        lay_out(&mut bytes, self.form, header, Fit::Cut)?;
        Ok(bytes)
    }

    /// Appends one answer to `bytes`.
    ///
    /// # Errors
    /// None; the type is the writers' own.
    pub fn answer(&self, bytes: &mut Vec<u8>, record: &ResultRecord) -> Result<(), WriteError> {
        let unmappable =
            self.form.charset == Charset::Cp932 && encode_transliterated(&record.message).is_err();
        if unmappable {
            let message = record.code.clone();
            return lay_out(
                bytes,
                self.form,
                &ResultRecord { message, ..record.clone() },
                Fit::Cut,
            );
        }
        lay_out(bytes, self.form, record, Fit::Cut)
    }

    /// The end of the file: how many answers were OK, warnings and errors, and the SHA-256 of all
    /// their bytes.
    ///
    /// # Errors
    /// None; the type is the writers' own.
    pub fn trailer(&self, answers: [u32; 3], sha256: &[u8]) -> Result<Vec<u8>, WriteError> {
        let [starts, stops, suspensions] = answers;
        let counts = Counts { starts, stops, suspensions, ..Counts::default() };
        let mut bytes = Vec::with_capacity(RECORD_BYTES + 2);
        lay_out(&mut bytes, self.form, &counts.trailer(hex::encode(sha256)), Fit::Exact)?;
        Ok(bytes)
    }
}

/// Writes the answers of a result file at one sitting.
pub struct ResultWriter<W> {
    out: W,
    lines: ResultLines,
    digest: Context,
    answers: [u32; 3],
}

impl<W: Write> ResultWriter<W> {
    /// Writes the header in the form of the request.
    ///
    /// # Errors
    /// `sms.unwritable`.
    pub fn begin(mut out: W, form: Form, header: &Header) -> Result<Self, WriteError> {
        let lines = ResultLines::new(form);
        out.write_all(&lines.header(header)?)?;
        Ok(Self { out, lines, digest: Context::new(&SHA256), answers: [0; 3] })
    }

    /// Writes one answer.
    ///
    /// # Errors
    /// `sms.unwritable`.
    pub fn write(&mut self, record: &ResultRecord) -> Result<(), WriteError> {
        let mut bytes = Vec::with_capacity(RECORD_BYTES + 2);
        self.lines.answer(&mut bytes, record)?;
        self.digest.update(&bytes);
        self.out.write_all(&bytes)?;
        let [ok, warnings, errors] = &mut self.answers;
        let count = match record.result.as_str() {
            "0" => ok,
            "1" => warnings,
            _ => errors,
        };
        *count = count.saturating_add(1);
        Ok(())
    }

    /// Writes the trailer (count, OK, warnings, errors) and gives the file back.
    ///
    /// # Errors
    /// `sms.unwritable`.
    pub fn finish(mut self) -> Result<W, WriteError> {
        let sha256 = self.digest.finish();
        self.out.write_all(&self.lines.trailer(self.answers, sha256.as_ref())?)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// What to do with a value that does not fit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// Refuse it.
    Exact,
    /// Cut it, and write `?` for what can not be written.
    Cut,
}

/// Appends the bytes of `record` with their line end.
fn lay_out<T: Wire>(
    bytes: &mut Vec<u8>,
    form: Form,
    record: &T,
    fit: Fit,
) -> Result<(), WriteError> {
    let from = bytes.len();
    bytes.push(T::MARK);
    record.each(|column, value| {
        let value = value_bytes(column, value, form.charset, fit)?;
        match form.layout {
            Layout::Fixed => put_fixed(bytes, from, (column, &value)),
            Layout::Csv => put_csv(bytes, &value),
        }
        Ok::<_, WriteError>(())
    })?;
    if form.layout == Layout::Fixed {
        bytes.resize(from + RECORD_BYTES, b' ');
    }
    bytes.extend_from_slice(b"\r\n");
    Ok(())
}

/// The value in the file's character set, no longer than its column.
fn value_bytes(
    column: &Column,
    value: &str,
    charset: Charset,
    fit: Fit,
) -> Result<Vec<u8>, WriteError> {
    if fit == Fit::Cut {
        return Ok(cut(column, value, charset));
    }
    let unmappable =
        |character, offset| WriteError::Unmappable { column: column.name, character, offset };
    if let Some((offset, control)) = value.char_indices().find(|(_, each)| each.is_control()) {
        return Err(unmappable(control, offset));
    }
    let length = value.chars().map(width).sum();
    if length > column.length {
        return Err(WriteError::TooLong { column: column.name, length });
    }
    match charset {
        Charset::Utf8 => Ok(value.as_bytes().to_vec()),
        Charset::Cp932 => encode(value).map_err(|error| unmappable(error.character, error.offset)),
    }
}

fn cut(column: &Column, value: &str, charset: Charset) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len().min(column.length));
    let mut length = 0;
    for character in value.chars() {
        let character = if character.is_control() { ' ' } else { character };
        let mut buffer = [0; 4];
        let encoded = match charset {
            Charset::Utf8 => character.encode_utf8(&mut buffer).as_bytes().to_vec(),
            Charset::Cp932 => encode(transliterate(character).encode_utf8(&mut buffer))
                .unwrap_or_else(|_| b"?".to_vec()),
        };
        length += width(character);
        if length > column.length {
            break;
        }
        bytes.extend_from_slice(&encoded);
    }
    bytes
}

fn put_fixed(record: &mut Vec<u8>, from: usize, (column, value): (&Column, &[u8])) {
    // Columns stand in order; what lies between two of them is filler.
    record.resize(from + column.start.saturating_sub(1), b' ');
    let fill = column.length.saturating_sub(value.len());
    match column.alignment {
        Alignment::Zeros if !value.is_empty() => {
            record.extend(std::iter::repeat_n(b'0', fill));
            record.extend_from_slice(value);
        }
        Alignment::Zeros | Alignment::Left => {
            record.extend_from_slice(value);
            record.extend(std::iter::repeat_n(b' ', fill));
        }
    }
}

/// RFC 4180: quotation marks around a value that holds a comma, a quotation mark or a line end.
fn put_csv(record: &mut Vec<u8>, value: &[u8]) {
    record.push(b',');
    if !value.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
        return record.extend_from_slice(value);
    }
    record.push(b'"');
    for byte in value {
        if *byte == b'"' {
            record.push(b'"');
        }
        record.push(*byte);
    }
    record.push(b'"');
}
