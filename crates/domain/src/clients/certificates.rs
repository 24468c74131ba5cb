//! Clients that prove who they are by the certificate of their connection.
//!
//! A proxy before us speaks TLS with them, verifies the certificate against the authorities it was given, and
//! hands it on; here it is held against the one name the client is registered with. Source: RFC 8705 §2.1.

use std::net::IpAddr;

use base::kernel::{Error, Result};
use formats::certificate::{Named, OtherName, distinguished_name};
use serde::{Deserialize, Serialize};

use super::terms::{AuthMethod, ClientTerms};

/// What the certificate of a client has to name: exactly one of these. Source: RFC 8705 §2.1.2.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CertificateName {
    /// Its subject, as RFC 4514 writes it; compared letter by letter in one form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<String>,
    /// A host among its other names; letters of either case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// A URI among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// An address of the network among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<IpAddr>,
    /// An address of mail among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
}

impl CertificateName {
    /// How many of them are registered.
    fn count(&self) -> usize {
        let ip = self.tls_client_auth_san_ip.map(|_| ());
        let texts = [
            &self.tls_client_auth_subject_dn,
            &self.tls_client_auth_san_dns,
            &self.tls_client_auth_san_uri,
            &self.tls_client_auth_san_email,
        ];
        texts.into_iter().flatten().count() + ip.iter().count()
    }

    /// Whether nothing is registered.
    pub(super) fn is_none(&self) -> bool {
        self.count() == 0
    }

    /// Whether the registered name is one of the certificate's.
    pub(super) fn is_in(&self, certificate: &Named) -> bool {
        if let Some(subject) = &self.tls_client_auth_subject_dn {
            return distinguished_name(subject).is_some_and(|name| name == certificate.subject);
        }
        certificate.others.iter().any(|other| match other {
            OtherName::Dns(host) => self
                .tls_client_auth_san_dns
                .as_ref()
                .is_some_and(|own| own.eq_ignore_ascii_case(host)),
            OtherName::Uri(uri) => self.tls_client_auth_san_uri.as_ref() == Some(uri),
            OtherName::Ip(address) => self.tls_client_auth_san_ip.as_ref() == Some(address),
            OtherName::Email(mail) => self.tls_client_auth_san_email.as_ref() == Some(mail),
        })
    }
}

/// One name for a client that proves itself so, none for all others; one that can be in a certificate.
pub(super) fn certificate_name(terms: &ClientTerms) -> Result<()> {
    let name = &terms.profile.certificate;
    let wanted = usize::from(terms.method == AuthMethod::TlsClientAuth);
    let subject = name.tls_client_auth_subject_dn.as_deref();
    let malformed = subject.is_some_and(|text| distinguished_name(text).is_none());
    let hosts = name.tls_client_auth_san_dns.iter();
    let empty = [&name.tls_client_auth_san_uri, &name.tls_client_auth_san_email];
    let blank =
        hosts.chain(empty.into_iter().flatten()).any(|text| text.is_empty() || text.contains('*'));
    if name.count() != wanted || malformed || blank {
        return Err(Error::invalid("client.certificate_name", "certificate"));
    }
    Ok(())
}
