//! A television and a phone: two browsers, one with arrow keys only.

use std::path::Path;

use fantoccini::Client;
use fantoccini::elements::Element;
use fantoccini::key::Key;

use crate::browser::{
    Look, NUMBER, click, household, letter, open_browser, picture, start_demo, start_driver,
    type_into, wait_for,
};

const TELEVISION: Look = Look { name: "tv", size: (1920, 1080), phone: false, night: false };
const PHONE: Look = Look { name: "phone", size: (390, 844), phone: true, night: false };

async fn text(browser: &Client, css: &str) -> String {
    wait_for(browser, css).await.text().await.unwrap()
}

/// What is in focus: there always is something.
async fn focused(browser: &Client) -> Element {
    browser.active_element().await.unwrap()
}

async fn focus_is(browser: &Client, id: &str) {
    let found = focused(browser).await.attr("id").await.unwrap();
    assert_eq!(found.as_deref(), Some(id), "the focus is elsewhere");
}

async fn press(browser: &Client, key: Key) {
    focused(browser).await.send_keys(&key.to_string()).await.unwrap();
}

/// Registers on the phone from the letter, where the sign-in asks for it.
async fn register(phone: &Client, code: &str) {
    click(phone, "#operator option[value='OP0012']").await;
    click(phone, "button[type=submit]").await;
    click(phone, "button[name=step][value=letter]").await;
    type_into(phone, "#contract_number", NUMBER).await;
    type_into(phone, "#registration_code", code).await;
    click(phone, "button[type=submit]").await;
    type_into(phone, "#username", "takahashi.hanako").await;
    type_into(phone, "#password", "kita no hama no toudai").await;
    click(phone, "button[type=submit]").await;
}

/// Types what the television shows; answers what stands there when it is wrong.
async fn confirm(phone: &Client, number: &str) {
    type_into(phone, "#number", number).await;
    click(phone, "button[name=decision][value=allow]").await;
}

async fn walk(folder: &Path, site: &str, (driver, code): (&str, &str)) {
    let tv = open_browser(driver, &folder.join("tv"), TELEVISION).await;
    let phone = open_browser(driver, &folder.join("phone"), PHONE).await;
    tv.goto(&format!("{site}/tv")).await.unwrap();
    wait_for(&tv, "#qr svg").await;
    focus_is(&tv, "new").await;
    picture(&tv, "tv-1-code").await;
    let (user_code, address) = (text(&tv, "#code").await, text(&tv, "#address").await);
    let number = text(&tv, "#number").await;

    phone.goto(&format!("{address}?user_code={user_code}")).await.unwrap();
    wait_for(&phone, "#operator").await;
    picture(&phone, "tv-2-phone-sign-in").await;
    register(&phone, code).await;
    wait_for(&phone, "#number").await;
    picture(&phone, "tv-3-phone-confirm").await;
    confirm(&phone, if number == "10" { "11" } else { "10" }).await;
    wait_for(&phone, "#message").await;
    picture(&phone, "tv-4-phone-wrong-number").await;
    confirm(&phone, &number).await;
    wait_for(&phone, "h1").await;
    picture(&phone, "tv-5-phone-done").await;

    wait_for(&tv, "#t101").await;
    focus_is(&tv, "t101").await;
    picture(&tv, "tv-6-titles").await;
    press(&tv, Key::Right).await;
    focus_is(&tv, "tT0001").await;
    press(&tv, Key::Up).await;
    focus_is(&tv, "tT0001").await;
    press(&tv, Key::Left).await;
    focus_is(&tv, "t101").await;
    press(&tv, Key::Enter).await;
    wait_for(&tv, "#playing").await;
    focus_is(&tv, "back").await;
    picture(&tv, "tv-7-playing").await;
    press(&tv, Key::Enter).await;
    wait_for(&tv, "#tT0003").await;
    press(&tv, Key::Down).await;
    focus_is(&tv, "tT0003").await;
    press(&tv, Key::Enter).await;
    wait_for(&tv, "#refused").await;
    picture(&tv, "tv-8-refused").await;
    press(&tv, Key::Enter).await;
    wait_for(&tv, "#t101").await;
    press(&tv, Key::Down).await;
    press(&tv, Key::Down).await;
    focus_is(&tv, "sign-out").await;
    press(&tv, Key::Enter).await;
    wait_for(&tv, "#qr svg").await;
    tv.close().await.unwrap();
    phone.close().await.unwrap();
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_television_is_let_in_from_a_phone_and_watched_with_arrow_keys_only() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_demo(folder.path());
    household(&demo);
    let code = letter(&demo);
    let (driver, address) = start_driver();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(walk(folder.path(), &demo.site, (&address, &code)));
    drop(driver);
}
