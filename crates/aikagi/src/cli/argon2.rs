//! `aikagi argon2`: what a password hash may cost on this machine. Reads no configuration and no database.

use std::time::Duration;

use clap::{Args, Subcommand};
use domain::credentials::Cost;

use crate::failure::Failure;
use crate::output;

/// What is tried besides the least, in KiB and passes; the strongest last.
const MEMORY_KIB: [u64; 4] = [32_768, 65_536, 131_072, 262_144];
const PASSES: [u64; 2] = [3, 4];

/// What there is to do.
#[derive(Subcommand)]
pub(super) enum Argon2 {
    /// Measure for some seconds what each cost takes here, and say which to write into the configuration
    Calibrate(Calibrate),
}

/// How long one may take.
#[derive(Args)]
pub(super) struct Calibrate {
    /// Milliseconds one password may take
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    milliseconds: u64,
    /// KiB of memory that each core may have for it
    #[arg(long, default_value_t = 262_144)]
    memory_kib: u64,
}

/// One cost, and what it takes.
struct Figure {
    memory_kib: u64,
    passes: u64,
    takes: Duration,
}

pub(super) fn run(command: &Argon2) -> Result<(), Failure> {
    let Argon2::Calibrate(Calibrate { milliseconds, memory_kib }) = command;
    let limit = Duration::from_millis(*milliseconds);
    let figures = measured(limit, *memory_kib)?;
    let rows: Vec<Vec<String>> = figures.iter().map(row).collect();
    output::table(&["memory_kib", "passes", "ms", "a second and core"], &rows);
    let fitting = figures.iter().rfind(|one| one.takes <= limit);
    match (fitting, figures.first()) {
        (Some(one), _) => {
            output::line(format!("the strongest within {milliseconds} ms:"));
            output::line(format!(
                "[passwords]\nmemory_kib = {}\npasses = {}",
                one.memory_kib, one.passes
            ));
        }
        (None, Some(least)) => {
            output::line(format!(
                "nothing safe fits into {milliseconds} ms here: the least takes {} ms",
                least.takes.as_millis()
            ));
        }
        (None, None) => {}
    }
    Ok(())
}

/// By memory, then by passes: more memory makes guessing dearer than more passes do. What costs more than a cost
/// over the limit is not tried.
fn measured(limit: Duration, most_kib: u64) -> Result<Vec<Figure>, Failure> {
    let (mut figures, least) = (Vec::new(), Cost::LEAST);
    for memory_kib in std::iter::once(least.memory_kib()).chain(MEMORY_KIB) {
        for passes in std::iter::once(least.passes()).chain(PASSES) {
            let fits = memory_kib <= most_kib.max(least.memory_kib());
            let Some(cost) = Cost::new(memory_kib, passes).filter(|_| fits) else { continue };
            let takes = cost.measure()?;
            figures.push(Figure { memory_kib, passes, takes });
            match takes > limit {
                true if passes == least.passes() => return Ok(figures),
                true => break,
                false => {}
            }
        }
    }
    Ok(figures)
}

fn row(figure: &Figure) -> Vec<String> {
    let seconds = figure.takes.as_secs_f64();
    vec![
        figure.memory_kib.to_string(),
        figure.passes.to_string(),
        format!("{:.1}", seconds * 1000.0),
        format!("{:.1}", 1.0 / seconds.max(1e-9)),
    ]
}
