//! Members of a household who act for themselves, and its owner for the others: the guard at the effect, and how such a
//! wish becomes a command.
//!
//! The household's rows are locked first, so that what is looked at is what is changed: of two wishes at once the second
//! sees what the first did. Source: brief tve §5.3 (who may do what); `docs/decisions/0052`.

use base::kernel::{Change, Error, Result};
use base::store::Tx;

use crate::credentials::Fresh;
use crate::subscribers::{
    self, CANNOT_RESUME, Household, Load, PERSON_STOPPED, PERSON_UNKNOWN, Person, PersonState,
    Role, SOLE_OWNER, STOPPED, SUSPENDED, Standing, TOO_MANY,
};

use super::bus::execute;
use super::{Command, Op, Report, ResultKind};

const OWNER_ONLY: Error = Error::Forbidden { code: "family.owner_only" };

/// A locked household, and who of it acts.
pub(super) struct Own {
    pub(super) household: Household,
    me: i64,
}

impl Own {
    /// The household of who acts, if they may be signed in: the guard of sign-ins once more, with the rows locked.
    ///
    /// # Errors
    /// `person.stopped` — of no household, or not any more; `person.suspended`; `contract.stopped`
    pub(super) fn lock(tx: &mut Tx<'_>, fresh: &Fresh<'_>) -> Result<Self> {
        let gone = || Error::refused(PERSON_STOPPED);
        let (key, me) = subscribers::key_of_person(tx, fresh.person_id)?.ok_or_else(gone)?;
        let loaded = subscribers::load(tx, vec![key.number.clone()], Load::ForChange)?;
        let household = loaded.into_iter().find(|one| one.key() == key).ok_or_else(gone)?;
        let person = household.person(me).filter(|one| one.person_id == fresh.person_id);
        if person.is_none_or(|one| one.state != PersonState::Active) {
            return Err(gone());
        }
        if household.holds_of(me).next().is_some() {
            return Err(Error::refused(SUSPENDED));
        }
        match household.standing(tx.now()) {
            Standing::Stopped | Standing::Purged => Err(Error::refused(STOPPED)),
            Standing::Suspended | Standing::Reserved | Standing::Active => {
                Ok(Self { household, me })
            }
        }
    }

    /// As [`Own::lock`], for the owner alone.
    ///
    /// # Errors
    /// `family.owner_only`, also for who is of no household any more; `person.suspended`; `contract.stopped`
    pub(super) fn lock_as_owner(tx: &mut Tx<'_>, fresh: &Fresh<'_>) -> Result<Self> {
        let own = match Self::lock(tx, fresh) {
            Err(Error::Refused { code: PERSON_STOPPED }) => Err(OWNER_ONLY),
            other => other,
        }?;
        if own.is_owner() { Ok(own) } else { Err(OWNER_ONLY) }
    }

    /// Who acts.
    pub(super) fn me(&self) -> Result<&Person> {
        self.household.person(self.me).ok_or_else(|| Error::internal("nobody acts"))
    }

    pub(super) fn is_owner(&self) -> bool {
        self.household.owner().is_some_and(|owner| owner.person_no == self.me)
    }

    /// The member `person_no`, also one who is gone.
    ///
    /// # Errors
    /// `person.unknown`
    pub(super) fn any(&self, person_no: i64) -> Result<&Person> {
        let unknown = || Error::not_found(PERSON_UNKNOWN, person_no.to_string());
        self.household.person(person_no).ok_or_else(unknown)
    }

    /// The member `person_no`.
    ///
    /// # Errors
    /// `person.unknown`; `person.stopped`
    pub(super) fn member(&self, person_no: i64) -> Result<&Person> {
        let member = self.any(person_no)?;
        if member.is_gone() { Err(Error::refused(PERSON_STOPPED)) } else { Ok(member) }
    }

    /// The member `person_no`, who is not the owner.
    ///
    /// # Errors
    /// `person.unknown`; `person.stopped`; `family.not_owner` — the owner
    pub(super) fn other(&self, person_no: i64) -> Result<&Person> {
        let member = self.member(person_no)?;
        if member.role == Role::Owner {
            return Err(Error::refused("family.not_owner"));
        }
        Ok(member)
    }

    /// A command about the member `person_no` (0: the household), under a request id nobody else has.
    pub(super) fn command(&self, tx: &mut Tx<'_>, op: Op, person_no: i64) -> Command {
        let mut command = Command::new(&tx.next_id("own"), op, &self.household.contract.number);
        command.generation = Some(self.household.contract.generation);
        command.person_no = person_no;
        command
    }

    /// Gives a command, and says whether it changed anything.
    ///
    /// # Errors
    /// What the command is refused with.
    pub(super) fn give(&self, tx: &mut Tx<'_>, command: &Command) -> Result<Change> {
        command.check()?;
        let report = accepted(execute(tx, command)?)?;
        let made = report.version > self.household.contract.version;
        Ok(if made { Change::Made } else { Change::Already })
    }
}

/// The report of a command that was not refused.
fn accepted(report: Report) -> Result<Report> {
    if report.result != ResultKind::Error {
        return Ok(report);
    }
    let said = report.code.unwrap_or_default();
    let refusals =
        [STOPPED, PERSON_STOPPED, SUSPENDED, SOLE_OWNER, TOO_MANY, CANNOT_RESUME, PERSON_UNKNOWN];
    match refusals.into_iter().find(|code| *code == said) {
        Some(PERSON_UNKNOWN) => Err(Error::not_found(PERSON_UNKNOWN, report.person_no.to_string())),
        Some(code) => Err(Error::Refused { code }),
        None => Err(Error::internal(format!("a wish of a member was refused: {said}"))),
    }
}
