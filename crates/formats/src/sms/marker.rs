//! The end marker: empty, or the file's SHA-256 as `sha256sum` writes it.

use std::fmt;

/// What an end marker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndMarker {
    /// Nothing: the file is complete.
    Empty,
    /// The file is complete and has this SHA-256.
    Digest([u8; 32]),
}

/// The marker holds something else: code F008, as a hash that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerFault {
    /// Not 64 hexadecimal digits.
    NotADigest,
    /// A digest of a file of another name.
    OtherFile,
}

impl MarkerFault {
    /// The stable code.
    pub const CODE: &'static str = "F008";
}

impl fmt::Display for MarkerFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::NotADigest => "the end marker holds no SHA-256",
            Self::OtherFile => "the end marker names another file",
        };
        write!(out, "{} {what}", Self::CODE)
    }
}

impl std::error::Error for MarkerFault {}

impl EndMarker {
    /// Longest marker worth reading; a longer one is no marker.
    pub const LIMIT: usize = 1024;

    /// Reads the marker of the file `name`: nothing, a digest, or digest and name with `*` for
    /// binary mode and with or without directories, as `sha256sum` writes.
    ///
    /// # Errors
    /// F008 when it is neither.
    pub fn parse(content: &[u8], name: &str) -> Result<Self, MarkerFault> {
        let text = content.get(..Self::LIMIT).unwrap_or(content).trim_ascii();
        if text.is_empty() {
            return Ok(Self::Empty);
        }
        let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        let mut digest = [0; 32];
        hex::decode_to_slice(digits, &mut digest).map_err(|_| MarkerFault::NotADigest)?;
        let rest = rest.trim_ascii();
        let path = rest.strip_prefix(b"*").unwrap_or(rest);
        let file = path.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or(path);
        if file.is_empty() || file == name.as_bytes() {
            Ok(Self::Digest(digest))
        } else {
            Err(MarkerFault::OtherFile)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_empty_or_a_digest() {
        let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let Ok(EndMarker::Digest(digest)) = EndMarker::parse(hex.as_bytes(), "a.dat") else {
            panic!("a bare digest is enough");
        };
        assert_eq!(hex::encode(digest), hex);
        for line in [
            format!("{hex}  a.dat\n"),
            format!("{} *a.dat\r\n", hex.to_uppercase()),
            format!("{hex}  /home/sms/out/a.dat\n"),
        ] {
            assert_eq!(EndMarker::parse(line.as_bytes(), "a.dat"), Ok(EndMarker::Digest(digest)));
        }
        assert_eq!(EndMarker::parse(b"\r\n", "a.dat"), Ok(EndMarker::Empty));
        let other = format!("{hex}  b.dat\n");
        assert_eq!(EndMarker::parse(other.as_bytes(), "a.dat"), Err(MarkerFault::OtherFile));
        assert_eq!(EndMarker::parse(b"done", "a.dat"), Err(MarkerFault::NotADigest));
        assert_eq!(EndMarker::parse(&vec![b'a'; 5000], "a"), Err(MarkerFault::NotADigest));
    }
}
