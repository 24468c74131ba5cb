//! The services that ask us for this station: its own, and those of all stations.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base::kernel::{Instant, Result, clock};
use domain::clients::{self, Client};
use domain::staff::Permission;
use http::HeaderMap;
use web::texts::{Words, in_language};

use super::told::told;
use super::{LIST, SERVICES, service_path};
use crate::Console;
use crate::files::moment;
use crate::here::{Here, asked};

/// Services on a page.
const PAGE: usize = 30;

/// A service in the list.
struct Listed {
    address: String,
    id: String,
    name: String,
    kind: String,
    enabled: bool,
    sector: String,
    scopes: String,
    since: String,
}

/// Services of one owner.
struct Group {
    id: &'static str,
    title: &'static str,
    all: Vec<Listed>,
}

#[derive(Template)]
#[template(path = "services.html")]
struct Body<'b> {
    words: Words,
    title: &'b str,
    groups: Vec<Group>,
    next: Option<String>,
    list: String,
}

/// `GET …/masters/services?after=ID`.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    asked((console, code), (headers, SERVICES.to_owned(), query), |console, here, query| {
        let after = query.get("after").unwrap_or_default().to_owned();
        let may = (&here.seat, Permission::Settings);
        let (own, shared, added) = console.desks.look(may, clock::now(), move |tx| {
            let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
            let own = clients::list(tx, &after, limit.saturating_add(1))?;
            let added = clients::added(tx, own.iter().map(|one| one.id.clone()).collect())?;
            let shared =
                if after.is_empty() { clients::list_shared(tx, limit)? } else { Vec::new() };
            Ok((own, shared, added))
        })?;
        page(console, here, (&own, &shared, &added))
    })
    .await
}

fn page(
    console: &Console,
    here: &Here,
    (own, shared, added): (&[Client], &[Client], &BTreeMap<String, Instant>),
) -> Result<Response> {
    let shown = own.get(..PAGE).unwrap_or(own);
    let more = shown.last().filter(|_| own.len() > PAGE);
    let since = |client: &Client| added.get(&client.id).copied();
    let body = Body {
        words: here.words,
        title: here.words.get("console.services"),
        groups: vec![
            Group {
                id: "own",
                title: here.words.get("console.services.own"),
                all: shown.iter().map(|client| listed(here, client, since(client))).collect(),
            },
            Group {
                id: "shared",
                title: here.words.get("console.services.shared"),
                all: shared.iter().map(|client| listed(here, client, None)).collect(),
            },
        ],
        next: more.map(|last| {
            format!("{}{SERVICES}?after={}", here.address, crate::home::segment(&last.id))
        }),
        list: format!("{}{LIST}", here.address),
    };
    here.page(console, (body.title, "masters"), &body, None)
}

fn listed(here: &Here, client: &Client, since: Option<Instant>) -> Listed {
    let (words, facts) = (here.words, client.facts());
    let text = |name: &str| told(words, name, facts.get(name).map_or("", String::as_str));
    Listed {
        address: format!("{}{}", here.address, service_path(&client.id)),
        id: client.id.clone(),
        name: in_language(words.0, &client.terms.name_ja, &client.terms.name_en).to_owned(),
        kind: text("client.kind"),
        enabled: client.terms.enabled,
        sector: client.terms.sector.clone(),
        scopes: text("client.scopes"),
        since: since.map(|at| moment(words, at)).unwrap_or_default(),
    }
}
