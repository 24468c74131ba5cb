//! Start, health, and an end that loses nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base::kernel::{Actor, Scope, clock};
use base::records;
use base::store::Tx;
use domain::operators::{self, OperatorDraft, Policies};

use super::program::{Folder, eventually, get};
use crate::batch_desk::{csv, starts};
use crate::world::KITA;

#[test]
fn a_server_is_alive_ready_and_counted() {
    let folder = Folder::new();
    let server = folder.serve();
    assert_eq!(get(server.ops, "/livez"), Some((200, "ok\n".to_owned())));
    let (status, text) = get(server.ops, "/readyz?verbose").unwrap();
    assert_eq!(status, 200, "{text}");
    for part in ["phase: serving", "database: answers", "schema:", "master key:", "outbox:"] {
        assert!(text.contains(&format!("[+] {part}")), "{text}");
    }
    assert_eq!(get(server.public, "/o/NOBODY/authorize").unwrap().0, 404);
    let (_, counted) = get(server.ops, "/metrics").unwrap();
    assert!(counted.contains("aikagi_statements_total"), "{counted}");
    let refused = "aikagi_refusals_total{code=\"operator.unknown\"}";
    assert!(counted.contains(refused), "{counted}");
    assert_eq!(get(server.public, "/metrics").unwrap().0, 404, "operations are never public");
}

#[test]
fn sigterm_ends_the_server_gently_and_with_success() {
    let folder = Folder::new();
    let server = folder.serve();
    let ops = server.ops;
    // The server asks for the body once the request is under way: from then on it is owed an answer.
    let mut slow = TcpStream::connect(server.public).unwrap();
    let head = "POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\
                Expect: 100-continue\r\n\r\n";
    slow.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    slow.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.terminate();
    eventually("no longer ready", || {
        get(ops, "/readyz").is_none_or(|(s, _)| s == 503).then_some(())
    });
    slow.write_all(b"a=b").unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "a request under way is answered: {answer}");
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log:?}");
    assert!(log.iter().any(|line| line.contains("drained")), "{log:?}");
}

#[test]
fn what_a_server_held_is_the_next_ones_at_once_when_it_ended_gently() {
    let folder = Folder::new();
    let names = ("北浜ケーブル".to_owned(), "Kitahama Cable".to_owned());
    let draft = OperatorDraft { name_ja: names.0, name_en: names.1, policies: Policies::default() };
    let put = move |tx: &mut Tx<'_>| operators::put_operator(tx, &draft).map(drop);
    folder.world.at(KITA, Actor::System, put).unwrap();
    folder.configure("sms.directory = \"sms\"\n");
    // Takes it for as long as it takes to look, so that it is nobody's afterwards.
    let is_free = |operator: &str, name: &'static str| {
        let scope = Scope::new(operator, Actor::System, clock::now());
        let look = move |tx: &mut Tx<'_>| {
            let until = tx.now().plus_seconds(30);
            let taken = records::acquire_lease(tx, name, "who-looks", until)?;
            taken.map(|lease| records::release_lease(tx, &lease)).transpose()
        };
        folder.world.db.housekeep(&scope, "test", look).unwrap().is_some()
    };
    let held = [(KITA, "sms-files"), (Scope::PLATFORM, "seal")];
    let first = folder.serve();
    for (operator, name) in held {
        eventually(name, || (!is_free(operator, name)).then_some(()));
    }

    first.terminate();
    let (code, log) = first.ended();

    assert_eq!(code, Some(0), "{log:?}");
    for (operator, name) in held {
        assert!(is_free(operator, name), "{name}");
    }
    let second = folder.serve();
    let (sent, content) = csv(1, &starts("C", 1));
    let station = folder.path("sms").join(KITA);
    std::fs::create_dir_all(station.join("in")).unwrap();
    std::fs::write(station.join("in").join(&sent), content).unwrap();
    std::fs::write(station.join("in").join(format!("{sent}.end")), "").unwrap();
    let result = station.join("out").join(sent.replace("_D.", "_R."));
    eventually("the file is answered", || result.exists().then_some(()));
    drop(second);
}

#[test]
fn a_server_that_says_it_serves_ends_gently_however_soon_it_is_told_to() {
    let folder = Folder::new();
    for _ in 0..5 {
        let server = folder.serve();
        server.terminate();
        let (code, log) = server.ended();
        assert_eq!(code, Some(0), "{log:?}");
        assert!(log.iter().any(|line| line.contains("drained")), "{log:?}");
    }
}

#[test]
fn a_taken_port_and_a_lost_database_are_told_in_words() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = folder.command(&["serve"]);
    let output = command.env("AIKAGI_LISTEN__ADDRESS", &address).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains(&address) && said.contains("choose another address"), "{said}");

    let mut command = folder.command(&["operator", "list"]);
    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    let output = command.env("AIKAGI_DATABASE__URL", nowhere).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_door_is_where_its_documents_say() {
    let folder = Folder::new();
    let station =
        "[[operators]]\ncode = \"OP0012\"\nname_ja = \"北浜\"\nname_en = \"Kita\"\n".to_owned();
    folder.write("station.toml", &station);
    folder.run(&["apply", "station.toml"]).well();
    let server = folder.serve();
    for (path, status) in [
        ("/.well-known/openid-configuration", 200),
        ("/o/OP0012/.well-known/openid-configuration", 200),
        ("/o/OP9999/.well-known/openid-configuration", 404),
        ("/.well-known/authzen-configuration/o/OP0012", 200),
        ("/o/OP0012/jwks", 200),
        ("/o/OP0012/sms/v1/contracts/C0000001", 401),
        ("/nothing/here", 404),
    ] {
        let (found, body) = get(server.public, path).unwrap();
        assert_eq!(found, status, "{path}: {body}");
    }
    // What the address says counts, whatever Host header came with the request.
    let (_, discovery) = get(server.public, "/.well-known/openid-configuration").unwrap();
    assert!(discovery.contains("\"issuer\":\"http://localhost:8080\""), "{discovery}");
}

#[test]
fn a_log_line_names_its_request_and_trace_and_nothing_a_caller_wrote() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let folder = Folder::new();
    folder.configure("log.level = \"debug\"\n");
    let server = folder.serve();
    let form = "grant_type=password&client_id=x&client_secret=MARKED-secret&password=MARKED-word";
    for (first, body) in [
        ("GET /userinfo?access_token=MARKED-query", ""),
        ("GET /o/OP0012/sms/v1/contracts/MARKED-number", ""),
        ("GET /authorize?client_id=x&login_hint=MARKED-hint&state=MARKED-state", ""),
        ("POST /token", form),
        ("POST /signin/letter?ticket=MARKED-ticket", "registration_code=MARKED-letter"),
        ("POST /access/v1/evaluation", "{\"kana\": \"MARKED-kana\"}"),
    ] {
        let mut stream = TcpStream::connect(server.public).unwrap();
        let request = format!(
            "{first} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\
             Authorization: Bearer MARKED-token\r\nCookie: aikagi-session=MARKED-cookie\r\n\
             X-Request-ID: ours-1\r\nTraceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{first}: {answer}");
    }
    server.terminate();
    let (_, log) = server.ended();
    let traced = log.iter().filter_map(|line| serde_json::from_str(line).ok()).any(
        |line: serde_json::Value| {
            line["span"]["trace_id"] == TRACE && line["span"]["request_id"] == "ours-1"
        },
    );
    assert!(traced, "{log:#?}");
    let told: Vec<&String> = log.iter().filter(|line| line.contains("MARKED")).collect();
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn every_request_answered_before_the_end_stands_in_the_access_log() {
    let folder = Folder::new();
    let server = folder.serve();
    for _ in 0..20 {
        assert_eq!(get(server.public, "/jwks").unwrap().0, 200);
    }
    server.terminate();
    assert_eq!(server.ended().0, Some(0));
    let sql = "SELECT COUNT(*) FROM access_log WHERE operator_id = '*'";
    let lines = folder.world.look(|tx| tx.row(sql, &[], |row| row.int())).unwrap();
    assert_eq!(lines, Some(20), "written behind the answers, and all written at the end");
}

#[test]
fn a_server_behind_a_proxy_counts_the_callers_that_it_names() {
    let folder = Folder::new();
    folder.configure("listen.behind_proxy = true\nlisten.calls_per_minute = 1\n");
    let file = std::fs::read_to_string(folder.path("aikagi.toml")).unwrap();
    folder.write("aikagi.toml", &file.replace("http://localhost:8080", "https://id.example.jp"));
    let server = folder.serve();
    let call = |caller: &str| {
        let mut stream = TcpStream::connect(server.public).unwrap();
        let head = format!(
            "POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\
             X-Forwarded-For: {caller}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer[9..12].to_owned()
    };
    let callers = ["203.0.113.9", "203.0.113.9", "198.51.100.7"];
    assert_eq!(callers.map(call), ["400", "429", "400"]);
}
