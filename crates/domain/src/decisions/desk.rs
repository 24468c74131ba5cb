//! Where questions are answered: facts from memory, answer, trace, log.

use std::sync::Arc;
use std::time::Instant as Clock;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::WriteBehind;
use base::store::Db;

use crate::credentials::{self, Tried};
use crate::signing::MasterKey;

use super::decide::decide;
use super::explain::{Explanation, explain};
use super::findings::Finding;
pub use super::gather::Subject;
use super::gather::{From, Gathered, Gatherer};
use super::kept::Kept;
use super::log;
use super::question::{Decision, PinGiven, Question, Station};
use super::trace;

/// How much is kept in memory.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// Bytes of households, roughly; a household with three persons takes about 2 KiB.
    pub household_bytes: u64,
    /// Subjects.
    pub subjects: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { household_bytes: 512 << 20, subjects: 500_000 }
    }
}

/// Who asks what about whom.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The operator's code.
    pub operator: &'a str,
    /// Who asks, for the log: a client id, `staff:…`, `cli`.
    pub client: &'a str,
    /// About whom.
    pub subject: Subject<'a>,
    /// What.
    pub question: Question<'a>,
}

/// A decision with the trace it was written down under.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// Eight characters; shown to the viewer, typed by the station's clerk.
    pub trace: String,
    /// The operator's facts it was taken with: names of products for the wording.
    pub station: Arc<Station>,
}

/// Answers questions. One for each process; cheap to share behind an `Arc`.
pub struct Decisions {
    db: Db,
    kept: Arc<Kept>,
    log: WriteBehind,
}

impl Decisions {
    /// Over `db`, whose commits drop what they touch from memory.
    ///
    /// # Errors
    /// `internal` when the log's thread can not be started.
    pub fn open(db: &Db, capacity: Capacity) -> Result<Self> {
        let kept = Arc::new(Kept::new(capacity.household_bytes, capacity.subjects));
        let told = Arc::clone(&kept);
        db.on_commit(Box::new(move |touched| told.forget(touched)));
        let log = WriteBehind::start(db.clone(), "decision_log", log::INSERT_LINE)?;
        Ok(Self { db: db.clone(), kept, log })
    }

    /// The answer, if memory knows enough for it. Never waits: may be called where waiting is
    /// forbidden.
    #[must_use]
    pub fn answer_from_memory(&self, ask: &Ask<'_>, now: Instant) -> Option<Answer> {
        let began = Clock::now();
        let gathered = self.gather(ask, now, From::Memory).ok().flatten()?;
        Some(self.answer_with(&gathered, ask, (now, began)))
    }

    /// The answer. Reads what memory does not know, in at most three statements; call it where
    /// waiting is allowed.
    ///
    /// # Errors
    /// `operator.unknown`; `unavailable` when the database fails.
    pub fn answer(&self, ask: &Ask<'_>, now: Instant) -> Result<Answer> {
        let began = Clock::now();
        match self.gather(ask, now, From::Database)? {
            Some(gathered) => Ok(self.answer_with(&gathered, ask, (now, began))),
            None => Err(Error::internal("facts were read and are not there")),
        }
    }

    /// The answer to a question that came with a PIN. It is tried when it is all that stands in the way, and
    /// counted with all other tries of it; what is kept in the log and in the books is how that ended.
    ///
    /// # Errors
    /// Those of [`Decisions::answer`].
    pub fn answer_with_pin(
        &self,
        ask: &Ask<'_>,
        (master, typed): (&MasterKey, &str),
        now: Instant,
    ) -> Result<Answer> {
        let began = Clock::now();
        let gathered = self.gather(ask, now, From::Database)?;
        let gathered =
            gathered.ok_or_else(|| Error::internal("facts were read and are not there"))?;
        let viewer = gathered.viewer();
        let without = decide(&gathered.station.fact, viewer.as_ref(), &ask.question, now);
        let mut ask = *ask;
        if let [Finding::PinNeeded { pin, .. }] = *without.findings.as_slice()
            && let Some(viewer) = &viewer
            && let Some(person) = viewer.asker.pin_holder(viewer.household)
        {
            let scope = Scope::new(ask.operator, Actor::Client(ask.client.to_owned()), now);
            let (master, typed) = (master.clone(), typed.to_owned());
            let person_id = person.person_id.clone();
            let tried = self.db.housekeep(&scope, "decision-pin", move |tx| {
                credentials::try_pin(tx, &master, &person_id, (pin.kind(), &typed))
            })?;
            ask.question.pin = match tried {
                Tried::Good => PinGiven::Right,
                Tried::Wrong => PinGiven::Wrong,
                Tried::Locked(wait) => {
                    PinGiven::Locked(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX))
                }
            };
        }
        Ok(self.answer_with(&gathered, &ask, (now, began)))
    }

    pub(super) fn gather(
        &self,
        ask: &Ask<'_>,
        now: Instant,
        from: From,
    ) -> Result<Option<Gathered>> {
        let Self { db, kept, .. } = self;
        Gatherer { db, kept, operator: ask.operator, now, from }.gather(&ask.subject)
    }

    fn answer_with(
        &self,
        gathered: &Gathered,
        ask: &Ask<'_>,
        (now, began): (Instant, Clock),
    ) -> Answer {
        let viewer = gathered.viewer();
        let decision = decide(&gathered.station.fact, viewer.as_ref(), &ask.question, now);
        let trace = trace::next(now);
        let asked = (ask.operator, ask.client);
        let micros = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
        let answered = (&*trace, now, micros);
        self.log.write(log::line(asked, answered, viewer.as_ref(), &ask.question, &decision));
        let answer = if decision.permit() { "permit" } else { "deny" };
        metrics::counter!("aikagi_decisions_total", "answer" => answer).increment(1);
        Answer { decision, trace, station: Arc::clone(&gathered.station.fact) }
    }

    /// What the answer under `trace` was, and what would be answered now; see
    /// [`super::explain()`]. Answers still on their way into the log are waited for.
    ///
    /// # Errors
    /// `decision.unknown`; `unavailable` when the database fails.
    pub fn explain(&self, scope: &Scope, trace: &str) -> Result<Explanation> {
        self.flush();
        self.db.read(scope, |tx| explain(tx, trace))
    }

    /// Waits until every answer given so far is written: before one is explained, and at the end.
    pub fn flush(&self) {
        self.log.flush();
    }
}
