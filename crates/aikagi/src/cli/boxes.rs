//! `aikagi box`: set-top boxes of households, until the station's screens have them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base::kernel::Error;
use base::store::Tx;
use clap::{Args, Subcommand, ValueEnum};
use domain::boxes::{self, NewBox};
use domain::commands;
use domain::subscribers::{self, HomeSignIn};

use super::context::Context;
use crate::failure::Failure;
use crate::output;

/// Longest file that is read: a serial or a key, and the end of its line.
const LONGEST_FILE: u64 = 2000;

/// Set-top boxes in the homes of subscribers.
#[derive(Subcommand)]
pub(super) enum SetTop {
    /// Put a box up in a household; prints the handle by which it is called from then on
    Add(Add),
    /// The boxes of a household
    List(Whose),
    /// Take down the public key a box proves itself with; what it was let in with before is over
    Key {
        /// Whose
        #[command(flatten)]
        whose: Whose,
        /// The box's handle
        #[arg(long = "box")]
        handle: String,
        /// A file with the public key, a JWK (P-256 or Ed25519)
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
    },
    /// Whether boxes sign this household in, where the station has that at all
    Home {
        /// Whose
        #[command(flatten)]
        whose: Whose,
        /// `allowed` or `off`
        #[arg(value_enum)]
        wanted: Wanted,
    },
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

/// What a household wants.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Wanted {
    /// As the station has it
    Allowed,
    /// Not
    Off,
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
    /// A file with the box's public key, a JWK; may come later
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

pub(super) fn run(context: &Context, command: SetTop) -> Result<(), Failure> {
    match command {
        SetTop::Add(add) => put_up(context, add),
        SetTop::List(whose) => list(context, &whose),
        SetTop::Key { whose, handle, key_file } => {
            let key = read_short(&key_file, ("device.key_malformed", "key-file"))?;
            act(context, &whose.operator, move |tx| {
                commands::set_box_key(tx, &whose.contract, (&handle, &key))
            })
        }
        SetTop::Home { whose, wanted } => {
            let wanted = match wanted {
                Wanted::Allowed => HomeSignIn::Allowed,
                Wanted::Off => HomeSignIn::Off,
            };
            act(context, &whose.operator, move |tx| {
                subscribers::switch_home_sign_in(tx, &whose.contract, wanted).map(|_| ())
            })
        }
        SetTop::Remove { whose, handle } => act(context, &whose.operator, move |tx| {
            commands::remove_box(tx, &whose.contract, &handle)
        }),
    }
}

fn act(
    context: &Context,
    operator: &str,
    work: impl Fn(&mut Tx<'_>) -> Result<(), Error> + Send + 'static,
) -> Result<(), Failure> {
    context.db()?.transact(&Context::scope(operator), work)?;
    output::line("done");
    Ok(())
}

fn put_up(context: &Context, add: Add) -> Result<(), Failure> {
    let Add { whose, serial_file, model, name, area, key_file } = add;
    let serial = read_short(&serial_file, ("device.serial_malformed", "serial-file"))?;
    let key = key_file.map(|file| read_short(&file, ("device.key_malformed", "key-file")));
    let new = NewBox { serial, model, name, area, public_key: key.transpose()? };
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
            let key = if one.public_key.is_some() { "yes" } else { "no" }.to_owned();
            vec![one.box_id, generation, one.serial, one.model, one.name, one.area, key, since]
        })
        .collect();
    output::table(&["BOX", "GEN", "SERIAL", "MODEL", "NAME", "AREA", "KEY", "SINCE"], &rows);
    Ok(())
}

fn read_short(path: &Path, wrong: (&'static str, &str)) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(LONGEST_FILE).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(LONGEST_FILE).read_to_string(&mut text))
    };
    read.map_err(|_| Error::invalid(wrong.0, wrong.1))?;
    Ok(text.trim().to_owned())
}
