//! What somebody at the console wants of a file: taken back, tried first and done when a second person has approved it; its
//! result put out once more.
//!
//! Source: `docs/decisions/0063`; brief tve §11.2.

use std::path::Path;

use base::kernel::{Actor, Error, Result, Scope, clock};
use domain::files::{self, Resend, UndoAsk, UndoState};

use super::desk::Desk;
use super::undo::undo_while;
use super::{Batch, Job, Polled, Undoing};

impl Batch {
    /// Tries or does what was asked to be taken back at `operator`. As [`Batch::poll`], and never beside it.
    ///
    /// # Errors
    /// `unavailable` naming the database; what was taken back so far stays so, and it is gone on with.
    pub fn poll_undo(&self, operator: &str) -> Result<Polled> {
        self.patiently((operator, operator), |_| self.undo_slice(operator))
    }

    fn undo_slice(&self, operator: &str) -> Result<Polled> {
        let scope = |actor| Scope::new(operator, actor, clock::now());
        let asked = self.db.read(&scope(Actor::System), files::undos_to_do)?;
        if asked.is_empty() {
            return Ok(Polled::Idle);
        }
        let here = std::path::PathBuf::new();
        let watch = Job {
            operator,
            name: "",
            request: here.clone(),
            out: here,
            kept: None,
            done: None,
            bulk: None,
        };
        for one in &asked {
            // In the name of who asked; who approved it stands beside it.
            match self.take_back(&scope(Actor::Staff(one.asked_by.clone())), (&watch, one)) {
                Err(Error::Conflict { code: "file.elsewhere" }) => return Ok(Polled::Elsewhere),
                done => done?,
            }
        }
        Ok(Polled::More)
    }

    fn take_back(&self, scope: &Scope, (watch, ask): (&Job<'_>, &UndoAsk)) -> Result<()> {
        let how = if ask.state == UndoState::Approved { Undoing::Do } else { Undoing::Check };
        let id = ask.file_id.clone();
        // Not beside somebody on another node who does files of this operator, however long it takes.
        let goes_on = || self.holds(watch);
        let undone = match undo_while((&self.db, scope), (&ask.file_id, how), goes_on) {
            Ok(undone) => undone,
            Err(Error::Conflict { code: "file.elsewhere" }) => {
                return Err(Error::Conflict { code: "file.elsewhere" });
            }
            Err(error @ Error::Unavailable { .. }) => return Err(error),
            // Its days are over, it was taken back by hand, or it can not be read: another one may be asked for, and the others
            // go on.
            Err(error) => {
                tracing::warn!(operator = watch.operator, file = ask.file_id, %error,
                    "an SMS file was not taken back");
                return self.db.transact(scope, move |tx| files::fail_undo(tx, &id));
            }
        };
        let found = undone.restored;
        let numbers: Vec<String> = undone.conflicts.into_iter().map(|one| one.number).collect();
        self.db.transact(scope, move |tx| match how {
            Undoing::Check => files::note_checked(tx, &id, (found, &numbers)),
            Undoing::Do => files::end_undo(tx, &id, (found, &numbers)),
        })
    }

    /// Puts out once more what was asked for at `operator`, whose directories are in `root`. As [`Batch::poll`].
    ///
    /// # Errors
    /// `unavailable` naming the path or the database; it is tried again.
    pub fn poll_resend(&self, operator: &str, root: &Path) -> Result<Polled> {
        self.patiently((operator, operator), |_| self.resend_slice(operator, root))
    }

    fn resend_slice(&self, operator: &str, root: &Path) -> Result<Polled> {
        let scope = Scope::new(operator, Actor::System, clock::now());
        let asked = self.db.read(&scope, files::resends_to_do)?;
        if asked.is_empty() {
            return Ok(Polled::Idle);
        }
        let desk = Desk::open(root)?;
        if !self.holds(&desk.job(operator, ""))? {
            return Ok(Polled::Elsewhere);
        }
        for one in &asked {
            self.put_out_again(&desk, (operator, one))?;
        }
        Ok(Polled::More)
    }

    /// In the name of who asked.
    fn put_out_again(&self, desk: &Desk, (operator, ask): (&str, &Resend)) -> Result<()> {
        let found = self.copy_out(&desk.job(operator, &ask.name), &ask.name)?;
        let scope = Scope::new(operator, Actor::Staff(ask.asked_by.clone()), clock::now())
            .caused_by(&format!("resend:{}", ask.name));
        let id = ask.file_id.clone();
        self.db.transact(&scope, move |tx| files::end_resend(tx, &id, found))
    }
}
