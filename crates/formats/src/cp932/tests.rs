//! Golden bytes: what Windows writes for the names stations really have.

use proptest::prelude::*;

use super::*;

#[test]
fn vendor_characters_have_the_bytes_windows_writes() {
    let golden: [(&str, &[u8]); 8] = [
        ("髙", &[0xFB, 0xFC]),
        ("﨑", &[0xFA, 0xB1]),
        ("㈱", &[0x87, 0x8A]),
        ("①", &[0x87, 0x40]),
        ("～", &[0x81, 0x60]),
        ("ｹｰﾌﾞﾙ ﾀﾛｳ", b"\xB9\xB0\xCC\xDE\xD9 \xC0\xDB\xB3"),
        ("表", &[0x95, 0x5C]),
        ("A\\~", b"A\\~"),
    ];
    for (text, bytes) in golden {
        assert_eq!(encode(text).as_deref(), Ok(bytes), "{text}");
        assert_eq!(decode(bytes).as_deref(), Ok(text), "{text}");
    }
}

#[test]
fn the_nec_copies_of_ibm_characters_are_read() {
    assert_eq!(decode(&[0xEE, 0xE0]).as_deref(), Ok("髙"));
    assert_eq!(decode(&[0xED, 0x95]).as_deref(), Ok("﨑"));
}

#[test]
fn a_character_without_a_place_is_an_error_with_its_offset() {
    assert_eq!(encode("𠮷野"), Err(Unmappable { character: '𠮷', offset: 0 }));
    assert_eq!(encode("東京 𠮷野"), Err(Unmappable { character: '𠮷', offset: 7 }));
    assert_eq!(encode("10〜12"), Err(Unmappable { character: '〜', offset: 2 }));
    assert_eq!(encode("é−"), Err(Unmappable { character: 'é', offset: 0 }), "the first one");
    assert_eq!(encode_transliterated("〜𠮷"), Err(Unmappable { character: '𠮷', offset: 3 }));
    assert_eq!(encode_transliterated("\u{A0}𠮷").unwrap_err().offset, 2, "counted as given");
}

#[test]
fn every_line_of_the_table_leads_into_cp932() {
    for line in TRANSLITERATIONS {
        assert!(encode(&line.from.to_string()).is_err(), "{line:?} would not be needed");
        let bytes = encode_transliterated(&line.from.to_string()).unwrap();
        assert_eq!(decode(&bytes).unwrap(), line.to.to_string(), "{line:?}");
    }
}

#[test]
fn bad_bytes_are_named_by_offset() {
    let at = |offset, problem| Err(DecodeError { offset, problem });
    assert_eq!(decode(b"ab\x95"), at(2, DecodeProblem::Truncated));
    assert_eq!(decode(b"\x95\x5C\x81\x20x"), at(2, DecodeProblem::Invalid));
    assert_eq!(decode(b"a\x80"), at(1, DecodeProblem::Invalid));
    assert_eq!(decode(b"a\xA0"), at(1, DecodeProblem::Invalid));
    assert_eq!(decode(b"a\xFF"), at(1, DecodeProblem::Invalid));
    assert_eq!(decode(b"\x93\xF0\x40\xF0\x40"), at(3, DecodeProblem::UserDefined));
    assert_eq!(decode(b"\xF9\xFC"), at(0, DecodeProblem::UserDefined));
    assert_eq!(decode(b"\xF9"), at(0, DecodeProblem::Truncated));
    assert_eq!(decode(b"\xA0\xF0\x40"), at(0, DecodeProblem::Invalid), "the first one");
}

#[test]
fn widths_are_the_bytes_written() {
    for text in ["A", "ｱ", "ﾟ", "髙", "〒", "　", "¨", "α"] {
        let character = text.chars().next().unwrap();
        assert_eq!(encode(text).unwrap().len(), width(character), "{text}");
    }
}

proptest! {
    #[test]
    fn text_survives_or_is_refused(text in "[ -~ｦ-ﾟあ-ん一-龠髙﨑①-⑳㈱～𠮷〜é]{0,40}") {
        match encode(&text) {
            Ok(bytes) => prop_assert_eq!(decode(&bytes).unwrap(), text),
            Err(error) => {
                prop_assert_eq!(text[error.offset..].chars().next(), Some(error.character));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_in_range(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        match decode(&bytes) {
            Ok(text) => prop_assert!(encode(&text).is_ok()),
            Err(error) => {
                prop_assert!(error.offset < bytes.len());
                prop_assert!(decode(&bytes[..error.offset]).is_ok());
            }
        }
    }
}
