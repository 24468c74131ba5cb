//! Every page of the sign-in and of the demo site on a phone, a PC at night and a television: nothing
//! is wider than the screen, everything to press is large enough, and there is a picture to look at.

use fantoccini::Client;

use crate::browser::{
    Look, PC, click, open_browser, picture, start_demo, start_driver, type_into, wait_for,
};

const LOOKS: [Look; 3] = [
    Look { name: "phone", size: (390, 844), phone: true, night: false },
    Look { name: "night", size: (1440, 900), phone: false, night: true },
    Look { name: "television", size: (1920, 1080), phone: false, night: false },
];

/// Controls lower than this are hard to hit with a thumb.
const LEAST_HEIGHT: f64 = 44.0;

/// What is wrong with the page as it is shown.
const FAULTS: &str = r#"
    const faults = [];
    const page = document.documentElement;
    // Of a phone, the window grows with what is too wide in it: what it was before counts.
    if (page.scrollWidth > page.clientWidth) {
        const wide = [...document.querySelectorAll("body *")].filter(
            (one) => one.scrollWidth > page.clientWidth && !one.closest(".scroll, nav.own"));
        const which = wide.map((one) => one.outerHTML.slice(0, 80)).slice(-1);
        faults.push(`${page.scrollWidth} wide on a screen of ${page.clientWidth}: ${which}`);
    }
    for (const one of document.querySelectorAll("button, input:not([type=hidden]), select")) {
        const { height, width } = one.getBoundingClientRect();
        if (width > 0 && height < arguments[0]) {
            faults.push(`${one.outerHTML.slice(0, 80)} is ${height} high`);
        }
    }
    for (const form of document.forms) {
        const { origin, pathname } = new URL(form.getAttribute("action"), location);
        const ours = pathname.match(/^(\/o\/[A-Z0-9]{6})?\/((signin|me)\/)?[a-z-]+(\/[0-9]+)?$/);
        if (origin !== location.origin || !ours) {
            faults.push(`a form leads to ${form.getAttribute("action")}`);
        }
    }
    if (document.querySelectorAll("h1").length !== 1) {
        faults.push("not one heading");
    }
    return faults;
"#;

pub async fn look_at(browser: &Client, look: Look, page: &str) {
    picture(browser, &format!("{}-{page}", look.name)).await;
    let faults = browser.execute(FAULTS, vec![LEAST_HEIGHT.into()]).await.unwrap();
    assert_eq!(faults, serde_json::json!([]), "{page} on {}", look.name);
}

/// Shows another part of the page.
pub async fn scrolled_to(browser: &Client, what: &str) {
    let script = "document.querySelector(arguments[0]).scrollIntoView();";
    browser.execute(script, vec![what.into()]).await.unwrap();
}

async fn walk(browser: &Client, site: &str, look: Look) {
    browser.goto(site).await.unwrap();
    look_at(browser, look, "site").await;
    browser.goto(&format!("{site}/styleguide")).await.unwrap();
    wait_for(browser, "#pairs td").await;
    look_at(browser, look, "styleguide").await;
    scrolled_to(browser, "#samples").await;
    look_at(browser, look, "styleguide-of-a-station").await;
    browser.goto(&format!("{site}/sign-in")).await.unwrap();
    wait_for(browser, "#operator").await;
    look_at(browser, look, "operator").await;
    click(browser, "#operator option[value='OP0012']").await;
    click(browser, "button[type=submit]").await;
    wait_for(browser, "#password").await;
    look_at(browser, look, "sign-in").await;
    scrolled_to(browser, ".help").await;
    look_at(browser, look, "sign-in-help").await;
    type_into(browser, "#username", "dare.demo.nai").await;
    type_into(browser, "#password", "chigau pasuwaado").await;
    click(browser, "button[type=submit]").await;
    wait_for(browser, "[role=alert]").await;
    look_at(browser, look, "refused").await;
    click(browser, "button[name=step][value=recover]").await;
    wait_for(browser, "form[action*=forgotten]").await;
    look_at(browser, look, "forgotten").await;
    type_into(browser, "#username", "dare.demo.nai").await;
    click(browser, "form[action*=forgotten] button").await;
    wait_for(browser, "form[action*=recovery]").await;
    look_at(browser, look, "recovery").await;
    click(browser, "button[name=step][value=letter]").await;
    wait_for(browser, "#registration_code").await;
    look_at(browser, look, "letter").await;
    let mut strange = browser.current_url().await.unwrap();
    strange.set_path("/authorize");
    strange.set_query(Some("client_id=nobody&response_type=code"));
    browser.goto(strange.as_str()).await.unwrap();
    look_at(browser, look, "wrong-request").await;
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_pages_fit_a_phone_a_pc_at_night_and_a_television() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_demo(folder.path());
    let (driver, address) = start_driver();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for look in LOOKS.into_iter().chain([PC]) {
            let browser = open_browser(&address, &folder.path().join(look.name), look).await;
            walk(&browser, &demo.site, look).await;
            browser.close().await.unwrap();
        }
    });
    drop(driver);
}
