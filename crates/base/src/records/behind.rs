//! Written behind: lines that must never slow the act they describe.
//!
//! Lines go into a bounded queue; a thread writes them in batches at least twice a second, so a
//! crash loses at most one second of them. A full queue drops the line and counts it. The thread
//! looks into the queue now and then instead of waiting at it: waking it for every line would cost
//! the act more than the line does.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::kernel::{Actor, Error, Result, Scope, clock};
use crate::store::{Db, Value};

/// Lines waiting at most.
const QUEUE: usize = 65_536;
/// Lines a batch, and the longest a line waits for its batch.
const BATCH: usize = 2_000;
const PATIENCE: Duration = Duration::from_millis(400);
/// How often the thread looks into the queue.
const LOOK: Duration = Duration::from_millis(50);

enum Item {
    Row(Vec<Value>),
    Flush(SyncSender<()>),
}

/// A queue of rows for one INSERT, and the thread that writes them. The thread ends with the queue.
pub struct WriteBehind {
    queue: SyncSender<Item>,
    writer: Thread,
    book: &'static str,
}

impl WriteBehind {
    /// Starts the writer of `book`, whose rows go into `insert` (a plain INSERT).
    ///
    /// # Errors
    /// `internal` when no thread can be started.
    pub fn start(db: Db, book: &'static str, insert: &'static str) -> Result<Self> {
        let (queue, rows) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name(format!("write-{book}"))
            .spawn(move || write_loop(&db, book, insert, &rows))
            .map_err(Error::internal)?;
        Ok(Self { queue, writer: thread.thread().clone(), book })
    }

    /// Hands a row over without waiting; drops and counts it when the queue is full.
    pub fn write(&self, row: Vec<Value>) {
        if self.queue.try_send(Item::Row(row)).is_err() {
            metrics::counter!("aikagi_lines_dropped_total", "book" => self.book).increment(1);
        }
    }

    /// Waits until everything handed over so far is written: at shutdown, in tests, and before a line
    /// just written is read.
    pub fn flush(&self) {
        let (done, written) = sync_channel(1);
        if self.queue.send(Item::Flush(done)).is_ok() {
            self.writer.unpark();
            let _writer_ended = written.recv();
        }
    }
}

fn write_loop(db: &Db, book: &'static str, insert: &'static str, queue: &Receiver<Item>) {
    let mut batch = Vec::new();
    let mut first = Instant::now();
    loop {
        let mut waiting = None;
        match queue.try_recv() {
            Ok(Item::Row(row)) => {
                if batch.is_empty() {
                    first = Instant::now();
                }
                batch.push(row);
                if batch.len() < BATCH {
                    continue;
                }
            }
            Ok(Item::Flush(done)) => waiting = Some(done),
            Err(TryRecvError::Empty) if first.elapsed() < PATIENCE || batch.is_empty() => {
                std::thread::park_timeout(LOOK);
                continue;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => {
                write(db, book, insert, &mut batch);
                return;
            }
        }
        write(db, book, insert, &mut batch);
        if let Some(done) = waiting {
            let _nobody_waits_any_more = done.send(());
        }
    }
}

fn write(db: &Db, book: &'static str, insert: &'static str, batch: &mut Vec<Vec<Value>>) {
    if batch.is_empty() {
        return;
    }
    let rows = Arc::from(std::mem::take(batch));
    write_rows(db, (book, insert), (&rows, 0..rows.len()));
}

/// Writes rows at once. Rows that can not be written are tried in halves, so that a bad one loses only
/// itself; when the database is away, halves would fail alike.
fn write_rows(
    db: &Db,
    (book, insert): (&'static str, &'static str),
    (rows, part): (&Arc<[Vec<Value>]>, Range<usize>),
) {
    let scope = Scope::new(Scope::PLATFORM, Actor::System, clock::now());
    let (all, these) = (Arc::clone(rows), part.clone());
    let written = db.housekeep(&scope, book, move |tx| {
        tx.exec_many(insert, all.get(these.clone()).unwrap_or_default())
    });
    let Err(error) = written else { return };
    let count = part.len();
    if count > 1 && !error.retryable() {
        let middle = part.start + count / 2;
        write_rows(db, (book, insert), (rows, part.start..middle));
        write_rows(db, (book, insert), (rows, middle..part.end));
        return;
    }
    metrics::counter!("aikagi_lines_dropped_total", "book" => book).increment(count as u64);
    tracing::error!(%error, book, count, "lines lost: the book could not be written");
}
