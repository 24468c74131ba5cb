//! The subscriber management system (SMS): its files ([`batch`]) and the codes both its doors answer
//! with ([`codes`]).
//!
//! Source: brief tve §7; `docs/api/sms.md`.

pub mod batch;
pub mod codes;
mod translate;
