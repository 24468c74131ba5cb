//! One contract, whole: what it is, what holds it, who lives there, what they may use, and what can be done.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Error, Instant, Result, clock};
use base::records::outbox::Told;
use domain::administration::{self, Sheet};
use domain::catalogue::Catalogue;
use domain::commands::{self, Undoable, Waiting};
use domain::entitlements::Grant;
use domain::staff::Permission;
use domain::subscribers::{Hold, MovedFor, PersonStanding, Reason, is_movable};
use http::HeaderMap;
use web::texts::{Words, in_language, message};
use web::{Language, reasons};

use super::Console;
use super::deliveries;
use super::filled::Filled;
use super::here::{Here, asked};
use super::home::segment;
use super::labels::{self, VERBS};
use super::logs;
use super::timeline;
use super::undo;
use super::waiting;

/// A hold on the page.
struct ListedHold {
    whom: String,
    reason: &'static str,
    source: String,
    since: String,
    reference: String,
    cause: String,
}

/// A member on the page.
struct ListedPerson {
    no: i64,
    /// As the station has it, in kana; empty: it has none.
    kana: String,
    role: &'static str,
    standing: &'static str,
    alarm: bool,
    rating: String,
    adult: &'static str,
    locked: String,
}

/// A key on the page.
struct ListedKey {
    product: String,
    whose: String,
    state: &'static str,
    from: String,
    until: String,
    cause: String,
}

/// A box on the page.
struct ListedBox {
    serial: String,
    model: String,
    place: String,
}

/// A choice in a list: value, text, whether it is the one.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "contract.html")]
struct Body<'b> {
    words: Words,
    title: String,
    address: String,
    proof: &'b str,
    message: Option<String>,
    failed: bool,
    standing: &'static str,
    alarm: bool,
    facts: Vec<(&'static str, String)>,
    moved_to: Option<(String, String)>,
    holds: Vec<ListedHold>,
    waiting: Vec<waiting::Listed>,
    /// The last verb, as long as it can be taken back.
    undo: Option<undo::Listed>,
    persons: Vec<ListedPerson>,
    keys: Vec<ListedKey>,
    boxes: Vec<ListedBox>,
    deliveries: Vec<deliveries::Listed>,
    lines: Vec<timeline::Line>,
    /// Where it is looked up why they can not watch.
    why: String,
    /// Where the answers about it are listed.
    decisions: String,
    may_command: bool,
    may_help: bool,
    verbs: Vec<Choice>,
    whom: Vec<Choice>,
    reasons: Vec<Choice>,
    products: Vec<Choice>,
    moved_for: Vec<Choice>,
    may_move: bool,
    filled: &'b Filled,
}

/// What the last form did: a text, or why it did nothing.
pub(super) enum Said<'s> {
    Nothing,
    Done(String),
    Refused(&'s Error),
}

impl Said<'_> {
    /// In words; none: nothing was asked for.
    pub(super) fn text(&self, words: Words) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Done(text) => Some(text.clone()),
            Self::Refused(error) => Some(message(words.0, error)),
        }
    }

    /// Why it did nothing.
    pub(super) const fn error(&self) -> Option<&Error> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Nothing | Self::Done(_) => None,
        }
    }
}

/// `GET …/contracts/{number}`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, number)): Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    let wanted = (headers, path_of(&number), query);
    asked((console, code), wanted, move |console, here, query| {
        page(console, here, (&number, &Filled::of(query)), &Said::Nothing)
    })
    .await
}

/// The page of a contract, below the console.
pub(super) fn path_of(number: &str) -> String {
    format!("/contracts/{}", segment(number))
}

/// The page of the contract `number`, as it is now.
pub(super) fn page(
    console: &Console,
    here: &Here,
    (number, filled): (&str, &Filled),
    said: &Said<'_>,
) -> Result<Response> {
    let now = clock::now();
    let Read { sheet, waits, last, told } = read(console, here, number, now)?;
    let words = here.words;
    let standing = sheet.household.standing(now);
    let error = said.error();
    let listed = Listed { words, sheet: &sheet, waits: &waits, now };
    let body = Body {
        words,
        title: words.fill("console.contract.title", &[("number", &sheet.household.key().label())]),
        address: format!("{}{}", here.address, path_of(number)),
        proof: &here.proof(console, &path_of(number)),
        message: said.text(words),
        failed: error.is_some(),
        standing: words.get(labels::standing(standing)),
        alarm: standing != domain::subscribers::Standing::Active,
        facts: listed.facts(),
        moved_to: listed.moved_to(here),
        waiting: listed.waiting(),
        undo: last.map(|last| undo::Listed::of(words, &last)),
        holds: sheet.household.holds.iter().map(|hold| listed.hold(hold)).collect(),
        persons: sheet.standings.iter().filter_map(|one| listed.person(one)).collect(),
        keys: sheet.keyring.grants.iter().rev().map(|grant| listed.key(grant)).collect(),
        boxes: listed.boxes(),
        deliveries: told.iter().map(|one| deliveries::Listed::of(words, one)).collect(),
        lines: listed.lines(here),
        why: why_of(here, &sheet.household.contract.number),
        decisions: logs::list_of(
            &here.address,
            &[("book", "decisions"), ("number", &sheet.household.contract.number)],
        ),
        may_command: here.may(Permission::Command),
        may_help: here.may(Permission::Help),
        verbs: verbs(words, &filled.verb),
        whom: listed.whom(filled.person),
        reasons: listed.reasons(&filled.reason),
        products: listed.products(&filled.product),
        moved_for: listed.moved_for(&filled.moved_for),
        may_move: here.may(Permission::Command) && is_movable(standing),
        filled,
    };
    here.page(console, (&body.title.clone(), "search"), &body, error)
}

/// What the page shows, as it was read.
struct Read {
    sheet: Sheet,
    waits: Vec<Waiting>,
    /// The last verb that can be taken back.
    last: Option<Undoable>,
    told: Vec<Told>,
}

fn read(console: &Console, here: &Here, number: &str, now: Instant) -> Result<Read> {
    let wanted = number.to_owned();
    let may = (&here.seat, Permission::Look);
    console.desks.look(may, now, move |tx| {
        let sheet = administration::sheet(tx, &wanted)?;
        let last = commands::undoable(tx, (&wanted, sheet.household.contract.version))?;
        let told = administration::deliveries(tx, &wanted)?;
        Ok(Read { waits: commands::waiting(tx, &wanted)?, sheet, last, told })
    })
}

fn verbs(words: Words, chosen: &str) -> Vec<Choice> {
    let choice = |(value, _, key): &(&str, _, &'static str)| Choice {
        value: (*value).to_owned(),
        text: words.get(key).to_owned(),
        chosen: *value == chosen,
    };
    VERBS.iter().map(choice).collect()
}

/// The page that says why somebody of a contract can not watch.
fn why_of(here: &Here, number: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("number", number);
    format!("{}/why?{}", here.address, query.finish())
}

/// Puts what is known of a contract into words.
struct Listed<'l> {
    words: Words,
    sheet: &'l Sheet,
    waits: &'l [Waiting],
    now: Instant,
}

impl Listed<'_> {
    fn moment(&self, at: Instant) -> String {
        reasons::moment(self.words.0, at)
    }

    fn whom_is(&self, person_no: i64) -> String {
        whom_is(self.words, person_no)
    }

    fn lines(&self, here: &Here) -> Vec<timeline::Line> {
        let Sheet { happened, catalogue, .. } = self.sheet;
        happened.iter().map(|line| timeline::told(here, catalogue, line)).collect()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let contract = &self.sheet.household.contract;
        let mut facts = vec![("console.fact.starts", self.moment(contract.starts))];
        if let Some(stopped) = contract.stopped {
            facts.push(("console.fact.stopped", self.moment(stopped)));
        }
        if let Some(parent) = &contract.bulk_parent {
            facts.push(("console.fact.building", parent.clone()));
        }
        if let Some(kana) = &contract.kana {
            facts.push(("console.fact.kana", kana.clone()));
        }
        if let Some(note) = &contract.note {
            facts.push(("console.fact.note", note.clone()));
        }
        let adult = contract.adult_allowed;
        let adult = if adult { "console.fact.adult.on" } else { "console.fact.adult.off" };
        facts.push(("console.fact.adult", self.words.get(adult).to_owned()));
        let changed = format!(
            "{} ({})",
            self.moment(contract.updated),
            timeline::from(self.words, &contract.cause)
        );
        facts.push(("console.fact.changed", changed));
        facts
    }

    /// The number that took this one's place, and its page.
    fn moved_to(&self, here: &Here) -> Option<(String, String)> {
        let new = self.sheet.household.contract.replaced_by.clone()?;
        let address = format!("{}{}", here.address, path_of(&new));
        Some((new, address))
    }

    fn waiting(&self) -> Vec<waiting::Listed> {
        let sold = &self.sheet.catalogue;
        self.waits.iter().map(|one| waiting::Listed::of(self.words, sold, one)).collect()
    }

    fn moved_for(&self, chosen: &str) -> Vec<Choice> {
        let choice = |why: MovedFor| Choice {
            value: why.as_str().to_owned(),
            text: self.words.get(labels::moved_for(why)).to_owned(),
            chosen: why.as_str() == chosen,
        };
        MovedFor::ALL.into_iter().map(choice).collect()
    }

    fn hold(&self, hold: &Hold) -> ListedHold {
        ListedHold {
            whom: self.whom_is(hold.person_no),
            reason: reasons::named(self.words.0, hold.reason),
            source: self.put_by(hold),
            since: self.moment(hold.since),
            reference: hold.reference.clone().unwrap_or_default(),
            cause: timeline::from(self.words, &hold.cause),
        }
    }

    /// Who put a hold: one of the station by who did, as the timeline says it.
    fn put_by(&self, hold: &Hold) -> String {
        let source = self.words.get(labels::source(hold.source));
        match self.sheet.put_by.get(&hold.cause) {
            Some(by) => format!("{source} · {}", timeline::actor(self.words, by)),
            None => source.to_owned(),
        }
    }

    fn person(&self, (no, standing): &(i64, PersonStanding)) -> Option<ListedPerson> {
        let person = self.sheet.household.person(*no)?;
        let until = self.sheet.locked.iter().find(|(locked, _)| locked == no);
        let adult = if person.adult_allowed { "console.adult.on" } else { "console.adult.off" };
        Some(ListedPerson {
            no: *no,
            kana: person.kana.clone().unwrap_or_default(),
            role: self.words.get(labels::role(person.role)),
            standing: self.words.get(labels::person(standing)),
            alarm: *standing != PersonStanding::Active,
            rating: self
                .words
                .fill("console.rating", &[("years", &person.max_rating_years.to_string())]),
            adult: self.words.get(adult),
            locked: until.map(|(_, until)| self.moment(*until)).unwrap_or_default(),
        })
    }

    fn key(&self, grant: &Grant) -> ListedKey {
        ListedKey {
            product: product_name(self.words.0, &self.sheet.catalogue, &grant.product),
            whose: self.whom_is(grant.person_no),
            state: self.words.get(labels::grant(grant.state_at(self.now))),
            from: self.moment(grant.starts),
            until: grant.over().map(|over| self.moment(over)).unwrap_or_default(),
            cause: timeline::from(self.words, &grant.cause),
        }
    }

    fn boxes(&self) -> Vec<ListedBox> {
        let place = |name: &str, area: &str| match (name, area) {
            ("", one) | (one, "") => one.to_owned(),
            (name, area) => format!("{name} · {area}"),
        };
        let boxes = self.sheet.boxes.iter();
        boxes
            .map(|one| ListedBox {
                serial: one.serial.clone(),
                model: one.model.clone(),
                place: place(&one.name, &one.area),
            })
            .collect()
    }

    fn whom(&self, chosen: i64) -> Vec<Choice> {
        let persons = self.sheet.household.persons.iter().map(|person| person.person_no);
        std::iter::once(0)
            .chain(persons)
            .map(|no| Choice {
                value: no.to_string(),
                text: self.whom_is(no),
                chosen: no == chosen,
            })
            .collect()
    }

    fn reasons(&self, chosen: &str) -> Vec<Choice> {
        let choice = |reason: Reason| Choice {
            value: reason.number().to_string(),
            text: reasons::named(self.words.0, reason).to_owned(),
            chosen: reason.number().to_string() == chosen
                || (chosen.is_empty() && reason == Reason::Admin),
        };
        Reason::ALL.into_iter().map(choice).collect()
    }

    fn products(&self, chosen: &str) -> Vec<Choice> {
        let all = self.sheet.catalogue.iter();
        all.map(|product| Choice {
            value: product.code.clone(),
            text: in_language(self.words.0, &product.name_ja, &product.name_en).to_owned(),
            chosen: product.code == chosen,
        })
        .collect()
    }
}

/// `2` as `個人 002`; 0: the household.
pub(super) fn whom_is(words: Words, person_no: i64) -> String {
    match person_no {
        0 => words.get("console.household").to_owned(),
        no => words.fill("console.person.no", &[("no", &format!("{no:03}"))]),
    }
}

/// What a product is called; its code where it is sold no more.
pub(super) fn product_name(language: Language, catalogue: &Catalogue, code: &str) -> String {
    let found = catalogue.get(code);
    found.map_or(code, |one| in_language(language, &one.name_ja, &one.name_en)).to_owned()
}
