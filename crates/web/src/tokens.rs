//! The colours of the style sheet by day and by night, and how far each text stands out from what is behind it.
//!
//! Read from the style sheet itself, so that nothing here can be said otherwise than it is shown. Source: Web Content
//! Accessibility Guidelines 2.2 §1.4.3, §1.4.11, *relative luminance*, *contrast ratio*.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

pub use domain::operators::contrast;
use domain::operators::{LEAST_CONTRAST, Rgb, read_colour, write_colour};

use crate::page::STYLE;

/// What an edge, a line or the focus needs.
const OF_EDGES: f64 = 3.0;

/// What text may stand on where its rule does not say.
const SURFACES: [&str; 3] = ["paper", "sheet", "alarm-paper"];

/// A colour in front of another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The token of what is in front.
    pub front: String,
    /// The token of what is behind it.
    pub behind: String,
    /// How far it stands out by day, from 1 to 21.
    pub day: f64,
    /// And by night.
    pub night: f64,
    /// How far it has to.
    pub least: f64,
}

/// The tokens that are colours, by day and by night, in hexadecimal.
#[must_use]
pub fn colours() -> Vec<(String, String, String)> {
    let [day, night] = schemes();
    let of = |name: &String| night.get(name).map_or_else(String::new, |rgb| write_colour(*rgb));
    day.iter().map(|(name, rgb)| (name.clone(), write_colour(*rgb), of(name))).collect()
}

/// Every colour the style sheet puts in front of another one.
#[must_use]
pub fn pairs() -> Vec<Pair> {
    let [day, night] = schemes();
    let mut found = BTreeSet::new();
    for rule in rules() {
        let behind = used(&rule, &["background", "background-color"]);
        let text = used(&rule, &["color", "fill"]);
        match (text, behind) {
            (Some(front), Some(behind)) => drop(found.insert((front, behind, true))),
            (Some(front), None) => {
                found.extend(SURFACES.map(|one| (front.clone(), one.to_owned(), true)));
            }
            (None, Some(behind)) if SURFACES.contains(&behind.as_str()) => {
                found.insert(("ink".to_owned(), behind, true));
            }
            (None, _) => {}
        }
        if let Some(front) = used(&rule, &["outline", "border", "border-color", "stroke"]) {
            found.extend(["paper", "sheet"].map(|one| (front.clone(), one.to_owned(), false)));
        }
    }
    let of = |scheme: &BTreeMap<String, Rgb>, front: &str, behind: &str| {
        let (front, behind) = (scheme.get(front), scheme.get(behind));
        front.zip(behind).map_or(1.0, |(front, behind)| contrast(*front, *behind))
    };
    let pair = |(front, behind, text): (String, String, bool)| Pair {
        day: of(&day, &front, &behind),
        night: of(&night, &front, &behind),
        least: if text { LEAST_CONTRAST } else { OF_EDGES },
        front,
        behind,
    };
    found.into_iter().map(pair).collect()
}

/// The style sheet as it is sent: every page brings it along, so without what is there for whoever changes it.
pub(crate) fn sheet() -> &'static str {
    static SHEET: OnceLock<String> = OnceLock::new();
    SHEET.get_or_init(|| without_comments(STYLE))
}

/// A style sheet without comments and without what its lines are set in by.
fn without_comments(sheet: &str) -> String {
    let parts = sheet.split("*/").map(|part| part.split("/*").next().unwrap_or_default());
    let rules: String = parts.collect();
    let lines = rules.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// How large an element is, as the style sheet says: `selector` alone before the brace.
#[must_use]
pub fn size_of(selector: &str) -> Option<&'static str> {
    let (_, rule) = STYLE.split_once(&format!("\n{selector} {{"))?;
    let (rule, _) = rule.split_once('}')?;
    let (_, size) = rule.split_once("font-size:")?;
    size.split(';').next().map(str::trim)
}

/// The tokens of the style sheet by day, and by night.
fn schemes() -> [BTreeMap<String, Rgb>; 2] {
    let mut roots = STYLE.split(":root {").skip(1);
    [roots.next(), roots.next()].map(|root| {
        let root = root.and_then(|root| root.split('}').next()).unwrap_or_default();
        let token = |line: &str| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(':')?;
            Some((name.to_owned(), read_colour(value.trim())?))
        };
        root.split(';').filter_map(token).collect()
    })
}

/// What stands between the braces of each rule, declaration by declaration.
fn rules() -> Vec<Vec<(&'static str, &'static str)>> {
    let inside = STYLE.split('}').filter_map(|part| part.rsplit_once('{'));
    let declared = |(_, rule): (&'static str, &'static str)| {
        let all = rule.split(';').filter_map(|one| one.split_once(':'));
        all.map(|(name, value)| (name.trim(), value.trim())).collect()
    };
    inside.map(declared).collect()
}

/// The token one of these properties is given in a rule.
fn used(rule: &[(&str, &str)], properties: &[&str]) -> Option<String> {
    let mut values = rule.iter().filter(|(name, _)| properties.contains(name));
    let token = |value: &str| {
        let (_, rest) = value.split_once("var(--")?;
        rest.split(')').next().map(str::to_owned)
    };
    let colour = |name: &String| colour_names().contains(name);
    values.find_map(|(_, value)| token(value)).filter(colour)
}

fn colour_names() -> BTreeSet<String> {
    let [day, _] = schemes();
    day.into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_every_rule_and_nothing_else() {
        let written = "/* a\n b */\np {\n  top: 0; /* c */\n}\n\nq { left: 0; }\n";
        assert_eq!(without_comments(written), "p {\ntop: 0;\n}\nq { left: 0; }");
        assert_eq!(sheet().matches('{').count(), STYLE.matches('{').count());
        assert!(!sheet().contains("/*") && sheet().len() < STYLE.len());
    }
}
