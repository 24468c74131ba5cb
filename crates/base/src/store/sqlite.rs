//! SQLite: a pool of readers, and one writer thread that commits many callers' work with one fsync.
//!
//! Each caller's work runs in a SAVEPOINT of its own; callers are answered only after the commit
//! of the whole group. Measured before the choice: 20–40 × the commits of one fsync each
//! (`docs/decisions/0002`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel,
};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value as Cell, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

use crate::kernel::{Error, Result};

use super::db::Watchers;
use super::sql::for_sqlite;
use super::{Row, Touched, Value};

/// Most callers that share one commit, and the longest a commit waits for more of them.
const GROUP: usize = 512;
const GROUP_TIME: Duration = Duration::from_millis(8);
/// How often the writer looks whether another process wrote into the same file.
const FOREIGN_CHECK: Duration = Duration::from_millis(200);
/// Callers that may wait for the writer before new ones are told to come back later.
const QUEUE: usize = 8192;

/// Called once the group's commit is known; announces and answers.
pub(super) type Finish = Box<dyn FnOnce(std::result::Result<(), Error>) + Send>;
/// One caller's work.
pub(super) type Job = Box<dyn FnOnce(&Connection) -> Finish + Send>;

pub(super) struct Sqlite {
    readers: Mutex<Vec<Connection>>,
    returned: Condvar,
    writer: SyncSender<Job>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, relaxed: bool, watchers: Arc<Watchers>) -> Result<Self> {
        let writer = connect(path, relaxed)?;
        let count = std::thread::available_parallelism().map_or(4, |n| n.get() * 2).max(4);
        let readers = (0..count).map(|_| connect(path, relaxed)).collect::<Result<Vec<_>>>()?;
        for reader in &readers {
            reader.pragma_update(None, "query_only", true).map_err(failed)?;
        }
        let (sender, queue) = sync_channel(QUEUE);
        // Read before anybody may write: what another process writes from now on is noticed.
        let seen = data_version(&writer);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_loop((&writer, seen), &queue, &watchers))
            .map_err(Error::internal)?;
        Ok(Self { readers: Mutex::new(readers), returned: Condvar::new(), writer: sender })
    }

    /// Hands work to the writer thread.
    pub(super) fn submit(&self, job: Job) -> Result<()> {
        self.writer.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::unavailable("database", "the writer's queue is full"),
            TrySendError::Disconnected(_) => Error::unavailable("database", "the writer ended"),
        })
    }

    /// Runs `work` on a reader, in one snapshot.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut pool = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = loop {
            match pool.pop() {
                Some(connection) => break connection,
                None => pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(pool);
        let result = run_snapshot(&connection, work);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        self.returned.notify_one();
        result
    }
}

fn run_snapshot<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    run_cached(connection, "BEGIN")?;
    let result = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_| Err(Error::internal("a reading transaction panicked")));
    run_cached(connection, "ROLLBACK")?;
    result
}

fn connect(path: &Path, relaxed: bool) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed)?;
    let set = |name: &str, value: &str| connection.pragma_update(None, name, value).map_err(failed);
    connection.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
    // Without it a statement is compiled anew for other values wherever a partial index exists.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    set("journal_mode", "WAL")?;
    set("synchronous", if relaxed { "OFF" } else { "FULL" })?;
    // Each caller's savepoint keeps the pages it changes; in memory they need no file.
    set("temp_store", "MEMORY")?;
    set("foreign_keys", "ON")?;
    set("cache_size", "-8192")?;
    connection.set_prepared_statement_cache_capacity(256);
    rusqlite::vtab::array::load_module(&connection).map_err(failed)?;
    Ok(connection)
}

fn write_loop(
    (connection, mut seen): (&Connection, i64),
    queue: &Receiver<Job>,
    watchers: &Watchers,
) {
    let mut checked = Instant::now();
    let mut rhythm = Rhythm::default();
    loop {
        let first = match queue.recv_timeout(FOREIGN_CHECK) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if checked.elapsed() >= FOREIGN_CHECK || first.is_none() {
            checked = Instant::now();
            let version = data_version(connection);
            // data_version moves only when another connection wrote, and ours is the only
            // writing one of this process: another process changed facts under our caches.
            if version != seen {
                seen = version;
                watchers.announce(&[Touched::everything()]);
            }
        }
        if let Some(first) = first {
            write_group(connection, first, queue, &mut rhythm);
        }
    }
}

fn data_version(connection: &Connection) -> i64 {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).unwrap_or(-1)
}

/// What the last commit tells about the next: callers who were answered together mostly come back
/// together, and waiting for them pays as long as it takes less than the commit it saves.
#[derive(Default)]
struct Rhythm {
    callers: usize,
    commit: Duration,
}

impl Rhythm {
    /// The next caller's work, when somebody waits or is about to come.
    fn next(&self, queue: &Receiver<Job>, waiting: usize, started: Instant) -> Option<Job> {
        if waiting >= GROUP || started.elapsed() >= GROUP_TIME {
            return None;
        }
        match queue.try_recv() {
            Err(TryRecvError::Empty) if waiting < self.callers => {
                queue.recv_timeout(self.commit.min(GROUP_TIME)).ok()
            }
            tried => tried.ok(),
        }
    }
}

fn write_group(connection: &Connection, first: Job, queue: &Receiver<Job>, rhythm: &mut Rhythm) {
    if let Err(error) = run_cached(connection, "BEGIN IMMEDIATE") {
        // Run outside any transaction the job fails on its first statement check below.
        return refuse(connection, first, &error);
    }
    let started = Instant::now();
    let mut waiting = vec![first(connection)];
    while !connection.is_autocommit() {
        match rhythm.next(queue, waiting.len(), started) {
            Some(job) => waiting.push(job(connection)),
            None => break,
        }
    }
    let committing = Instant::now();
    let outcome = if connection.is_autocommit() {
        // SQLite rolled the whole group back by itself (disk full, I/O error).
        Err(Error::unavailable("database", "SQLite gave the transaction up (disk full?)"))
    } else {
        run_cached(connection, "COMMIT")
    };
    if outcome.is_err() && !connection.is_autocommit() {
        let _already_refused = run_cached(connection, "ROLLBACK");
    }
    *rhythm = Rhythm { callers: waiting.len(), commit: committing.elapsed() };
    metrics::histogram!("aikagi_commit_group").record(u32::try_from(waiting.len()).unwrap_or(0));
    for finish in waiting {
        finish(outcome.clone());
    }
}

/// Answers a job whose group could not begin: it runs in a transaction that is rolled back.
fn refuse(connection: &Connection, job: Job, error: &Error) {
    if run_cached(connection, "BEGIN").is_ok() {
        let finish = job(connection);
        let _nothing_to_keep = run_cached(connection, "ROLLBACK");
        finish(Err(error.clone()));
    }
}

pub(super) fn run_cached(connection: &Connection, sql: &str) -> Result<()> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    statement.execute([]).map(|_| ()).map_err(failed)
}

/// One caller's view of a connection.
pub(super) struct SqliteSession<'c> {
    pub(super) connection: &'c Connection,
}

impl SqliteSession<'_> {
    pub(super) fn query(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>> {
        let mut statement = self.prepare(sql)?;
        let width = statement.column_count();
        let parameters = rusqlite::params_from_iter(values);
        let mut rows = statement.query(parameters).map_err(failed)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let cells = (0..width)
                .map(|at| row.get_ref(at).map_err(failed).and_then(cell))
                .collect::<Result<Vec<_>>>()?;
            found.push(Row::new(cells));
        }
        Ok(found)
    }

    pub(super) fn exec(&self, sql: &'static str, values: &[Value]) -> Result<u64> {
        let changed = self.prepare(sql)?.execute(rusqlite::params_from_iter(values));
        Ok(changed.map_err(failed)? as u64)
    }

    pub(super) fn exec_many(&self, sql: &'static str, rows: &[Vec<Value>]) -> Result<u64> {
        let mut statement = self.prepare(sql)?;
        let mut changed = 0;
        for row in rows {
            changed += statement.execute(rusqlite::params_from_iter(row)).map_err(failed)? as u64;
        }
        Ok(changed)
    }

    /// Runs text that is not a prepared statement: migrations.
    pub(super) fn batch(&self, text: &str) -> Result<()> {
        self.connection.execute_batch(text).map_err(failed)
    }

    fn prepare(&self, sql: &'static str) -> Result<rusqlite::CachedStatement<'_>> {
        if sql.contains(" IN ARRAY(") {
            return self.connection.prepare_cached(&for_sqlite(sql)).map_err(failed);
        }
        self.connection.prepare_cached(sql).map_err(failed)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Texts(list) => array(list.iter().cloned().map(Cell::Text).collect()),
            Self::Ints(list) => array(list.iter().copied().map(Cell::Integer).collect()),
        })
    }
}

/// A list, in the shape `rarray(?n)` reads.
fn array(list: Vec<Cell>) -> ToSqlOutput<'static> {
    ToSqlOutput::from_rc(Rc::new(list), c"rarray")
}

fn cell(found: ValueRef<'_>) -> Result<Value> {
    Ok(match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(bytes) => {
            Value::Text(String::from_utf8(bytes.to_vec()).map_err(Error::internal)?)
        }
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(Error::internal("a REAL in the database")),
    })
}

/// Sorts SQLite's errors by what the caller can do.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => {
            tracing::debug!(%error, "constraint");
            Error::Conflict { code: "store.duplicate" }
        }
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly,
        ) => Error::unavailable("database", error),
        _ => Error::internal(format!("sqlite: {error}")),
    }
}
