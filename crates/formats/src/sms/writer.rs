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
pub struct RequestWriter<W>(Body<W>);

impl<W: Write> RequestWriter<W> {
    /// Writes the header; `header.charset` should be the form's.
    ///
    /// # Errors
    /// `sms.unmappable`, `sms.too_long`, `sms.unwritable`.
    pub fn begin(out: W, form: Form, header: &Header) -> Result<Self, WriteError> {
        Body::begin(out, form, header, Fit::Exact).map(Self)
    }

    /// Writes one line, as it is: the caller numbers the lines.
    ///
    /// # Errors
    /// As [`Self::begin`]; after `sms.unmappable` and `sms.too_long` nothing was written and the
    /// next line may follow.
    pub fn write(&mut self, record: &Record) -> Result<(), WriteError> {
        self.0.write(record, Fit::Exact)?;
        self.0.counts.add(record.operation.as_bytes());
        Ok(())
    }

    /// Writes the trailer and gives the file back.
    ///
    /// # Errors
    /// `sms.unwritable`.
    pub fn finish(self) -> Result<W, WriteError> {
        self.0.finish()
    }
}

/// Writes the answers. Never fails because of a value: what is too long is cut at a character, a
/// message with a character the file can not hold gives way to its code.
pub struct ResultWriter<W>(Body<W>);

impl<W: Write> ResultWriter<W> {
    /// Writes the header in the form of the request.
    ///
    /// # Errors
    /// `sms.unwritable`.
    pub fn begin(out: W, form: Form, header: &Header) -> Result<Self, WriteError> {
        Body::begin(out, form, header, Fit::Cut).map(Self)
    }

    /// Writes one answer.
    ///
    /// # Errors
    /// `sms.unwritable`.
    pub fn write(&mut self, record: &ResultRecord) -> Result<(), WriteError> {
        let unmappable = self.0.form.charset == Charset::Cp932
            && encode_transliterated(&record.message).is_err();
        if unmappable {
            let message = record.code.clone();
            self.0.write(&ResultRecord { message, ..record.clone() }, Fit::Cut)?;
        } else {
            self.0.write(record, Fit::Cut)?;
        }
        let counts = &mut self.0.counts;
        let count = match record.result.as_str() {
            "0" => &mut counts.starts,
            "1" => &mut counts.stops,
            _ => &mut counts.suspensions,
        };
        *count = count.saturating_add(1);
        Ok(())
    }

    /// Writes the trailer (count, OK, warnings, errors) and gives the file back.
    ///
    /// # Errors
    /// `sms.unwritable`.
    pub fn finish(self) -> Result<W, WriteError> {
        self.0.finish()
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

struct Body<W> {
    out: W,
    form: Form,
    digest: Context,
    counts: Counts,
    record: Vec<u8>,
}

impl<W: Write> Body<W> {
    fn begin(out: W, form: Form, header: &Header, fit: Fit) -> Result<Self, WriteError> {
        let digest = Context::new(&SHA256);
        let record = Vec::with_capacity(RECORD_BYTES + 2);
        let mut body = Self { out, form, digest, counts: Counts::default(), record };
        if form.byte_order_mark && form.charset == Charset::Utf8 {
            body.out.write_all(BYTE_ORDER_MARK)?;
        }
        body.lay_out(header, fit)?;
        body.out.write_all(&body.record)?;
        Ok(body)
    }

    fn write<T: Wire>(&mut self, record: &T, fit: Fit) -> Result<(), WriteError> {
        self.lay_out(record, fit)?;
        self.digest.update(&self.record);
        self.out.write_all(&self.record)?;
        Ok(())
    }

    fn finish(mut self) -> Result<W, WriteError> {
        let sha256 = hex::encode(self.digest.clone().finish());
        let trailer = self.counts.trailer(sha256);
        self.lay_out(&trailer, Fit::Exact)?;
        self.out.write_all(&self.record)?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Makes `self.record` the bytes of `record`.
    fn lay_out<T: Wire>(&mut self, record: &T, fit: Fit) -> Result<(), WriteError> {
        let (form, bytes) = (self.form, &mut self.record);
        bytes.clear();
        bytes.push(T::MARK);
        record.each(|column, value| {
            let value = value_bytes(column, value, form.charset, fit)?;
            match form.layout {
                Layout::Fixed => put_fixed(bytes, column, &value),
                Layout::Csv => put_csv(bytes, &value),
            }
            Ok::<_, WriteError>(())
        })?;
        if form.layout == Layout::Fixed {
            bytes.resize(RECORD_BYTES, b' ');
        }
        bytes.extend_from_slice(b"\r\n");
        Ok(())
    }
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

fn put_fixed(record: &mut Vec<u8>, column: &Column, value: &[u8]) {
    // Columns stand in order; what lies between two of them is filler.
    record.resize(column.start.saturating_sub(1), b' ');
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
