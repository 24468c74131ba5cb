//! The steps of a person who has a letter: contract number and code, then login id and password. Who proved to be the
//! owner before a box at home (`first_at_home.rs`) goes the second half.

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::credentials::{self, Beside, Letter, LetterCheck, check_password_of};
use crate::operators;
use crate::sessions::{self, Proven, Reason};
use crate::subscribers::{self, By, Household, Load, Source};

use super::Member;
use super::finish::{Moved, settle};
use super::first_at_home::admitted_at_box;
use super::journeys::{Caller, Journeys, MOVED, Ticket};
use super::members::{admit, admit_household};
use super::no_password::{nobodys, stands};
use super::repo;
use super::requests::{Purpose, Step};

/// Bad tries of a letter in one sign-in, less one.
pub(super) const LETTER_TRIES: i64 = 10;

pub(super) const REFUSED: Error = Error::Refused { code: "registration.refused" };

impl Journeys {
    /// Tries the letter: contract number and code. When they are right the sign-in goes on to choose
    /// login id and password; the code is spent only then.
    ///
    /// The try is counted by the sign-in, before anything is looked up: what is read and written is
    /// the same whatever is wrong, and nobody can use up the letter of somebody else.
    ///
    /// # Errors
    /// `registration.refused` — unknown number, wrong, old or used code, or too many tries: nobody is
    /// told which; `signin.unknown`; `signin.step_changed`
    pub fn try_letter(
        &self,
        caller: &Caller<'_>,
        (typed_number, code): (&str, &str),
    ) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let number: String = typed_number.nfkc().collect::<String>().trim().to_owned();
        let code = code.to_owned();
        let scope = ticket.scope.clone();
        let good = self.db.housekeep(&scope, "registration-letter", move |tx| {
            let tries = ticket.count_letter(tx)?;
            let found = credentials::check_letter(tx, &number, &code)?;
            let LetterCheck::Good(letter) = found else { return Ok(false) };
            if tries > LETTER_TRIES || !stands(tx, &letter)? {
                return Ok(false);
            }
            repo::set_step(tx, &ticket.id, &Step::account(letter, tx.now()))?;
            Ok(true)
        })?;
        if good { Ok(Moved::GoesOn) } else { Err(REFUSED) }
    }

    /// Gives the person of the letter this login id and password, makes them ACTIVE, and signs them
    /// in. The letter is spent in the same commit, and everything they were signed in by before ends.
    /// Who has an authenticator is asked for it all the same: a letter box is not a second factor.
    ///
    /// # Errors
    /// - `login.malformed`, `login.taken`; `password.too_short`, `password.too_long`,
    ///   `password.common`, `password.busy`
    /// - `registration.refused` — the letter was used or replaced meanwhile; who comes from a box registered
    ///   otherwise, or was reset
    /// - `signin.unknown`, `signin.step_changed`; `client.unknown`, `client.terms_changed`; those of
    ///   the guard
    pub fn register(
        &self,
        caller: &Caller<'_>,
        (typed_name, password): (&str, &str),
    ) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let name = credentials::login_name(typed_name)?;
        check_password_of(password, &[&name], Beside::Nothing)?;
        let at = self.db.read(&ticket.scope, |tx| ticket.find(tx))?;
        self.registered(&ticket, at, Some((&name, password)))
    }

    /// The rest of every registration; `chosen`: login id and password, if the person chose them.
    pub(super) fn registered(
        &self,
        ticket: &Ticket,
        (step, purpose): (Step, Purpose),
        chosen: Option<(&str, &str)>,
    ) -> Result<Moved> {
        let Step::Account { person_id, checked, at_box, invited_by } = step else {
            return Err(MOVED);
        };
        let letter = Letter { person_id, invited_by };
        let aim = self.aim_of(purpose)?;
        let is_chosen = chosen.is_some();
        let (name, password) =
            chosen.map_or_else(nobodys, |(name, password)| (name.to_owned(), password.to_owned()));
        let hash = self.passwords.hash(ticket.scope.operator(), &password, Beside::Nothing)?;
        let signing = Arc::clone(&self.signing);
        let cause = if at_box.is_some() { "box" } else { "letter" };
        let scope = Scope::new(ticket.scope.operator(), Actor::Anonymous, ticket.scope.now());
        let scope = scope.caused_by(cause);
        let here = ticket.clone();
        let moved = self.db.transact(&scope, move |tx| {
            let member = match at_box {
                Some(_) => admitted_at_box(tx, &letter.person_id)?,
                None => admitted_by(tx, &letter, checked)?,
            };
            // A letter may be of somebody who had a password: whoever knew that one is out.
            credentials::replace_credentials(tx, &member.person_id, (&name, &hash))?;
            if !is_chosen {
                credentials::note_unchosen(tx, &member.person_id)?;
            }
            sessions::end_sessions(tx, Reason::PasswordReplaced(&member.person_id))?;
            let factors = credentials::factors_of(tx, &member.person_id)?;
            settle(tx, &signing, (&here, &aim), (&member, &Proven::letter(), factors))
        })?;
        if moved.opened_session() {
            self.end_elsewhere(ticket)?;
        }
        Ok(moved)
    }
}

/// Makes the member of a letter ACTIVE, admits them and spends it. One that invites is for who has not registered
/// only, and who made it is told.
fn admitted_by(tx: &mut Tx<'_>, letter: &Letter, checked: Instant) -> Result<Member> {
    let by = if letter.invited_by.is_some() { "invitation" } else { "letter" };
    let (member, change) = activate(tx, &letter.person_id, by)?;
    let takes_over = letter.invited_by.is_some() && change == Change::Already;
    if takes_over || !credentials::spend_letter(tx, letter, checked)? {
        return Err(REFUSED);
    }
    if let Some(inviter) = &letter.invited_by {
        credentials::tell_inviter(tx, inviter)?;
    }
    Ok(member)
}

/// Makes a member ACTIVE, in the household's own words, and admits them. `registered_by`: what for, in
/// the books.
pub(super) fn activate(
    tx: &mut Tx<'_>,
    person_id: &str,
    registered_by: &'static str,
) -> Result<(Member, Change)> {
    let operator = tx.operator_fact(operators::find_operator)?;
    if !operator.enabled() {
        return Err(Error::refused("operator.disabled"));
    }
    let (key, person_no) = subscribers::key_of_person(tx, person_id)?.ok_or(REFUSED)?;
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::ForChange)?;
    let version = subscribers::next_version(&loaded);
    let before: Vec<Household> = loaded.into_iter().filter(|one| one.key() == key).collect();
    let mut after = before.clone();
    let household = after.first_mut().ok_or(REFUSED)?;
    // From the outside in, as everywhere: the household's reason comes before the member's own.
    admit_household(household, tx.now())?;
    let cause = tx.cause().to_owned();
    let by = By { source: Source::System, at: tx.now(), now: tx.now(), cause: &cause };
    let outcome = household.register(person_no, &by)?;
    if outcome.change == Change::Made {
        let was = before.first().map(|one| one.persons.as_slice()).unwrap_or_default();
        household.mark(version, was, (tx.now(), &cause));
        record_registered(tx, household, (person_no, registered_by))?;
        tx.touch(Some(&key.number));
    }
    let member = admit(&operator, household, (person_no, tx.now()))?;
    subscribers::save(tx, &before, &after)?;
    Ok((member, outcome.change))
}

fn record_registered(
    tx: &mut Tx<'_>,
    household: &Household,
    (person_no, by): (i64, &'static str),
) -> Result<()> {
    let contract = &household.contract;
    let state = household.standing(tx.now()).as_str();
    let payload = json!({
        "contract": contract.number,
        "generation": contract.generation,
        "version": contract.version,
        "state": state,
        "person_no": person_no,
        "person_id": household.person(person_no).map(|person| &person.person_id),
        "at": tx.now().rfc3339_jst(),
    });
    let subject = format!("{}/{person_no:03}", household.key().label());
    let entry = Entry::new("person.registered", &subject)
        .version(contract.version)
        .detail(json!({"by": by}))
        .event(&contract.number, payload);
    record(tx, &entry)
}
