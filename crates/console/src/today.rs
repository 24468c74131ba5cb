//! The day so far: sign-ins, refusals, files and deliveries, with what leads to each.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Instant, Result, clock};
use base::records::outbox::DEAD_DAYS;
use domain::administration::{self, Ended, LOOKED_AT, Today};
use domain::decisions::{self, Answered};
use domain::files::{self, File, FileState};
use domain::staff::Permission;
use domain::subscribers;
use http::HeaderMap;
use web::texts::Words;
use web::{Page, words};

use super::Console;
use super::contract::Said;
use super::deliveries;
use super::file::is_told_there;
use super::here::{Here, posted, shown};
use super::labels;
use super::logs;
use super::unregistered::{self, COUNTED};

/// Where it is, below the console.
const PATH: &str = "/today";
/// Height of the tallest bar of the picture, in its own units.
const TALLEST: i64 = 80;
/// Width of an hour.
const WIDTH: i64 = 20;

/// What is shown.
struct Day {
    books: Today,
    answered: Answered,
    /// Files that wait for somebody, or are being done.
    files: Vec<File>,
    /// Members who have not registered.
    unregistered: i64,
    /// Whether the nightly file did not come.
    late: bool,
    /// Work on many contracts that waits for a second person; none: who looks has no part in it.
    bulks: Option<i64>,
}

/// An hour in the picture: where the bars begin and how tall they are.
struct Bar {
    hour: usize,
    left: i64,
    signed_in: (i64, i64, i64),
    wrong: (i64, i64, i64),
}

/// A number with its word.
struct Figure {
    id: &'static str,
    text: &'static str,
    value: String,
    alarm: bool,
    /// Where what is counted is listed, below the console; empty: nowhere.
    list: String,
}

/// A service that has not been told everything yet.
struct Delivery {
    receiver: String,
    waiting: i64,
    given_up: i64,
    oldest: String,
    /// Where what waits is listed, and what was given up, below the console.
    lists: [String; 2],
}

#[derive(Template)]
#[template(path = "today.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    address: &'b str,
    now: String,
    cut: Option<String>,
    figures: Vec<Figure>,
    /// Whether nobody signed in, nor tried to.
    quiet: bool,
    bars: Vec<Bar>,
    /// How many the tallest bar stands for.
    most: i64,
    /// The picture in words.
    hours: String,
    denials: Vec<(&'static str, i64, String)>,
    deliveries: Vec<Delivery>,
    proof: &'b str,
    may_help: bool,
    message: Option<String>,
    failed: bool,
}

/// `GET …/today`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    let look = |console: &Console, here: &Here| page(console, here, &Said::Nothing);
    shown((console, code), (headers, PATH.to_owned()), look).await
}

/// `POST …/today`: a service is told again what was given up.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((console, code), (headers, body, PATH.to_owned()), |console, here, form| {
        let receiver = form.get("receiver").unwrap_or_default();
        match deliveries::resend(console, here, (receiver, None)) {
            Ok(text) => page(console, here, &Said::Done(text)),
            Err(error) if is_told_there(&error) => page(console, here, &Said::Refused(&error)),
            Err(error) => Err(error),
        }
    })
    .await
}

fn page(console: &Console, here: &Here, said: &Said<'_>) -> Result<Response> {
    let (words, now) = (here.words, clock::now());
    let asked = (&here.seat, Permission::Look);
    let takes_part = here.may(Permission::Bulk);
    let day = console.desks.look(asked, now, move |tx| {
        let books = administration::today(tx)?;
        let answered = decisions::count_answers(tx, (books.since, LOOKED_AT))?;
        let unregistered = subscribers::count_unregistered(tx, COUNTED)?;
        let late = files::late(tx)?.is_some();
        let bulks = if takes_part { Some(files::count_asked(tx)?) } else { None };
        Ok(Day { books, answered, files: files::unfinished(tx)?, unregistered, late, bulks })
    })?;
    let proof = here.proof(console, PATH);
    let body = Body {
        proof: &proof,
        may_help: here.may(Permission::Help),
        message: said.text(words),
        failed: said.error().is_some(),
        ..Body::of(words, &here.address, (&day, now))
    };
    here.page(console, (body.title, "today"), &body, said.error())
}

/// The page of an invented day, for the style guide.
pub(super) fn sample(words: Words) -> Result<Page> {
    let mut books = Today {
        since: Instant::from_ms(0),
        signed_in: [0; 24],
        wrong: [0; 24],
        registered: 3,
        locked_out: 1,
        took: Some((4_000, 31_000)),
        deliveries: Vec::new(),
        cut: false,
    };
    for ((hour, signed_in), wrong) in (0..).zip(&mut books.signed_in).zip(&mut books.wrong) {
        *signed_in = (hour * 7) % 23;
        *wrong = hour % 5;
    }
    let denials = vec![("D04".to_owned(), 12), ("D09".to_owned(), 5)];
    let answered = Answered { permits: 1_204, denials, took: Some((1_000, 6_000)) };
    let day =
        Day { books, answered, files: Vec::new(), unregistered: 48, late: false, bulks: Some(1) };
    let body = Body::of(words, "", (&day, Instant::from_ms(0)));
    Page::new(words.0, body.title, &body)
}

impl<'b> Body<'b> {
    /// For who only looks.
    fn of(words: Words, address: &'b str, (day, now): (&Day, Instant)) -> Self {
        let limit = LOOKED_AT.to_string();
        let most = busiest(&day.books);
        Self {
            words,
            title: words.get("console.today.title"),
            address,
            now: words::fill_at(words.0, "console.today.now", now),
            cut: day.is_cut().then(|| words.fill("console.today.cut", &[("lines", &limit)])),
            figures: figures(words, day),
            quiet: most == 0,
            bars: bars(&day.books, most),
            most,
            hours: hours(words, &day.books),
            denials: denials(words, day),
            deliveries: told(words, &day.books, now),
            proof: "",
            may_help: false,
            message: None,
            failed: false,
        }
    }
}

impl Day {
    /// Whether a book had more lines than were looked at.
    fn is_cut(&self) -> bool {
        self.books.cut || self.answered.permits + self.refused() >= LOOKED_AT
    }

    fn refused(&self) -> i64 {
        self.answered.denials.iter().map(|(_, count)| count).sum()
    }
}

fn denials(words: Words, day: &Day) -> Vec<(&'static str, i64, String)> {
    let since = day.books.since;
    let denial = |(code, count): &(String, i64)| {
        let list = logs_of(since, &format!("book=decisions&kind={code}"));
        (words.get(labels::reason(code)), *count, list)
    };
    day.answered.denials.iter().map(denial).collect()
}

/// Where the lines of today are listed.
fn logs_of(since: Instant, which: &str) -> String {
    let today = since.day_jst().iso();
    format!("/logs?{which}&from={today}&to={today}")
}

/// Where what a figure counts is listed; empty: nowhere.
fn list_of(figure: &str, since: Instant) -> String {
    let which = match figure {
        "files" | "late" => return "/files".to_owned(),
        "unregistered" => return unregistered::PATH.to_owned(),
        "bulks" => return "/bulk".to_owned(),
        "took" => "book=access",
        "decided" => "book=decisions",
        "signed-in" => "book=audit&kind=sign-ins&outcome=done",
        "wrong" => "book=access&kind=sign-in&outcome=refused",
        "locked-out" => "book=audit&kind=sign-ins&outcome=refused",
        "registered" => "book=audit&kind=members",
        "permits" => "book=decisions&outcome=done",
        "refused" => "book=decisions&outcome=refused",
        _ => return String::new(),
    };
    logs_of(since, which)
}

fn figures(words: Words, day: &Day) -> Vec<Figure> {
    let figure = |id, key, value: String, alarm| {
        let list = list_of(id, day.books.since);
        Figure { id, text: words.get(key), value, alarm, list }
    };
    let sum = |hours: &[i64; 24]| hours.iter().sum::<i64>();
    let today = &day.books;
    let count = |id, key, value: i64| figure(id, key, value.to_string(), false);
    let mut all = vec![
        count("signed-in", "console.today.signed_in", sum(&today.signed_in)),
        count("wrong", "console.today.wrong", sum(&today.wrong)),
        figure(
            "locked-out",
            "console.today.locked_out",
            today.locked_out.to_string(),
            today.locked_out > 0,
        ),
        count("registered", "console.today.registered", today.registered),
        count("permits", "console.today.permits", day.answered.permits),
        count("refused", "console.today.refused", day.refused()),
    ];
    let waits = |file: &&File| matches!(file.state, FileState::Held | FileState::Guarded);
    let waiting = day.files.iter().filter(waits).count();
    all.push(figure("files", "console.today.files", waiting.to_string(), waiting > 0));
    let late = i64::from(day.late).to_string();
    all.push(figure("late", "console.today.late", late, day.late));
    all.extend(
        day.bulks.map(|many| figure("bulks", "console.today.bulks", many.to_string(), many > 0)),
    );
    let unregistered = match day.unregistered {
        COUNTED.. => words.fill("console.today.or_more", &[("count", &COUNTED.to_string())]),
        count => count.to_string(),
    };
    all.push(figure("unregistered", "console.today.unregistered", unregistered, false));
    let took = |took: Option<(i64, i64)>| match took {
        Some((half, most)) => format!("{} / {} ms", in_ms(half), in_ms(most)),
        None => words.get("console.today.took.none").to_owned(),
    };
    let decided = took(day.answered.took);
    all.push(figure("decided", "console.today.decided", decided, false));
    all.push(figure("took", "console.today.took", took(today.took), false));
    all
}

/// Microseconds as people read them: what took less than a millisecond is not nothing.
fn in_ms(micros: i64) -> String {
    match micros.div_euclid(1000) {
        0 => format!("0.{}", micros.div_euclid(100)),
        whole => whole.to_string(),
    }
}

/// The most of an hour.
fn busiest(today: &Today) -> i64 {
    today.signed_in.iter().chain(&today.wrong).copied().max().unwrap_or_default()
}

/// The hours that had any, for who does not see the picture.
fn hours(words: Words, today: &Today) -> String {
    let hours = today.signed_in.iter().zip(&today.wrong).enumerate();
    let some = hours.filter(|(_, (signed_in, wrong))| **signed_in + **wrong > 0);
    let told = some.map(|(hour, (signed_in, wrong))| {
        let (hour, signed_in, wrong) = (hour.to_string(), signed_in.to_string(), wrong.to_string());
        let values = [("hour", &*hour), ("signed_in", &*signed_in), ("wrong", &*wrong)];
        words.fill("console.today.hour", &values)
    });
    format!("{}: {}", words.get("console.today.hours"), told.collect::<Vec<_>>().join(" / "))
}

/// The hours as bars, as tall as their share of the busiest one.
fn bars(today: &Today, most: i64) -> Vec<Bar> {
    let most = most.max(1);
    let tall = |count: i64| {
        let height = (count * TALLEST).div_euclid(most).max(i64::from(count > 0));
        (count, TALLEST - height, height)
    };
    let hours = today.signed_in.iter().zip(&today.wrong).enumerate();
    let bar = hours.zip((0..).step_by(20)).map(|((hour, (signed_in, wrong)), left)| Bar {
        hour,
        left,
        signed_in: tall(*signed_in),
        wrong: tall(*wrong),
    });
    bar.collect()
}

impl Bar {
    /// Where the second bar of an hour begins.
    const fn middle(&self) -> i64 {
        self.left + WIDTH / 2 - 1
    }
}

/// Who has not been told yet: how much waits, how much was given up, for how long the oldest waits.
fn told(words: Words, today: &Today, now: Instant) -> Vec<Delivery> {
    let listed = today.deliveries.iter().map(|one| {
        let minutes = one.oldest.map_or(0, |oldest| oldest.seconds_until(now).max(0) / 60);
        let oldest = words.fill("console.today.minutes", &[("minutes", &minutes.to_string())]);
        let waiting = (one.oldest.unwrap_or(now), Ended::Waiting);
        let given_up = (now.plus_days(-DEAD_DAYS), Ended::Refused);
        Delivery {
            receiver: one.receiver_id.clone(),
            waiting: one.pending,
            given_up: one.dead,
            oldest,
            lists: [waiting, given_up].map(|which| deliveries_of(&one.receiver_id, which, now)),
        }
    });
    listed.collect()
}

/// Where the deliveries to a service that ended so are listed.
fn deliveries_of(receiver: &str, (from, ended): (Instant, Ended), to: Instant) -> String {
    let (from, to) = (from.day_jst().iso(), to.day_jst().iso());
    let mut which = vec![("book", "linkage"), ("from", &from), ("to", &to), ("who", receiver)];
    // What we send to members ourselves (`post:mail`) is listed by its tries: none of them waits.
    if ended != Ended::Waiting || !receiver.contains(':') {
        which.push(("outcome", ended.as_str()));
    }
    logs::list_of("", &which)
}
