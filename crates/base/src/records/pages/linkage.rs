//! The linkage log with the deliveries, page by page.

use crate::kernel::{Instant, Result};
use crate::store::{Row, Tx, Value};

use super::{Page, Stretch, floor, from_floor};

/// Which lines of the linkage log are meant, and which deliveries.
#[derive(Debug, Clone, Default)]
pub struct OfLinkage {
    /// `file`, `command`, `delivery`; empty: any.
    pub kind: String,
    /// The other system; empty: any.
    pub peer: String,
    /// `done`, `refused`, `waiting`; empty: any.
    pub outcome: String,
    /// A file by name, a request by its id, a contract that was told about; empty: any.
    pub reference: String,
}

/// A message to or from another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// Sortable id: of the linkage log, or of the delivery.
    pub id: String,
    /// When; of a delivery, when there was something to tell.
    pub at: Instant,
    /// `in` or `out`.
    pub direction: String,
    /// The other system.
    pub peer: String,
    /// `file`, `command`, `commands`, `post`, `logout`; `delivery`.
    pub kind: String,
    /// File name, request id; of a delivery, the contract it is about.
    pub reference: String,
    /// Code of the result; of a delivery `DONE`, `PENDING`, `DEAD`.
    pub result: String,
    /// `done`, `refused`, `waiting`.
    pub outcome: String,
    /// Counts and the like; of a delivery, the event.
    pub detail: String,
    /// Tries of a delivery, else 0.
    pub attempts: i64,
}

impl Passed {
    /// Of a mail, a text or a logout: which try it was, and why it failed; empty: it did not. None: it is something else.
    #[must_use]
    pub fn tried(&self) -> Option<(i64, String)> {
        let said: serde_json::Value = serde_json::from_str(&self.detail).ok()?;
        let why = said.get("why")?.as_str()?.to_owned();
        Some((said.get("attempt")?.as_i64()?, why))
    }
}

/// A page of the operator's linkage log, with the deliveries to its services, whose tries stand in the outbox. Three statements.
///
/// # Errors
/// `request.parameters_malformed` — no page ended there
pub fn linkage(tx: &mut Tx<'_>, of: &OfLinkage, stretch: &Stretch) -> Result<Page<Passed>> {
    let (log, deliveries) = (stretch.bounds("lnk")?, stretch.bounds("evt")?);
    let seen = [
        floor(tx, LINKAGE_SEEN, &log, stretch.looked_at)?,
        floor(tx, OUTBOX_SEEN, &deliveries, stretch.looked_at)?,
    ];
    let floor = seen.into_iter().flatten().max();
    let keys: [Value; 10] = [
        tx.operator().into(),
        from_floor("lnk", log.0, floor.as_ref()).into(),
        log.1.into(),
        from_floor("evt", deliveries.0, floor.as_ref()).into(),
        deliveries.1.into(),
        (&of.kind).into(),
        (&of.peer).into(),
        (&of.outcome).into(),
        (&of.reference).into(),
        (stretch.limit + 1).into(),
    ];
    let lines = tx.rows(LINKAGE, &keys, |row: &mut Row| {
        Ok(Passed {
            id: row.text()?,
            at: row.instant()?,
            direction: row.text()?,
            peer: row.text()?,
            kind: row.text()?,
            reference: row.text()?,
            result: row.text()?,
            outcome: row.text()?,
            detail: row.text()?,
            attempts: row.int()?,
        })
    })?;
    Ok(stretch.page(lines, |line| &line.id, floor))
}

const LINKAGE_SEEN: &str = "SELECT MIN(linkage_id), COUNT(*) FROM
    (SELECT linkage_id FROM linkage_log
      WHERE operator_id = ?1 AND linkage_id >= ?2 AND linkage_id < ?3
      ORDER BY linkage_id DESC LIMIT ?4) newest";

const OUTBOX_SEEN: &str = "SELECT MIN(outbox_id), COUNT(*) FROM
    (SELECT outbox_id FROM outbox
      WHERE operator_id = ?1 AND outbox_id >= ?2 AND outbox_id < ?3
      ORDER BY outbox_id DESC LIMIT ?4) newest";

// What the product tells itself (mail, logouts) stands in the linkage log, try by try, and is left out of the outbox.
const LINKAGE: &str = "SELECT id, at_ms, direction, peer, kind, reference, result, outcome, detail, attempts FROM (
    SELECT * FROM (
        SELECT * FROM (
            SELECT linkage_id AS id, at_ms, direction, peer, kind, reference, result,
                   CASE WHEN result IN ('failed', 'refused') OR SUBSTR(result, 1, 1) IN ('E', 'F')
                        THEN 'refused' ELSE 'done' END AS outcome,
                   detail, 0 AS attempts
              FROM linkage_log WHERE operator_id = ?1 AND linkage_id >= ?2 AND linkage_id < ?3) said
         WHERE (?6 = '' OR kind = ?6) AND (?7 = '' OR peer = ?7) AND (?8 = '' OR outcome = ?8)
           AND (?9 = '' OR reference = ?9)
         ORDER BY id DESC LIMIT ?10) of_log
    UNION ALL
    SELECT * FROM (
        SELECT * FROM (
            SELECT outbox_id AS id, created_ms AS at_ms, 'out' AS direction, receiver_id AS peer, 'delivery' AS kind,
                   stream AS reference, state AS result,
                   CASE state WHEN 'DONE' THEN 'done' WHEN 'DEAD' THEN 'refused' ELSE 'waiting' END AS outcome,
                   event || ' ' || COALESCE(last_error, '') AS detail, attempts
              FROM outbox WHERE operator_id = ?1 AND outbox_id >= ?4 AND outbox_id < ?5) told
         WHERE peer IN (SELECT receiver_id FROM receivers WHERE operator_id = ?1 AND kind = 'webhook')
           AND (?6 = '' OR kind = ?6) AND (?7 = '' OR peer = ?7) AND (?8 = '' OR outcome = ?8)
           AND (?9 = '' OR reference = ?9)
         ORDER BY id DESC LIMIT ?10) of_outbox) of_both
  ORDER BY SUBSTR(id, 5) DESC LIMIT ?10";
