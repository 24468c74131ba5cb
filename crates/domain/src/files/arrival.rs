//! A file is seen, put in order, checked, and accepted or refused.
//!
//! Source: brief tve §7.3, order of checks.

use base::kernel::Result;
use base::store::Tx;

use crate::operators;
use crate::subscribers;

use super::guard::PERSONS;
use super::repo::{self, change};
use super::{Approval, File, FileState, Waits};

/// What a name and a first look tell of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrival {
    /// Its name.
    pub name: String,
    /// Interface, empty when the name can not be read.
    pub interface: String,
    /// `D` or `F`.
    pub kind: String,
    /// Sequence number.
    pub sequence: i64,
    /// `YYYY-MM-DD`.
    pub business_on: String,
    /// SHA-256 of the whole file, hex.
    pub digest: String,
    /// Whether it says of itself that it is a test.
    pub test: bool,
    /// Whether it is done by hand, outside the watched directories.
    pub by_hand: bool,
}

/// What staff decided of a file that was refused for its business day: sent again, it may go on.
pub(super) const LATE: &str = "late";

/// Writes down that a file was seen.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn arrive(tx: &mut Tx<'_>, arrival: &Arrival) -> Result<File> {
    arrive_from(tx, arrival, Origin::default())
}

/// Who put a file in at the console, and who said that it is meant before it began.
#[derive(Default)]
pub(super) struct Origin {
    pub(super) uploaded_by: String,
    pub(super) approvals: Vec<Approval>,
}

/// Writes down that a file was seen that came from `origin`. What two persons approved as a whole does not wait for
/// two more because it takes much away.
pub(super) fn arrive_from(tx: &mut Tx<'_>, arrival: &Arrival, origin: Origin) -> Result<File> {
    let released = repo::is_released(tx, (&arrival.name, &arrival.digest), LATE)?;
    let approved = origin.approvals.len() >= PERSONS;
    let resolved = released.then_some(LATE).into_iter();
    let resolved = resolved.chain(approved.then_some(Waits::Mass.as_str()));
    let file = File {
        id: tx.next_id("fil"),
        name: arrival.name.clone(),
        interface: arrival.interface.clone(),
        kind: arrival.kind.clone(),
        sequence: arrival.sequence,
        business_on: arrival.business_on.clone(),
        digest: arrival.digest.clone(),
        state: FileState::Arrived,
        code: String::new(),
        detail: String::new(),
        test: arrival.test,
        by_hand: arrival.by_hand,
        waits_for: None,
        resolved: resolved.map(str::to_owned).collect(),
        approvals: origin.approvals,
        uploaded_by: origin.uploaded_by,
        lines_total: 0,
        lines_done: 0,
        read_offset: 0,
        result_offset: 0,
        ok: 0,
        warnings: 0,
        errors: 0,
        mass: 0,
        arrived: tx.now(),
        updated: tx.now(),
        started: None,
        applied: None,
        sent: None,
    };
    repo::insert(tx, &file)?;
    repo::record(tx, &file, "file.arrived")?;
    Ok(file)
}

/// How a file stands to those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// It is the next one, or a test, or released.
    Next,
    /// F003: this very file was taken before; its result is sent again.
    Resend(Box<File>),
    /// F004: its number was taken by another content.
    Reused,
    /// F005: the file with this number is missing.
    Gap(i64),
    /// One before it waits for two persons.
    Behind,
    /// F011: its business day lies before that of the last file, which was this.
    Late(String),
    /// F011: its business day lies after this one, tomorrow. A day far off, taken once, would make
    /// every later file late.
    Early(String),
}

/// The sequence number an interface expects; `None`: no file came yet, and any begins.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn expected_next(tx: &mut Tx<'_>, interface: &str) -> Result<Option<i64>> {
    Ok(repo::last_in_order(tx, interface)?.map(|last| last.sequence + 1))
}

/// Puts an arrived or held file in order.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn order(tx: &mut Tx<'_>, file: &File) -> Result<Order> {
    let last = repo::last_in_order(tx, &file.interface)?;
    if let Some(last) = last.filter(|_| !file.test) {
        if file.sequence <= last.sequence {
            let taken = repo::by_sequence(tx, &file.interface, file.sequence)?;
            return Ok(match taken {
                Some(taken) if taken.digest == file.digest => Order::Resend(Box::new(taken)),
                _ => Order::Reused,
            });
        }
        if file.sequence > last.sequence + 1 && !file.is_resolved("gap") {
            return Ok(Order::Gap(last.sequence + 1));
        }
        if repo::waits_for_persons(tx, &file.interface)? {
            return Ok(Order::Behind);
        }
        if file.business_on < last.business_on && !file.is_resolved(LATE) {
            return Ok(Order::Late(last.business_on));
        }
    }
    let tomorrow = tomorrow(tx);
    if file.business_on > tomorrow { Ok(Order::Early(tomorrow)) } else { Ok(Order::Next) }
}

/// The last business day a file may have by now.
pub(super) fn tomorrow(tx: &Tx<'_>) -> String {
    tx.now().plus_days(1).day_jst().iso()
}

/// Holds a file until the one before it arrives or staff releases it. Repeated: nothing changes.
///
/// # Errors
/// `store.changed_meanwhile`
pub fn hold_for_gap(tx: &mut Tx<'_>, file: &File, missing: i64) -> Result<File> {
    let held = File {
        state: FileState::Held,
        code: "F005".to_owned(),
        detail: format!("waits for {missing:08}"),
        waits_for: Some(Waits::Gap),
        ..file.clone()
    };
    change(tx, file, held, "file.held")
}

/// What a sound file contains, as far as the books care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Lines.
    pub lines: i64,
    /// Lines that stop, suspend or close.
    pub mass: i64,
    /// Bytes before the first line.
    pub data_offset: i64,
}

/// Accepts a checked file: its lines may be done, or it waits for two persons because it takes too
/// much away.
///
/// # Errors
/// `operator.unknown`; `store.changed_meanwhile`
pub fn accept(tx: &mut Tx<'_>, file: &File, found: &Found) -> Result<File> {
    let allowed = guard_limit(tx)?;
    let accepted = File {
        state: FileState::Applying,
        code: String::new(),
        detail: String::new(),
        waits_for: None,
        lines_total: found.lines,
        mass: found.mass,
        read_offset: found.data_offset,
        ..file.clone()
    };
    let meant = accepted.is_resolved(Waits::Mass.as_str());
    if found.mass <= allowed || meant || !accepted.has_effect() {
        return change(tx, file, accepted, "file.accepted");
    }
    let guarded = File {
        state: FileState::Guarded,
        code: "F010".to_owned(),
        detail: format!("{} lines stop, suspend or close; {allowed} are allowed", found.mass),
        waits_for: Some(Waits::Mass),
        ..accepted
    };
    change(tx, file, guarded, "file.guarded")
}

/// How many lines of a file may stop, suspend or close without two persons' word.
///
/// # Errors
/// `operator.unknown`; `unavailable` when the database fails.
pub fn guard_limit(tx: &mut Tx<'_>) -> Result<i64> {
    let operator = tx.operator_fact(operators::find_operator)?;
    Ok(operator.policies.mass_guard.allowed(subscribers::count_open(tx)?))
}

/// Refuses a file whole: nothing of it is applied, and its sequence number stays free.
///
/// # Errors
/// `store.changed_meanwhile`
pub fn reject(tx: &mut Tx<'_>, file: &File, code: &str, detail: &str) -> Result<File> {
    let rejected = File {
        state: FileState::Rejected,
        code: code.to_owned(),
        detail: detail.to_owned(),
        waits_for: None,
        ..file.clone()
    };
    change(tx, file, rejected, "file.rejected")
}

/// Writes down that the result of an earlier file was sent again for this one (F003).
///
/// # Errors
/// `store.changed_meanwhile`
pub fn resent(tx: &mut Tx<'_>, file: &File, earlier: &File) -> Result<File> {
    let again = File {
        state: FileState::Rejected,
        code: "F003".to_owned(),
        detail: format!("the result of {} was sent again", earlier.id),
        waits_for: None,
        sent: Some(tx.now()),
        ..file.clone()
    };
    change(tx, file, again, "file.result_resent")
}
