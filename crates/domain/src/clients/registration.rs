//! Clients that register themselves, where their operator lets them: with a token somebody gave them, so
//! many and no more, and never with a right that is given one by one.
//!
//! Everything else is a client like any other: [`super::put()`] and its rules decide. Sources: RFC 7591 §3,
//! §5; RFC 7592 §2, §3; `docs/decisions/0037`.

use base::kernel::{Error, Result, Scope};
use base::records::{Entry, record};
use base::store::{Tx, Value};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::operators::{self, Registration};

use super::profile::Profile;
use super::put::{is_client_id, put};
use super::repo;
use super::terms::{
    AuthMethod, Client, ClientKind, ClientTerms, Grant, Pkce, Proof, hash_secret, new_secret,
};

/// What a client that registers itself may ask of persons: who they are, and to stay signed in.
const SCOPES: [&str; 2] = ["openid", "offline_access"];
/// What it may come to the token endpoint with: always for a person.
const GRANTS: [Grant; 3] = [Grant::AuthorizationCode, Grant::RefreshToken, Grant::DeviceCode];
/// How often one token may be used, and for how many days, at most.
const MOST_USES: i64 = 1000;
const MOST_DAYS: i64 = 365;

const INVALID: Error = Error::Unauthenticated { code: "client.registration_token_invalid" };

/// A client that registered itself, and what it is told only now.
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its secret, when it was given one now.
    pub secret: Option<String>,
}

/// The policy of this operator, if clients may register themselves here now.
fn open(tx: &mut Tx<'_>) -> Result<Registration> {
    let off = || Error::not_found("client.registration_off", "");
    if tx.operator() == Scope::PLATFORM {
        return Err(off());
    }
    let operator = operators::find_operator(tx)?;
    if !operator.enabled() {
        return Err(Error::refused("operator.disabled"));
    }
    Some(operator.policies.registration).filter(|policy| policy.enabled).ok_or_else(off)
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Makes a token that registers up to `uses` clients within `days` days, and answers it: the only time it
/// is seen.
///
/// # Errors
/// `client.registration_off`, `operator.disabled`; `client.token_uses_out_of_range` — 1 to 1000;
/// `client.token_days_out_of_range` — 1 to 365
///
/// Source: RFC 7591 §1.2 (initial access token).
pub fn issue_registration_token(tx: &mut Tx<'_>, (uses, days): (i64, i64)) -> Result<String> {
    open(tx)?;
    if !(1..=MOST_USES).contains(&uses) {
        return Err(Error::invalid("client.token_uses_out_of_range", "uses"));
    }
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Error::invalid("client.token_days_out_of_range", "days"));
    }
    let token = new_secret();
    let expires = tx.now().plus_days(days);
    let row: [Value; 5] =
        [tx.operator().into(), hash(&token).into(), uses.into(), tx.now().into(), expires.into()];
    tx.change_one(
        "INSERT INTO registration_tokens
            (operator_id, token_hash, uses_left, created_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &row,
    )?;
    let detail = json!({"uses": uses, "expires": expires.rfc3339_jst()});
    let operator = tx.operator().to_owned();
    record(tx, &Entry::new("client.registration_token_issued", &operator).detail(detail))?;
    Ok(token)
}

/// Registers a client as `draft` says, under an id of ours and a sector of its own, and answers with it the
/// token it manages its registration with.
///
/// Consequence: one use of `token` is spent, unless it is refused.
///
/// # Errors
/// `client.registration_off`, `operator.disabled`; `client.registration_token_invalid` — unknown, over, or used up;
/// `client.registration_full` — the operator has as many such clients as it wants; `client.not_for_strangers`
/// naming what is given one by one only; those of [`super::put()`]
///
/// Source: RFC 7591 §3.
pub fn register(tx: &mut Tx<'_>, token: &str, draft: &ClientTerms) -> Result<(Registered, String)> {
    let policy = open(tx)?;
    spend(tx, token)?;
    if count(tx)? >= policy.most {
        return Err(Error::refused("client.registration_full"));
    }
    let id = tx.next_id("reg");
    let (terms, secret) = own_terms(&id, draft, None)?;
    put(tx, &id, &terms)?;
    let management = new_secret();
    let row: [Value; 4] =
        [tx.operator().into(), (&id).into(), tx.now().into(), hash(&management).into()];
    tx.change_one(
        "UPDATE clients SET registered_ms = ?3, management_hash = ?4
          WHERE operator_id = ?1 AND client_id = ?2 AND registered_ms IS NULL",
        &row,
    )?;
    record(tx, &Entry::new("client.registered", &id).detail(json!({"method": terms.method})))?;
    Ok((Registered { client: found(tx, &id)?, secret }, management))
}

/// Takes one use of a token; nothing of it tells why one is not good.
fn spend(tx: &mut Tx<'_>, token: &str) -> Result<()> {
    let row: [Value; 3] = [tx.operator().into(), hash(token).into(), tx.now().into()];
    let spent = tx.exec(
        "UPDATE registration_tokens SET uses_left = uses_left - 1
          WHERE operator_id = ?1 AND token_hash = ?2 AND uses_left > 0 AND expires_ms > ?3",
        &row,
    )?;
    if spent == 1 { Ok(()) } else { Err(INVALID) }
}

/// How many clients have registered themselves here. All tokens are locked first: whoever registers another
/// client at the same moment, with whatever token, counts after us.
fn count(tx: &mut Tx<'_>) -> Result<i64> {
    let of_operator: [Value; 1] = [tx.operator().into()];
    tx.rows_locked(
        "SELECT token_hash FROM registration_tokens WHERE operator_id = ?1",
        &of_operator,
        |row| row.text(),
    )?;
    let counted = tx.row(
        "SELECT COUNT(*) FROM clients WHERE operator_id = ?1 AND registered_ms IS NOT NULL",
        &of_operator,
        |row| row.int(),
    )?;
    Ok(counted.unwrap_or(0))
}

/// The terms of a client that registers itself: what nobody may choose for themselves is refused by name.
/// A secret is made when its method wants one and it has none.
fn own_terms(
    id: &str,
    draft: &ClientTerms,
    known: Option<&ClientTerms>,
) -> Result<(ClientTerms, Option<String>)> {
    let not_yours = |field: &str| Err(Error::invalid("client.not_for_strangers", field));
    if draft.kind != ClientKind::Service {
        return not_yours("kind");
    }
    if draft.scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return not_yours("scopes");
    }
    if draft.grants.iter().any(|grant| !GRANTS.contains(grant)) {
        return not_yours("grants");
    }
    if draft.pkce != Pkce::Required {
        return not_yours("pkce");
    }
    if draft.profile != chosen(&draft.profile) {
        return not_yours("profile");
    }
    let mut terms = draft.clone();
    // Nobody sees the subjects of another service by naming its addresses.
    id.clone_into(&mut terms.sector);
    terms.enabled = true;
    let by_secret =
        matches!(terms.method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost);
    let mut secret = None;
    if by_secret {
        let has_one = known.is_some_and(|known| matches!(known.proof, Proof::Secret(Some(_))));
        secret = (!has_one).then(new_secret);
        terms.proof = Proof::Secret(secret.as_deref().map(hash_secret).transpose()?);
    }
    Ok((terms, secret))
}

/// Those options a client may choose for itself; all others, also ones that come later, are not.
fn chosen(wanted: &Profile) -> Profile {
    Profile {
        post_logout_redirect_uris: wanted.post_logout_redirect_uris.clone(),
        backchannel_logout_uri: wanted.backchannel_logout_uri.clone(),
        require_pushed: wanted.require_pushed,
        require_signed_request: wanted.require_signed_request,
        id_token_signed_response_alg: wanted.id_token_signed_response_alg,
        userinfo_signed_response_alg: wanted.userinfo_signed_response_alg,
        ..Profile::default()
    }
}

fn found(tx: &mut Tx<'_>, id: &str) -> Result<Client> {
    repo::own(tx, id)?.ok_or_else(|| Error::not_found("client.unknown", id))
}

/// The client `id` that registered itself, for who brings its management token.
///
/// # Errors
/// `client.registration_off`, `operator.disabled`; `client.registration_token_invalid` — also of a client that is not
/// there, was registered otherwise, or is switched off
///
/// Source: RFC 7592 §2.1.
pub fn find_registered(tx: &mut Tx<'_>, (id, token): (&str, &str)) -> Result<Client> {
    open(tx)?;
    if !is_client_id(id) {
        return Err(INVALID);
    }
    let keys: [Value; 2] = [tx.operator().into(), id.into()];
    let kept = tx.row(
        "SELECT management_hash FROM clients
          WHERE operator_id = ?1 AND client_id = ?2 AND enabled = 1 AND registered_ms IS NOT NULL",
        &keys,
        |row| row.text_if_any(),
    )?;
    let kept = kept.flatten().ok_or(INVALID)?;
    if bool::from(hash(token).as_bytes().ct_eq(kept.as_bytes())) {
        found(tx, id)
    } else {
        Err(INVALID)
    }
}

/// Replaces everything a client that registered itself said of itself. `shown`: the secret it says is its
/// own, if it says so.
///
/// # Errors
/// Those of [`find_registered`]; `client.secret_differs`; `client.not_for_strangers`; those of
/// [`super::put()`]
///
/// Source: RFC 7592 §2.2.
pub fn change_registered(
    tx: &mut Tx<'_>,
    which: (&str, &str),
    (draft, shown): (&ClientTerms, Option<&str>),
) -> Result<Registered> {
    find_registered(tx, which)?;
    repo::hold(tx, which.0)?;
    let known = find_registered(tx, which)?;
    if let Some(shown) = shown
        && known.terms.proof != Proof::Secret(Some(hash(shown)))
    {
        return Err(Error::invalid("client.secret_differs", "client_secret"));
    }
    let (terms, secret) = own_terms(&known.id, draft, Some(&known.terms))?;
    put(tx, &known.id, &terms)?;
    Ok(Registered { client: found(tx, &known.id)?, secret })
}

/// Removes a client that registered itself: it, its tokens and its management token are worth nothing from
/// then on.
///
/// # Errors
/// Those of [`find_registered`]
///
/// Source: RFC 7592 §2.3.
pub fn remove_registered(tx: &mut Tx<'_>, which: (&str, &str)) -> Result<()> {
    let client = find_registered(tx, which)?;
    let keys: [Value; 2] = [tx.operator().into(), (&client.id).into()];
    tx.change_one(
        "DELETE FROM clients
          WHERE operator_id = ?1 AND client_id = ?2 AND registered_ms IS NOT NULL",
        &keys,
    )?;
    removed(tx, &client.id, "itself")
}

fn removed(tx: &mut Tx<'_>, id: &str, cause: &str) -> Result<()> {
    tx.touch(None);
    record(tx, &Entry::new("client.removed", id).detail(json!({"cause": cause})))
}

/// Notes that somebody was given tokens for a client that registered itself, the first time: it stays from
/// then on. Nothing to do for all others.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_used(tx: &mut Tx<'_>, client: &Client) -> Result<()> {
    if !client.unused {
        return Ok(());
    }
    let row: [Value; 3] = [tx.operator().into(), (&client.id).into(), tx.now().into()];
    tx.exec(
        "UPDATE clients SET used_ms = ?3
          WHERE operator_id = ?1 AND client_id = ?2 AND used_ms IS NULL",
        &row,
    )?;
    Ok(())
}

/// Removes clients that registered themselves and were never used in the days the operator allows, and
/// forgets up to `limit` tokens that are over; returns how many there were of both.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_registrations(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    let mut gone = tx.exec(
        "DELETE FROM registration_tokens WHERE operator_id = ?1 AND token_hash IN
            (SELECT token_hash FROM registration_tokens
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )?;
    let Some(operator) = operators::operator_if_any(tx)? else { return Ok(gone) };
    let since = tx.now().plus_days(-operator.policies.registration.unused_days);
    let keys: [Value; 3] = [tx.operator().into(), since.into(), limit.into()];
    let unused = tx.rows(
        "SELECT client_id FROM clients
          WHERE operator_id = ?1 AND registered_ms < ?2 AND used_ms IS NULL
          ORDER BY client_id LIMIT ?3",
        &keys,
        |row| row.text(),
    )?;
    for id in unused {
        let keys: [Value; 2] = [tx.operator().into(), (&id).into()];
        let deleted = tx.exec(
            "DELETE FROM clients WHERE operator_id = ?1 AND client_id = ?2 AND used_ms IS NULL",
            &keys,
        )?;
        if deleted == 1 {
            removed(tx, &id, "unused")?;
            gone += 1;
        }
    }
    Ok(gone)
}
