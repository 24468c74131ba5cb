//! The database: one portable SQL text per statement over SQLite or PostgreSQL.
//!
//! The only room that knows a dialect. Source: house.md §8, `docs/decisions/0003`.

mod at_hand;
mod db;
mod epoch;
mod facts;
mod feed;
mod last_touched;
mod migrate;
mod postgres;
mod postgres_cells;
mod reach;
mod sql;
mod sqlite;
mod tx;
mod value;

pub use at_hand::{from_memory, needs_time};
pub use db::{CommitListener, Db, Settings, Touched};
pub use epoch::Epoch;
pub use last_touched::{LastTouched, Mark};
pub use migrate::MigrationState;
pub use reach::{Reach, reach};
pub use tx::Tx;
pub use value::{Row, Value};
