//! Lines of a book as a file: bounded, marked with who took it, written down, and harmless in a spreadsheet.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Instant, Result, clock};
use base::store::Tx;
use domain::administration::{self, Book, Portion};
use domain::staff::Permission;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use super::asked::Filled;
use super::rows::{Worded, columns};
use super::{Found, PATH, name};
use crate::Console;
use crate::here::{Here, acted, posted};

/// So that a spreadsheet takes it for UTF-8.
const MARK: &str = "\u{feff}";

/// `POST …/logs`: the lines the form means, as CSV.
pub async fn export(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((console, code), (headers, body, PATH.to_owned()), |console, here, form| {
        let now = clock::now();
        let filled = Filled::of(form, now);
        let wanted = filled.wanted()?;
        if filled.book == Book::Decisions {
            console.decisions.flush();
        }
        let may = (&here.seat, Permission::Export);
        // Read first and by itself: nobody waits while ten thousand lines are.
        let meant = wanted.clone();
        let read = move |tx: &mut Tx<'_>| Found::read(tx, &meant, ("", Portion::Export));
        let found = console.desks.look(may, now, read)?;
        let counted = found.count();
        let note = move |tx: &mut Tx<'_>| administration::note_export(tx, &wanted, counted);
        let number = console.desks.act(may, now, note)?;
        let file = written(here, (&filled, &found), (&number, now))?;
        let name = format!(
            "attachment; filename=\"{}_{}_{number}.csv\"",
            here.house.code(),
            filled.book.as_str()
        );
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
            (CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(Error::internal)?),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let mut response = (headers, file).into_response();
        response.extensions_mut().insert(acted(&here.seat.staff_id));
        Ok(response)
    })
    .await
}

/// The file: who took it, the heads, and the lines, each with the number of the export behind it.
fn written(
    here: &Here,
    (filled, found): (&Filled, &Found),
    (number, now): (&str, Instant),
) -> Result<String> {
    let words = here.words;
    let (count, cut) = found.count();
    let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let station = here.house.name(words);
    let days = format!("{} - {}", filled.from, filled.to);
    let lines = words.fill("console.export.lines", &[("lines", &count.to_string())]);
    let mut mark = vec![
        format!("{} {number}", words.get("console.export.number")),
        now.rfc3339_jst(),
        format!("{} {station}", here.house.code()),
        format!("{} ({})", here.seat.name, here.seat.staff_id),
        words.get(name(filled.book)).to_owned(),
        days,
        lines,
    ];
    if cut {
        mark.push(words.get("console.export.cut").to_owned());
    }
    let mut write = |fields: Vec<String>| {
        csv.write_record(fields.iter().map(|field| harmless(field))).map_err(Error::internal)
    };
    write(mark)?;
    let heads = std::iter::once("console.when").chain(columns(filled.book));
    let mut heads: Vec<String> = heads.map(|key| words.get(key).to_owned()).collect();
    heads.push(words.get("console.export.number").to_owned());
    write(heads)?;
    for row in (Worded { here, found }).rows() {
        let mut fields = vec![row.at.rfc3339_jst()];
        fields.extend(row.cells.into_iter().map(|cell| cell.text));
        fields.push(number.to_owned());
        write(fields)?;
    }
    let bytes = csv.into_inner().map_err(Error::internal)?;
    let text = String::from_utf8(bytes).map_err(Error::internal)?;
    Ok(format!("{MARK}{text}"))
}

/// What a spreadsheet takes for a formula gets an apostrophe in front. Source: OWASP, CSV injection.
fn harmless(field: &str) -> String {
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if field.starts_with(begins) { format!("'{field}") } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for bad in ["=1+1", "+81", "-1", "@SUM(A1)", "\t=1", "＝1", "\r=1"] {
            assert_eq!(harmless(bad), format!("'{bad}"));
        }
        assert_eq!(harmless("A-001 = 1"), "A-001 = 1");
    }
}
