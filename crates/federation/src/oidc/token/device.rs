//! The grant of a device's code.

use domain::signin::DeviceAnswer;

use super::super::answers::TokenRefusal;
use super::super::claims::Moment;
use super::{Answer, Asking};

/// RFC 8628 §3.4: asked again and again, until the person decided.
pub(super) fn answer(asking: &Asking<'_>) -> Answer {
    let code = (asking.require("device_code")?, asking.holding());
    let whose = (&asking.client, asking.issuer.operator());
    // RFC 8628 §3.5: each has a word of its own.
    let (error, code) = match asking.provider.journeys.poll_device(whose, code, asking.now)? {
        DeviceAnswer::Given(given) => return asking.personal(*given, Moment::Code),
        DeviceAnswer::Pending => ("authorization_pending", "device.pending"),
        DeviceAnswer::SlowDown => ("slow_down", "device.too_soon"),
        DeviceAnswer::Denied => ("access_denied", "device.denied"),
        DeviceAnswer::Expired => ("expired_token", "device.expired"),
    };
    Err(TokenRefusal::request(error, code))
}
