//! Who, what and when somebody asks about, where there is no number on the screen.

use base::kernel::{Error, Instant, Result};
use domain::decisions::WhyAsked;
use formats::oauth::Parameters;

/// Who, what and when, as it was filled in.
#[derive(Default)]
pub(super) struct About {
    pub(super) number: String,
    pub(super) person: String,
    pub(super) title: String,
    pub(super) at: String,
}

impl About {
    pub(super) fn of(query: &Parameters<'_>) -> Self {
        let get = |name| query.get(name).unwrap_or_default().trim().to_owned();
        Self {
            number: get("number").to_ascii_uppercase(),
            person: get("person"),
            title: get("title"),
            at: get("at"),
        }
    }

    /// What that asks.
    ///
    /// # Errors
    /// `person.number_invalid`; `time.malformed`
    pub(super) fn asked(&self) -> Result<WhyAsked> {
        let person_no = match self.person.as_str() {
            "" => 0,
            typed => typed
                .parse()
                .ok()
                .filter(|no| (1..=999).contains(no))
                .ok_or_else(|| Error::invalid("person.number_invalid", "person"))?,
        };
        let at = match self.at.as_str() {
            "" => None,
            // As a browser sends it: 2026-11-29T20:30, perhaps with seconds.
            typed => {
                let mut digits: String = typed.chars().filter(char::is_ascii_digit).collect();
                if digits.len() == 12 {
                    digits.push_str("00");
                }
                Some(Instant::parse_compact_jst(&digits, "at")?)
            }
        };
        let (number, what) = (self.number.clone(), self.title.clone());
        Ok(WhyAsked { number, person_no, what, at })
    }
}
