//! The audit, page by page.

use crate::kernel::Result;
use crate::records::audit::{AuditLine, read_line};
use crate::store::{Tx, Value};

use super::{ByWhom, Page, Stretch, floor, from_floor};

/// Which lines of the audit are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfAudit {
    /// Of what: any of these; none: of anything.
    pub subjects: Option<Vec<String>>,
    /// What was done: any of these; none: anything.
    pub acts: Option<Vec<String>>,
    /// But none of these.
    pub other_than: Vec<String>,
    /// By whom.
    pub by: ByWhom,
    /// What it came from: a file by name, a call, a request by its id; empty: from anything.
    pub behind: String,
}

/// A page of the operator's audit. Two statements; one where it is said of what, and where all are meant.
///
/// # Errors
/// `request.parameters_malformed` — no page ended there
pub fn audit(tx: &mut Tx<'_>, of: &OfAudit, stretch: &Stretch) -> Result<Page<AuditLine>> {
    let bounds = stretch.bounds("aud")?;
    // What is about a few subjects lies together: all of it is looked at. Where all lines are meant, the page is full at once.
    let floor = if of.subjects.is_some() || *of == OfAudit::default() {
        None
    } else {
        floor(tx, AUDIT_SEEN, &bounds, stretch.looked_at)?
    };
    let (from, to) = bounds;
    let behind = if of.behind.is_empty() { String::new() } else { in_detail(&of.behind) };
    let causes = ["", "file:", "call:", "undo:"].map(|kind| format!("{kind}{}", of.behind));
    let mut keys: Vec<Value> = vec![
        tx.operator().into(),
        from_floor("aud", from, floor.as_ref()).into(),
        to.into(),
        if of.acts.is_some() { "some" } else { "" }.into(),
        of.acts.clone().unwrap_or_default().into(),
        of.other_than.clone().into(),
        (&of.by.begins).into(),
        (&of.by.whole).into(),
        behind.into(),
        causes.to_vec().into(),
        (stretch.limit + 1).into(),
    ];
    let lines = match &of.subjects {
        None => tx.rows(AUDIT, &keys, read_line)?,
        Some(subjects) => {
            keys.push(subjects.clone().into());
            tx.rows(AUDIT_ABOUT, &keys, read_line)?
        }
    };
    Ok(stretch.page(lines, |line| &line.id, floor))
}

/// What a request's id looks like in a line's detail.
fn in_detail(request_id: &str) -> String {
    let plain = request_id.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%\"request!_id\":\"{plain}\"%")
}

const AUDIT_SEEN: &str = "SELECT MIN(audit_id), COUNT(*) FROM
    (SELECT audit_id FROM audit WHERE operator_id = ?1 AND audit_id >= ?2 AND audit_id < ?3
      ORDER BY audit_id DESC LIMIT ?4) newest";

const AUDIT: &str = "SELECT audit_id, at_ms, actor, act, subject, version, detail, cause FROM audit
  WHERE operator_id = ?1 AND audit_id >= ?2 AND audit_id < ?3
    AND (?4 = '' OR act IN ARRAY(?5)) AND NOT act IN ARRAY(?6)
    AND SUBSTR(actor, 1, LENGTH(?7)) = ?7 AND (?8 = '' OR actor = ?8)
    AND (?9 = '' OR cause IN ARRAY(?10) OR detail LIKE ?9 ESCAPE '!')
  ORDER BY audit_id DESC LIMIT ?11";

// In the order of `LIST_ABOUT`, for its reason.
const AUDIT_ABOUT: &str =
    "SELECT audit_id, at_ms, actor, act, subject, version, detail, cause FROM audit
  WHERE operator_id = ?1 AND subject IN ARRAY(?12) AND audit_id >= ?2 AND audit_id < ?3
    AND (?4 = '' OR act IN ARRAY(?5)) AND NOT act IN ARRAY(?6)
    AND SUBSTR(actor, 1, LENGTH(?7)) = ?7 AND (?8 = '' OR actor = ?8)
    AND (?9 = '' OR cause IN ARRAY(?10) OR detail LIKE ?9 ESCAPE '!')
  ORDER BY audit_id || '' DESC LIMIT ?11";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Actor, Scope, clock};
    use crate::records::audit::LIST_ABOUT;
    use crate::store::{Db, Settings};

    #[test]
    fn lines_about_a_household_are_read_without_those_of_other_stations() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::Sqlite { path: folder.path().join("plans.db"), relaxed: true };
        let db = Db::open(&settings).unwrap();
        db.migrate().unwrap();
        let scope = Scope::new("KITA01", Actor::System, clock::now());
        let list = |n| Value::from(vec![String::from(n)]);
        let bound = |place: usize| match place {
            2 | 5 | 6 | 10 | 12 => list("A-001"),
            _ => Value::from("x"),
        };
        for (statement, keys) in [(LIST_ABOUT, 6), (AUDIT_ABOUT, 12)] {
            let sql: &'static str =
                Box::leak(format!("EXPLAIN QUERY PLAN {statement}").into_boxed_str());
            let keys: Vec<Value> = (1..=keys).map(bound).collect();
            let plan = db.read(&scope, |tx| {
                tx.rows(sql, &keys, |row| {
                    let _places = (row.int()?, row.int()?, row.int()?);
                    row.text()
                })
            });
            let plan = plan.unwrap().join("; ");
            assert!(
                plan.contains("audit_subjects (operator_id=? AND subject=? AND audit_id"),
                "{plan}"
            );
        }
    }
}
