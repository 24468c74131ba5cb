//! The demo: two invented stations, their households, and a VOD site that is a real client.
//!
//! Everything lies in one folder and on 127.0.0.1. A second start continues, `--reset` begins anew.

mod folder;
mod guide;
mod households;
mod samples;
mod site;

use std::path::Path;
use std::sync::Arc;

use base::store::Db;
use domain::signing::MasterKey;

use crate::apply::{Mode, apply};
use crate::config::{Config, check, master_key};
use crate::failure::Failure;
use crate::serve;
use crate::wiring::check_master;
use folder::Folder;
use site::Site;

/// Runs the demo in `folder` until it is told to end. `database`: where a new demo keeps its data, instead of
/// in the folder.
///
/// # Errors
/// The folder can not be used, or a port of an earlier start is taken.
pub fn run(folder: &Path, reset: bool, database: Option<&str>) -> Result<(), Failure> {
    let folder = Folder::open(folder, reset, database)?;
    let config = Arc::new(Config::load(&folder.config(), Vec::new())?);
    if let Some(fault) = check(&config).into_iter().next() {
        return Err(fault.into());
    }
    serve::logs::start(&config.log)?;
    let next = fill(&folder, &config)?;
    samples::write(&folder, next)?;
    serve::run(&config, |bound, parts| {
        let socket = folder.site_socket()?;
        let site = Site::new(&folder, &parts.config, parts.http.clone())?;
        site::serve(site, socket)?;
        guide::print(&folder, &parts.config, (bound, next));
        Ok(())
    })
}

/// Makes stations and households at the first start. Answers the number of the next SMS file.
fn fill(folder: &Folder, config: &Config) -> Result<u64, Failure> {
    let db = Db::open(&config.database_settings())?;
    db.migrate()?;
    let master = MasterKey::new(master_key(config)?);
    check_master(&db, &master)?;
    let applied = apply(&db, &master, &folder.station_file(), Mode::Apply)?;
    if applied.differences.iter().any(|one| one.added && one.thing == "operator") {
        let letters = households::make(&db)?;
        households::begin_trial(&db)?;
        folder.write_letters(&letters)?;
        folder.write_invitations(&households::invite_staff(&db, &config.base_url)?)?;
    }
    Ok(samples::next_sequence(&db)?)
}
