//! The terms of a client that is there already, changed by somebody who saw them.

use base::kernel::{Change, Error, Result};
use base::records::inbox;
use base::store::Tx;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::history::facts;
use super::profile::Profile;
use super::put::{complete, find, place, put};
use super::repo;
use super::switch::{check_kind, is_no_admin, is_service};
use super::terms::{Client, ClientTerms, Grant, Pkce, Proof};
use crate::operators::Publishing;

/// What is to be different. What is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Edit {
    /// What persons call it, in Japanese.
    pub name_ja: Option<String>,
    /// And in English.
    pub name_en: Option<String>,
    /// All addresses a browser may be sent back to.
    pub redirect_uris: Option<Vec<String>>,
    /// All grants.
    pub grants: Option<Vec<Grant>>,
    /// All scopes.
    pub scopes: Option<Vec<String>>,
    /// Whose clients know persons by the same names. Empty: the host of the redirect addresses.
    pub sector: Option<String>,
    /// Whether it has to use PKCE.
    pub pkce: Option<Pkce>,
    /// Its keys (JWK set), of a client that proves itself by keys.
    pub jwks: Option<Value>,
    /// Members of its [`Profile`], one by one; `null`: the plain case.
    pub profile: Map<String, Value>,
}

impl Client {
    /// What its terms are known by: another one as soon as anything of them is different. A new secret is not.
    #[must_use]
    pub fn version(&self) -> String {
        let keys = match &self.terms.proof {
            Proof::Keys(set) => set.as_str(),
            Proof::None | Proof::Secret(_) => "",
        };
        let text = format!("{}{keys}", Value::Object(facts(&self.terms)));
        let mut digest = hex::encode(inbox::digest(text.as_bytes()));
        digest.truncate(32);
        digest
    }
}

/// Changes the client `id` of this operator, whose terms were those of version `seen`. What is so already is answered
/// so, whatever was seen.
///
/// # Errors
/// - `client.unknown`; `client.not_for_admins` — no service
/// - `client.changed_meanwhile` — its version is another one: look at it again
/// - `json.malformed`, `json.unknown_field` — of the profile
/// - those of [`super::put()`]
pub fn change(tx: &mut Tx<'_>, id: &str, (seen, edit): (&str, &Edit)) -> Result<Change> {
    repo::hold(tx, id)?;
    let client = find(tx, id)?;
    check_kind(tx, client.terms.kind, is_service)?;
    let terms = complete(&edit.applied(&client.terms)?, Some(&client.terms), id)?;
    if terms == client.terms {
        return Ok(Change::Already);
    }
    if client.version() != seen {
        return Err(Error::Conflict { code: "client.changed_meanwhile" });
    }
    put(tx, id, &terms)
}

/// Switches the client `id` of this operator on or off, and offers it as `offer` says, as somebody wants who saw it and says
/// why. What is so already is answered so, whatever was seen.
///
/// # Errors
/// - `field.required`, `field.too_long` naming `why`
/// - `client.unknown` — also one of all operators; `client.not_for_admins` — a program that administers, or an offer of what is
///   no service
/// - `masters.changed_meanwhile` — its version is another one: look at it again
/// - those of [`super::put()`]
///
/// Source: issue 4, §2.7.
pub fn publish(
    tx: &mut Tx<'_>,
    (id, enabled): (&str, bool),
    offer: Option<&Offer>,
    publishing: &Publishing,
) -> Result<Change> {
    let why = publishing.why()?;
    repo::hold(tx, id)?;
    let client = find(tx, id)?;
    check_kind(tx, client.terms.kind, if offer.is_some() { is_service } else { is_no_admin })?;
    let known = ClientTerms { enabled, ..client.terms.clone() };
    let terms = match offer {
        Some(offer) => offer.applied(&known),
        None => known,
    };
    if terms == client.terms {
        return Ok(Change::Already);
    }
    if client.version() != publishing.seen {
        return Err(Error::Conflict { code: "masters.changed_meanwhile" });
    }
    place(tx, id, (&terms, why))
}

/// What a station decides of a service: what persons call it, and where it may send them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Its name, in Japanese.
    pub name_ja: String,
    /// And in English.
    pub name_en: String,
    /// All addresses a browser may be sent back to.
    pub redirect_uris: Vec<String>,
    /// All addresses after a logout.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told of logouts; none: nowhere.
    pub backchannel_logout_uri: Option<String>,
}

impl Offer {
    fn applied(&self, known: &ClientTerms) -> ClientTerms {
        let offer = self.clone();
        ClientTerms {
            name_ja: offer.name_ja,
            name_en: offer.name_en,
            redirect_uris: offer.redirect_uris,
            profile: Profile {
                post_logout_redirect_uris: offer.post_logout_redirect_uris,
                backchannel_logout_uri: offer.backchannel_logout_uri,
                ..known.profile.clone()
            },
            ..known.clone()
        }
    }
}

impl Edit {
    fn applied(&self, known: &ClientTerms) -> Result<ClientTerms> {
        let edit = self.clone();
        let proof = match edit.jwks {
            Some(set) => Proof::Keys(set.to_string()),
            None => known.proof.clone(),
        };
        Ok(ClientTerms {
            kind: known.kind,
            name_ja: edit.name_ja.unwrap_or_else(|| known.name_ja.clone()),
            name_en: edit.name_en.unwrap_or_else(|| known.name_en.clone()),
            method: known.method,
            proof,
            redirect_uris: edit.redirect_uris.unwrap_or_else(|| known.redirect_uris.clone()),
            grants: edit.grants.unwrap_or_else(|| known.grants.clone()),
            scopes: edit.scopes.unwrap_or_else(|| known.scopes.clone()),
            sector: edit.sector.unwrap_or_else(|| known.sector.clone()),
            pkce: edit.pkce.unwrap_or(known.pkce),
            profile: merged(&known.profile, edit.profile)?,
            enabled: known.enabled,
        })
    }
}

/// Source: RFC 7396, one level deep: what a member holds is taken as a whole.
fn merged(known: &Profile, edit: Map<String, Value>) -> Result<Profile> {
    let Value::Object(mut members) = serde_json::to_value(known).map_err(Error::internal)? else {
        return Err(Error::internal("a profile is an object"));
    };
    for (name, value) in edit {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    serde_json::from_value(Value::Object(members))
        .map_err(|_| Error::invalid("json.malformed", "profile"))
}
