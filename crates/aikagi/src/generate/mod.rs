//! Invented SMS files: households that never were, as messy as real ones.
//!
//! The same seed gives the same file. Names, numbers and addresses are made from lists; telephone
//! numbers are of the block that is given to nobody (`0X0-0000-xxxx`).

mod dice;
mod people;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use base::kernel::{Day, Instant};
use formats::sms::{Form, Header, Record, RequestWriter};

use crate::failure::Failure;
use dice::Dice;
use people::Household;

/// What is to be invented.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The operator's code.
    pub operator: String,
    /// How many contracts start.
    pub contracts: u64,
    /// The number of the first contract.
    pub first: u64,
    /// Same seed, same file.
    pub seed: u64,
    /// Fixed width or CSV, and its characters.
    pub form: Form,
    /// The business day.
    pub day: Day,
    /// The file's number.
    pub sequence: u64,
    /// Products that keys are opened for.
    pub products: Vec<String>,
}

/// Writes the file and its `.end` marker into `folder`; returns the file and how many lines it has.
///
/// # Errors
/// The folder can not be written.
pub fn generate(wish: &Wish, folder: &Path) -> Result<(PathBuf, u64), Failure> {
    let name = format!(
        "{}_CT01_{}_{:08}_D.{}",
        wish.operator,
        wish.day.compact(),
        wish.sequence,
        wish.form.layout.extension()
    );
    let path = folder.join(name);
    let unwritable =
        |error: std::io::Error| Failure::refused(format!("{}: {error}", path.display()));
    let out = BufWriter::new(std::fs::File::create(&path).map_err(unwritable)?);
    let lines = write(wish, out)
        .map_err(|error| Failure::refused(format!("{}: {error}", path.display())))?;
    let mut marker = path.clone().into_os_string();
    marker.push(".end");
    std::fs::write(&marker, b"").map_err(unwritable)?;
    Ok((path, lines))
}

fn write<W: Write>(wish: &Wish, out: W) -> Result<u64, formats::sms::WriteError> {
    let header = Header {
        format: "0100".to_owned(),
        operator: wish.operator.clone(),
        interface: "CT01".to_owned(),
        kind: "D".to_owned(),
        sequence: wish.sequence.to_string(),
        created_at: wish.day.start().plus_seconds(22 * 3600).compact_jst(),
        business_date: wish.day.compact(),
        charset: wish.form.charset.name().to_owned(),
        test_flag: "0".to_owned(),
    };
    let mut writer = RequestWriter::begin(out, wish.form, &header)?;
    let mut dice = Dice::new(wish.seed);
    let mut line = 0;
    for at in 0..wish.contracts {
        let number = format!("C{:07}", wish.first + at);
        let household = Household::invent(&mut dice, wish.day);
        for mut record in household.records(&number, &wish.products) {
            line += 1;
            record.line = line.to_string();
            record.request_id = format!("G{:04}-{line:08}", wish.sequence % 10_000);
            writer.write(&record)?;
        }
    }
    writer.finish()?.flush()?;
    Ok(line)
}

/// Today in Japan.
#[must_use]
pub fn today() -> Day {
    let now: Instant = base::kernel::clock::now();
    now.day_jst()
}

/// A line of an operation on a contract, with everything else blank.
fn blank(operation: &str, number: &str, person: &str) -> Record {
    Record {
        operation: operation.to_owned(),
        contract_number: number.to_owned(),
        generation: "00".to_owned(),
        person_number: person.to_owned(),
        ..Record::default()
    }
}
