//! The platform's own people in a real Chromium: a part of the story of two clerks.

use fantoccini::Client;

use crate::browser::{Demo, Look, click, type_into, wait_for};
use crate::browser_bulk::uses;
use crate::browser_console::{look_at, open_invitation_of};

/// Joins at the platform's console, finds a station there and enters it; its manager sees that, and sends them out.
pub async fn looks_after_stations((browser, manager): (&Client, &Client), demo: &Demo, look: Look) {
    let (console, invitation) = open_invitation_of(browser, demo, &["--staff", "kanri"]).await;
    uses(browser, &invitation).await;
    wait_for(browser, "#needing").await;
    look_at(browser, look, "stations").await;
    type_into(browser, "#q", "北浜").await;
    click(browser, "main form button").await;
    let found = wait_for(browser, "#found").await.text().await.unwrap();
    assert!(found.contains("OP0012"), "{found}");
    click(browser, "#found a").await;
    type_into(browser, "#reason", "夜間ファイルの遅れについて、設定を一緒に確かめるため").await;
    look_at(browser, look, "entering").await;
    click(browser, "main form button").await;
    wait_for(browser, "#visit").await;
    look_at(browser, look, "visit").await;
    let station = console.replace("platform", "OP0012");
    browser.goto(&format!("{station}/masters/policies")).await.unwrap();
    let band = wait_for(browser, "#visit").await.text().await.unwrap();
    assert!(band.contains("運営会社として北浜ケーブルに入っています"), "{band}");

    manager.goto(&format!("{station}/staff")).await.unwrap();
    wait_for(manager, "#visits button").await;
    look_at(manager, look, "visits").await;
    click(manager, "#visits button").await;
    wait_for(manager, "#message").await;
    browser.goto(&station).await.unwrap();
    wait_for(browser, "#staff").await;
}
