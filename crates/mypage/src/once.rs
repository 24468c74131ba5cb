//! A code a person is shown once, as a picture, a link, and to type.

use domain::credentials::Invitation;
use domain::signing::Issuer;
use web::texts::{in_fours, qr_of};

/// A code just made.
pub(super) struct Once {
    pub(super) link: String,
    pub(super) qr: String,
    pub(super) number: String,
    pub(super) code: String,
}

impl Once {
    /// Of an operator's issuer: invitations are an operator's, also where the page is the platform's.
    pub(super) fn of(issuer: &Issuer, made: &Invitation) -> Self {
        let link = issuer.invitation(&made.number, &made.code);
        let (number, code) = (made.number.clone(), in_fours(&made.code));
        Self { qr: qr_of(&link), link, number, code }
    }
}
