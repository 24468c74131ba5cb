//! The house tests: what the drawing in `docs/MAP.md` promises, checked against the code itself.
//!
//! Each scanner is a function from one file to its faults (`path:line: what to do`), and each has a
//! test that hands it a bad snippet, so that a scanner that sees nothing cannot pass for a clean house.

mod codes;
mod floors;
mod habits;
mod map;
mod migrations;
mod routes;
mod sizes;
pub mod source;
mod sql;

/// Fails with every fault, one a line, under the rule they break.
fn no_faults(rule: &str, faults: &[String]) {
    if !faults.is_empty() {
        panic!("{rule}\n  {}\n", faults.join("\n  "));
    }
}
