//! A grandfather has a letter, a television and a remote control: he registers there, types no password, and later reads a
//! picture on the screen with his phone, which keeps a passkey from then on.

use std::path::Path;

use fantoccini::Client;
use fantoccini::key::Key;

use crate::browser::{
    Look, NUMBER, click, household, letter, open_browser, start_demo, start_driver, type_into,
    wait_for,
};
use crate::browser_looks::look_at;
use crate::browser_me::{moves, press};
use crate::browser_passkeys::plug_in;

const TELEVISION: Look =
    Look { name: "television", size: (1920, 1080), phone: false, night: false };
const PHONE: Look = Look { name: "phone", size: (390, 844), phone: true, night: false };

/// The arrow that leads from what has the focus toward the key that says `arguments[0]`; nothing: it is there.
const ARROW: &str = r#"
    const keys = [...document.querySelectorAll(".keys:not([hidden]) button")];
    const to = keys.find((one) => one.textContent === arguments[0]);
    const from = document.activeElement;
    if (from === to) return "";
    const [here, there] = [from.getBoundingClientRect(), to.getBoundingClientRect()];
    if (there.top >= here.bottom) return "Down";
    if (there.bottom <= here.top) return "Up";
    return there.left > here.left ? "Right" : "Left";
"#;

/// Chooses one key on the screen's keyboard, by arrow keys and OK.
async fn chooses(tv: &Client, text: &str) {
    for _ in 0..30 {
        let arrow = tv.execute(ARROW, vec![text.into()]).await.unwrap();
        let key = match arrow.as_str().unwrap() {
            "" => return press(tv, Key::Enter).await,
            "Down" => Key::Down,
            "Up" => Key::Up,
            "Right" => Key::Right,
            _ => Key::Left,
        };
        press(tv, key).await;
    }
    panic!("{text} is never reached");
}

/// Opens the keyboard of the field in focus, writes with it, and closes it.
async fn writes(tv: &Client, text: &str) {
    press(tv, Key::Enter).await;
    wait_for(tv, ".keys:not([hidden]) button").await;
    for letter in text.chars() {
        chooses(tv, &letter.to_string()).await;
    }
}

async fn value(tv: &Client, css: &str) -> String {
    wait_for(tv, css).await.prop("value").await.unwrap().unwrap_or_default()
}

/// From the television's first page to its titles, by the letter.
async fn registers(tv: &Client, site: &str, code: &str) {
    tv.goto(&format!("{site}/tv")).await.unwrap();
    wait_for(tv, "#qr svg").await;
    moves(tv, Key::Right, "#letter").await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#operator").await;
    look_at(tv, TELEVISION, "letter-operator").await;
    moves(tv, Key::Up, "#operator").await;
    press(tv, Key::Enter).await;
    for (key, station) in [(Key::Down, "OP0034"), (Key::Up, "OP0012")] {
        press(tv, key).await;
        assert_eq!(value(tv, "#operator").await, station);
    }
    press(tv, Key::Enter).await;
    moves(tv, Key::Down, "button[type=submit]").await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#password").await;
    moves(tv, Key::Down, "button[name=step][value=letter]").await;
    press(tv, Key::Enter).await;

    wait_for(tv, "#contract_number").await;
    moves(tv, Key::Up, "#contract_number").await;
    writes(tv, &NUMBER[..2]).await;
    chooses(tv, "1字消す").await;
    for letter in NUMBER[1..].chars() {
        chooses(tv, &letter.to_string()).await;
    }
    look_at(tv, TELEVISION, "letter-number").await;
    chooses(tv, "完了").await;
    assert_eq!(value(tv, "#contract_number").await, NUMBER);
    moves(tv, Key::Down, "#registration_code").await;
    writes(tv, &code.replace('-', "")).await;
    look_at(tv, TELEVISION, "letter-code").await;
    chooses(tv, "完了").await;
    moves(tv, Key::Down, "button[type=submit]").await;
    press(tv, Key::Enter).await;

    wait_for(tv, ".across button").await;
    look_at(tv, TELEVISION, "letter-account").await;
    moves(tv, Key::Up, ".across button").await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#titles").await;
}

/// The television shows a picture; answers where it leads.
async fn shows(tv: &Client) -> String {
    moves(tv, Key::Down, "#sign-out").await;
    moves(tv, Key::Right, "#phone").await;
    press(tv, Key::Enter).await;
    wait_for(tv, "nav.own a[href$='/passkeys'][aria-current]").await;
    look_at(tv, TELEVISION, "letter-passkeys").await;
    moves(tv, Key::Down, "button[value=phone]").await;
    press(tv, Key::Enter).await;
    let link = wait_for(tv, "#link").await.attr("href").await.unwrap().unwrap();
    look_at(tv, TELEVISION, "letter-picture").await;
    link
}

async fn walk(folder: &Path, site: &str, (driver, code): (&str, &str)) {
    let tv = open_browser(driver, &folder.join("tv"), TELEVISION).await;
    registers(&tv, site, code).await;
    let link = shows(&tv).await;
    let phone = open_browser(driver, &folder.join("phone"), PHONE).await;
    plug_in(&phone).await;
    phone.goto(&link).await.unwrap();
    wait_for(&phone, "form[action*=no-password]").await;
    look_at(&phone, PHONE, "letter-go-on").await;
    click(&phone, "form[action*=no-password] button").await;
    wait_for(&phone, "#passkey:not([hidden])").await;
    look_at(&phone, PHONE, "letter-passkeys").await;
    type_into(&phone, "#name", "祖父のスマホ").await;
    click(&phone, "#passkey button").await;
    wait_for(&phone, "section h2").await;

    // Whoever wants a password after all sets the first one here.
    let page = phone.current_url().await.unwrap();
    for (browser, look) in [(&phone, PHONE), (&tv, TELEVISION)] {
        browser.goto(page.join("security").unwrap().as_str()).await.unwrap();
        wait_for(browser, "#username").await;
        look_at(browser, look, "first-password").await;
    }

    // From now on the phone lets him in: the browser offers the passkey by itself.
    phone.delete_all_cookies().await.unwrap();
    phone.goto(page.as_str()).await.unwrap();
    wait_for(&phone, "section h2").await;
    tv.close().await.unwrap();
    phone.close().await.unwrap();
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_grandfather_registers_from_a_letter_on_the_television_without_typing_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_demo(folder.path());
    household(&demo);
    let code = letter(&demo);
    let (driver, address) = start_driver();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(walk(folder.path(), &demo.site, (&address, &code)));
    drop(driver);
}
