//! The SQL of this room.

use base::kernel::{Error, Instant, Result};
use base::store::{Row, Tx, Value};
use formats::jose::{JwkSet, VerificationKeys};

use super::AuthMethod;
use super::terms::{Client, ClientKind, ClientTerms, Proof, Settings};

fn read_client(row: &mut Row) -> Result<Client> {
    let (operator, id) = (row.text()?, row.text()?);
    let kind = ClientKind::parse(&row.text()?)?;
    let (name_ja, name_en) = (row.text()?, row.text()?);
    let (secret_hash, jwks) = (row.text_if_any()?, row.text_if_any()?);
    let settings: Settings = serde_json::from_str(&row.text()?).map_err(Error::internal)?;
    let keys = match &jwks {
        Some(json) => {
            let set: JwkSet = serde_json::from_str(json).map_err(Error::internal)?;
            Some(VerificationKeys::of(&set))
        }
        None => None,
    };
    let proof = match settings.method {
        AuthMethod::None | AuthMethod::TlsClientAuth => Proof::None,
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => Proof::Secret(secret_hash),
        AuthMethod::PrivateKeyJwt => Proof::Keys(jwks.unwrap_or_default()),
    };
    let terms = ClientTerms {
        kind,
        name_ja,
        name_en,
        method: settings.method,
        proof,
        redirect_uris: settings.redirect_uris,
        grants: settings.grants,
        scopes: settings.scopes,
        sector: settings.sector,
        pkce: settings.pkce,
        profile: settings.profile,
        enabled: row.flag()?,
    };
    let (registered, used) = (row.instant_if_any()?, row.instant_if_any()?);
    let unused = registered.is_some() && used.is_none();
    Ok(Client { operator, id, terms, registered, unused, keys })
}

/// The client `id` of this operator, or of all operators.
pub(super) fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Client>> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    tx.row(
        "SELECT operator_id, client_id, kind, name_ja, name_en, secret_hash, jwks, settings, enabled,
                registered_ms, used_ms
           FROM clients WHERE operator_id IN (?1, '*') AND client_id = ?2",
        &keys,
        read_client,
    )
}

/// The client of this operator alone.
pub(super) fn own(tx: &mut Tx<'_>, id: &str) -> Result<Option<Client>> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    tx.row(
        "SELECT operator_id, client_id, kind, name_ja, name_en, secret_hash, jwks, settings, enabled,
                registered_ms, used_ms
           FROM clients WHERE operator_id = ?1 AND client_id = ?2",
        &keys,
        read_client,
    )
}

/// Nobody changes the client of this operator between our look at it and our change.
pub(super) fn hold(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let sql = "SELECT client_id FROM clients WHERE operator_id = ?1 AND client_id = ?2";
    tx.rows_locked(sql, &keys, |row| row.text())?;
    Ok(())
}

/// Clients of `operator`: of the transaction's, or of all.
pub(super) fn list(
    tx: &mut Tx<'_>,
    operator: &str,
    (after, limit): (&str, i64),
) -> Result<Vec<Client>> {
    let keys: [Value; 3] = [operator.into(), after.into(), limit.into()];
    tx.rows(
        "SELECT operator_id, client_id, kind, name_ja, name_en, secret_hash, jwks, settings, enabled,
                registered_ms, used_ms
           FROM clients WHERE operator_id = ?1 AND client_id > ?2 ORDER BY client_id LIMIT ?3",
        &keys,
        read_client,
    )
}

/// Those of the clients `ids`, of this operator or of all, that are told when a session ends.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn told_of_logouts(tx: &mut Tx<'_>, ids: Vec<String>) -> Result<Vec<String>> {
    let keys: [Value; 2] = [tx.operator().into(), ids.into()];
    let found = tx.rows(
        "SELECT client_id, settings FROM clients
          WHERE operator_id IN (?1, '*') AND client_id IN ARRAY(?2) AND enabled = 1
          ORDER BY client_id",
        &keys,
        |row| Ok((row.text()?, row.text()?)),
    )?;
    let mut told = Vec::with_capacity(found.len());
    for (id, settings) in found {
        let settings: Settings = serde_json::from_str(&settings).map_err(Error::internal)?;
        if settings.profile.backchannel_logout_uri.is_some() {
            told.push(id);
        }
    }
    Ok(told)
}

/// Whether another owner uses this id where both would be looked up: an operator's client may not be
/// called like one of all operators, nor the other way round.
pub(super) fn taken_elsewhere(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let others = tx.rows(
        "SELECT client_id FROM clients
          WHERE client_id = ?2 AND operator_id <> ?1 AND (operator_id = '*' OR ?1 = '*') LIMIT 1",
        &keys,
        |row| row.text(),
    )?;
    Ok(!others.is_empty())
}

/// A client as a row to be written.
fn row_of(tx: &Tx<'_>, id: &str, terms: &ClientTerms) -> Result<[Value; 10]> {
    let settings = Settings {
        method: terms.method,
        redirect_uris: terms.redirect_uris.clone(),
        grants: terms.grants.clone(),
        scopes: terms.scopes.clone(),
        sector: terms.sector.clone(),
        pkce: terms.pkce,
        profile: terms.profile.clone(),
    };
    let (secret_hash, jwks) = match &terms.proof {
        Proof::None => (None, None),
        Proof::Secret(hash) => (hash.clone(), None),
        Proof::Keys(json) => (None, Some(json.clone())),
    };
    Ok([
        tx.operator().into(),
        id.into(),
        terms.kind.as_str().into(),
        (&terms.name_ja).into(),
        (&terms.name_en).into(),
        secret_hash.into(),
        jwks.into(),
        serde_json::to_string(&settings).map_err(Error::internal)?.into(),
        terms.enabled.into(),
        tx.now().into(),
    ])
}

/// Adds a client; `false` when there is one of this id, which stays as it is.
pub(super) fn add(tx: &mut Tx<'_>, id: &str, terms: &ClientTerms) -> Result<bool> {
    let row = row_of(tx, id, terms)?;
    let added = tx.exec(
        "INSERT INTO clients
            (operator_id, client_id, kind, name_ja, name_en, secret_hash, jwks, settings, enabled,
             updated_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (operator_id, client_id) DO NOTHING",
        &row,
    )?;
    Ok(added == 1)
}

pub(super) fn put(tx: &mut Tx<'_>, id: &str, terms: &ClientTerms) -> Result<()> {
    let row = row_of(tx, id, terms)?;
    tx.change_one(
        "INSERT INTO clients
            (operator_id, client_id, kind, name_ja, name_en, secret_hash, jwks, settings, enabled,
             updated_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (operator_id, client_id) DO UPDATE SET
            kind = excluded.kind, name_ja = excluded.name_ja, name_en = excluded.name_en,
            secret_hash = excluded.secret_hash, jwks = excluded.jwks,
            settings = excluded.settings, enabled = excluded.enabled,
            updated_ms = excluded.updated_ms",
        &row,
    )
}

/// Notes that an assertion was used; `false` when it was used before.
pub(crate) fn spend_assertion(
    tx: &mut Tx<'_>,
    (client, assertion): (&str, &str),
    expires: Instant,
) -> Result<bool> {
    let row: [Value; 4] = [tx.operator().into(), client.into(), assertion.into(), expires.into()];
    let inserted = tx.exec(
        "INSERT INTO assertion_ids (operator_id, client_id, assertion_id, expires_ms)
         VALUES (?1, ?2, ?3, ?4) ON CONFLICT (operator_id, client_id, assertion_id) DO NOTHING",
        &row,
    )?;
    Ok(inserted == 1)
}

/// Forgets up to `limit` assertions of the operator that have expired; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM assertion_ids WHERE operator_id = ?1 AND expires_ms < ?2
            AND assertion_id IN (SELECT assertion_id FROM assertion_ids
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )
}
