//! The rules of the cable business, as plain synchronous functions that take a transaction.
//!
//! Knows no HTTP, no runtime, no client. Floors 3–6 of `docs/MAP.md`.

pub mod administration;
pub mod boxes;
pub mod catalogue;
pub mod clients;
pub mod commands;
pub mod credentials;
pub mod decisions;
pub mod entitlements;
pub mod files;
pub mod operators;
pub mod sessions;
pub mod signin;
pub mod signing;
pub mod staff;
pub mod subscribers;
pub mod tokens;
