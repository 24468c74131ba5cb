//! Mail addresses and telephone numbers of a person: added, verified by a code sent there, removed.
//!
//! Only by the person, within five minutes of a proof; every other contact is told. Source: brief tve §12.1,
//! §12.3; `docs/decisions/0031`.

use base::kernel::{Change, Error, Instant, Result};
use base::records::{Entry, record};
use base::store::Tx;
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::signing::MasterKey;

use super::alerts::{self, Alert};
use super::contact_book as book;
use super::factors::Fresh;
use super::lockout::{Try, begin_try_of, forgive};
use super::sent_codes;

/// Contacts of one person, with those that were removed lately or never verified: who adds and removes does
/// not have codes sent to half the town.
pub const MOST_CONTACTS: i64 = 6;

/// Codes sent for contacts of one person in a row, none of them typed; then none for two days.
const CODES_IN_A_ROW: i64 = 8;

/// What kind of contact it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactKind {
    /// A mail address.
    Mail,
    /// A telephone that takes texts.
    Phone,
}

impl ContactKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Phone];

    /// As it is stored and written in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "MAIL",
            Self::Phone => "PHONE",
        }
    }

    /// The kind that is written so.
    #[must_use]
    pub fn of_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// An address of this kind as it is kept: half-width; a number in its international form, Japan's when it
    /// names no country.
    ///
    /// # Errors
    /// `contact.malformed`
    pub fn address(self, typed: &str) -> Result<String> {
        let typed: String = typed.nfkc().take(400).collect();
        let address = match self {
            Self::Mail => mail(typed.trim()),
            Self::Phone => phone(&typed),
        };
        address.ok_or_else(|| Error::invalid("contact.malformed", "address"))
    }
}

/// The part behind the last `@` in small letters; the part before it as its owner writes it. Quoted and
/// international local parts are no addresses here: RFC 5321 §4.1.2 (dot-string only).
fn mail(typed: &str) -> Option<String> {
    let (local, domain) = typed.rsplit_once('@')?;
    let domain = domain.to_ascii_lowercase();
    let local_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&byte);
    let label = |label: &str| {
        let bytes = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        bytes && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let labels: Vec<&str> = domain.split('.').collect();
    let fits = (1..=64).contains(&local.len()) && domain.len() <= 189 && labels.len() >= 2;
    let good = fits && local.bytes().all(local_byte) && labels.into_iter().all(label);
    good.then(|| format!("{local}@{domain}"))
}

/// E.164: a plus and 8 to 15 digits. Source: ITU-T E.164 §6.
fn phone(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let between = |c: char| matches!(c, ' ' | '-' | '(' | ')' | '.' | '‐' | '−' | 'ー');
    let digits: String = typed.chars().filter(|c| !between(*c)).collect();
    let international = match (digits.strip_prefix('+'), digits.strip_prefix('0')) {
        (Some(rest), _) => rest.to_owned(),
        (None, Some(rest)) => format!("81{rest}"),
        (None, None) => return None,
    };
    let good = (8..=15).contains(&international.len())
        && international.bytes().all(|byte| byte.is_ascii_digit())
        && !international.starts_with('0');
    good.then(|| format!("+{international}"))
}

/// A contact, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its id here.
    pub id: String,
    /// Mail or telephone.
    pub kind: ContactKind,
    /// Where.
    pub address: String,
    /// Since when it is known that its owner reads what is sent there.
    pub verified: Option<Instant>,
    /// Since when nothing arrives there.
    pub bounced: Option<Instant>,
}

impl Contact {
    /// Whether anything but a code to verify it is sent there.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.verified.is_some() && self.bounced.is_none()
    }
}

/// The contacts of a person, oldest first. One statement.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn contacts_of(tx: &mut Tx<'_>, person_id: &str) -> Result<Vec<Contact>> {
    book::list(tx, person_id)
}

/// Adds a contact and sends a code there; answers its id. One that is there already is sent a new code, unless
/// it is verified and nothing came back from it: then nothing happens.
///
/// `language` is what it will be written to in: a tag (`ja`, `en`).
///
/// # Errors
/// - `proof.too_old`, `recovery.waits`; `contact.malformed`; `contact.too_many` — contacts, or codes of which none was typed
/// - `contact.code_just_sent` — the last code is younger than a minute
pub fn add_contact(
    tx: &mut Tx<'_>,
    fresh: &Fresh<'_>,
    (kind, typed): (ContactKind, &str),
    language: &str,
) -> Result<(String, Change)> {
    fresh.check_settled(tx)?;
    let address = kind.address(typed)?;
    let known = book::find(tx, fresh.person_id, (kind, &address))?;
    if let Some(known) = known.as_ref().filter(|known| known.contact.is_good() && !known.removed) {
        return Ok((known.contact.id.clone(), Change::Already));
    }
    if known.is_none() && book::count(tx, fresh.person_id)? >= MOST_CONTACTS {
        return Err(Error::refused("contact.too_many"));
    }
    // Texts cost money, and some numbers earn it.
    let in_a_row = begin_try_of(tx, &in_a_row(fresh.person_id), CODES_IN_A_ROW)?;
    if in_a_row != Try::Begun {
        return Err(Error::refused("contact.too_many"));
    }
    let id = book::put(tx, fresh.person_id, (kind, &address), language)?;
    sent_codes::renew(tx, &id, fresh.person_id)?;
    alerts::send_code(tx, (&id, kind))?;
    let detail = json!({"contact": id, "kind": kind.as_str()});
    record(tx, &Entry::new("person.contact_added", fresh.person_id).detail(detail))?;
    Ok((id, Change::Made))
}

/// What codes in a row are counted as.
fn in_a_row(person_id: &str) -> String {
    format!("contacts:{person_id}")
}

/// How a code for a contact was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// It was right: the contact counts from now on.
    Now,
    /// The contact counted already.
    Already,
    /// It was wrong, over, or tried too often: nobody is told which.
    Refused,
}

/// The person read the code that was sent to the contact: it counts from now on, and all their other contacts
/// are told. A wrong one is written down, so it is an answer and no error.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`; `contact.unknown` — not one of theirs
pub fn verify_contact(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    fresh: &Fresh<'_>,
    (id, typed): (&str, &str),
) -> Result<Verified> {
    fresh.check_settled(tx)?;
    let contact = book::own(tx, (fresh.person_id, id))?;
    if contact.is_good() {
        return Ok(Verified::Already);
    }
    let detail = json!({"contact": id, "kind": contact.kind.as_str()});
    let whose = sent_codes::spend(tx, master, (id, typed))?;
    if whose.as_deref() != Some(fresh.person_id) {
        record(tx, &Entry::new("person.contact_refused", fresh.person_id).detail(detail))?;
        return Ok(Verified::Refused);
    }
    alerts::tell_person(tx, fresh.person_id, Alert::ContactAdded)?;
    book::note_verified(tx, id)?;
    forgive(tx, &in_a_row(fresh.person_id))?;
    record(tx, &Entry::new("person.contact_verified", fresh.person_id).detail(detail))?;
    Ok(Verified::Now)
}

/// Takes a contact away. It is told that, with all others.
///
/// # Errors
/// `proof.too_old`, `recovery.waits`
pub fn remove_contact(tx: &mut Tx<'_>, fresh: &Fresh<'_>, id: &str) -> Result<Change> {
    fresh.check_settled(tx)?;
    let theirs = book::list(tx, fresh.person_id)?;
    let Some(contact) = theirs.iter().find(|one| one.id == id) else { return Ok(Change::Already) };
    if contact.verified.is_some() {
        alerts::tell(tx, &theirs, Alert::ContactRemoved)?;
    }
    book::note_removed(tx, id)?;
    sent_codes::kill(tx, id)?;
    let detail = json!({"contact": id, "kind": contact.kind.as_str()});
    record(tx, &Entry::new("person.contact_removed", fresh.person_id).detail(detail))?;
    Ok(Change::Made)
}

/// Nothing arrives at this contact: its owner is shown that, and it is not written to before it is verified
/// again.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn note_bounce(tx: &mut Tx<'_>, id: &str) -> Result<Change> {
    let Some(person_id) = book::note_bounced(tx, id)? else { return Ok(Change::Already) };
    let detail = json!({"contact": id});
    record(tx, &Entry::new("person.contact_bounced", &person_id).detail(detail))?;
    Ok(Change::Made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_the_post_reads_it() {
        let mail = |typed| ContactKind::Mail.address(typed).unwrap();
        assert_eq!(mail(" Ｈａｎａｋｏ.T@Example.JP "), "Hanako.T@example.jp");
        assert_eq!(mail("a..b.@docomo.example.jp"), "a..b.@docomo.example.jp", "old telephones");
        let long = format!("{}@example.jp", "a".repeat(65));
        for bad in [
            "",
            "hanako",
            "@example.jp",
            "a@b",
            "a b@example.jp",
            "髙@example.jp",
            "a@example.jp\r\nBcc: b@example.jp",
            "a@-x.jp",
            "a@x..jp",
            "a@[127.0.0.1]",
            "a,b@example.jp",
            "<a@example.jp>",
            &long,
        ] {
            let refused = ContactKind::Mail.address(bad);
            assert_eq!(refused.unwrap_err().code(), "contact.malformed", "{bad}");
        }
    }

    #[test]
    fn a_number_is_kept_with_its_country() {
        let phone = |typed| ContactKind::Phone.address(typed).unwrap();
        assert_eq!(phone("０９０-１２３４-５６７８"), "+819012345678");
        assert_eq!(phone("+81 90 1234 5678"), "+819012345678");
        assert_eq!(phone("+1 (202) 555.0101"), "+12025550101");
        for bad in ["", "110", "9012345678", "+0901234567", "090-1234-567x", "+1234567890123456"] {
            let refused = ContactKind::Phone.address(bad);
            assert_eq!(refused.unwrap_err().code(), "contact.malformed", "{bad}");
        }
    }
}
