//! What is carried away in a file: lines of the books, and results of the SMS's files.

use base::kernel::Result;
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use super::logs::{Ended, Kind, Wanted};

/// Writes down that `lines` lines of a book were carried away, which ones, and whether there were more. Returns the number of the
/// export, which stands in the file too.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_export(
    tx: &mut Tx<'_>,
    wanted: &Wanted,
    (lines, cut): (usize, bool),
) -> Result<String> {
    let number = tx.next_id("exp");
    let kind = match &wanted.kind {
        Kind::Any => json!(null),
        Kind::Topic(topic) => json!(topic.as_str()),
        Kind::Message(word) | Kind::Code(word) => json!(word),
        Kind::Routes(routes) => json!(routes),
    };
    let detail = json!({
        "book": wanted.book.as_str(),
        "from": wanted.days.0.iso(),
        "to": wanted.days.1.iso(),
        "contract": wanted.number,
        "person_no": wanted.person_no,
        "kind": kind,
        "by": if wanted.by.whole.is_empty() { &wanted.by.begins } else { &wanted.by.whole },
        "outcome": wanted.ended.map(Ended::as_str),
        "behind": wanted.behind,
        "lines": lines,
        "cut": cut,
    });
    record(tx, &Entry::new("console.exported", &number).detail(detail))?;
    Ok(number)
}

/// Writes down that the result of a file was carried away, of `lines` lines. Returns the number of the export.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_result_taken(tx: &mut Tx<'_>, (name, lines): (&str, i64)) -> Result<String> {
    let number = tx.next_id("exp");
    let detail = json!({ "book": "result", "name": name, "lines": lines });
    record(tx, &Entry::new("console.exported", &number).detail(detail))?;
    Ok(number)
}
