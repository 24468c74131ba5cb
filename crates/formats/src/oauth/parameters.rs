//! Parameters of a query or a form, each at most once.
//!
//! Source: RFC 6749 §3.1, §3.2, appendix B; WHATWG URL `application/x-www-form-urlencoded`.

use std::borrow::Cow;
use std::fmt;

/// Longest query or form, in bytes.
pub const LONGEST_FORM: usize = 64 * 1024;

/// Most parameters.
pub const MOST_PARAMETERS: usize = 64;

/// Why a query or form is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterFault {
    /// A parameter stands more than once.
    Repeated {
        /// Its name.
        name: String,
    },
    /// A parameter that must be there is not, or is empty.
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A `%` without two hexadecimal digits, bytes that are no UTF-8, or the zero character: nobody
    /// types it, and not every database keeps it (PostgreSQL refuses the whole statement).
    Encoding {
        /// Bytes before the pair it stands in.
        offset: usize,
    },
    /// More than [`LONGEST_FORM`] bytes or [`MOST_PARAMETERS`] parameters.
    TooLong,
}

impl ParameterFault {
    /// The stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Repeated { .. } => "oauth.parameter_repeated",
            Self::Missing { .. } => "oauth.parameter_missing",
            Self::Encoding { .. } => "oauth.parameter_encoding",
            Self::TooLong => "oauth.parameters_too_long",
        }
    }
}

impl fmt::Display for ParameterFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code();
        match self {
            Self::Repeated { name } => write!(out, "{code}: {name}"),
            Self::Missing { name } => write!(out, "{code}: {name}"),
            Self::Encoding { offset } => write!(out, "{code}: byte {offset}"),
            Self::TooLong => out.write_str(code),
        }
    }
}

impl std::error::Error for ParameterFault {}

/// Parameters by name. Has no `Debug`: values are secrets.
#[derive(Clone, Default)]
pub struct Parameters<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Parameters<'a> {
    /// Reads a query (without `?`) or a form body.
    ///
    /// # Errors
    /// `oauth.parameter_repeated` with the name, `oauth.parameter_encoding`,
    /// `oauth.parameters_too_long`.
    pub fn parse(text: &'a [u8]) -> Result<Self, ParameterFault> {
        if text.len() > LONGEST_FORM {
            return Err(ParameterFault::TooLong);
        }
        let mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        let mut offset = 0;
        for pair in text.split(|byte| *byte == b'&') {
            let start = offset;
            offset += pair.len() + 1;
            if pair.is_empty() {
                continue;
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || form_decode(halves.next().unwrap_or_default());
            let wrong = ParameterFault::Encoding { offset: start };
            let (Some(name), Some(value)) = (half(), half()) else { return Err(wrong) };
            if name.contains('\0') || value.contains('\0') {
                return Err(wrong);
            }
            if pairs.iter().any(|(earlier, _)| *earlier == name) {
                return Err(ParameterFault::Repeated { name: printable(&name) });
            }
            if pairs.len() == MOST_PARAMETERS {
                return Err(ParameterFault::TooLong);
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter; an empty one counts as absent (RFC 6749 §3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(each, _)| each == name)?;
        if value.is_empty() { None } else { Some(value) }
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// `oauth.parameter_missing` with the name.
    pub fn require(&self, name: &'static str) -> Result<&str, ParameterFault> {
        self.get(name).ok_or(ParameterFault::Missing { name })
    }

    /// All parameters in order, the empty ones too.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

/// A sender's parameter name, fit for an error message and a log.
fn printable(name: &str) -> String {
    name.chars().take(40).map(|each| if each.is_ascii_graphic() { each } else { '?' }).collect()
}

/// `+` is a space, `%` and two hexadecimal digits a byte; the bytes are UTF-8.
pub(super) fn form_decode(text: &[u8]) -> Option<Cow<'_, str>> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(text).ok().map(Cow::Borrowed);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(*rest.next()?)? << 4 | hex_digit(*rest.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault(text: &str) -> String {
        Parameters::parse(text.as_bytes()).err().map_or("-".into(), |fault| fault.to_string())
    }

    #[test]
    fn parameters_are_decoded_once() {
        let text = "client_id=tv&scope=openid+profile&state=%E9%AB%99%2B%3D&empty=&flag&=x&&";
        let read = Parameters::parse(text.as_bytes()).unwrap();
        assert_eq!(read.get("scope"), Some("openid profile"));
        assert_eq!(read.get("state"), Some("髙+="));
        assert_eq!((read.get("empty"), read.get("flag")), (None, None), "as if omitted");
        assert_eq!(read.require("nonce"), Err(ParameterFault::Missing { name: "nonce" }));
        assert_eq!(read.iter().count(), 6);
    }

    #[test]
    fn a_repeated_parameter_is_named() {
        assert_eq!(fault("a=1&b=2&a=3"), "oauth.parameter_repeated: a");
        assert_eq!(fault("a=1&%61=1"), "oauth.parameter_repeated: a", "also in disguise");
        assert_eq!(fault("state=&state=x"), "oauth.parameter_repeated: state");
        assert_eq!(fault("%0A=1&%0A=2"), "oauth.parameter_repeated: ?");
    }

    #[test]
    fn broken_encoding_is_refused_with_its_place() {
        assert_eq!(fault("a=1&b=%"), "oauth.parameter_encoding: byte 4");
        assert_eq!(fault("a=%2"), "oauth.parameter_encoding: byte 0");
        assert_eq!(fault("a=%zz"), "oauth.parameter_encoding: byte 0");
        assert_eq!(fault("a=%+1"), "oauth.parameter_encoding: byte 0");
        assert_eq!(fault("a=%95%5C"), "oauth.parameter_encoding: byte 0", "CP932");
        assert_eq!(fault("a=1&b=x%00"), "oauth.parameter_encoding: byte 4", "zero in a value");
        assert_eq!(fault("%00=1"), "oauth.parameter_encoding: byte 0", "zero in a name");
        assert_eq!(fault(&"a".repeat(LONGEST_FORM + 1)), "oauth.parameters_too_long");
        let many: String = (0..65).map(|number| format!("p{number}=1&")).collect();
        assert_eq!(fault(&many), "oauth.parameters_too_long");
    }

    proptest! {
        #[test]
        fn what_the_url_library_writes_is_read(
            pairs in prop::collection::btree_map("[a-z_髙&=%+]{1,8}", "\\PC{0,20}", 0..10)
        ) {
            let text = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&pairs)
                .finish();
            let read = Parameters::parse(text.as_bytes()).unwrap();
            let read: Vec<(String, String)> =
                read.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(read, pairs.into_iter().collect::<Vec<_>>());
        }
    }
}
