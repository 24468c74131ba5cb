//! The words of pages and problems: `words/ja.toml` and `words/en.toml`, embedded.
//!
//! Source: `docs/decisions/0016-words-in-toml.md`. The house tests compare both files with each other
//! and with every code that is raised.

use std::collections::HashMap;
use std::sync::OnceLock;

use base::kernel::Instant;

use crate::Language;

type Table = HashMap<String, String>;

struct Words {
    japanese: Table,
    english: Table,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| Words {
        japanese: read(include_str!("../words/ja.toml")),
        english: read(include_str!("../words/en.toml")),
    })
}

/// Keys with their table in front: `errors.contract.unknown`, `pages.signin.title`.
fn read(text: &str) -> Table {
    let mut flat = Table::new();
    let parsed: toml::Table = text.parse().unwrap_or_default();
    let mut open: Vec<(String, toml::Value)> = parsed.into_iter().collect();
    while let Some((key, value)) = open.pop() {
        match value {
            toml::Value::Table(table) => {
                open.extend(
                    table.into_iter().map(|(name, value)| (format!("{key}.{name}"), value)),
                );
            }
            toml::Value::String(text) => drop(flat.insert(key, text)),
            _ => {}
        }
    }
    flat
}

/// The text of a page key (`signin.title`); the key itself when it has none.
#[must_use]
pub fn page(language: Language, key: &'static str) -> &'static str {
    find(language, "pages", key)
}

/// The text of a page key that is put together from what the books say (`console.act.contract.suspended`); none: it has none.
#[must_use]
pub fn page_if_any(language: Language, key: &str) -> Option<&'static str> {
    words_in(language).get(&format!("pages.{key}")).map(String::as_str)
}

/// The text of an error code; the code itself when it has none.
#[must_use]
pub fn error(language: Language, code: &'static str) -> &'static str {
    find(language, "errors", code)
}

/// The text of a code that comes in an answer, not from our hand: a refusal, or a note (`note.…`). The code itself when it
/// has none.
#[must_use]
pub fn answer_code(language: Language, code: &str) -> String {
    let table = if code.starts_with("note.") { "pages" } else { "errors" };
    let text = words_in(language).get(&format!("{table}.{code}"));
    text.map_or(code, String::as_str).to_owned()
}

/// The text of a page key with every `{name}` replaced.
#[must_use]
pub fn fill(language: Language, key: &'static str, values: &[(&str, &str)]) -> String {
    let mut text = page(language, key).to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// The text of a page key with an instant in it, as clocks in Japan show it: `{year}`, `{month}`, `{day}`, `{hour}`,
/// `{minute}`. In Japanese, months and days are written without a zero in front: 12月6日.
#[must_use]
pub fn fill_at(language: Language, key: &'static str, at: Instant) -> String {
    let at = at.compact_jst();
    let part = |from: usize, to: usize| at.get(from..to).unwrap_or_default();
    let plain = |part: &'_ str| match language {
        Language::Japanese => part.trim_start_matches('0').to_owned(),
        Language::English => part.to_owned(),
    };
    let (month, day) = (plain(part(4, 6)), plain(part(6, 8)));
    let values = [
        ("year", part(0, 4)),
        ("month", &month),
        ("day", &day),
        ("hour", part(8, 10)),
        ("minute", part(10, 12)),
    ];
    fill(language, key, &values)
}

fn find(language: Language, table: &str, key: &'static str) -> &'static str {
    words_in(language).get(&format!("{table}.{key}")).map_or(key, String::as_str)
}

fn words_in(language: Language) -> &'static Table {
    match language {
        Language::Japanese => &words().japanese,
        Language::English => &words().english,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read_and_an_unknown_key_shows_itself() {
        assert_eq!(
            error(Language::English, "unavailable"),
            "This is not available at the moment. Please try again later."
        );
        assert_ne!(error(Language::Japanese, "unavailable"), "unavailable");
        assert_eq!(page(Language::Japanese, "no.such"), "no.such");
    }

    #[test]
    fn a_day_is_written_as_its_readers_write_it() {
        let at = Instant::parse_compact_jst("20261206090500", "at").unwrap();
        let told = |language| fill_at(language, "letter.until.day", at);
        assert_eq!(told(Language::Japanese), "2026年12月6日 09:05 まで（一回限り）");
        assert_eq!(told(Language::English), "2026-12-06 09:05, once");
    }
}
