//! Services that are told that a session has ended: over a real socket, by a token they verify with the
//! published keys, again when they did not take it.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aikagi::config::Config;
use aikagi::wiring::Parts;
use aikagi::workers::{Round, deliver_round};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use base::kernel::{Actor, Scope, clock};
use base::records::outbox;
use base::store::{Settings, Tx};
use domain::commands::{Command, Op, execute_many};
use domain::operators::Policies;
use domain::sessions::{
    self, Draft, Holder, Lasting, Proven, Reason, Redemption, Subjects, session_name,
};
use domain::signing::Issuer;
use domain::subscribers::{self, Key, Load};
use formats::jose::{
    Algorithm, Audience, Expected, TokenType, VerificationKeys, unverified_header, verify,
};
use http::StatusCode;
use serde_json::{Value, json};

use super::program::Folder;

const OPERATOR: &str = "OP0012";
const CALLBACK: &str = "https://portal.example.jp/callback";
const PORTAL: &str = "logout:portal";
const READER: &str = "session:ends";

/// Forms that arrived, and how the service answers next (then 200).
#[derive(Default)]
struct Inbox {
    arrived: Vec<String>,
    answers: Vec<u16>,
}

type Shared = Arc<Mutex<Inbox>>;

async fn take(State(inbox): State<Shared>, body: String) -> StatusCode {
    let mut inbox = inbox.lock().unwrap();
    inbox.arrived.push(body);
    let answer = if inbox.answers.is_empty() { 200 } else { inbox.answers.remove(0) };
    StatusCode::from_u16(answer).unwrap()
}

struct Story {
    folder: Folder,
    config: Arc<Config>,
    parts: Parts,
    inbox: Shared,
    runtime: tokio::runtime::Runtime,
    person: String,
}

/// What somebody was given in a session.
#[derive(Clone)]
struct Given {
    session: String,
    grant: String,
}

impl Story {
    /// An operator with a viewer, and with a service that is told of ends, one that is not, and one of
    /// all operators that is.
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let inbox = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/ended", post(take)).with_state(Arc::clone(&inbox));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
        let folder = Folder::new();
        let client = |kind: &str, id: &str, profile: &str| {
            format!(
                "[[{kind}clients]]\nid = \"{id}\"\nname_ja = \"㈱{id}\"\nname_en = \"{id}\"\n\
                 redirect_uris = [\"{CALLBACK}\"]\n{profile}\n"
            )
        };
        let told = format!("profile = {{ backchannel_logout_uri = \"http://{address}/ended\" }}");
        let by_ed25519 = told.replace(" }", ", id_token_signed_response_alg = \"EdDSA\" }");
        let station = format!(
            "[[operators]]\ncode = \"{OPERATOR}\"\nname_ja = \"北浜\"\nname_en = \"Kita\"\n{}{}{}",
            client("operators.", "portal", &told),
            client("operators.", "silent", ""),
            client("", "everywhere", &by_ed25519),
        );
        folder.write("station.toml", &station);
        folder.configure(&format!("outgoing.allow = [\"{address}\"]\n"));
        folder.run(&["apply", "station.toml"]).well();
        let mut config = Config::load(&folder.path("aikagi.toml"), Vec::new()).unwrap();
        config.database.relaxed = matches!(folder.world.settings, Settings::Sqlite { .. });
        let config = Arc::new(config);
        let parts = Parts::open(&config).unwrap();
        let mut story = Self { folder, config, parts, inbox, runtime, person: String::new() };
        story.command(Op::Start, 0, None);
        let loaded = story.act(|tx| subscribers::load(tx, vec!["C-1".to_owned()], Load::Whole));
        story.person = loaded[0].person(1).unwrap().person_id.clone();
        story
    }

    fn act<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> base::kernel::Result<T> + Send + 'static,
    ) -> T {
        let scope = Scope::new(OPERATOR, Actor::System, clock::now());
        self.parts.db.transact(&scope, work).unwrap()
    }

    fn command(&self, op: Op, person_no: i64, reason: Option<subscribers::Reason>) {
        let mut command = Command::new(&format!("{op:?}-{reason:?}"), op, "C-1");
        (command.person_no, command.reason) = (person_no, reason);
        let reports = self.act(move |tx| execute_many(tx, &[command.clone()]));
        assert_eq!(reports.reports[0].code, None, "{op:?}");
    }

    /// A browser signs in.
    fn session(&self) -> String {
        let person = self.person.clone();
        self.act(move |tx| {
            let id =
                sessions::open_session(tx, &person, &Proven::password(), &Policies::default())?;
            base::records::record(tx, &base::records::Entry::new("test.signed_in", &person))?;
            Ok(id)
        })
    }

    /// A service gets tokens in a session; in none (""): a television.
    fn tokens(&self, session: &str, (client, issuer): (&'static str, &'static str)) -> Given {
        let found = self.parts.clients.find(OPERATOR, client).unwrap().unwrap().client;
        let (person, session) = (self.person.clone(), session.to_owned());
        self.act(move |tx| {
            let draft = Draft {
                client_id: client,
                sector: "portal.example.jp",
                issuer,
                whose: domain::sessions::Whose::Person(&person),
                session_id: &session,
                seconds: 60,
                scope: "openid",
                acr: "urn:aikagi:acr:password",
                amr: "pwd",
                auth: tx.now(),
                redirect_uri: CALLBACK,
                challenge: None,
                nonce: Some("n"),
                jkt: None,
            };
            let grant = sessions::grant(tx, &draft)?;
            sessions::listen_for_ends(tx, &found)?;
            let with = Redemption {
                client_id: client,
                issuer,
                redirect_uri: CALLBACK,
                verifier: None,
                holder: Holder { lasting: Lasting::Refreshed, jkt: None, binds: false },
            };
            sessions::redeem(tx, &grant, &with)?;
            Ok(Given { session: session.clone(), grant })
        })
    }

    fn log_out(&self, session: &str) {
        let session = session.to_owned();
        self.act(move |tx| sessions::end_sessions(tx, Reason::Logout(&session)));
    }

    fn round(&self, receiver: &str) -> Round {
        self.runtime.block_on(deliver_round(&self.parts, OPERATOR, receiver)).unwrap()
    }

    fn time_passes(&self) {
        let scope = Scope::new(OPERATOR, Actor::System, clock::now());
        let sql = "UPDATE outbox SET next_ms = ?2 WHERE operator_id = ?1 AND state = 'PENDING'";
        let due = move |tx: &mut Tx<'_>| tx.exec(sql, &[tx.operator().into(), tx.now().into()]);
        self.parts.db.housekeep(&scope, "test", due).unwrap();
    }

    fn waiting(&self) -> Vec<(String, i64, i64)> {
        let scope = Scope::new(OPERATOR, Actor::System, clock::now());
        let backlog = self.parts.db.read(&scope, outbox::backlog).unwrap();
        backlog.into_iter().map(|one| (one.receiver_id, one.pending, one.dead)).collect()
    }

    /// What arrived so far, each token verified by the published keys of `issuer` for `client`.
    fn arrived(&self, (client, issuer): (&str, &str)) -> Vec<Value> {
        let base = &self.config.base_url;
        let issuer = match issuer {
            Scope::PLATFORM => Issuer::of_platform(base),
            operator => Issuer::of_operator(base, operator),
        };
        let ring = self.parts.signing.ring(issuer.operator()).unwrap();
        let keys = VerificationKeys::of(ring.public());
        // As each is registered: see `new`.
        let algorithm = if client == "everywhere" { Algorithm::EdDsa } else { Algorithm::Es256 };
        let expected = Expected {
            issuer: issuer.url(),
            audience: Audience::OneOf(&[client]),
            token_type: TokenType::Required("logout+jwt"),
            algorithms: &[algorithm],
            now: clock::now().ms() / 1000,
            leeway: 0,
        };
        let inbox = std::mem::take(&mut self.inbox.lock().unwrap().arrived);
        let told = inbox.iter().map(|form| {
            let (name, token) = form.split_once('=').unwrap();
            assert_eq!(name, "logout_token");
            assert!(unverified_header(token).unwrap().kid.is_some());
            let said: Value = verify(token, &keys, &expected).unwrap();
            assert!(said.get("nonce").is_none() && said["jti"].is_string(), "{said}");
            let event = &said["events"]["http://schemas.openid.net/event/backchannel-logout"];
            assert_eq!(event, &json!({}));
            let lives = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
            assert!((1..=120).contains(&lives), "{said}");
            said
        });
        told.collect()
    }

    fn sid(&self, client: &str, session: &str) -> Value {
        json!(session_name(self.parts.signing.handles(), (OPERATOR, client), session))
    }
}

#[test]
fn each_service_that_got_tokens_in_the_session_is_told_once_and_nobody_else() {
    let story = Story::new();
    let (phone, laptop) = (story.session(), story.session());
    story.tokens(&phone, ("portal", OPERATOR));
    story.tokens(&phone, ("portal", OPERATOR));
    story.tokens(&phone, ("silent", OPERATOR));
    story.tokens(&laptop, ("portal", OPERATOR));
    story.log_out(&phone);
    story.log_out(&phone);
    assert_eq!(story.waiting(), [(PORTAL.to_owned(), 1, 0)], "visible while it waits");

    assert_eq!(story.round(PORTAL), Round { claimed: 1, delivered: 1 });
    assert_eq!(story.round(PORTAL), Round::default());
    let told = story.arrived(("portal", OPERATOR));
    assert_eq!((told.len(), &told[0]["sid"]), (1, &story.sid("portal", &phone)));
    let key = Key { number: "C-1".to_owned(), generation: 0 };
    let handles = story.parts.signing.handles();
    let whose = (story.person.as_str(), &key);
    let names = Subjects::of(handles, OPERATOR, "portal.example.jp", whose);
    assert_eq!(told[0]["sub"], json!(names.person));
    story.parts.books.flush();
    let sql = "SELECT peer, kind, result FROM linkage_log WHERE operator_id = ?1";
    let scope = Scope::new(OPERATOR, Actor::System, clock::now());
    let lines = story.parts.db.read(&scope, |tx| {
        let keys = [tx.operator().into()];
        tx.rows(sql, &keys, |row| Ok([row.text()?, row.text()?, row.text()?]))
    });
    assert_eq!(lines.unwrap(), [[PORTAL, "logout", "delivered"].map(str::to_owned)]);
}

#[test]
fn a_service_that_is_down_is_told_when_it_is_up_by_a_new_token() {
    let story = Story::new();
    let phone = story.session();
    story.tokens(&phone, ("portal", OPERATOR));
    story.log_out(&phone);
    story.inbox.lock().unwrap().answers = vec![503, 400];
    for delivered in [0, 0, 1] {
        assert_eq!(story.round(PORTAL), Round { claimed: 1, delivered });
        story.time_passes();
    }
    let told = story.arrived(("portal", OPERATOR));
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|one| one["sid"] == story.sid("portal", &phone)));
    assert_ne!(told[0]["jti"], told[2]["jti"], "a try is no replay");
    assert_eq!(story.waiting(), []);
}

#[test]
fn a_television_is_told_of_only_when_everything_ends() {
    let story = Story::new();
    let phone = story.session();
    story.tokens(&phone, ("portal", OPERATOR));
    let television = story.tokens("", ("portal", OPERATOR));
    story.log_out(&phone);
    story.round(PORTAL);
    assert_eq!(story.arrived(("portal", OPERATOR)).len(), 1);
    let person = story.person.clone();
    story.act(move |tx| sessions::end_sessions(tx, Reason::PasswordReplaced(&person)));
    story.round(PORTAL);
    let told = story.arrived(("portal", OPERATOR));
    assert_eq!((told.len(), &told[0]["sid"]), (1, &story.sid("portal", &television.grant)));
}

#[test]
fn what_the_sms_ends_or_shuts_out_is_told_too_and_what_it_pauses_is_not() {
    type End = (Op, i64, Option<subscribers::Reason>, usize);
    let ends: [End; 4] = [
        (Op::Suspend, 0, Some(subscribers::Reason::Unpaid), 0),
        (Op::Suspend, 0, Some(subscribers::Reason::Fraud), 1),
        (Op::Stop, 0, None, 1),
        (Op::PersonSuspend, 1, Some(subscribers::Reason::Fraud), 1),
    ];
    for (op, person_no, reason, told) in ends {
        let story = Story::new();
        let phone = story.session();
        story.tokens(&phone, ("portal", OPERATOR));
        story.command(op, person_no, reason);
        assert_eq!(story.round(READER), Round { claimed: 1, delivered: 1 }, "{op:?} {reason:?}");
        story.round(PORTAL);
        let arrived = story.arrived(("portal", OPERATOR));
        assert_eq!(arrived.len(), told, "{op:?} {reason:?}");
        assert!(arrived.iter().all(|one| one["sid"] == story.sid("portal", &phone)));
    }
}

#[test]
fn a_service_of_all_operators_is_told_by_the_issuer_it_came_to() {
    let story = Story::new();
    let phone = story.session();
    let given = story.tokens(&phone, ("everywhere", Scope::PLATFORM));
    story.log_out(&phone);
    assert_eq!(story.round("logout:everywhere"), Round { claimed: 1, delivered: 1 });
    let told = story.arrived(("everywhere", Scope::PLATFORM));
    assert_eq!(told[0]["sid"], story.sid("everywhere", &given.session));
}

#[test]
fn of_two_nodes_one_tells() {
    let story = Story::new();
    let phone = story.session();
    story.tokens(&phone, ("portal", OPERATOR));
    story.log_out(&phone);
    let other = Parts::open(&story.config).unwrap();
    let (one, two) = story.runtime.block_on(async {
        let first = deliver_round(&story.parts, OPERATOR, PORTAL);
        let second = deliver_round(&other, OPERATOR, PORTAL);
        tokio::join!(first, second)
    });
    assert_eq!(one.unwrap().claimed + two.unwrap().claimed, 1);
    assert_eq!(story.arrived(("portal", OPERATOR)).len(), 1);
}

#[test]
fn the_station_sees_where_a_caller_is_signed_in_and_ends_one_session_or_all() {
    let story = Story::new();
    let (phone, laptop) = (story.session(), story.session());
    story.tokens(&phone, ("portal", OPERATOR));
    let television = story.tokens("", ("portal", OPERATOR));
    let run = |verb: &str, more: &[&str]| {
        let whose = ["person", verb, "--operator", OPERATOR, "--contract", "C-1"];
        story.folder.run(&[&whose, more].concat())
    };
    let shown = run("sessions", &[]).well();
    let line = shown.lines().find(|line| line.contains(&phone)).unwrap();
    assert!(line.contains("portal") && shown.contains(&laptop), "{shown}");

    let wrong = run("end-sessions", &["--session", "ses_01"]);
    assert!(wrong.code == 1 && wrong.err.contains("session.unknown"), "{}", wrong.err);
    let one = ["--session", phone.as_str()];
    assert_eq!(run("end-sessions", &one).well(), "ended: 1 sessions, 1 authorizations\n");
    assert_eq!(run("end-sessions", &one).well(), "ended: 0 sessions, 0 authorizations\n");
    let shown = run("sessions", &[]).well();
    assert!(!shown.contains(&phone) && shown.contains(&laptop), "{shown}");

    assert_eq!(run("end-sessions", &[]).well(), "ended: 1 sessions, 1 authorizations\n");
    assert!(!run("sessions", &[]).well().contains(&laptop));
    while story.round(PORTAL) != Round::default() {}
    let told = story.arrived(("portal", OPERATOR));
    // Two sessions are two streams: which is told first is left open.
    let sids: BTreeSet<&str> = told.iter().filter_map(|one| one["sid"].as_str()).collect();
    let wanted = [story.sid("portal", &phone), story.sid("portal", &television.grant)];
    let wanted: BTreeSet<&str> = wanted.iter().filter_map(Value::as_str).collect();
    assert_eq!((told.len(), sids), (2, wanted), "services are told whoever ended it");
    let scope = Scope::new(OPERATOR, Actor::System, clock::now());
    let lines = story.parts.db.read(&scope, |tx| base::records::list_audit(tx, "", 1000)).unwrap();
    let ended =
        lines.iter().filter(|line| line.act.ends_with(".ended") || line.act.ends_with("_ended"));
    let acts: Vec<(&str, &str)> =
        ended.map(|line| (line.act.as_str(), line.actor.as_str())).collect();
    assert_eq!(
        acts,
        [("session.ended", "operations:cli"), ("person.sessions_ended", "operations:cli")]
    );
}
