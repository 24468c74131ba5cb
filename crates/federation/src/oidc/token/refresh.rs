//! The grant of a refresh token.

use super::super::claims::Moment;
use super::{Answer, Asking};

/// RFC 6749 §6: the scope may be narrowed for this access token, never widened.
pub(super) fn answer(asking: &Asking<'_>) -> Answer {
    let token = asking.require("refresh_token")?;
    let issuer = asking.issuer.operator();
    let asked = (token, asking.form.get("scope"));
    let given = asking.provider.journeys.refresh((&asking.client, issuer), asked, asking.now)?;
    asking.personal(given, Moment::Refresh)
}
