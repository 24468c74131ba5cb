//! `aikagi doctor`: everything this installation needs, one line each: ok, or what to do.

use std::path::Path;

use base::store::Db;

use super::context::Context;
use crate::config::{Config, check, master_key};
use crate::failure::Failure;
use crate::output;
use crate::serve::load_tls;
use crate::wiring::check_master;

/// What was looked at, and what was found.
struct Finding {
    what: &'static str,
    found: Result<String, String>,
}

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let config = context.config()?;
    let mut findings = vec![configuration(&config)];
    findings.extend(database(&config));
    findings.push(clock());
    findings.push(keys(&config));
    findings.push(certificate(&config));
    findings.push(directory(&config.sms.directory));
    let mut wrong = 0;
    for Finding { what, found } in &findings {
        let (mark, text) = match found {
            Ok(text) => ("ok  ", text),
            Err(text) => {
                wrong += 1;
                ("FAIL", text)
            }
        };
        output::line(format!("{mark}  {what:<12} {text}"));
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(Failure::refused(format!("{wrong} things need attention")))
    }
}

fn configuration(config: &Config) -> Finding {
    let faults = check(config);
    let found = if faults.is_empty() {
        Ok(format!("safe; issuers are {}/o/{{operator}}", config.base_url))
    } else {
        Err(faults
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n                   "))
    };
    Finding { what: "config", found }
}

fn database(config: &Config) -> Vec<Finding> {
    let kind = if config.database.url.starts_with("sqlite:") { "SQLite" } else { "PostgreSQL" };
    let advice = |error: base::kernel::Error| match kind {
        "SQLite" => format!("{error} — is the folder there, writable, and the disk not full?"),
        _ => format!("{error} — is the server up, and do address and password fit?"),
    };
    let db = match Db::open(&config.database_settings()) {
        Ok(db) => db,
        Err(error) => return vec![Finding { what: "database", found: Err(advice(error)) }],
    };
    let schema = match db.migration_state() {
        Err(error) => Err(advice(error)),
        Ok(state) if state.newer => Err("written by a newer release — start that one".to_owned()),
        Ok(state) if state.missing.is_empty() => {
            Ok(format!("{} migrations applied, none missing", state.applied.len()))
        }
        Ok(state) => Err(format!("lacks {} — run `aikagi migrate up`", state.missing.join(", "))),
    };
    vec![
        Finding { what: "database", found: Ok(format!("{kind} answers")) },
        Finding { what: "schema", found: schema },
    ]
}

/// A clock far off shows against the time this release was made; tokens and certificates need it.
fn clock() -> Finding {
    let now = base::kernel::clock::now();
    let made = base::kernel::Instant::parse_rfc3339("2026-01-01T00:00:00Z", "made");
    let found = if made.is_ok_and(|made| now > made) {
        Ok(now.rfc3339_jst())
    } else {
        Err(format!("{} is before this release was made — set the clock (NTP)", now.rfc3339_jst()))
    };
    Finding { what: "clock", found }
}

fn keys(config: &Config) -> Finding {
    let found = master_key(config).map_err(|fault| fault.to_string()).and_then(|key| {
        let key = domain::signing::MasterKey::new(key);
        // A database that does not answer has a finding of its own.
        let sealed = Db::open(&config.database_settings()).and_then(|db| check_master(&db, &key));
        match sealed {
            Err(base::kernel::Error::Refused { .. }) => Err(format!(
                "the database was sealed with another master key than {} — start with the key of \
                 this database",
                key.fingerprint()
            )),
            _ => Ok(format!(
                "master key {}; keep a copy of it away from the database",
                key.fingerprint()
            )),
        }
    });
    Finding { what: "keys", found }
}

fn certificate(config: &Config) -> Finding {
    let listen = &config.listen;
    let found = if listen.tls() {
        load_tls(&listen.tls_certificate_file, &listen.tls_key_file)
            .map(|_| format!("{} is valid", listen.tls_certificate_file.display()))
            .map_err(|fault| fault.to_string())
    } else {
        Ok("plain HTTP; TLS ends before us, or nobody else reaches us".to_owned())
    };
    Finding { what: "tls", found }
}

fn directory(folder: &Path) -> Finding {
    let found = if folder.as_os_str().is_empty() {
        Ok("no SMS files are watched (sms.directory)".to_owned())
    } else {
        writable(folder).and_then(|()| stations(folder)).map(|stations| {
            format!("{} is writable, so are the folders of {stations} stations", folder.display())
        })
    };
    Finding { what: "sms files", found }
}

/// Where we write below a station's folder. What is missing is made when it is needed.
const WRITTEN: [&str; 6] = ["in", "in/.work", "in/done", "out", "out/.kept", "out/done"];

/// How many stations have a folder, each of which we can write to; else every one that we can not.
fn stations(folder: &Path) -> Result<usize, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", folder.display());
    let (mut stations, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let station = entry.map_err(unreadable)?.path();
        if !station.is_dir() {
            continue;
        }
        stations += 1;
        let there = WRITTEN.map(|part| station.join(part)).into_iter().filter(|path| path.exists());
        wrong.extend(there.filter_map(|path| writable(&path).err()));
    }
    wrong.sort();
    if wrong.is_empty() { Ok(stations) } else { Err(wrong.join("\n                   ")) }
}

fn writable(folder: &Path) -> Result<(), String> {
    let probe = folder.join(".aikagi-doctor");
    std::fs::write(&probe, b"")
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|error| format!("{}: {error} — make it writable for us", folder.display()))
}
