//! From text to bytes, naming the first character that has no place.

use std::fmt;

use encoding_rs::{EncoderResult, SHIFT_JIS};

use super::transliterate::transliterate;

/// A character that CP932 does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmappable {
    /// The character.
    pub character: char,
    /// Bytes of the text (UTF-8) before it, counted from 0.
    pub offset: usize,
}

impl Unmappable {
    /// The stable dotted code.
    pub const CODE: &'static str = "cp932.unmappable";
}

impl fmt::Display for Unmappable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, point) = (Self::CODE, u32::from(self.character));
        write!(out, "{code} U+{point:04X} at byte {}", self.offset)
    }
}

impl std::error::Error for Unmappable {}

/// The bytes of `text`, exactly: what [`super::decode()`] reads back is `text`.
///
/// # Errors
/// `cp932.unmappable` with the character and its byte offset.
pub fn encode(text: &str) -> Result<Vec<u8>, Unmappable> {
    if text.is_ascii() {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some((offset, character)) = text.char_indices().find(|(_, each)| is_folded(*each)) {
        let earlier = text.get(..offset).and_then(|before| encode_all(before).err());
        return Err(earlier.unwrap_or(Unmappable { character, offset }));
    }
    encode_all(text)
}

/// As [`encode`], after the table of [`super::TRANSLITERATIONS`]: 〜 becomes ～.
///
/// # Errors
/// `cp932.unmappable` when neither the character nor its transliteration has a place; the offset
/// counts bytes of `text` as given.
pub fn encode_transliterated(text: &str) -> Result<Vec<u8>, Unmappable> {
    if text.is_ascii() {
        return Ok(text.as_bytes().to_vec());
    }
    let written: String = text.chars().map(transliterate).collect();
    encode(&written).map_err(|error| {
        let before = written.get(..error.offset).map_or(0, |start| start.chars().count());
        let offset = text.char_indices().nth(before).map_or(text.len(), |(at, _)| at);
        Unmappable { offset, ..error }
    })
}

/// How many bytes a character takes in a fixed-width record: one for ASCII and half-width kana,
/// two for all else (also for characters that CP932 does not have).
#[must_use]
pub const fn width(character: char) -> usize {
    match character {
        '\0'..='\u{7F}' | '\u{FF61}'..='\u{FF9F}' => 1,
        _ => 2,
    }
}

/// Characters the WHATWG encoder silently folds into another one.
const fn is_folded(character: char) -> bool {
    matches!(character, '\u{80}' | '\u{A5}' | '\u{203E}' | '\u{2212}')
}

fn encode_all(text: &str) -> Result<Vec<u8>, Unmappable> {
    let mut encoder = SHIFT_JIS.new_encoder();
    // Never more bytes than UTF-8 has: two for three, one for one, one for three (half-width).
    let mut bytes = vec![0; text.len() + 2];
    let (result, read, written) =
        encoder.encode_from_utf8_without_replacement(text, &mut bytes, true);
    if let EncoderResult::Unmappable(character) = result {
        return Err(Unmappable { character, offset: read.saturating_sub(character.len_utf8()) });
    }
    bytes.truncate(written);
    Ok(bytes)
}
