//! What came of the lines, from the result file: how many of each, the first that were refused, and whether it went as it
//! was tried.

use std::fs::File;
use std::io::BufReader;

use base::kernel::{Error, Result};
use domain::files::{Bulk, RUN_FOLDER, TRIED_FOLDER};
use formats::sms::{ResultReader, ResultRecord};
use web::trial::{Counted, Tally};

use super::drawer::Drawer;
use super::write::FORM;

/// How many refused lines are shown.
const SHOWN: usize = 100;

/// A line that was refused.
pub(super) struct Refusal {
    pub(super) line: String,
    pub(super) number: String,
    pub(super) code: String,
    pub(super) message: String,
}

/// What came of the lines.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) counts: Vec<Counted>,
    pub(super) refusals: Vec<Refusal>,
    /// Lines that ended otherwise than they were tried; `None`: it was tried only.
    pub(super) other: Option<u64>,
}

/// What came of a bulk, as far as it is: of the run where there is one, else of the rehearsal.
///
/// # Errors
/// `unavailable`
pub(super) fn read(drawer: &Drawer, bulk: &Bulk) -> Result<Option<Outcome>> {
    let tried = drawer.result(TRIED_FOLDER, &bulk.name)?.map(answers);
    let run = drawer.result(RUN_FOLDER, &bulk.name)?.map(answers);
    match (run, tried) {
        (Some(run), tried) => counted(run, tried).map(Some),
        (None, Some(tried)) => counted(tried, None).map(Some),
        (None, None) => Ok(None),
    }
}

type Answers = ResultReader<BufReader<File>>;

fn answers(file: File) -> Answers {
    ResultReader::new(BufReader::new(file), FORM)
}

fn counted(answers: Answers, mut tried: Option<Answers>) -> Result<Outcome> {
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
        if answer.result == "9" && outcome.refusals.len() < SHOWN {
            outcome.refusals.push(Refusal {
                line: answer.line.trim_start_matches('0').to_owned(),
                number: answer.contract_number.clone(),
                code: answer.code.clone(),
                message: answer.message.clone(),
            });
        }
        tally.add(answer);
    }
    outcome.counts = tally.counted();
    Ok(outcome)
}

/// Whether a line was answered as it was tried.
fn ends_alike(tried: &ResultRecord, done: &ResultRecord) -> bool {
    (&tried.line, &tried.result, &tried.code) == (&done.line, &done.result, &done.code)
}
