//! Mail to persons, through a real socket: codes that verify a contact, what the other contacts are told, and
//! what happens when the mail server says no, later, or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use aikagi::config::Config;
use aikagi::wiring::Parts;
use aikagi::workers::{Round, deliver_round};
use base::kernel::{Actor, Change, Result, Scope, clock};
use base::records::outbox;
use base::store::{Settings, Tx};
use domain::commands::{Command, Op, execute_many};
use domain::credentials::{
    self, Contact, ContactKind, Fresh, POST_MAIL, Verified, add_contact, contacts_of,
    remove_contact, replace_credentials, verify_contact,
};
use domain::subscribers::{self, Load};

use crate::operations::Folder;
use crate::smtp::{Arrived, Does, Smtp};

const OPERATOR: &str = "OP0012";
const HANAKO: &str = "hanako@example.jp";
const HOME: &str = "ie..no.@docomo.example.jp";

pub struct Story {
    pub folder: Folder,
    pub parts: Parts,
    pub smtp: Smtp,
    runtime: tokio::runtime::Runtime,
    pub person: String,
}

impl Story {
    /// A station whose mail goes through a server on this machine.
    pub fn new() -> Self {
        Self::with(Smtp::new(), "mail.tls = \"none\"")
    }

    pub fn with(smtp: Smtp, more: &str) -> Self {
        let folder = Folder::new();
        folder.write(
            "station.toml",
            &format!(
                "[[operators]]\ncode = \"{OPERATOR}\"\nname_ja = \"北浜ケーブル㈱\"\n\
                 name_en = \"Kitahama Cable\"\n"
            ),
        );
        folder.configure(&format!(
            "outgoing.timeout_seconds = 5\nmail.host = \"localhost\"\nmail.port = {}\n\
             mail.from = \"no-reply@id.example.jp\"\n{more}\n",
            smtp.address.port()
        ));
        folder.run(&["apply", "station.toml"]).well();
        let mut config = Config::load(&folder.path("aikagi.toml"), Vec::new()).unwrap();
        config.database.relaxed = matches!(folder.world.settings, Settings::Sqlite { .. });
        let parts = Parts::open(&Arc::new(config)).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let mut story = Self { folder, parts, smtp, runtime, person: String::new() };
        let start = Command::new("start", Op::Start, "C-1");
        story.act(move |tx| execute_many(tx, std::slice::from_ref(&start)).map(drop)).unwrap();
        let loaded = story.look(|tx| subscribers::load(tx, vec!["C-1".to_owned()], Load::Whole));
        story.person = loaded[0].person(1).unwrap().person_id.clone();
        let person = story.person.clone();
        story.act(move |tx| replace_credentials(tx, &person, ("hanako", "$argon2id$x"))).unwrap();
        story
    }

    pub fn act<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.parts.db.transact(&Scope::new(OPERATOR, Actor::System, clock::now()), work)
    }

    pub fn look<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> T {
        self.parts.db.read(&Scope::new(OPERATOR, Actor::System, clock::now()), work).unwrap()
    }

    fn add(&self, address: &'static str) -> Result<(String, Change)> {
        let person = self.person.clone();
        self.act(move |tx| {
            let fresh = Fresh { person_id: &person, proved: tx.now() };
            add_contact(tx, &fresh, (ContactKind::Mail, address), "ja")
        })
    }

    pub fn verify(&self, id: &str, typed: &str) -> Verified {
        let (person, id, typed) = (self.person.clone(), id.to_owned(), typed.to_owned());
        let signing = Arc::clone(&self.parts.signing);
        self.act(move |tx| {
            let fresh = Fresh { person_id: &person, proved: tx.now() };
            verify_contact(tx, signing.master(), &fresh, (&id, &typed))
        })
        .unwrap()
    }

    pub fn remove(&self, id: &str) -> Change {
        let (person, id) = (self.person.clone(), id.to_owned());
        self.act(move |tx| {
            let fresh = Fresh { person_id: &person, proved: tx.now() };
            remove_contact(tx, &fresh, &id)
        })
        .unwrap()
    }

    /// A contact that counts.
    pub fn given(&self, address: &'static str) -> String {
        let (id, _) = self.add(address).unwrap();
        self.deliver();
        let code = self.smtp.for_address(address).last().unwrap().code();
        assert_eq!(self.verify(&id, &code), Verified::Now);
        id
    }

    pub fn contacts(&self) -> Vec<Contact> {
        self.look(|tx| contacts_of(tx, &self.person))
    }

    pub fn round(&self) -> Round {
        self.round_of(POST_MAIL)
    }

    pub fn round_of(&self, receiver: &str) -> Round {
        self.runtime.block_on(deliver_round(&self.parts, OPERATOR, receiver)).unwrap()
    }

    /// Rounds until nothing is due.
    pub fn deliver(&self) {
        while self.round().claimed > 0 {}
    }

    /// The lease and the back-off of everything waiting are over.
    pub fn time_passes(&self) {
        self.change(
            "UPDATE outbox SET next_ms = created_ms WHERE operator_id = ?1 AND state = 'PENDING'",
        );
    }

    /// Runs a statement that takes the operator.
    pub fn change(&self, sql: &'static str) {
        let scope = Scope::new(OPERATOR, Actor::System, clock::now());
        let run = move |tx: &mut Tx<'_>| tx.exec(sql, &[OPERATOR.into()]).map(drop);
        self.parts.db.housekeep(&scope, "test", run).unwrap();
    }

    fn waiting(&self) -> (i64, i64) {
        let backlog = self.look(outbox::backlog);
        backlog.first().map_or((0, 0), |one| (one.pending, one.dead))
    }

    pub fn audited(&self) -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for line in self.look(|tx| base::records::list_audit(tx, "", 10_000)) {
            *counted.entry(line.act).or_default() += 1;
        }
        counted
    }

    fn texts(&self, address: &str) -> Vec<String> {
        let all: Vec<Arrived> = self.smtp.for_address(address);
        all.into_iter().map(|mail| mail.text).collect()
    }
}

#[test]
fn a_code_sent_by_mail_verifies_a_contact_and_the_others_are_told_of_it() {
    let story = Story::with(
        Smtp::new(),
        "mail.tls = \"none\"\nmail.senders = [\"OP0034=other@x.jp\", \"OP0012=id@kita.example.jp\"]",
    );
    let (id, change) = story.add(HANAKO).unwrap();
    assert_eq!(change, Change::Made);
    assert_eq!(story.round(), Round { claimed: 1, delivered: 1 });
    let mail = story.smtp.arrived().remove(0);
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("id@kita.example.jp", HANAKO));
    assert!(mail.header("From").contains("北浜ケーブル㈱"), "{mail:?}");
    assert_eq!(mail.header("Subject"), "【北浜ケーブル㈱】連絡先の確認コード");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(!story.contacts()[0].is_good(), "not before the code was typed");
    let typed = mail.code().replace('1', "１") + " ";
    assert_eq!(story.verify(&id, &typed), Verified::Now);
    assert_eq!(story.verify(&id, &typed), Verified::Already);
    assert!(story.contacts()[0].is_good());

    let other = story.given(HOME);
    story.deliver();
    let told = story.texts(HANAKO);
    assert!(told.len() == 2 && told[1].contains("追加されました"), "{told:?}");
    assert_eq!(story.texts(HOME).len(), 1, "the new one has its code");
    assert_eq!((story.remove(&id), story.remove(&id)), (Change::Made, Change::Already));
    story.deliver();
    assert!(story.texts(HANAKO)[2].contains("削除されました"), "the old address is told");
    assert!(story.texts(HOME)[1].contains("削除されました"));
    assert_eq!(story.contacts().iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [other]);
    let audited = story.audited();
    for (act, times) in [("added", 2), ("verified", 2), ("removed", 1)] {
        assert_eq!(audited[&format!("person.contact_{act}")], times, "{act}");
    }
}

#[test]
fn neither_address_nor_code_is_in_the_outbox_the_audit_or_the_linkage_log() {
    let story = Story::new();
    story.smtp.does(&[Does::Says("550 5.1.1 <hanako@example.jp>: 12345678 unknown")]);
    story.add(HANAKO).unwrap();
    story.deliver();
    let id = story.given(HOME);
    story.remove(&id);
    story.deliver();
    story.parts.books.flush();
    let codes: Vec<String> = story.smtp.arrived().iter().take(1).map(Arrived::code).collect();
    let books = [
        "SELECT payload, stream, last_error FROM outbox WHERE operator_id = ?1",
        "SELECT detail, subject, cause FROM audit WHERE operator_id = ?1",
        "SELECT detail, reference, peer FROM linkage_log WHERE operator_id = ?1",
        "SELECT salt, asked_by, person_id FROM sent_codes WHERE operator_id = ?1",
    ];
    for sql in books {
        let rows = story.look(|tx| {
            tx.rows(sql, &[OPERATOR.into()], |row| {
                Ok(format!("{:?} {:?} {:?}", row.text()?, row.text()?, row.text_if_any()?))
            })
        });
        assert!(!rows.is_empty() || sql.contains("sent_codes"), "{sql}");
        for row in rows {
            let told = [HANAKO, HOME, "12345678", &codes[0]].map(|secret| row.contains(secret));
            assert_eq!(told, [false; 4], "{row}");
        }
    }
}

#[test]
fn an_address_nobody_has_is_marked_not_written_to_any_more_and_can_be_verified_again() {
    let story = Story::new();
    let id = story.given(HANAKO);
    let (home, _) = story.add(HOME).unwrap();
    story.deliver();
    let code = story.smtp.for_address(HOME)[0].code();
    story.smtp.does(&[Does::Says("550 5.1.1 no such user")]);
    assert_eq!(story.verify(&home, &code), Verified::Now);
    story.deliver();
    let hanako = story.contacts().into_iter().find(|one| one.id == id).unwrap();
    assert!(hanako.bounced.is_some() && !hanako.is_good());
    assert_eq!((story.waiting(), story.audited()["person.contact_bounced"]), ((0, 1), 1));
    let shown = story.folder.run(&["outbox", "status", OPERATOR]).well();
    assert!(shown.contains("post:mail") && !shown.contains(HANAKO), "{shown}");

    let before = story.texts(HANAKO).len();
    let third = story.given("hanako.takahashi@example.jp");
    story.remove(&third);
    story.deliver();
    assert_eq!(story.texts(HANAKO).len(), before, "nothing is sent there");

    story.change("UPDATE sent_codes SET created_ms = created_ms - 70000 WHERE operator_id = ?1");
    assert_eq!(story.given(HANAKO), id);
    assert!(story.contacts().iter().find(|one| one.id == id).unwrap().is_good());
}

#[test]
fn what_is_put_off_or_about_us_is_sent_again_and_marks_nobody() {
    for answer in [
        "451 4.7.1 greylisted",
        "535 5.7.8 bad credentials",
        "554 5.7.1 relay access denied",
        "550 5.7.1 blocked by policy",
        "421 4.3.2 closing",
    ] {
        let story = Story::new();
        story.smtp.does(&[Does::Says(answer)]);
        story.add(HANAKO).unwrap();
        assert_eq!(story.round(), Round { claimed: 1, delivered: 0 }, "{answer}");
        assert_eq!((story.waiting(), story.round().claimed), ((1, 0), 0), "{answer}: later");
        story.time_passes();
        assert_eq!(story.round(), Round { claimed: 1, delivered: 1 }, "{answer}");
        assert_eq!(story.contacts()[0].bounced, None, "{answer}");
    }
}

#[test]
fn a_connection_that_drops_and_a_process_that_dies_lose_nothing_and_repeat_the_same_mail() {
    let story = Story::new();
    story.smtp.does(&[Does::HangsUp]);
    let (id, _) = story.add(HANAKO).unwrap();
    assert_eq!(story.round(), Round { claimed: 1, delivered: 0 }, "taken, but nobody said so");
    story.time_passes();
    // A process takes it and dies.
    let scope = Scope::new(OPERATOR, Actor::System, clock::now());
    let taken = story.parts.db.housekeep(&scope, "claim", |tx| {
        outbox::claim(tx, POST_MAIL, tx.now().plus_seconds(50), 16)
    });
    assert_eq!((taken.unwrap().len(), story.round().claimed), (1, 0), "its lease holds");
    story.time_passes();
    assert_eq!(story.round(), Round { claimed: 1, delivered: 1 });
    let mails = story.smtp.for_address(HANAKO);
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    assert_eq!(mails[0].text, mails[1].text, "the same code, however often it is sent");
    assert_eq!(story.verify(&id, &mails[0].code()), Verified::Now);
}

#[test]
fn a_code_that_is_over_is_sent_to_nobody() {
    let story = Story::new();
    story.add(HANAKO).unwrap();
    story.change("UPDATE sent_codes SET expires_ms = expires_ms - 700000 WHERE operator_id = ?1");
    story.deliver();
    assert_eq!((story.smtp.arrived().len(), story.waiting()), (0, (0, 1)));
    assert_eq!(story.contacts()[0].bounced, None);
}

#[test]
fn a_code_has_five_tries_is_good_once_and_is_dead_when_another_is_asked_for() {
    let story = Story::new();
    let (id, _) = story.add(HANAKO).unwrap();
    assert_eq!(story.add(HANAKO).unwrap_err().code(), "contact.code_just_sent");
    story.deliver();
    let first = story.smtp.arrived()[0].code();
    let wrong = if first == "00000000" { "00000001" } else { "00000000" };
    for _ in 0..4 {
        assert_eq!(story.verify(&id, wrong), Verified::Refused);
    }
    assert_eq!(story.verify(&id, ""), Verified::Refused, "nothing is a try too");
    assert_eq!(story.verify(&id, &first), Verified::Refused, "used up");
    assert_eq!(story.audited()["person.contact_refused"], 6);

    story.change("UPDATE sent_codes SET created_ms = created_ms - 70000 WHERE operator_id = ?1");
    story.add(HANAKO).unwrap();
    story.deliver();
    let second = story.smtp.arrived()[1].code();
    assert_ne!(first, second);
    assert_eq!(story.verify(&id, &first), Verified::Refused, "dead");
    let all: Vec<Verified> = std::thread::scope(|threads| {
        let tries = (0..8).map(|_| threads.spawn(|| story.verify(&id, &second)));
        tries.collect::<Vec<_>>().into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(all.iter().filter(|one| **one == Verified::Now).count(), 1, "{all:?}");
    assert_eq!(story.audited()["person.contact_verified"], 1);
}

#[test]
fn somebody_who_adds_and_removes_does_not_write_to_half_the_town() {
    let story = Story::new();
    let addresses = ["a@x.jp", "b@x.jp", "c@x.jp", "d@x.jp", "e@x.jp", "f@x.jp"];
    for address in addresses {
        let (id, _) = story.add(address).unwrap();
        story.remove(&id);
    }
    assert_eq!(story.add("g@x.jp").unwrap_err().code(), "contact.too_many");
    story.change("UPDATE contacts SET forget_ms = forget_ms - 900000000 WHERE operator_id = ?1");
    let scope = Scope::new(OPERATOR, Actor::System, clock::now());
    let swept = story.parts.db.housekeep(&scope, "sweep", |tx| credentials::sweep_contacts(tx, 10));
    assert_eq!(swept.unwrap(), 6);
    assert!(story.add("g@x.jp").is_ok());
}

#[test]
fn codes_nobody_types_are_not_sent_for_ever() {
    let story = Story::new();
    let again = "UPDATE sent_codes SET created_ms = created_ms - 70000 WHERE operator_id = ?1";
    for _ in 0..8 {
        story.add(HANAKO).unwrap();
        story.change(again);
    }
    assert_eq!(story.add(HANAKO).unwrap_err().code(), "contact.too_many");
    assert_eq!(story.add(HOME).unwrap_err().code(), "contact.too_many");
    story.deliver();
    let code = story.smtp.for_address(HANAKO).last().unwrap().code();
    let id = story.contacts()[0].id.clone();
    assert_eq!(story.verify(&id, &code), Verified::Now, "one that is typed begins anew");
    assert!(story.add(HOME).is_ok());
}

#[test]
fn only_who_has_just_proved_to_be_themselves_changes_contacts_and_a_reset_takes_them_away() {
    let story = Story::new();
    let id = story.given(HANAKO);
    let (person, own, signing) =
        (story.person.clone(), id.clone(), Arc::clone(&story.parts.signing));
    let refused = story.act(move |tx| {
        let old = Fresh { person_id: &person, proved: tx.now().plus_seconds(-301) };
        let add = add_contact(tx, &old, (ContactKind::Mail, HOME), "ja").map(drop);
        let verify = verify_contact(tx, signing.master(), &old, (&own, "1")).map(drop);
        let remove = remove_contact(tx, &old, &own).map(drop);
        Ok([add, verify, remove].map(|refused| refused.unwrap_err().code()))
    });
    assert_eq!(refused.unwrap(), ["proof.too_old"; 3]);

    let person = story.person.clone();
    story.act(move |tx| replace_credentials(tx, &person, ("hanako", "$argon2id$y"))).unwrap();
    assert_eq!(story.contacts().len(), 1, "a new password by letter leaves them");
    let person = story.person.clone();
    story
        .act(move |tx| {
            credentials::forget_passwords(tx, vec![person.clone()])?;
            replace_credentials(tx, &person, ("hanako", "$argon2id$z"))
        })
        .unwrap();
    assert_eq!(story.contacts(), [], "the station reset it: whoever had it before reads nothing");
}

#[test]
fn nothing_is_said_to_a_server_that_offers_no_tls_and_one_that_does_is_held_against_its_name() {
    let story = Story::with(Smtp::new(), "");
    story.add(HANAKO).unwrap();
    assert_eq!(story.round(), Round { claimed: 1, delivered: 0 });
    let said = story.smtp.said();
    assert!(said.iter().all(|line| !line.starts_with("MAIL")), "{said:?}");

    for (name, delivered) in [("localhost", 1), ("mx.example.jp", 0)] {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let smtp = Smtp::over_tls(&certificate, &key);
        let ca = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca.path(), &certificate).unwrap();
        let more = format!(
            "mail.tls = \"implicit\"\noutgoing.trust_roots_file = \"{}\"",
            ca.path().display()
        );
        let story = Story::with(smtp, &more);
        story.add(HANAKO).unwrap();
        assert_eq!(story.round(), Round { claimed: 1, delivered }, "{name}");
    }
}
