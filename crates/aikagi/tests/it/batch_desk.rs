//! A station's directory of SMS files for stories: put a file in, let the door work, read the answer.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base::kernel::{Actor, clock};
use base::records::{LinkageLine, WriteBehind};
use base::store::Db;
use domain::files::{self, File, FileState};
use domain::operators::{self, Role, StaffDraft};
use formats::sms::{Charset, FileName, Form, Header, Record, RequestWriter};
use linkage::sms::batch::{Batch, Polled, Timing};

use crate::world::{KITA, World};

/// A directory, and the door that watches it.
pub struct Desk {
    pub root: PathBuf,
    pub batch: Batch,
    /// What the door writes behind.
    pub book: Arc<WriteBehind>,
}

impl Desk {
    /// The directory of the northern operator in `world`.
    pub fn new(world: &World) -> Self {
        // The door reads the real clock; what it does in the next minute lies in the past here.
        world.pass(world.now().seconds_until(clock::now()) + 60);
        Self::on(world.db.clone(), world.dir.path().join("sms").join(KITA), "node-1")
    }

    /// A door of the node `node` on `root`.
    pub fn on(db: Db, root: PathBuf, node: &str) -> Self {
        fs::create_dir_all(root.join("in")).unwrap();
        let book = WriteBehind::start(db.clone(), "linkage_log", LinkageLine::INSERT).unwrap();
        let book = Arc::new(book);
        let batch = Batch::new(db, Arc::clone(&book), node).timed(quick());
        Self { root, batch, book }
    }

    /// Puts a file into `in`, and its end marker.
    pub fn put(&self, name: &str, content: &[u8]) {
        fs::write(self.root.join("in").join(name), content).unwrap();
        fs::write(self.root.join("in").join(format!("{name}.end")), "").unwrap();
    }

    /// Lets the door work until there is nothing to do.
    pub fn work(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.batch.poll(KITA, &self.root).unwrap() != Polled::Idle {
            assert!(Instant::now() < deadline, "the door does not come to an end");
        }
    }

    /// Lets the door work, with its pauses after failures, until `name` is answered.
    pub fn work_until(&self, name: &str) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !self.is_answered(name) {
            assert!(Instant::now() < deadline, "{name} is not answered");
            if self.batch.poll(KITA, &self.root) != Ok(Polled::More) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Lets the door work, a chunk a call, until so many lines of `name` are done.
    pub fn stop_after(&self, world: &World, name: &str, enough: impl Fn(i64) -> bool) {
        let root = self.root.clone();
        let hasty = Self::on(world.db.clone(), root, "node-1").hasty();
        while row_if_any(world, name).is_none_or(|file| !enough(file.lines_done)) {
            assert_ne!(hasty.batch.poll(KITA, &hasty.root), Ok(Polled::Idle), "nothing left");
        }
    }

    /// A door that hands back after every chunk.
    pub fn hasty(self) -> Self {
        let timing = Timing { slice: Duration::from_nanos(1), ..quick() };
        Self { batch: self.batch.timed(timing), ..self }
    }

    /// Puts a file in, lets the door work, and reads the answer.
    pub fn send(&self, name: &str, content: &[u8]) -> Vec<Answer> {
        self.put(name, content);
        self.work();
        self.answers(name)
    }

    /// The result file that answers `name`.
    pub fn result(&self, name: &str) -> Vec<u8> {
        let name =
            FileName::parse(name).map_or(format!("{name}_R.csv"), |n| n.result().to_string());
        fs::read(self.root.join("out").join(name)).unwrap()
    }

    /// Whether `name` was answered.
    pub fn is_answered(&self, name: &str) -> bool {
        self.root.join("out").join(FileName::parse(name).unwrap().result().to_string()).exists()
    }

    /// The answers to the lines of `name`.
    pub fn answers(&self, name: &str) -> Vec<Answer> {
        answers(&self.result(name), name.ends_with("dat"))
    }

    pub fn lies_in(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(directory)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.') && name != "done");
        names.sort();
        names
    }
}

/// Patience for stories.
pub fn quick() -> Timing {
    Timing {
        chunk: 500,
        settle: Duration::from_millis(300),
        lease: Duration::from_secs(2),
        slice: Duration::from_millis(200),
        chores: Duration::from_secs(60),
        big: 16 << 20,
    }
}

/// One line of a result file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub line: String,
    pub request_id: String,
    pub result: String,
    pub code: String,
    pub state: String,
    pub version: String,
    pub message: String,
}

impl Answer {
    pub fn short(&self) -> (&str, &str) {
        (&self.result, &self.code)
    }
}

/// Reads a result file as a station's program would: by positions, or by commas.
pub fn answers(bytes: &[u8], fixed: bool) -> Vec<Answer> {
    let text = String::from_utf8(bytes.to_vec());
    let text = text.or_else(|_| formats::cp932::decode(bytes).map(|t| t.into_owned())).unwrap();
    let lines = text.lines().filter(|line| line.starts_with('R'));
    let trailer = text.lines().last().unwrap();
    assert!(trailer.starts_with('T'), "a result file is whole");
    if fixed {
        let cut = |line: &str, from: usize, length: usize| -> String {
            line.chars().skip(from - 1).take(length).collect::<String>().trim().to_owned()
        };
        return lines
            .map(|line| Answer {
                line: cut(line, 2, 8),
                request_id: cut(line, 10, 20),
                result: cut(line, 58, 1),
                code: cut(line, 59, 4),
                state: cut(line, 77, 1),
                version: cut(line, 78, 10),
                message: cut(line, 88, 60),
            })
            .collect();
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let rows = reader.records().map(Result::unwrap).filter(|row| &row[0] == "R");
    rows.map(|row| Answer {
        line: row[1].to_owned(),
        request_id: row[2].to_owned(),
        result: row[7].to_owned(),
        code: row[8].to_owned(),
        state: row[10].to_owned(),
        version: row[11].to_owned(),
        message: row[12].to_owned(),
    })
    .collect()
}

/// CSV in UTF-8.
pub const CSV: Form = Form::csv(Charset::Utf8);

/// The name of delta file number `sequence`.
pub fn name(sequence: u32, form: Form) -> String {
    format!("{KITA}_CT01_20261120_{sequence:08}_D.{}", form.layout.extension())
}

/// The header of delta file number `sequence`.
pub fn header(sequence: u32, form: Form) -> Header {
    Header {
        format: "0100".into(),
        operator: KITA.into(),
        interface: "CT01".into(),
        kind: "D".into(),
        sequence: format!("{sequence:08}"),
        created_at: "20261120113000".into(),
        business_date: "20261120".into(),
        charset: form.charset.name().into(),
        test_flag: "0".into(),
    }
}

/// A file with this header and these lines, numbered.
pub fn file(form: Form, header: &Header, lines: &[Record]) -> Vec<u8> {
    let mut writer = RequestWriter::begin(Vec::new(), form, header).unwrap();
    for (at, record) in lines.iter().enumerate() {
        let line = format!("{:08}", at + 1);
        writer.write(&Record { line, ..record.clone() }).unwrap();
    }
    writer.finish().unwrap()
}

/// Delta file number `sequence` in CSV.
pub fn csv(sequence: u32, lines: &[Record]) -> (String, Vec<u8>) {
    (name(sequence, CSV), file(CSV, &header(sequence, CSV), lines))
}

/// A line with request id `request`.
pub fn line(request: &str, operation: &str, number: &str) -> Record {
    Record {
        request_id: request.into(),
        operation: operation.into(),
        contract_number: number.into(),
        hold_reason: if operation == "103" { "10".into() } else { String::new() },
        ..Record::default()
    }
}

/// `count` starts of contracts `{prefix}00001`…
pub fn starts(prefix: &str, count: usize) -> Vec<Record> {
    (1..=count)
        .map(|n| Record {
            name_kana: "ﾀｶﾊｼ ﾊﾅｺ".into(),
            note: "髙橋㈱".into(),
            ..line(&format!("{prefix}-s-{n:05}"), "101", &format!("{prefix}{n:05}"))
        })
        .collect()
}

/// `count` lines of `operation` for contracts `{prefix}00001`…
pub fn each(prefix: &str, operation: &str, count: usize) -> Vec<Record> {
    (1..=count)
        .map(|n| {
            let request = format!("{prefix}-{operation}-{n:05}");
            line(&request, operation, &format!("{prefix}{n:05}"))
        })
        .collect()
}

/// What the books say of a file.
pub fn row(world: &World, name: &str) -> File {
    let name = name.to_owned();
    world.look(move |tx| files::find(tx, &name)).unwrap()
}

pub fn row_if_any(world: &World, name: &str) -> Option<File> {
    let name = name.to_owned();
    world.look(move |tx| files::find(tx, &name)).ok()
}

pub fn state(world: &World, name: &str) -> FileState {
    row(world, name).state
}

/// Staff of the northern operator who may decide about files.
pub fn given_staff(world: &World, id: &'static str, role: Role) {
    world
        .act(Actor::System, move |tx| {
            let draft = StaffDraft { name: "佐藤".to_owned(), roles: vec![role], enabled: true };
            operators::put_staff(tx, id, &draft)
        })
        .unwrap();
}

/// What is written into the log by this thread meanwhile.
pub fn logged(work: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    let bytes = log.0.lock().unwrap();
    String::from_utf8(bytes.clone()).unwrap()
}
