//! All integration tests of Aikagi in one binary, because linking dominates their build time.
//!
//! - `TEST_POSTGRES_URL=postgres://…` runs the same stories on PostgreSQL instead of SQLite.
//! - Tests whose name starts with `browser_` carry `#[ignore]` and need `TEST_CHROMEDRIVER`
//!   (the path of a chromedriver); `./check` sets both and runs everything.
//! - Tests whose name starts with `peer_` are the same with `TEST_PEERS` (see `peers`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by stopping at once, and tells the reader why on the screen"
)]

mod accessible;
mod addresses;
mod admin;
mod admin_changes;
mod admin_tokens;
mod algorithms;
mod approvals;
mod artefacts;
mod artefacts_places;
mod authenticator;
mod authzen;
mod backlog;
mod batch_chores;
mod batch_crash;
mod batch_desk;
mod batch_faults;
mod batch_files;
mod batch_folder;
mod batch_guard;
mod batch_huge;
mod batch_order;
mod batch_pages;
mod batch_undo;
mod books;
mod bounces;
mod boxes;
mod browser;
mod browser_console;
mod browser_contacts;
mod browser_looks;
mod browser_passkeys;
mod browser_tv;
mod calls;
mod certificates;
mod choices;
mod company;
mod consents;
mod console;
mod console_desk;
mod contacts_page;
mod decisions;
mod decisions_kept;
mod decisions_pins;
mod decisions_rules;
mod decisions_ttl;
mod devices;
mod disabled;
mod discovery;
mod doors;
mod doors_table;
mod doors_world;
mod dpop;
mod dpop_nonces;
mod exchange;
mod factors;
mod family;
mod fapi;
mod first_at_home;
mod forgotten;
mod frames;
mod holders;
mod home;
mod home_switch;
mod house;
mod household_devices;
mod imported;
mod inspection;
mod isolation;
mod isolation_admin;
mod isolation_desks;
mod isolation_devices;
mod isolation_factors;
mod isolation_files;
mod isolation_homes;
mod isolation_registration;
mod isolation_rooms;
mod known_boxes;
mod letters;
mod lifecycle;
mod lives;
mod lockouts;
mod logout;
mod manuals;
mod manuals_tv;
mod model;
mod model_numbers;
mod moved;
mod nodes;
mod numbers_keys;
mod numbers_model;
mod oidc;
mod openapi;
mod operations;
mod origins;
mod own_pages;
mod parity;
mod parity_wish;
mod passkeys;
mod peers;
mod periods;
mod picture;
mod pins;
mod pins_page;
mod plain;
mod post;
mod programs;
mod pushed;
mod recovery;
mod refreshing;
mod registering;
mod related_origins;
mod resources;
mod restart;
mod second_factor;
mod security_page;
mod sessions_page;
mod signed_requests;
mod signin;
mod sms_online;
mod smtp;
mod store;
mod strangers;
mod terms;
mod texts;
mod tv_codes;
mod unreadable;
mod viewers;
mod waits;
mod walker;
mod walker_boxes;
mod walker_devices;
mod walker_model;
mod wanted;
mod world;
