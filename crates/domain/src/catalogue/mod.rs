//! What an operator sells: channels, packs, titles, features, and bundles of them.
//!
//! Owns the table `products`. Kept small enough to be read whole ([`load`]) and asked in memory; the
//! operator's `version` says when a copy is old. Source: brief tve §5.4, §13.

mod book;
mod products;
mod repo;

pub use book::{Catalogue, load};
pub use products::{BEGINNING, Kind, Product, find, publish_product, put_product};
