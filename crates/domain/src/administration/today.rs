//! What a station sees of its day at a glance, as far as the books tell it.

use base::kernel::{Instant, Result};
use base::records::outbox::{self, Backlog};
use base::records::{self, Counted, Request};
use base::store::Tx;

/// How many lines of each book are looked at, from its end: the page costs the same on a busy day. What lies before them is
/// not counted, and the page says so.
pub const LOOKED_AT: i64 = 20_000;

/// What is counted in the audit.
const SIGNED_IN: &str = "person.signed_in";
const REGISTERED: &str = "person.registered";
const LOCKED_OUT: &str = "person.locked_out";
/// What a wrong password is answered with.
const WRONG: [&str; 2] = ["signin.failed", "signin.locked"];

/// The day of a station so far, from midnight in Japan, read in three statements whatever its size.
#[derive(Debug, Clone)]
pub struct Today {
    /// Midnight.
    pub since: Instant,
    /// Sign-ins, by hour.
    pub signed_in: [i64; 24],
    /// Wrong passwords, by hour.
    pub wrong: [i64; 24],
    /// Members who registered.
    pub registered: i64,
    /// Members who were locked out.
    pub locked_out: i64,
    /// How long half of the newest requests took at most, and 95 of 100, in microseconds; none: there were none.
    pub took: Option<(i64, i64)>,
    /// What services have not been told yet.
    pub deliveries: Vec<Backlog>,
    /// Whether the access log had more lines than were looked at.
    pub cut: bool,
}

/// Reads it.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn today(tx: &mut Tx<'_>) -> Result<Today> {
    let since = tx.now().day_jst().start();
    let newest = (since, LOOKED_AT);
    let acts = [SIGNED_IN, REGISTERED, LOCKED_OUT].map(str::to_owned).to_vec();
    let counted = records::count_acts(tx, acts, newest)?;
    let requests = records::newest_requests(tx, newest)?;
    let looked_at = i64::try_from(requests.len()).unwrap_or(i64::MAX);
    let of = |act: &str| counted.iter().filter(|one| one.act == act).map(|one| one.count).sum();
    Ok(Today {
        since,
        signed_in: by_hour(counted.iter().filter(|one| one.act == SIGNED_IN)),
        wrong: wrong_by_hour(&requests, since),
        registered: of(REGISTERED),
        locked_out: of(LOCKED_OUT),
        took: records::half_and_most(requests.iter().map(|one| one.micros).collect()),
        deliveries: outbox::backlog(tx)?,
        cut: looked_at >= LOOKED_AT,
    })
}

fn by_hour<'c>(counted: impl Iterator<Item = &'c Counted>) -> [i64; 24] {
    let mut hours = [0; 24];
    for one in counted {
        if let Some(hour) = usize::try_from(one.hour).ok().and_then(|hour| hours.get_mut(hour)) {
            *hour += one.count;
        }
    }
    hours
}

fn wrong_by_hour(requests: &[Request], since: Instant) -> [i64; 24] {
    let mut hours = [0; 24];
    for request in requests.iter().filter(|one| WRONG.contains(&one.code.as_str())) {
        let hour = usize::try_from(since.seconds_until(request.at) / 3600).ok();
        if let Some(hour) = hour.and_then(|hour| hours.get_mut(hour)) {
            *hour += 1;
        }
    }
    hours
}
