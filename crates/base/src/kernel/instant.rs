//! Instants, days and months. Business days are JST (Asia/Tokyo), storage is milliseconds since 1970 UTC.
//!
//! Source: house.md §8 (instants in ms, dates as ISO text), brief tve §0 notation (JST everywhere).

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Error, Result};

/// A point in time, milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Instant(i64);

/// Japan has had one offset without daylight saving since 1952; the tz database agrees.
fn tokyo() -> TimeZone {
    TimeZone::get("Asia/Tokyo").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(9)))
}

impl Instant {
    /// The end of time: later than anything the product stores.
    pub const FOREVER: Self = Self(253_402_300_799_000);

    /// From milliseconds since 1970 UTC.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970 UTC.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This instant moved by `seconds` (negative: earlier).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// This instant moved by whole days of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// Whole seconds from `self` to `later`; zero when `later` is not later.
    #[must_use]
    pub const fn seconds_until(self, later: Self) -> i64 {
        let ms = later.0.saturating_sub(self.0);
        if ms <= 0 { 0 } else { ms / 1000 }
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn local(self) -> DateTime {
        self.timestamp().to_zoned(tokyo()).datetime()
    }

    fn from_local(local: DateTime) -> Result<Self> {
        let zoned = local.to_zoned(tokyo()).map_err(Error::internal)?;
        Ok(Self(zoned.timestamp().as_millisecond()))
    }

    /// The JST day this instant lies in.
    #[must_use]
    pub fn day_jst(self) -> Day {
        Day(self.local().date())
    }

    /// The JST month this instant lies in.
    #[must_use]
    pub fn month_jst(self) -> Month {
        let date = self.local().date();
        Month { year: date.year(), month: date.month() }
    }

    /// `2026-11-22T15:00:00+09:00`, always JST, to the second.
    #[must_use]
    pub fn rfc3339_jst(self) -> String {
        format!("{}+09:00", self.local().strftime("%Y-%m-%dT%H:%M:%S"))
    }

    /// `20261122150000` in JST: the 14 digits of the SMS record layouts.
    #[must_use]
    pub fn compact_jst(self) -> String {
        self.local().strftime("%Y%m%d%H%M%S").to_string()
    }

    /// Reads an RFC 3339 instant; an offset is required.
    ///
    /// # Errors
    /// `time.malformed` naming `field`.
    pub fn parse_rfc3339(text: &str, field: &str) -> Result<Self> {
        text.parse::<Timestamp>()
            .map(|stamp| Self(stamp.as_millisecond()))
            .map_err(|_| Error::invalid("time.malformed", field))
    }

    /// Reads 14 digits `YYYYMMDDhhmmss` in JST.
    ///
    /// # Errors
    /// `time.malformed` naming `field`: not 14 digits or no such date.
    pub fn parse_compact_jst(text: &str, field: &str) -> Result<Self> {
        let malformed = || Error::invalid("time.malformed", field);
        if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed());
        }
        let local = DateTime::strptime("%Y%m%d%H%M%S", text).map_err(|_| malformed())?;
        Self::from_local(local).map_err(|_| malformed())
    }
}

/// A civil day in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// Reads `YYYY-MM-DD` (dates are stored so).
    ///
    /// # Errors
    /// `date.malformed` naming `field`.
    pub fn parse_iso(text: &str, field: &str) -> Result<Self> {
        Date::strptime("%Y-%m-%d", text)
            .map(Self)
            .map_err(|_| Error::invalid("date.malformed", field))
    }

    /// Reads `YYYYMMDD` (SMS records and file names).
    ///
    /// # Errors
    /// `date.malformed` naming `field`.
    pub fn parse_compact(text: &str, field: &str) -> Result<Self> {
        let malformed = || Error::invalid("date.malformed", field);
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed());
        }
        Date::strptime("%Y%m%d", text).map(Self).map_err(|_| malformed())
    }

    /// `YYYY-MM-DD`.
    #[must_use]
    pub fn iso(self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }

    /// `YYYYMMDD`.
    #[must_use]
    pub fn compact(self) -> String {
        self.0.strftime("%Y%m%d").to_string()
    }

    /// The first instant of this day in JST.
    #[must_use]
    pub fn start(self) -> Instant {
        Instant::from_local(self.0.at(0, 0, 0, 0)).unwrap_or_default()
    }

    /// The first instant after this day in JST (ends are exclusive).
    #[must_use]
    pub fn end(self) -> Instant {
        self.0.tomorrow().map_or(Instant::FOREVER, |next| Self(next).start())
    }

    /// The instant a person born on this day turns `years`: the start of that birthday.
    /// Someone born on 29 February turns on 28 February in common years, as Japanese law counts
    /// (an age is reached at the end of the day before the birthday).
    #[must_use]
    pub fn birthday(self, years: i16) -> Instant {
        self.0.checked_add(years.years()).map_or(Instant::FOREVER, |day| Self(day).start())
    }

    /// Full years lived at `now`.
    #[must_use]
    pub fn age_at(self, now: Instant) -> i16 {
        let today = now.day_jst().0;
        let years = today.year() - self.0.year();
        if Self(self.0).birthday(years) > now { years - 1 } else { years }
    }
}

/// A calendar month in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// `202611`.
    #[must_use]
    pub fn yyyymm(self) -> String {
        format!("{:04}{:02}", self.year, self.month)
    }

    /// The first instant after this month in JST.
    #[must_use]
    pub fn end(self) -> Instant {
        Date::new(self.year, self.month, 1)
            .ok()
            .map_or(Instant::FOREVER, |first| Day(first.last_of_month()).end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_starts_at_fifteen_hundred_utc_of_the_day_before() {
        let day = Day::parse_iso("2026-11-22", "d").unwrap();
        assert_eq!(day.start(), Instant::parse_rfc3339("2026-11-21T15:00:00Z", "t").unwrap());
        assert_eq!(day.start().rfc3339_jst(), "2026-11-22T00:00:00+09:00");
    }

    #[test]
    fn a_month_ends_with_the_first_instant_of_the_next_also_in_december() {
        let noon = Instant::parse_compact_jst("20261231120000", "t").unwrap();
        assert_eq!(noon.month_jst().end().compact_jst(), "20270101000000");
    }

    #[test]
    fn an_age_is_reached_on_the_birthday_and_on_28_february_for_a_leap_child() {
        let born = Day::parse_iso("2008-02-29", "d").unwrap();
        assert_eq!(born.birthday(18).compact_jst(), "20260228000000");
        let before = born.birthday(18).plus_seconds(-1);
        assert_eq!((born.age_at(before), born.age_at(born.birthday(18))), (17, 18));
    }

    #[test]
    fn thirteen_digits_or_a_thirteenth_month_are_refused_with_the_field() {
        for bad in ["2026112212000", "20261322120000", "２０２６１１２２１２００００"]
        {
            let error = Instant::parse_compact_jst(bad, "effective_at").unwrap_err();
            assert_eq!(error, Error::invalid("time.malformed", "effective_at"));
        }
    }
}
