//! Whether a new password is one that everybody tries first.
//!
//! No rule about kinds of characters: what is looked for is what is left of a password when everything that
//! is common has been taken out of it. Source: NIST SP 800-63B §5.1.1.2 (lists, repetition and sequences,
//! words of the context); brief tve §12.3.

use std::collections::HashSet;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization as _;

/// Words that stand in every list of common passwords, and their Japanese kin. Compiled by us.
const WORDS: &str = include_str!("common.txt");
/// Rows of keyboards, in both directions: runs of four of them are nobody's secret.
const ROWS: [&str; 8] = [
    "1234567890-^",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "0987654321",
    "poiuytrewq",
    "lkjhgfdsa",
    "mnbvcxz",
];
/// Columns of a keyboard, as fingers walk them.
const COLUMNS: [&str; 12] = [
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik,",
    "9ol.",
    "0p;/",
];
/// So many characters that are nothing common are what makes a password of its own.
const OWN: usize = 6;
/// What repeats within so many characters says nothing new.
const PERIOD: usize = 4;
/// A run of the alphabet, of digits or of a keyboard counts from here on.
const RUN: usize = 3;

fn words() -> &'static HashSet<&'static str> {
    static ALL: OnceLock<HashSet<&'static str>> = OnceLock::new();
    ALL.get_or_init(|| WORDS.split_whitespace().collect())
}

/// The letters a password is made of, in whatever width and case they were written.
fn plain(text: &str) -> Vec<char> {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

/// The letter a digit or sign stands for.
const fn meant(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether so much of `password` is common that it is guessed first. `own`: words that are known of the
/// person, such as the login id and the station's name.
pub(super) fn is_guessable(password: &str, own: &[&str]) -> bool {
    let own: Vec<Vec<char>> = own
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).chain([*text]))
        .map(plain)
        .filter(|word| word.len() >= RUN)
        .collect();
    left(&plain(password), &own) < OWN
}

/// How many characters are left that are nothing common; what comes again counts once.
fn left(text: &[char], own: &[Vec<char>]) -> usize {
    let (mut at, mut kept) = (0, Vec::new());
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let taken = common_start(rest, own);
        if taken == 0 {
            kept.extend(rest.first());
        }
        at += taken.max(1);
    }
    without_repetition(&kept)
}

/// How many characters at the start of `rest` are something common; the longest such thing.
fn common_start(rest: &[char], own: &[Vec<char>]) -> usize {
    let is_word = |length: &usize| {
        let text: String = rest.iter().take(*length).collect();
        let read: String = rest.iter().take(*length).copied().map(meant).collect();
        words().contains(text.as_str()) || words().contains(read.as_str())
    };
    let word = (2..=rest.len().min(24)).rev().find(is_word).unwrap_or(0);
    let known = own.iter().filter(|word| rest.starts_with(word)).map(Vec::len).max().unwrap_or(0);
    [word, known, run(rest), keyboard(rest), date(rest)].into_iter().max().unwrap_or(0)
}

/// A run like `1234`, `cba` or `aaaa`.
fn run(rest: &[char]) -> usize {
    let steps = rest.windows(2).map(|pair| match pair {
        [first, second] => u32::from(*second).wrapping_sub(u32::from(*first)),
        _ => 2,
    });
    let mut steps = steps.peekable();
    let Some(step) = steps.peek().copied().filter(|step| [0, 1, u32::MAX].contains(step)) else {
        return 0;
    };
    let length = steps.take_while(|next| *next == step).count() + 1;
    if length >= RUN { length } else { 0 }
}

/// A walk over neighbouring keys.
fn keyboard(rest: &[char]) -> usize {
    let of = |keys: &str| {
        let keys: Vec<char> = keys.chars().collect();
        let starts = (0..keys.len()).map(|from| {
            let keys = keys.get(from..).unwrap_or_default();
            keys.iter().zip(rest).take_while(|(key, typed)| key == typed).count()
        });
        starts.max().unwrap_or(0)
    };
    let longest = ROWS.iter().chain(&COLUMNS).map(|keys| of(keys)).max().unwrap_or(0);
    if longest > RUN { longest } else { 0 }
}

/// A year, a day of the year, or both: `1985`, `0401`, `19850401`.
fn date(rest: &[char]) -> usize {
    let digits: Option<Vec<u32>> = rest.iter().take(4).map(|c| c.to_digit(10)).collect();
    match digits.as_deref() {
        Some([a, b, c, d]) => {
            let (first, last) = (a * 10 + b, c * 10 + d);
            let year = first == 19 || first == 20;
            let day = (1..=12).contains(&first) && (1..=31).contains(&last);
            if year || day { 4 } else { 0 }
        }
        _ => 0,
    }
}

/// The length without what only comes again.
fn without_repetition(text: &[char]) -> usize {
    let repeats = |period: usize| {
        let again = text.iter().zip(text.iter().skip(period));
        text.len() > period && again.clone().count() > 0 && { again }.all(|(a, b)| a == b)
    };
    let period = (1..=PERIOD).find(|period| repeats(*period));
    let distinct = text.iter().collect::<HashSet<_>>().len();
    period.unwrap_or(text.len()).min(if distinct <= 2 { distinct } else { text.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_first_is_refused_however_it_is_written() {
        for bad in [
            "password1234",
            "P@ssw0rd1234",
            "P@ssword123456",
            "ＰＡＳＳＷＯＲＤ１２３４",
            "passwordpassword",
            "123456789012",
            "abcdefghijklm",
            "qwertyuiop12",
            "1qaz2wsx3edc",
            "1q2w3e4r5t6y",
            "aaaaaaaaaaaa",
            "ababababababab",
            "sakura19850401",
            "iloveyou12345",
            "さくらさくらさくらさくら",
            "パスワードパスワード12",
            "aishiteru2024",
            "tanaka tarou 0401",
            "admin!admin!admin!",
        ] {
            assert!(is_guessable(bad, &[]), "{bad}");
        }
    }

    #[test]
    fn the_names_everybody_knows_are_no_secret() {
        let own = ["takahasi_hanako", "北浜ケーブル", "Kitahama Cable"];
        for bad in
            ["takahasi_hanako1", "kitahama2024!", "北浜ケーブル北浜ケーブル", "hanakohanako99"]
        {
            assert!(is_guessable(bad, &own), "{bad}");
        }
        assert!(!is_guessable("hanako likes raindrops", &own));
    }

    #[test]
    fn a_few_words_of_ones_own_are_taken() {
        for good in [
            "kita no hama no toudai",
            "ねこは３匹いれば十分です。",
            "みじかくないことばです。",
            "a long enough password",
            "another long password",
            "correct horse battery staple",
            "x7Gp2vQm9Lw4",
            "sakura ga saita michi wo aruku",
            "雨の日の味噌汁はうまい",
        ] {
            assert!(!is_guessable(good, &[]), "{good}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed_is_answered_and_what_is_all_known_is_refused(
            text in ".{0,80}",
            own in ".{0,20}",
        ) {
            is_guessable(&text, &[&own]);
            let longer_than_a_run = plain(&own).len() >= RUN;
            proptest::prop_assert!(!longer_than_a_run || is_guessable(&own, &[&own]), "{own}");
        }
    }
}
