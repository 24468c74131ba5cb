//! All that is kept of a person, for that person to take with them.
//!
//! One file of what is theirs: never of another member, and of the household only what it says of them. It reads the
//! decision log in a statement of its own. Source: brief tve §12.1 (“data export”), §12.5; `docs/decisions/0051`.

use base::kernel::{Error, Instant, Result};
use base::records::{AuditLine, Entry, list_about_person, record};
use base::store::{Tx, Value};
use serde::Serialize;

use crate::credentials::{self, Factors, Fresh};
use crate::operators;
use crate::sessions::{self, Consent, Device};
use crate::subscribers::{self, Key, Load, PERSON_UNKNOWN, Person};

use super::continuing::SignedIn;
use super::journeys::Journeys;

/// The newest lines of what happened and of what was answered that go along, of each.
const LINES: i64 = 5_000;
/// Sessions, devices and services that go along, of each.
const LISTED: i64 = 500;

/// All that is kept of a person. Instants are texts in JST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnData {
    /// When it was put together.
    pub made: String,
    /// The operator's code.
    pub operator: String,
    /// The person themselves.
    pub person: OwnPerson,
    /// Mail addresses and telephone numbers.
    pub contacts: Vec<OwnContact>,
    /// What they prove themselves by: that it is there, never what it is.
    pub proofs: OwnProofs,
    /// Browsers they are signed in with.
    pub sessions: Vec<OwnSession>,
    /// Devices they let in.
    pub devices: Vec<OwnDevice>,
    /// Services they allow something.
    pub consents: Vec<OwnConsent>,
    /// What happened to what is theirs, sign-ins too, the newest first.
    pub history: Vec<OwnLine>,
    /// What they were answered when they wanted to watch, the newest first.
    pub answers: Vec<OwnAnswer>,
}

/// The person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnPerson {
    contract_number: String,
    person_no: i64,
    login_id: Option<String>,
    name_kana: Option<String>,
    birth_on: Option<String>,
    role: &'static str,
    max_rating_years: i64,
    adult_allowed: bool,
    since: String,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnContact {
    kind: &'static str,
    address: String,
    verified: Option<String>,
    bounced: Option<String>,
}

/// What a person proves themselves by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnProofs {
    authenticator: bool,
    recovery_codes_left: i64,
    passkeys: Vec<OwnPasskey>,
    pins: Vec<OwnPin>,
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnPasskey {
    name: String,
    since: String,
    used: Option<String>,
}

/// A PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnPin {
    kind: &'static str,
    since: String,
    asked_from_years: i64,
}

/// A browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnSession {
    signed_in: String,
    seen: String,
    services: Vec<String>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnDevice {
    name: String,
    model: String,
    service: String,
    since: String,
}

/// A service that is allowed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnConsent {
    service: String,
    scopes: String,
    shown: String,
    given: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnLine {
    at: String,
    act: String,
    by: &'static str,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnAnswer {
    at: String,
    service: String,
    action: String,
    resource: String,
    allowed: bool,
}

impl Journeys {
    /// All that is kept of who is signed in.
    ///
    /// # Errors
    /// `proof.too_old`; those of the guard
    pub fn take_own_data(&self, who: &SignedIn, now: Instant) -> Result<OwnData> {
        let (key, person_no) = (who.session.key.clone(), who.session.person_no);
        self.change_own(who, now, move |tx, _, fresh| own_data(tx, fresh, (&key, person_no)))
    }
}

/// All that is kept of a person, member `person_no` of `key`. That it was taken is written down.
///
/// # Errors
/// `proof.too_old`; `person.unknown` — also when that member is another person
pub fn own_data(
    tx: &mut Tx<'_>,
    fresh: &Fresh<'_>,
    (key, person_no): (&Key, i64),
) -> Result<OwnData> {
    fresh.check(tx)?;
    let id = fresh.person_id;
    let person = find_person(tx, id, (key, person_no))?;
    let since = person.created;
    let login = credentials::login_of(tx, id)?;
    let policies = tx.operator_fact(operators::find_operator)?.policies.clone();
    let sessions = sessions::list_sessions(tx, id, ("", LISTED), &policies)?;
    let devices = sessions::list_devices(tx, id, ("", LISTED))?;
    let consents = sessions::list_consents(tx, id, (("", ""), LISTED))?;
    let history = list_about_person(tx, id, (Instant::from_ms(0), LINES))?;
    let data = OwnData {
        made: tx.now().rfc3339_jst(),
        operator: tx.operator().to_owned(),
        person: of_person(person, login, key),
        contacts: contacts(tx, id)?,
        proofs: proofs(tx, id)?,
        sessions: sessions
            .into_iter()
            .map(|one| OwnSession {
                signed_in: one.auth.rfc3339_jst(),
                seen: one.seen.rfc3339_jst(),
                services: one.clients,
            })
            .collect(),
        devices: devices.into_iter().map(of_device).collect(),
        consents: consents.into_iter().map(of_consent).collect(),
        history: history.into_iter().map(|line| of_line(line, id)).collect(),
        answers: answers(tx, (key, person_no), since)?,
    };
    record(tx, &Entry::new("person.data_taken", id))?;
    Ok(data)
}

fn find_person(tx: &mut Tx<'_>, id: &str, (key, person_no): (&Key, i64)) -> Result<Person> {
    let loaded = subscribers::load(tx, vec![key.number.clone()], Load::Whole)?;
    let household = loaded.into_iter().find(|one| one.key() == *key);
    let person = household.and_then(|one| one.person(person_no).cloned());
    let same = person.filter(|person| person.person_id == id);
    same.ok_or_else(|| Error::not_found(PERSON_UNKNOWN, id))
}

fn of_person(person: Person, login_id: Option<String>, key: &Key) -> OwnPerson {
    OwnPerson {
        contract_number: key.number.clone(),
        person_no: person.person_no,
        login_id,
        name_kana: person.kana,
        birth_on: person.birth_on,
        role: person.role.as_str(),
        max_rating_years: person.max_rating_years,
        adult_allowed: person.adult_allowed,
        since: person.created.rfc3339_jst(),
    }
}

fn contacts(tx: &mut Tx<'_>, id: &str) -> Result<Vec<OwnContact>> {
    let all = credentials::contacts_of(tx, id)?.into_iter();
    Ok(all
        .map(|one| OwnContact {
            kind: one.kind.as_str(),
            address: one.address,
            verified: one.verified.map(Instant::rfc3339_jst),
            bounced: one.bounced.map(Instant::rfc3339_jst),
        })
        .collect())
}

fn proofs(tx: &mut Tx<'_>, id: &str) -> Result<OwnProofs> {
    let Factors { totp, recovery_codes } = credentials::factors_of(tx, id)?;
    let passkeys = credentials::passkeys_of(tx, id)?.into_iter();
    let pins = credentials::pins_of(tx, id)?.into_iter();
    Ok(OwnProofs {
        authenticator: totp,
        recovery_codes_left: recovery_codes,
        passkeys: passkeys
            .map(|one| OwnPasskey {
                name: one.name,
                since: one.created.rfc3339_jst(),
                used: one.used.map(Instant::rfc3339_jst),
            })
            .collect(),
        pins: pins
            .map(|one| OwnPin {
                kind: one.kind.as_str(),
                since: one.since.rfc3339_jst(),
                asked_from_years: one.asks_years,
            })
            .collect(),
    })
}

fn of_device(one: Device) -> OwnDevice {
    OwnDevice {
        name: one.name,
        model: one.model,
        service: one.client_id,
        since: one.created.rfc3339_jst(),
    }
}

fn of_consent(one: Consent) -> OwnConsent {
    OwnConsent {
        service: one.client_id,
        scopes: one.scopes,
        shown: one.shown,
        given: one.given.rfc3339_jst(),
    }
}

/// Who did it is told as far as it is theirs to know: no clerk, and no other member, by name.
fn of_line(line: AuditLine, id: &str) -> OwnLine {
    let by = match line.actor.split_once(':') {
        Some(("person", who)) if who == id => "yourself",
        Some(("person", _)) => "household",
        Some(("client", _)) => "service",
        Some(("sms" | "staff" | "admin" | "operations", _)) => "station",
        _ => "system",
    };
    OwnLine { at: line.at.rfc3339_jst(), act: line.act, by }
}

/// Answers since there is this person: not those to somebody else who had the number before.
fn answers(
    tx: &mut Tx<'_>,
    (key, person_no): (&Key, i64),
    since: Instant,
) -> Result<Vec<OwnAnswer>> {
    let keys: [Value; 6] = [
        tx.operator().into(),
        (&key.number).into(),
        key.generation.into(),
        person_no.into(),
        LINES.into(),
        since.into(),
    ];
    tx.rows(
        // As the index says which lines it holds.
        "SELECT at_ms, client_id, action, resource, permit FROM decision_log
          WHERE operator_id = ?1 AND number = ?2 AND gen = ?3 AND person_no = ?4
            AND person_no > 0 AND at_ms >= ?6
          ORDER BY at_ms DESC LIMIT ?5",
        &keys,
        |row| {
            Ok(OwnAnswer {
                at: row.instant()?.rfc3339_jst(),
                service: row.text()?,
                action: row.text()?,
                resource: row.text()?,
                allowed: row.flag()?,
            })
        },
    )
}
