//! A character no database keeps costs only the line it stands in.

use base::kernel::clock;
use base::records::{LinkageLine, WriteBehind};
use base::store::{Row, Value};
use domain::clients::ClientKind;
use serde_json::{Value as Json, json};

use crate::calls::Doors;
use crate::world::{KITA, World};

#[test]
fn a_nul_in_one_command_is_refused_by_name_and_costs_no_other_line() {
    let doors = Doors::new();
    doors.given_client(KITA, "kita-sms", ClientKind::Sms);
    let token = doors.token(KITA, "kita-sms");
    let good = |n: usize| json!({"request_id": format!("g-{n}"), "contract_no": format!("A-{n}"), "op": "START"});
    let with = |path: &[&str], value: &str| {
        let mut command = json!({"request_id": "b", "contract_no": "B-1", "op": "START"});
        let last = path.iter().fold(&mut command, |at, name| &mut at[*name]);
        *last = json!(value);
        command
    };
    let mut bad: Vec<(&str, Json)> = vec![
        ("request_id", with(&["request_id"], "b\u{0}")),
        ("contract_no", with(&["contract_no"], "B\u{0}")),
        ("kana", with(&["attributes", "kana"], "ﾀ\u{0}")),
        ("note", with(&["attributes", "note"], "a\u{0}")),
        ("note", with(&["attributes", "note"], &"長".repeat(201))),
        ("bulk_parent", with(&["attributes", "bulk_parent"], "P\u{0}")),
        ("telephone", with(&["attributes", "telephone"], "03\u{0}")),
    ];
    let suspend = json!({"request_id": "b", "contract_no": "A-0", "op": "SUSPEND", "reason": "10",
                         "ref": "督促\u{0}"});
    bad.push(("ref", suspend));
    let mut commands: Vec<Json> = Vec::new();
    for (n, (field, command)) in bad.iter_mut().enumerate() {
        if *field != "request_id" {
            command["request_id"] = json!(format!("b-{n}"));
        }
        commands.extend([good(n), command.clone()]);
    }

    let body = json!({"commands": commands}).to_string();
    let said = doors.post("/o/KITA01/sms/v1/commands:batch", &token, body);

    let results = said.body["results"].as_array().unwrap();
    for (n, (field, _)) in bad.iter().enumerate() {
        assert_eq!(results[2 * n]["result"], "OK", "{said:?}");
        assert_eq!(results[2 * n + 1]["field"], *field, "{said:?}");
        assert_eq!(results[2 * n + 1]["code"], "E202", "{said:?}");
    }
    for path in ["A%00", "A%00/persons", "A%00/keys"] {
        let said = doors.get(&format!("/o/KITA01/sms/v1/contracts/{path}"), &token);
        assert_eq!(said.problem(), "404 contract.unknown", "{path}");
    }
}

#[test]
fn a_nul_in_a_question_is_refused_by_name() {
    let doors = Doors::new();
    doors.given_client(KITA, "milplus", ClientKind::Service);
    let token = doors.token(KITA, "milplus");
    let question = json!({
        "subject": {"type": "person", "id": "p\u{0}"},
        "action": {"name": "view"},
        "resource": {"type": "title", "id": "T1"},
    });
    let said = doors.post("/o/KITA01/access/v1/evaluation", &token, question.to_string());
    assert_eq!(said.problem(), "400 authzen.too_long subject.id");
}

#[test]
fn one_line_that_can_not_be_written_loses_only_itself() {
    let world = World::new();
    let book = WriteBehind::start(world.db.clone(), "linkage", LinkageLine::INSERT).unwrap();
    let scope = world.scope(KITA, crate::world::sms());
    for n in 0..20 {
        let detail = if n == 7 { "\u{0}" } else { "fine" };
        let mut row: Vec<Value> = vec![KITA.into(), format!("lin_{n:02}").into()];
        row.push(clock::now().into());
        row.extend(["in", "sms", "commands", "r", "d", "OK", detail].map(Value::from));
        book.write(row);
    }
    book.flush();
    let count = world.db.read(&scope, |tx| {
        tx.row(
            "SELECT COUNT(*) FROM linkage_log WHERE operator_id = ?1 AND detail = 'fine'",
            &[KITA.into()],
            Row::int,
        )
    });
    assert_eq!(count.unwrap(), Some(19));
}
