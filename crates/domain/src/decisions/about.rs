//! Why somebody can not watch something: by who, what and when, where there is no trace.
//!
//! What was asked and answered about that time is replayed, as by its trace. Where nothing was asked, it is asked now, of the same
//! facts by the same checks, and nothing is left behind: no answer in the log, no first play. Source: brief tve §11.3.

use base::kernel::{Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use crate::catalogue::Catalogue;
use crate::subscribers::{PERSON_UNKNOWN, UNKNOWN};

use super::explain::{replay, station};
use super::log::{self, Line};
use super::question::Action;
use super::repo;
use super::why::Why;

/// How far from the moment an answer may have been given.
const NEAR_SECONDS: i64 = 1800;
/// Answers about that time that are named.
const NAMED: usize = 5;
/// Titles of a product that are looked for.
const TITLES: usize = 500;

/// Who, what and when.
#[derive(Debug, Clone)]
pub struct WhyAsked {
    /// The contract.
    pub number: String,
    /// The member; 0: the household as a whole, as its set-top box asks.
    pub person_no: i64,
    /// A title or channel as services name it, or a product by code or name.
    pub what: String,
    /// When; none: now.
    pub at: Option<Instant>,
}

/// Why this member can, or could, not watch this. Written down, without what it was about.
/// Answers still on their way into the log are not found (`Decisions::flush` waits for them).
///
/// # Errors
/// - `contract.unknown`; `person.unknown`
/// - `why.title_unknown` — nothing services could ask for is called so
/// - `why.in_future` — nothing is known of what will be asked
pub fn why_about(tx: &mut Tx<'_>, asked: &WhyAsked) -> Result<Why> {
    let now = tx.now();
    if asked.at.is_some_and(|at| at > now) {
        return Err(Error::invalid("why.in_future", "at"));
    }
    let aggregate = repo::find_aggregate(tx, &asked.number)?;
    let household = aggregate.as_ref().and_then(|one| one.current()).map(|(one, _)| one);
    let household = household.ok_or_else(|| Error::not_found(UNKNOWN, &asked.number))?;
    if asked.person_no != 0 && household.person(asked.person_no).is_none() {
        return Err(Error::not_found(PERSON_UNKNOWN, asked.person_no.to_string()));
    }
    let station = station(tx)?;
    let catalogue = &station.catalogue;
    let resource = named(catalogue, asked.what.trim())?;
    let generation = household.contract.generation;
    let whose = (asked.number.as_str(), generation, asked.person_no);
    let mut given = match asked.at {
        Some(at) => near(tx, whose, (meant(catalogue, &resource), at))?,
        None => Vec::new(),
    };
    let rehearsed = given.is_empty();
    let line = if rehearsed {
        Line {
            trace: String::new(),
            at: asked.at.unwrap_or(now),
            client: String::new(),
            number: asked.number.clone(),
            generation,
            person_no: asked.person_no,
            action: Action::View.as_str().to_owned(),
            resource,
            least_age: None,
            adult: false,
            codes: String::new(),
            // Of now nothing was changed since; of then whatever was.
            version: if asked.at.is_some() { -1 } else { household.contract.version },
        }
    } else {
        given.remove(0)
    };
    let others = given.into_iter().map(|line| (line.at, line.trace)).collect();
    let explanation = replay(tx, &station, line)?;
    let subject = if rehearsed { "rehearsed" } else { explanation.trace.as_str() };
    let detail = json!({"about": explanation.then.subject});
    record(tx, &Entry::new("console.explained", subject).detail(detail))?;
    Ok(Why { explanation, station, rehearsed, others })
}

/// What services would ask for by what a clerk calls it.
fn named(catalogue: &Catalogue, what: &str) -> Result<String> {
    let of_product = |code: &str| format!("product:{code}");
    if what.contains(':') {
        return Ok(what.to_owned());
    }
    if let Some(product) = catalogue.iter().find(|one| one.code.eq_ignore_ascii_case(what)) {
        return Ok(of_product(&product.code));
    }
    let mut same = catalogue.iter().filter(|one| one.name_ja == what || one.name_en == what);
    if let Some(product) = same.next() {
        return Ok(of_product(&product.code));
    }
    let of_title = format!(":{what}");
    let mut titles: Vec<&str> =
        catalogue.references().filter(|one| one.ends_with(&of_title)).collect();
    titles.sort_unstable();
    if let Some(title) = titles.first().filter(|_| !what.is_empty()) {
        return Ok((*title).to_owned());
    }
    let plain = !what.is_empty() && what.bytes().all(|one| one.is_ascii_graphic());
    // A title no product has is a reason of its own.
    if plain {
        return Ok(format!("title:{what}"));
    }
    Err(Error::not_found("why.title_unknown", what))
}

/// What may have been asked for: the title itself, or any title of the product.
fn meant(catalogue: &Catalogue, resource: &str) -> Vec<String> {
    let mut all = vec![resource.to_owned()];
    if let Some(code) = resource.strip_prefix("product:") {
        let titles = catalogue.references().filter(|one| catalogue.opening(one).contains(code));
        all.extend(titles.take(TITLES).map(str::to_owned));
    }
    all
}

/// The answers about that time, the nearest first.
fn near(
    tx: &mut Tx<'_>,
    (number, generation, person_no): (&str, i64, i64),
    (resources, at): (Vec<String>, Instant),
) -> Result<Vec<Line>> {
    let keys: [Value; 8] = [
        tx.operator().into(),
        number.into(),
        generation.into(),
        person_no.into(),
        at.plus_seconds(-NEAR_SECONDS).into(),
        at.plus_seconds(NEAR_SECONDS).into(),
        resources.into(),
        at.into(),
    ];
    let sql = if person_no == 0 { OF_HOUSEHOLD } else { OF_MEMBER };
    let mut lines = tx.rows(sql, &keys, log::read)?;
    lines.truncate(NAMED);
    Ok(lines)
}

// Each as its index says which lines it holds.
const OF_MEMBER: &str =
    "SELECT trace, at_ms, client_id, number, gen, person_no, action, resource, least_age, adult,
        codes, version
   FROM decision_log
  WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND person_no = ?4 AND person_no > 0
    AND at_ms >= ?5 AND at_ms <= ?6 AND resource IN ARRAY(?7)
  ORDER BY ABS(at_ms - ?8), at_ms DESC LIMIT 5";

const OF_HOUSEHOLD: &str = "SELECT trace, at_ms, client_id, number, gen, person_no, action, resource, least_age, adult,
        codes, version
   FROM decision_log
  WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND person_no = ?4 AND person_no = 0 AND number <> ''
    AND at_ms >= ?5 AND at_ms <= ?6 AND resource IN ARRAY(?7)
  ORDER BY ABS(at_ms - ?8), at_ms DESC LIMIT 5";
