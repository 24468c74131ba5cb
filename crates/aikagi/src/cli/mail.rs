//! `aikagi mail`: what mail servers send back.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use base::kernel::{Change, Error};
use base::store::Db;
use clap::{Args, Subcommand};
use domain::credentials::{SentMail, note_returned};
use domain::signing::Handles;
use formats::dsn;

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// What mail servers send back.
#[derive(Subcommand)]
pub(super) enum Mail {
    /// Read a notification that a mail of ours did not arrive, and mark the contact
    Bounce(Bounce),
}

/// The mails that came back.
#[derive(Args)]
pub(super) struct Bounce {
    /// Files with one notification each; one is read from what is piped in when none are named
    files: Vec<PathBuf>,
}

pub(super) fn run(context: &Context, command: Mail) -> Result<(), Failure> {
    let Mail::Bounce(Bounce { files }) = command;
    let db = context.db()?;
    let handles = Handles::new(&context.master(&db)?);
    if files.is_empty() {
        return note(&db, &handles, &read(std::io::stdin())?);
    }
    // All are looked at, whatever is wrong with one; how it ends is said by the last that was not done.
    let mut ended = Ok(());
    for file in files {
        let done = open(&file).and_then(|mail| note(&db, &handles, &mail));
        if let Err(failure) = done {
            output::fault(format!("{}: {failure}", file.display()));
            ended = Err(failure);
        }
    }
    ended
}

fn note(db: &Db, handles: &Handles, mail: &[u8]) -> Result<(), Failure> {
    let notification = dsn::read(mail).map_err(|fault| Error::invalid(fault.code(), "mail"))?;
    let sent = SentMail::of(&notification, handles)?;
    let named = format!("contact {} of {}", sent.contact_id, sent.operator);
    let scope = Context::scope(&sent.operator);
    let change =
        db.transact(&scope, move |tx| note_returned(tx, &sent, &notification.recipients))?;
    output::line(match change {
        Change::Made => format!("{named}: marked"),
        Change::Already => format!("{named}: marked already"),
    });
    Ok(())
}

fn open(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = File::open(path).map_err(|error| Failure::usage(error.to_string()))?;
    read(file)
}

/// One byte more than is taken, so that too much is seen.
fn read(from: impl Read) -> Result<Vec<u8>, Failure> {
    let mut mail = Vec::new();
    let most = u64::try_from(dsn::LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    let read = from.take(most).read_to_end(&mut mail);
    read.map_err(|error| Failure::unavailable("the mail", error))?;
    Ok(mail)
}
