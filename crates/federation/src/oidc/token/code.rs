//! The grant of a code from the browser.

use domain::clients::Grant;
use domain::sessions::Lasting;
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
    let lasting =
        if asking.client.may(Grant::RefreshToken) { Lasting::Refreshed } else { Lasting::Once };
    let issuer = asking.issuer.operator();
    let given = asking.provider.journeys.redeem_code(
        (&asking.client, issuer),
        &redeeming,
        (lasting, asking.now),
    )?;
    asking.personal(given, Moment::Code)
}
