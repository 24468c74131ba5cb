//! My Page in a real Chromium: on a phone, a PC, and a television that has arrow keys and nothing else.

use std::collections::{BTreeSet, VecDeque};

use fantoccini::Client;
use fantoccini::key::Key;

use crate::accessible::check_all;
use crate::browser::{
    Look, NUMBER, PC, click, household, letter, open_browser, provider, start_demo, start_driver,
    type_into, wait_for,
};
use crate::browser_looks::look_at;

const PHONE: Look = Look { name: "phone", size: (390, 844), phone: true, night: false };
const NIGHT: Look = Look { name: "night", size: (1440, 900), phone: false, night: true };
const TELEVISION: Look =
    Look { name: "television", size: (1920, 1080), phone: false, night: false };

/// Everything that can be pressed, in the order of the page.
const ALL: &str =
    "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select')]";

async fn registers(browser: &Client, (site, look): (&str, Look), registration: &str) -> String {
    let issuer = format!("{}/o/OP0012", provider(browser, site).await);
    browser.goto(&format!("{issuer}/me/help")).await.unwrap();
    look_at(browser, look, "me-help").await;
    browser.goto(&format!("{issuer}/me")).await.unwrap();
    click(browser, "button[name=step][value=letter]").await;
    type_into(browser, "#contract_number", NUMBER).await;
    type_into(browser, "#registration_code", registration).await;
    click(browser, "button[type=submit]").await;
    type_into(browser, "#username", "takahashi.hanako").await;
    type_into(browser, "#password", "kita no hama no toudai").await;
    click(browser, "button[type=submit]").await;
    wait_for(browser, "#who").await;
    look_at(browser, look, "me-home").await;
    issuer
}

/// Looks at every page, and reads them in large letters too.
async fn walks(browser: &Client, issuer: &str, look: Look) {
    click(browser, "a.button[href$='/me/watch']").await;
    wait_for(browser, "#shelf li").await;
    look_at(browser, look, "me-watch").await;
    click(browser, "#history").await;
    wait_for(browser, "#none").await;
    look_at(browser, look, "me-history-empty").await;
    for page in ["family", "sessions", "contacts", "passkeys", "pins", "security", "services"] {
        click(browser, &format!("nav.own a[href$='/{page}']")).await;
        wait_for(browser, &format!("nav.own a[href$='/{page}'][aria-current]")).await;
        look_at(browser, look, &format!("me-{page}")).await;
    }
    click(browser, "footer a[href$='/me/data']").await;
    wait_for(browser, "form[action$='/me/data'] button").await;
    look_at(browser, look, "me-data").await;
    for (page, name) in [("family/9", "me-error"), ("signin/password", "me-nowhere")] {
        browser.goto(&format!("{issuer}/{page}")).await.unwrap();
        wait_for(browser, "a.button[href$='/o/OP0012/me']").await;
        look_at(browser, look, name).await;
    }
    click(browser, "a.button[href$='/o/OP0012/me']").await;
    wait_for(browser, "#who").await;
    let down = "document.querySelector('#menu').scrollIntoView({ block: 'center' })";
    browser.execute(down, Vec::new()).await.unwrap();
    look_at(browser, look, "me-menu").await;
    if look.name == PC.name {
        let base = issuer.split("/o/").next().unwrap();
        let (begin, docs) = (format!("{issuer}/me"), format!("{base}/docs"));
        let pages = check_all(browser, (&begin, issuer), 40).await;
        assert!(pages == 0 || pages > 10, "{pages} pages of My Page");
        check_all(browser, (&docs, &docs), 25).await;
    }
    browser.goto(&format!("{issuer}/me")).await.unwrap();
    click(browser, "form.view button[value=large]").await;
    wait_for(browser, "html.large #who").await;
    look_at(browser, look, "me-home-large").await;
    click(browser, "nav.own a[href$='/pins']").await;
    wait_for(browser, "html.large #viewing").await;
    look_at(browser, look, "me-pins-large").await;
    click(browser, "form.view button[value=en]").await;
    wait_for(browser, "html[lang=en].large #viewing").await;
    look_at(browser, look, "me-pins-english").await;
    click(browser, "form.view button[value=usual]").await;
    wait_for(browser, "html[lang=en]:not(.large) #viewing").await;
    for page in ["security", "family", "me"] {
        click(browser, &format!("nav.own a[href$='/{page}']")).await;
        wait_for(browser, &format!("nav.own a[href$='/{page}'][aria-current]")).await;
        look_at(browser, look, &format!("me-{page}-english")).await;
    }
}

/// Where the focus is among all that can be pressed; -1: nowhere.
async fn focus(browser: &Client) -> i64 {
    let script = format!("return {ALL}.indexOf(document.activeElement)");
    browser.execute(&script, Vec::new()).await.unwrap().as_i64().unwrap()
}

pub async fn press(browser: &Client, key: Key) {
    let focused = browser.active_element().await.unwrap();
    focused.send_keys(&key.to_string()).await.unwrap();
}

async fn is_focused(browser: &Client, css: &str) -> bool {
    let script = format!("return document.activeElement.matches(`{css}`)");
    browser.execute(&script, Vec::new()).await.unwrap().as_bool().unwrap()
}

/// Presses `key` until what is meant has the focus.
pub async fn moves(browser: &Client, key: Key, css: &str) {
    for _ in 0..20 {
        if is_focused(browser, css).await {
            return;
        }
        press(browser, key).await;
        assert_ne!(focus(browser).await, -1, "the focus is lost on the way to {css}");
    }
    panic!("{css} is never reached");
}

/// From wherever the focus is, arrow keys reach all that can be pressed, and never lose it.
async fn all_is_reached(browser: &Client, page: &str) {
    let count = browser.execute(&format!("return {ALL}.length"), Vec::new()).await.unwrap();
    let count = count.as_i64().unwrap();
    let begun = focus(browser).await;
    assert_ne!(begun, -1, "{page}: nothing is in focus");
    let (mut reached, mut open) = (BTreeSet::from([begun]), VecDeque::from([begun]));
    while let Some(from) = open.pop_front() {
        for key in [Key::Up, Key::Down, Key::Left, Key::Right] {
            let there = format!("{ALL}[{from}].focus()");
            browser.execute(&there, Vec::new()).await.unwrap();
            // What lies far away is scrolled to first.
            for _ in 0..6 {
                press(browser, key).await;
                let now = focus(browser).await;
                assert_ne!(now, -1, "{page}: lost from {from}");
                if now != from {
                    if reached.insert(now) {
                        open.push_back(now);
                    }
                    break;
                }
            }
        }
    }
    let missing: Vec<i64> = (0..count).filter(|one| !reached.contains(one)).collect();
    assert!(missing.is_empty(), "{page}: never reached: {missing:?} of {count}");
}

/// From the first page to a new PIN by arrow keys, the key that confirms, and four digits.
async fn by_arrows(browser: &Client, issuer: &str) {
    browser.goto(&format!("{issuer}/me")).await.unwrap();
    wait_for(browser, "#who").await;
    all_is_reached(browser, "home").await;
    browser.refresh().await.unwrap();
    wait_for(browser, "#who").await;
    moves(browser, Key::Down, "main a[href$='/me/watch']").await;
    press(browser, Key::Enter).await;
    wait_for(browser, "#shelf li").await;
    look_at(browser, TELEVISION, "me-watch-by-arrows").await;
    // The way out may stand in a row of its own below the others.
    moves(browser, Key::Up, "nav.own li:first-child a, nav.own a[aria-current]").await;
    moves(browser, Key::Right, "nav.own a[href$='/pins']").await;
    press(browser, Key::Enter).await;
    wait_for(browser, "#viewing").await;
    all_is_reached(browser, "pins").await;
    browser.refresh().await.unwrap();
    wait_for(browser, "#viewing").await;
    moves(browser, Key::Down, "#viewing").await;
    type_into(browser, "#viewing", "2580").await;
    press(browser, Key::Left).await;
    assert!(is_focused(browser, "#viewing").await, "within what is typed, the keys are its own");
    moves(browser, Key::Down, "#viewing ~ button").await;
    press(browser, Key::Enter).await;
    wait_for(browser, "#from").await;
    look_at(browser, TELEVISION, "me-pins-by-arrows").await;
    all_is_reached(browser, "pins with a list").await;
    let others =
        ["family", "family/1", "household", "sessions", "contacts", "me/watch", "security"];
    for page in others {
        browser.goto(&format!("{issuer}/{page}")).await.unwrap();
        wait_for(browser, "nav.own a").await;
        all_is_reached(browser, page).await;
    }
}

/// The value of the list on the page of a member, and whether the keys choose in it.
async fn list(browser: &Client) -> (String, bool) {
    let script = "const list = document.querySelector('#rating');
        return [list.value, list.matches('[data-choosing]')]";
    let seen = browser.execute(script, Vec::new()).await.unwrap();
    (seen[0].as_str().unwrap().to_owned(), seen[1].as_bool().unwrap())
}

/// A list is passed like all else; OK begins and ends to choose in it.
async fn chooses(browser: &Client, issuer: &str) {
    browser.goto(&format!("{issuer}/family/1")).await.unwrap();
    wait_for(browser, "#rating").await;
    let (before, _) = list(browser).await;
    let below = "#rating ~ button";
    moves(browser, Key::Down, "#rating").await;
    press(browser, Key::Down).await;
    assert!(is_focused(browser, below).await, "one gets past it");
    press(browser, Key::Up).await;
    press(browser, Key::Left).await;
    press(browser, Key::Right).await;
    assert_eq!(list(browser).await, (before.clone(), false), "passing changes nothing");
    for end in [Key::Enter, Key::Left, Key::Right, Key::Escape] {
        moves(browser, Key::Up, "#rating").await;
        press(browser, Key::Enter).await;
        assert_eq!(list(browser).await, (before.clone(), true));
        press(browser, Key::Up).await;
        let (now, choosing) = list(browser).await;
        assert!(now != before && choosing && is_focused(browser, "#rating").await, "{now}");
        look_at(browser, TELEVISION, "me-member-choosing").await;
        press(browser, Key::Down).await;
        press(browser, end).await;
        assert_eq!(list(browser).await, (before.clone(), false));
        assert!(is_focused(browser, "#rating").await, "it ends where it was");
        press(browser, Key::Down).await;
        assert!(is_focused(browser, below).await);
    }
    // Whoever leaves it by another way does not choose in it any more.
    moves(browser, Key::Up, "#rating").await;
    press(browser, Key::Enter).await;
    press(browser, Key::Tab).await;
    assert_eq!(list(browser).await, (before, false));
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_my_page_fits_a_phone_a_pc_and_a_television_with_arrow_keys_only() {
    for look in [PHONE, PC, NIGHT, TELEVISION] {
        let folder = tempfile::tempdir().unwrap();
        let demo = start_demo(folder.path());
        household(&demo);
        let code = letter(&demo);
        let (driver, address) = start_driver();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let browser = open_browser(&address, &folder.path().join("profile"), look).await;
            let issuer = registers(&browser, (&demo.site, look), &code).await;
            if look.name == TELEVISION.name {
                by_arrows(&browser, &issuer).await;
                chooses(&browser, &issuer).await;
                browser.goto(&format!("{issuer}/me")).await.unwrap();
            }
            walks(&browser, &issuer, look).await;
            browser.close().await.unwrap();
        });
        drop(driver);
    }
}
