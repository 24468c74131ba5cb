//! Webhooks: an event of the outbox as a signed POST (Standard Webhooks).
//!
//! The id stays the same for every try, so that a receiver can tell a repetition. Source: issue
//! section 5; <https://www.standardwebhooks.com/> 1.0.

use base::kernel::{Error, Instant, Result};
use base::records::outbox::{Delivery, Outcome};
use formats::webhook::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, WebhookSecret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::http::{CallError, Http};

/// Where a webhook goes: the `settings` of a receiver of kind [`KIND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The receiver's address.
    pub url: String,
    /// The sector whose names of persons and households the receiver knows; without one it is told
    /// contract numbers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
}

/// The receiver kind this outlet speaks to.
pub const KIND: &str = "webhook";

impl Settings {
    /// Reads what is stored with the receiver.
    ///
    /// # Errors
    /// `webhook.url_malformed`
    pub fn parse(stored: &str) -> Result<Self> {
        serde_json::from_str(stored).map_err(|_| malformed())
    }

    /// The address, with scheme and host.
    ///
    /// # Errors
    /// `webhook.url_malformed`
    pub fn address(&self) -> Result<Url> {
        let url = Url::parse(&self.url).map_err(|_| malformed())?;
        if url.has_host() && matches!(url.scheme(), "http" | "https") {
            Ok(url)
        } else {
            Err(malformed())
        }
    }
}

fn malformed() -> Error {
    Error::invalid("webhook.url_malformed", "url")
}

/// Sends `delivery` with `data` to `url`, signed with `secret` for a try made at `now`.
///
/// 2xx: taken. 410: the receiver is gone and never wants it. Anything else is worth another try.
pub async fn deliver(
    http: &Http,
    (url, secret): (&Url, &WebhookSecret),
    (delivery, data): (&Delivery, &Value),
    now: Instant,
) -> Outcome {
    let timestamp = delivery.created.rfc3339_jst();
    let body = json!({ "type": delivery.event, "timestamp": timestamp, "data": data }).to_string();
    let seconds = now.ms().div_euclid(1000);
    let headers = [
        ("content-type", "application/json".to_owned()),
        (ID_HEADER, delivery.id.clone()),
        (TIMESTAMP_HEADER, seconds.to_string()),
        (SIGNATURE_HEADER, secret.sign(&delivery.id, seconds, body.as_bytes())),
    ];
    match http.post(url, &headers, body.into_bytes()).await {
        Ok(answer) if (200..300).contains(&answer.status) => Outcome::Delivered,
        Ok(answer) if answer.status == 410 => Outcome::Refused("status 410".to_owned()),
        Ok(answer) => Outcome::Failed(format!("status {}", answer.status)),
        // The list of private destinations may be about to be corrected: worth another try.
        Err(error @ (CallError::Forbidden(_) | CallError::Failed(_))) => {
            Outcome::Failed(error.to_string())
        }
    }
}
