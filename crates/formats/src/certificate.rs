//! The certificate of a caller, as a proxy hands it on, and what it says whose it is.
//!
//! Read only: whether it is genuine was verified by who spoke TLS with the caller. Sources: RFC 9440 §2.2,
//! RFC 8705 §2.1, RFC 5280 §4.1, §4.2.1.6, RFC 4514.

use std::net::IpAddr;
use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_cert::Certificate;
use x509_cert::der::oid::AssociatedOid as _;
use x509_cert::der::{Decode as _, DecodePem as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::RdnSequence;

/// Longest header that is read, in bytes: a certificate of four thousand, in either writing.
pub const LONGEST: usize = 16 * 1024;

/// Whose a certificate says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The subject, in the one form of [`distinguished_name`].
    pub subject: String,
    /// The other names, in their order.
    pub others: Vec<OtherName>,
}

/// One subject alternative name; kinds nobody registers are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherName {
    /// A host.
    Dns(String),
    /// An address of the web, or any other URI.
    Uri(String),
    /// An address of the network.
    Ip(IpAddr),
    /// An address of mail.
    Email(String),
}

/// A header that holds no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotReadable;

impl Named {
    /// Reads what a proxy wrote: a byte sequence of DER (`:MIIC…:`, RFC 9440), or a PEM document with
    /// its line ends percent-encoded, as common proxies write it.
    ///
    /// # Errors
    /// [`NotReadable`] — neither, too long, or no certificate.
    pub fn of_header(value: &str) -> Result<Self, NotReadable> {
        if value.len() > LONGEST {
            return Err(NotReadable);
        }
        let sequence = value.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
        let certificate = match sequence {
            Some(text) => {
                let der = STANDARD.decode(text).map_err(|_| NotReadable)?;
                Certificate::from_der(&der)
            }
            None => {
                let plain = percent_encoding::percent_decode_str(value);
                Certificate::from_pem(plain.collect::<Vec<u8>>())
            }
        };
        Self::of(&certificate.map_err(|_| NotReadable)?)
    }

    fn of(certificate: &Certificate) -> Result<Self, NotReadable> {
        let own = &certificate.tbs_certificate;
        let mut extensions = own.extensions.iter().flatten();
        let others = match extensions.find(|one| one.extn_id == SubjectAltName::OID) {
            Some(found) => {
                let names = SubjectAltName::from_der(found.extn_value.as_bytes());
                names.map_err(|_| NotReadable)?.0.iter().filter_map(other_name).collect()
            }
            None => Vec::new(),
        };
        Ok(Self { subject: own.subject.to_string(), others })
    }
}

fn other_name(name: &GeneralName) -> Option<OtherName> {
    match name {
        GeneralName::DnsName(host) => Some(OtherName::Dns(host.to_string())),
        GeneralName::UniformResourceIdentifier(uri) => Some(OtherName::Uri(uri.to_string())),
        GeneralName::Rfc822Name(mail) => Some(OtherName::Email(mail.to_string())),
        GeneralName::IpAddress(bytes) => {
            let four = <[u8; 4]>::try_from(bytes.as_bytes()).map(IpAddr::from);
            let sixteen = || <[u8; 16]>::try_from(bytes.as_bytes()).map(IpAddr::from);
            four.or_else(|_| sixteen()).ok().map(OtherName::Ip)
        }
        _ => None,
    }
}

/// The one form of a distinguished name (`CN=sms,O=㈱北浜ケーブル,C=JP`): as it is compared, however its
/// owner wrote it. `None`: it is none.
///
/// Source: RFC 4514 §2, §3.
#[must_use]
pub fn distinguished_name(text: &str) -> Option<String> {
    let name = RdnSequence::from_str(text).ok()?;
    (!name.0.is_empty()).then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_has_one_form_however_it_is_written() {
        let form = distinguished_name("CN=sms,O=㈱北浜ケーブル,C=JP").unwrap();
        assert_eq!(distinguished_name(&form).as_ref(), Some(&form));
        for same in ["2.5.4.3=sms,O=㈱北浜ケーブル,C=JP", "CN=\\73ms,O=㈱北浜ケーブル,C=JP"]
        {
            assert_eq!(distinguished_name(same).as_ref(), Some(&form), "{same}");
        }
        for other in ["C=JP,O=㈱北浜ケーブル,CN=sms", "CN=sms", "CN=SMS,O=㈱北浜ケーブル,C=JP"]
        {
            assert_ne!(distinguished_name(other).as_ref(), Some(&form), "{other}");
        }
        for none in ["", "北浜", "CN", "=x"] {
            assert_eq!(distinguished_name(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_header_holds_it_is_read_or_refused(text in ".*", bytes in any::<Vec<u8>>()) {
            let _read = Named::of_header(&text);
            prop_assert_eq!(Named::of_header(&format!(":{}:", STANDARD.encode(bytes))), Err(NotReadable));
        }
    }
}
