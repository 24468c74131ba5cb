//! Some lines of a file as commands, ready for one transaction.

use std::collections::HashMap;

use domain::commands::{Command, Op};
use domain::files::Link;
use formats::sms::{Place, ResultRecord, Row};

use base::kernel::Instant;
use domain::commands::Report;

use super::answer;
use crate::sms::{codes, translate};

/// What is to be done with a line.
#[derive(Clone)]
enum Ask {
    /// The command at this place of [`Chunk::commands`].
    Command(usize),
    /// Nothing: answer this.
    Refuse(&'static str, String),
}

#[derive(Clone)]
struct Line {
    answer: ResultRecord,
    ask: Ask,
    next: Place,
}

/// Lines that share a transaction.
#[derive(Clone, Default)]
pub(super) struct Chunk {
    lines: Vec<Line>,
    /// What is asked for, in order.
    pub(super) commands: Vec<Command>,
}

/// How the lines of a chunk ended.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) ok: i64,
    pub(super) warnings: i64,
    pub(super) errors: i64,
}

impl Tally {
    fn count(&mut self, answer: &ResultRecord) {
        match answer.result.as_str() {
            "0" => self.ok += 1,
            "1" => self.warnings += 1,
            _ => self.errors += 1,
        }
    }
}

impl Chunk {
    /// Adds a line.
    pub(super) fn push(&mut self, row: Row) {
        let (number, next) = (format!("{:08}", row.number), row.next);
        let (answer, ask) = match row.record {
            Err(fault) => {
                let (code, message) = answer::of_fault(&fault);
                (answer::blank(&fault.readable), Ask::Refuse(code, message))
            }
            Ok(record) => match translate::command(&record) {
                Ok(command) => {
                    self.commands.push(command);
                    (answer::blank(&record), Ask::Command(self.commands.len() - 1))
                }
                Err(error) => {
                    let (code, message) = answer::of_refusal(&error);
                    (answer::blank(&record), Ask::Refuse(code, message))
                }
            },
        };
        self.lines.push(Line { answer: ResultRecord { line: number, ..answer }, ask, next });
    }

    /// How many lines.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The place behind the last line.
    pub(super) fn end(&self) -> Option<Place> {
        self.lines.last().map(|line| line.next)
    }

    /// The first `count` lines, and the others.
    pub(super) fn split(self, count: usize) -> (Self, Self) {
        let (mut first, mut rest) = (Self::default(), Self::default());
        for (at, line) in self.lines.into_iter().enumerate() {
            let half = if at < count { &mut first } else { &mut rest };
            let ask = match line.ask {
                Ask::Command(index) => {
                    half.commands.extend(self.commands.get(index).cloned());
                    Ask::Command(half.commands.len().saturating_sub(1))
                }
                refuse @ Ask::Refuse(..) => refuse,
            };
            half.lines.push(Line { ask, ..line });
        }
        (first, rest)
    }

    /// The same lines, none of which is tried.
    pub(super) fn refused(mut self, code: &'static str, message: &str) -> Self {
        self.commands.clear();
        for line in &mut self.lines {
            line.ask = Ask::Refuse(code, message.to_owned());
        }
        self
    }

    /// The same lines as those of a file that was given up.
    pub(super) fn discarded(self) -> Self {
        let (_, code, words) = codes::NOT_TRIED;
        self.refused(code, words)
    }

    /// One answer a line, in order.
    pub(super) fn answers(&self, reports: &[Report], now: Instant) -> Vec<ResultRecord> {
        let of = |line: &Line| match &line.ask {
            Ask::Command(index) => {
                reports.get(*index).map(|report| answer::of_report(&line.answer, report))
            }
            Ask::Refuse(code, message) => {
                Some(answer::not_done(&line.answer, code, message.clone(), now))
            }
        };
        self.lines.iter().filter_map(of).collect()
    }

    /// The request ids by contract number, one a line.
    pub(super) fn requests(&self) -> HashMap<&str, String> {
        let mut asked: HashMap<&str, String> = HashMap::new();
        for command in &self.commands {
            for number in std::iter::once(&command.number).chain(&command.new_number) {
                let ids = asked.entry(number).or_default();
                if !ids.is_empty() {
                    ids.push('\n');
                }
                ids.push_str(&command.request_id);
            }
        }
        asked
    }

    /// Contract numbers that took the place of another one.
    pub(super) fn links(&self, reports: &[Report]) -> Vec<Link> {
        let replaced = |(command, report): (&Command, &Report)| {
            let to = command.new_number.clone().filter(|_| report.code.is_none())?;
            (command.op == Op::Replace).then(|| Link { from: command.number.clone(), to })
        };
        self.commands.iter().zip(reports).filter_map(replaced).collect()
    }
}

/// How many answers of each kind; and after how many lines the errors pass `left`, if they do.
pub(super) fn tally(answers: &[ResultRecord], left: i64) -> (Tally, Option<usize>) {
    let (mut tally, mut passed) = (Tally::default(), None);
    for (at, answer) in answers.iter().enumerate() {
        tally.count(answer);
        if tally.errors > left && passed.is_none() {
            passed = Some(at + 1);
        }
    }
    (tally, passed)
}
