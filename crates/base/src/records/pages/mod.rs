//! The books page by page, newest first, for who looks through them.
//!
//! Ids sort by instant, so a page is one range of the operator's own lines; and never more of it is looked at than was said, so that
//! what fits nothing costs no more than what fits everything. Source: brief tve §11.2; `docs/decisions/0057`.

mod access;
mod audit;
mod linkage;

pub use access::{Called, OfAccess, access};
pub use audit::{OfAudit, audit};
pub use linkage::{OfLinkage, Passed, linkage};

use crate::kernel::{Error, Instant, Result, ids};
use crate::store::{Tx, Value};

/// Which part of a book, and how much of it.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// Its first instant.
    pub since: Instant,
    /// The first instant behind it.
    pub until: Instant,
    /// Only lines older than where an earlier page ended; empty: from the newest on.
    pub after: String,
    /// Lines of a page.
    pub limit: i64,
    /// Lines looked at, at most, whether they are meant or not.
    pub looked_at: i64,
}

/// A page of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<L> {
    /// Newest first.
    pub lines: Vec<L>,
    /// Where the next page begins; none: this was the last.
    pub next: Option<String>,
    /// Back to when was looked, where that was given up before the page was full; the next page goes on from there.
    pub given_up: Option<Instant>,
}

/// By whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByWhom {
    /// How it begins, as the books name it (`staff:`); empty: anybody.
    pub begins: String,
    /// The whole of it (`staff:sato`); empty: whoever begins so.
    pub whole: String,
}

impl Stretch {
    /// The first id of the stretch, and the first behind it.
    fn bounds(&self, prefix: &str) -> Result<(String, String)> {
        let end = ids::first_id(prefix, self.until);
        if self.after.is_empty() {
            return Ok((ids::first_id(prefix, self.since), end));
        }
        if ids::made_at(&self.after).is_none() {
            return Err(Error::invalid("request.parameters_malformed", "after"));
        }
        Ok((ids::first_id(prefix, self.since), end.min(format!("{prefix}_{}", self.after))))
    }

    /// A page of `lines`, of which one more than its limit was asked for; `floor`: where looking was given up.
    fn page<L>(
        &self,
        mut lines: Vec<L>,
        id: impl Fn(&L) -> &str,
        floor: Option<String>,
    ) -> Page<L> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if lines.len() > limit {
            lines.truncate(limit);
            let next = lines.last().map(|line| place(id(line)));
            return Page { lines, next, given_up: None };
        }
        let given_up = floor.as_deref().and_then(ids::made_at);
        Page { lines, next: floor, given_up }
    }
}

/// What stands behind the prefix of an id.
fn place(id: &str) -> String {
    id.split_once('_').map_or(id, |(_, place)| place).to_owned()
}

/// Where `limit` lines from the end of a stretch lie, if it has as many.
fn floor(
    tx: &mut Tx<'_>,
    sql: &'static str,
    (from, to): &(String, String),
    limit: i64,
) -> Result<Option<String>> {
    let keys: [Value; 4] = [tx.operator().into(), from.into(), to.into(), limit.into()];
    let seen = tx.row(sql, &keys, |row| Ok((row.text_if_any()?, row.int()?)))?;
    Ok(seen.and_then(|(id, count)| id.filter(|_| count >= limit)).map(|id| place(&id)))
}

/// The bound a page is read from: where looking ends, or where the stretch begins.
fn from_floor(prefix: &str, from: String, floor: Option<&String>) -> String {
    floor.map_or(from, |place| format!("{prefix}_{place}"))
}
