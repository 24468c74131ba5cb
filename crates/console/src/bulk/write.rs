//! From what was sent to the one file that is tried and done: the SMS's own layout, with line numbers and ids of ours.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use base::kernel::{Day, Error, Instant, Result, clock};
use domain::commands::{Op, check_from};
use domain::files::CONSOLE;
use domain::subscribers::{Reason, is_plain};
use formats::sms::{
    Charset, FileFault, Form, Header, Layout, ReadError, Reader, Record, RequestWriter, Scan,
    WriteError, scan,
};

use super::drawer::{Draft, unavailable};

/// Most lines: as many as can be tried.
pub(super) const MOST_LINES: usize = 20_000;
/// Most contract numbers in a list.
const MOST_NUMBERS: usize = 10_000;
/// Most bytes of a list of them.
const LONGEST_LIST: u64 = 512 << 10;
/// How many wrong lines are named.
const NAMED: usize = 20;
/// How the file is written.
pub(super) const FORM: Form = Form::csv(Charset::Utf8);

/// Why nothing was put in, and where.
pub(super) struct Fault {
    pub(super) error: Error,
    /// The places, each by its line.
    pub(super) lines: Vec<(u64, Place)>,
}

/// What is wrong at a line.
pub(super) enum Place {
    /// Of a list: no contract number, or more than one.
    Number,
    /// Not a character, from this byte of the file on.
    Character(u64),
    /// Of a file: the column and the byte.
    Column(&'static str, u64),
    /// The whole file, for this reason.
    Whole(FileFault),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { error, lines: Vec::new() }
    }
}

fn wrong(code: &'static str, lines: Vec<(u64, Place)>) -> Fault {
    Fault { error: Error::invalid(code, "file"), lines }
}

/// What every line of a list asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    pub(super) operation: String,
    pub(super) reason: String,
    pub(super) product: String,
    pub(super) from: String,
    pub(super) reference: String,
}

impl Wish {
    /// What a form asks for.
    ///
    /// # Errors
    /// `request.parameters_malformed`, `hold.reason_unknown`, `date.malformed`, `verb.day_past`, `verb.product_missing`, `field.too_long`
    pub(super) fn of(op: Op, get: impl Fn(&'static str) -> String) -> Result<Self> {
        let mut wish = Self::default();
        let operation = op.number();
        wish.operation = operation
            .ok_or_else(|| Error::invalid("request.parameters_malformed", "verb"))?
            .to_owned();
        if crate::labels::has_reason(op) {
            wish.reason = Reason::parse(&get("reason"), "reason")?.number().to_string();
            wish.reference = get("reference");
        }
        if crate::labels::is_for_key(op) {
            wish.product = get("product");
            if wish.product.is_empty() {
                return Err(Error::invalid("verb.product_missing", "product"));
            }
        }
        let from = get("from");
        if !from.is_empty() {
            let from = Day::parse_iso(&from, "from")?.start();
            check_from(from, clock::now())?;
            wish.from = from.compact_jst();
        }
        Ok(wish)
    }

    fn record(&self, number: &str) -> Record {
        Record {
            operation: self.operation.clone(),
            contract_number: number.to_owned(),
            hold_reason: self.reason.clone(),
            product_code: self.product.clone(),
            effective_at: self.from.clone(),
            note: self.reference.clone(),
            ..Record::default()
        }
    }
}

/// The file in the making: whose it is, and its name, which says when.
pub(super) struct Making<'m> {
    pub(super) operator: &'m str,
    pub(super) now: Instant,
    pub(super) draft: &'m Draft,
}

impl Making<'_> {
    /// The hundredth of a second it is made at, as the name's eight digits.
    fn sequence(&self) -> String {
        let at = self.now.compact_jst();
        let hundredths = self.now.ms().rem_euclid(1000) / 10;
        format!("{}{hundredths:02}", at.get(8..14).unwrap_or_default())
    }

    fn day(&self) -> String {
        self.now.compact_jst().get(..8).unwrap_or_default().to_owned()
    }

    pub(super) fn name(&self) -> String {
        let (day, sequence) = (self.day(), self.sequence());
        format!("{}_{CONSOLE}_{day}_{sequence}_D.csv", self.operator)
    }

    fn header(&self) -> Header {
        Header {
            format: "0100".to_owned(),
            operator: self.operator.to_owned(),
            interface: CONSOLE.to_owned(),
            kind: "D".to_owned(),
            sequence: self.sequence(),
            created_at: self.now.compact_jst(),
            business_date: self.day(),
            charset: Charset::Utf8.name().to_owned(),
            test_flag: "0".to_owned(),
        }
    }

    /// An id no other line has: the day and the hundredth of a second, and the line.
    fn request_id(&self, line: usize) -> String {
        let day = self.day();
        format!("C{}{}{line:05}", day.get(2..).unwrap_or_default(), self.sequence())
    }

    fn begin(&self) -> Result<RequestWriter<BufWriter<File>>> {
        let path = &self.draft.path;
        let file = File::create_new(path).map_err(|error| unavailable(path, &error))?;
        RequestWriter::begin(BufWriter::new(file), FORM, &self.header()).map_err(Error::internal)
    }

    fn number(&self, record: Record, line: usize) -> Record {
        Record { line: format!("{line:08}"), request_id: self.request_id(line), ..record }
    }

    /// Ends the file, and reads it as whoever does it will.
    fn end(&self, writer: RequestWriter<BufWriter<File>>) -> std::result::Result<Scan, Fault> {
        let path = &self.draft.path;
        let mut out = writer.finish().map_err(Error::internal)?;
        let done = out.flush().and_then(|()| out.get_ref().sync_all());
        done.map_err(|error| unavailable(path, &error))?;
        scan(open(path)?, FORM.layout).map_err(|error| Error::internal(error).into())
    }

    /// Makes the file of a list of contract numbers.
    pub(super) fn of_list(&self, bytes: &[u8], wish: &Wish) -> std::result::Result<Scan, Fault> {
        let text = text_of(bytes)?;
        let (mut writer, mut count, mut bad) = (self.begin()?, 0_usize, Vec::new());
        for (at, line) in text.lines().enumerate() {
            // A spreadsheet leaves commas behind for columns that are empty.
            let number = line.trim().trim_end_matches(',').trim();
            if number.is_empty() {
                continue;
            }
            count += 1;
            if count > MOST_NUMBERS {
                return Err(wrong("bulk.too_many", Vec::new()));
            }
            let plain = is_plain(number, 20) && !number.contains([',', '"', '\t', ' ']);
            let record = self.number(wish.record(number), count);
            let written = if plain { writer.write(&record) } else { Ok(()) };
            match written {
                Ok(()) if plain => {}
                Err(error @ WriteError::Io(_)) => return Err(Error::internal(error).into()),
                Err(WriteError::Unmappable { column, .. } | WriteError::TooLong { column, .. })
                    if column != "contract_number" =>
                {
                    return Err(Error::invalid("field.too_long", "reference").into());
                }
                _ => bad.push((u64::try_from(at + 1).unwrap_or(0), Place::Number)),
            }
        }
        if !bad.is_empty() {
            bad.truncate(NAMED);
            return Err(wrong("bulk.lines_wrong", bad));
        }
        if count == 0 {
            return Err(wrong("bulk.empty", Vec::new()));
        }
        self.end(writer)
    }

    /// Makes the file of one in the layout of the SMS: every line as it is, under an id of ours.
    pub(super) fn of_file(&self, sent: &Path) -> std::result::Result<Scan, Fault> {
        let mut first = [0; 4];
        let read = open(sent)?.read(&mut first).map_err(|error| unavailable(sent, &error))?;
        let layout = Layout::of_content(first.get(..read).unwrap_or_default());
        let layout = layout.unwrap_or(Layout::Csv);
        let found = scan(open(sent)?, layout).map_err(|error| unreadable(sent, error))?;
        self.check_header(&found.header)?;
        if usize::try_from(found.lines).unwrap_or(usize::MAX) > MOST_LINES {
            return Err(wrong("bulk.too_many", Vec::new()));
        }
        if found.lines == 0 {
            return Err(wrong("bulk.empty", Vec::new()));
        }
        let (_, reader) =
            Reader::open(open(sent)?, layout).map_err(|error| unreadable(sent, error))?;
        let (mut writer, mut bad) = (self.begin()?, Vec::new());
        for (at, row) in reader.enumerate() {
            let row = row.map_err(|error| unreadable(sent, error))?;
            let written = match row.record {
                Ok(record) => writer.write(&self.number(record, at + 1)),
                Err(fault) => {
                    let place = Place::Column(fault.column, fault.offset);
                    bad.push((u64::from(row.number), place));
                    continue;
                }
            };
            match written {
                Ok(()) => {}
                Err(error @ WriteError::Io(_)) => return Err(Error::internal(error).into()),
                Err(WriteError::Unmappable { column, .. } | WriteError::TooLong { column, .. }) => {
                    bad.push((u64::from(row.number), Place::Column(column, row.offset)));
                }
            }
        }
        if !bad.is_empty() {
            bad.truncate(NAMED);
            return Err(wrong("bulk.lines_wrong", bad));
        }
        self.end(writer)
    }

    /// What is put in is what the station sends every day, of this station, and no test: it is tried anyway.
    fn check_header(&self, header: &Header) -> std::result::Result<(), Fault> {
        let expected = [
            ("operator", header.operator.as_str(), self.operator),
            ("interface", &header.interface, "CT01"),
            ("kind", &header.kind, "D"),
            ("test_flag", if header.test_flag == "1" { "1" } else { "0" }, "0"),
        ];
        match expected.into_iter().find(|(_, said, expected)| said != expected) {
            Some((column, ..)) => {
                Err(wrong("bulk.header_wrong", vec![(1, Place::Column(column, 0))]))
            }
            None => Ok(()),
        }
    }
}

fn open(path: &Path) -> Result<BufReader<File>> {
    File::open(path).map(BufReader::new).map_err(|error| unavailable(path, &error))
}

fn unreadable(path: &Path, error: ReadError) -> Fault {
    match error {
        ReadError::Io(error) => unavailable(path, &error).into(),
        ReadError::Fault(fault) => {
            wrong("bulk.file_wrong", vec![(fault.line, Place::Whole(fault))])
        }
    }
}

/// The bytes of a list that was sent as a file.
///
/// # Errors
/// `bulk.too_many`; `unavailable`
pub(super) fn list_in(path: &Path) -> std::result::Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(LONGEST_LIST + 1).read_to_end(&mut bytes);
    read.map_err(|error| unavailable(path, &error))?;
    if bytes.len() > usize::try_from(LONGEST_LIST).unwrap_or(usize::MAX) {
        return Err(wrong("bulk.too_many", Vec::new()));
    }
    Ok(bytes)
}

/// The text of a list: UTF-8, with or without a byte order mark, or CP932.
fn text_of(bytes: &[u8]) -> std::result::Result<String, Fault> {
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let error = match std::str::from_utf8(plain) {
        Ok(text) => return Ok(text.to_owned()),
        Err(error) => error,
    };
    if plain.len() == bytes.len()
        && let Ok(text) = formats::cp932::decode(bytes)
    {
        return Ok(text.into_owned());
    }
    let offset = error.valid_up_to() + (bytes.len() - plain.len());
    let before = bytes.get(..offset).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let place = Place::Character(u64::try_from(offset).unwrap_or(u64::MAX));
    Err(wrong("bulk.not_text", vec![(u64::try_from(line).unwrap_or(0), place)]))
}
