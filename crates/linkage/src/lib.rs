//! Doors to the systems an operator runs: its subscriber management system (SMS).
//!
//! A door reads, opens one transaction, calls the domain, words the answer. Floor 8 of `docs/MAP.md`.

pub mod sms;
