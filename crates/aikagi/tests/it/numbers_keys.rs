//! The keys of the second reference model (`numbers_model`): periods, from brief tve §5.4.

use crate::numbers_model::{Contract, What};

pub const DAY: i64 = 86_400;
const NOON: i64 = 12 * 3600;

#[derive(Debug, Clone, Copy)]
pub enum When {
    Now,
    InDays(i64),
    EndOfDay,
    EndOfMonth,
}

/// One period of a key.
#[derive(Debug, Clone)]
pub struct Period {
    pub product: &'static str,
    pub who: i64,
    pub start: i64,
    end: Option<i64>,
    pub stopped: Option<i64>,
    revoked: bool,
    played: Option<i64>,
}

impl Period {
    pub fn over(&self) -> Option<i64> {
        self.end.into_iter().chain(self.stopped).min()
    }

    pub fn state(&self, now: i64) -> &'static str {
        match self.over() {
            _ if self.revoked => "REVOKED",
            Some(over) if over <= now => "CLOSED",
            _ if now < self.start => "SCHEDULED",
            _ => "OPEN",
        }
    }

    pub fn is_living(&self, now: i64) -> bool {
        matches!(self.state(now), "OPEN" | "SCHEDULED")
    }

    /// A rental: 30 days to begin, 48 hours from the first play.
    pub fn watchable(&self, at: i64) -> bool {
        self.product != "RENTAL1"
            || at < self.played.map_or(self.start + 30 * DAY, |played| played + 2 * DAY)
    }
}

pub fn key(contract: &mut Contract, what: &What, now: i64) -> &'static str {
    match *what {
        What::Open { product, who, in_days, days } => {
            let start = now + in_days * DAY;
            open(contract, (product, who), (start, days.map(|days| start + days * DAY)), now)
        }
        What::Close { product, who, when } => {
            let end = match when {
                When::Now => now,
                When::InDays(days) => now + days * DAY,
                When::EndOfDay => end_of_day(now),
                When::EndOfMonth => end_of_month(now),
            };
            close(contract, (product, who), end, now)
        }
        What::Revoke { product, who } => {
            let of = |key: &&mut Period| (key.product, key.who) == (product, who) && !key.revoked;
            let all = contract.keys.iter_mut().filter(of).map(|key| key.revoked = true).count();
            if all > 0 { "" } else { "note.nothing_open" }
        }
        What::Play => {
            let playable = |key: &&mut Period| {
                (key.product, key.who, key.state(now)) == ("RENTAL1", 0, "OPEN")
                    && key.watchable(now)
            };
            match contract.keys.iter_mut().find(playable) {
                Some(rental) => {
                    rental.played.get_or_insert(now);
                    ""
                }
                None => "rental.unknown",
            }
        }
        _ => unreachable!(),
    }
}

fn open(
    contract: &mut Contract,
    (product, who): (&'static str, i64),
    (start, end): (i64, Option<i64>),
    now: i64,
) -> &'static str {
    match product {
        "NO-SUCH" => return "product.unknown",
        "OLD" => return "product.not_sold",
        _ if contract.stopped_on.is_some() => return "contract.stopped",
        "NIGHT" => return "product.needs_adult_proof",
        _ => {}
    }
    if who != 0 && contract.members.get(&who).is_none_or(|one| one.gone_since.is_some()) {
        return "person.unknown";
    }
    if end == Some(start) {
        return "key.period_invalid";
    }
    let touches = |key: &Period| {
        (key.product, key.who) == (product, who)
            && key.is_living(now)
            && key.watchable(start.max(now))
            && key.end.is_none_or(|known| start <= known)
            && end.is_none_or(|end| key.start <= end)
    };
    let (met, apart): (Vec<Period>, Vec<Period>) =
        std::mem::take(&mut contract.keys).into_iter().partition(touches);
    contract.keys = apart;
    let fresh = Period { product, who, start, end, stopped: None, revoked: false, played: None };
    // One period over all it touches, however many.
    let merged = met.iter().fold(fresh, |one, key| Period {
        start: one.start.min(key.start),
        end: one.end.zip(key.end).map(|(a, b)| a.max(b)),
        played: one.played.or(key.played),
        ..one
    });
    let same = |key: &Period| (key.start, key.end) == (merged.start, merged.end);
    let code = match met.as_slice() {
        [] if contract.standing(now) == "SUSPENDED" => "note.held",
        [] => "",
        [only] if same(only) => "note.same_already",
        _ => "note.extended",
    };
    contract.keys.push(merged);
    code
}

fn close(
    contract: &mut Contract,
    (product, who): (&'static str, i64),
    end: i64,
    now: i64,
) -> &'static str {
    let theirs = |key: &Period| (key.product, key.who) == (product, who) && !key.revoked;
    let knew = contract.keys.iter().any(theirs);
    let mut changed = false;
    for key in contract.keys.iter_mut().filter(|key| theirs(key) && key.is_living(now)) {
        if key.end.is_none_or(|known| end < known) {
            // What ends before it begins is never opened: closed now.
            key.end = Some(if end <= key.start { end.min(now) } else { end });
            changed = true;
        }
    }
    match (changed, knew) {
        (true, _) => "",
        (false, true) => "note.closed_already",
        (false, false) => "note.nothing_open",
    }
}

/// The first second of the next day in Japan.
fn end_of_day(now: i64) -> i64 {
    ((now + NOON) / DAY + 1) * DAY - NOON
}

/// The first second of the next month in Japan.
fn end_of_month(now: i64) -> i64 {
    let (mut year, mut month, mut ends) = (2026, 11, 11 * DAY - NOON);
    while ends <= now {
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        ends += DAY
            * match month {
                2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
    }
    ends
}
