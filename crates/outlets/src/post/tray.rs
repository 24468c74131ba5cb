//! A folder in place of the post: for the demo, and for trying things out on one machine.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::{Mail, Sent, Text};

/// Writes one message into the folder, in a file that only its owner may read. A repetition replaces it.
pub(super) fn put(folder: &Path, id: &str, text: &str) -> Sent {
    let write = || {
        std::fs::create_dir_all(folder)?;
        let part = folder.join(format!(".{id}"));
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        std::fs::rename(part, folder.join(format!("{id}.txt")))
    };
    match write() {
        Ok(()) => Sent::Delivered,
        Err(error) => Sent::Failed(format!("the folder can not be written: {}", error.kind())),
    }
}

pub(super) fn of_mail(mail: &Mail) -> String {
    let Mail { name, to, subject, text, .. } = mail;
    format!("From: {name}\nTo: {to}\nSubject: {subject}\n\n{text}")
}

pub(super) fn of_text(text: &Text) -> String {
    let Text { to, text, .. } = text;
    format!("To: {to}\n\n{text}\n")
}
