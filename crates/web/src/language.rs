//! Which of our two languages a reader gets.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

/// A language of ours; Japanese unless the reader asks for English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 日本語
    #[default]
    Japanese,
    /// English
    English,
}

impl Language {
    /// The tag in `lang` attributes.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// The language of a tag such as `en` or `ja-JP`, if it is one of ours.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "ja" => Some(Self::Japanese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The first of ours in a list of tags separated by spaces (`ui_locales`).
    /// Source: OpenID Connect Core §3.1.2.1.
    #[must_use]
    pub fn of_list(tags: &str) -> Option<Self> {
        tags.split(' ').find_map(Self::of_tag)
    }

    /// What the browser prefers. Source: RFC 9110 §12.5.4.
    #[must_use]
    pub fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',') {
            let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            if let Some(language) = Self::of_tag(tag.trim())
                && weight > best.map_or(0.0, |(before, _)| before)
            {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_of_our_languages_wins_and_others_are_passed_over() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, http::HeaderValue::from_static(text));
            Language::of_headers(&headers)
        };
        assert_eq!(of("ja,en-US;q=0.9,en;q=0.8"), Some(Language::Japanese));
        assert_eq!(of("fr, ja;q=0.4, en-GB;q=0.7"), Some(Language::English));
        assert_eq!(of("de-DE"), None);
        assert_eq!(of("en;q=0"), None);
        assert_eq!(Language::of_list("fr-CA en ja"), Some(Language::English));
    }
}
