//! The ground floors: words (`kernel`), the database (`store`) and the books (`records`).
//!
//! Nothing here knows cable television. Floors 0–2 of `docs/MAP.md`.

pub mod kernel;
pub mod records;
pub mod store;
