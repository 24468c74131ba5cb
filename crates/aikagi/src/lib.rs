//! Aikagi, put together: configuration, wiring, listeners, workers, command line, demo.
//!
//! Floor 9 of `docs/MAP.md`: the only crate that knows all others.

pub mod apply;
pub mod cli;
pub mod config;
pub mod demo;
pub mod docs;
pub mod failure;
pub mod generate;
pub mod output;
pub mod serve;
pub mod wiring;
pub mod workers;
