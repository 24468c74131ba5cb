//! The file: what may stand in it.

use std::path::{Path, PathBuf};

use domain::clients::{AuthMethod, Grant, Pkce, Profile};
use domain::operators::Policies;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Everything a file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ApplyFile {
    pub(super) operators: Vec<OperatorEntry>,
    /// Services sold by all operators.
    pub(super) clients: Vec<ClientEntry>,
    /// Programs that administer what is the platform's own.
    pub(super) admin_clients: Vec<ClientEntry>,
    /// The platform's own people.
    pub(super) staff: Vec<StaffEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OperatorEntry {
    pub(super) code: String,
    pub(super) name_ja: String,
    pub(super) name_en: String,
    pub(super) policies: Policies,
    /// Left out: as it is.
    pub(super) look: Option<LookEntry>,
    pub(super) staff: Vec<StaffEntry>,
    pub(super) products: Vec<ProductEntry>,
    pub(super) clients: Vec<ClientEntry>,
    pub(super) api_clients: Vec<ClientEntry>,
    /// Programs that administer.
    pub(super) admin_clients: Vec<ClientEntry>,
    pub(super) webhooks: Vec<WebhookEntry>,
    /// Login ids and passwords another system kept.
    pub(super) logins: Vec<LoginEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LookEntry {
    /// A picture, PNG or JPEG; left out: none.
    pub(super) logo_file: Option<PathBuf>,
    pub(super) accent_day: String,
    pub(super) accent_night: String,
    pub(super) greeting_ja: String,
    pub(super) greeting_en: String,
    pub(super) help_url: String,
    pub(super) help_ja: String,
    pub(super) help_en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginEntry {
    pub(super) contract: String,
    /// Left out: the owner's.
    #[serde(default = "owner")]
    pub(super) person_no: i64,
    pub(super) login_id: String,
    pub(super) password_hash: String,
}

const fn owner() -> i64 {
    1
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StaffEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) roles: Vec<String>,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProductEntry {
    pub(super) code: String,
    pub(super) kind: String,
    pub(super) name_ja: String,
    pub(super) name_en: String,
    /// 0, 12, 15, 18; left out: nobody rated it.
    pub(super) rating_years: Option<i64>,
    #[serde(default)]
    pub(super) adult: bool,
    #[serde(default)]
    pub(super) items: Vec<String>,
    #[serde(default)]
    pub(super) refs: Vec<String>,
    /// `2026-04-01` (start of that day in JST) or RFC 3339.
    pub(super) sold_from: Option<String>,
    /// The last day, or RFC 3339 (exclusive).
    pub(super) sold_until: Option<String>,
    pub(super) start_window_hours: Option<i64>,
    pub(super) play_window_hours: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientEntry {
    pub(super) id: String,
    pub(super) name_ja: String,
    pub(super) name_en: String,
    #[serde(default = "secret_basic")]
    pub(super) method: AuthMethod,
    /// The client's secret; left out: one is made and shown once.
    pub(super) secret_file: Option<PathBuf>,
    /// Its public keys, for `private_key_jwt`.
    pub(super) jwks_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) redirect_uris: Vec<String>,
    pub(super) grants: Option<Vec<Grant>>,
    pub(super) scopes: Option<Vec<String>>,
    #[serde(default)]
    pub(super) sector: String,
    #[serde(default = "required")]
    pub(super) pkce: Pkce,
    #[serde(default)]
    pub(super) profile: Profile,
    /// Left out: as it is, so that a client switched off by hand stays off.
    pub(super) enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookEntry {
    pub(super) id: String,
    pub(super) url: String,
    /// `contract.suspended`, `contract.*`, `*`.
    pub(super) events: Vec<String>,
    /// The sector (of a client) whose names the receiver knows persons and households by.
    pub(super) sector: Option<String>,
    /// The shared secret (`whsec_…`); left out: one is made and shown once.
    pub(super) secret_file: Option<PathBuf>,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

const fn yes() -> bool {
    true
}

const fn secret_basic() -> AuthMethod {
    AuthMethod::ClientSecretBasic
}

const fn required() -> Pkce {
    Pkce::Required
}

pub(super) fn read(path: &Path) -> Result<ApplyFile, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    toml::from_str(&text).map_err(|error| Failure::usage(format!("{name}: {error}")))
}

/// A secret from a file of its own, without the line's end.
pub(super) fn secret(folder: &Path, file: &Path) -> Result<String, Failure> {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    Ok(text.trim().to_owned())
}
