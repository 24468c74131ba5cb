//! PostgreSQL: a pool of connections; BEGIN travels with the first statement, COMMIT with the last.
//!
//! Source: house.md §8; `briefs/stack.md` (one round trip less each was measured).

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Statement};

use crate::kernel::{Error, Result};

use super::db::Watchers;
use super::postgres_cells::{Column, is_long_list, read_row, references};
use super::sql::{bulk, for_postgres};
use super::tx::Deferred;
use super::{Row, Touched, Value};

/// Most connections of one node.
const POOL: usize = 16;
/// Statements under way at once on one connection.
const PIPELINE: usize = 256;
/// How long a caller waits for a free connection.
const POOL_WAIT: Duration = Duration::from_secs(5);
/// Settings every connection starts with. A transaction can not stay open longer than the
/// audit sealer's lag (`records::seal`), so no row can appear behind a seal. Every statement here
/// has an index to use, and a plan kept from when a table was empty must not become a scan of it.
const GREETING: &str = "SET statement_timeout = '30s'; \
    SET idle_in_transaction_session_timeout = '20s'; SET lock_timeout = '10s'; \
    SET enable_seqscan = off; \
    SET synchronous_commit = on; \
    SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'warning'";

/// Tables of ours that changed by a fifth since they were last counted, quoted.
const GROWN: &str = "SELECT quote_ident(relname) FROM pg_stat_user_tables
    WHERE schemaname = current_schema() AND n_mod_since_analyze > 1000 + n_live_tup / 5";

pub(super) struct Postgres {
    config: Config,
    runtime: Runtime,
    pool: Mutex<Pool>,
    returned: Condvar,
    announcer: tokio::sync::mpsc::UnboundedSender<Touched>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    open: usize,
}

struct Connection {
    client: Client,
    prepared: HashMap<(&'static str, Form), Statement>,
}

/// The same portable text is prepared in up to three forms.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Plain,
    Locked,
    Bulk,
}

impl Postgres {
    pub(super) fn open(url: &str, watchers: Arc<Watchers>) -> Result<Self> {
        let mut config: Config =
            url.parse().map_err(|_| Error::invalid("config.database", "database.url"))?;
        if config.get_application_name().is_none() {
            config.application_name("aikagi");
        }
        config.connect_timeout(Duration::from_secs(5));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres-io")
            .enable_all()
            .build()
            .map_err(Error::internal)?;
        let (announcer, queue) = tokio::sync::mpsc::unbounded_channel();
        let first = runtime.block_on(connect(&config))?;
        runtime.spawn(super::feed::announce(config.clone(), queue));
        runtime.spawn(super::feed::listen(config.clone(), watchers));
        let pool = Mutex::new(Pool { idle: vec![first], open: 1 });
        Ok(Self { config, runtime, pool, returned: Condvar::new(), announcer })
    }

    /// A session on a connection of the pool; nothing is sent before the first statement.
    pub(super) fn session(&self) -> Result<PostgresSession<'_>> {
        let connection = self.take()?;
        let handle = self.runtime.handle().clone();
        let lease = Lease { connection: Some(connection), home: self };
        Ok(PostgresSession { lease, handle, begun: false, rerun: false })
    }

    /// Has the server count again in the tables that grew much since it last did. It would do so
    /// by itself within minutes; until then it plans for the tables it knew.
    pub(super) fn analyze(&self) -> Result<()> {
        let mut session = self.session()?;
        let grown = session.query(GROWN, &[], false)?;
        for mut row in grown {
            session.batch(&format!("ANALYZE {}", row.text()?))?;
        }
        session.finish(&[], "COMMIT")
    }

    /// Tells other nodes; this node's caches were told at the commit.
    pub(super) fn tell_others(&self, touched: &[Touched]) {
        for one in touched {
            let _shutting_down = self.announcer.send(one.clone());
        }
    }

    fn take(&self) -> Result<Connection> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            while let Some(connection) = pool.idle.pop() {
                if !connection.client.is_closed() {
                    return Ok(connection);
                }
                pool.open -= 1;
            }
            if pool.open < POOL {
                pool.open += 1;
                drop(pool);
                return self.runtime.block_on(connect(&self.config)).inspect_err(|_| {
                    self.pool.lock().unwrap_or_else(PoisonError::into_inner).open -= 1;
                });
            }
            let (guard, waited) =
                self.returned.wait_timeout(pool, POOL_WAIT).unwrap_or_else(PoisonError::into_inner);
            pool = guard;
            if waited.timed_out() {
                return Err(Error::unavailable("database", "no free connection"));
            }
        }
    }
}

/// Opens a connection; its driver ends with it.
async fn connect(config: &Config) -> Result<Connection> {
    let (client, driver) = config.connect(NoTls).await.map_err(|error| failed(&error))?;
    tokio::spawn(driver);
    client.batch_execute(GREETING).await.map_err(|error| failed(&error))?;
    Ok(Connection { client, prepared: HashMap::new() })
}

/// Brings the connection home; one that died, or was left in the middle, is closed instead.
struct Lease<'p> {
    connection: Option<Connection>,
    home: &'p Postgres,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut pool = self.home.pool.lock().unwrap_or_else(PoisonError::into_inner);
        match self.connection.take() {
            Some(connection) if !connection.client.is_closed() => pool.idle.push(connection),
            _ => pool.open -= 1,
        }
        self.home.returned.notify_one();
    }
}

/// One caller's transaction on one connection.
pub(super) struct PostgresSession<'p> {
    lease: Lease<'p>,
    handle: Handle,
    begun: bool,
    rerun: bool,
}

impl PostgresSession<'_> {
    fn connection(&mut self) -> Result<&mut Connection> {
        self.lease.connection.as_mut().ok_or_else(|| Error::internal("connection given back"))
    }

    /// Whether the failure seen is one that a new try of the same work may not meet.
    pub(super) const fn should_rerun(&self) -> bool {
        self.rerun
    }

    fn note(&mut self, error: &tokio_postgres::Error) -> Error {
        let state = error.code();
        self.rerun = state == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
            || state == Some(&SqlState::T_R_DEADLOCK_DETECTED)
            || state == Some(&SqlState::UNIQUE_VIOLATION);
        failed(error)
    }

    pub(super) fn query(
        &mut self,
        sql: &'static str,
        values: &[Value],
        lock: bool,
    ) -> Result<Vec<Row>> {
        let form = if lock { Form::Locked } else { Form::Plain };
        let statement = if values.iter().any(is_long_list) {
            self.prepare_once(sql, form)?
        } else {
            self.prepare(sql, form)?
        };
        let begin = !std::mem::replace(&mut self.begun, true);
        let handle = self.handle.clone();
        let connection = self.connection()?;
        let parameters = references(values);
        let answer = handle.block_on(async {
            let query = connection.client.query(&statement, &parameters);
            if !begin {
                return query.await;
            }
            let (began, rows) =
                tokio::join!(biased; connection.client.batch_execute("BEGIN"), query);
            began.and(rows)
        });
        let rows = answer.map_err(|error| self.note(&error))?;
        rows.iter().map(read_row).collect()
    }

    pub(super) fn exec(&mut self, sql: &'static str, values: &[Value]) -> Result<u64> {
        let statement = self.prepare(sql, Form::Plain)?;
        self.execute(&statement, &references(values))
    }

    fn execute(&mut self, statement: &Statement, values: &[&(dyn ToSql + Sync)]) -> Result<u64> {
        let begin = !std::mem::replace(&mut self.begun, true);
        let handle = self.handle.clone();
        let connection = self.connection()?;
        let answer = handle.block_on(async {
            let run = connection.client.execute(statement, values);
            if !begin {
                return run.await;
            }
            let (began, changed) =
                tokio::join!(biased; connection.client.batch_execute("BEGIN"), run);
            began.and(changed)
        });
        answer.map_err(|error| self.note(&error))
    }

    pub(super) fn exec_many(&mut self, sql: &'static str, rows: &[Vec<Value>]) -> Result<u64> {
        if let [only] = rows {
            return self.exec(sql, only);
        }
        let single = self.prepare(sql, Form::Plain)?;
        let types: Vec<&str> = single.params().iter().map(Type::name).collect();
        if bulk(sql, &types).is_none() {
            return self.execute_each(&single, rows);
        }
        let statement = self.prepare_bulk(sql, &types)?;
        let columns = columns(rows, types.len());
        let values: Vec<&(dyn ToSql + Sync)> =
            columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect();
        self.execute(&statement, &values)
    }

    /// Runs a statement for each row; the rows travel without waiting for each other's answers.
    fn execute_each(&mut self, statement: &Statement, rows: &[Vec<Value>]) -> Result<u64> {
        let mut changed = 0;
        let (first, rest) = rows.split_at(rows.len().min(1));
        for row in first {
            changed += self.execute(statement, &references(row))?;
        }
        for window in rest.chunks(PIPELINE) {
            let handle = self.handle.clone();
            let connection = self.connection()?;
            let parameters: Vec<_> = window.iter().map(|row| references(row)).collect();
            let running = parameters.iter().map(|row| connection.client.execute(statement, row));
            let answers = handle.block_on(futures_util::future::join_all(running));
            for answer in answers {
                changed += answer.map_err(|error| self.note(&error))?;
            }
        }
        Ok(changed)
    }

    fn prepare(&mut self, sql: &'static str, form: Form) -> Result<Statement> {
        if let Some(known) = self.connection()?.prepared.get(&(sql, form)) {
            return Ok(known.clone());
        }
        self.prepare_text(sql, form, &text_of(sql, form))
    }

    /// A statement planned for this execution only. The plan PostgreSQL keeps for a list of unknown
    /// length, made when the table was small, reads all of the operator's rows: a first import of a
    /// million lines grew slower with every chunk (measured: 980 against 9 000 lines a second).
    fn prepare_once(&mut self, sql: &'static str, form: Form) -> Result<Statement> {
        let handle = self.handle.clone();
        let connection = self.connection()?;
        let prepared = handle.block_on(connection.client.prepare(&text_of(sql, form)));
        prepared.map_err(|error| self.note(&error))
    }

    fn prepare_bulk(&mut self, sql: &'static str, types: &[&str]) -> Result<Statement> {
        if let Some(known) = self.connection()?.prepared.get(&(sql, Form::Bulk)) {
            return Ok(known.clone());
        }
        let text = bulk(sql, types)
            .ok_or_else(|| Error::internal("this statement is for one row at a time"))?;
        self.prepare_text(sql, Form::Bulk, &text)
    }

    fn prepare_text(&mut self, sql: &'static str, form: Form, text: &str) -> Result<Statement> {
        let handle = self.handle.clone();
        let connection = self.connection()?;
        let statement =
            handle.block_on(connection.client.prepare(text)).map_err(|error| self.note(&error))?;
        self.connection()?.prepared.insert((sql, form), statement.clone());
        Ok(statement)
    }

    /// Runs text that is not a prepared statement: migrations.
    pub(super) fn batch(&mut self, text: &str) -> Result<()> {
        let begin = if std::mem::replace(&mut self.begun, true) { "" } else { "BEGIN;" };
        let handle = self.handle.clone();
        let connection = self.connection()?;
        let whole = format!("{begin}{text}");
        handle.block_on(connection.client.batch_execute(&whole)).map_err(|error| self.note(&error))
    }

    /// Sends the last inserts and `word` behind them, without waiting in between: COMMIT after a
    /// statement that failed is a rollback, and the statement's error is the answer.
    pub(super) fn finish(&mut self, inserts: &[Deferred], word: &'static str) -> Result<()> {
        if inserts.is_empty() && !self.begun {
            return Ok(());
        }
        let prepared =
            inserts.iter().map(|one| self.prepare_insert(one)).collect::<Result<Vec<_>>>()?;
        let lists: Vec<Vec<Column<'_>>> = inserts
            .iter()
            .zip(&prepared)
            .map(|(one, statement)| columns(&one.rows, statement.params().len()))
            .collect();
        let values: Vec<Vec<&(dyn ToSql + Sync)>> = inserts
            .iter()
            .zip(&lists)
            .map(|(one, list)| match one.rows.as_slice() {
                [only] => references(only),
                _ => list.iter().map(|column| column as &(dyn ToSql + Sync)).collect(),
            })
            .collect();
        let begin = !std::mem::replace(&mut self.begun, false);
        let handle = self.handle.clone();
        let client = &self.connection()?.client;
        let answer = handle.block_on(async {
            let begun = async { if begin { client.batch_execute("BEGIN").await } else { Ok(()) } };
            let sent = prepared.iter().zip(&values).map(|(one, row)| client.execute(one, row));
            let (begun, sent, ended) = tokio::join!(biased;
                begun, futures_util::future::join_all(sent), client.batch_execute(word));
            begun?;
            sent.into_iter().find_map(std::result::Result::err).map_or(ended, Err)
        });
        answer.map_err(|error| self.note(&error))
    }

    /// The statement for a group of inserts: one row as it is, several as one bulk insert.
    fn prepare_insert(&mut self, group: &Deferred) -> Result<Statement> {
        let single = self.prepare(group.sql, Form::Plain)?;
        if group.rows.len() == 1 {
            return Ok(single);
        }
        let types: Vec<&str> = single.params().iter().map(Type::name).collect();
        self.prepare_bulk(group.sql, &types)
    }
}

impl Drop for PostgresSession<'_> {
    fn drop(&mut self) {
        // A panic in the middle: the transaction must not go home with the connection.
        if self.begun && self.finish(&[], "ROLLBACK").is_err() {
            drop(self.lease.connection.take());
        }
    }
}

fn columns(rows: &[Vec<Value>], count: usize) -> Vec<Column<'_>> {
    (0..count).map(|at| Column { rows, at }).collect()
}

fn text_of(sql: &str, form: Form) -> String {
    let mut text = for_postgres(sql);
    if form == Form::Locked {
        text.push_str(" FOR UPDATE");
    }
    text
}

/// Sorts PostgreSQL's errors by what the caller can do. Only the state and the message text go to
/// the log, never the detail line: it quotes keys, and keys may be personal data.
pub(super) fn failed(error: &tokio_postgres::Error) -> Error {
    let Some(db) = error.as_db_error() else {
        return Error::unavailable("database", error);
    };
    let class = db.code().code().get(..2).unwrap_or_default();
    let said = format!("postgres {}: {}", db.code().code(), db.message());
    match class {
        "23" => Error::Conflict { code: "store.duplicate" },
        "40" | "08" | "53" | "55" | "57" => Error::unavailable("database", said),
        _ => Error::internal(said),
    }
}

/// The driver's notices that are notifications, for the feed.
pub(super) fn notification(message: &AsyncMessage) -> Option<&str> {
    match message {
        AsyncMessage::Notification(notification) => Some(notification.payload()),
        _ => None,
    }
}
