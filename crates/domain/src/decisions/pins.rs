//! PINs: D15.
//!
//! A viewing PIN is asked for from a rating on: the operator's for everybody, or the person's own where that is
//! lower. A purchase PIN is asked for by having one; at a set-top box where nobody is signed in always, and so
//! nothing is bought there before the owner has set one. Whose: the person's; at such a box, the owner's. Sources: brief tve §5.8, §13; `docs/decisions/0034`.

use crate::credentials::PinKind;

use super::findings::{Finding, PinFor, Refused};
use super::question::{Action, Asker, PinGiven, Question, Station, Viewer};
use super::ratings;

impl PinFor {
    /// The PIN of a person that is meant.
    pub(super) const fn kind(self) -> PinKind {
        match self {
            Self::Viewing => PinKind::Viewing,
            Self::Purchase => PinKind::Purchase,
        }
    }
}

/// Adds that a PIN is needed, unless the right one came.
pub(super) fn check(
    station: &Station,
    viewer: &Viewer<'_>,
    question: &Question<'_>,
    findings: &mut Vec<Finding>,
) {
    let guarded = viewer.guarded;
    let (pin, needed, set) = match question.action {
        Action::Purchase => {
            // Being at home is never enough to buy: at a box the owner's PIN is asked for, set or not.
            let nobody = matches!(viewer.asker, Asker::Household);
            (PinFor::Purchase, guarded.purchase || nobody, guarded.purchase)
        }
        Action::View | Action::Cast | Action::Download => {
            let everybody = station.operator.policies.pin_rating_years;
            let from = guarded.viewing_years.map_or(everybody, |own| own.min(everybody));
            let needed = ratings::years(station, question) >= from;
            (PinFor::Viewing, needed, guarded.viewing_years.is_some())
        }
    };
    let (given, wait_s) = match question.pin {
        PinGiven::Right => return,
        PinGiven::Missing => (Refused::Missing, 0),
        PinGiven::Wrong => (Refused::Wrong, 0),
        PinGiven::Locked(seconds) => (Refused::Locked, seconds),
    };
    if needed {
        findings.push(Finding::PinNeeded { pin, set, given, wait_s });
    }
}
