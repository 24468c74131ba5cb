//! Files opened for what they are: never through a symbolic link, and to read nothing but plain
//! files.
//!
//! A station's program owns `in` and `out` and may put there what it likes. A link would lead us
//! out of its directory with our own rights: to read what is not the station's, or to write over it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use base::kernel::Result;

use super::desk::unavailable;

/// Opens a plain file for reading.
///
/// # Errors
/// `unavailable` — it is not there, not ours to read, a link, a pipe or a directory.
pub(super) fn open(path: &Path) -> Result<File> {
    let opened = || {
        let file = unlinked(OpenOptions::new().read(true)).open(path)?;
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no plain file"))
        }
    };
    opened().map_err(|error| unavailable(path, &error))
}

/// Opens a file for reading and writing, made when missing.
///
/// # Errors
/// `unavailable` — the directory does not let us, or a link lies there.
pub(super) fn open_to_write(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    unlinked(options).open(path).map_err(|error| unavailable(path, &error))
}

/// Makes `content` all that `path` holds.
///
/// # Errors
/// `unavailable`
pub(super) fn put(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = open_to_write(path)?;
    let put = file.set_len(0).and_then(|()| file.write_all(content));
    put.map_err(|error| unavailable(path, &error))
}

/// Bytes of what lies there; 0 for nothing, which whoever opens it will say.
pub(super) fn length(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |found| found.len())
}

/// At most `limit` bytes of a plain file; `None` when it is not there.
///
/// # Errors
/// `unavailable`
pub(super) fn beginning(path: &Path, limit: usize) -> Result<Option<Vec<u8>>> {
    if fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(None);
    }
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut content = Vec::new();
    let read = open(path)?.take(limit).read_to_end(&mut content);
    read.map(|_| Some(content)).map_err(|error| unavailable(path, &error))
}

/// Makes `to` hold what the plain file `from` holds.
///
/// # Errors
/// `unavailable`
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let (mut source, mut target) = (open(from)?, open_to_write(to)?);
    let copied = target.set_len(0).and_then(|()| io::copy(&mut source, &mut target));
    copied.map(|_| ()).map_err(|error| unavailable(to, &error))
}

/// Whether a plain file lies there.
pub(super) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|known| known.is_file())
}

/// Whether anything at all lies there, be it a link that leads nowhere.
pub(super) fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// A link at the end of the path is an error; a pipe without a writer is opened, not waited for.
#[cfg(unix)]
fn unlinked(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
}

#[cfg(not(unix))]
fn unlinked(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
