//! JSON from outside, bounded before it is looked at.
//!
//! A parser that skips what it does not know skips any depth of it; here a body nested deeper than
//! [`DEEPEST`] is an error wherever the nesting stands, found in one pass without recursion. Errors
//! say where and which field, never a value: values are personal data and errors go to logs.

use std::fmt;

use serde::Deserialize;

/// Deepest nesting of arrays and objects.
pub const DEEPEST: usize = 32;

/// Why a body is not the JSON it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonFault {
    /// More bytes than allowed.
    TooLong {
        /// Bytes allowed.
        limit: usize,
    },
    /// Nested deeper than [`DEEPEST`].
    TooDeep {
        /// Bytes before the bracket that is one too many.
        offset: usize,
    },
    /// A field that must be there is not.
    Missing {
        /// Its name.
        field: String,
    },
    /// A field stands twice.
    Repeated {
        /// Its name.
        field: String,
    },
    /// A field nobody knows, where every field must be known.
    Unknown {
        /// Its name, when it looks like one; else empty.
        field: String,
    },
    /// Not JSON, or a value of another kind than wanted.
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Byte of the line, from 1.
        column: usize,
    },
}

impl JsonFault {
    /// The stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "json.too_long",
            Self::TooDeep { .. } => "json.too_deep",
            Self::Missing { .. } => "json.missing",
            Self::Repeated { .. } => "json.repeated",
            Self::Unknown { .. } => "json.unknown_field",
            Self::Malformed { .. } => "json.malformed",
        }
    }
}

impl fmt::Display for JsonFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code();
        match self {
            Self::TooLong { limit } => write!(out, "{code}: more than {limit} bytes"),
            Self::TooDeep { offset } => {
                write!(out, "{code}: more than {DEEPEST} levels at byte {offset}")
            }
            Self::Missing { field } | Self::Repeated { field } | Self::Unknown { field } => {
                write!(out, "{code}: {field}")
            }
            Self::Malformed { line, column } => {
                write!(out, "{code}: line {line}, column {column}")
            }
        }
    }
}

impl std::error::Error for JsonFault {}

/// Reads `body`, at most `limit` bytes and [`DEEPEST`] levels, borrowing from it where `T` can.
///
/// # Errors
/// `json.too_long`, `json.too_deep`, `json.missing`, `json.repeated`, `json.malformed`.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8], limit: usize) -> Result<T, JsonFault> {
    if body.len() > limit {
        return Err(JsonFault::TooLong { limit });
    }
    check_depth(body)?;
    serde_json::from_slice(body).map_err(|error| fault(&error))
}

/// Counts brackets outside of strings. On text that is no JSON the count means nothing, and the
/// parser says so afterwards.
fn check_depth(body: &[u8]) -> Result<(), JsonFault> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in body.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' if depth == DEEPEST => return Err(JsonFault::TooDeep { offset }),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Field names are the only words taken over from the parser's message: those of our own types, and
/// unknown ones that can be nothing but a name.
fn fault(error: &serde_json::Error) -> JsonFault {
    let message = error.to_string();
    let named = |prefix: &str| {
        let (field, _) = message.strip_prefix(prefix)?.split_once('`')?;
        Some(field.to_owned())
    };
    if let Some(field) = named("missing field `") {
        return JsonFault::Missing { field };
    }
    if let Some(field) = named("duplicate field `") {
        return JsonFault::Repeated { field };
    }
    if let Some(mut field) = named("unknown field `") {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if field.len() > 40 || !field.bytes().all(plain) {
            field.clear();
        }
        return JsonFault::Unknown { field };
    }
    JsonFault::Malformed { line: error.line(), column: error.column() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    struct Named {
        name: String,
    }

    fn code(body: &str) -> &'static str {
        parse::<Named>(body.as_bytes(), 1 << 20).unwrap_err().code()
    }

    #[test]
    fn depth_is_refused_wherever_it_stands() {
        let deep = "[".repeat(100_000);
        assert_eq!(code(&deep), "json.too_deep");
        assert_eq!(code(&format!(r#"{{"name":"x","unknown":{deep}"#)), "json.too_deep");
        let closed = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(code(&format!(r#"{{"unknown":{closed},"name":"x"}}"#)), "json.too_deep");
        assert_eq!(code(&r#"{"a":"#.repeat(100_000)), "json.too_deep");
        let level = format!(r#"{{"name":"x","u":{}{}}}"#, "[".repeat(31), "]".repeat(31));
        assert!(parse::<Named>(level.as_bytes(), 1000).is_ok());
        let text = format!(r#"{{"name":"\"{}\\"}}"#, "[".repeat(100));
        assert_eq!(parse::<Named>(text.as_bytes(), 1000).unwrap().name.len(), 102);
    }

    #[test]
    fn a_fault_names_the_field_and_never_a_value() {
        assert_eq!(code("{}"), "json.missing");
        assert_eq!(code(r#"{"name":"a","name":"b"}"#), "json.repeated");
        assert_eq!(code(r#"{"name":"a"} x"#), "json.malformed");
        let fault = parse::<Named>("{\n\"name\":{\"first\":\"髙橋\"}}".as_bytes(), 99).unwrap_err();
        assert_eq!(fault.to_string(), "json.malformed: line 2, column 7");
        assert_eq!(parse::<Named>(b"{}", 1).unwrap_err().code(), "json.too_long");
    }

    #[test]
    fn an_unknown_field_is_named_when_it_can_only_be_a_name() {
        #[derive(Deserialize, Debug)]
        #[serde(deny_unknown_fields)]
        struct Strict {}
        let said = |body: &str| parse::<Strict>(body.as_bytes(), 1000).unwrap_err().to_string();
        assert_eq!(said(r#"{"resaon":"10"}"#), "json.unknown_field: resaon");
        assert_eq!(said(r#"{"髙橋 花子":1}"#), "json.unknown_field: ");
    }
}
