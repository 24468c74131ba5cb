//! Passwords that are in somebody's hands, as a file on this machine says.
//!
//! The file is the list of *Have I Been Pwned*, ordered by hash: a line for each password, its SHA-1 in 40 hexadecimal
//! digits, and after a colon how often it was seen. It has tens of gigabytes, so it is searched where it lies; no password
//! and no part of a hash leaves this machine. Source: NIST SP 800-63B §5.1.1.2.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base::kernel::{Error, Result};
use sha1::{Digest as _, Sha1};
use unicode_normalization::UnicodeNormalization as _;

/// Hexadecimal digits of a hash.
const DIGITS: usize = 40;
/// What is read at a time, in bytes: a line is never longer than half of it.
const WINDOW: u64 = 160;

/// The file, open.
pub struct Leaked {
    file: Mutex<File>,
    length: u64,
}

/// A line of the file: where it begins, and its hash.
type Line = (u64, [u8; DIGITS]);

impl Leaked {
    /// Opens the file and looks whether it is one: at its first line, its last, and some between, which are in order.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn open(path: &Path) -> std::result::Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let leaked = Self { file: Mutex::new(file), length };
        let mut last = [0; DIGITS];
        for part in 0..=16 {
            // The last whole line begins at least one line before the end.
            let at = length.saturating_sub(WINDOW / 2) / 16 * part;
            let found = leaked.line_from(at).map_err(|error| error.to_string())?;
            let (_, hash) = found.ok_or("has no line of a hash")?;
            if hash < last {
                return Err("is not in the order of its hashes".to_owned());
            }
            last = hash;
        }
        Ok(leaked)
    }

    /// Whether the password stands in the file, as it was typed or in form NFKC.
    ///
    /// # Errors
    /// `unavailable` when the file can not be read.
    pub(super) fn contains(&self, password: &str) -> Result<bool> {
        let normal: String = password.nfkc().collect();
        for text in [password, &normal] {
            let digits = hex::encode_upper(Sha1::digest(text.as_bytes()));
            let found = self.find(digits.as_bytes());
            if found.map_err(|error| Error::unavailable("leaked passwords", error))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Halves the part of the file in which the line may begin, until it is found or nothing is left.
    fn find(&self, wanted: &[u8]) -> std::io::Result<bool> {
        let (mut from, mut to) = (0, self.length);
        while from < to {
            let middle = from + (to - from) / 2;
            match self.line_from(middle)?.filter(|(start, _)| *start < to) {
                // No line begins in the second half.
                None => to = middle,
                Some((start, hash)) => match hash.as_slice().cmp(wanted) {
                    Ordering::Equal => return Ok(true),
                    Ordering::Less => from = start + 1,
                    Ordering::Greater => to = middle,
                },
            }
        }
        Ok(false)
    }

    /// The first line that begins at `at` or after it; none: there is no more.
    fn line_from(&self, at: u64) -> std::io::Result<Option<Line>> {
        let begin = at.saturating_sub(1);
        let window = self.read(begin)?;
        let skipped = match at {
            0 => 0,
            _ => match window.iter().position(|byte| *byte == b'\n') {
                Some(end) => end + 1,
                None if window.len() as u64 == WINDOW => return Err(malformed()),
                None => return Ok(None),
            },
        };
        let line = window.get(skipped..).unwrap_or_default();
        if line.is_empty() {
            return Ok(None);
        }
        let (hash, rest) = line.split_first_chunk::<DIGITS>().ok_or_else(malformed)?;
        let plain = hash.iter().all(|byte| byte.is_ascii_hexdigit());
        if !plain || rest.first().is_some_and(|next| !b":\r\n".contains(next)) {
            return Err(malformed());
        }
        Ok(Some((begin + skipped as u64, hash.map(|byte| byte.to_ascii_uppercase()))))
    }

    fn read(&self, from: u64) -> std::io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(from))?;
        let mut window = Vec::new();
        (&mut *file).take(WINDOW).read_to_end(&mut window)?;
        Ok(window)
    }
}

fn malformed() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, "has a line that is no hash")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: &[String]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leaked.txt");
        std::fs::write(&path, lines.concat()).unwrap();
        (folder, path)
    }

    fn hash_of(password: &str) -> String {
        hex::encode_upper(Sha1::digest(password.as_bytes()))
    }

    #[test]
    fn every_password_of_the_file_is_found_and_no_other() {
        for (count, end) in
            [(1, "\n"), (2, ":3\r\n"), (3, ":1\n"), (1000, ":12345678\r\n"), (999, "")]
        {
            let words = (0..count).map(|n| format!("kita no hama {n}"));
            let mut hashes: Vec<String> = words.clone().map(|word| hash_of(&word)).collect();
            hashes.sort();
            let end = if end.is_empty() { "\n" } else { end };
            let lines: Vec<String> = hashes.iter().map(|hash| format!("{hash}{end}")).collect();
            let (_folder, path) = file(&lines);
            let leaked = Leaked::open(&path).unwrap();
            for word in words {
                assert!(leaked.contains(&word).unwrap(), "{word} of {count}");
            }
            for n in 0..200 {
                assert!(
                    !leaked.contains(&format!("minami no shima {n}")).unwrap(),
                    "{n} of {count}"
                );
            }
        }
    }

    #[test]
    fn a_password_is_found_in_either_width_and_a_file_without_a_last_line_end_is_read() {
        let mut hashes = [hash_of("himitsu no kotoba"), hash_of("ｗｉｄｅ"), hash_of("narrow")];
        hashes.sort();
        let (_folder, path) = file(&[hashes.join("\n").to_lowercase()]);
        let leaked = Leaked::open(&path).unwrap();
        for known in ["himitsu no kotoba", "ｗｉｄｅ", "narrow", "ｎａｒｒｏｗ"] {
            assert!(leaked.contains(known).unwrap(), "{known}");
        }
        assert!(!leaked.contains("wide").unwrap());
    }

    #[test]
    fn what_is_no_such_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Leaked::open(&folder.path().join("missing")).is_err());
        assert!(Leaked::open(folder.path()).is_err());
        let hashes: Vec<String> =
            (0..50).map(|n| format!("{}\n", hash_of(&n.to_string()))).collect();
        for bad in [
            vec![],
            vec!["password\n".to_owned()],
            vec!["x".repeat(4000)],
            vec![format!("{}0\n", hash_of("a"))],
            vec![format!("{}\n{}\n", "F".repeat(40), "0".repeat(40)).repeat(50)],
            hashes,
        ] {
            let (_folder, path) = file(&bad);
            assert!(Leaked::open(&path).is_err(), "{bad:?}");
        }
    }
}
