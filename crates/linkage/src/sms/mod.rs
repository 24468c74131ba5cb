//! The subscriber management system (SMS): its files ([`batch`]), its calls ([`online`]), and the
//! codes both answer with ([`codes`]).
//!
//! Source: brief tve §7; `docs/api/sms.md`.

pub mod batch;
pub mod codes;
pub mod online;
mod translate;
