//! What commands open: the configuration, the database, the master key.

use std::path::PathBuf;

use base::kernel::{Actor, Scope, clock};
use base::store::Db;
use domain::signing::MasterKey;

use crate::config::{Config, ConfigError, Log, check, environment, master_key};
use crate::failure::Failure;
use crate::wiring::check_master;

/// Where a command finds things.
pub(super) struct Context {
    file: PathBuf,
}

/// Commands say what they did on the screen; the log only warns.
pub(super) fn quiet() -> Log {
    Log { format: "human".to_owned(), level: "warn".to_owned() }
}

impl Context {
    pub(super) const fn new(file: PathBuf) -> Self {
        Self { file }
    }

    pub(super) fn config(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.file, environment())?)
    }

    /// The configuration, if it may serve.
    pub(super) fn safe_config(&self) -> Result<Config, Failure> {
        let config = self.config()?;
        let faults = check(&config);
        if faults.is_empty() { Ok(config) } else { Err(ConfigError(faults).into()) }
    }

    /// The database, at the schema of this release.
    pub(super) fn db(&self) -> Result<Db, Failure> {
        let db = Db::open(&self.config()?.database_settings())?;
        let state = db.migration_state()?;
        if state.newer {
            return Err(base::kernel::Error::refused("store.schema_newer").into());
        }
        if !state.missing.is_empty() {
            return Err(Failure::refused(format!(
                "the database lacks {}; run `aikagi migrate up`",
                state.missing.join(", ")
            )));
        }
        Ok(db)
    }

    /// The master key, if it is the one `db` was sealed with.
    pub(super) fn master(&self, db: &Db) -> Result<MasterKey, Failure> {
        let master = MasterKey::new(master_key(&self.config()?)?);
        check_master(db, &master)?;
        Ok(master)
    }

    /// The person at this machine's command line, acting for `operator`.
    pub(super) fn scope(operator: &str) -> Scope {
        Scope::new(operator, Actor::Operations("cli".to_owned()), clock::now()).caused_by("cli")
    }
}
