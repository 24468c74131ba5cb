//! OpenID Connect toward the services: discovery, authorize, sign-in pages, token, userinfo, logout.
//!
//! Everything lies twice: below `{base_url}/o/{operator}`, each operator's own issuer, and below
//! `{base_url}`, the platform's, where a person names the operator first. Sources: OpenID Connect Core
//! 1.0 and Discovery 1.0, RFC 6749, 6750, 7636, 8414, 9126, 9207, 9700; `docs/decisions/0008`.

mod answers;
mod arrivals;
mod authorize;
mod checks;
mod claims;
mod consent;
mod device;
mod discovery;
mod hints;
mod introspect;
mod logout;
mod origins;
mod pages;
mod passkeys;
mod programs;
mod pushed;
mod registration;
mod related;
mod request_object;
mod revoke;
mod samples;
mod signin;
mod strangers;
mod token;
mod userinfo;
mod wanted;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use base::kernel::Result;
use base::store::Db;
use domain::clients::Clients;
use domain::credentials::{ContactKind, Site};
use domain::operators::Operator;
use domain::signin::Journeys;
use domain::signing::{Issuer, Signing};
use domain::tokens::AccessTokens;
use formats::oauth::LONGEST_FORM;
use http::HeaderName;
use tower::ServiceBuilder;
use web::around::Layered;
use web::cookies::Cookies;
use web::place::{self, Place};
use web::strangers::Strangers;

pub use samples::samples;

/// What the provider is made of. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Provider {
    /// The database.
    pub db: Db,
    /// The address everything lies under, exactly as configured, without a slash at its end.
    pub base_url: Arc<str>,
    /// Every issuer's keys.
    pub signing: Arc<Signing>,
    /// The services.
    pub clients: Arc<Clients>,
    /// Access tokens.
    pub tokens: Arc<AccessTokens>,
    /// Sign-ins.
    pub journeys: Arc<Journeys>,
    /// How often an address may call without saying who it is.
    pub strangers: Arc<Strangers>,
    /// The header in which a proxy hands on the certificates of callers, if one does.
    pub certificates: Option<HeaderName>,
    /// The kinds of contacts something is sent to from here.
    pub reaches: Vec<ContactKind>,
}

impl Provider {
    /// The operator with this code, as it is now.
    fn operator(&self, code: &str) -> Result<Arc<Operator>> {
        place::operator(&self.db, code)
    }

    /// The site passkeys of an operator's persons (`*`: of nobody yet) are made for.
    fn site(&self, operator: &str) -> Result<Arc<Site>> {
        place::site(&self.db, &self.base_url, operator)
    }

    /// The issuer an address belongs to.
    fn issuer(&self, place: &Place) -> Result<Issuer> {
        place.issuer(&self.db, &self.base_url)
    }

    /// Whether services may register themselves at an address.
    fn registers(&self, place: &Place) -> Result<bool> {
        let Some(code) = place.named() else { return Ok(false) };
        let operator = self.operator(code)?;
        Ok(operator.enabled() && operator.policies.registration.enabled)
    }

    /// Whether services may exchange the tokens of two persons there.
    fn exchanges(&self, place: &Place) -> Result<bool> {
        let Some(code) = place.named() else { return Ok(false) };
        Ok(self.operator(code)?.policies.token_exchange)
    }

    /// Whether boxes sign their households in there.
    fn has_home(&self, place: &Place) -> Result<bool> {
        let Some(code) = place.named() else { return Ok(false) };
        Ok(self.operator(code)?.policies.home_sign_in)
    }

    fn cookies(&self) -> Cookies {
        Cookies::for_base(&self.base_url)
    }
}

/// The steps of a sign-in, and what can be pressed at them.
fn steps() -> [(&'static str, MethodRouter<Arc<Provider>>); 19] {
    [
        ("/signin", get(signin::show)),
        ("/signin/operator", post(signin::operator)),
        ("/signin/password", post(signin::password)),
        ("/signin/passkey", post(passkeys::sign_in)),
        ("/signin/passkey/ask", post(passkeys::ask_at_signin)),
        ("/signin/letter", post(signin::letter)),
        ("/signin/account", post(signin::account)),
        ("/signin/no-password", post(signin::no_password)),
        ("/signin/forgotten", post(signin::forgotten)),
        ("/signin/recovery", post(signin::recovery)),
        ("/signin/approved", post(signin::approved)),
        ("/signin/television", post(signin::television)),
        ("/signin/box", post(signin::box_code)),
        ("/signin/renewal", post(signin::renewal)),
        ("/signin/second", post(signin::second)),
        ("/signin/consent", post(signin::consent)),
        ("/signin/stay", post(signin::stay)),
        ("/signin/go", post(signin::go)),
        ("/signin/language", post(signin::language)),
    ]
}

/// What programs call, and where browsers come to.
fn endpoints() -> [(&'static str, MethodRouter<Arc<Provider>>); 14] {
    [
        ("/.well-known/openid-configuration", get(discovery::configuration)),
        ("/.well-known/webauthn", get(related::origins)),
        ("/jwks", get(discovery::keys)),
        ("/authorize", get(authorize::by_query).post(authorize::by_form)),
        ("/par", post(pushed::answer)),
        ("/token", post(token::answer)),
        ("/revoke", post(revoke::answer)),
        ("/introspect", post(introspect::answer)),
        ("/userinfo", get(userinfo::answer).post(userinfo::answer)),
        ("/device_authorization", post(device::ask)),
        ("/tv_code", post(device::tv_code)),
        ("/device", get(device::show).post(device::decide)),
        ("/logout", get(logout::by_query).post(logout::by_form)),
        ("/logout/confirm", post(logout::confirm)),
    ]
}

/// All routes of the provider.
pub fn routes(provider: Provider) -> Router {
    let mut router = Router::new()
        .route("/.well-known/oauth-authorization-server", get(discovery::configuration))
        .route(
            "/.well-known/oauth-authorization-server/o/{operator}",
            get(discovery::configuration),
        )
        // Who is invited knows their operator, as every household has one.
        .route("/o/{operator}/invitation", get(arrivals::invited))
        .route("/o/{operator}/first", get(arrivals::before_a_box))
        // Services register themselves at an operator, never at the platform.
        .route("/o/{operator}/register", post(registration::register))
        .route(
            "/o/{operator}/register/{client_id}",
            get(registration::show).put(registration::change).delete(registration::remove),
        );
    for (path, endpoint) in endpoints().into_iter().chain(steps()) {
        router =
            router.route(path, endpoint.clone()).route(&format!("/o/{{operator}}{path}"), endpoint);
    }
    let counted = Layered(strangers::Counted(Arc::clone(&provider.strangers)));
    // As one layer: every layer of a router by itself copies all that lies below it, for every request.
    let layers = ServiceBuilder::new()
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .layer(Layered(origins::Share))
        .layer(counted);
    router.route_layer(layers).with_state(Arc::new(provider))
}
