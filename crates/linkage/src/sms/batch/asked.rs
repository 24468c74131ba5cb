//! Files somebody at the console wants taken back: tried, and done when a second person has approved it.
//!
//! Source: `docs/decisions/0063`.

use base::kernel::{Actor, Error, Result, Scope, clock};
use domain::files::{self, UndoAsk, UndoState};

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
}
