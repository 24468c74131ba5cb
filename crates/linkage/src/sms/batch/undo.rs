//! A file taken back as one: every household it touched returns to how it stood, unless something
//! else changed it since.
//!
//! Households go back in pages, each page one transaction; a crash in between leaves a smaller file to
//! take back. Source: brief tve §7.3 UNDO; `docs/api/sms.md`.

use std::collections::BTreeSet;

use base::kernel::{Error, Result, Scope};
use base::records::jobs;
use base::store::{Db, Tx};
use domain::commands::{self, Before, Undone};
use domain::files::{self, Conflict, File, Image};
use domain::subscribers::Key;

/// Anchors of one page.
const PAGE: i64 = 200;

/// Whether a file is taken back or only asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undoing {
    /// Says what would happen; nothing changes.
    Check,
    /// Takes it back.
    Do,
}

/// What became of a file that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The file as it stands now.
    pub file: File,
    /// Households that stand as before.
    pub restored: usize,
    /// Households left as they are, because something else changed them since.
    pub conflicts: Vec<Conflict>,
}

/// Takes the file with this id or name back, or says which households stand in the way.
///
/// Commands of the file that wait for their date are cancelled first. The request ids of what was taken
/// back count as new afterwards.
///
/// # Errors
/// `file.unknown`; `file.not_undoable` — not applied, without effect, or too old.
pub fn undo(db: &Db, scope: &Scope, id_or_name: &str, how: Undoing) -> Result<Undo> {
    undo_while((db, scope), (id_or_name, how), || Ok(true))
}

/// As [`undo`], as long as `goes_on` says so before each page.
///
/// # Errors
/// Those of [`undo`]; `file.elsewhere` — it does not go on here: what went back so far stays, and the rest is still to be done
pub(super) fn undo_while(
    (db, scope): (&Db, &Scope),
    (id_or_name, how): (&str, Undoing),
    goes_on: impl Fn() -> Result<bool>,
) -> Result<Undo> {
    let name = id_or_name.to_owned();
    let file = db.read(scope, |tx| files::find(tx, &name))?;
    let scope = scope.clone().caused_by(&format!("undo:{}", file.name));
    if how == Undoing::Do {
        begin(db, &scope, &file)?;
    }
    let (mut after, mut restored, mut conflicts) = (String::new(), 0, Vec::new());
    loop {
        if !goes_on()? {
            return Err(Error::Conflict { code: "file.elsewhere" });
        }
        let (from, row) = (after.clone(), file.clone());
        let page = match how {
            Undoing::Check => db.rehearse(&scope, move |tx| turn(tx, &row, &from, how))?,
            Undoing::Do => db.transact(&scope, move |tx| turn(tx, &row, &from, how))?,
        };
        restored += page.restored;
        conflicts.extend(page.conflicts);
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    if how == Undoing::Check {
        return Ok(Undo { file, restored, conflicts });
    }
    let count = conflicts.len();
    let file = db.transact(&scope, move |tx| files::close_undo(tx, &file, count))?;
    tracing::warn!(
        operator = scope.operator(),
        file = file.name,
        restored,
        conflicts = count,
        "an SMS file was taken back"
    );
    Ok(Undo { file, restored, conflicts })
}

/// Nothing of the file may come into force any more, before its first household goes back.
fn begin(db: &Db, scope: &Scope, file: &File) -> Result<()> {
    let (id, cause) = (file.id.clone(), format!("file:{}", file.name));
    db.transact(scope, move |tx| {
        files::begin_undo(tx, &id)?;
        let waiting = jobs::cancel_caused_by(tx, &cause)?;
        commands::forget_answers(tx, waiting)
    })
}

struct Turned {
    restored: usize,
    conflicts: Vec<Conflict>,
    next: Option<String>,
}

/// One page: a group goes back whole or not at all.
fn turn(tx: &mut Tx<'_>, file: &File, after: &str, how: Undoing) -> Result<Turned> {
    let page = files::undo_page(tx, file, after, PAGE)?;
    let all: Vec<Before> = page.groups.iter().flatten().map(before).collect();
    let refused: BTreeSet<Key> = commands::restore(tx, &all, true)?
        .into_iter()
        .filter_map(|one| match one {
            Undone::Conflict(key, _) => Some(key),
            Undone::Restored(_) => None,
        })
        .collect();
    let (stay, go): (Vec<_>, Vec<_>) = page
        .groups
        .into_iter()
        .partition(|group| group.iter().any(|image| refused.contains(&before(image).key)));
    let go: Vec<Image> = go.into_iter().flatten().collect();
    if how == Undoing::Do && !go.is_empty() {
        let images: Vec<Before> = go.iter().map(before).collect();
        commands::restore(tx, &images, false)?;
        let requests = go.iter().flat_map(|image| image.requests.lines()).map(str::to_owned);
        commands::forget_answers(tx, requests.collect())?;
        files::forget_images(tx, &file.id, &go)?;
    }
    let left = stay
        .into_iter()
        .flatten()
        .map(|image| Conflict { number: image.number, generation: image.generation });
    let conflicts = page.broken.into_iter().chain(left).collect();
    Ok(Turned { restored: go.len(), conflicts, next: page.next })
}

fn before(image: &Image) -> Before {
    Before {
        key: Key { number: image.number.clone(), generation: image.generation },
        version_before: image.version_before,
        version_after: image.version_after,
        image: image.before.clone(),
    }
}
