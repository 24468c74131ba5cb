//! Which calls count for the address they come from, and how a refusal is worded where.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use web::strangers::{Strangers, Wording, without_token};
use web::{Page, Problem, current};

use super::answers::TokenRefusal;

/// Middleware of all routes: every form, and the one address that begins something when it is only
/// looked at.
pub(super) async fn count(
    State(strangers): State<Arc<Strangers>>,
    request: Request,
    next: Next,
) -> Response {
    let mut parts = request.uri().path().rsplit('/');
    let endpoint = parts.next().unwrap_or_default();
    let registers = endpoint == "register" || parts.next() == Some("register");
    let page: Wording = |error| Page::of_error(current::get().language, &error).into_response();
    let refusal: Wording = |error| TokenRefusal::from(error).into_response();
    let problem: Wording = |error| Problem::from(error).into_response();
    match endpoint {
        "userinfo" => without_token(State(strangers), request, next).await,
        "token" | "par" | "device_authorization" | "revoke" | "introspect" => {
            strangers.serve(request, next, refusal).await
        }
        _ if registers => strangers.serve(request, next, problem).await,
        "ask" => strangers.serve(request, next, problem).await,
        "authorize" => strangers.serve(request, next, page).await,
        _ if request.method() == Method::POST => strangers.serve(request, next, page).await,
        _ => next.run(request).await,
    }
}
