//! The rules of the cable business, as plain synchronous functions that take a transaction.
//!
//! Floors 3–6 of `docs/MAP.md`. Knows no HTTP, no runtime, no client.

pub mod catalogue;
pub mod operators;
