//! A table that can not be read is nobody else's fault, and one that is read gives nothing away.

use std::collections::BTreeSet;

use base::kernel::Scope;

use crate::picture::picture;
use crate::viewers::{Answer, House, PASSWORD, SECRET, VERIFIER, Viewer, authorize};
use crate::world::KITA;

/// What is brought to the doors of signing in, made ready while everything could be read.
struct Ready<'h> {
    house: &'h House,
    name: String,
    number: String,
    letter: String,
    code: String,
    refresh: String,
    access: String,
    signed_in: Viewer<'h>,
    at_password: Viewer<'h>,
    at_letter: Viewer<'h>,
    at_account: Viewer<'h>,
}

fn begun<'h>(house: &'h House, step: &str) -> Viewer<'h> {
    let mut viewer = Viewer::new(house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", step)]);
    viewer
}

impl<'h> Ready<'h> {
    /// `turn`: makes the names new.
    fn new(house: &'h House, turn: usize) -> Self {
        let (name, number) = (format!("viewer{turn}"), format!("B-{turn:03}"));
        let mut signed_in = house.given_viewer(&format!("A-{turn:03}"), &name);
        house.world.given_contract(&number);
        let letter = house.given_letter(&number);
        let mut given = || signed_in.get(&authorize(&[])).led_with("code").unwrap();
        let (code, spent) = (given(), given());
        let tokens = house.redeem(&spent).json();
        let token = |kind: &str| tokens[kind].as_str().unwrap().to_owned();
        let mut at_account = begun(house, "letter");
        let fields = [("contract_number", number.as_str()), ("registration_code", letter.as_str())];
        at_account.submit("letter", &fields);
        Self {
            house,
            code,
            refresh: token("refresh_token"),
            access: token("access_token"),
            signed_in,
            at_password: begun(house, "password"),
            at_letter: begun(house, "letter"),
            at_account,
            name,
            number,
            letter,
        }
    }

    /// Knocks at every door.
    fn knock(&mut self) -> Vec<(&'static str, Answer)> {
        let house = self.house;
        let page = self.at_password.page.clone();
        let known = [("username", self.name.as_str()), ("password", PASSWORD)];
        let chosen = format!("{}.new", self.name);
        let account = [("username", chosen.as_str()), ("password", PASSWORD)];
        let (number, letter) = (self.number.as_str(), self.letter.as_str());
        let letter = [("contract_number", number), ("registration_code", letter)];
        vec![
            ("configuration", house.get("/o/KITA01/.well-known/openid-configuration")),
            ("jwks", house.get("/o/KITA01/jwks")),
            ("authorize", Viewer::new(house).get(&authorize(&[]))),
            ("silent", self.signed_in.get(&authorize(&[("prompt", "none")]))),
            ("page", self.at_password.get(&page)),
            ("password", self.at_password.submit("password", &known)),
            ("letter", self.at_letter.submit("letter", &letter)),
            ("account", self.at_account.submit("account", &account)),
            ("code", house.redeem(&self.code)),
            ("refresh", house.refresh(&self.refresh)),
            ("userinfo", house.userinfo(&self.access)),
        ]
    }
}

#[test]
fn with_any_table_unreadable_every_door_does_its_work_or_says_that_the_fault_is_ours() {
    let house = House::new();
    let tables = picture(&house.world.db, KITA, |_, _| false).into_keys();
    let mut missed = BTreeSet::new();
    for (turn, table) in tables.enumerate() {
        let mut ready = Ready::new(&house, turn);
        let mut told = Vec::new();
        house.break_table(&table, || told = ready.knock());
        for (door, answer) in told {
            let (status, refusal) = (answer.status, answer.refusal());
            let well = (status.is_success() || status.is_redirection()) && refusal.is_empty();
            let ours = status.is_server_error() && ["unavailable", "internal"].contains(&refusal);
            assert!(well || ours, "{table}, {door}: {status} {refusal} {}", answer.body);
            if ours {
                missed.insert((table.clone(), door));
            }
        }
    }
    for (table, door) in [
        ("operators", "jwks"),
        ("signing_keys", "jwks"),
        ("clients", "authorize"),
        ("sign_ins", "page"),
        ("browser_sessions", "silent"),
        ("lockouts", "password"),
        ("passwords", "password"),
        ("registration_codes", "letter"),
        ("audit", "account"),
        ("persons", "code"),
        ("authorizations", "refresh"),
        ("contracts", "userinfo"),
    ] {
        assert!(missed.contains(&(table.to_owned(), door)), "{table} is not needed at {door}");
    }
}

#[test]
fn what_was_given_to_any_door_stands_in_no_column() {
    let house = House::new();
    let mut ready = Ready::new(&house, 1);
    let ticket = |viewer: &Viewer<'_>| viewer.page.split_once("ticket=").unwrap().1.to_owned();
    let open = [&ready.at_password, &ready.at_letter, &ready.at_account];
    let mut secrets = open.map(ticket).to_vec();
    let wrong = [("username", ready.name.as_str()), ("password", "a wrong but private one")];
    ready.at_password.submit("password", &wrong);
    for (door, answer) in ready.knock() {
        assert!(!answer.status.is_client_error() && !answer.status.is_server_error(), "{door}");
        secrets.extend(answer.headers.get("location").and_then(|_| answer.led_with("code")));
        if ["code", "refresh"].contains(&door) {
            let tokens = answer.json();
            let kinds = ["access_token", "refresh_token", "id_token"];
            secrets.extend(kinds.map(|kind| tokens[kind].as_str().unwrap().to_owned()));
        }
    }
    for viewer in [&ready.signed_in, &ready.at_password, &ready.at_letter, &ready.at_account] {
        secrets.extend(viewer.cookies.values().cloned());
    }
    let Ready { letter, code, refresh, access, .. } = ready;
    secrets.extend([letter.replace('-', ""), letter, code, refresh, access]);
    let fixed = [PASSWORD, "a wrong but private one", SECRET, VERIFIER];
    secrets.extend(fixed.map(str::to_owned));
    assert!(secrets.len() > 25 && secrets.iter().all(|secret| secret.len() > 10), "{secrets:?}");
    for operator in [KITA, Scope::PLATFORM] {
        for (table, rows) in picture(&house.world.db, operator, |_, _| false) {
            for secret in &secrets {
                let bytes = hex::encode(secret);
                let held = rows.iter().find(|row| row.contains(secret) || row.contains(&bytes));
                assert_eq!(held, None, "{table} holds {secret}");
            }
        }
    }
}
