//! The program `aikagi`.

use std::process::ExitCode;

fn main() -> ExitCode {
    aikagi::cli::run()
}
