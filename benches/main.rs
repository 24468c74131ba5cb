//! Measurements against a reference of the same run. See `README.md` beside.
//!
//! `cargo bench -p aikagi -- NAME [ARGUMENT…]`; without a name it lists what there is.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement stops at the first surprise, talks to a terminal and reads its own clock"
)]

mod authzen;
mod bounded;
mod browser;
mod common;
mod households;
mod import;
mod online;
mod pages;
mod process;
mod provider;
mod refresh;
mod search;
mod wire;
mod written;

/// The product's; the references have it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // cargo adds `--bench`; everything else is ours.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("import") => import::run(rest),
        Some("online") => online::run(),
        Some("refresh") => refresh::run(),
        Some("authzen") => authzen::run(rest),
        Some("provider") => provider::run(),
        Some("sign-in") => provider::run_sign_in(),
        Some("storm") => provider::run_storm(),
        Some("bounded") => bounded::run(rest),
        Some("search") => search::run(rest),
        Some("pages") => pages::run(rest),
        Some("process") => process::run(),
        Some("bare-argon") => provider::bare_argon(),
        Some("bare-server") => authzen::bare_server(rest),
        _ => println!(
            "benches: import [LINES], online, refresh, authzen [CONTRACTS], provider, sign-in, storm, \
             bounded [NUMBER], search [PERSONS [DATABASE]], \
             pages [OPERATORS [DATABASE]], process"
        ),
    }
}
