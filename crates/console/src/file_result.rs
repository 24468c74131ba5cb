//! What a file was answered, line by line: the first lines that were refused, and the whole result to carry away.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use base::store::Tx;
use domain::administration;
use domain::files::{self, CONSOLE, File, KEEP_DAYS};
use domain::staff::Permission;
use formats::sms::{FileName, Layout};
use http::HeaderMap;
use web::results::Answered;

use super::Console;
use super::download;
use super::files::path_of;
use super::here::{Here, shown};
use super::refusals::Refusals;

/// The lines of a file on its page.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) refusals: Refusals,
    /// How many more lines were refused.
    pub(super) rest: Option<String>,
    /// Why no line is shown though some were refused; empty: they are.
    pub(super) missing: String,
    /// Where the whole result is.
    pub(super) download: Option<String>,
}

impl Shown {
    /// Of a file whose result lies under its name still, if it is `its_own`.
    pub(super) fn of(
        console: &Console,
        here: &Here,
        (file, its_own): (&File, bool),
    ) -> Result<Self> {
        let words = here.words;
        let errors = usize::try_from(file.errors).unwrap_or(0);
        let answered = if its_own { answered(console, here, file) } else { Ok(None) };
        // What else there is to say of the file is said all the same.
        let answered = answered.unwrap_or_else(|error| {
            tracing::warn!(%error, "the kept result of a file can not be opened");
            None
        });
        let Some(answered) = answered else {
            let missing = if errors > 0 { missing(file, its_own) } else { "" };
            let days = KEEP_DAYS.to_string();
            let missing = match missing {
                "" => String::new(),
                key => words.fill(key, &[("days", &days)]),
            };
            return Ok(Self { missing, ..Self::default() });
        };
        let whole = answered.whole;
        let refusals =
            if errors > 0 { Refusals::first(words, answered, errors) } else { Refusals::default() };
        let rest = errors.saturating_sub(refusals.lines.len());
        let rest = (rest > 0).then(|| rest.to_string());
        Ok(Self {
            refusals,
            rest: rest.map(|rest| words.fill("console.file.refused.rest", &[("lines", &rest)])),
            missing: String::new(),
            download: whole.then(|| format!("{}{}/result", here.address, path_of(&file.id))),
        })
    }
}

/// The key of why the lines can not be shown.
fn missing(file: &File, its_own: bool) -> &'static str {
    let first = clock::now().plus_days(-KEEP_DAYS);
    match file.sent {
        Some(sent) if sent < first => "console.file.refused.purged",
        _ if !its_own => "console.file.refused.replaced",
        _ => "console.file.refused.elsewhere",
    }
}

/// What a file was answered so far, where it lies on this machine.
fn answered(console: &Console, here: &Here, file: &File) -> Result<Option<Answered>> {
    let all = if file.interface == CONSOLE { &console.bulks } else { &console.files };
    if all.as_os_str().is_empty() {
        return Ok(None);
    }
    (console.answers)(&all.join(here.house.code()), file)
}

/// `GET …/files/{file}/result`: the result file, as the SMS gets it.
pub(super) async fn download(
    State(console): State<Arc<Console>>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let path = format!("{}/result", path_of(&id));
    shown((console, code), (headers, path), move |console, here| {
        let may = (&here.seat, Permission::Look);
        let wanted = id.clone();
        let look = move |tx: &mut Tx<'_>| {
            let file = files::find(tx, &wanted)?;
            Ok((files::has_newest_result(tx, &file)?, file))
        };
        let (its_own, file) = console.desks.look(may, clock::now(), look)?;
        let answered = if its_own { answered(console, here, &file)? } else { None };
        let answered = answered.filter(|answered| answered.whole);
        let answered = answered.ok_or_else(|| Error::not_found("file.result_gone", &id))?;
        let name = FileName::parse(&file.name).map_err(Error::internal)?.result().to_string();
        let kind = match answered.form.layout {
            Layout::Csv => "text/csv",
            Layout::Fixed => "application/octet-stream",
        };
        let lines = (file.name, file.lines_done);
        let note =
            move |tx: &mut Tx<'_>| administration::note_result_taken(tx, (&lines.0, lines.1));
        console.desks.act(may, clock::now(), note)?;
        download::answer(here, (&name, kind), answered.content)
    })
    .await
}
