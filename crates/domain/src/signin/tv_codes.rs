//! Who forgot the password and has a box of the station at home: the box shows a code, and they type it with a PIN
//! of theirs.
//!
//! Neither is enough alone: the code says in which home somebody stands, the PIN who of it. As with every other way,
//! nobody is told whose a login id is, nor which of both was wrong. Source: brief tve §12.3; `docs/decisions/0046`.

use std::sync::Arc;

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;

use crate::boxes;
use crate::clients::Client;
use crate::credentials::{self, Login, PinKind, Tried, Try, TvCode, TvCodeFor};
use crate::operators;
use crate::signing::{Issuer, MasterKey};
use crate::subscribers::{self, Household};

use super::finish::Moved;
use super::forgotten::refuse;
use super::home::{OFF, at_home};
use super::journeys::{Caller, Journeys, MOVED};
use super::repo;
use super::requests::{RecoveredBy, Step};

const WRONG: Error = Error::Unauthenticated { code: "signin.code_wrong" };

impl Journeys {
    /// Gives the box that signed `token` for this `issuer` a code to show, in place of the one it showed.
    ///
    /// # Errors
    /// Those of [`Journeys::enter_home`], but for those of a scope.
    pub fn give_tv_code(
        &self,
        (client, issuer): (&Client, &Issuer),
        (token, purpose): (&str, TvCodeFor),
        now: Instant,
    ) -> Result<String> {
        let scope = Scope::new(issuer.operator(), Actor::Client(client.id.clone()), now);
        self.boxes_sign_in(&scope, issuer)?;
        let word = self.word(&scope, (token, issuer.url()))?;
        let signing = Arc::clone(&self.signing);
        self.db.transact(&scope, move |tx| {
            let (key, one) = word.take(tx)?;
            at_home(tx, &key)?;
            let detail = match purpose {
                TvCodeFor::Recovery => json!({"box": one.box_id}),
                TvCodeFor::Registration => json!({"box": one.box_id, "for": "registration"}),
            };
            record(tx, &Entry::new("home.code_shown", &key.label()).detail(detail))?;
            let thumbprint = one.thumbprint().unwrap_or_default();
            let shows = (one.box_id.as_str(), thumbprint.as_str(), &key);
            credentials::give_tv_code(tx, signing.master(), shows, purpose)
        })
    }

    /// Goes on to asking for the code of a box, whoever has this login id and also when nobody has. Who has no
    /// password any more (a reset) is nobody here: they have a letter.
    ///
    /// # Errors
    /// - `login.malformed`; `home.off` — the operator does not have it
    /// - `recovery.too_often` — this sign-in asked ten times
    /// - `signin.unknown`; `signin.step_changed`
    pub fn ask_television(&self, caller: &Caller<'_>, typed_name: &str) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let name = credentials::login_name(typed_name)?;
        self.db.housekeep(&ticket.scope.clone(), "recovery-asked", move |tx| {
            if !tx.operator_fact(operators::find_operator)?.policies.home_sign_in {
                return Err(OFF);
            }
            let login = ticket.at_recovery(tx, &name)?;
            let counted_as = Login::counted_as(login.as_ref(), &name);
            let stands = login.filter(|login| login.hash.is_some());
            let person_id = stands.map(|login| login.person_id).unwrap_or_default();
            repo::set_step(tx, &ticket.id, &Step::Television { counted_as, person_id })
        })?;
        Ok(Moved::GoesOn)
    }

    /// Tries the code a box shows, and the PIN beside it: the purchase PIN of who has one, else the viewing PIN.
    /// When both are right the code is spent, and the sign-in goes on to the new password.
    ///
    /// The try counts on the counter of the password; a PIN is tried only beside a code of the person's own home,
    /// and counts as everywhere.
    ///
    /// # Errors
    /// `signin.code_wrong`; `signin.locked` with the time to wait; `signin.unknown`; `signin.step_changed`
    pub fn try_television(&self, caller: &Caller<'_>, (code, pin): (&str, &str)) -> Result<Moved> {
        let ticket = self.read(caller)?;
        let (signing, code, pin) = (Arc::clone(&self.signing), code.to_owned(), pin.to_owned());
        let tried = self.db.housekeep(&ticket.scope.clone(), "sign-in-try", move |tx| {
            let (Step::Television { counted_as, person_id }, _) = ticket.find(tx)? else {
                return Err(MOVED);
            };
            if let Try::Locked(wait) = credentials::begin_try(tx, &counted_as)? {
                return Ok(Tried::Locked(wait));
            }
            let wanted = (code.as_str(), TvCodeFor::Recovery);
            let found = credentials::find_tv_code(tx, signing.master(), wanted)?;
            let Some(found) = found.filter(|_| !person_id.is_empty()) else {
                return refuse(tx, &counted_as);
            };
            if !is_of_their_home(tx, &found, &person_id)? {
                return refuse(tx, &counted_as);
            }
            match try_pin_of(tx, signing.master(), (&person_id, &pin))? {
                Tried::Good if credentials::spend_tv_code(tx, &found)? => {
                    credentials::take_back_try(tx, &counted_as)?;
                    ticket.go_on(tx, person_id, RecoveredBy::Television)?;
                    Ok(Tried::Good)
                }
                Tried::Good | Tried::Wrong => refuse(tx, &counted_as),
                Tried::Locked(wait) => Ok(Tried::Locked(wait)),
            }
        })?;
        match tried {
            Tried::Good => Ok(Moved::GoesOn),
            Tried::Wrong => Err(WRONG),
            Tried::Locked(wait) => Err(Error::TooMany { code: "signin.locked", wait }),
        }
    }
}

/// Whether the box that shows the code stands in the home of the person, unchanged since, and may be used there.
fn is_of_their_home(tx: &mut Tx<'_>, code: &TvCode, person_id: &str) -> Result<bool> {
    let whose = subscribers::key_of_person(tx, person_id)?;
    if whose.is_none_or(|(key, _)| key != code.key) {
        return Ok(false);
    }
    Ok(home_of(tx, code)?.is_some())
}

/// The household the box that shows the code stands in, unchanged since, if it may be used there; else `None`.
pub(super) fn home_of(tx: &mut Tx<'_>, code: &TvCode) -> Result<Option<Household>> {
    let stands = boxes::find_box(tx, &code.box_id)?;
    let same = |one: &boxes::SetTopBox| one.thumbprint().as_ref() == Some(&code.thumbprint);
    if !stands.is_some_and(|(key, one)| key == code.key && same(&one)) {
        return Ok(None);
    }
    match at_home(tx, &code.key) {
        Ok(household) => Ok(Some(household)),
        Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The stronger PIN of the person: who could buy proves that they could.
fn try_pin_of(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (person_id, typed): (&str, &str),
) -> Result<Tried> {
    let all = credentials::pins_of(tx, person_id)?;
    let buys = all.iter().any(|one| one.kind == PinKind::Purchase);
    let kind = if buys { PinKind::Purchase } else { PinKind::Viewing };
    credentials::try_pin(tx, master, person_id, (kind, typed))
}
