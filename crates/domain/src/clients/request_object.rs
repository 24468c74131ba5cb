//! Authorization requests that a client signed: what one asks for, once it is found genuine.
//!
//! Source: RFC 9101 §4, §6, §10.8; RFC 8725 §3.11.

use base::kernel::{Error, Instant, Result};
use formats::jose::{self, Audience, Expected, TokenType};
use serde_json::{Map, Value};

use super::terms::Client;

/// The `typ` of a request object. Required: whatever else the client signs with the same keys (its
/// assertions) is no request.
const TYPE: &str = "oauth-authz-req+jwt";
/// A request is good for at most this long.
const LONGEST_SECONDS: i64 = 3600;
/// How far the clocks of clients may be off, in seconds.
const LEEWAY_SECONDS: i64 = 10;
/// What says how good the object is, and nothing of what is asked for.
const OF_THE_OBJECT: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];
/// A request within a request.
const NESTED: [&str; 2] = ["request", "request_uri"];

fn invalid() -> Error {
    Error::invalid("authorize.request_object_invalid", "request")
}

impl Client {
    /// Whether it has keys to sign requests with.
    #[must_use]
    pub const fn signs_requests(&self) -> bool {
        self.keys.is_some()
    }

    /// The parameters of a request object that this client signed for `issuer` and that is good at `now`.
    /// Structured ones (`claims`) are as JSON text, as they would stand in a query.
    ///
    /// # Errors
    /// `authorize.request_object_invalid` — not signed with one of its keys, of another type, client or
    /// issuer, over, good for more than an hour, or with a request inside; for every failure alike
    ///
    /// Source: RFC 9101 §4, §6.
    pub fn open_request(
        &self,
        token: &str,
        (issuer, now): (&str, Instant),
    ) -> Result<Vec<(String, String)>> {
        let keys = self.keys.as_ref().ok_or_else(invalid)?;
        let expected = Expected {
            issuer: &self.id,
            audience: Audience::OneOf(&[issuer]),
            token_type: TokenType::Required(TYPE),
            algorithms: self.signs_with(),
            now: now.ms() / 1000,
            leeway: LEEWAY_SECONDS,
        };
        let claims: Map<String, Value> = jose::verify(token, keys, &expected).map_err(|error| {
            tracing::info!(client = %self.id, %error, "request object refused");
            invalid()
        })?;
        let end = claims.get("exp").and_then(Value::as_i64).ok_or_else(invalid)?;
        let soon = end <= expected.now + LONGEST_SECONDS + LEEWAY_SECONDS;
        let own = claims.get("client_id").and_then(Value::as_str) == Some(self.id.as_str());
        let nested = NESTED.iter().any(|name| claims.contains_key(*name));
        if !own || nested || !soon {
            return Err(invalid());
        }
        let asked = claims.into_iter().filter(|(name, _)| !OF_THE_OBJECT.contains(&name.as_str()));
        Ok(asked.map(|(name, value)| (name, text_of(value))).collect())
    }
}

fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
