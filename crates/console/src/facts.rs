//! The facts an answer stands on, in the clerk's words.

use domain::decisions::Saying;
use domain::operators::OperatorState;
use domain::subscribers::PersonState;
use web::reasons;
use web::texts::Words;

use super::labels;

/// The key of what a fact is about.
pub(super) fn kind(kind: &str) -> &'static str {
    match kind {
        "operator" => "console.kind.operator",
        "contract" => "console.kind.contract",
        "hold" => "console.kind.hold",
        "person" => "console.kind.person",
        "key" => "console.kind.key",
        "building_contract" => "console.kind.building",
        "building_hold" => "console.kind.building_hold",
        "building_key" => "console.kind.building_key",
        _ => "console.kind.other",
    }
}

/// What it says.
pub(super) fn says(words: Words, saying: &Saying) -> String {
    let adult = |on| words.get(if on { "console.adult.on" } else { "console.adult.off" });
    let parts = match saying {
        Saying::Operator(OperatorState::Enabled) => {
            vec![words.get("console.station.on").to_owned()]
        }
        Saying::Operator(OperatorState::Disabled) => {
            vec![words.get("console.station.off").to_owned()]
        }
        Saying::Contract(standing, on) => {
            vec![words.get(labels::standing(*standing)).to_owned(), adult(*on).to_owned()]
        }
        Saying::Hold(source, reason) => vec![
            reasons::named(words.0, *reason).to_owned(),
            words.get(labels::source(*source)).to_owned(),
        ],
        Saying::Person { role, state, rating, adult: on } => vec![
            words.get(labels::role(*role)).to_owned(),
            words.get(member(*state)).to_owned(),
            words.fill("console.rating", &[("years", &rating.to_string())]),
            adult(*on).to_owned(),
        ],
        Saying::Key { state, from, until, played } => {
            let from = reasons::moment(words.0, *from);
            let until = until.map(|at| reasons::moment(words.0, at)).unwrap_or_default();
            let period = [("from", from.as_str()), ("until", until.as_str())];
            let mut parts = vec![
                words.get(labels::grant(*state)).to_owned(),
                words.fill("console.period", &period),
            ];
            parts.extend(played.map(|at| {
                words.fill("console.first_play", &[("at", &reasons::moment(words.0, at))])
            }));
            parts
        }
    };
    parts.join(" · ")
}

/// The key of a member's own state.
const fn member(state: PersonState) -> &'static str {
    match state {
        PersonState::Invited => "console.person.invited",
        PersonState::Active => "console.person.registered",
        PersonState::Stopped | PersonState::Purged => "console.person.stopped",
    }
}
