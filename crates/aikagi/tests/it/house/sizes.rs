//! No file grows past 500 lines; from 300 on it is time to split it.

use std::io::Write;

use super::no_faults;
use super::source::{Source, sources};

const TIME_TO_SPLIT: usize = 300;
const LIMIT: usize = 500;

fn size_fault(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines > LIMIT).then(|| format!("{}: {lines} lines, the limit is {LIMIT}", source.path))
}

/// Says, without failing, which files are due to be split; past the capture of test output.
fn advise(source: &Source) {
    let lines = source.text.lines().count();
    if lines > TIME_TO_SPLIT {
        let mut screen = std::io::stdout();
        writeln!(screen, "time to split: {} ({lines} lines)", source.path).unwrap();
    }
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let sources = sources();
    sources.iter().for_each(advise);
    let faults: Vec<String> = sources.iter().filter_map(size_fault).collect();
    no_faults("A file has at most 500 lines: one noun or one group of verbs a file.", &faults);
}

#[test]
fn the_size_scanner_sees_a_long_file() {
    let long = Source::new("crates/domain/src/a.rs", &"\n".repeat(LIMIT + 1));
    assert!(size_fault(&long).is_some());
}
