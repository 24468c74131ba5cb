//! A television and a phone: two browsers, one with arrow keys only.

use std::path::Path;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, Locator};

use crate::browser::{
    Look, NUMBER, PATIENCE, click, household, letter, open_browser, picture, start_demo,
    start_driver, type_into, wait_for,
};

pub const TELEVISION: Look = Look { name: "tv", size: (1920, 1080), phone: false, night: false };
pub const PHONE: Look = Look { name: "phone", size: (390, 844), phone: true, night: false };

/// What is wrong with a page that is read from three metres and has no pointer.
const FAULTS: &str = r#"
    const faults = [];
    const { scrollWidth, scrollHeight } = document.documentElement;
    if (scrollWidth > 1920 || scrollHeight > 1080) {
        faults.push(`${scrollWidth} × ${scrollHeight} on a screen of 1920 × 1080`);
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode;
        const size = parseFloat(getComputedStyle(text.parentElement).fontSize);
        if (text.data.trim() !== "" && size < 24) {
            faults.push(`${text.data.trim()} is ${size} px`);
        }
    }
    for (const one of document.querySelectorAll("main *")) {
        const { top, left, bottom, right } = one.getBoundingClientRect();
        if (top < 40 || left < 72 || bottom > 1040 || right > 1848) {
            faults.push(`${one.outerHTML.slice(0, 80)} is near the edge`);
        }
    }
    if (!document.activeElement.matches("a[href], button")) {
        faults.push("nothing is in focus");
    }
    return faults;
"#;

/// Waits until the player has asked again, on the page that is there.
const NEXT_SECOND: &str = r#"
    const [done] = arguments;
    const looked = new MutationObserver(() => { looked.disconnect(); done(true); });
    looked.observe(document.querySelector('#clock'), { childList: true });
"#;

/// Keeps a picture of the television, and finds nothing wrong with it.
pub async fn look_at(tv: &Client, page: &str) {
    picture(tv, &format!("tv-{page}")).await;
    let faults = tv.execute(FAULTS, Vec::new()).await.unwrap();
    assert_eq!(faults, serde_json::json!([]), "{page}");
}

pub async fn text(browser: &Client, css: &str) -> String {
    wait_for(browser, css).await.text().await.unwrap()
}

/// What is in focus: there always is something.
async fn focused(browser: &Client) -> Element {
    browser.active_element().await.unwrap()
}

pub async fn focus_is(browser: &Client, id: &str) {
    let found = focused(browser).await.attr("id").await.unwrap();
    assert_eq!(found.as_deref(), Some(id), "the focus is elsewhere");
}

pub async fn press(browser: &Client, key: Key) {
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
pub async fn confirm(phone: &Client, number: &str) {
    type_into(phone, "#number", number).await;
    click(phone, "button[name=decision][value=allow]").await;
}

/// The television shows a code; somebody opens it on their phone, and after a wrong number lets it in.
async fn let_in(tv: &Client, phone: &Client) {
    let number = text(tv, "#number").await;
    open_on(phone, tv).await;
    wait_for(phone, "#number").await;
    picture(phone, "tv-phone-confirm").await;
    confirm(phone, if number == "10" { "11" } else { "10" }).await;
    wait_for(phone, "#message").await;
    picture(phone, "tv-phone-wrong-number").await;
    confirm(phone, &number).await;
    wait_for(tv, "#titles").await;
    picture(phone, "tv-phone-done").await;
}

/// Opens on the phone what the television shows.
pub async fn open_on(phone: &Client, tv: &Client) {
    let (address, code) = (text(tv, "#address").await, text(tv, "#code").await);
    phone.goto(&format!("{address}?user_code={code}")).await.unwrap();
}

/// Each press moves the focus there, or leaves it.
async fn walk_titles(tv: &Client) {
    let way = [
        (Key::Right, "tT0001"),
        (Key::Up, "tT0001"),
        (Key::Right, "tT0002"),
        (Key::Right, "tT0002"),
        (Key::Down, "tT0004"),
        (Key::Right, "tT0004"),
        (Key::Left, "tT0003"),
        (Key::Down, "sign-out"),
        (Key::Down, "sign-out"),
        (Key::Right, "sign-out"),
        (Key::Up, "tT0003"),
        (Key::Up, "t101"),
        (Key::Left, "t101"),
    ];
    for (key, id) in way {
        press(tv, key).await;
        focus_is(tv, id).await;
    }
}

/// Plays what the contract includes, and reads why the other does not play.
async fn watch(tv: &Client) {
    press(tv, Key::Enter).await;
    wait_for(tv, "#playing").await;
    look_at(tv, "playing").await;
    tv.execute_async(NEXT_SECOND, Vec::new()).await.unwrap();
    focus_is(tv, "back").await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#titles").await;
    focus_is(tv, "t101").await;
    press(tv, Key::Down).await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#refused").await;
    look_at(tv, "refused").await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#titles").await;
    focus_is(tv, "tT0003").await;
}

/// Signs out, and is not let in the second time.
async fn refuse(tv: &Client, phone: &Client) {
    press(tv, Key::Down).await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#signing-in").await;
    open_on(phone, tv).await;
    click(phone, "button[name=decision][value=refuse]").await;
    wait_for(tv, "#over").await;
    look_at(tv, "over").await;
    focus_is(tv, "new").await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#signing-in").await;
}

async fn walk(folder: &Path, site: &str, (driver, code): (&str, &str)) {
    let tv = open_browser(driver, &folder.join("tv"), TELEVISION).await;
    let phone = open_browser(driver, &folder.join("phone"), PHONE).await;
    tv.goto(&format!("{site}/tv")).await.unwrap();
    wait_for(&tv, "#qr svg").await;
    focus_is(&tv, "new").await;
    look_at(&tv, "code").await;
    let old = text(&tv, "#code").await;
    press(&tv, Key::Enter).await;
    let other = format!("//main[@id='signing-in']//*[@id='code' and text()!='{old}']");
    tv.wait().at_most(PATIENCE).for_element(Locator::XPath(&other)).await.unwrap();

    open_on(&phone, &tv).await;
    wait_for(&phone, "#operator").await;
    picture(&phone, "tv-phone-sign-in").await;
    register(&phone, code).await;
    wait_for(&phone, "#number").await;
    let address = text(&tv, "#address").await;
    phone.goto(&format!("{address}?user_code={old}")).await.unwrap();
    let said = text(&phone, "#message").await;
    assert!(said.contains("コード"), "the new code ended the old one: {said}");
    let_in(&tv, &phone).await;
    focus_is(&tv, "t101").await;
    look_at(&tv, "titles").await;
    walk_titles(&tv).await;
    watch(&tv).await;
    refuse(&tv, &phone).await;
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
