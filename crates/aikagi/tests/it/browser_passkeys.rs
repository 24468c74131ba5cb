//! A passkey in Chromium's own virtual authenticator: made, used by the button and by the browser's own offer,
//! and taken away.

use fantoccini::Client;
use serde_json::json;

use crate::browser::{
    Look, NUMBER, PC, click, household, letter, open_browser, picture, start_demo, start_driver,
    tell, type_into, wait_for,
};

const PHONE: Look = Look { name: "phone", size: (390, 844), phone: true, night: false };

/// Plugs an authenticator into the browser that knows its owner; answers its id.
/// Source: Web Authentication Level 3 §11.3 (Add Virtual Authenticator), §11.9 (Set User Verified).
pub async fn plug_in(browser: &Client) -> String {
    let what = json!({
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": true,
        "hasUserVerification": true,
        "isUserConsenting": true,
        "isUserVerified": true,
    });
    let id = tell(browser, "webauthn/authenticator", what).await;
    id.as_str().unwrap().to_owned()
}

/// Whether the authenticator knows its owner again from now on.
async fn knows_owner(browser: &Client, id: &str, known: bool) {
    let what = json!({ "isUserVerified": known });
    tell(browser, &format!("webauthn/authenticator/{id}/uv"), what).await;
}

/// Nothing is wider than the screen.
const WIDTHS: &str =
    "return [document.documentElement.scrollWidth, document.documentElement.clientWidth];";

async fn fits(browser: &Client, page: &str) {
    picture(browser, &format!("passkeys-{page}")).await;
    let widths = browser.execute(WIDTHS, Vec::new()).await.unwrap();
    assert_eq!(widths[0], widths[1], "{page}");
}

async fn register(browser: &Client, code: &str) {
    click(browser, "button[name=step][value=letter]").await;
    type_into(browser, "#contract_number", NUMBER).await;
    type_into(browser, "#registration_code", code).await;
    click(browser, "button[type=submit]").await;
    type_into(browser, "#username", "takahashi.hanako").await;
    type_into(browser, "#password", "kita no hama no toudai").await;
    click(browser, "button[type=submit]").await;
}

async fn walk(browser: &Client, site: &str, code: &str) {
    let phone = plug_in(browser).await;
    browser.goto(&format!("{site}/sign-in")).await.unwrap();
    wait_for(browser, "#operator").await;
    let ours = browser.current_url().await.unwrap().origin().ascii_serialization();
    let page = format!("{ours}/o/OP0012/passkeys");
    browser.goto(&page).await.unwrap();
    wait_for(browser, "#passkey:not([hidden])").await;
    fits(browser, "sign-in").await;
    register(browser, code).await;

    wait_for(browser, "#none").await;
    wait_for(browser, "#passkey:not([hidden])").await;
    type_into(browser, "#name", "髙橋のスマホ").await;
    fits(browser, "new").await;
    click(browser, "#passkey button").await;
    wait_for(browser, "section h2").await;
    fits(browser, "added").await;

    // The browser offers it by itself, and its virtual owner agrees at once.
    browser.delete_all_cookies().await.unwrap();
    browser.goto(&page).await.unwrap();
    wait_for(browser, "section h2").await;
    fits(browser, "used").await;

    // A stranger's finger opens nothing; its owner's does, by the button.
    knows_owner(browser, &phone, false).await;
    browser.delete_all_cookies().await.unwrap();
    browser.goto(&page).await.unwrap();
    click(browser, "#passkey:not([hidden]) button").await;
    wait_for(browser, "#passkey-failed:not([hidden])").await;
    fits(browser, "stranger").await;
    knows_owner(browser, &phone, true).await;
    click(browser, "#passkey button").await;
    wait_for(browser, "section h2").await;
    click(browser, "button[value=remove]").await;
    wait_for(browser, "#none").await;

    // The authenticator still has it; here it is nobody's.
    browser.delete_all_cookies().await.unwrap();
    browser.goto(&page).await.unwrap();
    wait_for(browser, "#message").await;
    fits(browser, "refused").await;
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_passkey_is_made_signs_in_and_is_taken_away_on_phone_and_pc() {
    for look in [PHONE, PC] {
        let folder = tempfile::tempdir().unwrap();
        let demo = start_demo(folder.path());
        household(&demo);
        let code = letter(&demo);
        let (driver, address) = start_driver();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let browser = open_browser(&address, &folder.path().join("profile"), look).await;
            walk(&browser, &demo.site, &code).await;
            browser.close().await.unwrap();
        });
        drop(driver);
    }
}
