//! The directories of an operator: what lies in `in`, what is taken, where results go.
//!
//! A visible file is taken by a rename into `in/.work`, so that a second transfer of the same name
//! can not change what is being read; it leaves for `in/done` when its result lies in `out`. Our own
//! copy of each result stays in `out/.kept`, because the station may move or delete what it fetched.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base::kernel::{Error, Result};
use formats::sms::{EndMarker, MarkerFault};

use super::troubles::Troubles;
use super::{Job, plain};

/// Endings of files that are still being transferred, by convention of the usual clients.
const UNFINISHED: [&str; 4] = [".end", ".part", ".filepart", ".tmp"];

/// Longest name, in bytes, of a file that is taken: the names of its answer and of its marker in the
/// making are longer, and a file system takes 255.
const LONGEST_NAME: usize = 200;

/// An operator's directories.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    root: PathBuf,
}

/// Sizes seen of files without an end marker, and since when.
pub(super) type Seen = HashMap<String, (u64, Instant)>;

/// `unavailable` naming the path; file names hold no personal data.
pub(super) fn unavailable(path: &Path, error: &io::Error) -> Error {
    Error::unavailable("files", format!("{}: {error}", path.display()))
}

impl Desk {
    /// The directories below `root`, made when missing.
    ///
    /// # Errors
    /// `unavailable` — a directory can not be made or read.
    pub(super) fn open(root: &Path) -> Result<Self> {
        let desk = Self { root: root.to_owned() };
        for part in ["in/.work", "in/done", "out/.kept", "out/done"] {
            let path = root.join(part);
            fs::create_dir_all(&path).map_err(|error| unavailable(&path, &error))?;
            // What lies in `in` and `out` is the station's to change, these directories with it.
            if path.is_symlink() {
                return Err(Error::unavailable("files", format!("{} is a link", path.display())));
            }
        }
        Ok(desk)
    }

    /// One file of these directories.
    pub(super) fn job<'j>(&self, operator: &'j str, name: &'j str) -> Job<'j> {
        Job {
            operator,
            name,
            request: self.root.join("in/.work").join(name),
            out: self.root.join("out"),
            kept: Some(self.root.join("out/.kept")),
            done: Some(self.root.join("in/done")),
            bulk: None,
        }
    }

    /// Where files stay that nobody waits for any more.
    pub(super) fn archives(&self) -> [PathBuf; 3] {
        ["in/done", "out/done", "out/.kept"].map(|part| self.root.join(part))
    }

    /// Whether anything lies in `in` or is in work: without it the database is not asked.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn is_busy(&self) -> Result<bool> {
        let waiting = names(&self.incoming())?.iter().any(|name| is_whole(name));
        Ok(waiting || !self.work()?.is_empty())
    }

    fn incoming(&self) -> PathBuf {
        self.root.join("in")
    }

    fn taken(&self, name: &str) -> PathBuf {
        self.root.join("in/.work").join(name)
    }

    /// Names of the files that were taken and not answered yet, in order.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn work(&self) -> Result<Vec<String>> {
        Ok(names(&self.root.join("in/.work"))?.into_iter().filter(|one| is_whole(one)).collect())
    }

    /// Takes every visible file: one whose end marker is there, or whose size did not change for
    /// `settle`. One with the name of a file that is still in work waits for it; one that can not
    /// be taken keeps no other from it.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn take(
        &self,
        operator: &str,
        (seen, troubles): (&mut Seen, &mut Troubles),
        settle: Duration,
    ) -> Result<()> {
        let (here, taken) = (names(&self.incoming())?, self.work()?);
        seen.retain(|name, _| here.contains(name));
        troubles.forget_old();
        for name in taken.iter().filter(|name| !here.contains(name)) {
            // The marker came late, or a crash came between the two renames.
            if let Err(error) = self.take_markers(name) {
                troubles.note((operator, name), &error, true);
            }
        }
        for name in here.iter().filter(|name| is_whole(name)) {
            if troubles.rests(name).is_some() {
                continue;
            }
            let marked = markers(name).iter().any(|marker| here.contains(marker));
            let done = self.is_settled(name, seen, settle).and_then(|settled| {
                if (marked || settled) && !plain::is_taken(&self.taken(name)) {
                    return self.take_one(name);
                }
                Ok(())
            });
            if let Err(error) = done {
                troubles.note((operator, name), &error, false);
            }
        }
        Ok(())
    }

    /// Whether the size of a file did not change for a while.
    fn is_settled(&self, name: &str, seen: &mut Seen, settle: Duration) -> Result<bool> {
        let path = self.incoming().join(name);
        if name.len() > LONGEST_NAME {
            let detail = format!("{}: the name is too long to be answered", path.display());
            return Err(Error::unavailable("files", detail));
        }
        let known = fs::symlink_metadata(&path).map_err(|error| unavailable(&path, &error))?;
        match seen.get(name) {
            Some((size, since)) if *size == known.len() => Ok(since.elapsed() >= settle),
            _ => {
                seen.insert(name.to_owned(), (known.len(), Instant::now()));
                Ok(false)
            }
        }
    }

    fn take_one(&self, name: &str) -> Result<()> {
        let from = self.incoming().join(name);
        fs::rename(&from, self.taken(name)).map_err(|error| unavailable(&from, &error))?;
        self.take_markers(name)
    }

    fn take_markers(&self, name: &str) -> Result<()> {
        for marker in markers(name) {
            let from = self.incoming().join(&marker);
            if plain::is_there(&from) {
                let to = self.taken(&format!("{name}.end"));
                fs::rename(&from, to).map_err(|error| unavailable(&from, &error))?;
            }
        }
        Ok(())
    }
}

/// What the end marker beside `path` says.
///
/// # Errors
/// The marker's fault (F008), inside; `unavailable`.
pub(super) fn marker_of(
    path: &Path,
    name: &str,
) -> Result<std::result::Result<EndMarker, MarkerFault>> {
    let marker = beside(path, ".end");
    Ok(match plain::beginning(&marker, EndMarker::LIMIT)? {
        Some(content) => EndMarker::parse(&content, name),
        None => Ok(EndMarker::Empty),
    })
}

/// `path` with `ending` after its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Moves `from` into `directory` under `name`; what lies there keeps its name and the newcomer gets a
/// number.
///
/// # Errors
/// `unavailable`
pub(super) fn move_aside(from: &Path, directory: &Path, name: &str) -> Result<()> {
    let mut to = directory.join(name);
    let mut number = 2;
    while plain::is_taken(&to) {
        to = directory.join(format!("{name}.{number}"));
        number += 1;
    }
    match fs::rename(from, &to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unavailable(from, &error)),
        _ => Ok(()),
    }
}

/// The names an end marker of `name` may have: with `.end` behind it, or in place of its ending.
fn markers(name: &str) -> [String; 2] {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    [format!("{name}.end"), format!("{stem}.end")]
}

fn is_whole(name: &str) -> bool {
    !name.starts_with('.') && !UNFINISHED.iter().any(|ending| name.ends_with(ending))
}

/// The names of the plain files of a directory, sorted. Links, pipes and directories are nobody's files.
///
/// # Errors
/// `unavailable`
pub(super) fn names(directory: &Path) -> Result<Vec<String>> {
    let failed = |error| unavailable(directory, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // What is gone since, or has a name that is no text and can not be answered by name, is left.
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}
