//! The SMS's files: watched directories, checks, chunks, results.
//!
//! [`Batch::poll`] is called every second or so for each operator's directory and does a slice of
//! work; [`Batch::run_file`] does one file by hand. What may be done with a file is decided in
//! `domain::files`, what its lines do in `domain::commands`. Source: brief tve §7.3–7.5;
//! `docs/api/sms.md`.

mod answer;
mod answered;
mod asked;
mod bulk;
mod by_hand;
mod check;
mod chores;
mod chunk;
mod deliver;
mod desk;
mod full;
mod lease;
mod part;
mod plain;
mod sitting;
mod slice;
mod trial;
mod troubles;
mod turns;
mod undo;
mod work;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use answered::answered;
use base::kernel::{Actor, Scope, clock};
use base::records::WriteBehind;
use base::store::Db;
pub use by_hand::Run;
use domain::files::{self, Bulk};
use slice::State;
pub use trial::read;
use turns::Turns;
pub use undo::{Undo, Undoing, undo};

/// How long things take at most, and how much is done at once.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Lines of one transaction.
    pub chunk: usize,
    /// A file without an end marker is visible when its size did not change for this long.
    pub settle: Duration,
    /// Another node takes over when this one did not renew its lease for this long.
    pub lease: Duration,
    /// One call of [`Batch::poll`] applies lines for about this long.
    pub slice: Duration,
    /// How often the books are looked at though nothing lies in `in`.
    pub chores: Duration,
    /// Of files with at least so many bytes, one at a time is read as a whole.
    pub big: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            chunk: 500,
            settle: Duration::from_secs(60),
            lease: Duration::from_secs(30),
            slice: Duration::from_secs(2),
            chores: Duration::from_secs(60),
            big: 16 << 20,
        }
    }
}

/// What a call of [`Batch::poll`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// Nothing to do now; call again in a second.
    Idle,
    /// There is more to do: call again at once.
    More,
    /// Another node works on this operator's files.
    Elsewhere,
}

/// The door of the SMS's files.
pub struct Batch {
    db: Db,
    book: Arc<WriteBehind>,
    node: String,
    timing: Timing,
    states: Mutex<HashMap<String, Arc<Mutex<State>>>>,
    turns: Turns,
    /// Operators whose nightly file did not come.
    late: Mutex<BTreeSet<String>>,
}

/// One file at one operator: where it lies and where its answer goes.
struct Job<'j> {
    operator: &'j str,
    name: &'j str,
    request: PathBuf,
    out: PathBuf,
    kept: Option<PathBuf>,
    done: Option<PathBuf>,
    /// Put in at the console, and not by the SMS.
    bulk: Option<&'j Bulk>,
}

impl Job<'_> {
    /// The result in the making.
    fn part(&self) -> PathBuf {
        self.out.join(format!(".{}.part", deliver::result_name(self.name)))
    }

    /// The result.
    fn result(&self) -> PathBuf {
        self.out.join(deliver::result_name(self.name))
    }

    /// Whether the part became the result before a crash.
    fn is_out(&self) -> bool {
        !plain::is_taken(&self.part()) && plain::is_there(&self.result())
    }
}

impl Batch {
    /// A door over `db` that logs to the linkage log `book`; `node` names this process among all.
    #[must_use]
    pub fn new(db: Db, book: Arc<WriteBehind>, node: &str) -> Self {
        let (timing, node) = (Timing::default(), node.to_owned());
        let (states, late) = (Mutex::default(), Mutex::default());
        Self { db, book, node, timing, states, turns: Turns::default(), late }
    }

    /// The same door with other patience.
    #[must_use]
    pub fn timed(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    fn scope(&self, job: &Job<'_>) -> Scope {
        let cause = format!("file:{}", job.name);
        let actor = job.bulk.map_or_else(|| Actor::Sms(cause.clone()), files::actor_of);
        Scope::new(job.operator, actor, clock::now()).caused_by(&cause)
    }
}
