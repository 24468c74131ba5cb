//! `aikagi box`: set-top boxes of households, until the station's screens have them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base::kernel::Error;
use clap::{Args, Subcommand};
use domain::boxes::{self, NewBox};
use domain::commands;

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Longest file that can hold a serial and the end of its line.
const LONGEST_FILE: u64 = 200;

/// Set-top boxes in the homes of subscribers.
#[derive(Subcommand)]
pub(super) enum SetTop {
    /// Put a box up in a household; prints the handle by which it is called from then on
    Add(Add),
    /// The boxes of a household
    List(Whose),
    /// Take a box away; its serial may stand elsewhere afterwards
    Remove {
        /// Whose
        #[command(flatten)]
        whose: Whose,
        /// The box's handle
        #[arg(long = "box")]
        handle: String,
    },
}

/// Which household.
#[derive(Args)]
pub(super) struct Whose {
    /// The operator's code
    #[arg(long)]
    operator: String,
    /// The contract's number
    #[arg(long)]
    contract: String,
}

/// A box, and where it stands.
#[derive(Args)]
pub(super) struct Add {
    #[command(flatten)]
    whose: Whose,
    /// A file with the serial, so that it stands in no list of processes; `-` reads what is typed
    #[arg(long, value_name = "FILE")]
    serial_file: PathBuf,
    /// Which machine, at most 40 characters
    #[arg(long)]
    model: String,
    /// What it is called, at most 40 characters
    #[arg(long, default_value = "")]
    name: String,
    /// Where it stands, as coarse as you like (〇〇町), at most 40 characters
    #[arg(long, default_value = "")]
    area: String,
}

pub(super) fn run(context: &Context, command: SetTop) -> Result<(), Failure> {
    match command {
        SetTop::Add(add) => put_up(context, add),
        SetTop::List(whose) => list(context, &whose),
        SetTop::Remove { whose, handle } => {
            let scope = Context::scope(&whose.operator);
            context
                .db()?
                .transact(&scope, move |tx| commands::remove_box(tx, &whose.contract, &handle))?;
            output::line("done");
            Ok(())
        }
    }
}

fn put_up(context: &Context, add: Add) -> Result<(), Failure> {
    let Add { whose, serial_file, model, name, area } = add;
    let serial = read_serial(&serial_file)?;
    let new = NewBox { serial, model, name, area };
    let scope = Context::scope(&whose.operator);
    let handle =
        context.db()?.transact(&scope, move |tx| commands::add_box(tx, &whose.contract, &new))?;
    output::line(handle);
    Ok(())
}

fn list(context: &Context, whose: &Whose) -> Result<(), Failure> {
    let scope = Context::scope(&whose.operator);
    let all = context.db()?.read(&scope, |tx| boxes::list_boxes(tx, &whose.contract))?;
    let rows: Vec<Vec<String>> = all
        .into_iter()
        .map(|(generation, one)| {
            let (generation, since) = (format!("{generation:02}"), one.changed.rfc3339_jst());
            vec![one.box_id, generation, one.serial, one.model, one.name, one.area, since]
        })
        .collect();
    output::table(&["BOX", "GEN", "SERIAL", "MODEL", "NAME", "AREA", "SINCE"], &rows);
    Ok(())
}

fn read_serial(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(LONGEST_FILE).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(LONGEST_FILE).read_to_string(&mut text))
    };
    read.map_err(|_| Error::invalid("device.serial_malformed", "serial-file"))?;
    Ok(text.trim().to_owned())
}
