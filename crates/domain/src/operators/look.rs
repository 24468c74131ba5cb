//! How a station's pages look: its logo, its one colour by day and by night, a greeting, and whom to ask.
//!
//! Kept in the operator's own row, so that no page asks for it. Source: issue 4, §1; `docs/decisions/0062`.

use base::kernel::{Change, Error, Result};
use base::records::{Entry, record};
use base::store::Tx;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::colour::{Rgb, contrast, read_colour, write_colour};
use super::logo::find_logo;
use super::publishing::{Facts, Publishing, facts_of, kept};
use super::repo;
use super::stations::find_operator;

/// What text needs, of any size. Source: Web Content Accessibility Guidelines 2.2 §1.4.3.
pub const LEAST_CONTRAST: f64 = 4.5;
/// What pages put the accent on by day, and what stands on it; a test compares these with the style sheet.
pub const AROUND_BY_DAY: [(&str, Rgb); 4] = [
    ("on-accent", [0xff, 0xff, 0xff]),
    ("paper", [0xfb, 0xfa, 0xf7]),
    ("sheet", [0xff, 0xff, 0xff]),
    ("alarm-paper", [0xfd, 0xec, 0xeb]),
];
/// And by night.
pub const AROUND_BY_NIGHT: [(&str, Rgb); 4] = [
    ("on-accent", [0x06, 0x22, 0x2c]),
    ("paper", [0x14, 0x18, 0x1c]),
    ("sheet", [0x1d, 0x23, 0x29]),
    ("alarm-paper", [0x3a, 0x15, 0x12]),
];
/// Longest greeting, in characters.
const LONGEST_GREETING: usize = 120;
/// Longest text about whom to ask.
const LONGEST_HELP: usize = 120;
/// Longest address.
const LONGEST_URL: usize = 300;

/// What a station says about its pages; what is empty is as it is without.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Look {
    /// The digest of its logo.
    pub logo: String,
    /// The colour of buttons and links by day, `#0b5c76`.
    pub accent_day: String,
    /// And by night.
    pub accent_night: String,
    /// What stands above the sign-in, in Japanese.
    pub greeting_ja: String,
    /// And in English.
    pub greeting_en: String,
    /// A page that helps, `https://…`.
    pub help_url: String,
    /// Telephone and hours in Japanese.
    pub help_ja: String,
    /// And in English.
    pub help_en: String,
}

/// The colours of a station: by day and by night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// By day.
    pub day: Rgb,
    /// By night.
    pub night: Rgb,
}

/// Where a colour stands out least: on which token of the style sheet, and how far.
#[must_use]
pub fn weakest(colour: Rgb, around: &[(&'static str, Rgb)]) -> (&'static str, f64) {
    let apart = around.iter().map(|(name, other)| (*name, contrast(colour, *other)));
    apart.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or(("", 21.0))
}

impl Look {
    /// Reads what is stored.
    pub(super) fn parse(stored: &str) -> Result<Self> {
        serde_json::from_str(stored).map_err(Error::internal)
    }

    pub(super) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    /// Each field by its name.
    #[must_use]
    pub fn facts(&self) -> Facts {
        facts_of("", self)
    }

    /// Its colours, if it has its own.
    #[must_use]
    pub fn accent(&self) -> Option<Accent> {
        let (day, night) = (read_colour(&self.accent_day)?, read_colour(&self.accent_night)?);
        Some(Accent { day, night })
    }

    /// The same as it is kept: without what stands around texts, colours and the address written one way.
    ///
    /// # Errors
    /// Each names the field:
    /// - `field.required` — a colour for the day without one for the night, or the other way round
    /// - `look.colour_malformed` — not `#` and six hexadecimal digits
    /// - `look.contrast_low` — it does not stand out enough, by day or by night; says how far it does, and on what
    /// - `field.too_long` — a text, or one with characters that are none
    /// - `look.address_malformed` — not `https://` and a host
    pub fn checked(&self) -> Result<Self> {
        let (day, night) = (self.accent_day.trim(), self.accent_night.trim());
        for (field, text, other) in [("accent_day", day, night), ("accent_night", night, day)] {
            if text.is_empty() && !other.is_empty() {
                return Err(Error::invalid("field.required", field));
            }
        }
        Ok(Self {
            logo: self.logo.trim().to_owned(),
            accent_day: colour(("accent_day", day), &AROUND_BY_DAY)?,
            accent_night: colour(("accent_night", night), &AROUND_BY_NIGHT)?,
            greeting_ja: text(("greeting_ja", &self.greeting_ja), LONGEST_GREETING)?,
            greeting_en: text(("greeting_en", &self.greeting_en), LONGEST_GREETING)?,
            help_url: address("help_url", &self.help_url)?,
            help_ja: text(("help_ja", &self.help_ja), LONGEST_HELP)?,
            help_en: text(("help_en", &self.help_en), LONGEST_HELP)?,
        })
    }
}

fn colour((field, text): (&str, &str), around: &[(&'static str, Rgb)]) -> Result<String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let malformed = || Error::invalid("look.colour_malformed", field);
    let colour = read_colour(text).ok_or_else(malformed)?;
    let (behind, apart) = weakest(colour, around);
    if apart < LEAST_CONTRAST {
        let apart = (apart * 10.0).floor() / 10.0;
        let told = format!("{field}: {apart:.1} on {behind}, {LEAST_CONTRAST} needed");
        return Err(Error::invalid("look.contrast_low", told));
    }
    Ok(write_colour(colour))
}

fn text((field, text): (&str, &str), longest: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(Error::invalid("field.too_long", field));
    }
    Ok(text.to_owned())
}

/// An address a browser may be led to: over https, and nothing that could be run.
fn address(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let read = Url::parse(text).ok().filter(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        url.scheme() == "https" && url.host_str().is_some_and(|host| host.contains('.')) && plain
    });
    let read = read.map(String::from).filter(|url| url.len() <= LONGEST_URL);
    read.ok_or_else(|| Error::invalid("look.address_malformed", field))
}

/// Changes how the pages of this scope's operator look; what is so already is answered so.
///
/// # Errors
/// - `operator.unknown`
/// - those of [`Look::checked`]
/// - `look.logo_unknown` — no such logo was brought in (`add_logo`)
pub fn put_look(tx: &mut Tx<'_>, look: &Look) -> Result<Change> {
    put(tx, look, None)
}

/// As [`put_look`], by somebody who saw how the pages looked, and says why. What is so already is answered so, whatever was
/// seen.
///
/// # Errors
/// - those of [`put_look`]
/// - `field.required`, `field.too_long` naming `why`
/// - `masters.changed_meanwhile` — somebody else changed it: look at it again
pub fn publish_look(tx: &mut Tx<'_>, look: &Look, publishing: &Publishing) -> Result<Change> {
    put(tx, look, Some((publishing.why()?, publishing)))
}

fn put(tx: &mut Tx<'_>, look: &Look, by: Option<(&str, &Publishing)>) -> Result<Change> {
    repo::hold(tx)?;
    let known = find_operator(tx)?;
    let look = look.checked()?;
    if look == known.look {
        return Ok(Change::Already);
    }
    let (before, after) = (known.look.facts(), look.facts());
    let why = match by {
        Some((why, publishing)) => {
            publishing.check_seen(Some(&before))?;
            why
        }
        None => "",
    };
    if !look.logo.is_empty() {
        find_logo(tx, &look.logo)?;
    }
    repo::set_look(tx, &look)?;
    tx.touch(None);
    let detail = kept(json!({}), (Some(&before), &after), why);
    let entry = Entry::new("look.changed", &known.code).version(known.version + 1);
    record(tx, &entry.detail(detail))?;
    Ok(Change::Made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(look: &Look) -> (&'static str, String) {
        match look.checked().unwrap_err() {
            Error::Invalid { code, field } => (code, field),
            other => panic!("{other:?}"),
        }
    }

    fn coloured(day: &str, night: &str) -> Look {
        Look { accent_day: day.to_owned(), accent_night: night.to_owned(), ..Look::default() }
    }

    #[test]
    fn a_colour_stands_out_by_day_and_by_night_or_is_refused_with_how_far_it_does() {
        let good = coloured(" #0B5C76 ", "#7ecbe4").checked().unwrap();
        assert_eq!((&*good.accent_day, &*good.accent_night), ("#0b5c76", "#7ecbe4"));
        let (code, field) = refused(&coloured("#7ecbe4", "#7ecbe4"));
        assert_eq!(code, "look.contrast_low");
        assert_eq!(field, "accent_day: 1.5 on alarm-paper, 4.5 needed");
        let (code, field) = refused(&coloured("#0b5c76", "#0b5c76"));
        assert_eq!((code, field.starts_with("accent_night: ")), ("look.contrast_low", true));
        for bad in ["0b5c76", "#0b5c7", "#0b5c7g", "#0b5c76;}", "red", "#+b5c76", "url(#a)"] {
            let told = refused(&coloured(bad, "#7ecbe4"));
            assert_eq!(told, ("look.colour_malformed", "accent_day".to_owned()), "{bad}");
        }
        let told = refused(&coloured("#0b5c76", " "));
        assert_eq!(told, ("field.required", "accent_night".to_owned()));
    }

    #[test]
    fn help_is_led_to_over_https_and_nothing_else() {
        let help = |url: &str| Look { help_url: url.to_owned(), ..Look::default() };
        let read = help(" HTTPS://Help.Example.jp/よくある?a=1 ").checked().unwrap().help_url;
        assert!(read.starts_with("https://help.example.jp/%E3%82%88") && read.ends_with("?a=1"));
        for bad in [
            "javascript:alert(1)",
            "http://help.example.jp/",
            "//help.example.jp",
            "/help",
            "https://",
            "https://localhost/",
            "https://somebody:secret@help.example.jp/",
            "data:text/html,x",
            "java\nscript:alert(1)",
        ] {
            let told = refused(&help(bad));
            assert_eq!(told, ("look.address_malformed", "help_url".to_owned()), "{bad}");
        }
    }

    #[test]
    fn a_text_is_short_and_of_one_line() {
        let greeting = |text: String| Look { greeting_ja: text, ..Look::default() };
        greeting("あ".repeat(LONGEST_GREETING)).checked().unwrap();
        for bad in ["あ".repeat(LONGEST_GREETING + 1), "a\nb".to_owned()] {
            assert_eq!(refused(&greeting(bad)), ("field.too_long", "greeting_ja".to_owned()));
        }
    }
}
