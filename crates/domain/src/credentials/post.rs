//! Letters for the post: a code for a member, and which members still wait for one.

use std::collections::HashSet;

use base::kernel::{Error, Instant, Result};
use base::records::{Entry, record};
use base::store::{Row, Tx, Value};
use serde_json::json;

use crate::operators;
use crate::subscribers::{self, Household, Load, PersonState, Standing};

use super::letters::{self, LETTER_DAYS, Printed, issue_letter_code};

/// What the printer needs. The code is nowhere else: only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedLetter {
    /// Contract number.
    pub number: String,
    /// The member.
    pub person_no: i64,
    /// The code, without hyphens.
    pub code: String,
    /// Until when it is good.
    pub expires: Instant,
}

/// Members who were invited and have no letter that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Contract number and member, in this order.
    pub members: Vec<(String, i64)>,
    /// The last contract number that was looked at: ask on from here; `None`: that was all.
    pub next: Option<String>,
}

/// Makes a new code for a member of the newest generation of a contract; an earlier one of theirs is
/// dead from now on. For who is invited, and for who registered and lost the password.
///
/// # Errors
/// `operator.unknown`, `contract.unknown`, `contract.stopped`; `person.unknown` — also a member who
/// was removed
pub fn write_letter(tx: &mut Tx<'_>, number: &str, person_no: i64) -> Result<PrintedLetter> {
    let household = household_of(tx, (number, person_no))?;
    let code = issue_letter_code(tx, number, household.contract.generation, person_no)?;
    let expires = tx.now().plus_days(LETTER_DAYS);
    Ok(PrintedLetter { number: number.to_owned(), person_no, code, expires })
}

/// How long a code that is handed over is good, in seconds: who gets it registers while they are there.
pub const HANDED_SECONDS: i64 = 3600;

/// Where a code is handed to a member, in place of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedAt {
    /// In their home, where the engineer has just put everything up: whoever lives there, and has not registered.
    Installation,
    /// At the station's counter, where staff saw a document of theirs: also who registered, and lost what they
    /// sign in with.
    Counter,
}

impl HandedAt {
    /// As callers and the books write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::Counter => "counter",
        }
    }

    /// The place that `text` names.
    ///
    /// # Errors
    /// `field.malformed`
    pub fn parse(text: &str) -> Result<Self> {
        let all = [Self::Installation, Self::Counter];
        let named = all.into_iter().find(|one| one.as_str() == text);
        named.ok_or_else(|| Error::invalid("field.malformed", "at"))
    }
}

/// Makes a code that a member registers with at once; a letter, invitation or code of theirs is dead from now on. Good for
/// [`HANDED_SECONDS`]. Recorded with where it was.
///
/// # Errors
/// As [`write_letter`]; `person.registered` — at an installation, of who has registered: an engineer brings in, and
/// takes over nobody
pub fn hand_code(
    tx: &mut Tx<'_>,
    (number, person_no): (&str, i64),
    at: HandedAt,
) -> Result<PrintedLetter> {
    let household = household_of(tx, (number, person_no))?;
    let invited = household.person(person_no).is_some_and(|one| one.state == PersonState::Invited);
    if at == HandedAt::Installation && !invited {
        return Err(Error::refused("person.registered"));
    }
    let printed = Printed { number, generation: household.contract.generation, person_no };
    let expires = tx.now().plus_seconds(HANDED_SECONDS);
    let code = letters::write_code(tx, &printed, (None, expires))?;
    let detail = json!({"at": at.as_str(), "expires": expires.rfc3339_jst()});
    record(tx, &Entry::new("letter.handed", &letters::subject_of(&printed)).detail(detail))?;
    Ok(PrintedLetter { number: number.to_owned(), person_no, code, expires })
}

/// The newest household of the number, with this member in it.
fn household_of(tx: &mut Tx<'_>, (number, person_no): (&str, i64)) -> Result<Household> {
    tx.operator_fact(operators::find_operator)?;
    let newest = subscribers::load(tx, vec![number.to_owned()], Load::Whole)?.pop();
    let household =
        newest.ok_or_else(|| Error::not_found(subscribers::UNKNOWN, number.to_owned()))?;
    if matches!(household.standing(tx.now()), Standing::Stopped | Standing::Purged) {
        return Err(Error::refused(subscribers::STOPPED));
    }
    let here = household.person(person_no);
    if here.is_none_or(|person| person.is_gone()) {
        let whom = format!("{number}/{person_no:03}");
        return Err(Error::not_found(subscribers::PERSON_UNKNOWN, whom));
    }
    Ok(household)
}

/// The invited members without a good letter in up to `limit` contracts after the number `after`;
/// contracts that are stopped are left out.
///
/// # Errors
/// `operator.unknown`
pub fn waiting_for_letter(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Waiting> {
    tx.operator_fact(operators::find_operator)?;
    let numbers = subscribers::list_open(tx, after, limit)?;
    let next = numbers.last().cloned();
    let mut newest: Vec<Household> = Vec::new();
    for household in subscribers::load(tx, numbers, Load::Whole)? {
        match newest.last_mut() {
            Some(last) if last.contract.number == household.contract.number => *last = household,
            _ => newest.push(household),
        }
    }
    let invited = |household: &Household| -> Vec<(String, i64)> {
        let all = household.persons.iter().filter(|one| one.state == PersonState::Invited);
        all.map(|one| (one.person_id.clone(), one.person_no)).collect()
    };
    let ids = newest.iter().flat_map(&invited).map(|(id, _)| id).collect();
    let written = good_letters(tx, ids)?;
    let mut members = Vec::new();
    for household in newest {
        let waiting = invited(&household).into_iter().filter(|(id, _)| !written.contains(id));
        members.extend(waiting.map(|(_, no)| (household.contract.number.clone(), no)));
    }
    Ok(Waiting { members, next })
}

/// Which of these persons have a letter that is good, under whatever number it was printed.
fn good_letters(tx: &mut Tx<'_>, person_ids: Vec<String>) -> Result<HashSet<String>> {
    let keys: [Value; 3] = [tx.operator().into(), person_ids.into(), tx.now().into()];
    let found = tx.rows(
        "SELECT c.person_id FROM registration_codes c
           JOIN persons p ON p.operator_id = c.operator_id AND p.person_id = c.person_id
            AND p.access_no = c.access_no
          WHERE c.operator_id = ?1 AND c.person_id IN ARRAY(?2) AND c.used_ms IS NULL
            AND c.expires_ms > ?3",
        &keys,
        Row::text,
    )?;
    Ok(found.into_iter().collect())
}
