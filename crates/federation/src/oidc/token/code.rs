//! The grant of a code from the browser.

use domain::signin::Redeeming;

use super::super::claims::Moment;
use super::{Answer, Asking};

/// RFC 6749 §4.1.3.
pub(super) fn answer(asking: &Asking<'_>) -> Answer {
    let redeeming = Redeeming {
        code: asking.require("code")?,
        redirect_uri: asking.require("redirect_uri")?,
        verifier: asking.form.get("code_verifier"),
    };
    let issuer = asking.issuer.operator();
    let given = asking.provider.journeys.redeem_code(
        (&asking.client, issuer),
        &redeeming,
        (asking.holding(), asking.now),
    )?;
    asking.personal(given, Moment::Code)
}
