//! Wire formats, pure: bytes in, plain structs out, and back.
//!
//! Floor 0. Nothing here opens a file or a socket, reads a clock, or knows an operator, a contract
//! or a person; every error says where it stands (byte, line, column, parameter) and has a stable
//! code. One module per format, named after the format.

pub mod authzen;
pub mod certificate;
pub mod cp932;
pub mod dsn;
pub mod jose;
pub mod json;
pub mod oauth;
pub mod problem;
pub mod sms;
pub mod webhook;
