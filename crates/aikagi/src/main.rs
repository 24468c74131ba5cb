//! The program `aikagi`.

use std::process::ExitCode;

/// Serves many small allocations of many threads without their waiting for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    aikagi::cli::run()
}
