//! The answers one after another, newest first, for a clerk who looks through them.
//!
//! They tell who asked, of which household, and what came of it; not what was to be watched, which is told under a single answer and
//! written down there (`why`). Source: brief tve §11.2, §12.5; `docs/decisions/0057`.

use base::kernel::{Error, Instant, Result};
use base::records::pages::{Page, Stretch};
use base::store::{Row, Tx, Value};

/// Which answers are meant.
#[derive(Debug, Clone, Default)]
pub struct OfDecisions {
    /// About this household; empty: about any.
    pub number: String,
    /// About this member of it; 0: about any, and about the household as a whole.
    pub person_no: i64,
    /// Who asked; empty: anybody.
    pub client: String,
    /// `done`: yes, `refused`: no; empty: either.
    pub outcome: String,
    /// A reason among those it was refused for; empty: any.
    pub code: String,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Its trace, by which it is explained.
    pub trace: String,
    /// When.
    pub at: Instant,
    /// Who asked.
    pub client: String,
    /// About which household; empty: the subject was unknown.
    pub number: String,
    /// Its generation.
    pub generation: i64,
    /// About which member; 0: the household.
    pub person_no: i64,
    /// What was to be done.
    pub action: String,
    /// `P00`, or every reason.
    pub codes: String,
    /// Whether it was yes.
    pub permit: bool,
}

/// A page of the operator's answers. Two statements; one where it is said of which household.
///
/// # Errors
/// `request.parameters_malformed` — no page ended there
pub fn page_of_decisions(
    tx: &mut Tx<'_>,
    of: &OfDecisions,
    stretch: &Stretch,
) -> Result<Page<Decided>> {
    let (at, trace) = place(stretch)?;
    let mut keys: Vec<Value> =
        vec![tx.operator().into(), stretch.since.into(), at.into(), trace.into()];
    let seen = if of.number.is_empty() { floor(tx, &keys, stretch.looked_at)? } else { None };
    if let (Some(floor), Some(since)) = (seen, keys.get_mut(1)) {
        *since = floor.into();
    }
    let code = if of.code.is_empty() { String::new() } else { format!("%{}%", of.code) };
    keys.extend([
        (&of.client).into(),
        (&of.outcome).into(),
        code.into(),
        (stretch.limit + 1).into(),
    ]);
    let mut lines = if of.number.is_empty() {
        tx.rows(ALL, &keys, read)?
    } else {
        keys.extend([(&of.number).into(), of.person_no.into()]);
        tx.rows(OF_HOUSEHOLD, &keys, read)?
    };
    let limit = usize::try_from(stretch.limit).unwrap_or(usize::MAX);
    if lines.len() > limit {
        lines.truncate(limit);
        let next = lines.last().map(|line| format!("{}.{}", line.at.ms(), line.trace));
        return Ok(Page { lines, next, given_up: None });
    }
    let next = seen.map(|at| format!("{}.", at.ms()));
    Ok(Page { lines, next, given_up: seen })
}

/// Where the page begins: behind the answer of this instant and trace.
fn place(stretch: &Stretch) -> Result<(Instant, String)> {
    if stretch.after.is_empty() {
        return Ok((stretch.until, String::new()));
    }
    let malformed = || Error::invalid("request.parameters_malformed", "after");
    let (ms, trace) = stretch.after.split_once('.').ok_or_else(malformed)?;
    let at = Instant::from_ms(ms.parse().map_err(|_| malformed())?);
    Ok((at.min(stretch.until), trace.to_owned()))
}

/// The instant `limit` answers back, if there are as many.
fn floor(tx: &mut Tx<'_>, keys: &[Value], limit: i64) -> Result<Option<Instant>> {
    let keys: Vec<Value> = keys.iter().cloned().chain([limit.into()]).collect();
    let seen = tx.row(
        "SELECT MIN(at_ms), COUNT(*) FROM
            (SELECT at_ms FROM decision_log
              WHERE operator_id = ?1 AND at_ms >= ?2 AND (at_ms, trace) < (?3, ?4)
              ORDER BY at_ms DESC, trace DESC LIMIT ?5) newest",
        &keys,
        |row| Ok((row.instant_if_any()?, row.int()?)),
    )?;
    Ok(seen.and_then(|(at, count)| at.filter(|_| count >= limit)))
}

fn read(row: &mut Row) -> Result<Decided> {
    Ok(Decided {
        trace: row.text()?,
        at: row.instant()?,
        client: row.text()?,
        number: row.text()?,
        generation: row.int()?,
        person_no: row.int()?,
        action: row.text()?,
        codes: row.text()?,
        permit: row.flag()?,
    })
}

const ALL: &str = "SELECT trace, at_ms, client_id, number, gen, person_no, action, codes, permit
   FROM decision_log
  WHERE operator_id = ?1 AND at_ms >= ?2 AND (at_ms, trace) < (?3, ?4)
    AND (?5 = '' OR client_id = ?5)
    AND (?6 = '' OR ?6 = CASE permit WHEN 1 THEN 'done' ELSE 'refused' END)
    AND (?7 = '' OR codes LIKE ?7)
  ORDER BY at_ms DESC, trace DESC LIMIT ?8";

// Each part as the index says which lines it holds.
const OF_HOUSEHOLD: &str =
    "SELECT trace, at_ms, client_id, number, gen, person_no, action, codes, permit FROM (
    SELECT * FROM (
        SELECT trace, at_ms, client_id, number, gen, person_no, action, codes, permit
          FROM decision_log
         WHERE operator_id = ?1 AND number = ?9 AND person_no > 0
           AND at_ms >= ?2 AND (at_ms, trace) < (?3, ?4)
           AND (?5 = '' OR client_id = ?5)
           AND (?6 = '' OR ?6 = CASE permit WHEN 1 THEN 'done' ELSE 'refused' END)
           AND (?7 = '' OR codes LIKE ?7)
           AND (person_no = ?10 OR ?10 = 0)
         ORDER BY at_ms DESC, trace DESC LIMIT ?8) of_members
    UNION ALL
    SELECT * FROM (
        SELECT trace, at_ms, client_id, number, gen, person_no, action, codes, permit
          FROM decision_log
         WHERE operator_id = ?1 AND number = ?9 AND person_no = 0 AND number <> '' AND ?10 = 0
           AND at_ms >= ?2 AND (at_ms, trace) < (?3, ?4)
           AND (?5 = '' OR client_id = ?5)
           AND (?6 = '' OR ?6 = CASE permit WHEN 1 THEN 'done' ELSE 'refused' END)
           AND (?7 = '' OR codes LIKE ?7)
         ORDER BY at_ms DESC, trace DESC LIMIT ?8) of_household) of_both
  ORDER BY at_ms DESC, trace DESC LIMIT ?8";
