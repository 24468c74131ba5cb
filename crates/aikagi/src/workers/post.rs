//! Messages to persons: what waits in the outbox becomes a mail when it is sent, so that the code and the address
//! of now count, and the outbox holds neither.

use base::kernel::{Result, clock};
use base::records::outbox::{Delivery, Outcome};
use base::records::{LinkageLine, log_linkage};
use domain::credentials::{self, Alert, ContactKind, Message, SENT_CODE_SECONDS, Says};
use domain::operators;
use outlets::post::{Mail, Sent};
use serde_json::json;
use web::{Language, words};

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
        Ok(None) => Outcome::Refused("there is nothing to be sent any more".to_owned()),
        Err(error) => Outcome::Failed(error.code().to_owned()),
    };
    let (result, detail) = match &outcome {
        Outcome::Delivered => ("delivered", ""),
        Outcome::Failed(why) => ("failed", why.as_str()),
        Outcome::Refused(why) => ("refused", why.as_str()),
    };
    let line = LinkageLine {
        operator,
        direction: "out",
        peer: &delivery.receiver_id,
        kind: "post",
        reference: &delivery.id,
        digest: String::new(),
        result,
        detail: json!({"attempt": delivery.attempts + 1, "why": detail}).to_string(),
    };
    log_linkage(&parts.books.linkage, clock::now(), &line);
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
        ContactKind::Mail => parts.post.mail(&mail(operator, (delivery, ready))).await,
        ContactKind::Phone => Sent::Failed("no way to telephones is configured".to_owned()),
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

/// The mail, in the words of its reader.
fn mail(operator: &str, (delivery, ready): (&Delivery, &Ready)) -> Mail {
    let language = Language::of_tag(&ready.message.language).unwrap_or_default();
    let station = match language {
        Language::Japanese => &ready.station.0,
        Language::English => &ready.station.1,
    };
    let in_words = |key: &'static str, more: &[(&str, &str)]| {
        words::fill(language, key, &[more, &[("station", station.as_str())]].concat())
    };
    let (subject, said) = match &ready.message.says {
        Says::Code(code) => {
            let minutes = (SENT_CODE_SECONDS / 60).to_string();
            let values = [("code", code.as_str()), ("minutes", minutes.as_str())];
            (in_words("post.code.subject", &[]), in_words("post.code.text", &values))
        }
        Says::Alert(alert) => {
            let at = minute_of(delivery);
            let happened = in_words(alert_key(*alert), &[]);
            let values = [("happened", happened.as_str()), ("at", at.as_str())];
            (in_words("post.alert.subject", &[]), in_words("post.alert.text", &values))
        }
    };
    Mail {
        id: delivery.id.clone(),
        name: station.clone(),
        operator: operator.to_owned(),
        to: ready.message.address.clone(),
        subject,
        text: format!("{said}\n\n{}\n", in_words("post.foot", &[])),
        at: delivery.created,
    }
}

/// What happened, as a sentence.
const fn alert_key(alert: Alert) -> &'static str {
    match alert {
        Alert::ContactAdded => "post.alert.contact_added",
        Alert::ContactRemoved => "post.alert.contact_removed",
    }
}

/// `2026-11-28 22:05`, in Japan.
fn minute_of(delivery: &Delivery) -> String {
    let at = delivery.created.rfc3339_jst();
    let minute: String = at.chars().take(16).collect();
    minute.replace('T', " ")
}
