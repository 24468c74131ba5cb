//! The grant of a refresh token.

use domain::signin::Refreshing;

use super::super::claims::Moment;
use super::{Answer, Asking};

/// RFC 6749 §6: the scope may be narrowed for this access token, never widened.
pub(super) fn answer(asking: &Asking<'_>) -> Answer {
    let with = Refreshing {
        token: asking.require("refresh_token")?,
        wanted: asking.form.get("scope"),
        jkt: asking.jkt(),
    };
    let whose = (&asking.client, asking.issuer.operator());
    let given = asking.provider.journeys.refresh(whose, &with, asking.now)?;
    asking.personal(given, Moment::Refresh)
}
