//! Callers who come at the same time share a transaction.
//!
//! A commit costs the same for one command as for many, and so do the look-ups before it. The first
//! caller goes at once and alone; whoever comes while it is under way goes together with the others
//! next. Nobody waits for company. Each command is still refused, recorded and answered for itself,
//! and answered only after the commit. Source: `docs/decisions/0023`.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use base::kernel::{Error, Result, Scope};
use base::store::{Db, Tx};

use super::bus::execute_each;
use super::{Command, Report};

/// Most commands in one transaction: few enough to hold no row for long.
const MOST: usize = 100;
/// Transactions of one caller under way at once: while one commits, the next one works.
const LEADERS: usize = 2;

/// One caller's command, and where its answer goes.
struct Asked {
    scope: Scope,
    command: Command,
    answer: SyncSender<Turn>,
}

/// What a waiting caller hears.
enum Turn {
    Answer(Result<Report>),
    /// Do these, your own among them.
    Lead(Vec<Asked>),
}

/// Those who speak for one operator under one name.
#[derive(Default)]
struct Lane {
    leaders: usize,
    waiting: VecDeque<Asked>,
}

/// The counter at which commands are taken.
pub struct CommandGroups {
    db: Db,
    lanes: Mutex<HashMap<(String, String), Lane>>,
}

impl CommandGroups {
    /// A counter over `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, lanes: Mutex::default() }
    }

    /// Executes `command` as `execute` does in a transaction of its own. Waits; not for
    /// asynchronous code.
    ///
    /// # Errors
    /// `unavailable` and the like only: a refusal is a [`Report`].
    pub fn execute(&self, scope: &Scope, command: Command) -> Result<Report> {
        let (answer, turn) = sync_channel(1);
        let lane = (scope.operator().to_owned(), scope.actor().label());
        let asked = Asked { scope: scope.clone(), command, answer };
        if let Some(alone) = self.queue(&lane, asked) {
            self.lead(&lane, vec![alone]);
        }
        self.wait(&lane, &turn)
    }

    /// Callers that wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.values().map(|lane| lane.waiting.len()).sum()
    }

    /// Takes a place; gives the command back when it can go at once.
    fn queue(&self, lane: &(String, String), asked: Asked) -> Option<Asked> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(lane.clone()).or_default();
        if lane.leaders < LEADERS {
            lane.leaders += 1;
            return Some(asked);
        }
        lane.waiting.push_back(asked);
        None
    }

    fn wait(&self, lane: &(String, String), turn: &Receiver<Turn>) -> Result<Report> {
        loop {
            match turn.recv() {
                Ok(Turn::Answer(answer)) => return answer,
                Ok(Turn::Lead(group)) => self.lead(lane, group),
                Err(_) => return Err(Error::unavailable("commands", "the leader is gone")),
            }
        }
    }

    /// Does a group, answers it, and lets the next one go.
    fn lead(&self, lane: &(String, String), group: Vec<Asked>) {
        let next = HandOver { groups: self, lane };
        let answers = self.perform(&group);
        drop(next);
        for (asked, answer) in group.into_iter().zip(answers) {
            let _caller_gone = asked.answer.send(Turn::Answer(answer));
        }
    }

    /// One answer for each. Work that breaks down as a whole is tried one by one, so that only the
    /// command that breaks it is without an answer.
    fn perform(&self, group: &[Asked]) -> Vec<Result<Report>> {
        match self.transact(group) {
            Ok(reports) => reports.into_iter().map(Ok).collect(),
            Err(error @ Error::Unavailable { .. }) => vec![Err(error); group.len()],
            Err(error) if group.len() == 1 => vec![Err(error)],
            Err(_) => {
                group.iter().flat_map(|one| self.perform(std::slice::from_ref(one))).collect()
            }
        }
    }

    fn transact(&self, group: &[Asked]) -> Result<Vec<Report>> {
        let Some(last) = group.last() else { return Ok(Vec::new()) };
        let commands: Vec<Command> = group.iter().map(|one| one.command.clone()).collect();
        let causes: Vec<String> = group.iter().map(|one| one.scope.cause().to_owned()).collect();
        let work = move |tx: &mut Tx<'_>| execute_each(tx, &commands, &causes);
        let reports = self.db.transact(&last.scope, work)?;
        if reports.len() == group.len() {
            Ok(reports)
        } else {
            Err(Error::internal("not one answer a command"))
        }
    }

    /// Lets the next group of a lane go, or closes the lane.
    fn hand_over(&self, lane: &(String, String)) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = lanes.get_mut(lane) else { return };
        let many = open.waiting.len().min(MOST);
        let group: Vec<Asked> = open.waiting.drain(..many).collect();
        if let Some(first) = group.first() {
            let leader = first.answer.clone();
            let _leader_gone = leader.send(Turn::Lead(group));
            return;
        }
        open.leaders -= 1;
        if open.leaders == 0 {
            lanes.remove(lane);
        }
    }
}

/// Hands over also when the work panics, so that nobody waits for ever.
struct HandOver<'s> {
    groups: &'s CommandGroups,
    lane: &'s (String, String),
}

impl Drop for HandOver<'_> {
    fn drop(&mut self) {
        self.groups.hand_over(self.lane);
    }
}
