//! From the asynchronous edge into the synchronous core.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base::kernel::{Error, Result, Scope};
use base::store::{Db, Tx, from_memory};

use crate::{Problem, current};

/// Runs `work` in one transaction, off the runtime's threads. A change begun is finished even when
/// the browser has left. `work` may be run more than once and touches nothing but `tx`.
///
/// # Errors
/// Whatever `work` refuses, ready to be answered.
pub async fn act<T, W>(db: &Db, scope: Scope, work: W) -> std::result::Result<T, Problem>
where
    T: Send + 'static,
    W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
{
    let db = db.clone();
    blocking(move || db.transact(&scope, work)).await
}

/// Reads in one snapshot, off the runtime's threads.
///
/// # Errors
/// Whatever `work` refuses, ready to be answered.
pub async fn look<T, W>(db: &Db, scope: Scope, work: W) -> std::result::Result<T, Problem>
where
    T: Send + 'static,
    W: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
{
    let db = db.clone();
    blocking(move || db.read(&scope, work)).await
}

/// Runs a job where it stands when memory knows all it asks for, else from its beginning off the runtime's
/// threads ([`blocking`]). The job changes nothing before it asks the database, and says
/// [`needs_time`](base::store::needs_time) before it computes for long.
///
/// # Errors
/// As [`blocking`].
pub async fn at_once<T: Send + 'static>(
    job: impl Fn() -> Result<T> + Send + 'static,
) -> std::result::Result<T, Problem> {
    match catch_unwind(AssertUnwindSafe(|| from_memory(&job))) {
        Ok(Some(result)) => result.map_err(Problem::from),
        Ok(None) => blocking(job).await,
        Err(_) => Err(panicked()),
    }
}

fn panicked() -> Problem {
    Problem::from(Error::internal("a job of a request panicked"))
}

/// Runs a job that waits or computes off the runtime's threads.
///
/// # Errors
/// Whatever the job refuses; `internal` when it panicked.
pub async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T> + Send + 'static,
) -> std::result::Result<T, Problem> {
    let (span, context) = (tracing::Span::current(), current::get());
    let job = move || span.in_scope(|| current::within(context, job));
    let done = tokio::task::spawn_blocking(job).await;
    match done {
        Ok(result) => result.map_err(Problem::from),
        Err(_) => Err(panicked()),
    }
}
