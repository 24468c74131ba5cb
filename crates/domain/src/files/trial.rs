//! A file somebody tries before the SMS really sends one: nothing of it is kept but that they did.

use base::kernel::Result;
use base::records::{Entry, record};
use base::store::Tx;
use formats::sms::FileName;
use serde_json::json;

/// Writes down that the acting member of the staff tries a file, which shows them what our households would be answered.
///
/// Units: `digest` is SHA-256 of the file, hex. The name is kept only where it is one of the SMS's files: another may name
/// anybody.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_trial(tx: &mut Tx<'_>, (name, digest, bytes): (&str, &str, u64)) -> Result<()> {
    let name = FileName::parse(name).map_or_else(|_| String::new(), |name| name.to_string());
    let detail = json!({ "name": name, "bytes": bytes });
    record(tx, &Entry::new("file.tried", digest).detail(detail))
}
