//! The pictures of the clerk's manual: made by the browser tests, and shown beside its words and in the help of each page.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base::kernel::Error;
use web::answers::or_page;

macro_rules! pictures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../../docs/pictures/", $name)) as &[u8])),*]
    };
}

/// Each with its name.
const PICTURES: &[(&str, &[u8])] = pictures![
    "bulk.png",
    "contract.png",
    "files.png",
    "found.png",
    "launch.png",
    "logs.png",
    "masters.png",
    "moving.png",
    "people.png",
    "preview.png",
    "today.png",
    "why.png",
];

fn find(name: &str) -> Option<&'static [u8]> {
    PICTURES.iter().find(|(known, _)| *known == name).map(|(_, picture)| *picture)
}

/// Whether there is a picture of this name.
pub(super) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

/// `GET /docs/pictures/{picture}`.
pub(super) async fn show(Path(name): Path<String>) -> Response {
    let Some(picture) = find(&name) else {
        return or_page(Err::<Response, _>(Error::not_found("page.unknown", "").into()));
    };
    ([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "public, max-age=3600")], picture)
        .into_response()
}
