//! `/o/{operator}/logo/{digest}.png`: the logo of a station, which other pages show too.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Actor, Error, Scope, clock};
use domain::operators;
use web::answers::or_page;
use web::blocking;
use web::look::logo;
use web::place::Place;

use super::Mypage;

/// `GET …/logo/{digest}.png`. Under one address there is never another picture.
pub(super) async fn show(
    State(mypage): State<Arc<Mypage>>,
    place: Place,
    Path((_, name)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let issuer = mypage.issuer(&place)?;
        let unknown = || Error::not_found("look.logo_unknown", "");
        let digest = name.strip_suffix(".png").ok_or_else(unknown)?.to_owned();
        let scope = Scope::new(issuer.operator(), Actor::Anonymous, clock::now());
        mypage.db.read(&scope, move |tx| operators::find_logo(tx, &digest)).map(logo)
    };
    or_page(blocking(work).await)
}
