//! What an operator decides for itself: numbers and switches with our defaults.

use base::kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::passkey_site::PasskeySite;
use super::publishing::{Facts, facts_of};

/// The switches and limits of one operator. Kept as JSON; what is absent has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// Most persons of a contract, the owner included. 1 to 10.
    pub max_persons: i64,
    /// Whether anything for adults is sold at all (D13).
    pub adult_sold: bool,
    /// The age asked for a title nobody has rated, in years.
    pub nr_rating_years: i64,
    /// From this rating on, in years, everybody is asked for their viewing PIN (D15). No title is rated 21: only
    /// who wants to is asked.
    pub pin_rating_years: i64,
    /// A browser session ends after this many minutes without a request.
    pub session_idle_minutes: i64,
    /// A browser session ends this many hours after the sign-in, whatever happens.
    pub session_absolute_hours: i64,
    /// How many suspending, stopping and closing lines of one SMS file need two persons.
    pub mass_guard: MassGuard,
    /// How many wrong lines of one SMS file stop it.
    pub error_limit: ErrorLimit,
    /// Until when the nightly SMS file is expected, `HH:MM` in JST.
    pub cut_off: String,
    /// Minutes after [`Policies::cut_off`] at which a missing file is an alert.
    pub late_minutes: i64,
    /// How fast each client of the operator's SMS may call.
    pub sms_pace: Pace,
    /// How fast each program that administers may call.
    pub admin_pace: Pace,
    /// Whether services may register themselves, and how many.
    pub registration: Registration,
    /// Whether a service may exchange the tokens of two persons for one in which the second acts for the first
    /// (RFC 8693). For carers and for support; off, because few services have either.
    pub token_exchange: bool,
    /// Whether a set-top box the station put up signs its household in (`docs/decisions/0043`).
    pub home_sign_in: bool,
    /// Which domain its passkeys are for, and where they may be used.
    pub passkeys: PasskeySite,
    /// Days in which a stop may be taken back.
    pub stop_cancel_days: i64,
    /// Days in which a removed person may be brought back.
    pub restore_days: i64,
    /// Days after which a stopped contract is purged.
    pub purge_days: i64,
}

/// How fast a client may call: a bucket of `burst` calls that fills by `per_second`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// Calls a second in the long run.
    pub per_second: i64,
    /// Calls at once after a pause.
    pub burst: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { per_second: 10, burst: 50 }
    }
}

/// Services that register themselves, with a token somebody gave them (`docs/decisions/0037`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    /// Whether they may.
    pub enabled: bool,
    /// How many there are at most.
    pub most: i64,
    /// Days after which one that was never used is removed.
    pub unused_days: i64,
}

impl Default for Registration {
    fn default() -> Self {
        Self { enabled: false, most: 20, unused_days: 30 }
    }
}

/// A file with more mass changes than this waits for two persons: the larger of both numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MassGuard {
    /// This many lines are always allowed.
    pub lines: i64,
    /// This share of the active contracts, in hundredths.
    pub percent: i64,
}

impl MassGuard {
    /// The most mass changes a file may make on its own among `active` contracts.
    #[must_use]
    pub const fn allowed(self, active: i64) -> i64 {
        larger(self.lines, active.saturating_mul(self.percent) / 100)
    }
}

impl Default for MassGuard {
    fn default() -> Self {
        Self { lines: 50, percent: 1 }
    }
}

/// A file with more wrong lines than this stops: the larger of both numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorLimit {
    /// This many lines are always allowed.
    pub lines: i64,
    /// This share of the file's lines, in hundredths.
    pub percent: i64,
}

impl ErrorLimit {
    /// The most wrong lines a file of `lines` lines may have.
    #[must_use]
    pub const fn allowed(self, lines: i64) -> i64 {
        larger(self.lines, lines.saturating_mul(self.percent) / 100)
    }
}

impl Default for ErrorLimit {
    fn default() -> Self {
        Self { lines: 20, percent: 5 }
    }
}

const fn larger(one: i64, other: i64) -> i64 {
    if one > other { one } else { other }
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            max_persons: 6,
            adult_sold: false,
            nr_rating_years: 15,
            pin_rating_years: 21,
            session_idle_minutes: 60 * 24 * 14,
            session_absolute_hours: 24 * 90,
            mass_guard: MassGuard::default(),
            error_limit: ErrorLimit::default(),
            cut_off: "23:00".to_owned(),
            late_minutes: 60,
            sms_pace: Pace::default(),
            admin_pace: Pace::default(),
            registration: Registration::default(),
            token_exchange: false,
            home_sign_in: false,
            passkeys: PasskeySite::default(),
            stop_cancel_days: 7,
            restore_days: 30,
            purge_days: 180,
        }
    }
}

/// What a station decides at its console; paces and the domain of passkeys are agreed with the platform.
pub const STATION_DECIDES: [&str; 20] = [
    "max_persons",
    "adult_sold",
    "nr_rating_years",
    "pin_rating_years",
    "session_idle_minutes",
    "session_absolute_hours",
    "home_sign_in",
    "token_exchange",
    "registration.enabled",
    "registration.most",
    "registration.unused_days",
    "mass_guard.lines",
    "mass_guard.percent",
    "error_limit.lines",
    "error_limit.percent",
    "cut_off",
    "late_minutes",
    "stop_cancel_days",
    "restore_days",
    "purge_days",
];

/// Those of [`STATION_DECIDES`] that say when a file of the SMS is missed, and when it waits for people.
pub const ABOUT_FILES: [&str; 6] = [
    "cut_off",
    "late_minutes",
    "mass_guard.lines",
    "mass_guard.percent",
    "error_limit.lines",
    "error_limit.percent",
];

/// Policies of earlier releases: still stored here and there, and without meaning.
const RETIRED: &[&str] = &["absent_is_stop"];

impl Policies {
    /// Reads what is stored.
    pub(super) fn parse(stored: &str) -> Result<Self> {
        let mut stored: serde_json::Value =
            serde_json::from_str(stored).map_err(Error::internal)?;
        if let Some(policies) = stored.as_object_mut() {
            policies.retain(|name, _| !RETIRED.contains(&name.as_str()));
        }
        serde_json::from_value(stored).map_err(Error::internal)
    }

    pub(super) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    /// Whether a file may take more away, or have more wrong lines, before two persons are asked than under `other`.
    #[must_use]
    pub const fn asks_less_often_than(&self, other: &Self) -> bool {
        self.mass_guard.lines > other.mass_guard.lines
            || self.mass_guard.percent > other.mass_guard.percent
            || self.error_limit.lines > other.error_limit.lines
            || self.error_limit.percent > other.error_limit.percent
    }

    /// Each policy by its name, as a text.
    #[must_use]
    pub fn facts(&self) -> Facts {
        facts_of("", self)
    }

    /// The same, but for those of [`STATION_DECIDES`] that `changes` names, each by its text.
    ///
    /// # Errors
    /// `operator.policy_out_of_range` — names a policy that can not be read so, or is not the station's to decide.
    pub fn with(&self, changes: &Facts) -> Result<Self> {
        let mut all = serde_json::to_value(self).map_err(Error::internal)?;
        for (name, text) in changes {
            let wrong =
                || Error::invalid("operator.policy_out_of_range", format!("policies.{name}"));
            let place = format!("/{}", name.replace('.', "/"));
            let place = all.pointer_mut(&place).ok_or_else(wrong)?;
            if !STATION_DECIDES.contains(&name.as_str()) {
                return Err(wrong());
            }
            *place = match place {
                Json::Bool(_) => Json::Bool(text.parse().map_err(|_| wrong())?),
                Json::Number(_) => text.trim().parse::<i64>().map_err(|_| wrong())?.into(),
                _ => text.trim().into(),
            };
        }
        serde_json::from_value(all).map_err(Error::internal)
    }

    /// Minutes from midnight (JST) until which the nightly file is expected.
    #[must_use]
    pub fn cut_off_minutes(&self) -> Option<i64> {
        let (hours, minutes) = self.cut_off.split_once(':')?;
        let two_digits = |text: &str| (text.len() == 2).then(|| text.parse::<i64>().ok()).flatten();
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
    }

    /// Whether every number makes sense.
    ///
    /// # Errors
    /// `operator.policy_out_of_range`, `operator.passkeys_malformed` naming the policy.
    pub fn check(&self) -> Result<()> {
        let ranges = [
            ("max_persons", self.max_persons, 1, 10),
            ("nr_rating_years", self.nr_rating_years, 0, 20),
            ("pin_rating_years", self.pin_rating_years, 0, 21),
            ("session_idle_minutes", self.session_idle_minutes, 1, 60 * 24 * 90),
            ("session_absolute_hours", self.session_absolute_hours, 1, 24 * 400),
            ("mass_guard.lines", self.mass_guard.lines, 0, 1_000_000),
            ("mass_guard.percent", self.mass_guard.percent, 0, 100),
            ("error_limit.lines", self.error_limit.lines, 0, 1_000_000),
            ("error_limit.percent", self.error_limit.percent, 0, 100),
            ("late_minutes", self.late_minutes, 0, 60 * 24),
            ("sms_pace.per_second", self.sms_pace.per_second, 1, 10_000),
            ("sms_pace.burst", self.sms_pace.burst, 1, 100_000),
            ("admin_pace.per_second", self.admin_pace.per_second, 1, 10_000),
            ("admin_pace.burst", self.admin_pace.burst, 1, 100_000),
            ("registration.most", self.registration.most, 0, 10_000),
            ("registration.unused_days", self.registration.unused_days, 1, 366),
            ("stop_cancel_days", self.stop_cancel_days, 0, 31),
            ("restore_days", self.restore_days, 0, 180),
            ("purge_days", self.purge_days, 31, 3660),
        ];
        let wrong = |name: &str| {
            Err(Error::invalid("operator.policy_out_of_range", format!("policies.{name}")))
        };
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return wrong(name);
            }
        }
        if self.cut_off_minutes().is_none() {
            return wrong("cut_off");
        }
        self.passkeys.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_before_a_policy_existed_has_its_default() {
        let stored = Policies::parse(r#"{"max_persons": 4}"#).unwrap();
        assert_eq!(stored, Policies { max_persons: 4, ..Policies::default() });
    }

    #[test]
    fn what_was_stored_of_a_policy_that_is_none_any_more_is_passed_over() {
        let stored = Policies::parse(r#"{"max_persons": 4, "absent_is_stop": true}"#).unwrap();
        assert_eq!(stored, Policies { max_persons: 4, ..Policies::default() });
        Policies::parse(r#"{"max_parsons": 4}"#).unwrap_err();
    }

    #[test]
    fn the_guard_allows_the_larger_of_lines_and_share() {
        let guard = MassGuard::default();
        assert_eq!([guard.allowed(0), guard.allowed(5_000), guard.allowed(30_000)], [50, 50, 300]);
        assert_eq!(ErrorLimit::default().allowed(1_000), 50);
    }

    #[test]
    fn a_policy_out_of_range_is_named() {
        Policies::default().check().unwrap();
        let many = Policies { max_persons: 11, ..Policies::default() };
        let field = |policies: Policies| match policies.check().unwrap_err() {
            Error::Invalid { field, .. } => field,
            other => other.to_string(),
        };
        assert_eq!(field(many), "policies.max_persons");
        for bad in ["24:00", "7:30", "", "23:60", "aa:bb"] {
            let late = Policies { cut_off: bad.to_owned(), ..Policies::default() };
            assert_eq!(field(late), "policies.cut_off", "{bad}");
        }
    }
}
