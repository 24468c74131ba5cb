//! The site passkeys are for, as browsers name it.

use url::{Host, Url};
use webauthn_rp::request::{AsciiDomain, RpId};

/// The site passkeys are made for and used at: its domain (RP ID) and the one origin answers come from.
///
/// Source: Web Authentication Level 3 §5.1.2, §13.4.9.
#[derive(Debug)]
pub struct Site {
    pub(super) rp_id: RpId,
    pub(super) origin: String,
}

impl Site {
    /// The site of an address of ours; none where browsers know no passkeys: at a bare IP address, and
    /// without TLS anywhere but on the machine itself.
    #[must_use]
    pub fn of(base_url: &str) -> Option<Self> {
        let url = Url::parse(base_url).ok()?;
        let Some(Host::Domain(domain)) = url.host() else { return None };
        if url.scheme() != "https" && domain != "localhost" {
            return None;
        }
        let rp_id = RpId::Domain(AsciiDomain::try_from(domain.to_owned()).ok()?);
        Some(Self { rp_id, origin: url.origin().ascii_serialization() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_domain_and_an_exact_origin() {
        for (base, origin) in [
            ("https://id.example.jp", "https://id.example.jp"),
            ("https://id.example.jp:443/aikagi", "https://id.example.jp"),
            ("https://ID.example.jp:8443", "https://id.example.jp:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(Site::of(base).unwrap().origin, origin, "{base}");
        }
        for none in ["http://id.example.jp", "https://192.0.2.1", "https://[2001:db8::1]", "x", ""]
        {
            assert!(Site::of(none).is_none(), "{none}");
        }
    }
}
