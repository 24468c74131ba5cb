//! What a client says of itself, as terms; and terms as what it is told.
//!
//! Members nobody here knows are passed over, as the RFC wants; those that would mean something we do not
//! do, or that nobody may choose for themselves, are refused by name rather than passed over.
//! Source: RFC 7591 §2; OpenID Connect Dynamic Client Registration 1.0 §2.

use base::kernel::{Error, Result};
use domain::clients::{AuthMethod, Client, ClientKind, ClientTerms, Pkce, Profile, Proof};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::token::{grant_named, name_of_grant};

/// What the members are called in the terms.
const NAMES: &[(&str, &str)] = &[
    ("grants", "grant_types"),
    ("scopes", "scope"),
    ("method", "token_endpoint_auth_method"),
    ("name_ja", "client_name"),
    ("name_en", "client_name"),
    ("require_pushed", "require_pushed_authorization_requests"),
    ("require_signed_request", "require_signed_request_object"),
];

/// What is not taken from a client itself: what we do not do, and what is given one by one.
const REFUSED: &[&str] = &[
    "first_party",
    "household_devices",
    "id_token_encrypted_response_alg",
    "jwks_uri",
    "kind",
    "pkce",
    "request_uris",
    "sector",
    "sector_identifier_uri",
    "software_statement",
    "userinfo_encrypted_response_alg",
    "web_origins",
];

/// The member a field of the terms is known by.
pub(super) fn member_of(field: &str) -> &str {
    NAMES.iter().find(|(ours, _)| *ours == field).map_or(field, |(_, member)| member)
}

/// What a client says of itself.
pub(super) struct Metadata(Map<String, Value>);

impl Metadata {
    /// # Errors
    /// `json.malformed` naming the body
    pub(super) fn parse(body: &[u8]) -> Result<Self> {
        let malformed = |_| Error::invalid("json.malformed", "body");
        serde_json::from_slice(body).map(Self).map_err(malformed)
    }

    /// A member, when it is there; `null` is as if it were not.
    ///
    /// # Errors
    /// `json.malformed` naming the member
    fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let malformed = |_| Error::invalid("json.malformed", name);
        T::deserialize(value).map(Some).map_err(malformed)
    }

    fn or_default<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T> {
        Ok(self.get(name)?.unwrap_or_default())
    }

    /// What it says is its secret.
    ///
    /// # Errors
    /// `json.malformed` naming the member
    pub(super) fn secret(&self) -> Result<Option<String>> {
        self.get("client_secret")
    }

    /// Refuses metadata about another client. Source: RFC 7592 §2.2.
    ///
    /// # Errors
    /// `client.id_differs`
    pub(super) fn is_of(&self, id: &str) -> Result<()> {
        if self.get::<String>("client_id")?.as_deref() == Some(id) {
            return Ok(());
        }
        Err(Error::invalid("client.id_differs", "client_id"))
    }

    /// The terms it asks for. What it leaves out has the value the RFC gives it.
    ///
    /// # Errors
    /// `json.malformed`, `client.not_for_strangers`, `client.metadata_unsupported`, naming the member
    pub(super) fn terms(&self) -> Result<ClientTerms> {
        self.refuse_what_is_not_taken()?;
        let method = self.get("token_endpoint_auth_method")?;
        let method = method.unwrap_or(AuthMethod::ClientSecretBasic);
        let proof = match (method, self.get::<Value>("jwks")?) {
            (AuthMethod::None, None) => Proof::None,
            (AuthMethod::PrivateKeyJwt, Some(set)) => Proof::Keys(set.to_string()),
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => {
                Proof::Secret(None)
            }
            (AuthMethod::TlsClientAuth, _) => {
                return Err(Error::invalid(
                    "client.not_for_strangers",
                    "token_endpoint_auth_method",
                ));
            }
            _ => return Err(Error::invalid("client.proof_differs", "jwks")),
        };
        let name = self.or_default::<String>("client_name")?;
        let in_language = |member: &str| self.get::<String>(member);
        Ok(ClientTerms {
            kind: ClientKind::Service,
            name_ja: in_language("client_name#ja")?.unwrap_or_else(|| name.clone()),
            name_en: in_language("client_name#en")?.unwrap_or(name),
            method,
            proof,
            redirect_uris: self.or_default("redirect_uris")?,
            grants: self.grants()?,
            scopes: self.scopes()?,
            sector: String::new(),
            pkce: Pkce::Required,
            profile: self.profile()?,
            enabled: true,
        })
    }

    fn refuse_what_is_not_taken(&self) -> Result<()> {
        let said = |name: &str| {
            self.0.get(name).is_some_and(|value| !value.is_null() && *value != json!(false))
        };
        if let Some(name) = REFUSED.iter().find(|name| said(name)) {
            return Err(Error::invalid("client.not_for_strangers", *name));
        }
        let only = [("subject_type", json!("pairwise")), ("response_types", json!(["code"]))];
        for (name, value) in only {
            if self.get::<Value>(name)?.is_some_and(|said| said != value) {
                return Err(Error::invalid("client.metadata_unsupported", name));
            }
        }
        Ok(())
    }

    fn grants(&self) -> Result<Vec<domain::clients::Grant>> {
        let wanted: Option<Vec<String>> = self.get("grant_types")?;
        let wanted = wanted.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
        let unknown = || Error::invalid("client.metadata_unsupported", "grant_types");
        wanted.iter().map(|name| grant_named(name).ok_or_else(unknown)).collect()
    }

    fn scopes(&self) -> Result<Vec<String>> {
        let wanted: Option<String> = self.get("scope")?;
        let wanted = wanted.unwrap_or_else(|| "openid".to_owned());
        Ok(wanted.split(' ').filter(|one| !one.is_empty()).map(str::to_owned).collect())
    }

    fn profile(&self) -> Result<Profile> {
        Ok(Profile {
            post_logout_redirect_uris: self.or_default("post_logout_redirect_uris")?,
            backchannel_logout_uri: self.get("backchannel_logout_uri")?,
            frontchannel_logout_uri: self.get("frontchannel_logout_uri")?,
            require_pushed: self.or_default("require_pushed_authorization_requests")?,
            require_signed_request: self.or_default("require_signed_request_object")?,
            id_token_signed_response_alg: self.or_default("id_token_signed_response_alg")?,
            userinfo_signed_response_alg: self.get("userinfo_signed_response_alg")?,
            ..Profile::default()
        })
    }
}

/// What a client is told of itself; of its proof only what is public.
pub(super) fn of_client(client: &Client) -> Map<String, Value> {
    let terms = &client.terms;
    let profile = &terms.profile;
    let grants: Vec<&str> = terms.grants.iter().filter_map(|one| name_of_grant(*one)).collect();
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| said.insert(name.to_owned(), value);
    say("client_id", json!(client.id));
    if let Some(registered) = client.registered {
        say("client_id_issued_at", json!(registered.ms() / 1000));
    }
    say("client_name#ja", json!(terms.name_ja));
    say("client_name#en", json!(terms.name_en));
    say("client_name", json!(terms.name_ja));
    say("token_endpoint_auth_method", json!(terms.method));
    say("redirect_uris", json!(terms.redirect_uris));
    say("grant_types", json!(grants));
    say("response_types", json!(["code"]));
    say("scope", json!(terms.scopes.join(" ")));
    say("subject_type", json!("pairwise"));
    if let Proof::Keys(set) = &terms.proof {
        say("jwks", serde_json::from_str(set).unwrap_or_default());
    }
    say("post_logout_redirect_uris", json!(profile.post_logout_redirect_uris));
    if let Some(uri) = &profile.backchannel_logout_uri {
        say("backchannel_logout_uri", json!(uri));
    }
    if let Some(uri) = &profile.frontchannel_logout_uri {
        say("frontchannel_logout_uri", json!(uri));
    }
    say("require_pushed_authorization_requests", json!(profile.require_pushed));
    say("require_signed_request_object", json!(profile.require_signed_request));
    say("id_token_signed_response_alg", json!(profile.id_token_signed_response_alg));
    if let Some(algorithm) = profile.userinfo_signed_response_alg {
        say("userinfo_signed_response_alg", json!(algorithm));
    }
    said
}
