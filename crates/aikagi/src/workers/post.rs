//! Messages to persons: what waits in the outbox becomes a mail or a text when it is sent, so that the code and the address
//! of now count, and the outbox holds neither.

use base::kernel::Result;
use base::records::outbox::{Delivery, Outcome};
use domain::credentials::{self, Alert, ContactKind, Message, SENT_CODE_SECONDS, Says, SentMail};
use domain::operators;
use domain::signing::Handles;
use outlets::post::{Mail, Sent, Text};
use outlets::said;
use web::{Language, words};

use super::outbox::note_call;
use super::system;
use crate::wiring::Parts;

/// A message with the name of the station it comes from.
struct Ready {
    message: Message,
    station: (String, String),
}

/// Sends the message, and writes into the linkage log how it went: without the address, the code, or what the
/// other side says about them.
pub(super) async fn deliver(parts: &Parts, operator: &str, delivery: &Delivery) -> Outcome {
    let (own, at, payload) = (parts.clone(), operator.to_owned(), delivery.payload.clone());
    let ready = super::outbox::blocking(move || ready(&own, &at, &payload)).await;
    let outcome = match ready {
        Ok(Some(ready)) => send(parts, operator, (delivery, &ready)).await,
        Ok(None) => Outcome::Refused(said::NOTHING.to_owned()),
        Err(error) => Outcome::Failed(error.code().to_owned()),
    };
    note_call(parts, (operator, "post"), (delivery, &outcome));
    outcome
}

fn ready(parts: &Parts, operator: &str, payload: &str) -> Result<Option<Ready>> {
    parts.db.read(&system(operator), |tx| {
        let master = parts.signing.master();
        let Some(message) = credentials::message_of(tx, master, payload)? else { return Ok(None) };
        let station = tx.operator_fact(operators::find_operator)?;
        let station = (station.name_ja.clone(), station.name_en.clone());
        Ok(Some(Ready { message, station }))
    })
}

async fn send(parts: &Parts, operator: &str, (delivery, ready): (&Delivery, &Ready)) -> Outcome {
    let sent = match ready.message.kind {
        ContactKind::Mail => {
            let handles = parts.signing.handles();
            parts.post.mail(&mail((operator, handles), (delivery, ready))).await
        }
        ContactKind::Phone => parts.post.text(&text(delivery, ready)).await,
    };
    let why = match sent {
        Sent::Delivered => return Outcome::Delivered,
        Sent::Failed(why) => return Outcome::Failed(why),
        Sent::Bounced(why) => why,
    };
    let (db, scope) = (parts.db.clone(), system(operator).caused_by(&delivery.id));
    let contact = ready.message.contact_id.clone();
    let noted = super::outbox::blocking(move || {
        db.transact(&scope, move |tx| credentials::note_bounce(tx, &contact))
    });
    match noted.await {
        Ok(_) => Outcome::Refused(why),
        // Sent again, and refused again, until it is written down.
        Err(error) => Outcome::Failed(error.code().to_owned()),
    }
}

/// Reads that somebody forgot a password, and has the code sent to whom it belongs. Nobody is called.
pub(super) async fn read(parts: &Parts, operator: &str, delivery: &Delivery) -> Outcome {
    let (db, scope) = (parts.db.clone(), system(operator).caused_by(&delivery.id));
    let payload = delivery.payload.clone();
    let read = super::outbox::blocking(move || {
        db.housekeep(&scope, "recovery-sent", move |tx| credentials::send_recovery(tx, &payload))
    })
    .await;
    match read {
        Ok(()) => Outcome::Delivered,
        Err(error) => Outcome::Failed(error.code().to_owned()),
    }
}

impl Ready {
    fn language(&self) -> Language {
        Language::of_tag(&self.message.language).unwrap_or_default()
    }

    /// The station, as its reader calls it.
    fn station(&self) -> &str {
        match self.language() {
            Language::Japanese => &self.station.0,
            Language::English => &self.station.1,
        }
    }

    fn fill(&self, key: &'static str, more: &[(&str, &str)]) -> String {
        words::fill(self.language(), key, &[more, &[("station", self.station())]].concat())
    }

    /// Fills the one of three sentences that fits: of a code, of a code for who forgot the password, of an alert.
    fn say(&self, delivery: &Delivery, [code, recovery, alert]: [&'static str; 3]) -> String {
        let coded = |key, digits: &str| {
            let minutes = (SENT_CODE_SECONDS / 60).to_string();
            self.fill(key, &[("code", digits), ("minutes", &minutes)])
        };
        match &self.message.says {
            Says::Code(digits) => coded(code, digits),
            Says::Recovery(digits) => coded(recovery, digits),
            Says::Alert(what) => {
                let (at, happened) = (minute_of(delivery), self.fill(alert_key(*what), &[]));
                self.fill(alert, &[("happened", &happened), ("at", &at)])
            }
        }
    }
}

/// The mail, in the words of its reader.
fn mail((operator, handles): (&str, &Handles), (delivery, ready): (&Delivery, &Ready)) -> Mail {
    let said = ready.say(delivery, ["post.code.text", "post.recovery.text", "post.alert.text"]);
    let itself = SentMail {
        operator: operator.to_owned(),
        contact_id: ready.message.contact_id.clone(),
        sent: delivery.created,
    };
    Mail {
        id: delivery.id.clone(),
        returns_as: itself.name(handles),
        name: ready.station().to_owned(),
        operator: operator.to_owned(),
        to: ready.message.address.clone(),
        subject: ready
            .say(delivery, ["post.code.subject", "post.recovery.subject", "post.alert.subject"]),
        text: format!("{said}\n\n{}\n", ready.fill("post.foot", &[])),
        at: delivery.created,
    }
}

/// The text, in the words of its reader: short.
fn text(delivery: &Delivery, ready: &Ready) -> Text {
    Text {
        id: delivery.id.clone(),
        to: ready.message.address.clone(),
        text: ready.say(delivery, ["post.code.short", "post.recovery.short", "post.alert.short"]),
    }
}

/// What happened, as a sentence.
const fn alert_key(alert: Alert) -> &'static str {
    match alert {
        Alert::ContactAdded => "post.alert.contact_added",
        Alert::ContactRemoved => "post.alert.contact_removed",
        Alert::PasswordReplaced => "post.alert.password_replaced",
        Alert::PasswordChanged => "post.alert.password_changed",
        Alert::PasskeyAdded => "post.alert.passkey_added",
        Alert::PasskeyRemoved => "post.alert.passkey_removed",
        Alert::TotpAdded => "post.alert.totp_added",
        Alert::TotpRemoved => "post.alert.totp_removed",
        Alert::RecoveryCodesMade => "post.alert.recovery_codes",
        Alert::PinChanged => "post.alert.pin_changed",
        Alert::InvitationUsed => "post.alert.invitation_used",
        Alert::ApprovalAsked => "post.alert.approval_asked",
        Alert::ApprovalAskedForYou => "post.alert.approval_asked_for_you",
        Alert::Approved => "post.alert.approved",
        Alert::LeftHousehold => "post.alert.left_household",
        Alert::BackInHousehold => "post.alert.back_in_household",
        Alert::MemberLeft => "post.alert.member_left",
        Alert::OwnershipOffered => "post.alert.ownership_offered",
        Alert::OwnershipOffer => "post.alert.ownership_offer",
        Alert::OwnerChanged => "post.alert.owner_changed",
    }
}

/// `2026-11-28 22:05`, in Japan.
fn minute_of(delivery: &Delivery) -> String {
    let at = delivery.created.rfc3339_jst();
    let minute: String = at.chars().take(16).collect();
    minute.replace('T', " ")
}
