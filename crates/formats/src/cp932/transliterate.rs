//! The one table of characters that may be written as another one.
//!
//! JIS and Microsoft map the same seven byte pairs to different Unicode characters, so text typed
//! on one system carries the other one's character. They look alike and mean the same; only such
//! pairs stand here. A name is never changed: 𠮷 is not 吉.

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transliteration {
    /// The character as it comes.
    pub from: char,
    /// The character of CP932 written for it.
    pub to: char,
    /// Why the two are the same.
    pub because: &'static str,
}

const fn line(from: char, to: char, because: &'static str) -> Transliteration {
    Transliteration { from, to, because }
}

/// All characters that may be written as another one.
pub static TRANSLITERATIONS: &[Transliteration] = &[
    line('\u{301C}', '\u{FF5E}', "8160: wave dash in JIS, full-width tilde at Microsoft"),
    line('\u{2016}', '\u{2225}', "8161: double vertical line in JIS, parallel to at Microsoft"),
    line('\u{2212}', '\u{FF0D}', "817C: minus sign in JIS, full-width hyphen at Microsoft"),
    line('\u{00A2}', '\u{FFE0}', "8191: cent sign in JIS, full-width at Microsoft"),
    line('\u{00A3}', '\u{FFE1}', "8192: pound sign in JIS, full-width at Microsoft"),
    line('\u{00AC}', '\u{FFE2}', "81CA: not sign in JIS, full-width at Microsoft"),
    line('\u{2014}', '\u{2015}', "815C: em dash in JIS, horizontal bar at Microsoft"),
    line('\u{00A5}', '\u{FFE5}', "818F: the yen sign of JIS X 0201 is a backslash in CP932"),
    line('\u{203E}', '\u{FFE3}', "8150: the overline of JIS X 0201 is a tilde in CP932"),
    line('\u{00A6}', '\u{FFE4}', "FA55: broken bar, full-width at Microsoft"),
    line('\u{2011}', '\u{2010}', "815D: the non-breaking hyphen differs in layout only"),
    line('\u{00A0}', ' ', "20: the non-breaking space differs in layout only"),
];

/// The character to write for `character`: itself, unless the table says otherwise.
#[must_use]
pub fn transliterate(character: char) -> char {
    if character.is_ascii() {
        return character;
    }
    TRANSLITERATIONS.iter().find(|line| line.from == character).map_or(character, |line| line.to)
}
