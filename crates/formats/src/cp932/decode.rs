//! From bytes to text, naming the first byte that is wrong.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::{DecoderResult, SHIFT_JIS};

/// What is wrong with a byte sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeProblem {
    /// The text ends after the first byte of a double-byte character.
    Truncated,
    /// No character of CP932 begins here.
    Invalid,
    /// A user-defined character (外字, F040–F9FC): it has no meaning outside the sender.
    UserDefined,
}

/// The first byte sequence that can not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    /// Bytes before the bad sequence, counted from 0.
    pub offset: usize,
    /// What is wrong there.
    pub problem: DecodeProblem,
}

impl DecodeError {
    /// The stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.problem {
            DecodeProblem::Truncated => "cp932.truncated",
            DecodeProblem::Invalid => "cp932.invalid",
            DecodeProblem::UserDefined => "cp932.user_defined",
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at byte {}", self.code(), self.offset)
    }
}

impl std::error::Error for DecodeError {}

/// The text of `bytes`; borrowed when it is plain ASCII.
///
/// # Errors
/// - `cp932.truncated` — half a double-byte character at the end
/// - `cp932.invalid` — a byte sequence that is no character
/// - `cp932.user_defined` — 外字
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    if bytes.is_ascii()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Ok(Cow::Borrowed(text));
    }
    if suspect(bytes).is_none()
        && let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)
    {
        return Ok(text);
    }
    Err(first_error(bytes))
}

/// Where the decoder would accept what we do not: the user-defined area and the lone 0x80.
fn suspect(bytes: &[u8]) -> Option<DecodeError> {
    let mut offset = 0;
    while let Some(&byte) = bytes.get(offset) {
        match byte {
            0x80 => return Some(DecodeError { offset, problem: DecodeProblem::Invalid }),
            0xF0..=0xF9 if bytes.get(offset + 1).copied().is_some_and(is_trail) => {
                return Some(DecodeError { offset, problem: DecodeProblem::UserDefined });
            }
            0x81..=0x9F | 0xE0..=0xFC => offset += 2,
            _ => offset += 1,
        }
    }
    None
}

const fn is_trail(byte: u8) -> bool {
    matches!(byte, 0x40..=0x7E | 0x80..=0xFC)
}

const fn is_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0x9F | 0xE0..=0xFC)
}

/// The error that stands first: what the decoder refuses, or what we refuse beyond it.
fn first_error(bytes: &[u8]) -> DecodeError {
    let refused = refused_by_decoder(bytes);
    match (suspect(bytes), refused) {
        (Some(suspect), Some(refused)) if refused.offset < suspect.offset => refused,
        (Some(suspect), _) => suspect,
        (None, Some(refused)) => refused,
        (None, None) => DecodeError { offset: bytes.len(), problem: DecodeProblem::Truncated },
    }
}

fn refused_by_decoder(bytes: &[u8]) -> Option<DecodeError> {
    let mut decoder = SHIFT_JIS.new_decoder_without_bom_handling();
    let mut text = vec![0; decoder.max_utf8_buffer_length_without_replacement(bytes.len())?];
    let (result, read, _) = decoder.decode_to_utf8_without_replacement(bytes, &mut text, true);
    let DecoderResult::Malformed(bad, after) = result else { return None };
    let offset = read.saturating_sub(usize::from(bad) + usize::from(after));
    let rest = bytes.get(offset..).unwrap_or_default();
    let truncated = matches!(rest, [lead] if is_lead(*lead));
    let problem = if truncated { DecodeProblem::Truncated } else { DecodeProblem::Invalid };
    Some(DecodeError { offset, problem })
}
