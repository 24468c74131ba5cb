//! A client that is not there yet, made by a program: once, and never in place of another.

use base::kernel::{Change, Error, Result};
use base::store::Tx;

use super::history::record_put;
use super::put::{check, check_id, complete};
use super::repo;
use super::switch::{check_kind, is_service};
use super::terms::{ClientTerms, Proof, hash_secret, new_secret};

/// A client that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Whether it was made now.
    pub change: Change,
    /// Its secret, if it was made now and proves itself by one: the only time it is seen.
    pub secret: Option<String>,
}

/// Makes the client `id` of this operator as the draft says, with a secret if its method wants one. The same
/// again is answered without the secret; whether it was switched off since does not matter.
///
/// # Errors
/// `client.exists` — with other terms; `client.not_for_admins` — another kind than services; those of [`super::put()`]
pub fn create(tx: &mut Tx<'_>, id: &str, draft: &ClientTerms) -> Result<Created> {
    check_id(id)?;
    check_kind(tx, draft.kind, is_service)?;
    if repo::taken_elsewhere(tx, id)? {
        return Err(Error::refused("client.id_taken"));
    }
    let mut terms = complete(draft, None, id)?;
    let secret = matches!(terms.proof, Proof::Secret(None)).then(new_secret);
    if let Some(secret) = &secret {
        terms.proof = Proof::Secret(Some(hash_secret(secret)?));
    }
    check(&terms)?;
    if repo::add(tx, id, &terms)? {
        tx.touch(None);
        record_put(tx, id, None, (&terms, ""))?;
        return Ok(Created { change: Change::Made, secret });
    }
    let known = repo::own(tx, id)?.ok_or_else(|| Error::internal("a client went away"))?.terms;
    terms.enabled = known.enabled;
    if secret.is_some() && matches!(known.proof, Proof::Secret(Some(_))) {
        terms.proof.clone_from(&known.proof);
    }
    if terms == known {
        return Ok(Created { change: Change::Already, secret: None });
    }
    Err(Error::refused("client.exists"))
}
