//! Clients of the file: services, and subscriber management systems (`api_clients`), programs that
//! administer (`admin_clients`).

use std::path::Path;

use base::kernel::{Error, Result};
use base::store::Tx;
use domain::clients::{self, AuthMethod, ClientKind, ClientTerms, Grant, Proof};
use serde_json::json;

use super::diff::{Difference, Facts, facts_of, put_with_diff};
use super::file::{ClientEntry, secret};
use crate::failure::Failure;

/// A client with its secret read, or one made for it in case it is new.
pub(super) struct PreparedClient {
    id: String,
    terms: ClientTerms,
    /// As the file says, if it does.
    enabled: Option<bool>,
    /// Used when no file gives one and the client has none yet.
    made: Option<String>,
}

pub(super) fn prepare(
    entry: ClientEntry,
    kind: ClientKind,
    folder: &Path,
) -> std::result::Result<PreparedClient, Failure> {
    let mut made = None;
    let proof = match (entry.method, &entry.secret_file, &entry.jwks_file) {
        (AuthMethod::None | AuthMethod::TlsClientAuth, ..) => Proof::None,
        (AuthMethod::PrivateKeyJwt, _, Some(file)) => Proof::Keys(secret(folder, file)?),
        (AuthMethod::PrivateKeyJwt, _, None) => {
            return Err(Failure::usage(format!("client {}: jwks_file is missing", entry.id)));
        }
        (_, Some(file), _) => Proof::Secret(Some(clients::hash_secret(&secret(folder, file)?)?)),
        _ => {
            made = Some(clients::new_secret());
            Proof::Secret(None)
        }
    };
    let (grants, scopes) = usual(kind);
    let terms = ClientTerms {
        kind,
        name_ja: entry.name_ja,
        name_en: entry.name_en,
        method: entry.method,
        proof,
        redirect_uris: entry.redirect_uris,
        grants: entry.grants.unwrap_or(grants),
        scopes: entry.scopes.unwrap_or(scopes),
        sector: entry.sector,
        pkce: entry.pkce,
        profile: entry.profile,
        enabled: true,
    };
    Ok(PreparedClient { id: entry.id, terms, enabled: entry.enabled, made })
}

/// What a client of a kind may do when the file does not say.
fn usual(kind: ClientKind) -> (Vec<Grant>, Vec<String>) {
    let scopes = |list: &[&str]| list.iter().map(|scope| (*scope).to_owned()).collect();
    match kind {
        ClientKind::Service => (
            vec![Grant::AuthorizationCode, Grant::RefreshToken, Grant::ClientCredentials],
            scopes(&["openid", "offline_access", "decisions"]),
        ),
        ClientKind::Sms => (vec![Grant::ClientCredentials], scopes(&["sms"])),
        // What it may do to others is said one by one.
        ClientKind::Admin => (vec![Grant::ClientCredentials], Vec::new()),
    }
}

impl PreparedClient {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn new_secret(&self) -> Option<(String, String)> {
        self.made.clone().map(|secret| (format!("client {}", self.id), secret))
    }

    /// Puts the client; also says whether the secret made for it was used.
    pub(super) fn put(&self, tx: &mut Tx<'_>) -> Result<(Option<Difference>, bool)> {
        let known = match clients::find(tx, &self.id) {
            Ok(known) => Some(known.terms),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        let mut terms = self.terms.clone();
        let was_enabled = known.as_ref().is_none_or(|known| known.enabled);
        terms.enabled = self.enabled.unwrap_or(was_enabled);
        let has_secret = known.is_some_and(|known| matches!(known.proof, Proof::Secret(Some(_))));
        let made = self.made.as_ref().filter(|_| !has_secret);
        if let Some(secret) = made {
            terms.proof = Proof::Secret(Some(clients::hash_secret(secret)?));
        }
        let name = format!("client {}", self.id);
        let put = |tx: &mut Tx<'_>| clients::put(tx, &self.id, &terms).map(|_| ());
        let difference = put_with_diff(tx, &name, |tx| facts(tx, &self.id), put)?;
        Ok((difference, made.is_some()))
    }
}

fn facts(tx: &mut Tx<'_>, id: &str) -> Result<Option<Facts>> {
    let known = match clients::find(tx, id) {
        Ok(known) => known.terms,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    // Enough of a digest to see that a secret changed, too little to be one.
    let proof = match &known.proof {
        Proof::None => "none".to_owned(),
        Proof::Secret(hash) => hash.as_deref().and_then(|hash| hash.get(..8)).unwrap_or("").into(),
        Proof::Keys(jwks) => hex::encode(base::records::inbox::digest(jwks.as_bytes()))
            .get(..8)
            .unwrap_or_default()
            .to_owned(),
    };
    Ok(Some(facts_of(
        "",
        &json!({
            "kind": known.kind, "name_ja": known.name_ja, "name_en": known.name_en,
            "method": known.method, "proof": proof, "redirect_uris": known.redirect_uris,
            "grants": known.grants, "scopes": known.scopes, "sector": known.sector,
            "pkce": known.pkce, "profile": known.profile,
            "enabled": known.enabled,
        }),
    )))
}
