//! Which calls count for the address they come from, and how a refusal is worded where.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base::kernel::Error;
use http::Method;
use web::Problem;
use web::around::Around;
use web::strangers::{Strangers, shows_no_token};

use super::answers::TokenRefusal;

/// How the door says that there were too many calls.
type Wording = fn(&Strangers, Error) -> Response;

const AS_PAGE: Wording = |strangers, error| strangers.page(&error);
const AS_REFUSAL: Wording = |_, error| TokenRefusal::from(error).into_response();
const AS_PROBLEM: Wording = |_, error| Problem::from(error).into_response();

/// Around all routes: every form counts, and the one address that begins something when it is only looked at.
#[derive(Clone)]
pub(super) struct Counted(pub(super) Arc<Strangers>);

impl Around for Counted {
    type Kept = Option<IpAddr>;

    fn before(&self, request: &mut Request) -> Result<Self::Kept, Box<Response>> {
        let Some(word) = counts(request) else { return Ok(None) };
        self.0.take(request).map_err(|error| Box::new(word(&self.0, error)))
    }

    fn after(&self, taken: Option<IpAddr>, response: &mut Response) {
        self.0.answered(taken, response);
    }
}

/// How a call that counts is refused; none: it does not count.
fn counts(request: &Request) -> Option<Wording> {
    let mut parts = request.uri().path().rsplit('/');
    let endpoint = parts.next().unwrap_or_default();
    let registers = endpoint == "register" || parts.next() == Some("register");
    match endpoint {
        "userinfo" => shows_no_token(request).then_some(AS_PROBLEM),
        "token" | "par" | "device_authorization" | "tv_code" | "revoke" | "introspect" => {
            Some(AS_REFUSAL)
        }
        _ if registers => Some(AS_PROBLEM),
        "ask" => Some(AS_PROBLEM),
        "authorize" => Some(AS_PAGE),
        _ => (request.method() == Method::POST).then_some(AS_PAGE),
    }
}
