//! The access log: one line for every request, refusals too, written behind the answer.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use base::kernel::{Scope, clock};
use base::records::{AccessLine, WriteBehind, log_access};
use http::Method;

use crate::around::Around;
use crate::{Refusal, current};

/// Who acted, as a door found out; left on the answer for the access log. Else `anonymous`.
#[derive(Debug, Clone)]
pub struct Acted(pub Arc<str>);

/// Left on an answer that stands in another book already, line by line (a decision, in the decision
/// log): the access log leaves it out. Refusals stand here all the same.
#[derive(Debug, Clone, Copy)]
pub struct InAnotherBook;

/// Writes the line into this book. Inside of [`current::Established`].
#[derive(Clone)]
pub struct Logged(pub Arc<WriteBehind>);

/// What the line says that the answer does not know.
pub struct Asked {
    started: std::time::Instant,
    matched: Option<MatchedPath>,
    method: Method,
}

impl Around for Logged {
    type Kept = Asked;

    fn before(&self, request: &mut Request) -> Result<Asked, Box<Response>> {
        let matched = request.extensions().get::<MatchedPath>().cloned();
        let method = request.method().clone();
        Ok(Asked { started: std::time::Instant::now(), matched, method })
    }

    fn after(&self, Asked { started, matched, method }: Asked, response: &mut Response) {
        let extensions = response.extensions();
        if extensions.get::<InAnotherBook>().is_some() {
            return;
        }
        let matched = matched.as_ref().map(MatchedPath::as_str);
        let route = format!("{method} {}", matched.unwrap_or("unmatched"));
        let context = current::get();
        let operator = context.operator().unwrap_or_else(|| Scope::PLATFORM.into());
        let line = AccessLine {
            operator: &operator,
            actor: extensions
                .get::<Acted>()
                .map_or_else(|| "anonymous".to_owned(), |acted| acted.0.to_string()),
            route: &route,
            status: response.status().as_u16(),
            code: extensions.get::<Refusal>().map_or("", |refusal| refusal.0),
            micros: i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX),
            request_id: &context.request_id,
        };
        log_access(&self.0, clock::now(), &line);
    }
}
