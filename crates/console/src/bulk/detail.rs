//! One work on many contracts: what it would do or did, who said what of it, and what may be said of it now.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use base::store::Tx;
use domain::administration;
use domain::files::{self, Bulk, BulkState, BulkWord, File, RUN_FOLDER, TRIED_FOLDER};
use domain::operators::{self, Staff};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::header::REFRESH;
use http::{HeaderMap, HeaderValue};
use web::texts::Words;

use super::asked::asked as asked_for;
use super::drawer::Drawer;
use super::outcome::{Outcome, read};
use super::{LIST, is_alarming, path_of, state};
use crate::Console;
use crate::contract::Said;
use crate::download;
use crate::file::{is_told_there, who};
use crate::files::{moment, path_of as path_of_file};
use crate::here::{Here, asked, posted, shown};
use crate::preview::{Asking, asking};

#[derive(Template)]
#[template(path = "bulk_one.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: String,
    list: String,
    proof: &'b str,
    message: Option<String>,
    failed: bool,
    state: &'static str,
    alarm: bool,
    /// How far it is, while it is under way.
    progress: Option<String>,
    warning: Option<String>,
    /// Whether the words beside it say what would be done, or what was.
    tried_only: bool,
    facts: Vec<(&'static str, String)>,
    /// What is asked for, and by how many lines.
    asked: Vec<(String, u64)>,
    outcome: Option<Outcome>,
    compared: Option<String>,
    conflicts: &'b [String],
    results: Vec<(String, &'static str)>,
    file: Option<String>,
    hint: &'static str,
    words_of_staff: Vec<(&'static str, &'static str)>,
}

/// What the books say of one.
struct Found {
    bulk: Bulk,
    tried: Option<File>,
    run: Option<File>,
    staff: Vec<Staff>,
    limit: i64,
}

impl Found {
    fn read(tx: &mut Tx<'_>, id: &str) -> Result<Self> {
        let bulk = files::find_bulk(tx, id)?;
        let mut file = |id: &Option<String>| -> Result<Option<File>> {
            id.as_deref().map(|id| files::find(tx, id)).transpose()
        };
        let (tried, run) = (file(&bulk.tried_id)?, file(&bulk.run_id)?);
        let (staff, limit) = (operators::list_staff(tx)?, files::guard_limit(tx)?);
        Ok(Self { bulk, tried, run, staff, limit })
    }
}

/// `GET …/bulk/{bulk}`.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, path_of(&id)), move |console, here| {
        page(console, here, &id, &Said::Nothing)
    })
    .await
}

/// `POST …/bulk/{bulk}`: a word about it.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = (headers, body, path_of(&id));
    posted((console, code), form, move |console, here, form| {
        if form.get("do") == Some("undo") && form.get("sure").is_none() {
            return undo_previewed(console, here, &id);
        }
        match decided(console, here, (&id, form)) {
            Ok(key) => page(console, here, &id, &Said::Done(here.words.get(key).to_owned())),
            Err(error) if is_told_there(&error) => page(console, here, &id, &Said::Refused(&error)),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Shows what taking it back comes to, and asks for it.
fn undo_previewed(console: &Console, here: &Here, id: &str) -> Result<Response> {
    let wanted = id.to_owned();
    let may = (&here.seat, Permission::Approve);
    let look = move |tx: &mut Tx<'_>| files::find_bulk(tx, &wanted);
    let bulk = console.desks.look(may, clock::now(), look)?;
    let lines = bulk.lines.to_string();
    let asked = Asking {
        title: "console.undo.title",
        page: (&path_of(&bulk.id), "bulk"),
        what: bulk.title,
        effect: here.words.fill("console.effect.bulk_undone", &[("lines", &lines)]),
        fields: vec![("sure", "yes".to_owned())],
        act: ("undo", "console.bulk.undo"),
        back: "console.bulk.to_work",
    };
    asking(console, here, asked)
}

/// Says a word; answers the key of what came of it.
fn decided(
    console: &Console,
    here: &Here,
    (id, form): (&str, &Parameters<'_>),
) -> Result<&'static str> {
    let (word, what, key) = match form.get("do").unwrap_or_default() {
        "ask" => (BulkWord::Ask, Permission::Bulk, "console.bulk.asked"),
        "approve" => (BulkWord::Approve, Permission::Approve, "console.bulk.approved"),
        "withdraw" => (BulkWord::Withdraw, Permission::Bulk, "console.bulk.withdrawn"),
        "undo" => (BulkWord::Undo, Permission::Approve, "console.bulk.undoing"),
        _ => return Err(Error::invalid("request.parameters_malformed", "do")),
    };
    let id = id.to_owned();
    let decide = move |tx: &mut Tx<'_>| files::decide_bulk(tx, &id, word);
    let bulk = console.desks.act((&here.seat, what), clock::now(), decide)?;
    if word == BulkWord::Undo {
        Drawer::open(&console.bulks, here.house.code())?.again(&bulk.name)?;
    }
    Ok(key)
}

/// `GET …/bulk/{bulk}/result?of=run`: the result file, as the runner wrote it.
pub(crate) async fn result(
    State(console): State<Arc<Console>>,
    Path((code, id)): Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    let path = format!("{}/result", path_of(&id));
    asked((console, code), (headers, path, query), move |console, here, query| {
        let wanted = id.clone();
        let may = (&here.seat, Permission::Bulk);
        let look = move |tx: &mut Tx<'_>| files::find_bulk(tx, &wanted);
        let bulk = console.desks.look(may, clock::now(), look)?;
        let folder = if query.get("of") == Some("run") { RUN_FOLDER } else { TRIED_FOLDER };
        let drawer = Drawer::open(&console.bulks, here.house.code())?;
        let file = drawer.result(folder, &bulk.name)?;
        let file = file.ok_or_else(|| Error::not_found("bulk.no_result", &id))?;
        let name = format!("{folder}_{}", bulk.name);
        let lines = (name.clone(), bulk.lines);
        let note =
            move |tx: &mut Tx<'_>| administration::note_result_taken(tx, (&lines.0, lines.1));
        console.desks.act(may, clock::now(), note)?;
        download::answer(here, (&name, "text/csv; charset=utf-8"), file)
    })
    .await
}

/// The page of one, as it is now. While it is under way it asks for itself again.
fn page(console: &Console, here: &Here, id: &str, said: &Said<'_>) -> Result<Response> {
    let wanted = id.to_owned();
    let may = (&here.seat, Permission::Bulk);
    let found = console.desks.look(may, clock::now(), move |tx| Found::read(tx, &wanted))?;
    let (words, bulk) = (here.words, &found.bulk);
    let error = said.error();
    let path = path_of(&bulk.id);
    let address = format!("{}{path}", here.address);
    let drawer = Drawer::open(&console.bulks, here.house.code())?;
    let is_over = |file: &Option<File>| file.as_ref().is_some_and(|file| file.sent.is_some());
    let outcome = if is_over(&found.tried) { read(words, (&drawer, bulk))? } else { None };
    let file = found.run.as_ref().or(found.tried.as_ref());
    let results = [
        (&found.tried, "tried", "console.bulk.result.tried"),
        (&found.run, "run", "console.bulk.result.run"),
    ];
    let results = results.into_iter().filter(|(file, ..)| is_over(file));
    let body = Body {
        words,
        title: &bulk.title,
        list: format!("{}{LIST}", here.address),
        proof: &here.proof(console, &path),
        message: said.text(words),
        failed: error.is_some(),
        state: words.get(state(bulk.state)),
        alarm: is_alarming(bulk),
        progress: progress(words, &found),
        warning: warning(words, &found),
        tried_only: !is_over(&found.run),
        facts: facts(words, &found),
        asked: asked_for(words, &drawer, bulk)?,
        compared: outcome
            .as_ref()
            .filter(|_| bulk.state == BulkState::Done)
            .and_then(|outcome| compared(words, outcome.other)),
        outcome,
        conflicts: &bulk.conflicts,
        results: results.map(|(_, of, key)| (format!("{address}/result?of={of}"), key)).collect(),
        file: file.map(|file| format!("{}{}", here.address, path_of_file(&file.id))),
        hint: hint(here, bulk),
        words_of_staff: sayable(here, bulk),
        address,
    };
    let mut response = here.page(console, (body.title, "bulk"), &body, error)?;
    if bulk.state.is_to_do()
        && let Ok(again) = HeaderValue::from_str(&format!("3; url={}", body.address))
    {
        response.headers_mut().insert(REFRESH, again);
    }
    Ok(response)
}

fn progress(words: Words, found: &Found) -> Option<String> {
    let (key, file) = match found.bulk.state {
        BulkState::Uploaded => ("console.bulk.trying", &found.tried),
        BulkState::Approved => ("console.bulk.running", &found.run),
        BulkState::Undoing => return Some(words.get("console.bulk.undoing.now").to_owned()),
        _ => return None,
    };
    let done = file.as_ref().map_or(0, |file| file.lines_done).to_string();
    let lines = found.bulk.lines.to_string();
    Some(words.fill(key, &[("done", &done), ("lines", &lines)]))
}

/// What a second person should think twice about.
fn warning(words: Words, found: &Found) -> Option<String> {
    let tried = found.tried.as_ref().filter(|_| found.bulk.state.is_open())?;
    (tried.mass > found.limit).then(|| {
        let (mass, limit) = (tried.mass.to_string(), found.limit.to_string());
        words.fill("console.bulk.guarded", &[("mass", &mass), ("limit", &limit)])
    })
}

fn facts(words: Words, found: &Found) -> Vec<(&'static str, String)> {
    let bulk = &found.bulk;
    let by = |staff: &str, at| {
        let moment = moment(words, at);
        format!("{} {moment}", who(&found.staff, staff))
    };
    let mut facts = vec![
        ("console.bulk.lines", bulk.lines.to_string()),
        ("console.bulk.uploaded_by", by(&bulk.uploaded_by, bulk.uploaded)),
    ];
    if let Some(at) = bulk.approved {
        facts.push(("console.bulk.approved_by", by(&bulk.approved_by, at)));
    }
    if let Some(file) = found.run.as_ref().or(found.tried.as_ref()) {
        facts.push(("console.file.mass", file.mass.to_string()));
        facts.push(("console.file.errors", file.errors.to_string()));
    }
    if !bulk.undo_by.is_empty() {
        facts.push(("console.bulk.undo_by", who(&found.staff, &bulk.undo_by)));
        facts.push(("console.bulk.restored", bulk.restored.to_string()));
        facts.push(("console.bulk.left_over", bulk.left_over.to_string()));
    }
    facts.push(("console.file.name", bulk.name.clone()));
    facts
}

fn compared(words: Words, other: Option<u64>) -> Option<String> {
    Some(match other? {
        0 => words.get("console.bulk.as_tried").to_owned(),
        many => words.fill("console.bulk.not_as_tried", &[("lines", &many.to_string())]),
    })
}

/// The key of what the one who looks can not do, and who can.
fn hint(here: &Here, bulk: &Bulk) -> &'static str {
    match bulk.state {
        BulkState::Asked if bulk.uploaded_by == here.seat.staff_id => "console.bulk.hint.own",
        BulkState::Asked => "console.bulk.hint.second",
        BulkState::Tried => "console.bulk.hint.tried",
        BulkState::Failed => "console.bulk.hint.failed",
        _ => "",
    }
}

/// What the one who looks may say of it as it stands.
fn sayable(here: &Here, bulk: &Bulk) -> Vec<(&'static str, &'static str)> {
    const WITHDRAW: (&str, &str) = ("withdraw", "console.bulk.withdraw");
    let own = bulk.uploaded_by == here.seat.staff_id;
    let undo = ("undo", "console.bulk.undo");
    match bulk.state {
        BulkState::Tried if own => vec![("ask", "console.bulk.ask"), WITHDRAW],
        BulkState::Asked if !own => vec![("approve", "console.bulk.approve"), WITHDRAW],
        state if state.is_open() => vec![WITHDRAW],
        BulkState::Done => vec![undo],
        BulkState::Undone if bulk.left_over > 0 => vec![undo],
        _ => Vec::new(),
    }
}
