//! `POST /access/v1/search/resource`: which channels, titles or products may this subject see?

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Result, clock};
use domain::decisions::Found;
use formats::authzen::{
    FoundResource, PageResponse, ResourceSearchResponse, parse_resource_search,
};
use http::HeaderMap;
use web::access::Acted;
use web::{Problem, blocking, current};

use crate::callers::body_of;

use super::Vod;
use super::answers::json;
use super::questions::{Asked, Caller, fault, last_of, token_of};

/// Results on a page, and the most a caller may ask for.
const PAGE: u32 = 100;
const LONGEST_PAGE: u32 = 1000;

/// A search — `docs/api/decisions.md#search`.
pub(super) async fn resource(
    State(vod): State<Arc<Vod>>,
    operator: Option<Path<String>>,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> std::result::Result<Response, Problem> {
    let operator = operator.as_ref().map(|path| path.as_str());
    let caller = vod.caller(operator, &headers).await?;
    let body = body_of(body)?;
    let acted = Acted(caller.label().into());
    let (kind, found, operator) = blocking(move || search(&vod, &caller, &body)).await?;
    current::operator_is_there(&operator);
    let mut response = json(&worded(&kind, found))?;
    response.extensions_mut().insert(acted);
    Ok(response)
}

fn search(vod: &Vod, caller: &Caller, body: &[u8]) -> Result<(String, Found, String)> {
    let search = parse_resource_search(body).map_err(|one| fault(&one))?;
    let asked = Asked::about(&search.subject, &search.action, caller)?;
    let page = search.page.clone().unwrap_or_default();
    let after = match page.token.as_deref() {
        None | Some("") => String::new(),
        Some(token) => last_of(token)?,
    };
    let limit = page.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE) as usize;
    let kind = search.resource.kind.into_owned();
    let wanted = (kind.as_str(), after.as_str(), limit);
    let found = vod.decisions.search(&asked.ask(caller), wanted, clock::now())?;
    Ok((kind, found, asked.operator().to_owned()))
}

fn worded(kind: &str, found: Found) -> ResourceSearchResponse {
    let next = found.ids.last().filter(|_| found.more).map(|last| token_of(last));
    let count = u32::try_from(found.ids.len()).ok();
    let results =
        found.ids.into_iter().map(|id| FoundResource { kind: kind.to_owned(), id }).collect();
    let page = PageResponse { next_token: next.unwrap_or_default(), count, total: None };
    ResourceSearchResponse { results, page: Some(page) }
}
