//! CP932 (windows-31j), the character set of the stations' files, read and written without
//! ever replacing a character.
//!
//! CP932 is Shift_JIS plus the NEC special characters (①, ㈱) and the IBM extensions (髙, 﨑).
//! The usual encoder writes `&#134071;` for 𠮷 and `&#12316;` for 〜 without a word; here a
//! character that has no place is an error with its byte offset, or goes through the
//! table in [`TRANSLITERATIONS`]. The user-defined area F040–F9FC (外字) means something else at
//! every station and is always an error.
//!
//! Bytes read from the NEC selection of IBM extensions (ED40–EEFC) are written back at their IBM
//! place (FA40–FC4B), as Windows does; all other bytes survive a round trip.
//!
//! Source: WHATWG Encoding (Shift_JIS), Microsoft code page 932; `docs/decisions/0018-cp932-without-replacement.md`.

mod decode;
mod encode;
mod transliterate;

pub use decode::{DecodeError, DecodeProblem, decode};
pub use encode::{Unmappable, encode, encode_transliterated, width};
pub use transliterate::{TRANSLITERATIONS, Transliteration, transliterate};

#[cfg(test)]
mod tests;
