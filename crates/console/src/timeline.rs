//! What happened to a contract, in words: on its own page, and the newest lines beside the contract.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Result, clock};
use domain::administration::{self, Doer, Happened, Timeline, Topic};
use domain::catalogue::{self, Catalogue};
use domain::staff::Permission;
use domain::subscribers::RefusedLine;
use http::HeaderMap;
use web::texts::Words;
use web::{reasons, words};

use super::Console;
use super::contract::{path_of, product_name, whom_is};
use super::files;
use super::here::{Here, asked};
use super::labels;

/// A line on a page.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) what: String,
    pub(super) whom: String,
    pub(super) by: String,
    pub(super) from: String,
    pub(super) record: String,
    /// The page of what it is about; empty: it is told here.
    pub(super) link: String,
}

/// A topic in the list of them.
struct Choice {
    value: &'static str,
    text: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "timeline.html")]
struct Body {
    words: Words,
    title: String,
    address: String,
    topics: Vec<Choice>,
    lines: Vec<Line>,
    next: Option<String>,
}

/// `GET …/contracts/{number}/timeline?topic=…&after=…`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, number)): Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    let wanted = (headers, format!("{}/timeline", path_of(&number)), query);
    asked((console, code), wanted, move |console, here, query| {
        let topic = Topic::parse(query.get("topic").unwrap_or_default());
        let after = query.get("after").unwrap_or_default().to_owned();
        let may = (&here.seat, Permission::Look);
        let wanted = number.clone();
        let (found, sold) = console.desks.look(may, clock::now(), move |tx| {
            let found = administration::timeline(tx, &wanted, (topic, &after))?;
            Ok((found, catalogue::load(tx)?))
        })?;
        page(console, here, (&number, topic), (&found, &sold))
    })
    .await
}

fn page(
    console: &Console,
    here: &Here,
    (number, topic): (&str, Option<Topic>),
    (found, sold): (&Timeline, &Catalogue),
) -> Result<Response> {
    let words = here.words;
    let address = format!("{}{}", here.address, path_of(number));
    let next = found.next.as_ref().map(|after| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("topic", topic.map_or("", Topic::as_str)).append_pair("after", after);
        format!("{address}/timeline?{}", query.finish())
    });
    let everything =
        Choice { value: "", text: words.get("console.topic.all"), chosen: topic.is_none() };
    let topics = Topic::OF_HOUSEHOLDS.into_iter().chain([Topic::Files]).map(|one| Choice {
        value: one.as_str(),
        text: words.get(name(one)),
        chosen: topic == Some(one),
    });
    let body = Body {
        words,
        title: words.fill("console.timeline.title", &[("number", &found.label)]),
        topics: std::iter::once(everything).chain(topics).collect(),
        lines: found.lines.iter().map(|line| told(here, sold, line)).collect(),
        next,
        address,
    };
    here.page(console, (&body.title.clone(), "search"), &body, None)
}

pub(super) const fn name(topic: Topic) -> &'static str {
    match topic {
        Topic::Contract => "console.topic.contract",
        Topic::Members => "console.topic.members",
        Topic::Keys => "console.topic.keys",
        Topic::Devices => "console.topic.devices",
        Topic::SignIns => "console.topic.sign_ins",
        Topic::Proofs => "console.topic.proofs",
        Topic::Staff => "console.topic.staff",
        Topic::Files => "console.topic.files",
        Topic::Services => "console.topic.services",
        Topic::Station => "console.topic.station",
    }
}

/// A line as a clerk reads it.
pub(super) fn told(here: &Here, sold: &Catalogue, line: &Happened) -> Line {
    let words = here.words;
    let product = line.product.as_deref().map(|code| product_name(words.0, sold, code));
    let reason = line.reason.map(|reason| reasons::named(words.0, reason).to_owned());
    let more: Vec<String> = product.into_iter().chain(reason).collect();
    let what = match &line.refused {
        Some(refused) => not_accepted(words, refused),
        None if more.is_empty() => act(words, &line.act),
        None => format!("{} — {}", act(words, &line.act), more.join(" · ")),
    };
    let file = line.refused.as_ref().map(|refused| files::path_of(&refused.file_id));
    Line {
        at: reasons::moment(words.0, line.at),
        what,
        whom: whom_is(words, line.person_no),
        by: by(words, &line.by),
        from: from(words, &line.cause),
        record: line.id.clone(),
        link: file.map_or_else(String::new, |path| format!("{}{path}", here.address)),
    }
}

/// A line of a file that was not accepted, and why.
fn not_accepted(words: Words, refused: &RefusedLine) -> String {
    let (why, _) = labels::line_code(&refused.code);
    let filled = [
        ("line", refused.line.to_string()),
        ("what", labels::operation(words, &refused.operation)),
        ("why", format!("{} {}", refused.code, words.get(why))),
    ];
    words.fill("console.timeline.refused", &filled.each_ref().map(|(k, v)| (*k, v.as_str())))
}

/// What happened; what has no word of its own is named as the audit names it.
pub(super) fn act(words: Words, act: &str) -> String {
    let known = words::page_if_any(words.0, &format!("console.act.{act}"));
    known.map_or_else(|| words.fill("console.act_other", &[("act", act)]), str::to_owned)
}

fn by(words: Words, doer: &Doer) -> String {
    match doer {
        Doer::Member(no) => whom_is(words, *no),
        Doer::Other(other) => actor(words, other),
    }
}

/// Who did something, as the books name them (`staff:sato`).
pub(super) fn actor(words: Words, other: &str) -> String {
    let (kind, id) = other.split_once(':').unwrap_or((other, ""));
    let key = match kind {
        // Which file or client it was stands beside it.
        "sms" => "console.doer.sms",
        "staff" => "console.doer.staff",
        "client" => "console.doer.client",
        "admin" => "console.doer.admin",
        "operations" => "console.doer.operations",
        "system" => "console.doer.system",
        "person" => "console.doer.person",
        "anonymous" => "console.doer.anonymous",
        _ => return other.to_owned(),
    };
    words.fill(key, &[("id", id)])
}

/// Where it came from: a line of a file, a call, this console. What came with a request of its own (`console#r-1`) is named
/// without it.
pub(super) fn from(words: Words, cause: &str) -> String {
    let (place, _) = cause.split_once('#').unwrap_or((cause, ""));
    let (kind, id) = place.split_once([':', ' ']).unwrap_or((place, ""));
    let key = match kind {
        "file" => "console.cause.file",
        "call" => "console.cause.call",
        "console" => "console.cause.console",
        "undo" => "console.cause.undo",
        "version" => "console.cause.version",
        "apply" => "console.cause.apply",
        "cli" => "console.cause.cli",
        "demo" => "console.cause.demo",
        "letter" => "console.cause.letter",
        "own" | "own-password" | "own-sessions" | "recovery" | "phone" => "console.cause.person",
        "box" => "console.cause.box",
        "purge" => "console.cause.purge",
        _ => return place.to_owned(),
    };
    words.fill(key, &[("id", id)])
}
