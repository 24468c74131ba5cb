//! Who is at the site: a cookie, and in memory what belongs to it. A restart forgets everybody.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use base::kernel::ids;
use formats::oauth;

const NAME: &str = "demo-vod";
/// More visits than a demo has.
const MOST: usize = 1000;

/// A sign-in under way: what comes back must fit it.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// Where the visitor wanted to go.
    pub(super) then: String,
}

/// A television that waits for its viewer's phone.
#[derive(Clone)]
pub(super) struct Waiting {
    /// What it asks for its tokens with.
    pub(super) device_code: String,
    pub(super) user_code: String,
    /// Where the viewer goes, and the same with the code in it.
    pub(super) address: String,
    pub(super) whole_address: String,
    /// The two digits on the screen.
    pub(super) number: String,
    /// Until when the code is good, as a clock shows it.
    pub(super) until: String,
    /// Not to be asked again before (seconds).
    pub(super) ask_at: i64,
    pub(super) interval: i64,
}

/// Somebody signed in.
#[derive(Clone)]
pub(super) struct Viewer {
    /// Pairwise subject.
    pub(super) subject: String,
    /// The station they belong to.
    pub(super) operator: String,
}

#[derive(Clone, Default)]
pub(super) struct Visit {
    pub(super) pending: Option<Pending>,
    pub(super) viewer: Option<Viewer>,
    pub(super) waiting: Option<Waiting>,
    /// What a television calls itself; empty: none has been here.
    pub(super) device: String,
    /// Where the viewer's own pages at the provider are, if they signed in with this browser; else empty.
    pub(super) own_pages: String,
}

#[derive(Default)]
pub(super) struct Visits {
    all: Mutex<HashMap<String, Visit>>,
}

impl Visits {
    /// The visit this request belongs to, and its key.
    pub(super) fn of(&self, headers: &HeaderMap) -> Option<(String, Visit)> {
        let cookies = headers.get(COOKIE)?.to_str().ok()?;
        let key = oauth::cookie(cookies.as_bytes(), NAME)?.to_owned();
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&key).cloned().map(|visit| (key, visit))
    }

    pub(super) fn viewer(&self, headers: &HeaderMap) -> Option<Viewer> {
        self.of(headers)?.1.viewer
    }

    /// Notes when a television may ask again.
    pub(super) fn wait(&self, key: &str, ask_at: i64, interval: i64) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = all.get_mut(key).and_then(|visit| visit.waiting.as_mut()) {
            (waiting.ask_at, waiting.interval) = (ask_at, interval);
        }
    }

    /// Puts a visit under a new key, forgets the old one, and sends the visitor on.
    pub(super) fn begin(&self, old: Option<&str>, visit: Visit, to: &str) -> Response {
        let key = hex::encode(ids::secret_bytes());
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = old {
            all.remove(old);
        }
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key.clone(), visit);
        let cookie = format!("{NAME}={key}; Path=/; HttpOnly; SameSite=Lax");
        ([(SET_COOKIE, cookie)], Redirect::to(to)).into_response()
    }
}
