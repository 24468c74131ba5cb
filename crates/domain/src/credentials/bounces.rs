//! Mails that came back: which contact a mail was for is written into the mail itself, in a name only we could have
//! put there, so that nobody who knows an address switches it off by an invented bounce.
//!
//! Source: `docs/decisions/0048`; RFC 3464.

use base::kernel::{Change, Error, Instant, Result};
use base::store::Tx;
use formats::dsn::{Notification, Recipient};

use crate::signing::{HandleKind, Handles};

use super::contact_book as book;
use super::contacts::note_bounce;

/// A mail we sent, as it names itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// In whose name.
    pub operator: String,
    /// To which contact.
    pub contact_id: String,
    /// When what it tells of happened.
    pub sent: Instant,
}

impl SentMail {
    /// What goes into its `Message-ID`: the same at every try.
    #[must_use]
    pub fn name(&self, handles: &Handles) -> String {
        handles.write(HandleKind::Mail, &self.operator, (&self.contact_id, self.sent.ms()))
    }

    /// The mail a notification came back for. Its `Message-ID` is `{delivery}.{name}@{domain}`.
    ///
    /// # Errors
    /// `bounce.not_ours` — no mail of ours, or a name we did not write
    pub fn of(notification: &Notification, handles: &Handles) -> Result<Self> {
        let local = notification.message_id.rsplit_once('@').map(|(local, _)| local);
        let name = local.and_then(|local| local.split_once('.')).map(|(_, name)| name);
        let handle = name.and_then(|name| handles.read(HandleKind::Mail, name));
        let handle = handle.ok_or_else(|| Error::refused("bounce.not_ours"))?;
        let sent = Instant::from_ms(handle.turn);
        Ok(Self { operator: handle.operator, contact_id: handle.id, sent })
    }
}

/// Writes down that this mail came back for good, as when the mail server says so at once.
///
/// # Errors
/// - `bounce.not_permanent` — it is late, was handed on or arrived, may arrive another time (4.x.x), or it is a policy,
///   which is about who we are (5.7.x)
/// - `bounce.outdated` — the contact was verified after that mail was sent
/// - `contact.unknown` — it is not there any more
pub fn note_returned(tx: &mut Tx<'_>, mail: &SentMail, recipients: &[Recipient]) -> Result<Change> {
    let for_good = |one: &Recipient| one.failed && one.status.class == 5 && one.status.subject != 7;
    if recipients.is_empty() || !recipients.iter().all(for_good) {
        return Err(Error::refused("bounce.not_permanent"));
    }
    let known = book::any(tx, &mail.contact_id)?;
    let known = known.ok_or_else(|| Error::not_found("contact.unknown", &mail.contact_id))?;
    if known.contact.verified.is_some_and(|verified| verified > mail.sent) {
        return Err(Error::refused("bounce.outdated"));
    }
    note_bounce(tx, &mail.contact_id)
}
