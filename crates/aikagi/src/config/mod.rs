//! Configuration: one TOML file, then `AIKAGI_*` variables; what is unsafe does not start.
//!
//! Paths are relative to the file's folder. Secrets come from files. An unknown key is an error
//! that names the nearest known one. Reference: `docs/config.md`, made from `keys`.

mod faults;
mod keys;
mod mail;
mod safety;
mod secrets;
mod sources;
mod text;

use std::path::{Path, PathBuf};

use base::store::Settings;
use domain::credentials::Cost;
use serde::{Deserialize, Serialize};

pub use faults::{ConfigError, Fault};
pub use keys::reference;
pub use mail::{mail_way, senders};
pub use safety::{check, leaked, origin, password_cost};
use secrets::private;
pub use secrets::{master_key, new_master_key};
pub use sources::environment;
pub use text::text_way;

/// Everything an operator of the machine decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Config {
    /// Where people and services reach us: `https://id.example.jp`, without a path.
    pub base_url: String,
    /// Listeners.
    pub listen: Listen,
    /// The database.
    pub database: Database,
    /// Secrets.
    pub secrets: Secrets,
    /// Logs.
    pub log: Log,
    /// Files of subscriber management systems.
    pub sms: Sms,
    /// Decisions.
    pub decisions: Decisions,
    /// Passwords of persons.
    pub passwords: Passwords,
    /// What we call.
    pub outgoing: Outgoing,
    /// Mail to persons.
    pub mail: Mail,
    /// Texts to telephones of persons.
    pub text: Text,
}

/// Listeners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listen {
    /// Public listener.
    pub address: String,
    /// Certificate chain, PEM; empty: plain HTTP.
    pub tls_certificate_file: PathBuf,
    /// Its private key, PEM.
    pub tls_key_file: PathBuf,
    /// Plain HTTP on an address that others reach, because a trusted proxy stands before it.
    pub behind_proxy: bool,
    /// Calls a minute of one address that does not say who it is.
    pub calls_per_minute: u64,
    /// The header in which the proxies hand on the certificates of callers; empty: they do not.
    pub client_certificate_header: String,
    /// Most connections of the public listener at once.
    pub connections: u64,
    /// Operations listener: health and metrics.
    pub ops_address: String,
    /// The operations listener is on an address others reach, and only monitoring can.
    pub ops_trusted_network: bool,
    /// Seconds a peer has for its TLS handshake, for a request's head, and for its body.
    pub patience_seconds: u64,
    /// Addresses of the proxies that are believed about the caller's address.
    pub proxy_addresses: Vec<String>,
    /// Seconds that requests under way have when the process is told to end.
    pub drain_seconds: u64,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:8080".to_owned(),
            tls_certificate_file: PathBuf::new(),
            tls_key_file: PathBuf::new(),
            behind_proxy: false,
            calls_per_minute: 600,
            client_certificate_header: String::new(),
            connections: 8192,
            ops_address: "127.0.0.1:9091".to_owned(),
            ops_trusted_network: false,
            patience_seconds: 20,
            proxy_addresses: Vec::new(),
            drain_seconds: 20,
        }
    }
}

impl Listen {
    /// Whether the public listener speaks TLS.
    #[must_use]
    pub fn tls(&self) -> bool {
        !self.tls_certificate_file.as_os_str().is_empty()
    }
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Database {
    /// `sqlite:FILE` or `postgres://user:password@host:port/database`.
    pub url: String,
    /// A file that holds the address instead, because it holds a password.
    pub url_file: PathBuf,
    /// The PostgreSQL server is on another machine, and the way there is trusted.
    pub trusted_network: bool,
    /// SQLite without fsync: for tests only.
    pub relaxed: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: "sqlite:aikagi.db".to_owned(),
            url_file: PathBuf::new(),
            trusted_network: false,
            relaxed: false,
        }
    }
}

/// Secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Secrets {
    /// The file of the key that seals every other secret.
    pub master_key_file: PathBuf,
    /// The key itself; from the environment only.
    pub master_key: String,
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Log {
    /// `json` or `human`.
    pub format: String,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter like `info,linkage=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: "json".to_owned(), level: "info".to_owned() }
    }
}

/// Files of subscriber management systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Sms {
    /// The folder with one folder an operator (`OP0012/in`, `in/done`, `out`, `out/done`).
    pub directory: PathBuf,
}

/// Decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Decisions {
    /// Memory for households, in MiB.
    pub memory_megabytes: u64,
}

impl Default for Decisions {
    fn default() -> Self {
        Self { memory_megabytes: 512 }
    }
}

/// Passwords of persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Passwords {
    /// Hashes of passwords that are in somebody's hands, in order; empty: none is looked at.
    pub leaked_file: PathBuf,
    /// KiB of memory a new hash costs.
    pub memory_kib: u64,
    /// How often it goes through that memory.
    pub passes: u64,
}

impl Default for Passwords {
    fn default() -> Self {
        let least = Cost::LEAST;
        Self { leaked_file: PathBuf::new(), memory_kib: least.memory_kib(), passes: least.passes() }
    }
}

/// What we call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outgoing {
    /// Private destinations that may be called: `host:port`, or address ranges.
    pub allow: Vec<String>,
    /// Certificates trusted besides the usual ones, PEM.
    pub trust_roots_file: PathBuf,
    /// Seconds a call may take.
    pub timeout_seconds: u64,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self { allow: Vec::new(), trust_roots_file: PathBuf::new(), timeout_seconds: 10 }
    }
}

/// Mail to persons. Without a host and a folder there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mail {
    /// A folder mail is put into instead; on one machine only.
    pub folder: PathBuf,
    /// Who it comes from.
    pub from: String,
    /// The mail server.
    pub host: String,
    /// The file of the password, when the server wants one.
    pub password_file: PathBuf,
    /// The server's port.
    pub port: u64,
    /// Senders of single stations: `OP0012=no-reply@kitahama.example.jp`.
    pub senders: Vec<String>,
    /// `starttls`, `implicit`, or `none`.
    pub tls: String,
    /// The user, when the server wants one.
    pub user: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            from: String::new(),
            host: String::new(),
            password_file: PathBuf::new(),
            port: 587,
            senders: Vec::new(),
            tls: "starttls".to_owned(),
            user: String::new(),
        }
    }
}

/// Texts to telephones of persons. Without an address and a folder there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Text {
    /// A folder texts are put into instead; on one machine only.
    pub folder: PathBuf,
    /// Whom telephones show as the sender.
    pub from: String,
    /// The file of what we prove ourselves to the provider by.
    pub token_file: PathBuf,
    /// Where the provider takes texts.
    pub url: String,
}

impl Config {
    /// Reads `file`, then `variables` (names and values, foreign ones are passed over).
    ///
    /// # Errors
    /// Every fault found: a file that can not be read, unknown keys, values of the wrong type.
    pub fn load(file: &Path, variables: Vec<(String, String)>) -> Result<Self, ConfigError> {
        let mut config = sources::read(file, variables)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        for path in [
            &mut config.listen.tls_certificate_file,
            &mut config.listen.tls_key_file,
            &mut config.database.url_file,
            &mut config.secrets.master_key_file,
            &mut config.sms.directory,
            &mut config.outgoing.trust_roots_file,
            &mut config.passwords.leaked_file,
            &mut config.mail.folder,
            &mut config.mail.password_file,
            &mut config.text.folder,
            &mut config.text.token_file,
        ] {
            if !path.as_os_str().is_empty() {
                *path = folder.join(&path);
            }
        }
        if !config.database.url_file.as_os_str().is_empty() {
            config.database.url = secrets::url_from_file(&config.database)?;
        }
        if let Some(path) = config.database.url.strip_prefix("sqlite:") {
            config.database.url = format!("sqlite:{}", folder.join(path).display());
        }
        Ok(config)
    }

    /// How the store opens the database.
    #[must_use]
    pub fn database_settings(&self) -> Settings {
        match self.database.url.strip_prefix("sqlite:") {
            Some(path) => {
                Settings::Sqlite { path: PathBuf::from(path), relaxed: self.database.relaxed }
            }
            None => Settings::Postgres { url: self.database.url.clone() },
        }
    }
}
