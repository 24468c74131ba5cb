//! What the walker of `walker.rs` may bring about: a small model of who proved what.

use std::collections::{BTreeMap, BTreeSet};

use base::kernel::clock;
use domain::commands::{Command, Op};
use domain::credentials::{Says, issue_letter_code, message_of};
use domain::sessions::DeviceCode;
use domain::signin::SignedIn;
use domain::signing::HandleKind;
use http::Method;

use crate::forgotten::given_reachable;
use crate::viewers::{Answer, House, PASSWORD, Viewer};
use crate::walker_boxes::{Boxes, pass_a_day};
use crate::walker_devices::{First, home_of, is_for, waiting};
use crate::walker_letters::invited;
use crate::world::KITA;

/// One request of the walk.
#[derive(Debug)]
pub struct Sent {
    pub method: Method,
    pub path: String,
    pub fields: Vec<(String, String)>,
}

impl Sent {
    /// A field that was sent once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut all = self.fields.iter().filter(|(each, _)| each == name);
        let first = all.next()?;
        all.next().is_none().then_some(first.1.as_str())
    }

    pub fn form(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }

    pub fn ticket(&self) -> &str {
        self.path.split_once("ticket=").map_or("", |(_, ticket)| ticket)
    }
}

/// By what something came about.
struct By<'s> {
    sent: &'s Sent,
    /// Whose proof it was.
    proven: Option<String>,
    /// Who is signed in in the browser that sent it.
    session: Option<String>,
}

/// Who may do what, as the walk goes.
pub struct Model {
    /// Letters that are good: by person, the number and the code.
    pub letters: BTreeMap<String, (String, String)>,
    /// The cookies of the browser somebody is signed in in when the walk begins.
    pub signed_in: BTreeMap<String, String>,
    /// A box before which the owner of A-003 may register.
    pub first: First,
    /// Televisions that wait.
    pub devices: Vec<DeviceCode>,
    /// Login id and password by person.
    pub passwords: BTreeMap<String, (String, String)>,
    /// Sign-ins in which a good letter was shown, and whose.
    pub shown: BTreeMap<String, String>,
    /// Codes by which a person goes on at another screen.
    pub to_oneself: BTreeSet<String>,
    /// Sign-ins in which such a code was shown.
    pub going_on: BTreeSet<String>,
    /// Sign-ins in which the code of who forgot the password was typed, and whose.
    pub recovering: BTreeMap<String, String>,
    /// Sign-ins that ask for consent, and whose proof is behind them.
    asked: BTreeMap<String, String>,
    /// Who allows the service that is not of the house.
    allows: BTreeSet<String>,
    /// Audit lines seen so far.
    lines: BTreeSet<String>,
    /// Sign-ins whose asking the owner approved.
    approved: BTreeSet<String>,
    /// Codes that were told to who forgot the password.
    pub codes: BTreeSet<String>,
    /// Boxes at home, and the PINs beside their codes.
    pub boxes: Boxes,
    /// What came about, and how often.
    pub done: BTreeMap<String, usize>,
}

/// What the owner of a household does on the page of the family.
const FAMILY: [&str; 5] = [
    "invitation.made",
    "invitation.withdrawn",
    "person.approval_given",
    "person.approval_mistyped",
    "person.approval_refused",
];

const SESSION: &str = "__Host-aikagi-session";

impl Model {
    /// Three households: one whose owner and a member registered, two with letters; and two televisions.
    pub fn new(house: &House) -> Self {
        house.given_client(KITA, "shop", |terms| terms.profile.first_party = false);
        let signed_in = given_reachable(house, "A-001", "takahashi").cookies;
        let mut letters = BTreeMap::new();
        for number in ["A-002", "A-003"] {
            house.world.given_contract(number);
            let letter = house.given_letter(number);
            letters.insert(person(house, number), (number.to_owned(), letter));
        }
        let member = given_relatives(house);
        let boxes = Boxes::new(house);
        let devices = waiting(house);
        let first = First::new(house, "A-003");
        let known = ("takahashi".to_owned(), PASSWORD.to_owned());
        let relative = ("saburo".to_owned(), PASSWORD.to_owned());
        let passwords = BTreeMap::from([(person(house, "A-001"), known), (member, relative)]);
        let lines = house.world.look(|tx| base::records::list_audit(tx, "", 1000)).unwrap();
        let lines = lines.into_iter().map(|line| line.id).collect();
        Self {
            letters,
            signed_in,
            devices,
            first,
            passwords,
            shown: BTreeMap::new(),
            to_oneself: BTreeSet::new(),
            going_on: BTreeSet::new(),
            recovering: BTreeMap::new(),
            asked: BTreeMap::new(),
            allows: BTreeSet::new(),
            lines,
            approved: BTreeSet::new(),
            codes: BTreeSet::new(),
            boxes,
            done: BTreeMap::new(),
        }
    }

    /// Holds what came about against what was sent.
    pub fn check(
        &mut self,
        house: &House,
        (sent, cookies): (&Sent, &BTreeMap<String, String>),
        answer: &Answer,
    ) {
        assert!(answer.status.as_u16() < 500, "{sent:?}: {} {}", answer.status, answer.body);
        for (_, letter) in self.letters.values() {
            let told = answer.body.contains(letter.as_str()) && !typed(sent, letter);
            assert!(!told, "{sent:?} told a letter");
        }
        assert!(!self.boxes.is_told(&answer.body, sent), "{sent:?} told the code of a box");
        let who = cookies.get(SESSION).and_then(|cookie| session(house, cookie));
        let proven = self.proven(sent);
        self.note_letter(house, sent, answer);
        self.note_invitation(house, (sent, who.as_ref()), answer);
        self.note_recovery(house, sent, answer);
        self.boxes.note_asked(sent, answer.status == 303);
        let session = who.as_ref().map(|who| who.member.person_id.clone());
        let by = By { sent, proven, session };
        for news in self.news(house) {
            let (act, subject, _) = &news;
            *self.done.entry(act.clone()).or_default() += 1;
            let fair = self.is_fair(house, &news, &by);
            assert!(fair, "{act} of {subject} came about by {sent:?}, as {:?}", by.session);
            if act == "consent.asked" {
                self.asked.insert(sent.ticket().to_owned(), subject.clone());
            }
            self.boxes.note_pin(act, (subject, sent));
            if act == "person.credentials_set" {
                self.note_password(house, sent, subject.clone());
            }
            if act == "person.signed_in" && self.goes_on(sent) {
                self.note_gone_on(subject);
            }
        }
    }

    /// Whether this may come about by this.
    fn is_fair(
        &mut self,
        house: &House,
        (act, subject, client): &(String, String, String),
        By { sent, proven, session }: &By<'_>,
    ) -> bool {
        let owner = session.as_ref() == Some(&person(house, "A-001"));
        let home = home_of(subject).map(|number| person(house, number));
        let by_session =
            session.is_some() && [Some(subject), home.as_ref()].contains(&session.as_ref());
        let now = proven.as_ref() == Some(subject);
        match act.as_str() {
            "person.signed_in" => now,
            // Who goes on at another screen is signed in there, and nothing else.
            "person.credentials_set" => now && !self.goes_on(sent),
            "person.registered" => proven.is_some() && !self.goes_on(sent),
            "authorization.granted" => {
                let may = client != "shop" || self.allows.contains(subject);
                may && (now || by_session) && (home.is_none() || self.allowed(sent))
            }
            "consent.asked" => now && client == "shop",
            "consent.given" => {
                self.allows.insert(subject.clone());
                (now || by_session) && sent.field("decision") == Some("allow")
            }
            "consent.refused" => (now || by_session) && sent.form() == "consent",
            "consent.withdrawn" => by_session && self.allows.remove(subject),
            // Nobody here has a passkey's private key: none is added, and none signs in.
            "person.passkey_refused" => {
                sent.form() == "passkey" || by_session && sent.form() == "passkeys"
            }
            "person.recovery_proved" => self.is_recovering(house, sent, subject),
            "person.factor_proved" => self.tries_pin(house, sent, subject) == Some(true),
            "person.factor_refused" => self.tries_pin(house, sent, subject).is_some(),
            "person.recovered" => now && sent.form() == "renewal",
            "person.home_proved" => {
                self.first.note(sent.ticket());
                self.shown.insert(sent.ticket().to_owned(), subject.clone());
                self.first.is_it(sent) && *subject == person(house, "A-003")
            }
            family if FAMILY.contains(&family) => {
                owner
                    && sent.form() == "family"
                    && self.is_owners(house, sent, (family, subject, client))
            }
            "home.allowed" | "home.switched_off" => {
                self.boxes.note_switch(house, (act, subject), (sent, session.as_deref()))
            }
            "person.totp_begun" | "person.totp_removed" => by_session,
            "device.bound" => by_session && self.allowed(sent) && is_for(sent, subject),
            "device_code.approved" => session.is_some() && self.allowed(sent),
            "device_code.refused" => session.is_some() && sent.form() == "device",
            "person.recovery_sent"
            | "person.approval_asked"
            | "session.ended"
            | "person.sessions_ended"
            | "person.locked_out" => true,
            own if page_of(own).is_some() => by_session && page_of(own) == Some(sent.form()),
            other => panic!("{other} came about, which the model does not know: {sent:?}"),
        }
    }

    /// The person whose proof this is: their password, or the end of a registration by their letter.
    fn proven(&self, sent: &Sent) -> Option<String> {
        if sent.method != Method::POST {
            return None;
        }
        match sent.form() {
            "password" => {
                let typed = (sent.field("username")?, sent.field("password")?);
                let known = self.passwords.iter().find(|(_, (name, password))| {
                    (name.to_lowercase().as_str(), password.as_str())
                        == (typed.0.trim().to_lowercase().as_str(), typed.1)
                });
                known.map(|(person, _)| person.clone())
            }
            "account" if self.goes_on(sent) => None,
            "account" | "no-password" => self.shown.get(sent.ticket()).cloned(),
            "renewal" => self.recovering.get(sent.ticket()).cloned(),
            "consent" => self.asked.get(sent.ticket()).cloned(),
            _ => None,
        }
    }

    /// The code the sign-in of this address has under way, if it has one that is somebody's.
    pub fn recovery_code(&self, house: &House, path: &str) -> Option<String> {
        let ticket = path.split_once("ticket=")?.1;
        let handles = house.provider.signing.handles();
        let id = handles.read(HandleKind::SignIn, ticket)?.id;
        house
            .world
            .look(|tx| {
                let sql = "SELECT contact_id FROM contacts WHERE operator_id = ?1 AND person_id =
                (SELECT person_id FROM sent_codes WHERE operator_id = ?1 AND asked_by = ?2)";
                let contact = tx.row(sql, &[KITA.into(), id.as_str().into()], |row| row.text())?;
                let Some(contact) = contact else { return Ok(None) };
                let payload =
                    serde_json::json!({"what": "recovery", "contact": contact, "sign_in": id});
                let master = house.provider.signing.master();
                let message = message_of(tx, master, &payload.to_string())?;
                Ok(message.and_then(|message| match message.says {
                    Says::Recovery(code) => Some(code),
                    Says::Code(_) | Says::Alert(_) => None,
                }))
            })
            .unwrap()
    }

    /// The code of who forgot the password, typed where it was asked for: takahashi is who has a contact.
    fn note_recovery(&mut self, house: &House, sent: &Sent, answer: &Answer) {
        if sent.method != Method::POST || sent.form() != "recovery" || answer.status != 303 {
            return;
        }
        let typed = sent.field("code").unwrap_or_default();
        assert!(self.codes.contains(typed), "{sent:?} was taken as a code");
        self.recovering.insert(sent.ticket().to_owned(), person(house, "A-001"));
    }

    /// Whether the owner may bring this about on the page of the family.
    fn is_owners(
        &mut self,
        house: &House,
        sent: &Sent,
        (act, subject, sign_in): (&str, &str, &str),
    ) -> bool {
        match act {
            "person.approval_given" => {
                self.approved.insert(sign_in.to_owned());
                let right = approval_number(house, sign_in);
                let number = sent.field("number").map(|typed| typed.trim().to_owned());
                sent.field("do") == Some("approve") && number == right
            }
            "invitation.withdrawn" => {
                self.letters.remove(&invited(house));
                subject == "A-001/00/003"
            }
            "invitation.made" => subject == "A-001/00/003",
            _ => true,
        }
    }

    /// Whether this sign-in has the code of who forgot the password behind it, or the owner's approval.
    fn is_recovering(&mut self, house: &House, sent: &Sent, subject: &str) -> bool {
        if sent.form() == "approved" {
            let handle = house.provider.signing.handles().read(HandleKind::SignIn, sent.ticket());
            self.recovering.insert(sent.ticket().to_owned(), subject.to_owned());
            return self.approved.remove(&handle.unwrap().id);
        }
        if sent.form() == "television" {
            let Some((name, _)) = self.passwords.get(subject) else { return false };
            let Some(kind) = self.boxes.proves(house, (subject, name), sent) else { return false };
            *self.done.entry(format!("proved by the box and the {kind} PIN")).or_default() += 1;
            self.recovering.insert(sent.ticket().to_owned(), subject.to_owned());
            return true;
        }
        self.recovering.contains_key(sent.ticket())
    }

    /// Whether a PIN of this person may be tried by this, and whether it is the right one: the only factor anybody here
    /// has, and only beside the code of a box.
    fn tries_pin(&self, house: &House, sent: &Sent, subject: &str) -> Option<bool> {
        let name = &self.passwords.get(subject)?.0;
        self.boxes.tries(house, (subject, name), sent).map(|(_, right)| right)
    }

    /// Whether this lets a television in that shows these two digits.
    fn allowed(&self, sent: &Sent) -> bool {
        let code = domain::sessions::plain_user_code(sent.field("user_code").unwrap_or_default());
        let number = sent.field("number").unwrap_or_default().trim();
        sent.form() == "device"
            && sent.field("decision") == Some("allow")
            && self.devices.iter().any(|one| one.user_code == code && one.number == number)
    }

    /// What was written down since the last look.
    ///
    /// The act, its subject, and the client or sign-in it is about, if it is about one.
    fn news(&mut self, house: &House) -> Vec<(String, String, String)> {
        let count = house.world.look(|tx| {
            let operator = [tx.operator().into()];
            let sql = "SELECT COUNT(*) FROM audit WHERE operator_id = ?1";
            tx.row(sql, &operator, |row| row.int())
        });
        if usize::try_from(count.unwrap().unwrap_or(0)).unwrap() == self.lines.len() {
            return Vec::new();
        }
        let mut fresh = Vec::new();
        for line in house.world.look(|tx| base::records::list_audit(tx, "", 100_000)).unwrap() {
            if self.lines.insert(line.id) {
                let detail: serde_json::Value = serde_json::from_str(&line.detail).unwrap();
                let client = detail["client"].as_str().or(detail["sign_in"].as_str());
                let client = client.unwrap_or_default().to_owned();
                fresh.push((line.act, line.subject, client));
            }
        }
        fresh
    }

    /// The station lets everybody in again who was locked out: a walk is longer than a lock-out.
    pub fn unlock(&mut self, house: &House) {
        for number in ["A-001", "A-002", "A-003"] {
            house.act(move |tx| domain::credentials::unlock(tx, number, 1)).unwrap();
        }
        pass_a_day(house);
        self.news(house);
    }

    /// Has the boxes show codes; nothing else comes of it.
    pub fn show_codes(&mut self, house: &House, anew: bool) {
        self.boxes.show(house, anew);
        for (act, ..) in self.news(house) {
            assert_eq!(act, "home.code_shown");
        }
    }
}

/// Whether a text was typed by the walker itself, which a form shows again.
fn typed(sent: &Sent, text: &str) -> bool {
    sent.fields.iter().any(|(_, value)| value == text)
}

fn session(house: &House, cookie: &str) -> Option<SignedIn> {
    house.provider.journeys.session_of(cookie, (KITA, clock::now())).unwrap()
}

fn person(house: &House, number: &str) -> String {
    house.world.household(number).persons[0].person_id.clone()
}

/// The two digits a sign-in shows that asks the owner.
pub fn approval_number(house: &House, sign_in: &str) -> Option<String> {
    let keys = [KITA.into(), sign_in.into()];
    let sql = "SELECT number FROM approvals WHERE operator_id = ?1 AND asked_by = ?2";
    // What nobody was given is no such id, or can not even be asked about.
    house.world.look(|tx| tx.row(sql, &keys, |row| row.text())).ok().flatten()
}

/// A member who registered, and one who did not: who the first is.
fn given_relatives(house: &House) -> String {
    for person_no in [2, 3] {
        let add = Command::new(&house.world.request_id(), Op::PersonAdd, "A-001");
        house.world.send(Command { person_no, ..add });
    }
    let letter = house.act(|tx| issue_letter_code(tx, "A-001", 0, 2)).unwrap();
    let mut member = Viewer::new(house);
    let link = format!("/o/KITA01/invitation?number=A-001&code={letter}");
    let sent = member.get(&link);
    member.follow(&sent);
    member.submit("account", &[("username", "saburo"), ("password", PASSWORD)]);
    house.world.household("A-001").persons[1].person_id.clone()
}

/// The page of one's own a change is made on, by who is signed in and in no other way.
fn page_of(act: &str) -> Option<&'static str> {
    match act {
        "person.contact_added" | "person.contact_refused" | "person.contact_removed" => {
            Some("contacts")
        }
        "person.phone_invited" => Some("passkeys"),
        "device.renamed" | "device.removed" => Some("sessions"),
        "person.pin_set" | "person.pin_removed" | "person.pin_asks_changed" => Some("pins"),
        _ => None,
    }
}
