//! The access log, page by page.

use crate::kernel::{Instant, Result};
use crate::store::{Row, Tx, Value};

use super::{ByWhom, Page, Stretch, floor, from_floor};

/// Which lines of the access log are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfAccess {
    /// Any of these routes; none: any.
    pub routes: Option<Vec<String>>,
    /// By whom.
    pub by: ByWhom,
    /// `done`, `refused`; empty: any.
    pub outcome: String,
}

/// A request, as the access log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Sortable id.
    pub id: String,
    /// When.
    pub at: Instant,
    /// Who asked.
    pub actor: String,
    /// Method and route pattern.
    pub route: String,
    /// HTTP status.
    pub status: i64,
    /// The stable code of what was refused; empty: nothing was.
    pub code: String,
    /// How long it took, in microseconds.
    pub micros: i64,
}

/// A page of the operator's access log. Two statements; one where all lines are meant.
///
/// # Errors
/// `request.parameters_malformed` — no page ended there
pub fn access(tx: &mut Tx<'_>, of: &OfAccess, stretch: &Stretch) -> Result<Page<Called>> {
    let (from, to) = stretch.bounds("acc")?;
    let bounds = (from, to);
    let floor = if *of == OfAccess::default() {
        None
    } else {
        floor(tx, ACCESS_SEEN, &bounds, stretch.looked_at)?
    };
    let (from, to) = bounds;
    let keys: [Value; 9] = [
        tx.operator().into(),
        from_floor("acc", from, floor.as_ref()).into(),
        to.into(),
        if of.routes.is_some() { "some" } else { "" }.into(),
        of.routes.clone().unwrap_or_default().into(),
        (&of.by.begins).into(),
        (&of.by.whole).into(),
        (&of.outcome).into(),
        (stretch.limit + 1).into(),
    ];
    let lines = tx.rows(
        "SELECT access_id, at_ms, actor, route, status, code, micros FROM access_log
          WHERE operator_id = ?1 AND access_id >= ?2 AND access_id < ?3
            AND (?4 = '' OR route IN ARRAY(?5))
            AND SUBSTR(actor, 1, LENGTH(?6)) = ?6 AND (?7 = '' OR actor = ?7)
            AND (?8 = '' OR ?8 = CASE code WHEN '' THEN 'done' ELSE 'refused' END)
          ORDER BY access_id DESC LIMIT ?9",
        &keys,
        |row: &mut Row| {
            Ok(Called {
                id: row.text()?,
                at: row.instant()?,
                actor: row.text()?,
                route: row.text()?,
                status: row.int()?,
                code: row.text()?,
                micros: row.int()?,
            })
        },
    )?;
    Ok(stretch.page(lines, |line| &line.id, floor))
}

const ACCESS_SEEN: &str = "SELECT MIN(access_id), COUNT(*) FROM
    (SELECT access_id FROM access_log
      WHERE operator_id = ?1 AND access_id >= ?2 AND access_id < ?3
      ORDER BY access_id DESC LIMIT ?4) newest";
