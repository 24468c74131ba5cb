//! The folder of an operator's work on many contracts: what is put in, and what came of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use base::kernel::{Error, Result, clock, ids};
use domain::files::{DONE_FOLDER, RUN_FOLDER, TRIED_FOLDER};
use formats::sms::FileName;

/// The folder.
#[derive(Clone)]
pub(crate) struct Drawer {
    root: PathBuf,
}

/// A file in the making; gone when nobody wants it any more.
pub(super) struct Draft {
    pub(super) path: PathBuf,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), %error, "a draft can not be removed");
        }
    }
}

/// `unavailable` naming the path, which holds no personal data.
pub(super) fn unavailable(path: &Path, error: &io::Error) -> Error {
    Error::unavailable("files", format!("{}: {error}", path.display()))
}

impl Drawer {
    /// The folder of `operator` below `all`, made when missing.
    ///
    /// # Errors
    /// `bulk.not_here` — no files are done here; `unavailable`
    pub(crate) fn open(all: &Path, operator: &str) -> Result<Self> {
        if all.as_os_str().is_empty() {
            return Err(Error::refused("bulk.not_here"));
        }
        let root = all.join(operator);
        for part in [TRIED_FOLDER, RUN_FOLDER, DONE_FOLDER] {
            let path = root.join(part);
            fs::create_dir_all(&path).map_err(|error| unavailable(&path, &error))?;
        }
        Ok(Self { root })
    }

    /// A place for a file in the making, which nobody takes for a whole one.
    pub(super) fn draft(&self) -> Draft {
        let name = format!(".{}.part", ids::new_id("put", clock::now()));
        Draft { path: self.root.join(name) }
    }

    /// A new draft, open to be written.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn open_draft(&self) -> Result<(File, Draft)> {
        let draft = self.draft();
        let file = File::create_new(&draft.path).map_err(|e| unavailable(&draft.path, &e))?;
        Ok((file, draft))
    }

    /// A file that has no name, so that nothing of it is left when it is closed, whatever happens; twice, to write and to read.
    ///
    /// # Errors
    /// `unavailable`
    pub(crate) fn nameless(&self) -> Result<(File, File)> {
        let file = tempfile::tempfile_in(&self.root);
        let both = file.and_then(|file| Ok((file.try_clone()?, file)));
        both.map_err(|error| unavailable(&self.root, &error))
    }

    /// Puts a whole file in, under a name nobody has.
    ///
    /// # Errors
    /// `store.changed_meanwhile` — somebody was given this name in this very moment; `unavailable`
    pub(super) fn put(&self, draft: &Draft, name: &str) -> Result<()> {
        let path = self.root.join(name);
        match fs::hard_link(&draft.path, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::Conflict { code: "store.changed_meanwhile" })
            }
            other => other.map_err(|error| unavailable(&path, &error)),
        }
    }

    /// Takes a file out that the books did not take.
    pub(super) fn take_out(&self, name: &str) {
        drop(Draft { path: self.root.join(name) });
    }

    /// Lets a file be looked at again by whoever does files.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn again(&self, name: &str) -> Result<()> {
        let done = self.root.join(DONE_FOLDER).join(name);
        match fs::rename(&done, self.root.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(unavailable(&done, &error))
            }
            _ => Ok(()),
        }
    }

    /// The request `name`, when it is there.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn request(&self, name: &str) -> Result<Option<File>> {
        match open(&self.root.join(name))? {
            // It lies where nothing is to be done about it any more.
            None => open(&self.root.join(DONE_FOLDER).join(name)),
            found => Ok(found),
        }
    }

    /// The result of the request `name`, in `folder`, when it is there.
    ///
    /// # Errors
    /// `unavailable`
    pub(super) fn result(&self, folder: &str, name: &str) -> Result<Option<File>> {
        let name = FileName::parse(name).map_err(Error::internal)?.result().to_string();
        open(&self.root.join(folder).join(name))
    }
}

fn open(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unavailable(path, &error)),
    }
}
