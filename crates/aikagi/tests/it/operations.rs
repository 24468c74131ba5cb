//! Running it: configuration, start and end, applying files, telling receivers.

mod applying;
mod argon2;
mod backchannel;
mod clients;
mod configuration;
mod demo;
mod guard;
mod letters;
mod master;
mod others;
mod patience;
mod performing;
mod persons;
mod program;
mod serving;
mod sms_files;
mod tls;
mod unsafe_values;
mod webhooks;

pub use program::{Ended, Folder, PATIENCE, Server, eventually, program};
