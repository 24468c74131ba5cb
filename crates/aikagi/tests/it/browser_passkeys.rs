//! A passkey in Chromium's own virtual authenticator: made, used by the button and by the browser's own offer,
//! and taken away.

use fantoccini::Client;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::json;
use url::{ParseError, Url};

use crate::browser::{
    Look, NUMBER, PC, click, household, letter, open_browser, picture, start_demo, start_driver,
    type_into, wait_for,
};

const PHONE: Look = Look { name: "phone", size: (390, 844), phone: true, night: false };

/// Plugs an authenticator into the browser that knows its owner.
/// Source: Web Authentication Level 3 §11.3 (Add Virtual Authenticator).
#[derive(Debug)]
struct PlugIn;

impl WebDriverCompatibleCommand for PlugIn {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/webauthn/authenticator", session.unwrap()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let authenticator = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": true,
        });
        (Method::POST, Some(authenticator.to_string()))
    }
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
            browser.issue_cmd(PlugIn).await.unwrap();
            walk(&browser, &demo.site, &code).await;
            browser.close().await.unwrap();
        });
        drop(driver);
    }
}
