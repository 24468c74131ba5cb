//! Back-channel logout: a service is told that a session has ended, by POST with a logout token.
//!
//! Source: OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8.

use base::records::outbox::Outcome;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::http::{CallError, Http};

/// Sends a logout token.
///
/// 2xx: the service has logged the person out. Anything else is worth another try, also 400: a service
/// that answers so may be about to be corrected, and the session it keeps is somebody's.
pub async fn deliver(http: &Http, url: &Url, token: &str) -> Outcome {
    let body = Serializer::new(String::new()).append_pair("logout_token", token).finish();
    let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    match http.post(url, &headers, body.into_bytes()).await {
        Ok(answer) if (200..300).contains(&answer.status) => Outcome::Delivered,
        Ok(answer) => Outcome::Failed(format!("status {}", answer.status)),
        Err(error @ (CallError::Forbidden(_) | CallError::Failed(_))) => {
            Outcome::Failed(error.to_string())
        }
    }
}
