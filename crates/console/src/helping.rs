//! What each page of the console is for: a paragraph, a picture of it in use, and the way to the manual.

use web::texts::Words;

/// The places of the navigation, with the key of their paragraph and their picture below `/docs/pictures`.
const HELP: [(&str, &str, &str); 9] = [
    ("search", "console.helps.search", "found"),
    ("why", "console.helps.why", "why"),
    ("files", "console.helps.files", "files"),
    ("bulk", "console.helps.bulk", "bulk"),
    ("today", "console.helps.today", "today"),
    ("logs", "console.helps.logs", "logs"),
    ("masters", "console.helps.masters", "masters"),
    ("staff", "console.helps.staff", "people"),
    ("launch", "console.helps.launch", "launch"),
];

/// The help of a page.
pub(super) struct Help {
    pub(super) text: &'static str,
    pub(super) picture: &'static str,
}

/// Of the pages at `place`; none: one of nobody's daily work.
pub(super) fn of(words: Words, place: &str) -> Option<Help> {
    let (_, key, picture) = HELP.iter().find(|(known, ..)| *known == place)?;
    Some(Help { text: words.get(key), picture })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_navigation_has_help() {
        let navigation = include_str!("../templates/navigation.html");
        let places = navigation.split("{% if place == \"").skip(1);
        let places: Vec<_> = places.map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(places.len() >= HELP.len(), "{places:?}");
        for place in places.into_iter().filter(|place| !["security", "stations"].contains(place)) {
            let help = of(Words(web::Language::Japanese), place).expect(place);
            assert!(!help.text.is_empty() && !help.picture.is_empty(), "{place}");
        }
    }
}
