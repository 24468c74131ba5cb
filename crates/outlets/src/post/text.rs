//! Texts to telephones, through a provider that takes JSON by POST.
//!
//! ```text
//! POST {url}
//! Authorization: Bearer {token}
//! Idempotency-Key: evt_…
//! {"id": "evt_…", "to": "+819012345678", "from": "KITAHAMA", "text": "…"}
//! ```
//!
//! 2xx: taken. 404, 410, 422: there is nobody at this number. Anything else is worth another try: also 400 and 401,
//! which are about us. A gateway of another shape stands behind a program of the station that speaks this.

use serde_json::json;
use url::Url;

use crate::http::Http;

use super::{Sent, Text};

/// A provider.
#[derive(Clone)]
pub struct Provider {
    /// Where it takes texts.
    pub url: Url,
    /// What we prove ourselves by; empty: nothing.
    pub token: String,
    /// Whom the telephone shows as the sender, if the provider lets us say.
    pub from: String,
}

pub(super) async fn deliver(http: &Http, provider: &Provider, text: &Text) -> Sent {
    let Text { id, to, text: said } = text;
    let body = match provider.from.as_str() {
        "" => json!({"id": id, "to": to, "text": said}),
        from => json!({"id": id, "to": to, "from": from, "text": said}),
    };
    let mut headers =
        vec![("content-type", "application/json".to_owned()), ("idempotency-key", text.id.clone())];
    if !provider.token.is_empty() {
        headers.push(("authorization", format!("Bearer {}", provider.token)));
    }
    match http.post(&provider.url, &headers, body.to_string().into_bytes()).await {
        Ok(answer) if (200..300).contains(&answer.status) => Sent::Delivered,
        Ok(answer) if [404, 410, 422].contains(&answer.status) => {
            Sent::Bounced(format!("status {}", answer.status))
        }
        Ok(answer) => Sent::Failed(format!("status {}", answer.status)),
        Err(error) => Sent::Failed(error.to_string()),
    }
}
