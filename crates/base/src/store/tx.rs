//! One transaction: statements, what they wrote, what was recorded, what they touched.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rand::RngExt as _;

use crate::kernel::{Actor, Error, Instant, Result, Scope};

use super::facts::Facts;
use super::postgres::PostgresSession;
use super::sqlite::SqliteSession;
use super::value::check_texts;
use super::{Row, Touched, Value};

/// Counts this process's transactions, for ids that sort.
static SERIAL: AtomicU32 = AtomicU32::new(0);

/// The engine a transaction runs on.
pub(super) enum Engine<'c> {
    Sqlite(SqliteSession<'c>),
    Postgres(Box<PostgresSession<'c>>),
}

/// Inserts of one statement, kept until the commit.
pub(super) struct Deferred {
    pub(super) sql: &'static str,
    pub(super) rows: Vec<Vec<Value>>,
}

/// A transaction in the making. Knows who asks, for which operator, at what instant.
///
/// Statements are `&'static str`: no SQL text is ever put together at run time.
pub struct Tx<'c> {
    scope: &'c Scope,
    engine: Engine<'c>,
    facts: &'c Facts,
    facts_generation: u64,
    attempt: u32,
    cause: Option<String>,
    deferred: Vec<Deferred>,
    touched: Vec<Touched>,
    serial: u32,
    sequence: u16,
    wrote: u64,
    recorded: u64,
    statements: u64,
    /// Those of them that read what memory keeps afterwards.
    to_remember: u64,
}

impl<'c> Tx<'c> {
    pub(super) fn new(scope: &'c Scope, engine: Engine<'c>, facts: &'c Facts) -> Self {
        Self {
            scope,
            engine,
            facts,
            facts_generation: facts.generation(),
            attempt: 1,
            cause: None,
            deferred: Vec::new(),
            touched: Vec::new(),
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            sequence: 0,
            wrote: 0,
            recorded: 0,
            statements: 0,
            to_remember: 0,
        }
    }

    /// The operator's code.
    #[must_use]
    pub fn operator(&self) -> &str {
        self.scope.operator()
    }

    /// The instant everything here happens at.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.scope.now()
    }

    /// Who asks.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        self.scope.actor()
    }

    /// The file line or call behind what is written now.
    #[must_use]
    pub fn cause(&self) -> &str {
        self.cause.as_deref().unwrap_or_else(|| self.scope.cause())
    }

    /// Says that what follows is done because of `cause`: for callers who share a transaction.
    pub fn go_on_because_of(&mut self, cause: &str) {
        self.cause = Some(cause.to_owned());
    }

    /// The scope this transaction was opened with.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        self.scope
    }

    /// A new id with `prefix`. Ids of one node sort in the order they were asked for, also inside
    /// a millisecond: by transaction, then by order inside it.
    pub fn next_id(&mut self, prefix: &str) -> String {
        self.sequence = self.sequence.wrapping_add(1);
        let ms = u64::try_from(self.now().ms()).unwrap_or(0);
        let order = (u128::from(self.serial) << 16) | u128::from(self.sequence);
        let tail = (order << 32) | u128::from(rand::rng().random::<u32>());
        format!("{prefix}_{}", ulid::Ulid::from_parts(ms, tail))
    }

    pub(super) const fn attempt_number(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// 1 on the first run of the work, more when it is run again after losing against another
    /// transaction: then it should look for what the other one wrote.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// A rarely changing fact of the operator, read by `load` when it is not in memory. `T` names
    /// it. A transaction that touched the operator's facts itself always reads.
    ///
    /// # Errors
    /// Whatever `load` refuses.
    pub fn operator_fact<T: Any + Send + Sync>(
        &mut self,
        load: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<Arc<T>> {
        let own = self.touched.iter().any(|one| one.key.is_none());
        if own {
            return load(self).map(Arc::new);
        }
        if let Some(known) = self.facts.find::<T>(self.scope.operator()) {
            return Ok(known);
        }
        let before = self.statements;
        let fact = Arc::new(load(self)?);
        self.to_remember += self.statements - before;
        self.facts.keep(self.scope.operator(), Arc::clone(&fact), self.facts_generation);
        Ok(fact)
    }

    /// How many statements were sent so far; deferred inserts count when they are sent.
    #[must_use]
    pub const fn statements(&self) -> u64 {
        self.statements
    }

    /// How many of them read what memory keeps afterwards: not every transaction like this one sends them.
    #[must_use]
    pub const fn statements_to_remember(&self) -> u64 {
        self.to_remember
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// `unavailable` or `internal` when the database fails; whatever `read` refuses.
    pub fn rows<T>(
        &mut self,
        sql: &'static str,
        values: &[Value],
        read: impl Fn(&mut Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let rows = self.query(sql, values, false)?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }

    /// All rows of a query, locked until the commit (PostgreSQL: `FOR UPDATE`; SQLite: a writing
    /// transaction is the only one anyway). `sql` must be a SELECT from one table; what else
    /// it reads within its columns is not locked.
    ///
    /// # Errors
    /// As [`Tx::rows`].
    pub fn rows_locked<T>(
        &mut self,
        sql: &'static str,
        values: &[Value],
        read: impl Fn(&mut Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let rows = self.query(sql, values, true)?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }

    /// The first row of a query, if any.
    ///
    /// # Errors
    /// As [`Tx::rows`].
    pub fn row<T>(
        &mut self,
        sql: &'static str,
        values: &[Value],
        read: impl Fn(&mut Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let first = self.query(sql, values, false)?.into_iter().next();
        first.map(|mut row| read(&mut row)).transpose()
    }

    fn query(&mut self, sql: &'static str, values: &[Value], lock: bool) -> Result<Vec<Row>> {
        check_texts(values)?;
        self.statements += 1;
        match &mut self.engine {
            Engine::Sqlite(session) => session.query(sql, values),
            Engine::Postgres(session) => session.query(sql, values, lock),
        }
    }

    /// Runs a write and returns how many rows it changed.
    ///
    /// # Errors
    /// `store.read_only` in a reading transaction; `unavailable`, `internal` when the database fails.
    pub fn exec(&mut self, sql: &'static str, values: &[Value]) -> Result<u64> {
        check_texts(values)?;
        self.statements += 1;
        let changed = match &mut self.engine {
            Engine::Sqlite(session) => session.exec(sql, values),
            Engine::Postgres(session) => session.exec(sql, values),
        }?;
        self.wrote += changed;
        Ok(changed)
    }

    /// Runs a write that must change exactly one row.
    ///
    /// # Errors
    /// `store.changed_meanwhile` when it changed none or several; else as [`Tx::exec`].
    pub fn change_one(&mut self, sql: &'static str, values: &[Value]) -> Result<()> {
        match self.exec(sql, values)? {
            1 => Ok(()),
            _ => Err(Error::Conflict { code: "store.changed_meanwhile" }),
        }
    }

    /// Runs one write for each of `rows`, none of which has the key of another. What writes one row
    /// by its key travels to PostgreSQL as one statement. Returns how many rows changed.
    ///
    /// # Errors
    /// As [`Tx::exec`].
    pub fn exec_many(&mut self, sql: &'static str, rows: &[Vec<Value>]) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        rows.iter().try_for_each(|row| check_texts(row))?;
        self.statements += 1;
        let changed = match &mut self.engine {
            Engine::Sqlite(session) => session.exec_many(sql, rows),
            Engine::Postgres(session) => session.exec_many(sql, rows),
        }?;
        self.wrote += changed;
        Ok(changed)
    }

    /// Keeps an insert until the commit, where inserts of the same statement travel together.
    /// For rows nobody reads again in this transaction: the books.
    pub fn defer(&mut self, sql: &'static str, row: Vec<Value>) {
        match self.deferred.iter_mut().find(|group| std::ptr::eq(group.sql, sql)) {
            Some(group) => group.rows.push(row),
            None => self.deferred.push(Deferred { sql, rows: vec![row] }),
        }
    }

    /// Tells the caches, once committed, that `key` (a contract number; the id of a person, session or
    /// authorization; `None` for all the operator's facts) changed.
    pub fn touch(&mut self, key: Option<&str>) {
        let touched =
            Touched { operator: Arc::from(self.scope.operator()), key: key.map(Arc::from) };
        if self.touched.last() != Some(&touched) {
            self.touched.push(touched);
        }
    }

    /// Says that a line was written into the books; called by `records` only.
    pub(crate) const fn mark_recorded(&mut self) {
        self.recorded += 1;
    }

    /// Sends the deferred inserts and, on PostgreSQL, `last_word` right behind them.
    pub(super) fn finish(&mut self, last_word: &'static str) -> Result<()> {
        let groups = std::mem::take(&mut self.deferred);
        groups.iter().flat_map(|group| &group.rows).try_for_each(|row| check_texts(row))?;
        self.statements += groups.len() as u64;
        match &mut self.engine {
            Engine::Sqlite(session) => groups
                .iter()
                .try_for_each(|group| session.exec_many(group.sql, &group.rows).map(|_| ())),
            Engine::Postgres(session) => session.finish(&groups, last_word),
        }
    }

    /// Takes everything back (PostgreSQL; on SQLite the caller's savepoint does).
    pub(super) fn give_up(&mut self) -> Result<()> {
        self.deferred.clear();
        self.finish("ROLLBACK")
    }

    pub(super) const fn wrote_without_record(&self) -> bool {
        self.wrote > 0 && self.recorded == 0
    }

    pub(super) const fn engine(&mut self) -> &mut Engine<'c> {
        &mut self.engine
    }

    pub(super) fn take_touched(&mut self) -> Vec<Touched> {
        std::mem::take(&mut self.touched)
    }
}
