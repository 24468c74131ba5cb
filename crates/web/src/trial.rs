//! What a door that reads the SMS's files tells a door that shows them: a file tried, and nothing of it applied.
//!
//! Doors do not know each other; whoever wires them hands the reader ([`Reads`]) to the one that shows.

use std::collections::BTreeMap;
use std::fs::File;

use base::kernel::Result;
use domain::commands::{Command, Report};
use formats::sms::{Column, FileFault, Form, Header, Layout, ResultRecord};

/// Tries commands upon what those before them changed, and takes everything back. One report each, in order.
pub type Rehearse<'r> = dyn FnMut(Vec<Command>) -> Result<Vec<Report>> + 'r;

/// Reads a file as the SMS's own runner does, and tries its lines.
pub type Reads = fn(&File, &Asked<'_>, &mut Rehearse<'_>) -> Result<Reading>;

/// Which file, and how much of it is told.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The station it is for.
    pub operator: &'a str,
    /// Its name at the sender.
    pub name: &'a str,
    /// From which line on lines are told, whatever is right or wrong with them.
    pub from: u32,
    /// How many of those.
    pub plain: usize,
    /// How many lines that are not simply done.
    pub odd: usize,
}

/// What came of a file.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Fixed width or CSV: by its name, else by its first bytes.
    pub layout: Layout,
    /// How it is written and what its first line says, if that can be read.
    pub head: Option<(Form, Header)>,
    /// Why it would be refused before its lines are looked at; codes F001, F002, F006, F012, each with what is wrong in English.
    pub refusals: Vec<(&'static str, String)>,
    /// Where reading stopped, or what the last line says wrongly.
    pub fault: Option<FileFault>,
    /// Lines that could be read or were told to be unreadable.
    pub lines: u32,
    /// Lines that were tried: of a full list none, else the first of them.
    pub tried: u32,
    /// Lines that take something away; none where the file is not sound.
    pub mass: Option<u32>,
    /// How many lines ended in each way.
    pub tally: Tally,
    /// Lines from the one asked for on.
    pub plain: Vec<Line>,
    /// The first lines that were not simply done.
    pub odd: Vec<Line>,
}

/// How many lines ended in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// `0` done, `1` with a note, `9` refused; empty: it was read and not tried.
    pub result: String,
    /// The code of a note or refusal.
    pub code: String,
    /// What is answered in words; of several sentences under one code, the first.
    pub message: String,
    /// How many.
    pub lines: u64,
}

/// Counts answers. Under one code lie several sentences; of what was done there is one for each operation.
#[derive(Debug, Clone, Default)]
pub struct Tally(BTreeMap<(String, String), Counted>);

impl Tally {
    /// Counts an answer.
    pub fn add(&mut self, answer: ResultRecord) {
        let ResultRecord { result, code, message, .. } = answer;
        let word = if code.is_empty() { message.clone() } else { code.clone() };
        let key = (result.clone(), word);
        self.0.entry(key).or_insert(Counted { result, code, message, lines: 0 }).lines += 1;
    }

    /// How many lines ended in each way: what was done first.
    #[must_use]
    pub fn counted(self) -> Vec<Counted> {
        self.0.into_values().collect()
    }

    /// How many lines have this result.
    #[must_use]
    pub fn lines(&self, result: &str) -> u64 {
        let those = self.0.values().filter(|one| one.result == result);
        those.map(|one| one.lines).sum()
    }
}

/// A line as it was read, and what it would do.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its number, from 1.
    pub number: u32,
    /// Bytes of the file before it.
    pub offset: u64,
    /// Its columns, in the order of the file.
    pub fields: Vec<Field>,
    /// What the SMS would be answered; all empty: it was read and not tried.
    pub answer: ResultRecord,
    /// What is wrong with which column, if one is to blame.
    pub blame: Option<Blame>,
}

/// The column that is to blame.
#[derive(Debug, Clone)]
pub struct Blame {
    /// Its name.
    pub column: &'static str,
    /// Bytes of the file before what is wrong; none: the layout does not tell.
    pub offset: Option<u64>,
    /// The bytes that stand there, where they are no text.
    pub bytes: Vec<u8>,
}

/// A column of a line.
#[derive(Debug, Clone)]
pub struct Field {
    /// Which.
    pub column: &'static Column,
    /// Its place among the columns of a CSV line, from 1.
    pub place: usize,
    /// Its value, without what fills it up; empty where it can not be read.
    pub value: String,
}
