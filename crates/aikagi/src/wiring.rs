//! What one process is made of, and which door is where.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use base::kernel::{clock, ids};
use base::records::{AccessLine, LinkageLine, WriteBehind};
use base::store::Db;
use domain::signing::MasterKey;
use outlets::http::{Allowed, Http, Settings};

use crate::config::{Config, Fault, master_key};
use crate::failure::Failure;
use crate::serve::health::Health;

/// Everything doors and workers share. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Parts {
    /// The configuration.
    pub config: Arc<Config>,
    /// The database, migrated.
    pub db: Db,
    /// What the schema was found to be.
    pub schema: String,
    /// The key that seals other secrets.
    pub master: MasterKey,
    /// What we call others with.
    pub http: Http,
    /// Logs written behind the answer.
    pub books: Books,
    /// What this process knows of its condition.
    pub health: Arc<Health>,
    /// This process, among others on the same database.
    pub node: String,
}

/// Logs written behind the answer.
#[derive(Clone)]
pub struct Books {
    /// Every request.
    pub access: Arc<WriteBehind>,
    /// Every message to and from other systems.
    pub linkage: Arc<WriteBehind>,
}

impl Books {
    fn open(db: &Db) -> Result<Self, Failure> {
        let start = |name, insert| WriteBehind::start(db.clone(), name, insert).map(Arc::new);
        Ok(Self {
            access: start("access", AccessLine::INSERT)?,
            linkage: start("linkage", LinkageLine::INSERT)?,
        })
    }

    /// Waits until everything handed over is written.
    pub fn flush(&self) {
        self.access.flush();
        self.linkage.flush();
    }
}

impl Parts {
    /// Opens the database, applies missing migrations, and makes everything ready.
    ///
    /// # Errors
    /// The configuration is wrong, the database does not answer or is of a newer release.
    pub fn open(config: &Arc<Config>) -> Result<Self, Failure> {
        let master = MasterKey::new(master_key(config)?);
        let http = http(config)?;
        let db = Db::open(&config.database_settings())?;
        let state = db.migration_state()?;
        let applied =
            if state.missing.is_empty() && !state.newer { Vec::new() } else { db.migrate()? };
        for name in &applied {
            tracing::info!(name, "migrated");
        }
        let count = state.applied.len() + applied.len();
        Ok(Self {
            config: Arc::clone(config),
            books: Books::open(&db)?,
            db,
            schema: format!("{count} migrations applied"),
            master,
            http,
            health: Arc::default(),
            node: ids::new_id("node", clock::now()),
        })
    }
}

/// The client for everything we call.
///
/// # Errors
/// `outgoing.*` is wrong.
pub fn http(config: &Config) -> Result<Http, Failure> {
    let outgoing = &config.outgoing;
    let malformed = |entry: String| {
        Failure::usage(format!("outgoing.allow: `{entry}` is neither host:port nor a range"))
    };
    let trust_roots = if outgoing.trust_roots_file.as_os_str().is_empty() {
        Vec::new()
    } else {
        let name = format!("outgoing.trust_roots_file ({})", outgoing.trust_roots_file.display());
        std::fs::read(&outgoing.trust_roots_file)
            .map_err(|error| Fault::new(&name, error.to_string(), "make it, or take the key out"))?
    };
    Ok(Http::new(Settings {
        allowed: Allowed::parse(&outgoing.allow).map_err(malformed)?,
        trust_roots,
        timeout: Duration::from_secs(outgoing.timeout_seconds),
    })?)
}

/// Everything the public listener answers.
pub fn public_router(_parts: &Parts) -> Router {
    Router::new()
}
