//! Authorizations: what a person gave a client, from the code to the last refresh.
//!
//! One row is a whole family. The code is its turn 0; redeeming it makes turn 1; each refresh makes
//! the next. Every step is one compare-and-swap on the turn, so of two that come at once one wins.

use base::kernel::{Instant, Result};
use base::records::{Entry, record};
use base::store::Tx;
use formats::jose;
use serde_json::json;

use crate::clients::RefreshPolicy;
use crate::subscribers::Key;

use super::repo;
use super::whose::Whose;

/// A code is good for this long. Source: RFC 6749 §4.1.2 (at most ten minutes), RFC 9700 §2.1.1.
pub const CODE_SECONDS: i64 = 60;
/// A refresh token unused for this long is dead.
pub const REFRESH_DAYS: i64 = 90;
/// No family lives longer than this: then the person signs in again.
const FAMILY_DAYS: i64 = 400;
/// A family without refresh tokens lives as long as its access token and a little more.
const ACCESS_ONLY_SECONDS: i64 = 900;
/// The refresh token before the present one is answered with the present one for this long.
///
/// RFC 9700 §4.14.2 asks to end the family when a used token comes back. On mobile networks it comes
/// back because the answer was lost; the very same answer then gives nobody anything new (one token
/// is alive, not two), and a thief who takes part is found out at the next turn.
pub const GRACE_SECONDS: i64 = 10;

/// An authorization to be.
#[derive(Debug, Clone)]
pub struct Draft<'d> {
    /// The client.
    pub client_id: &'d str,
    /// The sector the client knows the person in.
    pub sector: &'d str,
    /// The issuer it came to: an operator's code or `*`.
    pub issuer: &'d str,
    /// Whose.
    pub whose: Whose<'d>,
    /// The browser session it was given in; empty for a device, which has none.
    pub session_id: &'d str,
    /// How long it waits to be redeemed.
    pub seconds: i64,
    /// What for.
    pub scope: &'d str,
    /// How strong the proof was.
    pub acr: &'d str,
    /// What it was made of.
    pub amr: &'d str,
    /// When it was given.
    pub auth: Instant,
    /// Where the code was sent.
    pub redirect_uri: &'d str,
    /// PKCE S256 challenge.
    pub challenge: Option<&'d str>,
    /// The client's `nonce`.
    pub nonce: Option<&'d str>,
    /// The key the code has to be redeemed with, as its thumbprint (RFC 9449 §10).
    pub jkt: Option<&'d str>,
}

/// An authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Its id; the handles of code and refresh tokens name it.
    pub id: String,
    /// The client it was given to.
    pub client_id: String,
    /// The issuer it came to: an operator's code or `*`.
    pub issuer: String,
    /// The person who gave it; empty: it is a whole household's.
    pub person_id: String,
    /// Where that person is a member now; whose it is.
    pub key: Key,
    /// And under which number; 0: it is the household's, as everywhere.
    pub person_no: i64,
    /// The browser session it was given in.
    pub session_id: String,
    /// What for.
    pub scope: String,
    /// How strong the proof was.
    pub acr: String,
    /// What it was made of.
    pub amr: String,
    /// When the person proved to be themselves.
    pub auth: Instant,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// PKCE S256 challenge.
    pub challenge: Option<String>,
    /// The client's `nonce`.
    pub nonce: Option<String>,
    /// Until when the code is good.
    pub code_expires: Instant,
    /// 0: only the code exists; else the refresh token in use.
    pub turn: i64,
    /// When it came to this turn.
    pub turned: Instant,
    /// Until when anything of it is good.
    pub expires: Instant,
    /// When it was ended.
    pub revoked: Option<Instant>,
    /// When it was given.
    pub created: Instant,
    /// The sector the client knew the person in; empty when it was given before that was noted.
    pub sector: String,
    /// The key it is bound to, as its thumbprint: the code, then the refresh tokens.
    pub jkt: Option<String>,
}

impl Authorization {
    /// Whether it is a whole household's, and no person's.
    #[must_use]
    pub const fn is_households(&self) -> bool {
        self.person_no == 0
    }

    /// Whom the books name for it.
    pub(super) fn whose(&self) -> String {
        if self.is_households() { self.key.label() } else { self.person_id.clone() }
    }

    /// What services are told as its session (`sid`): that of the browser, or the device's own.
    #[must_use]
    pub fn session(&self) -> &str {
        if self.session_id.is_empty() { &self.id } else { &self.session_id }
    }

    /// Whether who proved to hold the key `jkt` may use its tokens: it is bound to none, or to this one.
    #[must_use]
    pub fn is_held_by(&self, jkt: Option<&str>) -> bool {
        self.jkt.is_none() || self.jkt.as_deref() == jkt
    }

    /// Until when its next refresh token is good.
    fn next_end(&self, now: Instant) -> Instant {
        now.plus_days(REFRESH_DAYS).min(self.created.plus_days(FAMILY_DAYS))
    }

    /// Whether its refresh token is good for so long yet that nothing is to be written when it is used and
    /// stays.
    #[must_use]
    pub fn lasts(&self, now: Instant) -> bool {
        self.expires.plus_days(1) >= self.next_end(now)
    }

    /// Whether tokens of it are good at `now`.
    #[must_use]
    pub fn is_alive(&self, now: Instant) -> bool {
        self.revoked.is_none() && self.expires > now
    }
}

/// Whether refresh tokens are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// For one access token.
    Once,
    /// With refresh tokens.
    Refreshed,
}

impl Lasting {
    fn until(self, now: Instant) -> Instant {
        match self {
            Self::Once => now.plus_seconds(ACCESS_ONLY_SECONDS),
            Self::Refreshed => now.plus_days(REFRESH_DAYS),
        }
    }
}

/// What a client redeems a code with.
#[derive(Debug, Clone)]
pub struct Redemption<'r> {
    /// The client that authenticated.
    pub client_id: &'r str,
    /// The issuer it came to.
    pub issuer: &'r str,
    /// The redirect address it names.
    pub redirect_uri: &'r str,
    /// PKCE verifier.
    pub verifier: Option<&'r str>,
    /// What it goes on with.
    pub holder: Holder<'r>,
}

/// With what a code is redeemed, and how it goes on.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'h> {
    /// Whether it gets refresh tokens.
    pub lasting: Lasting,
    /// The key it showed to hold, as its thumbprint.
    pub jkt: Option<&'h str>,
    /// Whether the refresh tokens are bound to that key: those of a client that proves nothing else.
    ///
    /// Source: RFC 9449 §5.
    pub binds: bool,
}

impl Holder<'_> {
    /// What the refresh tokens are bound to.
    fn bound_to(&self) -> Option<String> {
        self.jkt.filter(|_| self.binds).map(str::to_owned)
    }
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// Redeemed now, for the first time.
    Now(Box<Authorization>),
    /// It had been redeemed before: the whole family is ended (RFC 6749 §4.1.2).
    Replayed,
    /// Not good: unknown, too old, of another client or address, or with the wrong verifier.
    Refused,
}

/// What became of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// It is replaced, or stays; the authorization says by which turn. Also the answer to a repeated request
    /// within [`GRACE_SECONDS`].
    Turned(Box<Authorization>),
    /// A token used before came back: the whole family is ended.
    Reused,
    /// Not good: unknown, ended, too old, of another client, or bound to another key.
    Refused,
}

/// Who comes with a refresh token.
#[derive(Debug, Clone, Copy)]
pub struct Refresher<'r> {
    /// The client that authenticated.
    pub client_id: &'r str,
    /// The issuer it came to.
    pub issuer: &'r str,
    /// What becomes of its refresh tokens.
    pub policy: RefreshPolicy,
    /// The key it showed to hold, as its thumbprint.
    pub jkt: Option<&'r str>,
}

/// Notes an authorization and answers its id, which the code's handle names. One statement and an
/// audit line.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn grant(tx: &mut Tx<'_>, draft: &Draft<'_>) -> Result<String> {
    let id = tx.next_id("grn");
    repo::insert_authorization(tx, &id, draft)?;
    let detail = json!({
        "client": draft.client_id, "issuer": draft.issuer, "scope": draft.scope,
        "grant": id, "session": draft.session_id,
    });
    record(tx, &Entry::new("authorization.granted", &draft.whose.label()).detail(detail))?;
    Ok(id)
}

/// The authorization `id`, alive or not.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_authorization(tx: &mut Tx<'_>, id: &str) -> Result<Option<Authorization>> {
    repo::find_authorization(tx, id)
}

/// Redeems the code of the authorization `id`.
///
/// Consequence: a code that comes a second time, with all that proves it, ends the family, and that is
/// kept: the caller must let the transaction commit and refuse afterwards. A code alone, found in the
/// history of a browser, ends nothing.
///
/// # Errors
/// `unavailable` when the database fails.
///
/// Source: RFC 6749 §4.1.2, §4.1.3; RFC 7636 §4.6; RFC 9700 §2.1.1.
pub fn redeem(tx: &mut Tx<'_>, id: &str, with: &Redemption<'_>) -> Result<Redeemed> {
    let now = tx.now();
    let Some(mut found) = repo::find_authorization(tx, id)? else { return Ok(Redeemed::Refused) };
    if (found.client_id.as_str(), found.issuer.as_str()) != (with.client_id, with.issuer) {
        return Ok(Redeemed::Refused);
    }
    let proven = match (&found.challenge, with.verifier) {
        (Some(challenge), Some(verifier)) => jose::pkce_s256_matches(verifier, challenge),
        // A verifier without a challenge: somebody took the challenge out on the way (RFC 9700 §2.1.1).
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => true,
    };
    if !proven || found.redirect_uri != with.redirect_uri {
        return Ok(Redeemed::Refused);
    }
    if found.jkt.is_some() && found.jkt.as_deref() != with.holder.jkt {
        return Ok(Redeemed::Refused);
    }
    if found.turn > 0 {
        revoke(tx, &found, "code_replayed")?;
        return Ok(Redeemed::Replayed);
    }
    if !found.is_alive(now) || found.code_expires <= now {
        return Ok(Redeemed::Refused);
    }
    let expires = with.holder.lasting.until(now);
    found.jkt = with.holder.bound_to();
    if !repo::turn(tx, &found, expires)? {
        revoke(tx, &found, "code_replayed")?;
        return Ok(Redeemed::Replayed);
    }
    let detail = json!({"client": found.client_id, "grant": found.id});
    record(tx, &Entry::new("authorization.redeemed", &found.whose()).detail(detail))?;
    (found.turn, found.turned, found.expires) = (1, now, expires);
    Ok(Redeemed::Now(Box::new(found)))
}

/// Redeems the authorization `id` for the device whose code was confirmed. A device whose answer was
/// lost asks again and is answered with the same tokens for [`GRACE_SECONDS`]; later it is refused.
///
/// # Errors
/// `unavailable` when the database fails.
///
/// Source: RFC 8628 §3.4, §3.5.
pub fn redeem_for_device(
    tx: &mut Tx<'_>,
    id: &str,
    ((client_id, issuer), holder): ((&str, &str), &Holder<'_>),
) -> Result<Redeemed> {
    let now = tx.now();
    let Some(mut found) = repo::find_authorization(tx, id)? else { return Ok(Redeemed::Refused) };
    let theirs = (found.client_id.as_str(), found.issuer.as_str()) == (client_id, issuer);
    if !theirs || !found.is_alive(now) {
        return Ok(Redeemed::Refused);
    }
    if found.turn == 1 && found.turned.plus_seconds(GRACE_SECONDS) > now {
        let same = found.jkt == holder.bound_to();
        return Ok(if same { Redeemed::Now(Box::new(found)) } else { Redeemed::Refused });
    }
    let expires = holder.lasting.until(now);
    found.jkt = holder.bound_to();
    if found.turn != 0 || found.code_expires <= now || !repo::turn(tx, &found, expires)? {
        return Ok(Redeemed::Refused);
    }
    let detail = json!({"client": found.client_id, "grant": found.id});
    record(tx, &Entry::new("authorization.redeemed", &found.whose()).detail(detail))?;
    (found.turn, found.turned, found.expires) = (1, now, expires);
    Ok(Redeemed::Now(Box::new(found)))
}

/// Uses the refresh token of `turn` of an authorization that is `known` from memory, in the usual case: it
/// is the latest one, and is replaced. One write. `None`: it is not the usual case, see [`rotate`].
///
/// # Errors
/// `unavailable` when the database fails.
pub fn rotate_known(
    tx: &mut Tx<'_>,
    known: &Authorization,
    turn: i64,
) -> Result<Option<Authorization>> {
    let (now, expires) = (tx.now(), known.next_end(tx.now()));
    let latest = Authorization { turn, ..known.clone() };
    if turn < 1 || !known.is_alive(now) || !repo::turn(tx, &latest, expires)? {
        return Ok(None);
    }
    Ok(Some(Authorization { turn: turn + 1, turned: now, expires, ..latest }))
}

/// Uses the refresh token of `turn`, which is replaced or stays as the client's policy says: one read, and one
/// write; for one that stays, a write at most once a day.
///
/// Housekeeping, without an audit line: nothing anybody may do changes (the access log has the
/// request). The end of a family is recorded; the caller must let it commit.
///
/// # Errors
/// `unavailable` when the database fails.
///
/// Source: RFC 6749 §6; RFC 9700 §4.14.2.
pub fn rotate(tx: &mut Tx<'_>, (id, turn): (&str, i64), whose: &Refresher<'_>) -> Result<Rotated> {
    let policy = whose.policy;
    let now = tx.now();
    let Some(mut found) = repo::find_authorization(tx, id)? else { return Ok(Rotated::Refused) };
    let theirs =
        (found.client_id.as_str(), found.issuer.as_str()) == (whose.client_id, whose.issuer);
    if !theirs
        || !found.is_held_by(whose.jkt)
        || !found.is_alive(now)
        || turn < 1
        || turn > found.turn
    {
        return Ok(Rotated::Refused);
    }
    if turn == found.turn {
        let expires = found.next_end(now);
        if policy == RefreshPolicy::Stable {
            if !found.lasts(now) {
                repo::prolong(tx, &found, expires)?;
                found.expires = expires;
            }
            return Ok(Rotated::Turned(Box::new(found)));
        }
        if !repo::turn(tx, &found, expires)? {
            // The same token came at the same moment and was faster, or the family has just ended.
            let meanwhile = repo::find_authorization(tx, id)?.filter(|one| one.is_alive(now));
            return Ok(match meanwhile {
                Some(one) if one.turn == turn + 1 => Rotated::Turned(Box::new(one)),
                _ => Rotated::Refused,
            });
        }
        (found.turn, found.turned, found.expires) = (turn + 1, now, expires);
        return Ok(Rotated::Turned(Box::new(found)));
    }
    if turn == found.turn - 1 && found.turned.plus_seconds(GRACE_SECONDS) > now {
        return Ok(Rotated::Turned(Box::new(found)));
    }
    revoke(tx, &found, "refresh_reused")?;
    Ok(Rotated::Reused)
}

/// Ends an authorization with all its tokens.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn revoke(tx: &mut Tx<'_>, which: &Authorization, cause: &'static str) -> Result<()> {
    if repo::revoke(tx, &which.id, cause)? {
        tx.touch(Some(&which.id));
        let detail = json!({"client": which.client_id, "grant": which.id, "cause": cause});
        record(tx, &Entry::new("authorization.revoked", &which.whose()).detail(detail))?;
    }
    Ok(())
}
