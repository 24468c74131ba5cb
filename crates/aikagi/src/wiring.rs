//! What one process is made of, and which door is where.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use base::kernel::{Actor, Error, Scope, clock, ids};
use base::records::{AccessLine, LinkageLine, WriteBehind, first_sealed_receiver};
use base::store::Db;
use console::Console;
use domain::clients::Clients;
use domain::credentials::{ContactKind, Passwords};
use domain::decisions::{Capacity, Decisions};
use domain::signin::Journeys;
use domain::signing::{self, MasterKey, Signing};
use domain::staff::Desks;
use domain::tokens::AccessTokens;
use federation::oidc::Provider;
use http::HeaderName;
use linkage::Callers;
use linkage::admin::Admin;
use linkage::sms::batch::Batch;
use linkage::sms::online::Online;
use linkage::vod::Vod;
use mypage::Mypage;
use outlets::http::{Allowed, Http, Settings};
use outlets::post::Post;
use tower::ServiceBuilder;
use web::access::Logged;
use web::around::Layered;
use web::current::Establish;
use web::headers::{Secure, Transport};
use web::nowhere::{nothing_there, only_sent};
use web::strangers::{Strangers, Unbelieved, WithoutToken};

use crate::config::{
    Config, Fault, leaked, mail_way, master_key, password_cost, senders, text_way,
};
use crate::failure::Failure;
use crate::serve::health::Health;
use crate::serve::measure::Measured;
use crate::serve::patience::Patient;
use crate::workers::WEBHOOK_SECRET;

/// Everything doors and workers share. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Parts {
    /// The configuration.
    pub config: Arc<Config>,
    /// The database, migrated.
    pub db: Db,
    /// What the schema was found to be.
    pub schema: String,
    /// The master key, and the keys of every issuer.
    pub signing: Arc<Signing>,
    /// Programs that may ask us.
    pub clients: Arc<Clients>,
    /// Access tokens, minted and verified.
    pub tokens: Arc<AccessTokens>,
    /// Sign-ins and registrations under way.
    pub journeys: Arc<Journeys>,
    /// Who works at the stations' consoles.
    pub desks: Arc<Desks>,
    /// Who may watch what.
    pub decisions: Arc<Decisions>,
    /// The door of SMS files.
    pub batch: Arc<Batch>,
    /// What we call others with.
    pub http: Http,
    /// What we send to persons.
    pub post: Arc<Post>,
    /// Logs written behind the answer.
    pub books: Books,
    /// What this process knows of its condition.
    pub health: Arc<Health>,
    /// This process, among others on the same database.
    pub node: String,
}

/// Logs written behind the answer.
#[derive(Clone)]
pub struct Books {
    /// Every request.
    pub access: Arc<WriteBehind>,
    /// Every message to and from other systems.
    pub linkage: Arc<WriteBehind>,
}

impl Books {
    fn open(db: &Db) -> Result<Self, Failure> {
        let start = |name, insert| WriteBehind::start(db.clone(), name, insert).map(Arc::new);
        Ok(Self {
            access: start("access", AccessLine::INSERT)?,
            linkage: start("linkage", LinkageLine::INSERT)?,
        })
    }

    /// Waits until everything handed over is written.
    pub fn flush(&self) {
        self.access.flush();
        self.linkage.flush();
    }
}

impl Parts {
    /// Opens the database, applies missing migrations, and makes everything ready.
    ///
    /// # Errors
    /// The configuration is wrong, the database does not answer or is of a newer release.
    pub fn open(config: &Arc<Config>) -> Result<Self, Failure> {
        let master = MasterKey::new(master_key(config)?);
        let http = http(config)?;
        let mail = (mail_way(config, trust_roots(config)?)?, senders(config));
        let post = Arc::new(Post::new(mail, text_way(config)?, http.clone())?);
        let db = Db::open(&config.database_settings())?;
        let state = db.migration_state()?;
        let applied =
            if state.missing.is_empty() && !state.newer { Vec::new() } else { db.migrate()? };
        for name in &applied {
            tracing::info!(name, "migrated");
        }
        check_master(&db, &master).map_err(|error| foreign(&error, config))?;
        let count = state.applied.len() + applied.len();
        let (signing, clients) = (Signing::new(&db, master), Clients::new(&db));
        let books = Books::open(&db)?;
        let node = ids::new_id("node", clock::now());
        let passwords = Passwords::start_with(cores(), password_cost(config)?, leaked(config)?)?;
        let desks = Desks::new(&db, Arc::clone(&signing), Arc::clone(&passwords));
        let journeys = Journeys::new(&db, Arc::clone(&signing), Arc::clone(&clients), passwords);
        Ok(Self {
            config: Arc::clone(config),
            batch: Arc::new(Batch::new(db.clone(), Arc::clone(&books.linkage), &node)),
            books,
            tokens: AccessTokens::new(Arc::clone(&signing), Arc::clone(&clients)),
            journeys: Arc::new(journeys),
            desks: Arc::new(desks),
            signing,
            clients,
            decisions: Arc::new(Decisions::open(&db, capacity(config))?),
            db,
            schema: format!("{count} migrations applied"),
            http,
            post,
            health: Arc::default(),
            node,
        })
    }
}

/// Whether `master` is the key this database was sealed with: everything made with another one would
/// be lost with the right one, and persons would be somebody else to every service.
///
/// # Errors
/// `master_key.differs`; `unavailable` when the database fails.
pub fn check_master(db: &Db, master: &MasterKey) -> base::kernel::Result<()> {
    let scope = Scope::new(Scope::PLATFORM, Actor::System, clock::now());
    db.read(&scope, |tx| {
        signing::check_master(tx, master)?;
        let Some((operator, sealed)) = first_sealed_receiver(tx)? else { return Ok(()) };
        master.fits(&operator, WEBHOOK_SECRET, &sealed)
    })
}

/// The refusal, with which key it was.
fn foreign(error: &Error, config: &Config) -> Failure {
    let file = config.secrets.master_key_file.display();
    match error {
        Error::Refused { .. } => Failure::from(Fault::new(
            &format!("secrets.master_key_file ({file})"),
            "the database was sealed with another master key",
            "start with the key of this database, or name the database of this key",
        )),
        other => Failure::from(other.clone()),
    }
}

/// Passwords are computed on as many threads as there are cores.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What the configuration gives decisions to keep in memory.
const fn capacity(config: &Config) -> Capacity {
    let megabytes = config.decisions.memory_megabytes;
    // A subject takes a tenth of a household's room.
    let subjects = megabytes.saturating_mul(1000);
    Capacity { household_bytes: megabytes << 20, subjects: subjects as usize }
}

/// The client for everything we call.
///
/// # Errors
/// `outgoing.*` is wrong.
pub fn http(config: &Config) -> Result<Http, Failure> {
    let outgoing = &config.outgoing;
    let malformed = |entry: String| {
        Failure::usage(format!("outgoing.allow: `{entry}` is neither host:port nor a range"))
    };
    Ok(Http::new(Settings {
        allowed: Allowed::parse(&outgoing.allow).map_err(malformed)?,
        trust_roots: trust_roots(config)?,
        timeout: Duration::from_secs(outgoing.timeout_seconds),
    })?)
}

/// Certificate authorities trusted besides the machine's, PEM; empty: none.
fn trust_roots(config: &Config) -> Result<Vec<u8>, Fault> {
    let file = &config.outgoing.trust_roots_file;
    if file.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let name = format!("outgoing.trust_roots_file ({})", file.display());
    std::fs::read(file)
        .map_err(|error| Fault::new(&name, error.to_string(), "make it, or take the key out"))
}

/// Everything the public listener answers.
///
/// Layers, from the outside: what counts requests, the time a body has, whose certificates are believed, the
/// request's ids and language, security headers, the access log. They are put around each route as one: a router
/// copies what lies below a layer for every request, layer by layer.
pub fn public_router(parts: &Parts) -> Router {
    let transport = Transport::of_base(&parts.config.base_url);
    let patience = Duration::from_secs(parts.config.listen.patience_seconds);
    let access = Arc::clone(&parts.books.access);
    let (db, stations) = (parts.db.clone(), parts.db.clone());
    let strangers = Arc::new(strangers(parts));
    let programs = Router::new()
        .merge(linkage::vod::routes(vod(parts)))
        .merge(linkage::sms::online::routes(online(parts)))
        .merge(linkage::admin::routes(admin(parts)))
        .route_layer(Layered(WithoutToken(Arc::clone(&strangers))));
    let certificates = certificate_header(&parts.config);
    let provider = provider(parts, Arc::clone(&strangers), certificates.clone());
    let mypage = mypage(parts, Arc::clone(&strangers));
    let console = console(parts, Arc::clone(&strangers));
    Router::new()
        .merge(web::page::assets())
        .merge(federation::oidc::routes(provider))
        .merge(mypage::routes(mypage))
        .merge(console::routes(console))
        .merge(crate::docs::routes(&parts.config.base_url))
        .merge(programs)
        .fallback(async move |request: Request| nothing_there(db, request).await)
        .method_not_allowed_fallback(async move |request: Request| {
            only_sent(stations, request).await
        })
        .layer(
            ServiceBuilder::new()
                .layer(Layered(Measured))
                .layer(Layered(Patient(patience)))
                .layer(Layered(Unbelieved { strangers, header: certificates }))
                .layer(Establish)
                .layer(Layered(Secure(transport)))
                .layer(Layered(Logged(access))),
        )
}

/// The header of certificates; [`crate::config::check`] has seen that it is one.
fn certificate_header(config: &Config) -> Option<HeaderName> {
    let name = &config.listen.client_certificate_header;
    (!name.is_empty()).then(|| name.parse().ok()).flatten()
}

/// Proxies are believed only where the configuration says that one stands before us.
fn strangers(parts: &Parts) -> Strangers {
    let listen = &parts.config.listen;
    let named =
        || listen.proxy_addresses.iter().filter_map(|address| address.parse().ok()).collect();
    Strangers::new(listen.calls_per_minute, listen.behind_proxy.then(named))
        .naming_stations(&parts.db)
}

fn provider(
    parts: &Parts,
    strangers: Arc<Strangers>,
    certificates: Option<HeaderName>,
) -> Provider {
    Provider {
        db: parts.db.clone(),
        base_url: parts.config.base_url.as_str().into(),
        signing: Arc::clone(&parts.signing),
        clients: Arc::clone(&parts.clients),
        tokens: Arc::clone(&parts.tokens),
        journeys: Arc::clone(&parts.journeys),
        strangers,
        certificates,
        reaches: reaches(&parts.post),
    }
}

fn mypage(parts: &Parts, strangers: Arc<Strangers>) -> Mypage {
    Mypage {
        db: parts.db.clone(),
        base_url: parts.config.base_url.as_str().into(),
        signing: Arc::clone(&parts.signing),
        clients: Arc::clone(&parts.clients),
        journeys: Arc::clone(&parts.journeys),
        decisions: Arc::clone(&parts.decisions),
        strangers,
        reaches: reaches(&parts.post),
    }
}

fn console(parts: &Parts, strangers: Arc<Strangers>) -> Console {
    Console {
        db: parts.db.clone(),
        base_url: parts.config.base_url.as_str().into(),
        desks: Arc::clone(&parts.desks),
        decisions: Arc::clone(&parts.decisions),
        signing: Arc::clone(&parts.signing),
        strangers,
        bulks: bulk_folder(&parts.config),
        files: parts.config.sms.directory.clone(),
        reads: linkage::sms::batch::read,
        answers: linkage::sms::batch::answered,
    }
}

/// Where work on many contracts lies that is put in at the console, an operator's folder each: ours alone, so not among
/// those a station's program writes to. Empty: no files are done here.
pub fn bulk_folder(config: &Config) -> PathBuf {
    let all = &config.sms.directory;
    if all.as_os_str().is_empty() { PathBuf::new() } else { all.join(".bulk") }
}

/// The kinds of contacts that are configured.
fn reaches(post: &Post) -> Vec<ContactKind> {
    let mail = post.takes_mail().then_some(ContactKind::Mail);
    mail.into_iter().chain(post.takes_texts().then_some(ContactKind::Phone)).collect()
}

fn callers(parts: &Parts) -> Callers {
    Callers {
        db: parts.db.clone(),
        tokens: Arc::clone(&parts.tokens),
        base_url: parts.config.base_url.as_str().into(),
    }
}

fn admin(parts: &Parts) -> Admin {
    Admin::new(callers(parts), Arc::clone(&parts.signing))
}

fn vod(parts: &Parts) -> Vod {
    Vod {
        callers: callers(parts),
        decisions: Arc::clone(&parts.decisions),
        signing: Arc::clone(&parts.signing),
    }
}

fn online(parts: &Parts) -> Online {
    let linkage = Arc::clone(&parts.books.linkage);
    Online::new(callers(parts), Arc::clone(&parts.decisions), linkage)
}
