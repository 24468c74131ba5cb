//! The console: the screens of a station's staff, and of the platform's own people.
//!
//! Below `{base_url}/console/{operator}` and `{base_url}/console/platform`. No rule of the business lives here: a page reads, asks [`domain::staff::Desks`] to
//! do one thing in one transaction, and words the answer. Source: brief tve §11; `docs/decisions/0049`.

mod about;
mod bulk;
mod causes;
mod contract;
mod deliveries;
mod download;
mod entering;
mod facts;
mod file;
mod file_result;
mod file_undo;
mod files;
mod filled;
mod help;
mod helping;
mod here;
mod home;
mod house;
mod joining;
mod labels;
mod launch;
pub mod letters;
mod logs;
mod masters;
mod member;
mod moving;
mod people;
mod preview;
mod refusals;
mod security;
mod signin;
mod stations;
mod timeline;
mod today;
mod trial;
mod undo;
mod unregistered;
mod verbs;
mod visits;
mod waiting;
mod why;

pub use house::PLATFORM;
pub use logs::areas;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use base::kernel::{Actor, Error, Result, Scope, clock};
use base::store::Db;
use domain::decisions::Decisions;
use domain::operators::{self, Operator};
use domain::staff::Desks;
use formats::oauth::LONGEST_FORM;
use tower::ServiceBuilder;
use web::around::Layered;
use web::cookies::Cookies;
use web::current;
use web::strangers::{Forms, Strangers};
use web::texts::Words;
use web::{Language, Page};

/// What the console is made of. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Console {
    /// The database.
    pub db: Db,
    /// The address everything lies under, without a slash at its end.
    pub base_url: Arc<str>,
    /// Who works here.
    pub desks: Arc<Desks>,
    /// Why somebody can not watch.
    pub decisions: Arc<Decisions>,
    /// What the proofs in forms are made with.
    pub signing: Arc<domain::signing::Signing>,
    /// How often an address may call without saying who it is.
    pub strangers: Arc<Strangers>,
    /// Where work on many contracts lies, an operator's folder each; empty: nowhere, and none can be put in.
    pub bulks: PathBuf,
    /// Where the files of the SMSs lie, an operator's folder each; empty: nowhere.
    pub files: PathBuf,
    /// How the SMS's own runner reads a file that is tried.
    pub reads: web::trial::Reads,
    /// How its answers to a file are opened.
    pub answers: web::results::Opens,
}

impl Console {
    /// The operator an address names, whose request this is.
    fn operator(&self, code: &str) -> Result<Arc<Operator>> {
        let found = self.find_operator(code)?;
        current::operator_is_there(code);
        Ok(found)
    }

    fn find_operator(&self, code: &str) -> Result<Arc<Operator>> {
        if !operators::valid_code(code) {
            return Err(Error::not_found("operator.unknown", ""));
        }
        let scope = Scope::new(code, Actor::Anonymous, clock::now());
        self.db.operator_fact(&scope, operators::find_operator)
    }

    fn cookies(&self) -> Cookies {
        Cookies::for_base(&self.base_url)
    }
}

/// Pages of the console about nobody, made by its templates: for the style guide.
///
/// # Errors
/// `internal` when a template fails.
pub fn samples(language: Language) -> Result<Vec<(&'static str, Page)>> {
    let words = Words(language);
    Ok(vec![("search", home::sample(words)?), ("today", today::sample(words)?)])
}

/// The routes of forms with a file in them.
fn with_files(counted: Layered<Forms>) -> Router<Arc<Console>> {
    // A file is read as it comes: its limit is held to where it is written down.
    let limit = DefaultBodyLimit::max(bulk::LONGEST_BODY);
    let layers = ServiceBuilder::new().layer(limit).layer(counted);
    Router::new()
        .route("/console/{operator}/bulk/new", get(bulk::form).post(bulk::send))
        .route("/console/{operator}/masters/format", get(trial::show).post(trial::answer))
        .route("/console/{operator}/masters/look/logo", post(masters::bring_logo))
        .route_layer(layers)
}

/// All routes of the console.
pub fn routes(console: Console) -> Router {
    let counted = Layered(Forms(Arc::clone(&console.strangers)));
    let layers =
        ServiceBuilder::new().layer(DefaultBodyLimit::max(LONGEST_FORM)).layer(counted.clone());
    Router::new()
        .route("/console", get(signin::choose))
        .route("/console/platform", get(stations::show))
        .route("/console/platform/stations/{station}", get(entering::show).post(entering::enter))
        .route("/console/{operator}", get(home::show))
        .route("/console/{operator}/sign-in", post(signin::sign_in))
        .route("/console/{operator}/sign-in/passkey", post(security::sign_in))
        .route("/console/{operator}/sign-in/passkey/ask", post(security::ask_at_sign_in))
        .route("/console/{operator}/security", get(security::show).post(security::change))
        .route("/console/{operator}/security/ask", post(security::ask))
        .route("/console/{operator}/sign-out", post(signin::sign_out))
        .route("/console/{operator}/join", get(joining::show).post(joining::answer))
        .route("/console/{operator}/contracts", get(home::search))
        .route("/console/{operator}/contracts/{number}", get(contract::show).post(verbs::answer))
        .route("/console/{operator}/contracts/{number}/timeline", get(timeline::show))
        .route("/console/{operator}/contracts/{number}/persons/{person_no}", get(member::show))
        .route("/console/{operator}/files", get(files::show))
        .route("/console/{operator}/files/{file}", get(file::show).post(file::answer))
        .route("/console/{operator}/files/{file}/result", get(file_result::download))
        .route("/console/{operator}/bulk", get(bulk::list))
        .route("/console/{operator}/bulk/{bulk}", get(bulk::show).post(bulk::answer))
        .route("/console/{operator}/bulk/{bulk}/result", get(bulk::result))
        .route("/console/{operator}/why", get(why::show))
        .route("/console/{operator}/unregistered", get(unregistered::show))
        .route("/console/{operator}/today", get(today::show).post(today::answer))
        .route("/console/{operator}/logs", get(logs::show).post(logs::export))
        .route("/console/{operator}/launch", get(launch::show).post(launch::change))
        .route("/console/{operator}/masters", get(masters::list))
        .route(
            "/console/{operator}/masters/products/new",
            get(masters::new_product).post(masters::add_product),
        )
        .route(
            "/console/{operator}/masters/products/{product}",
            get(masters::product).post(masters::change_product),
        )
        .route(
            "/console/{operator}/masters/policies",
            get(masters::policies).post(masters::change_policies),
        )
        .route(
            "/console/{operator}/masters/linkage",
            get(masters::linkage).post(masters::change_linkage),
        )
        .route("/console/{operator}/masters/services", get(masters::services))
        .route(
            "/console/{operator}/masters/services/{client}",
            get(masters::service).post(masters::change_service),
        )
        .route("/console/{operator}/masters/look", get(masters::look).post(masters::change_look))
        .route("/console/{operator}/staff", get(people::list).post(people::add))
        .route("/console/{operator}/staff/{staff}", get(people::show).post(people::change))
        .route_layer(layers)
        .merge(with_files(counted))
        .with_state(Arc::new(console))
}
