//! The whole public listener over two operators: what the northern one has, and what the southern
//! one somehow learned of it. For `doors.rs` and `isolation_rooms.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aikagi::config::Config;
use aikagi::wiring::{Parts, public_router};
use axum::Router;
use axum::body::{Body, to_bytes};
use base::kernel::{Actor, Scope, clock, ids};
use base::store::Settings;
use domain::clients::{Client, ClientKind, Grant, put};
use domain::commands::{Command, Op};
use domain::decisions::{Action, Ask, PinGiven, Question, Subject};
use domain::sessions::{self, DeviceAsk, Draft, Proven, Subjects};
use domain::signin::{AskedByDevice, PUSHED_PREFIX, Purpose, Request as SignInRequest};
use domain::signing::{HandleKind, Issuer};
use domain::subscribers::Key;
use domain::tokens::{Asked, OnBehalfOf};
use domain::{credentials, operators};
use http::{Request, StatusCode};
use serde_json::Value as Json;
use tower::ServiceExt as _;

use crate::decisions::given_registered;
use crate::isolation_files::given_answered;
use crate::isolation_registration::{Tokens, given_registered as given_registration};
use crate::viewers::{BASE, CALLBACK, SECRET, service};
use crate::world::{KITA, MINAMI, World, sms};

/// What must never be told to the other operator.
pub const SECRETS: [&str; 3] = ["ﾋﾐﾂﾉ ﾅﾏｴ", "0311112222", "himitsu-client"];
/// The cookie value of the browser that every sign-in here is begun in.
pub const BROWSER: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// What a caller names: the northern operator's things, or things that nobody has.
#[derive(Clone, Debug)]
pub struct Names {
    pub number: String,
    pub person: String,
    pub household: String,
    pub login: String,
    pub letter: String,
    pub client: String,
    pub ticket: String,
    pub session: String,
    pub code: String,
    pub refresh: String,
    pub grant: String,
    pub token: String,
    pub trace: String,
    pub device_code: String,
    pub user_code: String,
    pub pushed: String,
    /// Of an SMS file.
    pub file: String,
    /// Of work on many contracts.
    pub bulk: String,
    /// Of a product.
    pub product: String,
    /// Of a picture: the end of its address. It stands on every page of its station.
    pub logo: String,
    /// Of a signing key.
    pub kid: String,
    pub registered: Tokens,
}

impl Names {
    /// Every name, to be blotted out of two answers before they are compared.
    fn all(&self) -> [&str; 19] {
        let Self { number, person, household, login, letter, client, code, .. } = self;
        let Self {
            refresh, grant, device_code, user_code, kid, trace, file, bulk, product, ..
        } = self;
        let Tokens { id, management, initial } = &self.registered;
        [
            kid,
            file,
            bulk,
            product,
            trace,
            id,
            management,
            initial,
            number,
            person,
            household,
            login,
            letter,
            client,
            code,
            refresh,
            grant,
            device_code,
            user_code,
        ]
        .map(String::as_str)
    }
}

/// Two operators behind one listener.
pub struct Two {
    pub world: World,
    pub parts: Parts,
    /// The northern operator's things.
    pub theirs: Names,
    /// Things that nobody has, written as if the southern operator had them.
    pub nobodys: Names,
    /// Who sits at each operator's console, as their cookie says it.
    pub seats: BTreeMap<&'static str, String>,
    router: Router,
    calls: AtomicU64,
    runtime: tokio::runtime::Runtime,
}

/// An answer.
pub struct Told {
    pub status: StatusCode,
    /// Status, challenge, place and body, without what differs from call to call.
    pub text: String,
}

fn config(world: &World) -> Config {
    let mut config = Config { base_url: BASE.to_owned(), ..Config::default() };
    config.secrets.master_key = hex::encode(ids::secret_bytes());
    config.database.url = match &world.settings {
        Settings::Sqlite { path, .. } => format!("sqlite:{}", path.display()),
        Settings::Postgres { url } => url.clone(),
    };
    config.database.relaxed = true;
    config.sms.directory = world.dir.path().join("sms");
    config
}

impl Two {
    pub fn new() -> Self {
        let world = World::new();
        let real = clock::now();
        world.pass(world.now().seconds_until(real) - real.seconds_until(world.now()));
        let parts = Parts::open(&Arc::new(config(&world))).unwrap();
        for operator in [KITA, MINAMI] {
            given_client(&world, operator, "service", ClientKind::Service);
            given_client(&world, operator, "sms", ClientKind::Sms);
            given_client(&world, operator, "admin", ClientKind::Admin);
        }
        given_client(&world, Scope::PLATFORM, "everywhere", ClientKind::Service);
        given_client(&world, Scope::PLATFORM, "headquarters", ClientKind::Admin);
        given_client(&world, KITA, "himitsu-client", ClientKind::Service);
        let theirs = given_theirs(&world, &parts);
        given_trial(&parts);
        let nobodys = nobodys(&parts);
        let router = public_router(&parts);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let calls = AtomicU64::new(0);
        let seats = [KITA, MINAMI, Scope::PLATFORM];
        let seats = seats.map(|operator| (operator, given_seat(&world, &parts, operator)));
        let seats = BTreeMap::from(seats);
        Self { seats, world, parts, theirs, nobodys, router, calls, runtime: runtime.unwrap() }
    }

    /// A token of an operator's (or the platform's) own client.
    pub fn token(&self, operator: &str, id: &str) -> String {
        let client = self.parts.clients.find(operator, id).unwrap().unwrap().client;
        let scope = client.scopes_of("");
        mint(&self.parts, operator, &client, (&scope, None))
    }

    /// A key no request had before, always of the same length.
    pub fn fresh_key(&self) -> String {
        format!("key-{:08}", self.calls.fetch_add(1, Ordering::SeqCst))
    }

    /// Sends a request and answers what it told, with `names` blotted out.
    pub fn tell(&self, request: Request<Body>, names: &Names) -> Told {
        let own = request.headers().get("idempotency-key").cloned();
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, 8 << 20).await.unwrap();
            let header = |name: &str| {
                parts.headers.get(name).map_or("", |value| value.to_str().unwrap_or("?"))
            };
            let place = header("location").split("?ticket=").next().unwrap_or_default();
            let body = String::from_utf8_lossy(&bytes).into_owned();
            let mut blots: Vec<String> = names.all().iter().map(ToString::to_string).collect();
            blots.push(header("x-request-id").to_owned());
            blots.extend(own.map(|key| key.to_str().unwrap().to_owned()));
            if let Ok(json) = serde_json::from_str::<Json>(&body) {
                passing(&json, "", &mut blots);
            }
            // The longest first: one name may stand inside another.
            blots.sort_by_key(|blot| std::cmp::Reverse(blot.len()));
            let mut text =
                format!("{} {} {place} {body}", parts.status, header("www-authenticate"));
            for blot in blots.iter().filter(|blot| !blot.is_empty()) {
                text = text.replace(blot.as_str(), "#");
            }
            Told { status: parts.status, text }
        })
    }

    /// The answer to a request without a body.
    pub fn answer(&self, request: http::request::Builder) -> axum::response::Response {
        let request = request.body(Body::empty()).unwrap();
        self.runtime.block_on(self.router.clone().oneshot(request)).unwrap()
    }

    /// What stands in the northern operator's tables, but for the lines that say who asked.
    pub fn picture(&self) -> crate::picture::Picture {
        self.parts.books.flush();
        self.parts.decisions.flush();
        let books = ["access_log", "decision_log", "linkage_log"];
        crate::picture::picture(&self.world.db, KITA, |table, _| books.contains(&table))
    }

    /// A sign-in at the southern operator, at the password.
    pub fn own_ticket(&self) -> String {
        ticket(&self.parts, MINAMI)
    }
}

/// Values that differ from call to call: traces, instants, and how long ago something was.
fn passing(json: &Json, name: &str, blots: &mut Vec<String>) {
    match json {
        Json::String(text) => {
            let instant = base::kernel::Instant::parse_rfc3339(text, "").is_ok();
            if instant || ["trace", "request_id", "message_id", "secret"].contains(&name) {
                blots.push(text.clone());
            }
        }
        Json::Number(number) if name == "age_s" => blots.push(format!("\"{name}\":{number}")),
        Json::Array(all) => all.iter().for_each(|one| passing(one, name, blots)),
        Json::Object(all) => all.iter().for_each(|(name, one)| passing(one, name, blots)),
        _ => {}
    }
}

pub fn issuer(operator: &str) -> Issuer {
    if operator == Scope::PLATFORM {
        Issuer::of_platform(BASE)
    } else {
        Issuer::of_operator(BASE, operator)
    }
}

fn given_client(world: &World, operator: &str, id: &'static str, kind: ClientKind) {
    let mut terms = service();
    terms.kind = kind;
    if kind == ClientKind::Sms {
        terms.grants = vec![Grant::ClientCredentials];
        terms.scopes = vec!["sms".to_owned()];
        terms.redirect_uris = Vec::new();
    }
    if kind == ClientKind::Admin {
        terms.grants = vec![Grant::ClientCredentials];
        terms.scopes = ["clients", "persons", "keys", "registrations"]
            .map(|one| format!("admin.{one}"))
            .to_vec();
        terms.redirect_uris = Vec::new();
    }
    let scope = Scope::new(operator, Actor::System, world.now());
    world.db.transact(&scope, move |tx| put(tx, id, &terms)).unwrap();
}

/// Somebody of the staff who joined by an invitation.
fn given_seat(world: &World, parts: &Parts, operator: &str) -> String {
    let scope = Scope::new(operator, Actor::System, clock::now());
    // Only the northern one is anybody's secret.
    let id = if operator == KITA { "himitsu" } else { "sato" };
    let invite = move |tx: &mut base::store::Tx<'_>| {
        let at_platform = tx.operator() == Scope::PLATFORM;
        let role =
            if at_platform { operators::Role::Platform } else { operators::Role::StationManager };
        let roles = vec![role];
        let draft = operators::StaffDraft {
            name: "ｻﾄｳ　髙橋㈱".to_owned(), roles, enabled: true
        };
        operators::put_staff(tx, id, &draft)?;
        domain::staff::invite(tx, id)
    };
    let invitation = world.db.transact(&scope, invite).unwrap();
    let invited = domain::staff::Invited { staff_id: id, invitation: &invitation };
    let (_, totp) = parts.desks.welcome(operator, &invited, clock::now()).unwrap();
    let secret = totp_rs::Secret::try_from_base32(&totp.secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let code = totp.generate(u64::try_from(clock::now().ms() / 1000).unwrap()).to_string();
    let joining = domain::staff::Joining { invited, password: "x7Gp2vQm", code: &code };
    parts.desks.join(operator, &joining, clock::now()).unwrap()
}

fn ticket(parts: &Parts, operator: &str) -> String {
    let request = SignInRequest {
        issuer: operator.to_owned(),
        client_id: "service".to_owned(),
        redirect_uri: CALLBACK.to_owned(),
        scope: "openid".to_owned(),
        state: None,
        nonce: None,
        challenge: None,
        dpop_jkt: None,
        login_hint: None,
        language: None,
        mode: domain::signin::ResponseMode::default(),
        ask_consent: false,
        wanted: None,
    };
    parts.journeys.begin(&Purpose::Code(request), (BROWSER, clock::now())).unwrap()
}

/// The number of the northern household.
const NUMBER: &str = "K-0001";

/// A household with a member who registered; that member's id.
fn given_household(world: &World) -> String {
    let mut start = Command::new("k1", Op::Start, NUMBER);
    start.attributes.kana = Some(SECRETS[0].to_owned());
    start.attributes.telephone = Some(SECRETS[1].to_owned());
    world.send_as(sms(), start);
    given_registered(world, NUMBER, 1);
    world.given_key(NUMBER, "BASIC");
    world.household(NUMBER).persons[0].person_id.clone()
}

/// A household with a member who signed in, and everything that led to.
fn given_theirs(world: &World, parts: &Parts) -> Names {
    let person_id = given_household(world);
    let key = Key { number: NUMBER.to_owned(), generation: 0 };
    let handles = parts.signing.handles();
    let sector = parts.clients.find(KITA, "service").unwrap().unwrap().client.terms.sector.clone();
    let subjects = Subjects::of(handles, KITA, &sector, (&person_id, &key));
    let noted = subjects.clone();
    let (session, grant, letter) = world
        .act(Actor::System, move |tx| {
            let policies = operators::Policies::default();
            sessions::note_subjects(tx, &noted, &sector, (&person_id, &key))?;
            credentials::replace_credentials(tx, &person_id, ("himitsu", "$argon2id$x"))?;
            let session = sessions::open_session(tx, &person_id, &Proven::password(), &policies)?;
            let draft = Draft {
                client_id: "service",
                sector: &sector,
                issuer: KITA,
                whose: domain::sessions::Whose::Person(&person_id),
                session_id: &session,
                seconds: sessions::CODE_SECONDS,
                scope: "openid",
                acr: "a",
                amr: "pwd",
                auth: tx.now(),
                redirect_uri: CALLBACK,
                challenge: None,
                nonce: None,
                jkt: None,
            };
            let grant = sessions::grant(tx, &draft)?;
            Ok((session, grant, credentials::issue_letter_code(tx, NUMBER, 0, 1)?))
        })
        .unwrap();
    let client = parts.clients.find(KITA, "service").unwrap().unwrap().client;
    let behalf = OnBehalfOf { subject: &subjects.person, operator: KITA, grant: &grant };
    let device = given_device(parts, &client);
    Names {
        number: NUMBER.to_owned(),
        token: mint(parts, KITA, &client, ("openid", Some(behalf))),
        person: subjects.person,
        household: subjects.household,
        login: "himitsu".to_owned(),
        letter,
        client: "himitsu-client".to_owned(),
        ticket: ticket(parts, KITA),
        session: handles.write(HandleKind::Session, KITA, (&session, 0)),
        code: handles.write(HandleKind::Code, KITA, (&grant, 0)),
        refresh: handles.write(HandleKind::Refresh, KITA, (&grant, 0)),
        grant,
        trace: given_trace(parts, NUMBER),
        device_code: device.device_code,
        user_code: device.code.user_code,
        pushed: given_pushed(parts, &client),
        file: given_answered(world, &parts.config.sms.directory, NUMBER).id,
        bulk: crate::isolation_files::given_bulk(world).id,
        product: crate::isolation_files::given_secret_pack(world),
        logo: format!("{}.png", crate::isolation_files::given_look(world)),
        kid: kid_of(parts, KITA),
        registered: given_registration(world).tokens,
    }
}

/// What the northern operator's work on many contracts would have done.
fn given_trial(parts: &Parts) {
    let folder = aikagi::wiring::bulk_folder(&parts.config).join(KITA).join("tried");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("KITA01_CN01_20261120_12000000_R.csv"), SECRETS[0]).unwrap();
}

/// The key an operator signs with.
fn kid_of(parts: &Parts, operator: &str) -> String {
    let ring = parts.signing.ring(operator).unwrap();
    ring.signer(clock::now()).unwrap().kid().to_owned()
}

/// A request the northern operator's service pushed.
fn given_pushed(parts: &Parts, client: &Arc<Client>) -> String {
    let request = (format!("client_id=service&login_hint={}", SECRETS[0]), clock::now());
    parts.journeys.push((client, KITA), request).unwrap()
}

/// A television of the northern operator that waits for its person.
fn given_device(parts: &Parts, client: &Client) -> AskedByDevice {
    let ask = DeviceAsk {
        client_id: "service",
        scope: "openid",
        device_ref: "",
        model: SECRETS[0],
        line: "",
        box_id: "",
    };
    parts.journeys.ask_for_device((client, KITA), &ask, clock::now()).unwrap()
}

/// A decision about the member, and what it was written down under.
fn given_trace(parts: &Parts, number: &str) -> String {
    let asked = Ask {
        operator: KITA,
        client: "service",
        subject: Subject::Member { number, person_no: 1 },
        question: Question {
            action: Action::View,
            resource: "channel:101",
            least_age: None,
            adult: false,
            pin: PinGiven::Missing,
        },
    };
    parts.decisions.answer(&asked, clock::now()).unwrap().trace
}

fn mint(
    parts: &Parts,
    operator: &str,
    client: &Client,
    (scope, behalf): (&str, Option<OnBehalfOf<'_>>),
) -> String {
    let ring = parts.signing.ring(operator).unwrap();
    parts
        .tokens
        .mint(
            (&issuer(operator), &ring),
            client,
            &Asked { behalf, ..Asked::own(scope) },
            clock::now(),
        )
        .unwrap()
}

fn nobodys(parts: &Parts) -> Names {
    let handles = parts.signing.handles();
    let written = |kind, id| handles.write(kind, MINAMI, (id, 0));
    let client = parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
    let behalf = OnBehalfOf { subject: "nobody", operator: MINAMI, grant: "grn_nobody" };
    let asked = ("openid", Some(behalf));
    Names {
        number: "N-0001".to_owned(),
        person: handles.pairwise(MINAMI, "x", "person:nobody"),
        household: handles.pairwise(MINAMI, "x", "household:nobody"),
        login: "nobody7".to_owned(),
        letter: "BCDFGHJKMNPQ".to_owned(),
        client: "nobody-client".to_owned(),
        ticket: written(HandleKind::SignIn, "sgn_nobody"),
        session: written(HandleKind::Session, "ses_nobody"),
        code: written(HandleKind::Code, "grn_nobody"),
        refresh: written(HandleKind::Refresh, "grn_nobody"),
        grant: "grn_nobody".to_owned(),
        trace: "23456789".to_owned(),
        token: mint(parts, MINAMI, &client, asked),
        device_code: written(HandleKind::Device, "dvc_nobody"),
        user_code: "BCDFGHJK".to_owned(),
        file: "fil_nobody".to_owned(),
        bulk: "blk_nobody".to_owned(),
        product: "NOPACK".to_owned(),
        logo: format!("{}.png", "0".repeat(32)),
        kid: "0".repeat(43),
        pushed: format!("{PUSHED_PREFIX}{}", written(HandleKind::Pushed, "par_nobody")),
        registered: Tokens {
            id: "reg_nobody".to_owned(),
            management: "0".repeat(43),
            initial: "1".repeat(43),
        },
    }
}

/// The secret every client here proves itself with.
pub fn basic(id: &str) -> String {
    use base64::Engine as _;
    let text = format!("{id}:{}", SECRET.replace(' ', "+"));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
}
