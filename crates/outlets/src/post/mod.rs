//! Post to persons: mail by SMTP, texts through a provider, or both into a folder where somebody looks at them.
//!
//! What is sent is worded by who calls. Addresses, codes and what a server says about them stay out of every
//! log: a fault is told by its number only.

mod mail;
mod text;
mod tray;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use base::kernel::{Error, Instant, Result};

use mail::Smtp;
pub use text::Provider;

use crate::http::Http;
use crate::said;

/// A mail on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The same at every try: who gets it twice sees that it is one.
    pub id: String,
    /// What else its `Message-ID` holds: by this we know it when it comes back.
    pub returns_as: String,
    /// In whose name: a station's.
    pub name: String,
    /// The station's code, for its own sender.
    pub operator: String,
    /// Whom to, as it is kept.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text; lines end in `\n`.
    pub text: String,
    /// When what it tells of happened.
    pub at: Instant,
}

/// A text on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// The same at every try.
    pub id: String,
    /// Whom to: `+81…`.
    pub to: String,
    /// The text.
    pub text: String,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It was taken.
    Delivered,
    /// It was not; worth another try.
    Failed(String),
    /// There is nobody at this address.
    Bounced(String),
}

/// How the way to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// STARTTLS before anything else, or nothing is said. Source: RFC 3207; RFC 8314 §3.
    Starttls,
    /// TLS from the first byte. Source: RFC 8314 §3.3.
    Implicit,
    /// None: for a server on this machine.
    None,
}

/// A mail server.
#[derive(Clone)]
pub struct Server {
    /// Its name, as its certificate says it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub tls: Tls,
    /// User and password, if it wants any.
    pub login: Option<(String, String)>,
    /// Certificate authorities trusted besides the machine's, PEM; may be empty.
    pub trust_roots: Vec<u8>,
    /// How long a mail may take.
    pub timeout: Duration,
}

/// Where mail goes out.
#[derive(Clone)]
pub enum MailWay {
    /// Nowhere.
    None,
    /// Through a server.
    Server(Server),
    /// Into this folder.
    Folder(PathBuf),
}

/// Where texts go out.
#[derive(Clone)]
pub enum TextWay {
    /// Nowhere.
    None,
    /// Through a provider.
    Provider(Provider),
    /// Into this folder.
    Folder(PathBuf),
}

/// Who mail comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Senders {
    /// The address for every station that has none of its own.
    pub usual: String,
    /// Addresses of single stations, by code.
    pub of: HashMap<String, String>,
}

enum MailOut {
    None,
    Smtp(Box<Smtp>),
    Tray(PathBuf),
}

/// All ways to persons. One for the process.
pub struct Post {
    mail: MailOut,
    senders: Senders,
    text: TextWay,
    http: Http,
}

impl Post {
    /// The ways that are configured.
    ///
    /// # Errors
    /// `config.trust_roots` — the extra certificates are not PEM
    pub fn new((mail, senders): (MailWay, Senders), text: TextWay, http: Http) -> Result<Self> {
        let mail = match mail {
            MailWay::None => MailOut::None,
            MailWay::Folder(folder) => MailOut::Tray(folder),
            MailWay::Server(server) => {
                let malformed =
                    |_| Error::invalid("config.trust_roots", "outgoing.trust_roots_file");
                MailOut::Smtp(Box::new(Smtp::new(server).map_err(malformed)?))
            }
        };
        Ok(Self { mail, senders, text, http })
    }

    /// Whether mail goes anywhere.
    #[must_use]
    pub const fn takes_mail(&self) -> bool {
        !matches!(self.mail, MailOut::None)
    }

    /// Whether texts go anywhere.
    #[must_use]
    pub const fn takes_texts(&self) -> bool {
        !matches!(self.text, TextWay::None)
    }

    /// Sends a text. It may arrive more than once, under the same id.
    pub async fn text(&self, text: &Text) -> Sent {
        match &self.text {
            TextWay::None => Sent::Failed(said::NO_TEXTS.to_owned()),
            TextWay::Folder(folder) => tray::put(folder, &text.id, &tray::of_text(text)),
            TextWay::Provider(provider) => text::deliver(&self.http, provider, text).await,
        }
    }

    /// Sends a mail. It may arrive more than once, under the same id.
    pub async fn mail(&self, mail: &Mail) -> Sent {
        match &self.mail {
            MailOut::None => Sent::Failed(said::NO_MAIL.to_owned()),
            MailOut::Tray(folder) => tray::put(folder, &mail.id, &tray::of_mail(mail)),
            MailOut::Smtp(smtp) => {
                let own = self.senders.of.get(&mail.operator);
                smtp.deliver(own.unwrap_or(&self.senders.usual), mail).await
            }
        }
    }
}

/// Whether `text` is an address a mail may come from.
#[must_use]
pub fn is_sender(text: &str) -> bool {
    text.is_ascii() && text.parse::<lettre::Address>().is_ok()
}
