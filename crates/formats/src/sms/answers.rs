//! Reads a result file of ours back, answer by answer.

use std::io::BufRead;

use super::cells::Cells;
use super::columns::Wire as _;
use super::faults::{FileFault, ReadError};
use super::form::Form;
use super::raw::{Found, RawRecords};
use super::records::ResultRecord;

/// Reads the answers of a result file one by one, holding one in memory. Header and trailer are passed over: we wrote
/// them ourselves.
pub struct ResultReader<R> {
    raw: RawRecords<R>,
    cells: Cells,
    form: Form,
}

impl<R: BufRead> ResultReader<R> {
    /// Reads a result file in the form of its request.
    pub fn new(input: R, form: Form) -> Self {
        Self {
            raw: RawRecords::new(input, form.layout, 0, 0),
            cells: Cells::new(form.layout),
            form,
        }
    }

    fn answer(&mut self) -> Result<Option<ResultRecord>, ReadError> {
        loop {
            if self.raw.advance()? != Found::Record {
                return Ok(None);
            }
            let cut = self.cells.cut(self.raw.content());
            cut.map_err(|(expected, found)| self.fault(expected, found))?;
            if self.cells.mark(self.raw.content()) == [ResultRecord::MARK] {
                let shape = self.cells.has_columns_of::<ResultRecord>();
                shape.map_err(|(expected, found)| self.fault(expected, found))?;
                return Ok(Some(self.cells.read(self.raw.content(), self.form.charset).0));
            }
        }
    }

    fn fault(&self, expected: String, found: String) -> ReadError {
        let (line, offset) = (self.raw.line(), self.raw.offset());
        ReadError::Fault(FileFault { code: "F006", line, offset, column: None, expected, found })
    }
}

impl<R: BufRead> Iterator for ResultReader<R> {
    type Item = Result<ResultRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.answer().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Charset, Header, ResultWriter};
    use super::*;

    #[test]
    fn what_was_answered_is_read_back() {
        for form in [Form::FIXED, Form::csv(Charset::Utf8)] {
            let mut writer = ResultWriter::begin(Vec::new(), form, &Header::default()).unwrap();
            let answer = |line: &str, message: &str| ResultRecord {
                line: line.to_owned(),
                result: "9".to_owned(),
                code: "E301".to_owned(),
                message: message.to_owned(),
                ..ResultRecord::default()
            };
            let told = [answer("00000001", "契約者番号,\"ありません\""), answer("00000002", "")];
            told.iter().for_each(|one| writer.write(one).unwrap());
            let bytes = writer.finish().unwrap();
            let read: Result<Vec<_>, _> = ResultReader::new(bytes.as_slice(), form).collect();
            assert_eq!(read.unwrap(), told);
        }
    }
}
