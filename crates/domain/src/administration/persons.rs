//! A member who called the station: what the station sees of them, and their sessions.
//!
//! Names, telephone numbers and login ids are not shown: who calls is asked for them, not told.

use base::kernel::{Change, Error, Instant, Result};
use base::store::Tx;

use crate::credentials::{self, PinKind};
use crate::operators;
use crate::sessions::{self, Device, Ended, ListedSession, Reason};
use crate::subscribers::{
    self, Around, Hold, Household, Load, PERSON_UNKNOWN, Person, PersonStanding, Role, UNKNOWN,
};

/// Most sessions, and most devices, that are listed or counted.
const SHOWN: i64 = 200;

/// A member, as the station sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPerson {
    /// The contract's number.
    pub number: String,
    /// Its generation.
    pub generation: i64,
    /// The member's number.
    pub person_no: i64,
    /// What they are in the household.
    pub role: Role,
    /// What all that is known comes to now.
    pub standing: PersonStanding,
    /// What holds them, besides what holds the household.
    pub holds: Vec<Hold>,
    /// Until when they are locked out after wrong tries, if they are.
    pub locked_until: Option<Instant>,
    /// How many browsers they are signed in with, up to 200.
    pub sessions: usize,
    /// How many devices have a session of their own, up to 200.
    pub devices: usize,
}

/// Where a member is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Browsers, the oldest first, up to 200.
    pub sessions: Vec<ListedSession>,
    /// Devices with a session of their own, up to 200.
    pub devices: Vec<Device>,
}

/// A member, and where they are signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSheet {
    /// As the station sees them.
    pub person: ListedPerson,
    /// Their name, as the station wrote it.
    pub kana: Option<String>,
    /// Where they are signed in.
    pub signed_in: SignedIn,
}

/// The newest household of this number.
fn household(tx: &mut Tx<'_>, number: &str) -> Result<Household> {
    let newest = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?.pop();
    newest.ok_or_else(|| Error::not_found(UNKNOWN, number))
}

fn member(household: &Household, person_no: i64) -> Result<&Person> {
    let unknown = || Error::not_found(PERSON_UNKNOWN, &household.contract.number);
    household.person(person_no).ok_or_else(unknown)
}

/// The member `person_no` of the newest household of `number`.
///
/// # Errors
/// `operator.unknown`; `contract.unknown`; `person.unknown`
pub fn find_person(tx: &mut Tx<'_>, whom: (&str, i64)) -> Result<ListedPerson> {
    member_sheet(tx, whom).map(|sheet| sheet.person)
}

/// The member `person_no` of the newest household of `number`, with where they are signed in. Six statements, and less where the
/// station itself is known in memory.
///
/// # Errors
/// `operator.unknown`; `contract.unknown`; `person.unknown`
pub fn member_sheet(tx: &mut Tx<'_>, (number, person_no): (&str, i64)) -> Result<MemberSheet> {
    let operator_disabled = !tx.operator_fact(operators::find_operator)?.enabled();
    let household = household(tx, number)?;
    let person = member(&household, person_no)?;
    let id = person.person_id.clone();
    let locked_until = credentials::locked_out(tx, vec![id.clone()])?.remove(&id);
    let around = Around { operator_disabled, locked: locked_until.is_some() };
    let standing = household.person_standing(person_no, around, tx.now());
    let signed_in = signed_in(tx, &id)?;
    let listed = ListedPerson {
        number: household.contract.number.clone(),
        generation: household.contract.generation,
        person_no,
        role: person.role,
        standing,
        holds: household.holds_of(person_no).cloned().collect(),
        locked_until,
        sessions: signed_in.sessions.len(),
        devices: signed_in.devices.len(),
    };
    Ok(MemberSheet { person: listed, kana: person.kana.clone(), signed_in })
}

/// Where the member `person_no` of the newest household of `number` is signed in.
///
/// # Errors
/// `operator.unknown`; `contract.unknown`; `person.unknown`
pub fn list_signed_in(tx: &mut Tx<'_>, (number, person_no): (&str, i64)) -> Result<SignedIn> {
    let id = member(&household(tx, number)?, person_no)?.person_id.clone();
    signed_in(tx, &id)
}

fn signed_in(tx: &mut Tx<'_>, person_id: &str) -> Result<SignedIn> {
    let station = tx.operator_fact(operators::find_operator)?;
    let sessions = sessions::list_sessions(tx, person_id, ("", SHOWN), &station.policies)?;
    Ok(SignedIn { sessions, devices: sessions::list_devices(tx, person_id, ("", SHOWN))? })
}

/// Ends everything the member `person_no` of the newest household of `number` is signed in with, or one session:
/// they called, and proved to the station who they are. What has ended is answered the same.
///
/// # Errors
/// `operator.unknown`; `contract.unknown`; `person.unknown`; `session.unknown` — also somebody else's
pub fn end_sessions(
    tx: &mut Tx<'_>,
    (number, person_no): (&str, i64),
    session: Option<&str>,
) -> Result<Ended> {
    operators::find_operator(tx)?;
    let id = member(&household(tx, number)?, person_no)?.person_id.clone();
    match session {
        Some(session) => sessions::end_session_of(tx, (&id, session)),
        None => sessions::end_sessions(tx, Reason::ByStaff(&id)),
    }
}

/// Takes all PINs of the member `person_no` of the newest household of `number` away, with their lock-outs: they called, and set
/// new ones on their own page. Nobody sees one.
///
/// # Errors
/// `operator.unknown`; `contract.unknown`; `person.unknown`
pub fn reset_pins(tx: &mut Tx<'_>, (number, person_no): (&str, i64)) -> Result<Change> {
    operators::find_operator(tx)?;
    let id = member(&household(tx, number)?, person_no)?.person_id.clone();
    let mut change = Change::Already;
    for kind in PinKind::ALL {
        if credentials::reset_pin(tx, &id, kind)? == Change::Made {
            change = Change::Made;
        }
    }
    Ok(change)
}
