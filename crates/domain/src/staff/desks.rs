//! Signing in at the console, and the one way in which anything is done there.

use std::sync::Arc;
use std::time::Duration;

use base::kernel::{Actor, Change, Error, Instant, Result, Scope};
use base::records::{Entry, record};
use base::store::{Db, Tx};
use serde_json::json;

use crate::credentials::{
    self, Factor, Passwords, Tried, Try, is_staff_password, staff_holder, staff_password,
};
use crate::operators;
use crate::signing::{HandleKind, Signing};

use super::permissions::Permission;
use super::sessions::{self, Seat, Session};

/// Wrong in whatever way: nobody is told which part.
pub(super) const FAILED: Error = Error::Unauthenticated { code: "staff.signin_failed" };

/// What somebody typed to sign in at a station's console.
#[derive(Clone, Copy)]
pub struct Typed<'t> {
    /// Their id at the station.
    pub staff_id: &'t str,
    /// Their password.
    pub password: &'t str,
    /// What the authenticator shows.
    pub code: &'t str,
}

/// Everybody who works at a console. Cheap to share behind an `Arc`.
pub struct Desks {
    pub(super) db: Db,
    pub(super) signing: Arc<Signing>,
    pub(super) passwords: Arc<Passwords>,
}

/// Who tries, what is kept of their password, and what the try counts as.
pub(super) struct Counted {
    pub(super) stored: Option<String>,
    pub(super) subject: String,
}

impl Desks {
    /// Over `db`.
    #[must_use]
    pub fn new(db: &Db, signing: Arc<Signing>, passwords: Arc<Passwords>) -> Self {
        Self { db: db.clone(), signing, passwords }
    }

    /// Signs in by id, password and authenticator together, and answers the session as its cookie says it.
    ///
    /// The try is counted before the password is computed; nothing tells which of the three was wrong, nor whether there
    /// is such a member: not the answer, not the time, not the lock-out. An authenticator is asked of everybody: without one nobody
    /// has joined ([`super::Joining`]).
    ///
    /// # Errors
    /// - `staff.signin_failed`; `signin.locked` with the time to wait; `password.busy`
    /// - `operator.unknown`; `operator.disabled` — told to who proved themselves only
    pub fn sign_in(&self, operator: &str, typed: &Typed<'_>, now: Instant) -> Result<String> {
        let id = staff_id(typed.staff_id);
        let nobody = Scope::new(operator, Actor::Anonymous, now);
        let Counted { stored, subject } = self.begin(&nobody, &id)?;
        let verified = self.passwords.verify(operator, typed.password, stored.clone());
        let (true, Some(hash)) = (verified.as_ref().is_ok_and(|verified| verified.same), stored)
        else {
            return match verified {
                Err(busy) => {
                    self.take_back(&nobody, &subject)?;
                    Err(busy)
                }
                Ok(_) => self.fail(&nobody, (&id, &subject)),
            };
        };
        let (master, holder, code) =
            (self.signing.master().clone(), staff_holder(&id), typed.code.to_owned());
        let tried = self.db.housekeep(&nobody, "staff-try", move |tx| {
            // The code counts by itself, on the same counter.
            credentials::take_back_try(tx, &holder)?;
            credentials::try_factor(tx, &master, &holder, Factor::Totp(&code))
        })?;
        match tried {
            Tried::Wrong => return Err(FAILED),
            Tried::Locked(wait) => return Err(locked(wait)),
            Tried::Good => {}
        }
        let scope = Scope::new(operator, Actor::Staff(id.clone()), now);
        let session = self.db.transact(&scope, move |tx| open(tx, &id, (&hash, "password")))?;
        Ok(self.cookie(operator, &session))
    }

    /// Counts a try at a member's password, whether there is such a member or not.
    fn begin(&self, nobody: &Scope, id: &str) -> Result<Counted> {
        let id = id.to_owned();
        let (counted, tried) = self.db.housekeep(nobody, "staff-try", move |tx| {
            operators::employer(tx)?;
            let holder = staff_holder(&id);
            let stored = staff_password(tx, &holder)?;
            let subject = subject_of(&id, stored.is_some());
            let tried = credentials::begin_try(tx, &subject)?;
            Ok((Counted { stored, subject }, tried))
        })?;
        match tried {
            Try::Begun => Ok(counted),
            Try::Locked(wait) => Err(locked(wait)),
        }
    }

    pub(super) fn take_back(&self, nobody: &Scope, subject: &str) -> Result<()> {
        let subject = subject.to_owned();
        self.db.housekeep(nobody, "staff-try", move |tx| credentials::take_back_try(tx, &subject))
    }

    /// Counts a bad try; the tenth locks out and is told so.
    fn fail<T>(&self, nobody: &Scope, (id, subject): (&str, &str)) -> Result<T> {
        let (id, counted_as, now) = (id.to_owned(), subject.to_owned(), nobody.now());
        let locked_out = self.db.housekeep(nobody, "staff-try", move |tx| {
            let locked_out = credentials::note_failure(tx, &counted_as)?;
            if let Some((until, Change::Made)) = locked_out {
                let detail = json!({"until": until.rfc3339_jst()});
                record(tx, &Entry::new("staff.locked_out", &id).detail(detail))?;
            }
            Ok(locked_out)
        })?;
        let Some((until, _)) = locked_out else { return Err(FAILED) };
        Err(locked(Duration::from_secs(now.seconds_until(until).unsigned_abs().max(1))))
    }

    pub(super) fn cookie(&self, operator: &str, session_id: &str) -> String {
        self.signing.handles().write(HandleKind::Staff, operator, (session_id, 0))
    }

    /// Who sits in the browser that shows this cookie at the console of `operator`; none: nobody, or not any more.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn seat(&self, cookie: &str, (operator, now): (&str, Instant)) -> Result<Option<Seat>> {
        let handle = self.signing.handles().read(HandleKind::Staff, cookie);
        let Some(handle) = handle.filter(|handle| handle.operator == operator) else {
            return Ok(None);
        };
        let scope = Scope::new(operator, Actor::Anonymous, now);
        let found = self.db.read(&scope, |tx| sessions::find(tx, &handle.id))?;
        if let Some(seat) = found.as_ref().filter(|seat| seat.is_due(now)) {
            let seat = seat.clone();
            let scope = Scope::new(operator, Actor::Staff(seat.staff_id.clone()), now);
            self.db.housekeep(&scope, "staff-seen", move |tx| sessions::note_seen(tx, &seat))?;
        }
        Ok(found)
    }

    /// Does `work` for who sits at `seat`, in one transaction that has seen that they still do and that one of their roles
    /// may: whatever the page showed.
    ///
    /// # Errors
    /// `staff.signed_out`; `staff.not_allowed`; whatever `work` refuses
    pub fn act<T, W>(&self, (seat, what): (&Seat, Permission), now: Instant, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let scope = scope_of(seat, now);
        let held = seat.clone();
        self.db.transact(&scope, move |tx| {
            sessions::hold(tx, &held)?.check(what)?;
            work(tx)
        })
    }

    /// Lets who sits at `seat` read, as [`Desks::act`] lets them change: in one snapshot with their session and roles.
    ///
    /// # Errors
    /// `staff.signed_out`; `staff.not_allowed`; whatever `work` refuses
    pub fn look<T: Send + 'static>(
        &self,
        (seat, what): (&Seat, Permission),
        now: Instant,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.db.read(&scope_of(seat, now), |tx| {
            sessions::still(tx, seat)?.check(what)?;
            work(tx)
        })
    }

    /// Shows who sits at `seat` what [`Desks::act`] would do, and takes it back.
    ///
    /// # Errors
    /// Those of [`Desks::act`].
    pub fn rehearse<T, W>(
        &self,
        (seat, what): (&Seat, Permission),
        now: Instant,
        work: W,
    ) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let held = seat.clone();
        self.db.rehearse(&scope_of(seat, now), move |tx| {
            sessions::hold(tx, &held)?.check(what)?;
            work(tx)
        })
    }

    /// Shows who sits at `seat` what the operator's SMS would do by `cause`, and takes it back.
    ///
    /// # Errors
    /// Those of [`Desks::act`].
    pub fn rehearse_sms<T, W>(
        &self,
        (seat, what): (&Seat, Permission),
        (cause, now): (&str, Instant),
        work: W,
    ) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let held = seat.clone();
        let sms = Scope::new(&seat.operator, Actor::Sms(cause.to_owned()), now).caused_by(cause);
        self.db.rehearse(&sms, move |tx| {
            sessions::hold(tx, &held)?.check(what)?;
            work(tx)
        })
    }

    /// Ends the session of who sits at `seat`.
    ///
    /// # Errors
    /// `unavailable` when the database fails.
    pub fn sign_out(&self, seat: &Seat, now: Instant) -> Result<()> {
        let held = seat.clone();
        self.db.transact(&scope_of(seat, now), move |tx| sessions::end(tx, &held))
    }
}

pub(super) fn scope_of(seat: &Seat, now: Instant) -> Scope {
    Scope::new(&seat.operator, Actor::Staff(seat.staff_id.clone()), now).caused_by("console")
}

/// An id as it is typed: small letters, nothing around it.
pub(super) fn staff_id(typed: &str) -> String {
    typed.trim().to_ascii_lowercase()
}

/// By what tries are counted: the member, or the id itself where nobody has a password by it.
fn subject_of(id: &str, known: bool) -> String {
    if known { staff_holder(id) } else { credentials::nobody(&format!("staff:{id}")) }
}

pub(super) const fn locked(wait: Duration) -> Error {
    Error::TooMany { code: "signin.locked", wait }
}

/// A session for who has just proved themselves, as long as their password is the one with this hash: whatever they did it by stands
/// beside it.
pub(super) fn open(
    tx: &mut Tx<'_>,
    id: &str,
    (hash, method): (&str, &'static str),
) -> Result<String> {
    let holder = staff_holder(id);
    let member = operators::find_staff(tx, id)?.filter(|member| member.draft.enabled);
    if member.is_none() || !is_staff_password(tx, &holder, hash)? {
        return Err(FAILED);
    }
    if !operators::employer(tx)?.enabled {
        return Err(Error::refused("operator.disabled"));
    }
    credentials::forgive(tx, &holder)?;
    let session = sessions::open(tx, &Session::of(id))?;
    record(tx, &Entry::new("staff.signed_in", id).detail(json!({"method": method})))?;
    Ok(session)
}
