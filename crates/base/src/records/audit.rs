//! Audit: who changed what, written with the change, and the outbox line that tells others.

use serde_json::{Value as Json, json};

use crate::kernel::{Instant, Result};
use crate::store::{Row, Tx, Value};

use super::receivers;

/// One change, as it goes into the books.
///
/// `act` is `noun.past` (`contract.suspended`), `subject` what changed (`A-001/00/002`), `detail` a
/// small JSON object without names, numbers of people or secrets: the audit outlives the person.
#[derive(Debug)]
pub struct Entry<'e> {
    act: &'static str,
    subject: &'e str,
    version: i64,
    detail: Json,
    event: Option<(String, Json)>,
}

impl<'e> Entry<'e> {
    /// A change `act` of `subject`.
    #[must_use]
    pub fn new(act: &'static str, subject: &'e str) -> Self {
        Self { act, subject, version: 0, detail: json!({}), event: None }
    }

    /// The version the subject has after the change.
    #[must_use]
    pub const fn version(mut self, version: i64) -> Self {
        self.version = version;
        self
    }

    /// What a reader of the audit needs beyond act and subject.
    #[must_use]
    pub fn detail(mut self, detail: Json) -> Self {
        self.detail = detail;
        self
    }

    /// Also tells the operator's receivers, in order of version within `stream` (a contract number).
    #[must_use]
    pub fn event(mut self, stream: &str, payload: Json) -> Self {
        self.event = Some((stream.to_owned(), payload));
        self
    }
}

const INSERT_AUDIT: &str = "INSERT INTO audit
    (operator_id, audit_id, at_ms, actor, act, subject, version, detail, cause)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const INSERT_OUTBOX: &str = "INSERT INTO outbox
    (operator_id, outbox_id, receiver_id, stream, version, event, payload, state, attempts,
     next_ms, fence, created_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

/// Writes a change into the audit and, for each receiver that asked for it, into the outbox. Both
/// travel with the commit.
///
/// # Errors
/// `unavailable` when the receivers can not be read.
pub fn record(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<()> {
    let id = tx.next_id("aud");
    let row = vec![
        tx.operator().into(),
        id.clone().into(),
        tx.now().into(),
        tx.actor().label().into(),
        entry.act.into(),
        entry.subject.into(),
        entry.version.into(),
        entry.detail.to_string().into(),
        tx.cause().into(),
    ];
    tx.defer(INSERT_AUDIT, row);
    tx.mark_recorded();
    if let Some((stream, payload)) = &entry.event {
        for receiver in receivers::interested(tx, entry.act)? {
            let news = News { stream, version: entry.version, event: entry.act, payload };
            defer_delivery(tx, &receiver, &news);
        }
    }
    Ok(())
}

/// Something one receiver must be told.
#[derive(Debug, Clone, Copy)]
pub struct News<'n> {
    /// What is told in order.
    pub stream: &'n str,
    /// The place in that order.
    pub version: i64,
    /// `session.ended`.
    pub event: &'n str,
    /// JSON object.
    pub payload: &'n Json,
}

/// Writes `news` into the outbox for one receiver, whatever it asked for. It travels with the commit;
/// the change behind it is recorded by the caller.
pub fn tell(tx: &mut Tx<'_>, receiver_id: &str, news: &News<'_>) {
    defer_delivery(tx, receiver_id, news);
}

fn defer_delivery(tx: &mut Tx<'_>, receiver_id: &str, news: &News<'_>) {
    let id = tx.next_id("evt");
    let row = vec![
        tx.operator().into(),
        id.into(),
        receiver_id.into(),
        news.stream.into(),
        news.version.into(),
        news.event.into(),
        news.payload.to_string().into(),
        "PENDING".into(),
        0.into(),
        tx.now().into(),
        0.into(),
        tx.now().into(),
    ];
    tx.defer(INSERT_OUTBOX, row);
}

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Sortable id.
    pub id: String,
    /// When.
    pub at: Instant,
    /// Who: `sms:…`, `staff:…`.
    pub actor: String,
    /// What: `contract.suspended`.
    pub act: String,
    /// Of what.
    pub subject: String,
    /// Its version afterwards.
    pub version: i64,
    /// JSON object.
    pub detail: String,
    /// The file line or call behind it.
    pub cause: String,
}

/// Up to `limit` lines of the operator's audit after `after_id`, oldest first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list(tx: &mut Tx<'_>, after_id: &str, limit: i64) -> Result<Vec<AuditLine>> {
    let keys: [Value; 3] = [tx.operator().into(), after_id.into(), limit.into()];
    tx.rows(
        "SELECT audit_id, at_ms, actor, act, subject, version, detail, cause FROM audit
          WHERE operator_id = ?1 AND audit_id > ?2 ORDER BY audit_id LIMIT ?3",
        &keys,
        read_line,
    )
}

pub(super) fn read_line(row: &mut Row) -> Result<AuditLine> {
    Ok(AuditLine {
        id: row.text()?,
        at: row.instant()?,
        actor: row.text()?,
        act: row.text()?,
        subject: row.text()?,
        version: row.int()?,
        detail: row.text()?,
        cause: row.text()?,
    })
}

/// Up to `limit` lines about one person since an instant, the newest first. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_about_person(
    tx: &mut Tx<'_>,
    person_id: &str,
    (since, limit): (Instant, i64),
) -> Result<Vec<AuditLine>> {
    let keys: [Value; 4] = [tx.operator().into(), person_id.into(), since.into(), limit.into()];
    tx.rows(
        "SELECT audit_id, at_ms, actor, act, subject, version, detail, cause FROM audit
          WHERE operator_id = ?1 AND subject = ?2 AND at_ms >= ?3
          ORDER BY audit_id DESC LIMIT ?4",
        &keys,
        read_line,
    )
}

/// Which lines are looked for.
#[derive(Debug)]
pub struct About<'a> {
    /// Of what: any of these subjects.
    pub subjects: Vec<String>,
    /// What happened: any of these acts; none: whatever it was.
    pub acts: Option<Vec<String>>,
    /// Only lines older than the one with this id; empty: from the newest on.
    pub before: &'a str,
}

/// Up to `limit` lines about some subjects, newest first. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list_about(tx: &mut Tx<'_>, about: &About<'_>, limit: i64) -> Result<Vec<AuditLine>> {
    // Behind every id of the audit, which all begin with `aud_`.
    let before = if about.before.is_empty() { "aue" } else { about.before };
    let keys: [Value; 6] = [
        tx.operator().into(),
        about.subjects.clone().into(),
        before.into(),
        if about.acts.is_some() { "some" } else { "" }.into(),
        about.acts.clone().unwrap_or_default().into(),
        limit.into(),
    ];
    tx.rows(LIST_ABOUT, &keys, read_line)
}

// In an order no index has: PostgreSQL would walk all lines of the operator by the primary key, sure to meet some of these soon.
pub(super) const LIST_ABOUT: &str =
    "SELECT audit_id, at_ms, actor, act, subject, version, detail, cause FROM audit
  WHERE operator_id = ?1 AND subject IN ARRAY(?2) AND audit_id < ?3
    AND (?4 = '' OR act IN ARRAY(?5))
  ORDER BY audit_id || '' DESC LIMIT ?6";
