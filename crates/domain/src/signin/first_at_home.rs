//! The owner of a household registers without a letter: the box the station put up at home shows a code, and they type
//! it with the birth date the station knows of them.
//!
//! Only while the household never had an owner who registered: afterwards there is somebody to invite, and letters
//! for who lost everything. Source: brief tve §12.2; `docs/decisions/0050`.

use std::sync::Arc;

use base::kernel::{Actor, Day, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::credentials::{self, Try, TvCode, TvCodeFor};
use crate::operators;
use crate::sessions::plain_user_code;
use crate::subscribers::{self, Load, Person};

use super::Member;
use super::finish::Moved;
use super::forgotten::refuse;
use super::journeys::{Caller, Journeys};
use super::registration::{LETTER_TRIES, REFUSED, activate};
use super::repo;
use super::requests::{OwnPage, Purpose, Step, Visit};
use super::tv_codes::home_of;

impl Journeys {
    /// Begins a registration in the browser that holds `browser`, for who scanned the code a box shows, and answers its
    /// ticket. Whether the code is good is tried with the birth date only.
    ///
    /// # Errors
    /// `registration.refused` — the operator does not have it; `operator.unknown`
    pub fn begin_at_box(
        &self,
        operator: &str,
        scanned: &str,
        (browser, now): (&str, Instant),
    ) -> Result<String> {
        let scope = Scope::new(operator, Actor::Anonymous, now);
        let found = self.db.operator_fact(&scope, operators::find_operator)?;
        if !found.policies.home_sign_in {
            return Err(REFUSED);
        }
        let purpose = Purpose::Own(Visit { issuer: operator.to_owned(), own: OwnPage::Contacts });
        let step = Step::BoxCode { scanned: plain_user_code(scanned) };
        self.write_down(operator, (step, purpose), (browser, now))
    }

    /// Tries the code a box shows and the owner's birth date. When both are right the code is spent, and the sign-in
    /// goes on to choose login id and password.
    ///
    /// The try is counted by the sign-in, as a letter's and with them; a wrong birth date beside a right code counts
    /// on the counter of the owner too, so that other codes and sign-ins make no more guesses.
    ///
    /// # Errors
    /// `registration.refused` — whatever is wrong, or too many tries: nobody is told which; also where the station
    /// knows no birth date of the owner, or an owner registered before; `signin.unknown`; `signin.step_changed`
    pub fn try_box_code(&self, caller: &Caller<'_>, (code, birth): (&str, &str)) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let (signing, code, born) = (Arc::clone(&self.signing), code.to_owned(), day(birth));
        let good = self.db.housekeep(&ticket.scope.clone(), "registration-box", move |tx| {
            let tries = ticket.count_box_code(tx)?;
            let wanted = (code.as_str(), TvCodeFor::Registration);
            let found = credentials::find_tv_code(tx, signing.master(), wanted)?;
            let Some(found) = found.filter(|_| tries <= LETTER_TRIES) else { return Ok(false) };
            let Some(owner) = owner_to_be(tx, &found)? else { return Ok(false) };
            let person_id = owner.person_id;
            if credentials::begin_try(tx, &person_id)? != Try::Begun {
                return Ok(false);
            }
            if born.is_none() || born != owner.birth_on {
                refuse(tx, &person_id)?;
                return Ok(false);
            }
            credentials::take_back_try(tx, &person_id)?;
            if !credentials::spend_tv_code(tx, &found)? {
                return Ok(false);
            }
            let detail = json!({"box": found.box_id});
            record(tx, &Entry::new("person.home_proved", &person_id).detail(detail))?;
            let (checked, at_box) = (tx.now(), Some(found.box_id));
            let step = Step::Account { person_id, checked, at_box, invited_by: None };
            repo::set_step(tx, &ticket.id, &step)?;
            Ok(true)
        })?;
        if good { Ok(Moved::GoesOn) } else { Err(REFUSED) }
    }
}

/// The owner who may register by this code, if there is one: nobody of the household did who owned it.
fn owner_to_be(tx: &mut Tx<'_>, code: &TvCode) -> Result<Option<Person>> {
    let household = home_of(tx, code)?;
    Ok(household.and_then(|household| household.owner_to_be().cloned()))
}

/// Makes the owner ACTIVE who proved to stand before their box, and admits them, if they are still who never
/// registered: neither by a letter, nor before a reset.
pub(super) fn admitted_at_box(tx: &mut Tx<'_>, person_id: &str) -> Result<Member> {
    // Locked until this ends: what is found is what is changed.
    let (key, _) = subscribers::key_of_person(tx, person_id)?.ok_or(REFUSED)?;
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::ForChange)?;
    let household = loaded.iter().find(|one| one.key() == key).ok_or(REFUSED)?;
    if household.owner_to_be().is_none_or(|owner| owner.person_id != person_id) {
        return Err(REFUSED);
    }
    activate(tx, person_id, "box").map(|(member, _)| member)
}

/// A day as people type it, `1980-05-05`, with strokes or without, in any width; `None`: it is none.
fn day(typed: &str) -> Option<String> {
    let plain: String = typed.nfkc().map(|c| if c == '/' { '-' } else { c }).collect();
    let plain = plain.trim();
    let read = Day::parse_iso(plain, "birth_on").or_else(|_| Day::parse_compact(plain, "birth_on"));
    read.ok().map(Day::iso)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn a_day_may_be_typed_as_people_type() {
        assert_eq!(day("１９８０/05/05 ").as_deref(), Some("1980-05-05"));
        assert_eq!(day("1980-5-5").as_deref(), Some("1980-05-05"));
        assert_eq!(day("１９８００５０５").as_deref(), Some("1980-05-05"));
        for none in ["", "19800505x", "昭和55年", "1980-02-30"] {
            assert_eq!(day(none), None, "{none}");
        }
    }
}
