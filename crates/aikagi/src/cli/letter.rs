//! `aikagi letter`: registration codes of members, to be sent on paper.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base::kernel::{Error, Result};
use base::store::{Db, Tx};
use clap::{Args, Subcommand, ValueEnum};
use console::letters::grouped;
use domain::credentials::{
    HANDED_SECONDS, HandedAt, LETTER_DAYS, PrintedLetter, Waiting, hand_code, waiting_for_letter,
    write_letter,
};
use domain::signing::Issuer;

use super::context::Context;
use super::letter_pages::Pages;
use crate::failure::Failure;
use crate::output;

/// Letters of one transaction: others wait only as long as these take.
const CHUNK: usize = 100;
/// Contracts looked at in one read.
const PAGE: i64 = 500;

/// Letters with a registration code.
#[derive(Subcommand)]
pub(super) enum Letter {
    /// Make new codes and show them once; earlier ones of the same members are dead from now on
    Issue(Issue),
}

/// Whose letters, and where they go.
#[derive(Args)]
pub(super) struct Issue {
    /// The operator's code
    #[arg(long)]
    operator: String,
    #[command(flatten)]
    whose: Whose,
    /// With --contract: the member's number
    #[arg(long, default_value_t = 1, requires = "contract")]
    person: i64,
    /// With --contract: nothing is printed, the member registers now and here; good for an hour
    #[arg(long, value_name = "WHERE", requires = "contract", conflicts_with = "pdf")]
    at: Option<Place>,
    /// A new file for the printer, which only its owner may read; the screen when left out
    #[arg(long, value_name = "NEW FILE", conflicts_with = "contract")]
    out: Option<PathBuf>,
    /// A new folder for letters ready to print, A4, in files of up to 100; only its owner may read it
    #[arg(long, value_name = "NEW FOLDER", conflicts_with = "out")]
    pdf: Option<PathBuf>,
    /// With --pdf: the file of a Japanese typeface (TTF, OTF, TTC); one of the system when left out
    #[arg(long, value_name = "FILE", requires = "pdf")]
    font: Option<PathBuf>,
}

/// Where a member registers at once.
#[derive(Clone, Copy, ValueEnum)]
enum Place {
    /// In their home, where everything was just put up: who has not registered
    Installation,
    /// At the counter, where staff saw a document: also who lost what they sign in with
    Counter,
}

/// One member, those a file names, or all who wait.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// One contract's number
    #[arg(long)]
    contract: Option<String>,
    /// A CSV file: contract number, member's number (001 when left out); `-` reads what is typed
    #[arg(long)]
    file: Option<PathBuf>,
    /// Everybody who was invited, has not registered, and has no letter that is good
    #[arg(long)]
    unregistered: bool,
}

type Member = (String, i64);

pub(super) fn run(context: &Context, command: Letter) -> std::result::Result<(), Failure> {
    let Letter::Issue(Issue { operator, whose, person, at, out, pdf, font }) = command;
    let db = context.db()?;
    let paper = || match &pdf {
        None => Paper::list(out.as_deref()),
        Some(folder) => {
            let base_url = context.config()?.base_url;
            let whose = (&db, operator.as_str(), base_url.as_str());
            Pages::to(folder, font.as_deref(), whose).map(Paper::Pages)
        }
    };
    match whose {
        Whose { contract: Some(number), .. } if pdf.is_none() => match at {
            Some(place) => {
                let issuer = Issuer::of_operator(&context.config()?.base_url, &operator);
                here(&db, &issuer, (number, person), place)
            }
            None => one(&db, &operator, number, person),
        },
        Whose { contract: Some(number), .. } => {
            Letters::on(paper()?).write_all(&db, &operator, &[(number, person)])
        }
        Whose { file: Some(file), .. } => {
            let members = named_in(&file)?;
            Letters::on(paper()?).write_all(&db, &operator, &members)
        }
        Whose { .. } => unregistered(&db, &operator, Letters::on(paper()?)),
    }
}

fn here(
    db: &Db,
    issuer: &Issuer,
    (number, person_no): Member,
    place: Place,
) -> std::result::Result<(), Failure> {
    let at = match place {
        Place::Installation => HandedAt::Installation,
        Place::Counter => HandedAt::Counter,
    };
    let hand = move |tx: &mut Tx<'_>| hand_code(tx, (&number, person_no), at);
    let handed = db.transact(&Context::scope(issuer.operator()), hand)?;
    output::line(format!("contract number    {}", handed.number));
    output::line(format!("registration code  {}", grouped(&handed.code)));
    output::line(format!("link               {}", issuer.invitation(&handed.number, &handed.code)));
    output::line(format!("good for {} minutes, once; shown only now", HANDED_SECONDS / 60));
    Ok(())
}

fn one(
    db: &Db,
    operator: &str,
    number: String,
    person_no: i64,
) -> std::result::Result<(), Failure> {
    let letter =
        db.transact(&Context::scope(operator), move |tx| write_letter(tx, &number, person_no))?;
    output::line(format!("contract number    {}", letter.number));
    output::line(format!("registration code  {}", grouped(&letter.code)));
    output::line(format!("good for {LETTER_DAYS} days, once; shown only now"));
    Ok(())
}

fn unregistered(db: &Db, operator: &str, mut letters: Letters) -> std::result::Result<(), Failure> {
    let mut after = String::new();
    loop {
        let Waiting { members, next } =
            db.read(&Context::scope(operator), |tx| waiting_for_letter(tx, &after, PAGE))?;
        letters.write(db, operator, &members)?;
        let Some(next) = next else { return letters.end() };
        after = next;
    }
}

/// What letters are written on.
enum Paper {
    /// The list for the printer: a line of names, then a letter a line; the screen, or a file.
    List(Box<csv::Writer<Box<dyn Write>>>, Option<File>),
    /// The letters themselves.
    Pages(Pages),
}

impl Paper {
    fn list(path: Option<&Path>) -> std::result::Result<Self, Failure> {
        let made = |path: &Path| {
            let mut options = OpenOptions::new();
            let file = options.write(true).create_new(true).mode(0o600).open(path)?;
            Ok((file.try_clone()?, file))
        };
        let (file, to): (Option<File>, Box<dyn Write>) = match path {
            None => (None, Box::new(std::io::stdout())),
            Some(path) => {
                let (kept, to) = made(path).map_err(|error: std::io::Error| {
                    Failure::refused(format!("{}: {error}", path.display()))
                })?;
                (Some(kept), Box::new(to))
            }
        };
        let mut list = csv::Writer::from_writer(to);
        list.write_record(["contract_number", "person_number", "code", "expires"])
            .map_err(|error| Failure::refused(error.to_string()))?;
        Ok(Self::List(Box::new(list), file))
    }

    /// Writes down the letters of a transaction.
    fn write(&mut self, letters: &[&PrintedLetter]) -> std::io::Result<()> {
        match self {
            Self::Pages(pages) => pages.write(letters),
            Self::List(list, file) => {
                for letter in letters {
                    let person = format!("{:03}", letter.person_no);
                    let (code, expires) = (grouped(&letter.code), letter.expires.rfc3339_jst());
                    list.write_record([&letter.number, &person, &code, &expires])
                        .map_err(std::io::Error::other)?;
                }
                list.flush()?;
                file.as_ref().map_or(Ok(()), File::sync_all)
            }
        }
    }
}

/// The letters of one run.
struct Letters {
    paper: Paper,
    written: usize,
    refused: usize,
}

impl Letters {
    const fn on(paper: Paper) -> Self {
        Self { paper, written: 0, refused: 0 }
    }

    fn write_all(
        mut self,
        db: &Db,
        operator: &str,
        members: &[Member],
    ) -> std::result::Result<(), Failure> {
        self.write(db, operator, members)?;
        self.end()
    }

    /// Makes the letters of these members, a chunk a transaction, and writes each chunk down before
    /// the next is begun: after a fault at most one chunk of codes is lost.
    fn write(
        &mut self,
        db: &Db,
        operator: &str,
        members: &[Member],
    ) -> std::result::Result<(), Failure> {
        for chunk in members.chunks(CHUNK) {
            let ours = chunk.to_vec();
            let made =
                db.transact(&Context::scope(operator), move |tx| write_letters(tx, &ours))?;
            let letters: Vec<&PrintedLetter> = made.iter().flatten().collect();
            if let Err(error) = self.paper.write(&letters) {
                let from = chunk.first().map_or("", |member| member.0.as_str());
                return Err(Failure::refused(format!(
                    "{error}: the letters of {} members from contract {from} on are lost; issue \
                     them again with --file",
                    chunk.len()
                )));
            }
            for (member, letter) in chunk.iter().zip(&made) {
                match letter {
                    Ok(_) => self.written += 1,
                    Err(error) => {
                        self.refused += 1;
                        output::fault(format!("{}/{:03}: {}", member.0, member.1, error.code()));
                    }
                }
            }
        }
        Ok(())
    }

    fn end(mut self) -> std::result::Result<(), Failure> {
        // A list without a letter still has its line of names.
        self.paper.write(&[]).map_err(|error| Failure::refused(error.to_string()))?;
        if !matches!(self.paper, Paper::List(_, None)) {
            output::line(format!("{} letters, good for {LETTER_DAYS} days", self.written));
        }
        if self.refused == 0 {
            return Ok(());
        }
        Err(Failure::refused(format!("{} members got no letter", self.refused)))
    }
}

/// The letters of a chunk in one transaction. One that is refused has changed nothing and stops no
/// other.
fn write_letters(
    tx: &mut base::store::Tx<'_>,
    members: &[Member],
) -> Result<Vec<Result<PrintedLetter>>> {
    let mut made = Vec::with_capacity(members.len());
    for (number, person_no) in members {
        match write_letter(tx, number, *person_no) {
            Err(error @ (Error::NotFound { .. } | Error::Refused { .. }))
                if error.code() != "operator.unknown" =>
            {
                made.push(Err(error));
            }
            other => made.push(Ok(other?)),
        }
    }
    Ok(made)
}

/// The members a file names: every line is read before the first letter is made.
fn named_in(path: &Path) -> std::result::Result<Vec<Member>, Failure> {
    let name = path.display();
    let unread = |error: std::io::Error| Failure::usage(format!("{name}: {error}"));
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map_err(unread)?;
    } else {
        File::open(path).and_then(|mut file| file.read_to_string(&mut text)).map_err(unread)?;
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut members = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        let number = record.get(0).unwrap_or_default();
        let person = record.get(1).filter(|text| !text.is_empty()).unwrap_or("1");
        if number.is_empty() || (at == 0 && number == "contract_number") {
            continue;
        }
        let person_no = person.parse().map_err(|_| {
            Failure::usage(format!("{name}: line {}: `{person}` is no member's number", at + 1))
        })?;
        members.push((number.to_owned(), person_no));
    }
    Ok(members)
}
