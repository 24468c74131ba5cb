//! Client id and secret in the `Authorization` header. Source: RFC 6749 §2.3.1, RFC 7617.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::parameters::form_decode;

/// The header is no usable Basic header: code `oauth.basic_malformed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicFault;

impl BasicFault {
    /// The stable dotted code.
    pub const CODE: &'static str = "oauth.basic_malformed";
}

impl fmt::Display for BasicFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(Self::CODE)
    }
}

impl std::error::Error for BasicFault {}

/// Client id and secret. Has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    /// Client id.
    pub client_id: String,
    /// Client secret; may be empty.
    pub client_secret: String,
}

impl BasicCredentials {
    /// Reads an `Authorization` header; `None` when it is of another scheme. Both halves are
    /// form-decoded after base64, as RFC 6749 asks and many senders forget: a secret of letters and
    /// digits is the same either way.
    ///
    /// # Errors
    /// `oauth.basic_malformed` — no base64, no colon, no client id, broken encoding.
    pub fn parse(header: &str) -> Result<Option<Self>, BasicFault> {
        let Some((scheme, encoded)) = header.trim().split_once(' ') else { return Ok(None) };
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Ok(None);
        }
        let bytes = STANDARD.decode(encoded.trim_start()).map_err(|_| BasicFault)?;
        let mut halves = bytes.splitn(2, |byte| *byte == b':');
        let (Some(id), Some(secret)) = (halves.next(), halves.next()) else {
            return Err(BasicFault);
        };
        let client_id = form_decode(id).ok_or(BasicFault)?.into_owned();
        let client_secret = form_decode(secret).ok_or(BasicFault)?.into_owned();
        if client_id.is_empty() {
            return Err(BasicFault);
        }
        Ok(Some(Self { client_id, client_secret }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<(String, String)>, BasicFault> {
        let header = format!("Basic {}", STANDARD.encode(text));
        let both = |read: BasicCredentials| (read.client_id, read.client_secret);
        Ok(BasicCredentials::parse(&header)?.map(both))
    }

    #[test]
    fn both_halves_are_form_decoded() {
        // RFC 6749 §2.3.1 has this header.
        let header = "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3";
        let read_back = BasicCredentials::parse(header).ok().flatten().unwrap();
        assert_eq!(read_back.client_id, "s6BhdRkqt3");
        assert_eq!(read_back.client_secret, "7Fjfp0ZBr1KtDRbnfVdmIw");
        assert_eq!(read("a%3Ab:c%25+d:e"), Ok(Some(("a:b".into(), "c% d:e".into()))));
        assert_eq!(read("public:"), Ok(Some(("public".into(), String::new()))));
    }

    #[test]
    fn what_is_malformed_is_refused_and_other_schemes_are_left() {
        assert_eq!(read("nocolon"), Err(BasicFault));
        assert_eq!(read(":secret"), Err(BasicFault));
        assert_eq!(read("id:%zz"), Err(BasicFault));
        assert!(BasicCredentials::parse("Basic ###").is_err());
        assert!(BasicCredentials::parse("Bearer abc").is_ok_and(|read| read.is_none()));
        assert!(BasicCredentials::parse("basic").is_ok_and(|read| read.is_none()));
        assert!(BasicCredentials::parse("bASIC YTpi").is_ok_and(|read| read.is_some()));
    }
}
