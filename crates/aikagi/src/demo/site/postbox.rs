//! `/post`: what would have been sent to persons. The demo's own: no real service sees the post of others.

use std::path::Path;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Site;
use super::pages::{POLICY, page};
use super::visits::Viewer;

/// Messages shown, the newest first.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "demo/post.html")]
struct Postbox<'p> {
    messages: Vec<String>,
    viewer: Option<&'p Viewer>,
    refresh: u32,
}

/// `GET /post`
pub(super) async fn show(State(site): State<Arc<Site>>) -> Response {
    let messages = newest(&site.post);
    page(&Postbox { messages, viewer: None, refresh: 0 }, POLICY)
}

/// The messages of the folder; none, when nothing was sent yet. Their names sort by time.
fn newest(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.filter_map(|entry| entry.ok().map(|one| one.path())).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    files.iter().rev().take(SHOWN).filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}
