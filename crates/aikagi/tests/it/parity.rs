//! File and online door are the same product: one random list of commands through both, and the whole
//! state, what receivers are told included, compared.

use base::kernel::Actor;
use base::records::{self, Receiver};
use base::store::Db;
use domain::clients::ClientKind;
use domain::operators::{self, ErrorLimit, MassGuard, OperatorDraft, Pace, Policies};
use domain::subscribers::{self, Load, Reason, Source};
use formats::sms::Record;
use linkage::sms::batch::Timing;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use crate::batch_desk::{Answer, Desk, csv, quick};
use crate::calls::{Doors, request};
use crate::parity_wish::{Wish, wish};
use crate::picture::{assert_same, picture};
use crate::world::{KITA, World};

/// Of whom (0: the contract), by whom, why.
type Hold = (i64, Source, Reason);
/// Ids, instants of the machine, and where a fact came from differ between two runs by nature.
fn by_nature(table: &str, column: &str) -> bool {
    let of_files = ["files", "file_links", "file_undo", "refused_lines"];
    let books = ["inbox", "linkage_log", "clients", "leases", "outbox"];
    of_files.contains(&table)
        || books.contains(&table)
        || table == "signing_keys"
        || (table == "audit" && !["act", "subject", "version"].contains(&column))
        || column.ends_with("_ms")
        || ["cause", "person_id", "audit_id", "job_id", "detail", "box_id"].contains(&column)
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

/// Guards stop a file and not a call, the pace a call and not a file: neither counts here, and a random
/// list is nothing but mistakes and mass changes. Somebody wants to be told everything.
fn without_guards(world: &World) {
    world
        .act(Actor::System, |tx| {
            let known = operators::find_operator(tx)?;
            let policies = Policies {
                mass_guard: MassGuard { lines: 1000, percent: 100 },
                error_limit: ErrorLimit { lines: 1000, percent: 100 },
                sms_pace: Pace { per_second: 10_000, burst: 10_000 },
                ..known.policies
            };
            let draft = OperatorDraft { name_ja: known.name_ja, name_en: known.name_en, policies };
            operators::put_operator(tx, &draft)?;
            let receiver = Receiver {
                id: "vod".to_owned(),
                kind: "webhook".to_owned(),
                events: "*".to_owned(),
                settings: "{}".to_owned(),
                secret_sealed: None,
                enabled: true,
            };
            records::put_receiver(tx, &receiver)
        })
        .unwrap();
    for (number, serial) in [("P00001", "BOX-1"), ("P00002", "BOX-2")] {
        world.given_contract(number);
        crate::boxes::given_box(world, number, serial);
    }
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

/// What receivers are to be told of households: stream, version, event and payload, without what
/// differs by nature.
fn told(db: &Db, world: &World) -> Vec<String> {
    let scope = world.scope(KITA, Actor::System);
    let sql = "SELECT stream, version, event, payload FROM outbox WHERE operator_id = ?1";
    let mut rows = db
        .read(&scope, |tx| {
            tx.rows(sql, &[KITA.into()], |row| {
                Ok((row.text()?, row.int()?, row.text()?, row.text()?))
            })
        })
        .unwrap();
    rows.retain(|(_, _, event, _)| {
        ["contract.", "person.", "key.", "device.", "command."]
            .iter()
            .any(|about| event.starts_with(about))
    });
    let mut told: Vec<String> = rows
        .into_iter()
        .map(|(stream, version, event, payload)| {
            let payload = without_chance(serde_json::from_str(&payload).unwrap());
            format!("{stream} {version} {event} {payload}")
        })
        .collect();
    told.sort();
    told
}

/// A payload without ids and instants of the machine.
fn without_chance(payload: Json) -> Json {
    match payload {
        Json::Array(all) => all.into_iter().map(without_chance).collect(),
        Json::Object(all) => all.into_iter().map(|(key, one)| (key, without_chance(one))).collect(),
        Json::String(text) if text.starts_with("per_") => json!("an id"),
        Json::String(text) if text.starts_with("2026-1") && text.contains('T') => json!("an hour"),
        Json::Number(one) if one.as_i64().is_some_and(|one| one > 1_000_000_000_000) => {
            json!("an instant")
        }
        other => other,
    }
}

/// Sends the commands online, in one call or in a call each; result and code of each.
fn send_online(doors: &Doors, wishes: &[(String, Wish)], singly: bool) -> Vec<String> {
    let token = doors.token(KITA, "kita-sms");
    if !singly {
        let commands: Vec<Json> = wishes.iter().map(|(id, wish)| wish.json(id)).collect();
        let body = json!({ "commands": commands }).to_string();
        let answer = doors.post("/o/KITA01/sms/v1/commands:batch", &token, body);
        assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
        return answer.body["results"].as_array().unwrap().iter().map(word).collect();
    }
    let one = |(id, wish): &(String, Wish)| {
        let path = format!("/o/KITA01/sms/v1/contracts/{}/commands", wish.number());
        let call = request("POST", &path, &token).header("idempotency-key", id);
        let answer = doors.call(call.body(wish.json(id).to_string().into()).unwrap());
        match answer.body["sms_code"].as_str() {
            Some(code) => format!("ERROR {code}"),
            None => word(&answer.body),
        }
    };
    wishes.iter().map(one).collect()
}

/// Result and code of an answer. What a record's one digit calls a warning is a word of its own online.
fn word(answer: &Json) -> String {
    let code = answer["code"].as_str().unwrap_or_default();
    match answer["result"].as_str().unwrap_or("?") {
        "SCHEDULED" => format!("WARNING {code}"),
        other => format!("{other} {code}"),
    }
}

#[test]
fn a_list_of_commands_does_the_same_by_file_and_online() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let mut all_news = 0;
    for case in 0..6 {
        // At most a hundred: one transaction online as by file. A hold put and lifted within one leaves
        // no row, only its lines in the audit. Every second list goes one by one through both doors.
        let singly = case % 2 == 1;
        let wishes: Vec<Wish> =
            prop::collection::vec(wish(), 60..=100).new_tree(&mut runner).unwrap().current();
        let wishes: Vec<(String, Wish)> = wishes
            .into_iter()
            .enumerate()
            .map(|(at, wish)| (format!("{case}-{at}"), wish))
            .collect();

        let by_file = World::new();
        without_guards(&by_file);
        let mut desk = Desk::new(&by_file);
        desk.batch = desk.batch.timed(Timing { chunk: if singly { 1 } else { 500 }, ..quick() });
        let lines: Vec<Record> = wishes.iter().map(|(id, wish)| wish.record(id)).collect();
        let (name, bytes) = csv(1, &lines);
        let answers = of_file(&desk.send(&name, &bytes));

        let doors = Doors::new();
        without_guards(&doors.world);
        doors.given_client(KITA, "kita-sms", ClientKind::Sms);
        let online = send_online(&doors, &wishes, singly);

        for (at, (_, wish)) in wishes.iter().enumerate() {
            assert_eq!(answers[at], online[at], "line {at} of case {case}: {wish:?}");
        }
        let states = [&by_file.db, &doors.world.db].map(|db| {
            let mut state = picture(db, KITA, by_nature);
            // What a door writes about its own files and clients is not about households.
            let about = ["act=contract.", "act=person.", "act=key.", "act=device.", "act=command."];
            let audit = state.get_mut("audit").unwrap();
            audit.retain(|row| about.iter().any(|act| row.starts_with(act)));
            state
        });
        assert_same(&states[0], &states[1], "file against online");
        assert_eq!(holds(&by_file), holds(&doors.world));
        let news = [told(&by_file.db, &by_file), told(&doors.world.db, &doors.world)];
        all_news += news[0].len();
        for (at, one) in news[0].iter().enumerate() {
            assert_eq!(Some(one), news[1].get(at), "receivers are told the same");
        }
        assert_eq!(news[0].len(), news[1].len());
    }
    assert!(all_news > 60, "receivers were told {all_news} times");
}
