//! The doors of programs, called without a socket: routes over a world, tokens, JSON in and out.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use base::kernel::{Actor, Scope, clock};
use base::records::{LinkageLine, WriteBehind};
use domain::clients::{
    AuthMethod, ClientKind, ClientTerms, Clients, Grant, Pkce, Profile, Proof, hash_secret,
    new_secret, put,
};
use domain::decisions::{Capacity, Decisions};
use domain::signing::{Issuer, MasterKey, Signing};
use domain::subscribers::Standing;
use domain::tokens::{AccessTokens, Asked};
use http::{HeaderMap, Request, StatusCode};
use linkage::Callers;
use linkage::sms::online::Online;
use serde_json::Value as Json;
use tower::ServiceExt as _;

use crate::world::World;

/// The address everything lies under.
pub const BASE: &str = "https://id.example.jp";

/// A world with doors. Its clock stands at the real hour, because doors read the real clock.
pub struct Doors {
    pub world: World,
    pub linkage: Arc<WriteBehind>,
    router: Router,
    pub tokens: Arc<AccessTokens>,
    pub signing: Arc<Signing>,
    pub clients: Arc<Clients>,
    runtime: tokio::runtime::Runtime,
}

/// An answer.
#[derive(Debug)]
pub struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Json,
}

impl Said {
    /// `404 contract.unknown`: status and code of a problem.
    pub fn problem(&self) -> String {
        let text = |name: &str| self.body[name].as_str().unwrap_or("-").to_owned();
        let code = text("code");
        let field = self.body["field"].as_str().map_or(String::new(), |field| format!(" {field}"));
        format!("{} {code}{field}", self.status.as_u16())
    }
}

impl Doors {
    pub fn new() -> Self {
        let world = World::new();
        world.pass(
            world.now().seconds_until(clock::now()) - clock::now().seconds_until(world.now()),
        );
        let clients = Clients::new(&world.db);
        let signing = Signing::new(&world.db, MasterKey::random());
        let tokens = AccessTokens::new(Arc::clone(&signing), Arc::clone(&clients));
        let decisions = Arc::new(Decisions::open(&world.db, Capacity::default()).unwrap());
        let callers =
            Callers { db: world.db.clone(), tokens: Arc::clone(&tokens), base_url: BASE.into() };
        let book = WriteBehind::start(world.db.clone(), "linkage", LinkageLine::INSERT).unwrap();
        let linkage = Arc::new(book);
        let online = Online::new(callers.clone(), Arc::clone(&decisions), Arc::clone(&linkage));
        let vod = linkage::vod::Vod { callers, decisions, signing: Arc::clone(&signing) };
        let router = linkage::vod::routes(vod)
            .merge(linkage::sms::online::routes(online))
            .layer(web::current::Establish);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        Self { world, linkage, router, tokens, signing, clients, runtime: runtime.unwrap() }
    }

    /// A client of `operator` (`*`: of the platform), good for one scope.
    pub fn given_client(&self, operator: &str, id: &'static str, kind: ClientKind) {
        let scope = if kind == ClientKind::Sms { "sms" } else { "decisions" };
        let hash = hash_secret(&new_secret()).unwrap();
        let terms = ClientTerms {
            kind,
            name_ja: "試験".to_owned(),
            name_en: "Test".to_owned(),
            method: AuthMethod::ClientSecretBasic,
            proof: Proof::Secret(Some(hash)),
            redirect_uris: Vec::new(),
            grants: vec![Grant::ClientCredentials],
            scopes: vec![scope.to_owned()],
            sector: "shop.example".to_owned(),
            pkce: Pkce::Required,
            profile: Profile { first_party: true, ..Profile::default() },
            enabled: true,
        };
        let scope = Scope::new(operator, Actor::System, self.world.now());
        self.world.db.transact(&scope, move |tx| put(tx, id, &terms)).unwrap();
    }

    /// A token of that client.
    pub fn token(&self, operator: &str, id: &str) -> String {
        let issuer = if operator == Scope::PLATFORM {
            Issuer::of_platform(BASE)
        } else {
            Issuer::of_operator(BASE, operator)
        };
        let client = self.clients.find(operator, id).unwrap().unwrap().client;
        let scope = client.scopes_of("");
        let ring = self.signing.ring(operator).unwrap();
        self.tokens.mint((&issuer, &ring), &client, &Asked::own(&scope), clock::now()).unwrap()
    }

    /// Where a contract stands by the clock the doors read.
    pub fn standing(&self, number: &str) -> Standing {
        self.world.household(number).standing(clock::now())
    }

    /// What is answered, which is what the document of the door says.
    pub fn call(&self, request: Request<Body>) -> Said {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let said = self.answered(request);
        crate::openapi::hold((said.status.as_u16(), &said.body), (&method, &path));
        said
    }

    fn answered(&self, request: Request<Body>) -> Said {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, 8 << 20).await.unwrap();
            let body = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
            Said { status: parts.status, headers: parts.headers, body }
        })
    }

    pub fn post(&self, path: &str, token: &str, body: impl Into<Body>) -> Said {
        self.call(request("POST", path, token).body(body.into()).unwrap())
    }

    pub fn get(&self, path: &str, token: &str) -> Said {
        self.call(request("GET", path, token).body(Body::empty()).unwrap())
    }
}

/// A request with a token (none, when it is empty).
pub fn request(method: &str, path: &str, token: &str) -> http::request::Builder {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json");
    if token.is_empty() {
        request
    } else {
        request.header("authorization", format!("Bearer {token}"))
    }
}
