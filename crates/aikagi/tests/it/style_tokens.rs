//! The colours of the style sheet: what is read stands out from what is behind it, by day and by night.

use domain::operators::{AROUND_BY_DAY, AROUND_BY_NIGHT, LEAST_CONTRAST, write_colour};
use web::tokens;

#[test]
fn every_text_stands_out_from_what_is_behind_it_by_day_and_by_night() {
    let pairs = tokens::pairs();
    for pair in &pairs {
        assert!(pair.day >= pair.least && pair.night >= pair.least, "{pair:?}");
    }
    let has = |front: &str, behind: &str| {
        pairs.iter().any(|one| (one.front.as_str(), one.behind.as_str()) == (front, behind))
    };
    assert!(has("quiet", "paper") && has("on-accent", "accent") && has("alarm", "sheet"));
    assert!(has("ink", "alarm-paper") && has("focus", "sheet") && has("line", "sheet"));
}

#[test]
fn the_colours_a_stations_own_is_measured_against_are_those_of_the_style_sheet() {
    let behind: Vec<_> = tokens::pairs().into_iter().filter(|one| one.front == "accent").collect();
    let all = tokens::colours();
    for (around, by_day) in [(AROUND_BY_DAY, true), (AROUND_BY_NIGHT, false)] {
        for (token, colour) in around {
            let (_, day, night) = all.iter().find(|(name, ..)| name == token).unwrap();
            assert_eq!(&write_colour(colour), if by_day { day } else { night }, "{token}");
        }
        for pair in behind.iter().filter(|pair| pair.least >= LEAST_CONTRAST) {
            assert!(around.iter().any(|(token, _)| *token == pair.behind), "{pair:?}");
        }
    }
    assert!(behind.len() >= 3, "{behind:?}");
}

#[test]
fn contrast_is_what_the_guidelines_compute() {
    let (white, black, grey) = ([255; 3], [0; 3], [0x76; 3]);
    assert!((tokens::contrast(black, white) - 21.0).abs() < 0.001);
    assert!((tokens::contrast(grey, white) - 4.54).abs() < 0.01);
    assert!((tokens::contrast(white, white) - 1.0).abs() < 0.001);
}

#[test]
fn each_colour_has_one_for_the_night() {
    let colours = tokens::colours();
    assert!(colours.len() >= 10, "{colours:?}");
    for (name, day, night) in colours {
        assert!(day.starts_with('#') && night.starts_with('#') && day != night, "{name}");
    }
}
