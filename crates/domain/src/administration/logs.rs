//! The books of a station, for who looks through them: who did what, what passed between systems, who called, what was answered.
//!
//! Nothing is kept for it: the lines are those of the books. A page looks at a bounded part of a book and says so where that was not
//! enough. Source: brief tve §11.2; `docs/decisions/0057`.

use std::collections::BTreeMap;

use base::kernel::{Day, Error, Result};
use base::records::pages::{self, ByWhom, Called, OfAccess, OfLinkage, Page, Passed, Stretch};
use base::store::Tx;

use crate::subscribers::{self, Key};

use super::audited::{self, Audited};
use super::topics::Topic;

/// Which book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Book {
    /// Who did what to whom.
    Audit,
    /// Files, calls and deliveries.
    Linkage,
    /// Requests.
    Access,
    /// Answers to "may I watch": kept and read by `decisions`.
    Decisions,
}

impl Book {
    /// All, in the order they are offered in.
    pub const ALL: [Self; 4] = [Self::Audit, Self::Linkage, Self::Access, Self::Decisions];

    /// The word in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Linkage => "linkage",
            Self::Access => "access",
            Self::Decisions => "decisions",
        }
    }

    /// Reads [`Book::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|book| book.as_str() == word)
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was done, delivered, allowed.
    Done,
    /// It was not.
    Refused,
    /// Not yet; of deliveries.
    Waiting,
}

impl Ended {
    /// All, in the order they are offered in.
    pub const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Waiting];

    /// The word in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Waiting => "waiting",
        }
    }

    /// Reads [`Ended::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// What kind of line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Kind {
    /// Any.
    #[default]
    Any,
    /// Of the audit: acts of a topic.
    Topic(Topic),
    /// Of the linkage: `file`, `delivery`.
    Message(String),
    /// Requests by these routes.
    Routes(Vec<String>),
    /// Answers that were refused for this.
    Code(String),
}

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// In which book.
    pub book: Book,
    /// On which days, in Japan: the first and the last.
    pub days: (Day, Day),
    /// About which contract; empty: any. In the linkage, deliveries about it.
    pub number: String,
    /// About which member of it; 0: any.
    pub person_no: i64,
    /// What kind of line.
    pub kind: Kind,
    /// By whom; in the linkage and the answers, the other system.
    pub by: ByWhom,
    /// What came of it; none: whatever.
    pub ended: Option<Ended>,
    /// What it came from: a file by name, a request by its id; empty: whatever.
    pub behind: String,
}

/// How much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portion {
    /// To be read on a screen.
    Page,
    /// To be carried away in a file.
    Export,
}

impl Portion {
    /// Lines at most.
    #[must_use]
    pub const fn lines(self) -> i64 {
        match self {
            Self::Page => 30,
            Self::Export => 10_000,
        }
    }

    /// Lines looked at, at most.
    #[must_use]
    pub const fn looked_at(self) -> i64 {
        match self {
            Self::Page => 20_000,
            Self::Export => 200_000,
        }
    }
}

/// The lines of one book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lines {
    /// Of the audit.
    Audit(Page<Audited>),
    /// Of the linkage log and the outbox.
    Linkage(Page<Passed>),
    /// Of the access log.
    Access(Page<Called>),
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Logs {
    /// The lines.
    pub lines: Lines,
    /// Where the members who did something are, by their id.
    pub members: BTreeMap<String, (Key, i64)>,
}

impl Logs {
    /// How many lines there are, and whether the book has more of them.
    #[must_use]
    pub const fn count(&self) -> (usize, bool) {
        match &self.lines {
            Lines::Audit(page) => (page.lines.len(), page.next.is_some()),
            Lines::Linkage(page) => (page.lines.len(), page.next.is_some()),
            Lines::Access(page) => (page.lines.len(), page.next.is_some()),
        }
    }
}

/// A portion of a book, newest first, from behind where an earlier one ended (`after`; empty: from the newest on). At most five statements.
///
/// # Errors
/// - `logs.days_reversed` — the last day lies before the first
/// - `contract.unknown`; `person.unknown`; `logs.text_malformed` — no id of ours looks so
/// - `request.parameters_malformed` — no portion ended there; or the answers, which are not read here
pub fn logs(tx: &mut Tx<'_>, wanted: &Wanted, (after, much): (&str, Portion)) -> Result<Logs> {
    let stretch = wanted.stretch(after, much)?;
    let mut members = BTreeMap::new();
    let lines = match wanted.book {
        Book::Audit => {
            let page = audited::read(tx, wanted, &stretch)?;
            let ids = page.lines.iter().flat_map(|line| [line.subject.as_str(), &line.actor]);
            members = members_of(tx, ids)?;
            let lines = page.lines.into_iter().map(|line| audited::told(&members, line)).collect();
            Lines::Audit(Page { lines, next: page.next, given_up: page.given_up })
        }
        Book::Linkage => Lines::Linkage(pages::linkage(tx, &wanted.of_linkage(), &stretch)?),
        Book::Access => {
            let page = pages::access(tx, &wanted.of_access(), &stretch)?;
            members = members_of(tx, page.lines.iter().map(|line| line.actor.as_str()))?;
            Lines::Access(page)
        }
        Book::Decisions => return Err(Error::invalid("request.parameters_malformed", "book")),
    };
    Ok(Logs { lines, members })
}

impl Wanted {
    /// The part of the book that is meant.
    ///
    /// # Errors
    /// Those of [`logs`], but for what is unknown.
    pub fn stretch(&self, after: &str, much: Portion) -> Result<Stretch> {
        self.check()?;
        Ok(Stretch {
            since: self.days.0.start(),
            until: self.days.1.end(),
            after: after.to_owned(),
            limit: much.lines(),
            looked_at: much.looked_at(),
        })
    }

    fn check(&self) -> Result<()> {
        if self.days.1 < self.days.0 {
            return Err(Error::invalid("logs.days_reversed", "to"));
        }
        // They go into the audit when lines are carried away: nothing that is somebody's.
        let plain = |text: &str| text.len() <= 80 && text.bytes().all(|one| one.is_ascii_graphic());
        for (text, field) in
            [(&self.number, "number"), (&self.behind, "behind"), (&self.by.whole, "who")]
        {
            if !plain(text) {
                return Err(Error::invalid("logs.text_malformed", field));
            }
        }
        Ok(())
    }

    fn outcome(&self) -> String {
        self.ended.map_or("", Ended::as_str).to_owned()
    }

    fn of_linkage(&self) -> OfLinkage {
        OfLinkage {
            kind: match &self.kind {
                Kind::Message(kind) => kind.clone(),
                _ => String::new(),
            },
            peer: self.by.whole.clone(),
            outcome: self.outcome(),
            reference: match self.behind.as_str() {
                "" => self.number.clone(),
                behind => behind.to_owned(),
            },
        }
    }

    fn of_access(&self) -> OfAccess {
        let routes = match &self.kind {
            Kind::Routes(routes) => Some(routes.clone()),
            _ => None,
        };
        OfAccess { routes, by: self.by.clone(), outcome: self.outcome() }
    }
}

/// Where the persons among `names` are.
fn members_of<'n>(
    tx: &mut Tx<'_>,
    names: impl Iterator<Item = &'n str>,
) -> Result<BTreeMap<String, (Key, i64)>> {
    let bare = names.map(|name| name.strip_prefix("person:").unwrap_or(name));
    let mut ids: Vec<String> =
        bare.filter(|name| name.starts_with("per_")).map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() { Ok(BTreeMap::new()) } else { subscribers::keys_of_persons(tx, ids) }
}
