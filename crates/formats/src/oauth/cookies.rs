//! The `Cookie` header, whatever the browser and its neighbours put into it.
//!
//! Other software on the same host sets cookies too; what can not be read is skipped, never an
//! error. Source: RFC 6265 §4.2.1, §5.4.

/// Names and values in order; pairs that are no text or have no name are skipped, quotation marks
/// around a value are removed.
pub fn cookies(header: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    header.split(|byte| *byte == b';').filter_map(|pair| {
        let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        (!name.is_empty()).then_some((name, bare.unwrap_or(value)))
    })
}

/// The value of the first cookie of this name. The name is compared exactly: `__Host-` counts only
/// as written.
#[must_use]
pub fn cookie<'a>(header: &'a [u8], name: &str) -> Option<&'a str> {
    cookies(header).find(|(each, _)| *each == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn junk_between_cookies_is_skipped() {
        let header = b"; ;=x;junk; a=1;a=2; \xFF\xFE=3;b=\x95\x5C; __Host-s = \"v=w\" ;c=";
        assert_eq!(cookie(header, "__Host-s"), Some("v=w"));
        assert_eq!(cookie(header, "a"), Some("1"), "the first");
        assert_eq!(cookie(header, "c"), Some(""));
        assert_eq!(cookie(header, "b"), None);
        assert_eq!(cookie(header, "__host-s"), None);
        assert_eq!(cookies(b"").count(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_leave_our_cookie_readable(
            before in prop::collection::vec(any::<u8>(), 0..60),
            after in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let header = [&before[..], b"; __Host-unlikely=v1; ", &after[..]].concat();
            prop_assert_eq!(cookie(&header, "__Host-unlikely"), Some("v1"));
        }
    }
}
