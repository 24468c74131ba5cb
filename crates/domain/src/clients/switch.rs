//! A client that is there already: switched off and on, given another secret.
//!
//! Each is one statement on what it is about, so that nothing somebody else changes at the same moment
//! is taken back by it.

use base::kernel::{Change, Error, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use super::repo;
use super::terms::{Proof, hash_secret, new_secret};

/// Takes the client `id` of this operator out of service. From then on it is refused everywhere, and so is
/// every token it has; other nodes know within a second. Nothing is erased.
///
/// # Errors
/// `client.unknown`
pub fn disable(tx: &mut Tx<'_>, id: &str) -> Result<Change> {
    switch(tx, id, false)
}

/// Puts the client `id` of this operator back into service; everything is as it was.
///
/// # Errors
/// `client.unknown`
pub fn enable(tx: &mut Tx<'_>, id: &str) -> Result<Change> {
    switch(tx, id, true)
}

fn switch(tx: &mut Tx<'_>, id: &str, enabled: bool) -> Result<Change> {
    let row: [Value; 4] = [tx.operator().into(), id.into(), enabled.into(), tx.now().into()];
    let switched = tx.exec(
        "UPDATE clients SET enabled = ?3, updated_ms = ?4
          WHERE operator_id = ?1 AND client_id = ?2 AND enabled <> ?3",
        &row,
    )?;
    if switched == 0 {
        repo::own(tx, id)?.ok_or_else(|| Error::not_found("client.unknown", id))?;
        return Ok(Change::Already);
    }
    tx.touch(None);
    let act = if enabled { "client.enabled" } else { "client.disabled" };
    record(tx, &Entry::new(act, id).detail(json!({"enabled": enabled})))?;
    Ok(Change::Made)
}

/// Gives the client `id` of this operator a new secret and answers it: the only time it is seen. The old one
/// is worthless at once; tokens it was used for stay.
///
/// # Errors
/// `client.unknown`; `client.secret_none` — it proves itself by keys, or not at all
pub fn renew_secret(tx: &mut Tx<'_>, id: &str) -> Result<String> {
    let client = repo::own(tx, id)?.ok_or_else(|| Error::not_found("client.unknown", id))?;
    if !matches!(client.terms.proof, Proof::Secret(_)) {
        return Err(Error::refused("client.secret_none"));
    }
    let secret = new_secret();
    let row: [Value; 4] =
        [tx.operator().into(), id.into(), hash_secret(&secret)?.into(), tx.now().into()];
    tx.change_one(
        "UPDATE clients SET secret_hash = ?3, updated_ms = ?4
          WHERE operator_id = ?1 AND client_id = ?2 AND secret_hash IS NOT NULL",
        &row,
    )?;
    tx.touch(None);
    record(
        tx,
        &Entry::new("client.secret_renewed", id).detail(json!({"method": client.terms.method})),
    )?;
    Ok(secret)
}
