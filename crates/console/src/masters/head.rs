//! The head of every page of one thing that is published: it is looked at, and its form is a draft or the publication.

use std::sync::Arc;

use axum::body::Bytes;
use axum::response::Response;
use base::kernel::{Change, Error, Result, clock};
use base::store::Tx;
use domain::operators::{Difference, Publishing};
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;

use super::form::Came;
use crate::Console;
use crate::here::{Here, posted, shown};

/// The last form that was sent about a thing, and what came of it.
pub(super) struct Last<'l> {
    pub(super) came: Came,
    form: Option<&'l Parameters<'l>>,
}

impl<'l> Last<'l> {
    /// None was sent.
    pub(super) const NONE: Self = Self { came: Came::Nothing, form: None };

    /// One published something.
    pub(super) const fn published(change: Change) -> Self {
        Self { came: Came::Published(change), form: None }
    }

    /// One was refused before it was read.
    pub(super) const fn refused(error: Error) -> Self {
        Self { came: Came::Refused(error), form: None }
    }

    /// Why nothing came of it.
    pub(super) const fn refusal(&self) -> Option<&Error> {
        match &self.came {
            Came::Refused(error) => Some(error),
            _ => None,
        }
    }

    /// What was typed, where it is shown again.
    pub(super) fn typed(&self) -> Option<&'l Parameters<'l>> {
        self.form.filter(|_| self.came.keeps_form())
    }
}

/// A thing that is changed by draft, difference, description and publication.
pub(super) trait Master: Send + 'static {
    /// Where its page is, below the console.
    fn path(&self) -> String;

    /// Does what a form about it says: [`publish`] in the end.
    ///
    /// # Errors
    /// What its domain function refuses.
    fn change(&self, console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Came>;

    /// Its page.
    ///
    /// # Errors
    /// It is not there; `staff.not_allowed`
    fn page(&self, console: &Console, here: &Here, last: &Last<'_>) -> Result<Response>;
}

/// Answers a look at it.
pub(super) async fn show(
    door: (Arc<Console>, String),
    headers: HeaderMap,
    master: impl Master,
) -> Response {
    shown(door, (headers, master.path()), move |console, here| {
        master.page(console, here, &Last::NONE)
    })
    .await
}

/// Answers a form about it.
pub(super) async fn answer(
    door: (Arc<Console>, String),
    (headers, body): (HeaderMap, Bytes),
    master: impl Master,
) -> Response {
    let form = (headers, body, master.path());
    posted(door, form, move |console, here, form| {
        // What is done asks again, in its transaction; a form that is only shown again does nothing.
        if !here.may(Permission::Publish) {
            return Err(Error::Forbidden { code: "staff.not_allowed" });
        }
        let came = Came::of(master.change(console, here, form))?;
        master.page(console, here, &Last { came, form: Some(form) })
    })
    .await
}

/// Who changes it, and the form they sent.
pub(super) type Sent<'s> = (&'s Console, &'s Here, &'s Parameters<'s>);

/// Tries or does what `publish` does, as the form says. `changes`: what would be different; `about`: whom that is about, in words.
///
/// # Errors
/// `staff.not_allowed`; `request.parameters_malformed`; what `publish` and `about` refuse
pub(super) fn publish<A, P>(
    (console, here, form): Sent<'_>,
    changes: Vec<Difference>,
    (about, publish): (A, P),
) -> Result<Came>
where
    A: Fn(&mut Tx<'_>) -> Result<String> + Send + 'static,
    P: Fn(&mut Tx<'_>, &Publishing) -> Result<Change> + Send + 'static,
{
    let may = (&here.seat, Permission::Publish);
    let text = |name| form.get(name).unwrap_or_default().to_owned();
    let publishing = Publishing { seen: text("seen"), why: text("why") };
    match form.get("do").unwrap_or_default() {
        "again" => Ok(Came::Again),
        "draft" => {
            // Every rule is asked but the description, which comes with the draft.
            let tried = Publishing { why: "-".to_owned(), ..publishing };
            let (change, about) = console.desks.rehearse(may, clock::now(), move |tx| {
                let about = about(tx)?;
                Ok((publish(tx, &tried)?, about))
            })?;
            Ok(match change {
                Change::Already => Came::Published(Change::Already),
                Change::Made => Came::Draft(changes, about),
            })
        }
        "publish" => {
            let work = move |tx: &mut Tx<'_>| publish(tx, &publishing);
            console.desks.act(may, clock::now(), work).map(Came::Published)
        }
        _ => Err(Error::invalid("request.parameters_malformed", "do")),
    }
}
