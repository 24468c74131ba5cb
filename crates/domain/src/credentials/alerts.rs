//! What persons are told at their contacts: codes they asked for, and that something changed by which they prove
//! to be themselves.
//!
//! Everything waits in the outbox, in the commit of what it tells of, and names a contact by its id: the address
//! and the code are looked up when it is sent. Source: brief tve §12.3 (“notify all other channels”).

use base::kernel::{Error, Result};
use base::records::{News, Receiver, ensure_receiver, tell as tell_receiver};
use base::store::Tx;
use serde::{Deserialize, Serialize};

use crate::signing::MasterKey;

use super::contact_book as book;
use super::contacts::{Contact, ContactKind};
use super::sent_codes;

/// The kind, and the id, of the one receiver of each operator for mail to persons. The colon keeps it apart from
/// names people give to webhooks.
pub const POST_MAIL: &str = "post:mail";
/// The same for texts to telephones.
pub const POST_TEXT: &str = "post:text";

/// A change a person is told of at once at all their contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// Another contact of theirs counts from now on.
    ContactAdded,
    /// A contact of theirs was taken away.
    ContactRemoved,
    /// Their password was replaced.
    PasswordReplaced,
    /// They changed their password themselves.
    PasswordChanged,
    /// A passkey of theirs lets in from now on.
    PasskeyAdded,
    /// A passkey of theirs was taken away.
    PasskeyRemoved,
    /// An authenticator is asked for from now on.
    TotpAdded,
    /// No authenticator is asked for any more.
    TotpRemoved,
    /// They have new recovery codes.
    RecoveryCodesMade,
    /// A PIN of theirs was set, changed or taken away.
    PinChanged,
    /// Somebody registered by an invitation of theirs.
    InvitationUsed,
    /// A member of their household forgot the password and asks for their approval.
    ApprovalAsked,
    /// Somebody asked the owner of the household to approve a new password of theirs.
    ApprovalAskedForYou,
    /// The owner of the household approved that.
    Approved,
    /// They left the household, or its owner took them out of it.
    LeftHousehold,
    /// The owner of the household brought them back.
    BackInHousehold,
    /// A member left their household.
    MemberLeft,
    /// The owner of the household offers it to them.
    OwnershipOffered,
    /// They offered their household to a member.
    OwnershipOffer,
    /// The household has another owner: they are it, or are it no more.
    OwnerChanged,
}

/// What waits in the outbox for a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum Waiting {
    /// The code that verifies the contact.
    Code { contact: String },
    /// The code a sign-in of its owner asked for.
    Recovery { contact: String, sign_in: String },
    /// A change.
    Alert { contact: String, alert: Alert },
}

/// What is written in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// This code verifies the contact.
    Code(String),
    /// This code lets in who forgot the password.
    Recovery(String),
    /// This was changed.
    Alert(Alert),
}

/// Mail or a text on its way to a contact. Holds what must not reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The contact.
    pub contact_id: String,
    /// Mail or text.
    pub kind: ContactKind,
    /// Where to.
    pub address: String,
    /// The language its owner chose: a tag.
    pub language: String,
    /// What it says.
    pub says: Says,
}

/// Sends the code of a contact to it.
pub(super) fn send_code(tx: &mut Tx<'_>, (contact, kind): (&str, ContactKind)) -> Result<()> {
    // Apart from what else is told there, so that a code waits for nothing.
    let waiting = Waiting::Code { contact: contact.to_owned() };
    put(tx, (&format!("{contact}:code"), kind), ("person.code_sent", &waiting))
}

/// Tells a person at all their good contacts. One statement, when there are none.
pub(crate) fn tell_person(tx: &mut Tx<'_>, person_id: &str, alert: Alert) -> Result<()> {
    let contacts = book::list(tx, person_id)?;
    tell(tx, &contacts, alert)
}

/// Tells those of `contacts` that are good.
pub(super) fn tell(tx: &mut Tx<'_>, contacts: &[Contact], alert: Alert) -> Result<()> {
    for Contact { id, kind, .. } in contacts.iter().filter(|one| one.is_good()) {
        let waiting = Waiting::Alert { contact: id.clone(), alert };
        put(tx, (id, *kind), ("person.alerted", &waiting))?;
    }
    Ok(())
}

pub(super) fn put(
    tx: &mut Tx<'_>,
    (stream, kind): (&str, ContactKind),
    (event, waiting): (&str, &Waiting),
) -> Result<()> {
    let id = match kind {
        ContactKind::Mail => POST_MAIL,
        ContactKind::Phone => POST_TEXT,
    };
    ensure_receiver(tx, &receiver(id))?;
    let payload = serde_json::to_value(waiting).map_err(Error::internal)?;
    tell_receiver(tx, id, &News { stream, version: 0, event, payload: &payload });
    Ok(())
}

/// A receiver that is told by name only.
pub(super) fn receiver(id: &str) -> Receiver {
    Receiver {
        id: id.to_owned(),
        kind: id.to_owned(),
        events: String::new(),
        settings: "{}".to_owned(),
        secret_sealed: None,
        enabled: true,
    }
}

/// The message of what waits in the outbox, with the address and the code of now; `None`: there is nothing to be
/// sent any more. A contact that was removed is still told so, and is sent no code; a code for a sign-in goes to good ones only.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn message_of(tx: &mut Tx<'_>, master: &MasterKey, payload: &str) -> Result<Option<Message>> {
    let Ok(waiting) = serde_json::from_str::<Waiting>(payload) else { return Ok(None) };
    let (Waiting::Code { contact: id }
    | Waiting::Recovery { contact: id, .. }
    | Waiting::Alert { contact: id, .. }) = &waiting;
    let Some(kept) = book::any(tx, id)? else { return Ok(None) };
    let says = match &waiting {
        Waiting::Alert { .. } if kept.contact.bounced.is_some() => return Ok(None),
        Waiting::Alert { alert, .. } => Says::Alert(*alert),
        Waiting::Code { .. } if kept.removed => return Ok(None),
        Waiting::Recovery { .. } if kept.removed || !kept.contact.is_good() => return Ok(None),
        Waiting::Recovery { sign_in, .. } => {
            let Some(sent) = sent_codes::alive(tx, sign_in)? else { return Ok(None) };
            Says::Recovery(sent.digits(master, tx.operator(), sign_in))
        }
        Waiting::Code { .. } => {
            let Some(sent) = sent_codes::alive(tx, id)? else { return Ok(None) };
            Says::Code(sent.digits(master, tx.operator(), id))
        }
    };
    let Contact { id, kind, address, .. } = kept.contact;
    Ok(Some(Message { contact_id: id, kind, address, language: kept.language, says }))
}
