//! A client that is there already: switched off and on, given another secret.
//!
//! Each is one statement on what it is about, so that nothing somebody else changes at the same moment
//! is taken back by it.

use base::kernel::{Actor, Change, Error, Result};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;

use super::repo;
use super::terms::{ClientKind, Proof, hash_secret, new_secret};

/// Takes the client `id` of this operator out of service. From then on it is refused everywhere, and so is
/// every token it has; other nodes know within a second. Nothing is erased.
///
/// # Errors
/// `client.unknown`; `client.not_for_admins`
pub fn disable(tx: &mut Tx<'_>, id: &str) -> Result<Change> {
    switch(tx, id, false)
}

/// Puts the client `id` of this operator back into service; everything is as it was.
///
/// # Errors
/// `client.unknown`; `client.not_for_admins`
pub fn enable(tx: &mut Tx<'_>, id: &str) -> Result<Change> {
    switch(tx, id, true)
}

/// Holds a program that administers, and who works at a console, to what they may do to other clients: they give no other
/// power out than they were given. So they make services only and give only them another secret, or a program itself; they
/// switch all but programs that administer. Everybody else is at the machine.
///
/// # Errors
/// `client.unknown`; `client.not_for_admins`
fn check_hand(tx: &mut Tx<'_>, id: &str, may: fn(ClientKind) -> bool) -> Result<()> {
    match tx.actor() {
        Actor::Admin(own) if own == id => return Ok(()),
        Actor::Admin(_) | Actor::Staff(_) => {}
        _ => return Ok(()),
    }
    let client = repo::own(tx, id)?.ok_or_else(|| Error::not_found("client.unknown", id))?;
    check_kind(tx, client.terms.kind, may)
}

/// The same of a kind of client.
///
/// # Errors
/// `client.not_for_admins`
pub(super) fn check_kind(tx: &Tx<'_>, kind: ClientKind, may: fn(ClientKind) -> bool) -> Result<()> {
    match tx.actor() {
        Actor::Admin(_) | Actor::Staff(_) if !may(kind) => {
            Err(Error::Forbidden { code: "client.not_for_admins" })
        }
        _ => Ok(()),
    }
}

/// Whose tokens are worth no more than what the station sells.
pub(super) const fn is_service(kind: ClientKind) -> bool {
    matches!(kind, ClientKind::Service)
}

pub(super) const fn is_no_admin(kind: ClientKind) -> bool {
    !matches!(kind, ClientKind::Admin)
}

fn switch(tx: &mut Tx<'_>, id: &str, enabled: bool) -> Result<Change> {
    check_hand(tx, id, is_no_admin)?;
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
/// `client.unknown`; `client.not_for_admins`; `client.secret_none` — it proves itself by keys, or not at all
pub fn renew_secret(tx: &mut Tx<'_>, id: &str) -> Result<String> {
    let secret = new_secret();
    set_secret(tx, id, &secret)?;
    Ok(secret)
}

/// The same with a secret that was made elsewhere, of as many random characters.
///
/// # Errors
/// Those of [`renew_secret`]; `client.secret_short`
pub fn set_secret(tx: &mut Tx<'_>, id: &str, secret: &str) -> Result<()> {
    check_hand(tx, id, is_service)?;
    let client = repo::own(tx, id)?.ok_or_else(|| Error::not_found("client.unknown", id))?;
    if !matches!(client.terms.proof, Proof::Secret(_)) {
        return Err(Error::refused("client.secret_none"));
    }
    let row: [Value; 4] =
        [tx.operator().into(), id.into(), hash_secret(secret)?.into(), tx.now().into()];
    tx.change_one(
        "UPDATE clients SET secret_hash = ?3, updated_ms = ?4
          WHERE operator_id = ?1 AND client_id = ?2 AND secret_hash IS NOT NULL",
        &row,
    )?;
    tx.touch(None);
    record(
        tx,
        &Entry::new("client.secret_renewed", id).detail(json!({"method": client.terms.method})),
    )
}
