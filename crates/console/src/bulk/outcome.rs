//! What came of the lines, from the result file: how many of each, the first that were refused, and whether it went as it
//! was tried.

use std::fs::File;
use std::io::BufReader;

use base::kernel::{Error, Result};
use domain::files::{Bulk, RUN_FOLDER, TRIED_FOLDER};
use formats::sms::{ResultReader, ResultRecord};
use web::texts::Words;
use web::trial::{Counted, Tally};

use super::drawer::Drawer;
use super::write::FORM;
use crate::refusals::Refusals;

/// What came of the lines.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) counts: Vec<Counted>,
    pub(super) refusals: Refusals,
    /// Lines that ended otherwise than they were tried; `None`: it was tried only.
    pub(super) other: Option<u64>,
}

/// What came of a bulk, as far as it is: of the run where there is one, else of the rehearsal.
///
/// # Errors
/// `unavailable`
pub(super) fn read(words: Words, (drawer, bulk): (&Drawer, &Bulk)) -> Result<Option<Outcome>> {
    let tried = drawer.result(TRIED_FOLDER, &bulk.name)?.map(answers);
    let run = drawer.result(RUN_FOLDER, &bulk.name)?.map(answers);
    match (run, tried) {
        (Some(run), tried) => counted(words, (run, tried)).map(Some),
        (None, Some(tried)) => counted(words, (tried, None)).map(Some),
        (None, None) => Ok(None),
    }
}

type Answers = ResultReader<BufReader<File>>;

fn answers(file: File) -> Answers {
    ResultReader::new(BufReader::new(file), FORM)
}

fn counted(words: Words, (answers, mut tried): (Answers, Option<Answers>)) -> Result<Outcome> {
    let mut outcome = Outcome { other: tried.is_some().then_some(0), ..Outcome::default() };
    let mut tally = Tally::default();
    for answer in answers {
        let answer = answer.map_err(Error::internal)?;
        if let Some(tried) = &mut tried {
            let before = tried.next().transpose().map_err(Error::internal)?;
            if before.is_none_or(|before| !ends_alike(&before, &answer)) {
                outcome.other = outcome.other.map(|many| many + 1);
            }
        }
        outcome.refusals.add(words, &answer);
        tally.add(answer);
    }
    outcome.counts = tally.counted();
    Ok(outcome)
}

/// Whether a line was answered as it was tried.
fn ends_alike(tried: &ResultRecord, done: &ResultRecord) -> bool {
    (&tried.line, &tried.result, &tried.code) == (&done.line, &done.result, &done.code)
}
