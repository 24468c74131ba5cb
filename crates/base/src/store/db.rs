//! The database as the house sees it: open, transact, read, housekeep.

use std::any::Any;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rand::RngExt as _;

use crate::kernel::{Error, Result, Scope};

use super::at_hand::needs_time;
use super::facts::Facts;
use super::postgres::Postgres;
use super::sqlite::{Sqlite, SqliteSession, run_cached};
use super::tx::Engine;
use super::{Tx, migrate};

/// Where the facts are kept.
#[derive(Debug, Clone)]
pub enum Settings {
    /// A file of the embedded database.
    Sqlite {
        /// The file; made when missing.
        path: PathBuf,
        /// Leave fsync out: for tests only, a power cut loses data. Refused by the configuration.
        relaxed: bool,
    },
    /// A PostgreSQL server, shared by any number of nodes.
    Postgres {
        /// `postgres://user:password@host:port/database`.
        url: String,
    },
}

/// A fact that changed: caches drop what they know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The operator's code, or [`Scope::PLATFORM`] for everything.
    pub operator: Arc<str>,
    /// The contract number, or the id of the person, session or authorization; `None`: any fact of the
    /// operator.
    pub key: Option<Arc<str>>,
}

impl Touched {
    /// Everything may have changed.
    #[must_use]
    pub fn everything() -> Self {
        Self { operator: Scope::PLATFORM.into(), key: None }
    }
}

/// Called after each commit with what it touched, before the caller is answered.
pub type CommitListener = Box<dyn Fn(&[Touched]) + Send + Sync>;

/// Who is told about commits.
pub(super) struct Watchers {
    facts: Arc<Facts>,
    listeners: RwLock<Vec<CommitListener>>,
}

impl Watchers {
    pub(super) fn announce(&self, touched: &[Touched]) {
        if touched.is_empty() {
            return;
        }
        self.facts.forget(touched);
        for listener in self.listeners.read().unwrap_or_else(PoisonError::into_inner).iter() {
            listener(touched);
        }
    }
}

enum Backend {
    Sqlite(Box<Sqlite>),
    Postgres(Box<Postgres>),
}

struct Inner {
    backend: Backend,
    facts: Arc<Facts>,
    watchers: Arc<Watchers>,
    statements: AtomicU64,
    to_remember: AtomicU64,
}

/// The database. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Act,
    Housekeeping,
    Rehearsal,
}

/// How often work is run again on PostgreSQL after losing against another transaction.
const TRIES: u32 = 6;
/// A row of the same key is there already.
const DUPLICATE: &str = "store.duplicate";

impl Db {
    /// Opens the database. Does not migrate: see [`Db::migrate`].
    ///
    /// # Errors
    /// `unavailable` when it can not be reached, `config.database` when `settings` make no sense.
    pub fn open(settings: &Settings) -> Result<Self> {
        let facts = Arc::new(Facts::new(matches!(settings, Settings::Postgres { .. })));
        let listeners = RwLock::new(Vec::new());
        let watchers = Arc::new(Watchers { facts: Arc::clone(&facts), listeners });
        let told = Arc::clone(&watchers);
        let backend = match settings {
            Settings::Sqlite { path, relaxed } => {
                Backend::Sqlite(Box::new(Sqlite::open(path, *relaxed, told)?))
            }
            Settings::Postgres { url } => Backend::Postgres(Box::new(Postgres::open(url, told)?)),
        };
        let (statements, to_remember) = (AtomicU64::new(0), AtomicU64::new(0));
        let inner = Inner { backend, facts, watchers, statements, to_remember };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Applies the migrations that are missing and returns their names.
    ///
    /// # Errors
    /// `store.schema_newer` when the database was written by a newer release.
    pub fn migrate(&self) -> Result<Vec<&'static str>> {
        migrate::up(self)
    }

    /// Which migrations are applied and which are not.
    ///
    /// # Errors
    /// `unavailable` when the database can not be read.
    pub fn migration_state(&self) -> Result<migrate::MigrationState> {
        migrate::state(self)
    }

    /// Whether several nodes may share this database (PostgreSQL).
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.inner.backend, Backend::Postgres(_))
    }

    /// To be called when much was written at once: lets the database plan for what is there now.
    ///
    /// # Errors
    /// `unavailable` when the database fails; nothing depends on it.
    pub fn analyze(&self) -> Result<()> {
        match &self.inner.backend {
            // Its plans follow the indexes and do not depend on sizes.
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(postgres) => postgres.analyze(),
        }
    }

    /// Statements sent since the start: for tests and as a metric.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.inner.statements.load(Ordering::Relaxed)
    }

    /// Those of [`Db::statements`] that read what memory keeps afterwards, for a second at least: they come as time goes by, not with
    /// what is asked.
    #[must_use]
    pub fn statements_to_remember(&self) -> u64 {
        self.inner.to_remember.load(Ordering::Relaxed)
    }

    /// Has `listener` called after each commit (of this node, and of others as news arrives).
    pub fn on_commit(&self, listener: CommitListener) {
        self.inner
            .watchers
            .listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(listener);
    }

    /// Runs `work` in one transaction: all of it is kept, or nothing. `work` may be run more than
    /// once and touches nothing but `tx`.
    ///
    /// # Errors
    /// `internal` when it wrote without recording; `unavailable` when the database fails; else
    /// whatever `work` refuses.
    pub fn transact<T, W>(&self, scope: &Scope, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.write(scope, Purpose::Act, work)
    }

    /// Runs `work` without an audit line: sweeps, heartbeats, leases. Named and counted.
    ///
    /// # Errors
    /// As [`Db::transact`], but for the missing record.
    pub fn housekeep<T, W>(&self, scope: &Scope, reason: &'static str, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        metrics::counter!("aikagi_housekeeping_total", "reason" => reason).increment(1);
        self.write(scope, Purpose::Housekeeping, work)
    }

    /// Runs `work` as [`Db::transact`] does and takes everything back: a dry run.
    ///
    /// # Errors
    /// As [`Db::transact`].
    pub fn rehearse<T, W>(&self, scope: &Scope, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.write(scope, Purpose::Rehearsal, work)
    }

    /// Reads in one snapshot (SQLite) or at read committed (PostgreSQL).
    ///
    /// # Errors
    /// `unavailable` when the database fails; else whatever `work` refuses.
    pub fn read<T>(&self, scope: &Scope, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        needs_time()?;
        match &self.inner.backend {
            Backend::Sqlite(sqlite) => sqlite.read(|connection| {
                let engine = Engine::Sqlite(SqliteSession { connection });
                let mut tx = Tx::new(scope, engine, &self.inner.facts);
                let result = work(&mut tx);
                self.count(&tx);
                result
            }),
            Backend::Postgres(postgres) => {
                let engine = Engine::Postgres(Box::new(postgres.session()?));
                let mut tx = Tx::new(scope, engine, &self.inner.facts);
                let result = work(&mut tx);
                self.count(&tx);
                tx.give_up()?;
                result
            }
        }
    }

    /// A fact about the scope's operator as [`Tx::operator_fact`], without a transaction where it is in
    /// memory.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn operator_fact<T: Any + Send + Sync>(
        &self,
        scope: &Scope,
        load: impl FnOnce(&mut Tx<'_>) -> Result<T>,
    ) -> Result<Arc<T>> {
        match self.inner.facts.find(scope.operator()) {
            Some(known) => Ok(known),
            None => self.read(scope, |tx| tx.operator_fact(load)),
        }
    }

    fn write<T, W>(&self, scope: &Scope, purpose: Purpose, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        needs_time()?;
        match &self.inner.backend {
            Backend::Sqlite(sqlite) => self.write_sqlite(sqlite, scope, purpose, work),
            Backend::Postgres(postgres) => self.write_postgres(postgres, scope, purpose, &work),
        }
    }

    /// A first try that met a row written meanwhile (a repeated request, found at the flush) is
    /// run once more, as on PostgreSQL; the second try looks before it writes.
    fn write_sqlite<T, W>(
        &self,
        sqlite: &Sqlite,
        scope: &Scope,
        purpose: Purpose,
        work: W,
    ) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        let (scope, db) = (scope.clone(), self.clone());
        sqlite.submit(Box::new(move |connection| {
            let mut done = db.try_sqlite(connection, &scope, (purpose, 1), &work);
            if matches!(done, Err(Error::Conflict { code: DUPLICATE })) {
                done = db.try_sqlite(connection, &scope, (purpose, 2), &work);
            }
            Box::new(move |committed| {
                let result = done.and_then(|(value, touched)| {
                    committed?;
                    db.inner.watchers.announce(&touched);
                    Ok(value)
                });
                let _caller_gone = answer.send(result);
            })
        }))?;
        answered.recv().map_err(|_| Error::unavailable("database", "the writer ended"))?
    }

    fn try_sqlite<T>(
        &self,
        connection: &rusqlite::Connection,
        scope: &Scope,
        (purpose, attempt): (Purpose, u32),
        work: &impl Fn(&mut Tx<'_>) -> Result<T>,
    ) -> Result<(T, Vec<Touched>)> {
        run_cached(connection, "SAVEPOINT act")?;
        let engine = Engine::Sqlite(SqliteSession { connection });
        let mut tx = Tx::new(scope, engine, &self.inner.facts).attempt_number(attempt);
        let result = run(&mut tx, purpose, work);
        self.count(&tx);
        if !connection.is_autocommit() {
            if result.is_err() || purpose == Purpose::Rehearsal {
                run_cached(connection, "ROLLBACK TO act")?;
            }
            run_cached(connection, "RELEASE act")?;
        }
        let touched = if purpose == Purpose::Rehearsal { Vec::new() } else { tx.take_touched() };
        result.map(|value| (value, touched))
    }

    fn write_postgres<T>(
        &self,
        postgres: &Postgres,
        scope: &Scope,
        purpose: Purpose,
        work: &impl Fn(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut tries = 1;
        loop {
            let engine = Engine::Postgres(Box::new(postgres.session()?));
            let mut tx = Tx::new(scope, engine, &self.inner.facts).attempt_number(tries);
            let result = run(&mut tx, purpose, work);
            self.count(&tx);
            match result {
                Ok(value) => {
                    if purpose != Purpose::Rehearsal {
                        let touched = tx.take_touched();
                        self.inner.watchers.announce(&touched);
                        postgres.tell_others(&touched);
                    }
                    return Ok(value);
                }
                Err(error) => {
                    let again =
                        matches!(tx.engine(), Engine::Postgres(session) if session.should_rerun());
                    // A dead connection can not roll back; dropping the session closes it.
                    let _rolled_back = tx.give_up();
                    if !again || tries == TRIES {
                        return Err(error);
                    }
                }
            }
            tries += 1;
            metrics::counter!("aikagi_transaction_reruns_total").increment(1);
            std::thread::sleep(Duration::from_millis(
                rand::rng().random_range(0..u64::from(tries) * 4),
            ));
        }
    }

    fn count(&self, tx: &Tx<'_>) {
        self.inner.statements.fetch_add(tx.statements(), Ordering::Relaxed);
        self.inner.to_remember.fetch_add(tx.statements_to_remember(), Ordering::Relaxed);
        metrics::counter!("aikagi_statements_total").increment(tx.statements());
    }
}

/// Runs the work, refuses a change that nobody wrote down, and sends what was deferred with the
/// commit.
fn run<T>(
    tx: &mut Tx<'_>,
    purpose: Purpose,
    work: &impl Fn(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(tx)));
    let value = ran.unwrap_or_else(|_| Err(Error::internal("a transaction panicked")))?;
    if purpose == Purpose::Act && tx.wrote_without_record() {
        return Err(Error::internal("a transaction wrote without an audit line"));
    }
    match purpose {
        Purpose::Rehearsal => tx.give_up()?,
        Purpose::Act | Purpose::Housekeeping => tx.finish("COMMIT")?,
    }
    Ok(value)
}
