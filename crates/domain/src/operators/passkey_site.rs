//! The domain an operator's passkeys are for, and the places they may be used at.
//!
//! Source: Web Authentication Level 3 §4 (RP ID), §5.11 (related origins); `docs/decisions/0044`.

use base::kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use url::Url;

/// Origins an operator may name: browsers follow five different domains and no more.
const MOST_ORIGINS: usize = 5;
/// Under these people register names (JPRS): a domain that is one of them is nobody's. Browsers know all such
/// domains of the world, and refuse the others.
const SHARED_JP: [&str; 9] = ["ac", "ad", "co", "ed", "go", "gr", "lg", "ne", "or"];

/// What an operator says of its passkeys; all left out: they are for the domain of our own address, used there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasskeySite {
    /// The domain they are for (RP ID): one passkey of a person serves everything below it.
    pub rp_id: String,
    /// Where they may be used besides our own address: origins as a browser writes them.
    pub origins: Vec<String>,
}

impl PasskeySite {
    /// Whether it is left to us.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.rp_id.is_empty()
    }

    /// Whether both are what a browser would write, and the domain can be somebody's own.
    ///
    /// # Errors
    /// `operator.passkeys_malformed` naming the field
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |name: &str| {
            Err(Error::invalid("operator.passkeys_malformed", format!("policies.passkeys.{name}")))
        };
        if self.is_plain() {
            // Others' pages would be let use what is for the domain all operators share.
            return if self.origins.is_empty() { Ok(()) } else { wrong("origins") };
        }
        if !is_own_domain(&self.rp_id) {
            return wrong("rp_id");
        }
        let mut known: Vec<&String> = Vec::new();
        for origin in &self.origins {
            if known.contains(&origin) || !is_origin(origin) {
                return wrong("origins");
            }
            known.push(origin);
        }
        if known.len() > MOST_ORIGINS { wrong("origins") } else { Ok(()) }
    }
}

/// Of two names at least, in small letters, as a browser writes it; no address, and none under which everybody
/// registers theirs.
fn is_own_domain(domain: &str) -> bool {
    let url = Url::parse(&format!("https://{domain}/"));
    let same = url.is_ok_and(|url| url.domain() == Some(domain));
    let names: Vec<&str> = domain.split('.').collect();
    let shared = match names.as_slice() {
        [_] => true,
        [second, "jp"] => SHARED_JP.contains(second),
        _ => false,
    };
    same && !shared && names.into_iter().all(is_label)
}

/// Letters, digits and hyphens within. Source: RFC 1123 §2.1.
fn is_label(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// `https://host[:port]`, as a browser writes it: passkeys are known nowhere else.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https"
            && url.domain().is_some_and(|domain| !domain.contains('*'))
            && url.origin().ascii_serialization() == text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rp_id: &str, origins: &[&str]) -> String {
        let origins = origins.iter().map(|one| (*one).to_owned()).collect();
        match (PasskeySite { rp_id: rp_id.to_owned(), origins }).check() {
            Err(Error::Invalid { field, .. }) => field,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_domain_is_somebodys_own_and_written_as_browsers_do() {
        for good in ["kitahama.example.jp", "example.jp", "kitahama.ne.jp", "xn--wgv71a119e.jp"] {
            assert_eq!(refused(good, &[]), "Ok(())", "{good}");
        }
        for bad in [
            "jp",
            "ne.jp",
            "co.jp",
            "localhost",
            "Kitahama.example.jp",
            "日本語.jp",
            "192.0.2.1",
            "[::1]",
            "kitahama.example.jp.",
            ".example.jp",
            "a..jp",
            "*.example.jp",
            "https://example.jp",
            "example.jp/",
            "example.jp:443",
            "me@example.jp",
            "example.jp#x",
            " example.jp",
            "0x7f.1",
        ] {
            assert_eq!(refused(bad, &[]), "policies.passkeys.rp_id", "{bad}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_do_and_there_are_few() {
        let origins = |all: &[&str]| refused("kitahama.example.jp", all);
        assert_eq!(
            origins(&["https://my.kitahama.example.jp", "https://tv.example:8443"]),
            "Ok(())"
        );
        for bad in [
            "http://my.kitahama.example.jp",
            "https://my.kitahama.example.jp/",
            "my.kitahama.example.jp",
            "https://MY.example.jp",
            "https://a.example:443",
            "https://a.example/x",
            "https://me@a.example",
            "https://*.example.jp",
            "https://192.0.2.1",
            "null",
            "android:apk-key-hash:x",
            "",
            "https://日本.jp",
        ] {
            assert_eq!(origins(&[bad]), "policies.passkeys.origins", "{bad}");
        }
        assert_eq!(
            origins(&["https://a.example", "https://a.example"]),
            "policies.passkeys.origins"
        );
        let many: Vec<String> = (0..6).map(|n| format!("https://a{n}.example")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(origins(&many), "policies.passkeys.origins");
        assert_eq!(origins(&many[..5]), "Ok(())");
        assert_eq!(refused("", &["https://a.example"]), "policies.passkeys.origins");
        assert_eq!(refused("", &[]), "Ok(())");
    }
}
