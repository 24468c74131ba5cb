//! What was put in, and where each stands.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::clock;
use domain::files::{self, Bulk};
use domain::operators::{self, Staff};
use domain::staff::Permission;
use http::HeaderMap;
use web::texts::Words;

use super::{LIST, NEW, is_alarming, path_of, state};
use crate::Console;
use crate::file::who;
use crate::files::moment;
use crate::here::{Here, shown};

/// How many are shown.
const SHOWN: i64 = 50;

/// One in the list.
struct Listed {
    address: String,
    title: String,
    state: &'static str,
    alarm: bool,
    lines: i64,
    who: String,
    at: String,
}

#[derive(Template)]
#[template(path = "bulk.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    new: String,
    listed: Vec<Listed>,
}

/// `GET …/bulk`.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, LIST.to_owned()), |console, here| {
        let may = (&here.seat, Permission::Bulk);
        let (all, staff) = console.desks.look(may, clock::now(), |tx| {
            Ok((files::list_bulks(tx, SHOWN)?, operators::list_staff(tx)?))
        })?;
        let body = Body {
            words: here.words,
            title: here.words.get("console.bulk"),
            new: format!("{}{NEW}", here.address),
            listed: all.iter().map(|bulk| listed(here, bulk, &staff)).collect(),
        };
        here.page(console, (body.title, "bulk"), &body, None)
    })
    .await
}

fn listed(here: &Here, bulk: &Bulk, staff: &[Staff]) -> Listed {
    Listed {
        address: format!("{}{}", here.address, path_of(&bulk.id)),
        title: bulk.title.clone(),
        state: here.words.get(state(bulk.state)),
        alarm: is_alarming(bulk),
        lines: bulk.lines,
        who: who(staff, &bulk.uploaded_by),
        at: moment(here.words, bulk.uploaded),
    }
}
