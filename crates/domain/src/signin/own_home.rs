//! What a signed-in person is shown first of their own: who they are here, what waits for them, what happened lately.
//!
//! Source: brief tve §12.1 (“notice history”).

use base::kernel::{Actor, Error, Instant, Result, Scope};
use base::records::{AuditLine, list_about_person};
use base::store::{Tx, Value};

use crate::credentials::APPROVAL_TRIES;
use crate::subscribers::{PERSON_UNKNOWN, shown_name};

use super::continuing::SignedIn;
use super::journeys::Journeys;

/// For how many days what happened is shown.
pub const NOTICE_DAYS: i64 = 30;
/// Lines that are looked at: a person's month has fewer.
const NOTICES: i64 = 100;

/// What a person is shown first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnHome {
    /// Name in kana, if the station told it.
    pub kana: Option<String>,
    /// Login id, if they have one.
    pub login: Option<String>,
    /// How many of the household forgot the password and wait for this person's word; none for who is not its owner.
    pub approvals: i64,
    /// Until when changes wait after a recovery, if they do.
    pub waits_until: Option<Instant>,
    /// Whether anything can be sent to them: at one contact at least.
    pub reachable: bool,
    /// What happened to what is theirs in the last [`NOTICE_DAYS`], the newest first: lines of the audit.
    pub happened: Vec<AuditLine>,
}

impl Journeys {
    /// What who is signed in is shown first.
    ///
    /// # Errors
    /// `person.unknown`; `unavailable` when the database fails.
    pub fn home_of(&self, who: &SignedIn, now: Instant) -> Result<OwnHome> {
        let person_id = who.member.person_id.clone();
        let scope = Scope::new(&who.operator, Actor::Person(person_id.clone()), now);
        let since = now.plus_days(-NOTICE_DAYS);
        self.db.read(&scope, |tx| {
            let happened = list_about_person(tx, &person_id, (since, NOTICES))?;
            Ok(OwnHome { happened, ..find(tx, &person_id)? })
        })
    }
}

/// All but what happened, in one statement: the page has more to ask for. It reads logins, passwords, contacts and
/// approvals as their rooms do.
fn find(tx: &mut Tx<'_>, person_id: &str) -> Result<OwnHome> {
    let now = tx.now();
    let keys: [Value; 4] =
        [tx.operator().into(), person_id.into(), now.into(), APPROVAL_TRIES.into()];
    let found = tx.row(
        "SELECT p.kana,
                (SELECT MIN(login_name) FROM logins l
                  WHERE l.operator_id = p.operator_id AND l.person_id = p.person_id),
                COALESCE((SELECT waits_until_ms FROM passwords w
                  WHERE w.operator_id = p.operator_id AND w.person_id = p.person_id), 0),
                (SELECT COUNT(*) FROM contacts c
                  WHERE c.operator_id = p.operator_id AND c.person_id = p.person_id
                    AND c.verified_ms IS NOT NULL AND c.bounced_ms IS NULL
                    AND c.removed_ms IS NULL),
                (SELECT COUNT(*) FROM persons m
                   JOIN approvals a ON a.operator_id = m.operator_id AND a.person_id = m.person_id
                  WHERE p.role = 'OWNER' AND m.operator_id = p.operator_id AND m.number = p.number
                    AND m.gen = p.gen AND m.person_id <> p.person_id AND m.state = 'ACTIVE'
                    AND a.expires_ms > ?3 AND a.tries < ?4 AND a.told_ms IS NOT NULL
                    AND a.approved_ms IS NULL)
           FROM persons p
          WHERE p.operator_id = ?1 AND p.person_id = ?2",
        &keys,
        |row| {
            let (kana, login, waits) = (row.text_if_any()?, row.text_if_any()?, row.instant()?);
            Ok(OwnHome {
                kana: kana.as_deref().map(shown_name),
                login,
                waits_until: (waits > now).then_some(waits),
                reachable: row.int()? > 0,
                approvals: row.int()?,
                happened: Vec::new(),
            })
        },
    )?;
    found.ok_or_else(|| Error::not_found(PERSON_UNKNOWN, ""))
}
