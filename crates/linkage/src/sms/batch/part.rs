//! The result file in the making: written piece by piece, each at its place.
//!
//! A piece is on the disk before the transaction commits that says so, and is written at a fixed
//! offset: run again, the same bytes come to the same place. What a crash left behind the recorded
//! offset is cut off by the next piece.

use std::fs::{File, TryLockError};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base::kernel::{Error, Result};
use sha2::{Digest as _, Sha256};

use super::desk::unavailable;
use super::plain;

/// An open part file; no other process writes it meanwhile.
pub(super) struct Part {
    path: PathBuf,
    file: Mutex<File>,
}

impl Part {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// `unavailable` — the directory does not let us, a link lies in its place, or another process
    /// still writes it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = plain::open_to_write(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(Error::unavailable("files", "another process writes this result"));
            }
            // A file system without locks: the lease in the database is what counts.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Bytes written so far, by this sitting or an earlier one.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn length(&self) -> Result<u64> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.metadata().map(|known| known.len()).map_err(|error| unavailable(&self.path, &error))
    }

    /// Makes `bytes` what follows the first `offset` bytes, on the disk.
    ///
    /// # Errors
    /// `unavailable` — the disk is full or gone; nothing is lost, the piece is written again later.
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut put = || {
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(bytes)?;
            let end = offset.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
            file.set_len(end)?;
            file.sync_data()
        };
        put().map_err(|error| unavailable(&self.path, &error))
    }

    /// SHA-256 of the answers: what stands between the header line and `end`.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn digest_of_answers(&self, end: u64) -> Result<[u8; 32]> {
        let failed = |error| unavailable(&self.path, &error);
        let mut input = BufReader::new(plain::open(&self.path)?).take(end);
        let mut header = Vec::new();
        input.read_until(b'\n', &mut header).map_err(failed)?;
        let mut digest = Sha256::new();
        copy_into(&mut input, &mut digest).map_err(failed)?;
        Ok(digest.finalize().into())
    }
}

/// Feeds everything of `input` to `digest`, in pieces.
fn copy_into(input: &mut impl std::io::Read, digest: &mut Sha256) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match input.read(&mut buffer)? {
            0 => return Ok(()),
            count => digest.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

/// SHA-256 of a whole file, hex.
///
/// # Errors
/// `unavailable`
pub(super) fn digest_of_file(path: &Path) -> Result<String> {
    let failed = |error| unavailable(path, &error);
    let mut input = plain::open(path)?;
    let mut digest = Sha256::new();
    copy_into(&mut input, &mut digest).map_err(failed)?;
    Ok(hex::encode(digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_named() {
        let path = PathBuf::from("/dev/full");
        let file = Mutex::new(plain::open_to_write(&path).unwrap());
        let error = Part { path, file }.write(0, b"R").unwrap_err();
        assert_eq!(
            error.to_string(),
            Error::unavailable("files", "/dev/full: No space left on device (os error 28)")
                .to_string()
        );
    }
}
