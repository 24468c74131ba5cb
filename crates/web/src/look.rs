//! How pages look in the name of a station: its logo, its colours as a style sheet of their own, and whom to ask.
//!
//! The address of the colours says them, and its answer says nothing else: it is made from the address, holds for every station
//! with these colours, and asks no database. Source: issue 4, §1; `docs/decisions/0062`.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use base::kernel::Error;
use domain::operators::{Accent, Look, Operator, read_colour, write_colour};

use crate::page::kept_for_ever;
use crate::texts::{Words, in_language};
use crate::{Language, Problem, tokens, words};

/// What a station's pages show besides what every page does; of one that said nothing it is empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dress {
    /// Where its colours are.
    pub(crate) style: Option<String>,
    /// Where its logo is.
    pub(crate) logo: Option<String>,
    /// Whom its subscribers ask.
    pub(crate) help: Option<Help>,
}

/// Whom to ask.
#[derive(Debug, Clone)]
pub(crate) struct Help {
    pub(crate) title: &'static str,
    pub(crate) text: String,
    pub(crate) link: &'static str,
    /// Empty: there is no such page.
    pub(crate) address: String,
}

impl Dress {
    pub(crate) fn of(operator: &Operator) -> Self {
        let (look, code) = (&operator.look, &operator.code);
        Self {
            style: look.accent().map(style_of),
            logo: (!look.logo.is_empty()).then(|| logo_path(code, &look.logo)),
            help: None,
        }
    }
}

impl Help {
    pub(crate) fn of(language: Language, look: &Look) -> Option<Self> {
        let text = said(language, &look.help_ja, &look.help_en);
        (!text.is_empty() || !look.help_url.is_empty()).then(|| Self {
            title: words::page(language, "look.help"),
            text: text.to_owned(),
            link: words::page(language, "look.help.link"),
            address: look.help_url.clone(),
        })
    }
}

/// The greeting of a station in `language`; empty: there is none.
#[must_use]
pub fn greeting(language: Language, operator: &Operator) -> &str {
    said(language, &operator.look.greeting_ja, &operator.look.greeting_en)
}

/// Of two texts the one for `language`; the other, where only that was written.
fn said<'t>(language: Language, japanese: &'t str, english: &'t str) -> &'t str {
    let text = in_language(language, japanese, english);
    if text.is_empty() { in_language(language, english, japanese) } else { text }
}

/// Where the logo of `operator` with this digest is.
#[must_use]
pub fn logo_path(operator: &str, digest: &str) -> String {
    format!("/o/{operator}/logo/{digest}.png")
}

/// The answer that is a logo.
#[must_use]
pub fn logo(png: Vec<u8>) -> Response {
    kept_for_ever("image/png", png)
}

/// A station's pages by day and by night, side by side, to be looked at before anybody sees them.
#[derive(Template)]
#[template(path = "look_samples.html")]
pub struct Samples<'s> {
    words: Words,
    style: String,
    both: [(&'static str, &'static str); 2],
    owner: &'s str,
    logo: Option<String>,
    greeting: &'s str,
    help: Option<Help>,
}

impl<'s> Samples<'s> {
    /// Of pages in the name of `owner`. `logo`: where it is.
    #[must_use]
    pub fn of(words: Words, owner: &'s str, (look, logo): (&'s Look, Option<String>)) -> Self {
        let style = look.accent().map_or_else(|| PLAIN.to_owned(), |accent| file_of(accent, BOTH));
        Self {
            words,
            style: format!("{STYLES}/{style}"),
            both: [("by-day", words.get("look.by_day")), ("by-night", words.get("look.by_night"))],
            owner,
            logo,
            greeting: said(words.0, &look.greeting_ja, &look.greeting_en),
            help: Help::of(words.0, look),
        }
    }
}

/// Where the style sheets with colours are.
const STYLES: &str = "/assets/look";
/// What the name of a sheet ends with: for pages as the device has it, or for day and night side by side.
const ALONE: &str = ".css";
const BOTH: &str = "-both.css";
/// Day and night side by side, in our own colours.
const PLAIN: &str = "both.css";

/// Where the style sheet with these colours is.
fn style_of(accent: Accent) -> String {
    format!("{STYLES}/{}", file_of(accent, ALONE))
}

fn file_of(accent: Accent, ending: &str) -> String {
    let [day, night] = [accent.day, accent.night].map(write_colour);
    let digits = |colour: &str| colour.trim_start_matches('#').to_owned();
    format!("{}-{}{ending}", digits(&day), digits(&night))
}

/// `GET /assets/look/{colours}`: `0b5c76-7ecbe4.css`.
pub(crate) async fn style(Path(name): Path<String>) -> Response {
    let sheet = match (colours_of(&name, ALONE), colours_of(&name, BOTH)) {
        (Some(accent), _) => alone(accent),
        (None, Some(accent)) => side_by_side(Some(accent)),
        (None, None) if name == PLAIN => side_by_side(None),
        (None, None) => return Problem::from(Error::not_found("page.unknown", "")).into_response(),
    };
    kept_for_ever("text/css; charset=utf-8", sheet)
}

fn alone(Accent { day, night }: Accent) -> String {
    let [day, night] = [day, night].map(write_colour);
    format!(
        ":root {{ --accent: {day}; }}\n@media (prefers-color-scheme: dark) {{\n  \
         :root {{ --accent: {night}; }}\n}}\n"
    )
}

/// All colours by day and by night, each below a class, whatever the device has.
fn side_by_side(accent: Option<Accent>) -> String {
    let (mut by_day, mut by_night) = (String::new(), String::new());
    for (name, day, night) in tokens::colours() {
        let own = accent.filter(|_| name == "accent");
        let [day, night] = own.map_or([day, night], |own| [own.day, own.night].map(write_colour));
        by_day.push_str(&format!(" --{name}: {day};"));
        by_night.push_str(&format!(" --{name}: {night};"));
    }
    format!(
        ".by-day {{ color-scheme: light;{by_day} }}\n.by-night {{ color-scheme: dark;{by_night} }}\n"
    )
}

fn colours_of(name: &str, ending: &str) -> Option<Accent> {
    let (day, night) = name.strip_suffix(ending)?.split_once('-')?;
    let colour = |digits: &str| read_colour(&format!("#{digits}"));
    Some(Accent { day: colour(day)?, night: colour(night)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_colours_is_read_as_it_was_written_and_nothing_else_is() {
        let accent = Accent { day: [0x0b, 0x5c, 0x76], night: [0x7e, 0xcb, 0xe4] };
        let address = style_of(accent);
        assert_eq!(address, "/assets/look/0b5c76-7ecbe4.css");
        assert_eq!(colours_of("0b5c76-7ecbe4.css", ALONE), Some(accent));
        for bad in ["0b5c76.css", "0b5c76-7ecbe4", "0b5c76-7ecbe4;}.css", "red-blue.css", "-.css"] {
            assert_eq!(colours_of(bad, ALONE), None, "{bad}");
        }
    }
}
