//! The two endpoints of the sign-in page that ask for a passkey.
//!
//! Sources: Web Authentication Level 3; `docs/decisions/0030`.

use axum::response::Response;
use web::answers::as_it_is;
use web::{Problem, blocking};

use super::signin::{Visit, run};

/// `POST …/signin/passkey/ask`: what the browser of a sign-in is to be asked for.
pub(super) async fn ask_at_signin(visit: Visit) -> std::result::Result<Response, Problem> {
    blocking(move || {
        let visitor = visit.visitor()?;
        visit.form(&visitor)?;
        let site = visit.provider.site(visitor.operator())?;
        as_it_is(&visit.provider.journeys.ask_passkey(&visitor.caller(), &site)?)
    })
    .await
}

/// `POST …/signin/passkey`: the browser's answer.
pub(super) async fn sign_in(visit: Visit) -> Response {
    run(visit, |visit| {
        visit.try_form(("", "credential"), |visitor, (_, answer)| {
            let site = visit.provider.site(visitor.operator())?;
            visit.provider.journeys.try_passkey(&visitor.caller(), &site, answer)
        })
    })
    .await
}
