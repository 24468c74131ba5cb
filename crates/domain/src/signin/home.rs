//! At home: a set-top box the station put up signs its household in, and nobody of it.
//!
//! The box shows a token it signed with its own key; the service gets an access token about the household, for a
//! day. It is worth what being at home is worth: never a purchase, nothing for adults, no settings. What it lasts
//! by is looked at each time it is shown: operator, contract, the household's switch, the box and its key.
//! Source: RFC 7523 §2.1, §3; brief tve §8.1; `docs/decisions/0043`.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::{Tx, needs_time};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::boxes::{self, SetTopBox};
use crate::clients::{self, ASSERTION_SECONDS, Client, LEEWAY_SECONDS};
use crate::operators::{self, Operator};
use crate::sessions::{self, Subjects};
use crate::signing::{Handles, Issuer};
use crate::subscribers::{self, Household, Key, Load, STOPPED, Standing};
use crate::tokens::AccessClaims;

use super::journeys::Journeys;
use super::tokens::within;

pub(super) const OFF: Error = Error::Forbidden { code: "home.off" };
const HOUSEHOLD_OFF: Error = Error::Refused { code: "home.household_off" };
const NOT_ACTIVE: Error = Error::Refused { code: "home.not_active" };
const INVALID: Error = Error::Refused { code: "home.assertion_invalid" };
const TOKEN_INVALID: Error = Error::Unauthenticated { code: "token.invalid" };

/// A household that is at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtHome {
    /// Its operator.
    pub operator: String,
    /// How the client knows it.
    pub household: String,
    /// By what it is let in: the box, its key, and that nobody ended it. Only we can tell.
    pub grant: String,
    /// What its token is good for.
    pub scope: String,
}

#[derive(Deserialize)]
struct Assertion {
    sub: String,
    /// One and no list: nobody else shall be able to use it.
    #[serde(rename = "aud")]
    _aud: String,
    #[serde(default)]
    jti: String,
    exp: i64,
}

/// Whose token it says it is, before anything is verified: to find the key by.
fn named(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Assertion>(&payload).ok().map(|claims| claims.sub)
}

impl Journeys {
    /// What `client` gets for a token a box signed for this `issuer`. Recorded.
    ///
    /// # Errors
    /// - `home.off` — the operator does not have it, or at the platform's issuer
    /// - `home.assertion_invalid` — whatever is wrong with the token, or used before; a box nobody knows
    /// - `home.household_off`; `home.not_active` — the contract is suspended or has not begun;
    ///   `operator.disabled`, `contract.stopped`
    /// - `request.scope_wider`; `client.scope_not_allowed`
    pub fn enter_home(
        &self,
        (client, issuer): (&Arc<Client>, &Issuer),
        (token, wanted): (&str, Option<&str>),
        now: Instant,
    ) -> Result<AtHome> {
        let scope = Scope::new(issuer.operator(), Actor::Client(client.id.clone()), now);
        self.boxes_sign_in(&scope, issuer)?;
        let granted = within(client, client.scopes_of("openid"), wanted)?;
        if granted.is_empty() {
            return Err(Error::invalid("client.scope_not_allowed", "scope"));
        }
        let word = self.word(&scope, (token, issuer.url()))?;
        let (handles, client) = (Arc::clone(&self.signing), Arc::clone(client));
        self.db.transact(&scope, move |tx| {
            let (key, one) = word.take(tx)?;
            let household = at_home(tx, &key)?;
            let names =
                Subjects::of(handles.handles(), tx.operator(), &client.terms.sector, ("", &key));
            sessions::note_household(tx, (&names.household, &client.terms.sector), &key)?;
            let detail = json!({"box": one.box_id, "client": client.id, "scope": granted});
            record(tx, &Entry::new("home.entered", &key.label()).detail(detail))?;
            Ok(AtHome {
                operator: tx.operator().to_owned(),
                grant: grant(handles.handles(), (tx.operator(), &client), (&household, &one)),
                household: names.household,
                scope: granted.clone(),
            })
        })
    }

    /// The box that signed `token` for this `issuer`, whatever it wants with it: the token is spent.
    ///
    /// # Errors
    /// `home.assertion_invalid` — whatever is wrong with the token, or used before; a box nobody knows
    pub fn known_box(
        &self,
        (client, issuer): (&Client, &Issuer),
        (token, now): (&str, Instant),
    ) -> Result<SetTopBox> {
        let scope = Scope::new(issuer.operator(), Actor::Client(client.id.clone()), now);
        let word = self.word(&scope, (token, issuer.url()))?;
        self.db.housekeep(&scope, "box-word", move |tx| word.take(tx)).map(|(_, one)| one)
    }

    /// Boxes sign their households in at this issuer: said before anything is looked up for one.
    ///
    /// # Errors
    /// `home.off` — the operator does not have it, or it is the platform's issuer
    pub(super) fn boxes_sign_in(&self, scope: &Scope, issuer: &Issuer) -> Result<()> {
        if issuer.is_platform() {
            return Err(OFF);
        }
        let operator = self.db.operator_fact(scope, operators::find_operator)?;
        if operator.policies.home_sign_in { Ok(()) } else { Err(OFF) }
    }

    pub(super) fn word(&self, scope: &Scope, token: (&str, &str)) -> Result<Word> {
        needs_time()?;
        let handle = named(token.0).ok_or(INVALID)?;
        let found = self.db.read(scope, |tx| boxes::find_box(tx, &handle))?;
        let (_, shown_by) = found.ok_or(INVALID)?;
        let jti = verified(&shown_by, token, scope.now())?;
        Ok(Word { shown_by, jti })
    }

    /// Which household a token of [`Journeys::enter_home`] is about now.
    ///
    /// # Errors
    /// `token.invalid` — it is no such token, or over: the operator or the household has it off, the contract is
    /// not in use, the box was taken away, swapped or given another key, or the owner's sign-ins were ended
    pub fn holder_at_home(
        &self,
        claims: &AccessClaims,
        client: &Client,
        now: Instant,
    ) -> Result<AtHome> {
        let (Some(operator), Some(grant)) = (&claims.operator, &claims.grant) else {
            return Err(TOKEN_INVALID);
        };
        let scope = Scope::new(operator, Actor::Client(client.id.clone()), now);
        if !claims.is_home() || !self.still_home(&scope, (claims, client), grant)? {
            return Err(TOKEN_INVALID);
        }
        Ok(AtHome {
            operator: operator.clone(),
            household: claims.sub.clone(),
            grant: grant.clone(),
            scope: client.narrow(&claims.scope),
        })
    }

    fn still_home(
        &self,
        scope: &Scope,
        (claims, client): (&AccessClaims, &Client),
        shown: &str,
    ) -> Result<bool> {
        self.db.read(scope, |tx| {
            let named = (claims.sub.as_str(), client.terms.sector.as_str());
            let Some(key) = sessions::find_household(tx, named)? else { return Ok(false) };
            let household = match at_home(tx, &key) {
                Ok(household) => household,
                Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => {
                    return Err(error);
                }
                Err(_) => return Ok(false),
            };
            let boxes = boxes::list_boxes(tx, &key.number)?;
            let handles = self.signing.handles();
            Ok(boxes.iter().filter(|(generation, _)| *generation == key.generation).any(
                |(_, one)| grant(handles, (scope.operator(), client), (&household, one)) == shown,
            ))
        })
    }
}

/// What a box signed, and which box; good, and not spent yet.
pub(super) struct Word {
    shown_by: SetTopBox,
    jti: String,
}

impl Word {
    /// Spends it: of two that come with one, one is heard. The box as it stands now, and where.
    pub(super) fn take(&self, tx: &mut Tx<'_>) -> Result<(Key, SetTopBox)> {
        let whose = format!("box:{}", self.shown_by.box_id);
        let expires = tx.now().plus_seconds(ASSERTION_SECONDS + 2 * LEEWAY_SECONDS + 1);
        if !clients::spend_assertion(tx, (&whose, &self.jti), expires)? {
            return Err(INVALID);
        }
        // Read again: it may have been swapped, or taken away, meanwhile.
        let found = boxes::find_box(tx, &self.shown_by.box_id)?;
        found.filter(|(_, one)| one.public_key == self.shown_by.public_key).ok_or(INVALID)
    }
}

/// What the token `shown_by` a box says of itself (its `jti`, hashed), if it is good for this once.
fn verified(shown_by: &SetTopBox, token: (&str, &str), now: Instant) -> Result<String> {
    let seconds = now.ms() / 1000;
    let said: Assertion =
        boxes::signed_by(shown_by, token, (seconds, LEEWAY_SECONDS)).ok_or(INVALID)?;
    let soon = said.exp <= seconds + ASSERTION_SECONDS + LEEWAY_SECONDS;
    if !soon || said.sub != shown_by.box_id || said.jti.is_empty() {
        return Err(INVALID);
    }
    Ok(hex::encode(Sha256::digest(said.jti.as_bytes())))
}

/// The household, if its boxes may sign it in now: only a contract in full use, whatever it is held for.
pub(super) fn at_home(tx: &mut Tx<'_>, key: &Key) -> Result<Household> {
    let operator = tx.operator_fact(operators::find_operator)?;
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let household = loaded.into_iter().find(|one| one.key() == *key).ok_or(INVALID)?;
    admit(&operator, &household, tx.now())?;
    Ok(household)
}

fn admit(operator: &Operator, household: &Household, now: Instant) -> Result<()> {
    if !operator.enabled() {
        return Err(Error::refused("operator.disabled"));
    }
    if !operator.policies.home_sign_in {
        return Err(OFF);
    }
    match household.standing(now) {
        Standing::Active if household.contract.home_off_by().is_some() => Err(HOUSEHOLD_OFF),
        Standing::Active => Ok(()),
        Standing::Suspended | Standing::Reserved => Err(NOT_ACTIVE),
        Standing::Stopped | Standing::Purged => Err(Error::refused(STOPPED)),
    }
}

/// By what the box lets its household in at this client: another one as soon as the box gets another key, or
/// everything the owner was signed in with is ended (a stop that is taken back does not bring it back).
fn grant(
    handles: &Handles,
    (operator, client): (&str, &Client),
    (household, one): (&Household, &SetTopBox),
) -> String {
    let ended = household.owner().map_or(0, |owner| owner.access_no);
    let key = one.thumbprint().unwrap_or_default();
    let by = format!("home:{}:{key}:{ended}", one.box_id);
    handles.pairwise(operator, &format!("home:{}", client.id), &by)
}
