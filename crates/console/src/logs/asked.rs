//! What is looked for, from the form.

use base::kernel::{Day, Instant, Result};
use base::records::pages::ByWhom;
use domain::administration::{Book, Ended, Kind, Topic, Wanted};
use formats::oauth::Parameters;
use unicode_normalization::UnicodeNormalization as _;

use super::areas::routes_of;
use crate::labels;

/// Days back that are shown where nothing is said.
const DAYS: i64 = 6;

/// Who does something: the word in the form, how the books name it, and the key of its name.
pub(super) const DOERS: [(&str, &str, &str); 8] = [
    ("staff", "staff:", "console.logs.doer.staff"),
    ("sms", "sms:", "console.doer.sms"),
    ("person", "person:", "console.logs.doer.person"),
    ("client", "client:", "console.logs.doer.client"),
    ("admin", "admin:", "console.logs.doer.admin"),
    ("operations", "operations:", "console.doer.operations"),
    ("system", "system", "console.doer.system"),
    ("anonymous", "anonymous", "console.doer.anonymous"),
];

/// Messages of the linkage, and the key of each.
pub(super) const MESSAGES: [(&str, &str); 6] = [
    ("file", "console.message.file"),
    ("command", "console.message.command"),
    ("commands", "console.message.commands"),
    ("delivery", "console.message.delivery"),
    ("post", "console.message.post"),
    ("logout", "console.message.logout"),
];

/// The form as it was filled in.
#[derive(Debug, Clone)]
pub(super) struct Filled {
    pub(super) book: Book,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) number: String,
    pub(super) person: String,
    pub(super) kind: String,
    pub(super) doer: String,
    pub(super) who: String,
    pub(super) outcome: String,
    pub(super) behind: String,
}

impl Filled {
    /// As a form or a link says; the last days where it says none.
    pub(super) fn of(form: &Parameters<'_>, now: Instant) -> Self {
        let get = |name| -> String {
            form.get(name).unwrap_or_default().nfkc().collect::<String>().trim().to_owned()
        };
        let day = |typed: String, at: Instant| {
            if typed.is_empty() { at.day_jst().iso() } else { typed }
        };
        Self {
            book: Book::parse(&get("book")).unwrap_or(Book::Audit),
            from: day(get("from"), now.plus_days(-DAYS)),
            to: day(get("to"), now),
            number: get("number").to_ascii_uppercase(),
            person: get("person"),
            kind: get("kind"),
            doer: get("doer"),
            who: get("who"),
            outcome: get("outcome"),
            behind: get("behind"),
        }
    }

    /// What that means.
    ///
    /// # Errors
    /// `date.malformed`; `person.number_invalid`
    pub(super) fn wanted(&self) -> Result<Wanted> {
        let person_no = match self.person.as_str() {
            "" => 0,
            typed => {
                typed.parse().ok().filter(|no| (1..=999).contains(no)).ok_or_else(|| {
                    base::kernel::Error::invalid("person.number_invalid", "person")
                })?
            }
        };
        Ok(Wanted {
            book: self.book,
            days: (Day::parse_iso(&self.from, "from")?, Day::parse_iso(&self.to, "to")?),
            number: if self.book == Book::Access { String::new() } else { self.number.clone() },
            // A member is one of a contract.
            person_no: if self.number.is_empty() { 0 } else { person_no },
            kind: self.kind(),
            by: self.by(),
            ended: Ended::parse(&self.outcome),
            behind: self.behind.clone(),
        })
    }

    fn kind(&self) -> Kind {
        let known = match self.book {
            Book::Audit => Topic::parse(&self.kind).map(Kind::Topic),
            Book::Linkage => {
                let known = MESSAGES.iter().any(|(word, _)| *word == self.kind);
                known.then(|| Kind::Message(self.kind.clone()))
            }
            Book::Access => routes_of(&self.kind).map(Kind::Routes),
            Book::Decisions => {
                let known = labels::REASONS.iter().any(|(code, _)| *code == self.kind);
                known.then(|| Kind::Code(self.kind.clone()))
            }
        };
        known.unwrap_or_default()
    }

    fn by(&self) -> ByWhom {
        let who = self.who.clone();
        if matches!(self.book, Book::Linkage | Book::Decisions) {
            return ByWhom { begins: String::new(), whole: who };
        }
        let doer = DOERS.iter().find(|(word, ..)| *word == self.doer);
        let begins = match doer {
            Some((_, begins, _)) => *begins,
            // An id alone is that of a colleague.
            None if !who.is_empty() => "staff:",
            None => "",
        };
        let whole = match who.as_str() {
            id if !id.is_empty() && begins.ends_with(':') => format!("{begins}{id}"),
            _ => String::new(),
        };
        ByWhom { begins: begins.to_owned(), whole }
    }

    /// The same as the query of an address, and as hidden fields of a form.
    pub(super) fn fields(&self) -> [(&'static str, &str); 10] {
        [
            ("book", self.book.as_str()),
            ("from", &self.from),
            ("to", &self.to),
            ("number", &self.number),
            ("person", &self.person),
            ("kind", &self.kind),
            ("doer", &self.doer),
            ("who", &self.who),
            ("outcome", &self.outcome),
            ("behind", &self.behind),
        ]
    }

    /// The query of this with some fields instead; what is empty is left out.
    pub(super) fn query(&self, instead: &[(&'static str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let own = self.fields();
        let kept = own.iter().filter(|(name, _)| !instead.iter().any(|(other, _)| other == name));
        for (name, value) in kept.chain(instead).filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }
}
