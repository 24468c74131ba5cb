//! File and online door are the same product: one random list of commands through both, and the whole
//! state compared.

use base::kernel::Actor;
use domain::clients::ClientKind;
use domain::operators::{self, ErrorLimit, MassGuard, OperatorDraft, Policies};
use domain::subscribers::{self, Load, Reason, Source};
use formats::sms::Record;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use crate::batch_desk::{Answer, Desk, csv};
use crate::calls::Doors;
use crate::picture::{assert_same, picture};
use crate::world::{KITA, World};

/// Of whom (0: the contract), by whom, why.
type Hold = (i64, Source, Reason);

/// One thing asked for, to be worded for either door.
#[derive(Debug, Clone)]
struct Wish {
    operation: usize,
    contract: u8,
    person: u8,
    product: usize,
    reason: usize,
    day: Option<u8>,
    kana: Option<usize>,
    rating: Option<usize>,
    adult: Option<bool>,
}

const OPERATIONS: [(&str, &str); 16] = [
    ("101", "START"),
    ("102", "STOP"),
    ("103", "SUSPEND"),
    ("104", "RESUME"),
    ("105", "REPLACE"),
    ("106", "STOP_CANCEL"),
    ("107", "ATTR"),
    ("201", "PERSON_ADD"),
    ("202", "PERSON_STOP"),
    ("203", "PERSON_SUSPEND"),
    ("204", "PERSON_RESUME"),
    ("205", "PERSON_RESET"),
    ("301", "KEY_OPEN"),
    ("302", "KEY_CLOSE"),
    ("303", "KEY_REVOKE"),
    ("401", "CREDIT_SET"),
];
const PRODUCTS: [&str; 5] = ["BASIC", "MIHODAI", "PACK", "NIGHT", "NO-SUCH"];
const REASONS: [&str; 3] = ["10", "40", "90"];
const KANA: [&str; 3] = ["ﾀｶﾊｼ ﾊﾅｺ", "ﾔﾏｻﾞｷ ｶﾌﾞｼｷｶﾞｲｼｬ", "ﾜﾀﾅﾍﾞ"];
/// In a file, online.
const RATINGS: [(&str, &str); 4] = [("G", "G"), ("P12", "PG12"), ("R15", "R15+"), ("R18", "R18+")];

fn wish() -> impl Strategy<Value = Wish> {
    (
        // Starts come often, so that the rest has something to work on.
        prop_oneof![2 => Just(0_usize), 5 => 0..OPERATIONS.len()],
        1_u8..6,
        0_u8..4,
        0..PRODUCTS.len(),
        0..REASONS.len(),
        prop::option::weighted(0.2, 1_u8..28),
        prop::option::of(0..KANA.len()),
        prop::option::of(0..RATINGS.len()),
        prop::option::of(any::<bool>()),
    )
        .prop_map(
            |(operation, contract, person, product, reason, day, kana, rating, adult)| Wish {
                operation,
                contract,
                person,
                product,
                reason,
                day,
                kana,
                rating,
                adult,
            },
        )
}

impl Wish {
    fn op(&self) -> (&'static str, &'static str) {
        OPERATIONS[self.operation]
    }

    fn is_about_person(&self) -> bool {
        self.op().0.starts_with('2') || self.op().1 == "ATTR"
    }

    fn is_about_key(&self) -> bool {
        self.op().0.starts_with('3')
    }

    fn has_attributes(&self) -> bool {
        matches!(self.op().1, "START" | "ATTR" | "PERSON_ADD")
    }

    fn number(&self) -> String {
        format!("P{:05}", self.contract)
    }

    /// As a line of a file.
    fn record(&self, request: &str) -> Record {
        let text = |yes: bool, value: &str| if yes { value.to_owned() } else { String::new() };
        let person = format!("{:03}", self.person);
        Record {
            request_id: request.to_owned(),
            operation: self.op().0.to_owned(),
            contract_number: self.number(),
            person_number: text(self.is_about_person(), &person),
            product_code: text(self.is_about_key(), PRODUCTS[self.product]),
            hold_reason: text(self.op().1.ends_with("SUSPEND"), REASONS[self.reason]),
            effective_at: self.day.map_or(String::new(), |day| format!("202710{day:02}120000")),
            name_kana: text(self.has_attributes(), self.kana.map_or("", |at| KANA[at])),
            max_rating: text(self.has_attributes(), self.rating.map_or("", |at| RATINGS[at].0)),
            adult_allowed: self
                .adult
                .filter(|_| self.has_attributes())
                .map_or(String::new(), |on| if on { "1" } else { "0" }.to_owned()),
            credit_rank: text(self.op().1 == "CREDIT_SET", "C"),
            new_contract_number: text(self.op().1 == "REPLACE", &format!("Q{:05}", self.contract)),
            ..Record::default()
        }
    }

    /// As a command online.
    fn json(&self, request: &str) -> Json {
        let mut body = json!({
            "request_id": request, "contract_no": self.number(), "op": self.op().1,
        });
        if self.is_about_person() {
            body["person_no"] = json!(self.person);
        }
        if self.is_about_key() {
            body["product"] = json!(PRODUCTS[self.product]);
        }
        if self.op().1.ends_with("SUSPEND") {
            body["reason"] = json!(REASONS[self.reason]);
        }
        if let Some(day) = self.day {
            body["effective_at"] = json!(format!("2027-10-{day:02}T12:00:00+09:00"));
        }
        let mut attributes = json!({});
        if self.has_attributes() {
            if let Some(at) = self.kana {
                attributes["kana"] = json!(KANA[at]);
            }
            if let Some(at) = self.rating {
                attributes["max_rating"] = json!(RATINGS[at].1);
            }
            if let Some(on) = self.adult {
                attributes["adult_allowed"] = json!(on);
            }
        }
        if self.op().1 == "CREDIT_SET" {
            attributes["credit_rank"] = json!("C");
        }
        if attributes != json!({}) {
            body["attributes"] = attributes;
        }
        if self.op().1 == "REPLACE" {
            body["new_contract_no"] = json!(format!("Q{:05}", self.contract));
        }
        body
    }
}

/// Ids, instants of the machine, and where a fact came from differ between two runs by nature.
fn by_nature(table: &str, column: &str) -> bool {
    let books =
        ["inbox", "files", "file_links", "file_undo", "linkage_log", "clients", "leases", "outbox"];
    books.contains(&table)
        || table == "signing_keys"
        || (table == "audit" && !["act", "subject", "version"].contains(&column))
        || column.ends_with("_ms")
        || ["cause", "person_id", "audit_id", "job_id", "detail"].contains(&column)
}

/// The result and code of each answer.
fn of_file(answers: &[Answer]) -> Vec<String> {
    let word = |result: &str| match result {
        "0" => "OK",
        "1" => "WARNING",
        _ => "ERROR",
    };
    answers.iter().map(|one| format!("{} {}", word(&one.result), one.code)).collect()
}

/// Guards stop a file and not a call; a random list is nothing but mistakes and mass changes.
fn without_guards(world: &World) {
    world
        .act(Actor::System, |tx| {
            let known = operators::find_operator(tx)?;
            let policies = Policies {
                mass_guard: MassGuard { lines: 1000, percent: 100 },
                error_limit: ErrorLimit { lines: 1000, percent: 100 },
                ..known.policies
            };
            let draft = OperatorDraft { name_ja: known.name_ja, name_en: known.name_en, policies };
            operators::put_operator(tx, &draft)
        })
        .unwrap();
}

/// Holds in force.
fn holds(world: &World) -> Vec<(String, Vec<Hold>)> {
    let numbers = (1..6).flat_map(|n| [format!("P{n:05}"), format!("Q{n:05}")]).collect();
    let all = world.look(|tx| subscribers::load(tx, numbers, Load::Whole)).unwrap();
    all.into_iter()
        .map(|one| {
            let mut holds: Vec<Hold> =
                one.holds.iter().map(|hold| (hold.person_no, hold.source, hold.reason)).collect();
            holds.sort_unstable();
            (one.key().label(), holds)
        })
        .collect()
}

#[test]
fn a_list_of_commands_does_the_same_by_file_and_online() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    for case in 0..6 {
        // At most a hundred: one transaction online as by file. A hold put and lifted within one leaves
        // no row, only its lines in the audit.
        let wishes =
            prop::collection::vec(wish(), 60..=100).new_tree(&mut runner).unwrap().current();

        let by_file = World::new();
        without_guards(&by_file);
        let desk = Desk::new(&by_file);
        let lines: Vec<Record> = wishes
            .iter()
            .enumerate()
            .map(|(at, wish)| wish.record(&format!("{case}-{at}")))
            .collect();
        let (name, bytes) = csv(1, &lines);
        let answers = of_file(&desk.send(&name, &bytes));

        let doors = Doors::new();
        without_guards(&doors.world);
        doors.given_client(KITA, "kita-sms", ClientKind::Sms);
        let token = doors.token(KITA, "kita-sms");
        let commands: Vec<Json> = wishes
            .iter()
            .enumerate()
            .map(|(at, wish)| wish.json(&format!("{case}-{at}")))
            .collect();
        let body = json!({ "commands": commands }).to_string();
        let said = doors.post("/o/KITA01/sms/v1/commands:batch", &token, body);
        assert_eq!(said.status.as_u16(), 200, "{said:?}");
        let online: Vec<String> = said.body["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let code = one["code"].as_str().unwrap_or_default();
                // What a record's one digit calls a warning is a word of its own online.
                let result = match one["result"].as_str().unwrap_or("?") {
                    "SCHEDULED" => "WARNING",
                    other => other,
                };
                format!("{result} {code}")
            })
            .collect();
        for (at, wish) in wishes.iter().enumerate() {
            assert_eq!(answers[at], online[at], "line {at} of case {case}: {wish:?}");
        }
        let states = [&by_file.db, &doors.world.db].map(|db| {
            let mut state = picture(db, KITA, by_nature);
            // What a door writes about its own files and clients is not about households.
            let about = ["act=contract.", "act=person.", "act=key.", "act=command."];
            let audit = state.get_mut("audit").unwrap();
            audit.retain(|row| about.iter().any(|act| row.starts_with(act)));
            state
        });
        assert_same(&states[0], &states[1], "file against online");
        assert_eq!(holds(&by_file), holds(&doors.world));
    }
}
