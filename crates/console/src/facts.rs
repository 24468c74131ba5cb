//! The facts an answer stands on and what changed since, in the clerk's words.

use base::kernel::Instant;
use domain::decisions::{Fact, Saying, SinceThen, Why};
use domain::operators::OperatorState;
use domain::subscribers::PersonState;
use web::reasons;
use web::texts::{Words, in_language};

use super::causes::Whose;
use super::contract::{product_name, whom_is};
use super::labels;
use super::timeline;

/// An answer, and whom it was about, if that is known.
type Known<'k> = (&'k Why, Option<&'k Whose>);

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
            let period = match until.map(|at| reasons::moment(words.0, at)) {
                Some(until) => words.fill("console.period", &[("from", &from), ("until", &until)]),
                None => words.fill("console.period.open", &[("from", &from)]),
            };
            let mut parts = vec![words.get(labels::grant(*state)).to_owned(), period];
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

/// An instant of a replay as people read it.
pub(super) fn at(words: Words, rfc3339: &str) -> String {
    Instant::parse_rfc3339(rfc3339, "at")
        .map_or_else(|_| rfc3339.to_owned(), |at| reasons::moment(words.0, at))
}

/// A fact as a line: what it is, of what, what it says, since when and from where.
pub(super) fn stated(words: Words, fact: &Fact, (why, whose): Known<'_>) -> [String; 5] {
    let days = fact.age_s / 86_400;
    let age = match days {
        0 => words.get("console.why.today").to_owned(),
        _ => words.fill("console.why.days", &[("days", &days.to_string())]),
    };
    let since = if fact.since.is_empty() { String::new() } else { at(words, &fact.since) };
    let since = if since.is_empty() { since } else { format!("{since} ({age})") };
    let kind = words.get(kind(fact.kind)).to_owned();
    let of = of_what(words, &fact.of, (why, whose));
    [kind, of, says(words, &fact.says), since, timeline::from(words, &fact.cause)]
}

/// A change as a line: when, what and of what, by whom and from where.
pub(super) fn changed(words: Words, change: &SinceThen, known: Known<'_>) -> [String; 4] {
    let of = of_what(words, &change.subject, known);
    let what = format!("{} — {of}", timeline::act(words, &change.act));
    let by = match change.by_member {
        Some(no) => whom_is(words, no),
        None => timeline::actor(words, &change.actor),
    };
    [at(words, &change.at), what, by, timeline::from(words, &change.cause)]
}

/// What a fact or a change is about: the household, a member, a product, the station; what is none of them, as the books
/// name it.
fn of_what(words: Words, of: &str, (why, whose): Known<'_>) -> String {
    let member = whose.and_then(|whose| match of.strip_prefix(whose.household.as_str())? {
        "" => Some(0),
        rest => rest.strip_prefix('/')?.parse().ok(),
    });
    let operator = &why.station.operator;
    match member {
        Some(no) => whom_is(words, no),
        None if whose.is_some_and(|whose| whose.number == of) => whom_is(words, 0),
        None if of == operator.code => {
            in_language(words.0, &operator.name_ja, &operator.name_en).to_owned()
        }
        None => product_name(words.0, &why.station.catalogue, of),
    }
}
