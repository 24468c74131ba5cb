//! Who is told about changes: webhooks now, security-event streams later.

use crate::kernel::Result;
use crate::store::{Tx, Value};

/// A receiver of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Its id within the operator.
    pub id: String,
    /// The outlet that speaks to it: `webhook`.
    pub kind: String,
    /// Acts it wants (`contract.suspended`), or prefixes ending in `.*`, separated by spaces; `*`: all.
    pub events: String,
    /// The outlet's settings, JSON: `{"url": …}`.
    pub settings: String,
    /// Its secret, sealed with the master key; the outlet opens it.
    pub secret_sealed: Option<Vec<u8>>,
    /// Whether anything is written for it.
    pub enabled: bool,
}

impl Receiver {
    fn wants(&self, act: &str) -> bool {
        self.enabled
            && self.events.split(' ').any(|wanted| {
                wanted == "*"
                    || wanted == act
                    || wanted
                        .strip_suffix('*')
                        .is_some_and(|prefix| prefix.ends_with('.') && act.starts_with(prefix))
            })
    }
}

/// The operator's receivers, as kept in memory.
struct Known(Vec<Receiver>);

/// The receivers of the operator that want `act`; kept in memory until they change.
pub(super) fn interested(tx: &mut Tx<'_>, act: &str) -> Result<Vec<String>> {
    let known = tx.operator_fact(|tx| list(tx).map(Known))?;
    Ok(known.0.iter().filter(|one| one.wants(act)).map(|one| one.id.clone()).collect())
}

/// Adds a receiver the product itself needs, unless it is there. Nothing is read or written when it is
/// known in memory. No record: it is a place for news, not a change of a fact.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn ensure(tx: &mut Tx<'_>, receiver: &Receiver) -> Result<()> {
    let known = tx.operator_fact(|tx| list(tx).map(Known))?;
    if known.0.iter().any(|one| one.id == receiver.id) {
        return Ok(());
    }
    let row: [Value; 6] = [
        tx.operator().into(),
        (&receiver.id).into(),
        (&receiver.kind).into(),
        (&receiver.events).into(),
        (&receiver.settings).into(),
        tx.now().into(),
    ];
    tx.touch(None);
    tx.exec(
        "INSERT INTO receivers
            (operator_id, receiver_id, kind, events, settings, secret_sealed, enabled, updated_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, NULL, 1, ?6)
         ON CONFLICT (operator_id, receiver_id) DO NOTHING",
        &row,
    )?;
    Ok(())
}

/// All receivers of the operator.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Receiver>> {
    let keys: [Value; 1] = [tx.operator().into()];
    tx.rows(
        "SELECT receiver_id, kind, events, settings, secret_sealed, enabled
           FROM receivers WHERE operator_id = ?1 ORDER BY receiver_id",
        &keys,
        |row| {
            Ok(Receiver {
                id: row.text()?,
                kind: row.text()?,
                events: row.text()?,
                settings: row.text()?,
                secret_sealed: row.bytes_if_any()?,
                enabled: row.flag()?,
            })
        },
    )
}

/// The first sealed secret of all receivers, with its operator; spoken by the platform's scope.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn first_sealed(tx: &mut Tx<'_>) -> Result<Option<(String, Vec<u8>)>> {
    tx.row(
        "SELECT operator_id, secret_sealed FROM receivers WHERE secret_sealed IS NOT NULL
          ORDER BY operator_id, receiver_id LIMIT 1",
        &[],
        |row| Ok((row.text()?, row.bytes()?)),
    )
}

/// Adds or changes a receiver; the caller records it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn put(tx: &mut Tx<'_>, receiver: &Receiver) -> Result<()> {
    let row: [Value; 8] = [
        tx.operator().into(),
        (&receiver.id).into(),
        (&receiver.kind).into(),
        (&receiver.events).into(),
        (&receiver.settings).into(),
        receiver.secret_sealed.clone().into(),
        receiver.enabled.into(),
        tx.now().into(),
    ];
    tx.touch(None);
    tx.change_one(
        "INSERT INTO receivers
            (operator_id, receiver_id, kind, events, settings, secret_sealed, enabled, updated_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (operator_id, receiver_id) DO UPDATE SET
            kind = excluded.kind, events = excluded.events, settings = excluded.settings,
            secret_sealed = excluded.secret_sealed, enabled = excluded.enabled,
            updated_ms = excluded.updated_ms",
        &row,
    )
}

/// Removes a receiver and what waits for it; the caller records it. Returns whether it was there.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn remove(tx: &mut Tx<'_>, receiver_id: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), receiver_id.into()];
    tx.touch(None);
    tx.exec("DELETE FROM outbox WHERE operator_id = ?1 AND receiver_id = ?2", &keys)?;
    let gone =
        tx.exec("DELETE FROM receivers WHERE operator_id = ?1 AND receiver_id = ?2", &keys)?;
    Ok(gone == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_gets_what_it_named_and_nothing_that_only_starts_alike() {
        let receiver = |events: &str| Receiver {
            id: "vod".to_owned(),
            kind: "webhook".to_owned(),
            events: events.to_owned(),
            settings: "{}".to_owned(),
            secret_sealed: None,
            enabled: true,
        };
        assert!(receiver("contract.* key.opened").wants("contract.suspended"));
        assert!(receiver("contract.* key.opened").wants("key.opened"));
        assert!(!receiver("contract.* key.opened").wants("key.closed"));
        assert!(!receiver("cont*").wants("contract.suspended"));
        assert!(!Receiver { enabled: false, ..receiver("*") }.wants("contract.suspended"));
    }
}
