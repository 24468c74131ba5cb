//! What a client is and may do.

use base::kernel::{Error, Instant, Result, ids};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use formats::jose::VerificationKeys;
use formats::oauth::{is_same_loopback_redirect, is_same_redirect};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::profile::Profile;

/// Every scope there is, and the kind of client that may have it.
pub const SCOPES: &[(&str, ClientKind)] = &[
    ("openid", ClientKind::Service),
    ("offline_access", ClientKind::Service),
    ("decisions", ClientKind::Service),
    ("sms", ClientKind::Sms),
    ("admin.clients", ClientKind::Admin),
    ("admin.persons", ClientKind::Admin),
    ("admin.keys", ClientKind::Admin),
    ("admin.registrations", ClientKind::Admin),
];

/// What a client is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// A service where people watch: signs viewers in, asks for decisions.
    Service,
    /// An operator's subscriber management system.
    Sms,
    /// A program of the station that administers: its tokens are good for the admin API and nothing else.
    Admin,
}

impl ClientKind {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Sms => "sms",
            Self::Admin => "admin",
        }
    }

    pub(super) fn parse(stored: &str) -> Result<Self> {
        match stored {
            "service" => Ok(Self::Service),
            "sms" => Ok(Self::Sms),
            "admin" => Ok(Self::Admin),
            other => Err(Error::internal(format!("client kind {other}"))),
        }
    }
}

/// What a client may come to the token endpoint with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// A code from the browser.
    AuthorizationCode,
    /// A refresh token.
    RefreshToken,
    /// Only itself.
    ClientCredentials,
    /// A device's code, confirmed by a person elsewhere.
    DeviceCode,
    /// The tokens of two persons, for one in which the second acts for the first.
    TokenExchange,
    /// What a set-top box signed, which the station put up in a household.
    JwtBearer,
}

/// How a client proves who it is; it may use no other way. Source: OpenID Connect Core §9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: an application on somebody's device.
    None,
    /// A secret in the Authorization header.
    ClientSecretBasic,
    /// A secret in the form.
    ClientSecretPost,
    /// A token signed with its own key.
    PrivateKeyJwt,
    /// The certificate of its connection, of an authority that a proxy before us trusts. Source: RFC 8705 §2.1.
    TlsClientAuth,
}

/// What a client proves itself by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Nothing that is kept apart: a public client, or one whose certificate has to hold a name.
    None,
    /// A secret, kept as [`hash_secret`] makes it. `None` in a draft: the one it has already.
    Secret(Option<String>),
    /// A public key set, JSON.
    Keys(String),
}

/// Whether a client must use PKCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// S256, always.
    Required,
    /// A confidential client that sends `nonce` and checks it may leave PKCE out; given one by one.
    ExemptWithNonce,
}

/// What a client is and may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTerms {
    /// Service, SMS or program that administers.
    pub kind: ClientKind,
    /// Shown to viewers, in Japanese.
    pub name_ja: String,
    /// Shown to viewers, in English.
    pub name_en: String,
    /// How it proves who it is.
    pub method: AuthMethod,
    /// What it proves it by.
    pub proof: Proof,
    /// Where browsers may be sent back to, compared character by character.
    pub redirect_uris: Vec<String>,
    /// What it may come to the token endpoint with.
    pub grants: Vec<Grant>,
    /// What its tokens may be good for.
    pub scopes: Vec<String>,
    /// Clients of one sector see one subject for a person. Empty in a draft: the host of its
    /// redirect addresses, or its own id when it has none.
    pub sector: String,
    /// Whether it must use PKCE.
    pub pkce: Pkce,
    /// What it wants of the protocol beyond the plain case.
    pub profile: Profile,
    /// Whether it may do anything at all.
    pub enabled: bool,
}

/// The part of the terms that is kept as one JSON object.
#[derive(Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) method: AuthMethod,
    pub(super) redirect_uris: Vec<String>,
    pub(super) grants: Vec<Grant>,
    pub(super) scopes: Vec<String>,
    pub(super) sector: String,
    pub(super) pkce: Pkce,
    #[serde(default)]
    pub(super) profile: Profile,
}

/// A client as it stands in the books.
pub struct Client {
    /// The operator it serves; `*`: all of them.
    pub operator: String,
    /// Its `client_id`.
    pub id: String,
    /// What it is and may do.
    pub terms: ClientTerms,
    /// When it registered itself, if it did.
    pub registered: Option<Instant>,
    /// Registered itself, and has never been given anything.
    pub(super) unused: bool,
    /// Its public keys, ready to verify with.
    pub(super) keys: Option<VerificationKeys>,
}

impl Client {
    /// Whether it may come with `grant`.
    #[must_use]
    pub fn may(&self, grant: Grant) -> bool {
        self.terms.grants.contains(&grant)
    }

    /// Those of the `wanted` scopes (separated by spaces) it may have, in the order wanted; all it
    /// may have when none is wanted.
    ///
    /// Source: RFC 6749 §3.3 (a server may narrow the scope, and says so in the answer).
    #[must_use]
    pub fn scopes_of(&self, wanted: &str) -> String {
        if wanted.trim().is_empty() {
            return self.terms.scopes.join(" ");
        }
        self.narrow(wanted)
    }

    /// Those of the `given` scopes it may have now, each once: no longer than its terms.
    #[must_use]
    pub fn narrow(&self, given: &str) -> String {
        let mut mine: Vec<&str> = Vec::new();
        for one in given.split(' ') {
            if self.may_have_scope(one) && !mine.contains(&one) {
                mine.push(one);
            }
        }
        mine.join(" ")
    }

    /// Whether it may have this one scope.
    #[must_use]
    pub fn may_have_scope(&self, scope: &str) -> bool {
        self.terms.scopes.iter().any(|one| one == scope)
    }

    /// Whether it may have all of `scopes`.
    #[must_use]
    pub fn may_have(&self, scopes: &str) -> bool {
        scopes.split(' ').all(|one| self.may_have_scope(one))
    }

    /// Whether browsers may be sent back to `uri` with a code for it: it signs viewers in, and the
    /// address is one of its own.
    ///
    /// Source: RFC 9700 §2.1 (character by character), §4.1.3; RFC 8252 §7.3 (the port of an
    /// application on this machine is free).
    #[must_use]
    pub fn may_be_sent_to(&self, uri: &str) -> bool {
        self.may(Grant::AuthorizationCode) && self.is_own_address(uri)
    }

    /// Whether browsers may be sent to `uri` after a logout: the same characters, always.
    ///
    /// Source: OpenID Connect RP-Initiated Logout 1.0 §3.
    #[must_use]
    pub fn may_be_left_for(&self, uri: &str) -> bool {
        let known = &self.terms.profile.post_logout_redirect_uris;
        self.terms.kind == ClientKind::Service
            && known.iter().any(|known| is_same_redirect(known, uri))
    }

    /// Whether `uri` is one of its redirect addresses.
    #[must_use]
    pub fn is_own_address(&self, uri: &str) -> bool {
        let native = self.terms.method == AuthMethod::None;
        self.terms.kind == ClientKind::Service
            && self.terms.redirect_uris.iter().any(|known| {
                is_same_redirect(known, uri) || (native && is_same_loopback_redirect(known, uri))
            })
    }

    /// Whether it may ask for a code with this PKCE challenge and this `nonce`.
    #[must_use]
    pub const fn may_ask_with(&self, (challenge, nonce): (Option<&str>, Option<&str>)) -> bool {
        match self.terms.pkce {
            Pkce::Required => challenge.is_some(),
            Pkce::ExemptWithNonce => challenge.is_some() || nonce.is_some(),
        }
    }
}

/// A new client secret: 32 random bytes, 43 characters. Shown once, kept only as a hash.
#[must_use]
pub fn new_secret() -> String {
    URL_SAFE_NO_PAD.encode(ids::secret_bytes())
}

/// The form a client secret is kept in: SHA-256, hex.
///
/// A plain hash is enough, where a person's password needs a slow one: 32 random characters can not
/// be guessed, however fast guesses are, and the token endpoint answers thousands a second.
///
/// # Errors
/// `client.secret_short` — under 32 characters: too near to a thing a person made up.
pub fn hash_secret(secret: &str) -> Result<String> {
    if secret.len() < 32 {
        return Err(Error::invalid("client.secret_short", "secret"));
    }
    Ok(hex::encode(Sha256::digest(secret.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_narrowed_to_what_the_client_may_have() {
        let client = Client {
            operator: "OP0001".to_owned(),
            id: "vod".to_owned(),
            terms: super::super::put::tests::service(),
            registered: None,
            unused: false,
            keys: None,
        };
        assert_eq!(client.scopes_of("openid sms decisions"), "openid decisions");
        assert_eq!(client.scopes_of(""), "openid decisions");
        assert_eq!(client.scopes_of("sms"), "");
        let many = "openid ".repeat(5000);
        assert_eq!(client.scopes_of(&many), "openid", "each once, however often it is asked for");
        assert!(client.may_have("decisions openid") && !client.may_have("openid sms"));
    }

    #[test]
    fn a_secret_a_person_made_up_is_refused() {
        assert_eq!(hash_secret("himitsu").unwrap_err().code(), "client.secret_short");
        let secret = new_secret();
        assert_eq!(secret.len(), 43);
        assert_eq!(hash_secret(&secret).unwrap().len(), 64);
    }
}
