//! Browsers and services for stories of sign-in: cookies, redirects, forms, the token endpoint. No
//! socket; the routes are called as they are mounted.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn;
use base::kernel::{Scope, clock};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::clients::{
    AuthMethod, ClientKind, ClientTerms, Clients, Grant, Pkce, Profile, Proof, RefreshPolicy,
    hash_secret, put,
};
use domain::credentials::{ContactKind, Passwords, issue_letter_code};
use domain::decisions::{Capacity, Decisions};
use domain::signin::Journeys;
use domain::signing::{MasterKey, Signing};
use domain::staff::Desks;
use domain::tokens::AccessTokens;
use federation::oidc::{Provider, routes};
use formats::jose;
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use serde_json::Value as Json;
use tower::ServiceExt as _;
use url::Url;
use url::form_urlencoded::Serializer;
use web::around::Layered;
use web::headers::{Secure, Transport};

use crate::world::{KITA, MINAMI, World, sato};

/// The address everything lies under.
pub const BASE: &str = "https://id.example.jp";
pub const CALLBACK: &str = "https://vod.example.jp/callback";
/// Of every confidential client here.
pub const SECRET: &str = "a secret of more than thirty-two characters";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const PASSWORD: &str = "ねこは３匹いれば十分です。";

/// A provider over a world whose clock stands at the real hour, because doors read the real clock.
pub struct House {
    pub world: World,
    pub provider: Provider,
    pub decisions: Arc<Decisions>,
    pub router: Router,
    pub runtime: tokio::runtime::Runtime,
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn location(&self) -> Url {
        assert_eq!(self.status, 303, "{}", self.body);
        Url::parse(self.headers["location"].to_str().unwrap()).unwrap()
    }

    /// A parameter of the address the browser is sent to.
    pub fn led_with(&self, name: &str) -> Option<String> {
        let location = self.location();
        let found = location.query_pairs().find(|(each, _)| each == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// The code of the error page or message, as the access log was told.
    pub fn refusal(&self) -> &str {
        self.headers.get("x-test-refusal").map_or("", |value| value.to_str().unwrap())
    }

    pub fn proof(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"proof\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Routes that ask for nobody.
fn of_nobody() -> axum::Router {
    web::page::assets().merge(aikagi::docs::routes("https://id.example.jp"))
}

impl House {
    /// Both operators with a service each that signs viewers in, called `vod`.
    pub fn new() -> Self {
        Self::reaching(ContactKind::ALL.to_vec())
    }

    /// One whose persons are reached at contacts of these kinds only.
    pub fn reaching(reaches: Vec<ContactKind>) -> Self {
        Self::made(reaches, None)
    }

    /// One behind a proxy that hands on the certificates of callers, in `client-cert`.
    pub fn with_certificates() -> Self {
        Self::made(ContactKind::ALL.to_vec(), Some(HeaderName::from_static("client-cert")))
    }

    fn made(reaches: Vec<ContactKind>, certificates: Option<HeaderName>) -> Self {
        let world = World::new();
        let real = clock::now();
        world.pass(world.now().seconds_until(real) - real.seconds_until(world.now()));
        let clients = Clients::new(&world.db);
        let signing = Signing::new(&world.db, MasterKey::random());
        let passwords = Passwords::start(2).unwrap();
        let desks = Desks::new(&world.db, Arc::clone(&signing), Arc::clone(&passwords));
        let journeys =
            Journeys::new(&world.db, Arc::clone(&signing), Arc::clone(&clients), passwords);
        let decisions = Arc::new(Decisions::open(&world.db, Capacity::default()).unwrap());
        let provider = Provider {
            db: world.db.clone(),
            base_url: BASE.into(),
            tokens: AccessTokens::new(Arc::clone(&signing), Arc::clone(&clients)),
            signing,
            clients,
            journeys: Arc::new(journeys),
            reaches,
            certificates,
            strangers: Arc::new(web::strangers::Strangers::new(600, None)),
        };
        let callers = linkage::Callers {
            db: world.db.clone(),
            tokens: Arc::clone(&provider.tokens),
            base_url: BASE.into(),
        };
        let admin = linkage::admin::Admin::new(callers, Arc::clone(&provider.signing));
        let console = crate::console_desk::console_of(&world, (&provider, &decisions), desks);
        let mypage = mypage::Mypage {
            db: world.db.clone(),
            base_url: BASE.into(),
            signing: Arc::clone(&provider.signing),
            clients: Arc::clone(&provider.clients),
            journeys: Arc::clone(&provider.journeys),
            decisions: Arc::clone(&decisions),
            strangers: Arc::clone(&provider.strangers),
            reaches: provider.reaches.clone(),
        };
        let router = routes(provider.clone())
            .merge(mypage::routes(mypage))
            .merge(console::routes(console))
            .merge(linkage::admin::routes(admin))
            .merge(of_nobody())
            .layer(from_fn(show_refusal))
            .layer(Layered(Secure(Transport::Https)))
            .layer(web::current::Establish);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let house = Self { world, provider, decisions, router, runtime: runtime.unwrap() };
        [KITA, MINAMI].iter().for_each(|at| house.given_client(at, "vod", |_| {}));
        house
    }

    pub fn given_client(
        &self,
        operator: &str,
        id: &'static str,
        change: impl FnOnce(&mut ClientTerms),
    ) {
        let mut terms = service();
        change(&mut terms);
        let scope = Scope::new(operator, sato(), clock::now());
        self.world.db.transact(&scope, move |tx| put(tx, id, &terms)).unwrap();
    }

    /// A letter for the owner of a contract of the northern operator, as printed.
    pub fn given_letter(&self, number: &str) -> String {
        let generation = self.world.household(number).contract.generation;
        let number = number.to_owned();
        let scope = Scope::new(KITA, sato(), clock::now());
        let issue =
            move |tx: &mut base::store::Tx<'_>| issue_letter_code(tx, &number, generation, 1);
        self.world.db.transact(&scope, issue).unwrap()
    }

    /// A contract whose owner registered by letter; the browser is signed in. `name`: login id.
    pub fn given_viewer(&self, number: &str, name: &str) -> Viewer<'_> {
        self.world.given_contract(number);
        let letter = self.given_letter(number);
        let mut viewer = Viewer::new(self);
        viewer.open_page(&authorize(&[]));
        viewer.submit("go", &[("step", "letter")]);
        viewer.submit("letter", &[("contract_number", number), ("registration_code", &letter)]);
        let done = viewer.submit("account", &[("username", name), ("password", PASSWORD)]);
        assert!(done.led_with("code").is_some(), "{}", done.body);
        viewer
    }

    pub fn call(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, 8 << 20).await.unwrap();
            let body = String::from_utf8_lossy(&bytes).into_owned();
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call(Request::get(path).body(Body::empty()).unwrap())
    }

    /// A form to the northern operator's token endpoint by `vod`, with its secret.
    pub fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.token_at("/o/KITA01", ("vod", SECRET), form)
    }

    pub fn token_at(
        &self,
        issuer: &str,
        (id, secret): (&str, &str),
        form: &[(&str, &str)],
    ) -> Answer {
        self.client_form(&format!("{issuer}/token"), (id, secret), form)
    }

    /// A form to any endpoint of programs by a client with its secret.
    pub fn client_form(&self, path: &str, client: (&str, &str), form: &[(&str, &str)]) -> Answer {
        self.client_form_accepting((path, "*/*"), client, form)
    }

    pub fn client_form_accepting(
        &self,
        (path, accept): (&str, &str),
        (id, secret): (&str, &str),
        form: &[(&str, &str)],
    ) -> Answer {
        let encode = |text: &str| Serializer::new(String::new()).append_key_only(text).finish();
        let basic = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
        let request = Request::post(path)
            .header("authorization", format!("Basic {basic}"))
            .header("accept", accept)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(encoded(form)));
        self.call(request.unwrap())
    }

    /// A form to the northern operator's token endpoint by a client that proves nothing.
    pub fn public_token(&self, form: &[(&str, &str)]) -> Answer {
        self.public_form("/o/KITA01/token", form)
    }

    /// A form to any endpoint of programs by a client that proves nothing.
    pub fn public_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(encoded(form)));
        self.call(request.unwrap())
    }

    pub fn redeem(&self, code: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
    }

    pub fn refresh(&self, token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    pub fn userinfo(&self, token: &str) -> Answer {
        let request = Request::get("/o/KITA01/userinfo")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty());
        self.call(request.unwrap())
    }

    /// Runs `work` while a table can not be found, and nothing of it is in memory.
    pub fn break_table(&self, table: &str, work: impl FnOnce()) {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let away = leak(format!("ALTER TABLE {table} RENAME TO {table}_away"));
        let back = leak(format!("ALTER TABLE {table}_away RENAME TO {table}"));
        let mut work = Some(work);
        for sql in [away, back] {
            let scope = Scope::new(Scope::PLATFORM, sato(), clock::now());
            let renamed = self.world.db.housekeep(&scope, "test", move |tx| {
                tx.touch(None);
                tx.exec(sql, &[]).map(drop)
            });
            renamed.unwrap();
            if let Some(work) = work.take() {
                work();
            }
        }
    }

    /// Runs one act at the northern operator.
    pub fn act<T: Send + 'static>(
        &self,
        work: impl Fn(&mut base::store::Tx<'_>) -> base::kernel::Result<T> + Send + 'static,
    ) -> base::kernel::Result<T> {
        self.world.db.transact(&Scope::new(KITA, sato(), clock::now()), work)
    }

    /// How often `act` stands in the audit of the northern operator.
    pub fn audited(&self, act: &str) -> usize {
        self.world.audited().iter().filter(|each| *each == act).count()
    }
}

/// Tells the tests what the access log is told.
async fn show_refusal(
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let mut response = next.run(request).await;
    if let Some(web::Refusal(code)) = response.extensions().get::<web::Refusal>().copied() {
        response.headers_mut().insert("x-test-refusal", code.parse().unwrap());
    }
    response
}

/// A confidential service that signs viewers in with PKCE and keeps them signed in.
pub fn service() -> ClientTerms {
    ClientTerms {
        kind: ClientKind::Service,
        name_ja: "みるぷらす動画㈱".to_owned(),
        name_en: "Miruplus Video".to_owned(),
        method: AuthMethod::ClientSecretBasic,
        proof: Proof::Secret(Some(hash_secret(SECRET).unwrap())),
        redirect_uris: vec![CALLBACK.to_owned()],
        grants: vec![Grant::AuthorizationCode, Grant::RefreshToken, Grant::ClientCredentials],
        scopes: vec!["openid".to_owned(), "decisions".to_owned()],
        sector: String::new(),
        pkce: Pkce::Required,
        profile: Profile {
            first_party: true,
            refresh: Some(RefreshPolicy::Rotated),
            ..Profile::default()
        },
        enabled: true,
    }
}

/// The address of a good authorization request at the northern operator, with parameters replaced,
/// added, or (empty) left out.
pub fn authorize(changes: &[(&str, &str)]) -> String {
    authorize_at("/o/KITA01", changes)
}

pub fn authorize_at(issuer: &str, changes: &[(&str, &str)]) -> String {
    let challenge = jose::pkce_s256_challenge(VERIFIER);
    let mut parameters = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", "vod"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("state", "s-髙"),
        ("nonce", "n-1"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ]);
    parameters.extend(changes.iter().copied());
    parameters.retain(|_, value| !value.is_empty());
    let pairs: Vec<(&str, &str)> = parameters.into_iter().collect();
    format!("{issuer}/authorize?{}", encoded(&pairs))
}

fn encoded(form: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(form).finish()
}

/// What a token says, unverified: stories verify where it is the point.
pub fn claims(token: &str) -> Json {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A browser.
pub struct Viewer<'h> {
    house: &'h House,
    pub cookies: BTreeMap<String, String>,
    /// The path of the page that is open, and its form's proof.
    pub page: String,
    pub proof: String,
    pub origin: String,
}

impl<'h> Viewer<'h> {
    pub fn new(house: &'h House) -> Self {
        Self {
            house,
            cookies: BTreeMap::new(),
            page: String::new(),
            proof: String::new(),
            origin: BASE.to_owned(),
        }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send(&Method::GET, path, Vec::new())
    }

    pub fn send(&mut self, method: &Method, path: &str, body: Vec<u8>) -> Answer {
        self.send_typed(method, path, ("application/x-www-form-urlencoded", body))
    }

    pub fn send_typed(
        &mut self,
        method: &Method,
        path: &str,
        (kind, body): (&str, Vec<u8>),
    ) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path);
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if *method == Method::POST {
            request = request.header("content-type", kind).header("origin", &self.origin);
        }
        let answer = self.house.call(request.body(Body::from(body)).unwrap());
        for cookie in answer.headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        answer
    }

    /// Follows an authorization request to the page of the sign-in and answers the page.
    pub fn open_page(&mut self, path: &str) -> Answer {
        let sent = self.get(path);
        self.follow(&sent)
    }

    /// Goes where an answer sends the browser, on our own pages.
    pub fn follow(&mut self, sent: &Answer) -> Answer {
        let location = sent.location();
        assert_eq!(location.host_str(), Some("id.example.jp"), "{location}");
        self.page = format!("{}?{}", location.path(), location.query().unwrap_or_default());
        let shown = self.get(&self.page.clone());
        if shown.status == 200 {
            self.proof = shown.proof();
        }
        shown
    }

    /// Sends a form of the open page; goes on to the next page when the answer leads there.
    pub fn submit(&mut self, form: &str, fields: &[(&str, &str)]) -> Answer {
        let proof = self.proof.clone();
        let mut pairs = vec![("proof", proof.as_str())];
        pairs.extend(fields);
        let sent = self.post(form, &encoded(&pairs));
        let ours = sent.status == 303 && sent.location().host_str() == Some("id.example.jp");
        if ours { self.follow(&sent) } else { sent }
    }

    /// Opens a page of our own that is shown at once, and keeps the proof of its form: not of the one at its foot.
    pub fn look(&mut self, path: &str) -> Answer {
        let shown = self.get(path);
        if shown.body.split("</main>").next().unwrap_or_default().contains("name=\"proof\"") {
            self.proof = shown.proof();
        }
        shown
    }

    /// Sends a form with the proof of the open page to `path`.
    pub fn send_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let proof = self.proof.clone();
        let form = encoded(&[&[("proof", proof.as_str())], fields].concat());
        self.send(&Method::POST, path, form.into_bytes())
    }

    /// Sends any body to a form of the open page.
    pub fn post(&mut self, form: &str, body: &str) -> Answer {
        let (path, query) = self.page.split_once('?').unwrap();
        let path = format!("{path}/{form}?{query}");
        self.send(&Method::POST, &path, body.as_bytes().to_vec())
    }

    /// Signs in by password at the northern operator and answers the redirect to the service.
    pub fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.open_page(&authorize(&[("prompt", "login")]));
        self.submit("password", &[("username", name), ("password", password)])
    }
}
