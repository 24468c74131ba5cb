//! Secrets from files: who may read them, and whether they are worth the name.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base::kernel::ids;

use super::{Config, Database, Fault};

const KEY: &str = "secrets.master_key_file";
const MAKE_ONE: &str = "make one with `aikagi keys new-master-key FILE` and name it here";

/// The key that seals every other secret.
///
/// # Errors
/// No key is named, the file can not be read, everybody may read it, or it is not 32 bytes as 64
/// hexadecimal digits.
pub fn master_key(config: &Config) -> Result<[u8; 32], Fault> {
    let file = &config.secrets.master_key_file;
    if !config.secrets.master_key.is_empty() {
        return parse(&config.secrets.master_key, "AIKAGI_SECRETS__MASTER_KEY");
    }
    if file.as_os_str().is_empty() {
        return Err(Fault::new(KEY, "no master key", MAKE_ONE));
    }
    let name = format!("{KEY} ({})", file.display());
    let text = read(file).map_err(|error| Fault::new(&name, error.to_string(), MAKE_ONE))?;
    private(KEY, file)?;
    parse(&text, &name)
}

/// Refuses a file that everybody on this machine may read or write. One that is not there is
/// somebody else's fault to tell.
///
/// # Errors
/// The fault, naming the file.
pub(super) fn private(key: &str, file: &Path) -> Result<(), Fault> {
    let mode = std::fs::metadata(file).map_or(0, |found| found.permissions().mode());
    if file.as_os_str().is_empty() || mode & 0o007 == 0 {
        return Ok(());
    }
    let name = format!("{key} ({})", file.display());
    let advice = format!("chmod 600 {}", file.display());
    Err(Fault::new(&name, "everybody on this machine may read it", advice))
}

fn parse(text: &str, name: &str) -> Result<[u8; 32], Fault> {
    let wrong = |says: &str| Fault::new(name, says, MAKE_ONE);
    let bytes = hex::decode(text.trim()).map_err(|_| wrong("is not hexadecimal"))?;
    let key: [u8; 32] = bytes.try_into().map_err(|found: Vec<u8>| {
        wrong(if found.len() < 32 { "is too short" } else { "is too long" })
    })?;
    let repeated = key.first().is_some_and(|first| key.iter().all(|byte| byte == first));
    if repeated { Err(wrong("is one byte repeated")) } else { Ok(key) }
}

/// Makes a master key in a file that was not there, readable by its owner only.
///
/// # Errors
/// The file is there already, or can not be written.
pub fn new_master_key(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(file, "{}", hex::encode(ids::secret_bytes()))?;
    file.sync_all()
}

pub(super) fn url_from_file(database: &Database) -> Result<String, Fault> {
    let name = format!("database.url_file ({})", database.url_file.display());
    if database.url != Database::default().url {
        let advice = "keep one of both";
        return Err(Fault::new("database.url", "stands beside database.url_file", advice));
    }
    let text = read(&database.url_file)
        .map_err(|error| Fault::new(&name, error.to_string(), "make the file, or name another"))?;
    Ok(text.trim().to_owned())
}

/// A password that stands in a file, as a line.
pub(super) fn password(key: &str, file: &Path) -> Result<String, Fault> {
    let name = format!("{key} ({})", file.display());
    let text = read(file)
        .map_err(|error| Fault::new(&name, error.to_string(), "make the file, or name another"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// A secret is a line; a file that grew large is not one.
fn read(file: &Path) -> std::io::Result<String> {
    if std::fs::metadata(file)?.len() > 65_536 {
        return Err(std::io::Error::other("too large for a secret"));
    }
    std::fs::read_to_string(file)
}
