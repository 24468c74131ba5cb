//! Who belongs to a household, as its owner has it: a member is added, suspended, removed, brought back; and an adult
//! leaves by themselves.
//!
//! What only takes away needs a young proof; what gives access waits after a recovery too (`docs/decisions/0041`). A hold
//! of the station or its SMS stays whatever the owner wants. Source: brief tve §5.3, §12.5; `docs/decisions/0052`.

use base::kernel::{Change, Day, Error, Instant, Result};
use base::records::inbox;
use base::store::Tx;
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use crate::credentials::{self, Alert, Fresh, Invitation, tell_person};
use crate::subscribers::{
    Attributes, Household, MAJORITY, PERSON_STOPPED, PersonState, Reason, Role, SOLE_OWNER, Source,
    TOO_MANY,
};

use super::Op;
use super::bus::INBOX;
use super::own::Own;

/// Characters of a name at most.
const LONGEST_NAME: usize = 40;
/// The last number of a member.
const LAST_NUMBER: i64 = 999;

/// A member the owner adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Name in kana, of any width.
    pub kana: String,
    /// Birth date `YYYY-MM-DD`, if it is told.
    pub birth_on: Option<String>,
    /// Adult or child.
    pub role: Role,
}

/// Why somebody may watch again, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// Whether the owner held them.
    pub change: Change,
    /// Whether somebody else still does.
    pub held_by_others: bool,
}

/// Adds a member and invites them. `request`: the form it came with; the same again adds nobody, and the code, which is
/// shown once, is not shown again (`None`).
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`; `family.owner_only`; `person.suspended`; `contract.stopped`
/// - `field.required`, `family.name_malformed`; `date.malformed`; `person.role_unknown`
/// - `family.under_age` — an adult who is not 18
/// - `person.too_many` — as many as the operator allows
pub fn add_member(
    tx: &mut Tx<'_>,
    fresh: &Fresh<'_>,
    (new, request): (&NewMember, &str),
) -> Result<Option<Invitation>> {
    fresh.check_settled(tx)?;
    let attributes = attributes(new, tx.now())?;
    let own = Own::lock_as_owner(tx, fresh)?;
    let request_id = request_id(fresh.person_id, request);
    if !inbox::find(tx, INBOX, vec![request_id.clone()])?.is_empty() {
        return Ok(None);
    }
    let person_no = free_number(&own.household)?;
    let mut command = own.command(tx, Op::PersonAdd, person_no);
    command.request_id = request_id;
    command.attributes = attributes;
    own.give(tx, &command)?;
    credentials::invite(tx, fresh, person_no).map(Some)
}

/// A number nobody of the household ever had: one who was removed keeps theirs.
fn free_number(household: &Household) -> Result<i64> {
    let mut numbers = 1..=LAST_NUMBER;
    let free = numbers.find(|number| household.person(*number).is_none());
    free.ok_or_else(|| Error::refused(TOO_MANY))
}

/// Under which a form is known again; nobody's SMS has such ids.
fn request_id(person_id: &str, request: &str) -> String {
    let digest = Sha256::digest(format!("{}:{person_id}:{request}", person_id.len()).as_bytes());
    let hex = hex::encode(digest);
    format!("own:{}", hex.get(..40).unwrap_or(&hex))
}

fn attributes(new: &NewMember, now: Instant) -> Result<Attributes> {
    let kana = name(&new.kana)?;
    let birth_on = match new.birth_on.as_deref() {
        None => None,
        Some(text) => Some(birth_date(text, now)?),
    };
    match (new.role, birth_on) {
        (Role::Owner, _) => return Err(Error::invalid("person.role_unknown", "role")),
        (Role::Adult, Some(day)) if day.age_at(now) < MAJORITY => {
            return Err(Error::refused("family.under_age"));
        }
        (Role::Adult | Role::Child, _) => {}
    }
    let birth_on = birth_on.map(Day::iso);
    Ok(Attributes { kana: Some(kana), birth_on, role: Some(new.role), ..Attributes::default() })
}

/// A name in kana, full-width and without spaces around.
fn name(typed: &str) -> Result<String> {
    let name: String = typed.nfkc().take(4 * LONGEST_NAME).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Error::invalid("field.required", "kana"));
    }
    // Hiragana and katakana, with the long vowel, the middle dot and the marks of repetition.
    let is_kana = |c: char| matches!(c, '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30ff}' | ' ');
    if name.chars().count() > LONGEST_NAME || !name.chars().all(is_kana) {
        return Err(Error::invalid("family.name_malformed", "kana"));
    }
    Ok(name)
}

/// A day on which somebody who lives can have been born.
fn birth_date(typed: &str, now: Instant) -> Result<Day> {
    let day = Day::parse_iso(typed, "birth_on")?;
    if day > now.day_jst() || day.age_at(now) > 130 {
        return Err(Error::invalid("date.malformed", "birth_on"));
    }
    Ok(day)
}

/// Suspends a member: nothing is watched by them, and they do not sign in, until the owner resumes them.
///
/// # Errors
/// `proof.too_old`; `family.owner_only`; `family.not_owner`; `person.unknown`, `person.stopped`; `person.suspended`;
/// `contract.stopped`
pub fn suspend_member(tx: &mut Tx<'_>, fresh: &Fresh<'_>, person_no: i64) -> Result<Change> {
    fresh.check(tx)?;
    let own = Own::lock_as_owner(tx, fresh)?;
    own.other(person_no)?;
    let mut command = own.command(tx, Op::PersonSuspend, person_no);
    command.reason = Some(Reason::Pause);
    own.give(tx, &command)
}

/// Takes the owner's suspension of a member back. What the station or its SMS holds stays held.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`; `family.owner_only`; `family.not_owner`; `person.unknown`, `person.stopped`;
/// `person.suspended`; `contract.stopped`
pub fn resume_member(tx: &mut Tx<'_>, fresh: &Fresh<'_>, person_no: i64) -> Result<Resumed> {
    fresh.check_settled(tx)?;
    let own = Own::lock_as_owner(tx, fresh)?;
    own.other(person_no)?;
    let command = own.command(tx, Op::PersonResume, person_no);
    let change = own.give(tx, &command)?;
    let mut holds = own.household.holds_of(person_no);
    let held_by_others = holds.any(|hold| hold.source != Source::Owner);
    Ok(Resumed { change, held_by_others })
}

/// Removes a member: what they are signed in with ends, what is theirs is kept until it is too late to bring them back.
/// They are told.
///
/// # Errors
/// `proof.too_old`; `family.owner_only`; `family.not_owner`; `person.unknown`; `person.suspended`; `contract.stopped`
pub fn remove_member(tx: &mut Tx<'_>, fresh: &Fresh<'_>, person_no: i64) -> Result<Change> {
    fresh.check(tx)?;
    let own = Own::lock_as_owner(tx, fresh)?;
    if own.any(person_no)?.is_gone() {
        return Ok(Change::Already);
    }
    let person_id = own.other(person_no)?.person_id.clone();
    let command = own.command(tx, Op::PersonStop, person_no);
    let change = own.give(tx, &command)?;
    tell_person(tx, &person_id, Alert::LeftHousehold)?;
    Ok(change)
}

/// Brings a member back who was removed or left, as they were; what they were signed in with stays over. They are told.
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`; `family.owner_only`; `person.unknown`; `person.suspended`; `contract.stopped`
/// - `person.stopped` — too long ago; `person.too_many` — others took the place
pub fn restore_member(tx: &mut Tx<'_>, fresh: &Fresh<'_>, person_no: i64) -> Result<Change> {
    fresh.check_settled(tx)?;
    let own = Own::lock_as_owner(tx, fresh)?;
    let member = own.any(person_no)?;
    match member.state {
        PersonState::Invited | PersonState::Active => return Ok(Change::Already),
        PersonState::Purged => return Err(Error::refused(PERSON_STOPPED)),
        PersonState::Stopped => {}
    }
    let person_id = member.person_id.clone();
    let command = own.command(tx, Op::PersonAdd, person_no);
    let change = own.give(tx, &command)?;
    tell_person(tx, &person_id, Alert::BackInHousehold)?;
    Ok(change)
}

/// Takes an adult out of the household at their own wish: as a removal. The owner is told, and so are they.
///
/// # Errors
/// - `proof.too_old`; `person.suspended`; `person.stopped` — they left already; `contract.stopped`
/// - `person.sole_owner` — the owner makes somebody else the owner first
/// - `family.child_stays` — a child is taken out by the owner
pub fn leave_household(tx: &mut Tx<'_>, fresh: &Fresh<'_>) -> Result<()> {
    fresh.check(tx)?;
    let own = Own::lock(tx, fresh)?;
    let me = own.me()?;
    match me.role {
        Role::Owner => return Err(Error::refused(SOLE_OWNER)),
        Role::Child => return Err(Error::Forbidden { code: "family.child_stays" }),
        Role::Adult => {}
    }
    let command = own.command(tx, Op::PersonStop, me.person_no);
    own.give(tx, &command)?;
    tell_person(tx, fresh.person_id, Alert::LeftHousehold)?;
    if let Some(owner) = own.household.owner() {
        tell_person(tx, &owner.person_id, Alert::MemberLeft)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kana_however_it_is_typed() {
        for (typed, name_) in [
            ("はなこ", "はなこ"),
            (" ﾀｶﾊｼ　ﾊﾅｺ ", "タカハシ ハナコ"),
            ("ジャン・ルー", "ジャン・ルー"),
            ("ﾀﾞｲｽｹ", "ダイスケ"),
        ] {
            assert_eq!(name(typed).unwrap(), name_);
        }
        let long = "ア".repeat(LONGEST_NAME + 1);
        for typed in ["花子", "Hanako", "<b>", "ハナコ\u{0}", "ハナコ1", long.as_str()] {
            assert_eq!(name(typed).unwrap_err().code(), "family.name_malformed", "{typed}");
        }
        assert_eq!(name(" 　").unwrap_err().code(), "field.required");
    }

    #[test]
    fn a_birth_date_lies_behind_and_within_a_life() {
        let now = Instant::parse_compact_jst("20261120120000", "now").unwrap();
        for (typed, good) in [
            ("2026-11-20", true),
            ("2026-11-21", false),
            ("1895-11-21", true),
            ("1890-01-01", false),
            ("2026-02-30", false),
            ("", false),
        ] {
            assert_eq!(birth_date(typed, now).is_ok(), good, "{typed}");
        }
    }
}
