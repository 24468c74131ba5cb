//! Mail by SMTP.
//!
//! Sources: RFC 5321 (§4.2.1: 4xx is worth another try, 5xx is not), RFC 3463 (what a 5xx is about), RFC 3834
//! (`Auto-Submitted`).

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Way, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::{Mail, Sent, Server, Tls};
use crate::said;

/// Answers that say something about us and not about the address: our commands, our proof, our standing.
const ABOUT_US: [u16; 9] = [500, 501, 502, 503, 504, 530, 534, 535, 538];

/// A server, and what it is spoken to with. A connection a mail: they are few.
pub(super) struct Smtp {
    server: Server,
    way: Way,
}

impl Smtp {
    pub(super) fn new(server: Server) -> Result<Self, lettre::transport::smtp::Error> {
        let way = match server.tls {
            Tls::None => Way::None,
            Tls::Starttls => Way::Required(parameters(&server)?),
            Tls::Implicit => Way::Wrapper(parameters(&server)?),
        };
        Ok(Self { server, way })
    }

    pub(super) async fn deliver(&self, sender: &str, mail: &Mail) -> Sent {
        let (Ok(from), Some(to)) = (sender.parse::<Address>(), recipient(&mail.to)) else {
            return Sent::Failed("an address is malformed".to_owned());
        };
        let Server { host, port, login, timeout, .. } = &self.server;
        let hello = ClientId::Domain(from.domain().to_owned());
        let Some(message) = message(from, to, mail) else {
            return Sent::Failed("the mail can not be written".to_owned());
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(*port)
            .tls(self.way.clone())
            .hello_name(hello)
            .timeout(Some(*timeout));
        if let Some((user, password)) = login {
            transport = transport.credentials(Credentials::new(user.clone(), password.clone()));
        }
        let transport = transport.build();
        // Each command has its time; this is for all of them, so that the lease is never outlived.
        match tokio::time::timeout(*timeout, transport.send(message)).await {
            Ok(Ok(_)) => Sent::Delivered,
            Ok(Err(error)) => judge(&error),
            Err(_) => Sent::Failed(said::NO_ANSWER.to_owned()),
        }
    }
}

fn parameters(server: &Server) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if !server.trust_roots.is_empty() {
        builder = builder.add_root_certificate(Certificate::from_pem(&server.trust_roots)?);
    }
    builder.build_rustls()
}

/// A person's address. Its characters were judged when it was kept; the shape is not judged again, because
/// telephones of old have addresses (`a..b.@…`) that no rule of today allows.
fn recipient(kept: &str) -> Option<Address> {
    let (local, domain) = kept.rsplit_once('@')?;
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[],;:\\\"@".contains(&byte);
    let good = local.bytes().chain(domain.bytes()).all(plain) && !local.is_empty();
    good.then(|| Address::new_dangerous(local, domain))
}

fn message(from: Address, to: Address, mail: &Mail) -> Option<Message> {
    let at = Duration::from_millis(u64::try_from(mail.at.ms()).ok()?);
    let id = format!("<{}.{}@{}>", mail.id, mail.returns_as, from.domain());
    // Given, because it would be read out of the headers otherwise, by the rules of today.
    let envelope = Envelope::new(Some(from.clone()), vec![to.clone()]).ok()?;
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    Message::builder()
        .envelope(envelope)
        .from(Mailbox::new(Some(mail.name.clone()), from))
        .to(Mailbox::new(None, to))
        .subject(mail.subject.clone())
        .date(SystemTime::UNIX_EPOCH + at)
        .message_id(Some(id))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .header(ContentTransferEncoding::Base64)
        .body(mail.text.clone())
        .ok()
}

/// What a refusal means. Its text may hold the address: only its numbers are told.
fn judge(error: &lettre::transport::smtp::Error) -> Sent {
    let Some(code) = error.status() else {
        let why = match (error.is_tls(), error.is_timeout()) {
            (true, _) => said::NO_TLS,
            (_, true) => said::NO_ANSWER,
            _ => said::NO_CONNECTION,
        };
        return Sent::Failed(why.to_owned());
    };
    let (code, text) = (u16::from(code), error.source().map(ToString::to_string));
    let status = enhanced(text.as_deref().unwrap_or_default());
    let why = format!("status {code} {status}").trim_end().to_owned();
    // 5.7: a policy, which is about who we are and what we send.
    if error.is_permanent() && !ABOUT_US.contains(&code) && !status.starts_with("5.7.") {
        return Sent::Bounced(why);
    }
    Sent::Failed(why)
}

/// `5.1.1` at the beginning of an answer, if it has one. Source: RFC 3463 §2.
fn enhanced(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    let part =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_status = word.split('.').count() == 3 && word.split('.').all(part);
    if is_status { word.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_told_and_what_stands_behind_it_is_not() {
        assert_eq!(enhanced("5.1.1 <hanako@example.jp> unknown"), "5.1.1");
        for other in ["", "hanako@example.jp unknown", "5.1", "5.1.1.1 x", "a.b.c"] {
            assert_eq!(enhanced(other), "", "{other}");
        }
    }

    #[test]
    fn an_address_that_would_say_more_than_itself_is_none() {
        assert!(recipient("a..b.@docomo.example.jp").is_some());
        for bad in ["a@b>\r\nDATA", "a@b c", "<a@b", "@b", "a", "a,b@c"] {
            assert!(recipient(bad).is_none(), "{bad}");
        }
    }
}
