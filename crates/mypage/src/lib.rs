//! My Page: the screens of a subscriber, and the logo of their station.
//!
//! Each page lies below every operator's issuer, and below the platform's. No rule of the business lives here: a page reads,
//! asks [`domain::signin::Journeys`] to do one thing in one transaction, and words the answer. Sources: brief tve §12;
//! `docs/decisions/0051`.

mod confirm;
mod contacts;
mod data;
mod family;
mod filled;
mod frame;
mod help;
mod history;
mod home;
mod household;
mod logo;
mod member;
mod members;
mod once;
mod own;
mod passkeys;
mod pins;
mod security;
mod services;
mod sessions;
mod view;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use base::kernel::Result;
use base::store::Db;
use domain::clients::Clients;
use domain::credentials::{ContactKind, Site};
use domain::decisions::Decisions;
use domain::operators::Operator;
use domain::signin::Journeys;
use domain::signing::{Issuer, Signing};
use formats::oauth::LONGEST_FORM;
use tower::ServiceBuilder;
use web::around::Layered;
use web::cookies::Cookies;
use web::place::{self, Place};
use web::strangers::{Forms, Strangers};
use web::texts::Words;
use web::{Language, Page};

/// What My Page is made of. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Mypage {
    /// The database.
    pub db: Db,
    /// The address everything lies under, exactly as configured, without a slash at its end.
    pub base_url: Arc<str>,
    /// What the proofs in forms are made with.
    pub signing: Arc<Signing>,
    /// The services.
    pub clients: Arc<Clients>,
    /// Who is signed in, and what they may do with themselves.
    pub journeys: Arc<Journeys>,
    /// Who may watch what.
    pub decisions: Arc<Decisions>,
    /// How often an address may call without saying who it is.
    pub strangers: Arc<Strangers>,
    /// The kinds of contacts something is sent to from here.
    pub reaches: Vec<ContactKind>,
}

impl Mypage {
    /// The operator with this code, as it is now.
    fn operator(&self, code: &str) -> Result<Arc<Operator>> {
        place::operator(&self.db, code)
    }

    /// The site passkeys of an operator's persons are made for.
    fn site(&self, operator: &str) -> Result<Arc<Site>> {
        place::site(&self.db, &self.base_url, operator)
    }

    /// The issuer an address belongs to.
    fn issuer(&self, place: &Place) -> Result<Issuer> {
        place.issuer(&self.db, &self.base_url)
    }

    fn cookies(&self) -> Cookies {
        Cookies::for_base(&self.base_url)
    }
}

/// The pages.
fn pages() -> [(&'static str, MethodRouter<Arc<Mypage>>); 17] {
    [
        ("/me", get(home::show)),
        ("/me/watch", get(watch::show)),
        ("/me/history", get(history::show).post(history::hide)),
        ("/me/data", get(data::show).post(data::take)),
        ("/me/view", post(view::change)),
        ("/me/help", get(help::show)),
        ("/security", get(security::show).post(security::change)),
        ("/services", get(services::show).post(services::withdraw)),
        ("/sessions", get(sessions::show).post(sessions::change)),
        ("/contacts", get(contacts::show).post(contacts::change)),
        ("/passkeys", get(passkeys::show).post(passkeys::change)),
        ("/passkeys/ask", post(passkeys::ask)),
        ("/pins", get(pins::show).post(pins::change)),
        ("/family", get(family::show).post(family::change)),
        ("/family/{member}", get(member::show).post(member::change)),
        ("/family/{member}/watched", get(member::watched)),
        ("/household", get(household::show).post(household::change)),
    ]
}

/// A page of a person's own about nobody, made by its template: for the style guide.
///
/// # Errors
/// `internal` when the template fails.
pub fn sample(language: Language) -> Result<Page> {
    watch::sample(Words(language))
}

/// All routes of My Page.
pub fn routes(mypage: Mypage) -> Router {
    let counted = Layered(Forms(Arc::clone(&mypage.strangers)));
    let layers = ServiceBuilder::new().layer(DefaultBodyLimit::max(LONGEST_FORM)).layer(counted);
    let mut router = Router::new();
    for (path, page) in pages() {
        router = router.route(path, page.clone()).route(&format!("/o/{{operator}}{path}"), page);
    }
    router = router.route("/o/{operator}/logo/{logo}", get(logo::show));
    router.route_layer(layers).with_state(Arc::new(mypage))
}
