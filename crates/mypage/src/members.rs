//! Members of a household in words: for the pages of the family.

use domain::commands::HouseholdAdult;
use domain::credentials::{Relative, Removed};
use domain::subscribers::{Role, shown_name};
use web::texts::Words;
use web::words;

use super::own::{Said, on_day};

/// What is said of who may watch titles for adults from now on.
pub(super) const SWITCHED_ON: &str = "family.adult.switched_on";

/// One member on the page.
pub(super) struct Listed {
    pub(super) number: i64,
    pub(super) name: String,
    pub(super) state: String,
    /// Whether there is something to invite them to.
    pub(super) invitable: bool,
    pub(super) invited: bool,
}

/// Who can be brought back.
pub(super) struct Gone {
    pub(super) number: i64,
    pub(super) name: String,
    pub(super) until: String,
}

/// A member's name, or which member it is.
pub(super) fn named(words: Words, (kana, person_no): (Option<String>, i64)) -> String {
    let number = person_no.to_string();
    let unnamed = || words::fill(words.0, "family.member", &[("number", &number)]);
    kana.as_deref().map_or_else(unnamed, shown_name)
}

/// The same, as one speaks of them.
pub(super) fn spoken_of(words: Words, whom: (Option<String>, i64)) -> String {
    words::fill(words.0, "family.spoken_of", &[("name", &named(words, whom))])
}

pub(super) fn role(words: Words, role: Role) -> &'static str {
    words.get(match role {
        Role::Owner => "family.role.owner",
        Role::Adult => "family.role.adult",
        Role::Child => "family.role.child",
    })
}

/// A rating as its mark is known.
pub(super) fn rating(words: Words, years: i64) -> &'static str {
    words.get(match years {
        ..=0 => "family.rating.0",
        1..=12 => "family.rating.12",
        13..=15 => "family.rating.15",
        _ => "family.rating.18",
    })
}

/// What is in the way of who may watch titles for adults by their own setting: that of the household, and what its owner does
/// about it.
pub(super) fn household_off(words: Words, household: HouseholdAdult) -> Option<&'static str> {
    match household {
        HouseholdAdult::Off => Some(words.get("family.adult.household_off")),
        HouseholdAdult::NotVerified => Some(words.get("family.adult.household_unverified")),
        HouseholdAdult::Allowed | HouseholdAdult::NotSold => None,
    }
}

/// What a form did, and what is still in the way of that, if anything is.
pub(super) fn with_rest(words: Words, said: Said<'_>, rest: Option<&str>) -> Option<String> {
    let text = said.text(words)?;
    Some(match (said, rest) {
        (Said::Done(SWITCHED_ON), Some(rest)) => format!("{text} {rest}"),
        _ => text,
    })
}

/// How far a member is: suspended, registered, invited, or not yet.
pub(super) fn state(words: Words, one: &Relative) -> String {
    let waiting = || words.get("family.waiting").to_owned();
    match one {
        Relative { held_by_others: true, .. } => words.get("family.held_by_others").to_owned(),
        Relative { held_by_owner: true, .. } => words.get("family.held").to_owned(),
        Relative { registered: true, .. } => words.get("family.registered").to_owned(),
        _ => one.invited.map_or_else(waiting, |until| on_day(words, "family.invited_until", until)),
    }
}

pub(super) fn listed(words: Words, one: Relative) -> Listed {
    let lines = [
        role(words, one.role).to_owned(),
        state(words, &one),
        rating(words, one.max_rating_years).to_owned(),
    ];
    Listed {
        number: one.person_no,
        state: lines.join(" · "),
        name: named(words, (one.kana, one.person_no)),
        invitable: !one.registered,
        invited: one.invited.is_some(),
    }
}

pub(super) fn gone(words: Words, one: Removed) -> Gone {
    Gone {
        number: one.person_no,
        until: on_day(words, "family.removed_until", one.until),
        name: named(words, (one.kana, one.person_no)),
    }
}
