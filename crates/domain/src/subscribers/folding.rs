//! Names and telephones as the search compares them: one spelling for what people write in many.
//!
//! A station's file has `ﾀｶﾊｼ ｼﾖｳｺ`, the letter タカハシ ショウコ, and the clerk types たかはししょうこ. What is kept is what was
//! written; what is folded stands beside it and is shown to nobody. Source: `docs/decisions/0054`.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// Dakuten and handakuten that stand for themselves until they meet their kana.
const MARKS: [char; 2] = ['\u{3099}', '\u{309a}'];

/// A name as it is compared: no matter whether in half or full width, hiragana or katakana, capital or small letters and
/// small or large kana; without long vowels, spaces, dots and whatever else is no letter or digit.
#[must_use]
pub fn fold_name(name: &str) -> String {
    let letters = name.nfkc().map(large).filter(|c| c.is_alphanumeric() || MARKS.contains(c));
    // ガ may have come as カ, a space and a dakuten: put together before what is left over is dropped.
    let together = composed(letters.collect());
    composed(together.chars().filter(|c| c.is_alphanumeric() && *c != 'ー').collect())
}

/// A name as its owner reads it: stations write half-width.
#[must_use]
pub fn shown_name(name: &str) -> String {
    name.nfkc().collect()
}

fn composed(text: String) -> String {
    if is_nfc(&text) { text } else { text.nfc().collect() }
}

/// A katakana for a hiragana, the large one for a small one; a small letter for a capital one.
fn large(c: char) -> char {
    let katakana = match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        _ => c.to_ascii_lowercase(),
    };
    match katakana {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        other => other,
    }
}

/// A telephone number as it is compared: its digits, those of Japan with a leading zero, those of elsewhere behind a plus.
#[must_use]
pub fn fold_telephone(telephone: &str) -> String {
    let plain: String = telephone.nfkc().collect();
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    match (plain.trim_start().starts_with('+'), digits.strip_prefix("81")) {
        // Many write +81 (0)90: the zero is the one we put there.
        (true, Some(rest)) => format!("0{}", rest.strip_prefix('0').unwrap_or(rest)),
        (true, None) => format!("+{digits}"),
        (false, _) => digits,
    }
}

/// Whether a text is written as telephone numbers are, and nothing else is in it.
#[must_use]
pub fn is_telephone(text: &str) -> bool {
    let between = |c: char| matches!(c, '+' | '-' | '(' | ')' | '.' | '‐' | '‑' | '–' | '−' | 'ー');
    let mut plain = text.nfkc();
    plain.all(|c| c.is_ascii_digit() || c.is_whitespace() || between(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_station_wrote_half_width_is_read_full_width() {
        assert_eq!(shown_name("ﾀｶﾊｼ ｼﾖｳｺﾞ"), "タカハシ シヨウゴ");
        assert_eq!(shown_name("たかはし　髙子㈱"), "たかはし 髙子(株)");
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        let ways = [
            "ﾀｶﾊｼ ｼﾖｳｺﾞ",
            "タカハシ　ショウゴ",
            "たかはししょうご",
            "タカハシ・シヨーウゴ",
            "タカハシ ショウコ゛",
            "たかはし  しょうこ\u{3099}",
        ];
        for way in ways {
            assert_eq!(fold_name(way), "タカハシシヨウゴ", "{way}");
        }
        assert_eq!(fold_name("ｶ)ＫＤＤＩ"), "カkddi");
        assert_eq!(fold_name("㈱ヴェーダ"), "株ヴエダ");
        assert_eq!(fold_name(" ー・-"), "");
        assert_ne!(fold_name("ハバ"), fold_name("ババ"), "a dakuten makes another name");
    }

    #[test]
    fn a_telephone_is_the_same_at_home_and_from_abroad() {
        for way in [
            "090-1234-5678",
            "０９０（１２３４）５６７８",
            "+81 90 1234 5678",
            " +81-(0)90-1234-5678",
        ] {
            assert_eq!(fold_telephone(way), "09012345678", "{way}");
            assert!(is_telephone(way), "{way}");
        }
        assert_eq!(fold_telephone("+1 (202) 555-0101"), "+12025550101");
        assert_eq!(fold_telephone("0120-000-000 (母)"), "0120000000");
        assert!(!is_telephone("A-001") && !is_telephone("0120-000-000 (母)"));
    }

    proptest::proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(text in "\\PC{0,40}", kana in "[ぁ-ヿｦ-ﾟ゛゜\u{3099}\u{309a} ]{0,20}") {
            for typed in [text, kana] {
                let folded = fold_name(&typed);
                proptest::prop_assert_eq!(fold_name(&folded), folded.clone(), "{:?}", typed);
                proptest::prop_assert!(folded.chars().all(char::is_alphanumeric), "{:?}", typed);
                let digits = fold_telephone(&typed);
                proptest::prop_assert_eq!(fold_telephone(&digits), digits, "{:?}", typed);
            }
        }

        #[test]
        fn width_script_and_what_stands_between_make_no_difference(
            name in "[アイウエオカガキギクグサシスタダチツテトナニヌハバパヒビピマミムヤユヨラリルレロワヲン]{1,12}",
            at in 0_usize..12,
            between in "[ 　・ー･ｰ.-]{0,2}",
        ) {
            let hiragana: String =
                name.chars().map(|c| char::from_u32(u32::from(c) - 0x60).unwrap()).collect();
            let cut = name.char_indices().nth(at).map_or(name.len(), |(byte, _)| byte);
            let (head, tail) = name.split_at(cut);
            let apart: String = name.nfd().collect();
            for way in [hiragana, format!("{head}{between}{tail}"), apart] {
                proptest::prop_assert_eq!(fold_name(&way), name.clone(), "{:?}", way);
            }
        }

        #[test]
        fn a_name_that_is_begun_is_the_beginning_of_the_folded_one(
            head in "[ぁ-んァ-ンー ]{0,8}",
            tail in "[あ-んア-ン ]{0,8}",
        ) {
            let whole = fold_name(&format!("{head}{tail}"));
            proptest::prop_assert!(whole.starts_with(&fold_name(&head)), "{} {}", head, tail);
        }
    }
}
