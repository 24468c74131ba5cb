//! What goes along to another number, and what speaks against it, in words.

use domain::commands::{Moving, Preview, Unmovable};
use web::texts::Words;

use super::labels;

/// What moves, stays and ends, a sentence each.
pub(super) fn lines(words: Words, seen: &Preview, moving: &Moving) -> Vec<String> {
    let line = |key: &'static str, count: String| words.fill(key, &[("count", &count)]);
    let mut lines = vec![
        line("console.move.persons", seen.persons.to_string()),
        line("console.move.keys", seen.keys.to_string()),
        line("console.move.boxes", moving.boxes.to_string()),
        line("console.move.holds", moving.holds.to_string()),
        line("console.move.signed_in", moving.signed_in.to_string()),
        words.get("console.move.purchases").to_owned(),
        words.get("console.move.old").to_owned(),
    ];
    if moving.boxes > 0 {
        lines.push(words.get("console.move.home").to_owned());
    }
    if moving.waiting > 0 {
        lines.push(line("console.move.waiting", moving.waiting.to_string()));
    }
    lines
}

/// Why it can not be, and what to do.
pub(super) fn refusal(words: Words, why: Unmovable) -> String {
    let (key, standing) = match why {
        Unmovable::Same => return words.get("console.move.same").to_owned(),
        Unmovable::Old(standing) => ("console.move.old_stands", standing),
        Unmovable::Taken(standing) => ("console.move.taken", standing),
    };
    words.fill(key, &[("standing", words.get(labels::standing(standing)))])
}
