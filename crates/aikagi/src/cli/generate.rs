//! `aikagi generate`: invented data.

use std::path::PathBuf;

use base::kernel::Day;
use clap::{Args, Subcommand, ValueEnum};
use formats::sms::{Charset, Form};

use crate::failure::Failure;
use crate::generate::{Wish, generate, today};
use crate::output;

/// Invented data.
#[derive(Subcommand)]
pub(super) enum Generate {
    /// An SMS file of starting contracts with persons and keys, and its .end marker
    SmsFile(SmsFile),
}

/// The form of the file.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Fixed width, CP932
    Dat,
    /// CSV, CP932
    Csv,
    /// CSV, UTF-8
    CsvUtf8,
}

/// What to invent.
#[derive(Args)]
pub(super) struct SmsFile {
    /// How many contracts start
    #[arg(long)]
    contracts: u64,
    /// Same seed, same file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = Format::Dat)]
    format: Format,
    /// The operator's code
    #[arg(long, default_value = "OP0012")]
    operator: String,
    /// The business day, YYYY-MM-DD; today when left out
    #[arg(long)]
    date: Option<String>,
    /// The file's sequence number
    #[arg(long, default_value_t = 1)]
    sequence: u64,
    /// The number of the first contract
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// A product that keys are opened for; repeat it for several
    #[arg(long = "product", default_values_t = ["BASIC".to_owned(), "KIDS".to_owned()])]
    products: Vec<String>,
    /// The folder to write to
    #[arg(long, default_value = ".")]
    out: PathBuf,
}

pub(super) fn run(command: Generate) -> Result<(), Failure> {
    let Generate::SmsFile(file) = command;
    let day = match &file.date {
        Some(text) => {
            Day::parse_iso(text, "date").map_err(|error| Failure::usage(error.to_string()))?
        }
        None => today(),
    };
    let wish = Wish {
        operator: file.operator,
        contracts: file.contracts,
        first: file.first,
        seed: file.seed,
        form: match file.format {
            Format::Dat => Form::FIXED,
            Format::Csv => Form::csv(Charset::Cp932),
            Format::CsvUtf8 => Form::csv(Charset::Utf8),
        },
        day,
        sequence: file.sequence,
        products: file.products,
    };
    let (path, lines) = generate(&wish, &file.out)?;
    output::line(format!("{}: {lines} lines", path.display()));
    Ok(())
}
