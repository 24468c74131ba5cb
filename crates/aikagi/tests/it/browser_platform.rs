//! The platform's own people in a real Chromium: a part of the story of two clerks.

use fantoccini::Client;

use crate::browser::{Demo, Look, click, type_into, wait_for};
use crate::browser_bulk::uses;
use crate::browser_console::{look_at, open_invitation_of};

/// Joins at the platform's console, and finds a station there.
pub async fn looks_after_stations(browser: &Client, demo: &Demo, look: Look) {
    let (console, invitation) = open_invitation_of(browser, demo, &["--staff", "kanri"]).await;
    uses(browser, &invitation).await;
    wait_for(browser, "#needing").await;
    look_at(browser, look, "stations").await;
    type_into(browser, "#q", "北浜").await;
    click(browser, "main form button").await;
    let found = wait_for(browser, "#found").await.text().await.unwrap();
    assert!(found.contains("OP0012"), "{found}");
    look_at(browser, look, "stations-found").await;
    browser.goto(&console).await.unwrap();
    wait_for(browser, "#needing").await;
}
