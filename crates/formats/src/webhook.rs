//! Standard Webhooks: the signature on a message from us, and how its receiver checks it.
//!
//! Headers `webhook-id`, `webhook-timestamp` (seconds), `webhook-signature` (`v1,` and the base64
//! HMAC-SHA256 of `id.timestamp.body`; several, separated by spaces, while a secret is changed).
//!
//! Source: <https://www.standardwebhooks.com/>, specification 1.0.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Header with the message id, the same for every attempt.
pub const ID_HEADER: &str = "webhook-id";
/// Header with the instant of the attempt in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// Seconds a message may be older or newer than the receiver's clock.
pub const TOLERANCE_SECONDS: i64 = 300;

const PREFIX: &str = "whsec_";

/// Why a secret or a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookError {
    /// Not `whsec_` and the base64 of 24 to 64 bytes.
    Secret,
    /// The timestamp is no number of seconds.
    Timestamp,
    /// Too old or too new: perhaps a replay.
    Stale,
    /// No signature fits.
    Signature,
}

impl WebhookError {
    /// The stable dotted code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Secret => "webhook.secret",
            Self::Timestamp => "webhook.timestamp",
            Self::Stale => "webhook.stale",
            Self::Signature => "webhook.signature",
        }
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl std::error::Error for WebhookError {}

/// A message as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// Value of [`ID_HEADER`].
    pub id: &'a str,
    /// Value of [`TIMESTAMP_HEADER`].
    pub timestamp: &'a str,
    /// Value of [`SIGNATURE_HEADER`].
    pub signature: &'a str,
    /// The body's bytes, untouched.
    pub body: &'a [u8],
}

/// A shared secret, ready to sign.
pub struct WebhookSecret(hmac::Key);

impl WebhookSecret {
    /// A new secret of 32 bytes in its written form.
    ///
    /// # Errors
    /// `webhook.secret` when the source of randomness fails.
    pub fn generate() -> Result<String, WebhookError> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| WebhookError::Secret)?;
        Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// Reads the written form.
    ///
    /// # Errors
    /// `webhook.secret` — no `whsec_`, no base64, fewer than 24 or more than 64 bytes.
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(WebhookError::Secret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| WebhookError::Secret)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(WebhookError::Secret);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The value of [`SIGNATURE_HEADER`] for a message sent at `timestamp` (seconds). `id` must be
    /// without a full stop, which separates the parts.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let tag = self.tag(id, &timestamp.to_string(), body);
        format!("v1,{}", STANDARD.encode(tag))
    }

    /// Checks a received message: `now` in seconds, [`TOLERANCE_SECONDS`], one fitting signature,
    /// compared in constant time.
    ///
    /// # Errors
    /// `webhook.timestamp`, `webhook.stale`, `webhook.signature`.
    pub fn verify(&self, received: &Received<'_>, now: i64) -> Result<(), WebhookError> {
        let sent: i64 = received.timestamp.parse().map_err(|_| WebhookError::Timestamp)?;
        if sent.abs_diff(now) > TOLERANCE_SECONDS.unsigned_abs() {
            return Err(WebhookError::Stale);
        }
        let wanted = self.tag(received.id, received.timestamp, received.body);
        let fits = |signature: &str| {
            let stated = signature.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
            stated.is_some_and(|stated| {
                aws_lc_rs::constant_time::verify_slices_are_equal(&stated, wanted.as_ref()).is_ok()
            })
        };
        if received.signature.split(' ').any(fits) { Ok(()) } else { Err(WebhookError::Signature) }
    }

    fn tag(&self, id: &str, timestamp: &str, body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            context.update(part);
        }
        context.sign()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SENT: i64 = 1_614_265_330;
    const RECEIVED: Received<'static> = Received {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        body: br#"{"test": 2432232314}"#,
    };

    #[test]
    fn the_example_of_the_specification_is_signed_and_verified() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        assert_eq!(secret.sign(RECEIVED.id, SENT, RECEIVED.body), RECEIVED.signature);
        assert_eq!(secret.verify(&RECEIVED, SENT), Ok(()));
        assert_eq!(secret.verify(&RECEIVED, SENT + 300), Ok(()));
        let rotated = format!("v1a,AAAA v1,!! v1,bm9ldHU= {}", RECEIVED.signature);
        assert_eq!(secret.verify(&Received { signature: &rotated, ..RECEIVED }, SENT), Ok(()));
    }

    #[test]
    fn anything_changed_is_refused() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let check = |received: Received<'_>, now| secret.verify(&received, now);
        let wrong = Err(WebhookError::Signature);
        assert_eq!(check(Received { body: b"{}", ..RECEIVED }, SENT), wrong);
        assert_eq!(check(Received { id: "msg_2", ..RECEIVED }, SENT), wrong);
        assert_eq!(check(Received { timestamp: "1614265331", ..RECEIVED }, SENT), wrong);
        assert_eq!(check(Received { signature: "v1,", ..RECEIVED }, SENT), wrong);
        assert_eq!(check(RECEIVED, SENT + 301), Err(WebhookError::Stale));
        assert_eq!(check(RECEIVED, SENT - 301), Err(WebhookError::Stale));
        let noon = Received { timestamp: "noon", ..RECEIVED };
        assert_eq!(check(noon, SENT), Err(WebhookError::Timestamp));
        let other = WebhookSecret::parse(&WebhookSecret::generate().unwrap()).unwrap();
        assert_eq!(other.verify(&RECEIVED, SENT), wrong);
    }

    #[test]
    fn a_weak_or_broken_secret_is_refused() {
        for text in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA", "whsec_!", ""] {
            assert_eq!(WebhookSecret::parse(text).err(), Some(WebhookError::Secret), "{text}");
        }
    }
}
