//! What somebody at the console wants of a file: taken back, tried first and done when a second person has approved it; its
//! result put out once more.
//!
//! Source: `docs/decisions/0063`; brief tve §11.2.

use std::path::Path;

use base::kernel::{Actor, Error, Result, Scope, clock};
use domain::files::{self, Resend, UndoAsk, UndoState};

use super::desk::Desk;
use super::{Batch, Job, Polled, Undoing, undo};

impl Batch {
    /// Tries or does what was asked to be taken back at `operator`. As [`Batch::poll`].
    ///
    /// # Errors
    /// `unavailable` naming the database; what was taken back so far stays so, and it is gone on with.
    pub fn poll_undo(&self, operator: &str) -> Result<Polled> {
        let scope = |actor| Scope::new(operator, actor, clock::now());
        let asked = self.db.read(&scope(Actor::System), files::undos_to_do)?;
        if asked.is_empty() {
            return Ok(Polled::Idle);
        }
        // Not beside somebody who does files of this operator.
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
        if !self.holds(&watch)? {
            return Ok(Polled::Elsewhere);
        }
        for one in &asked {
            // In the name of who asked; who approved it stands beside it.
            self.take_back(&scope(Actor::Staff(one.asked_by.clone())), one)?;
        }
        Ok(Polled::More)
    }

    fn take_back(&self, scope: &Scope, ask: &UndoAsk) -> Result<()> {
        let how = if ask.state == UndoState::Approved { Undoing::Do } else { Undoing::Check };
        let (restored, conflicts) = match undo(&self.db, scope, &ask.file_id, how) {
            Ok(undone) => (undone.restored, undone.conflicts),
            // Taken back before a crash, or by hand, or its days are over: there is nothing left to do.
            Err(Error::Refused { code: "file.not_undoable" }) => (0, Vec::new()),
            Err(error) => return Err(error),
        };
        let numbers: Vec<String> = conflicts.into_iter().map(|one| one.number).collect();
        let id = ask.file_id.clone();
        self.db.transact(scope, move |tx| match how {
            Undoing::Check => files::note_checked(tx, &id, (restored, &numbers)),
            Undoing::Do => files::end_undo(tx, &id, (restored, &numbers)),
        })
    }

    /// Puts out once more what was asked for at `operator`, whose directories are in `root`. As [`Batch::poll`].
    ///
    /// # Errors
    /// `unavailable` naming the path or the database; it is tried again.
    pub fn poll_resend(&self, operator: &str, root: &Path) -> Result<Polled> {
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
