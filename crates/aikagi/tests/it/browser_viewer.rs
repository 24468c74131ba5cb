//! A clerk at the desk may from now on only look (閲覧): the form that is still open, every verb's address and every form made by
//! hand are refused with a page that says what to do, and nothing has changed.

use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use crate::browser::{Demo, PC, open_browser, said, start_demo, start_driver, wait_for};
use crate::browser_bulk::uses;
use crate::browser_console::{look_at, open_invitation};

/// Where something could be pressed that changes something, the page's own way out and its search aside.
const PRESSED: &str = "main form:not([method=get]) button, main form:not([method=get]) select, \
                       main #verb, main #move, main a[href*='verb=']";

/// The verbs of the open page, and the proof in its forms.
const OFFERED: &str = "
    const verbs = [...document.querySelectorAll('#verb option')].map((one) => one.value);
    return [verbs, document.querySelector('main [name=proof]').value];
";

/// Sends a form that the page never had, as a script in it would.
const SENT: &str = "
    document.body.dataset.old = '';
    const form = document.createElement('form');
    Object.assign(form, {method: 'post', action: location.pathname});
    for (const [name, value] of Object.entries(arguments[0])) {
        form.append(Object.assign(document.createElement('input'), {type: 'hidden', name, value}));
    }
    document.body.append(form);
    form.submit();
";

/// The same without leaving the page; what the browser says to it.
const FETCHED: &str = "
    const [form, done] = arguments;
    fetch(location.pathname, {method: 'POST', body: new URLSearchParams(form)}).then(
        (answer) => done(`${answer.status}`),
        (fault) => done(fault.name),
    );
";

/// From now on a member of the station's staff may only look: the file that says who works here says so.
fn may_only_look(demo: &Demo) {
    let file = demo.file("station.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace("roles = [\"desk\", \"admin\"]", "roles = [\"viewer\"]");
    assert_ne!(changed, text, "there is a clerk at the desk");
    std::fs::write(&file, changed).unwrap();
    let told = said(demo, &["apply", file.to_str().unwrap()]);
    assert!(told.contains("sato"), "{told}");
}

async fn whole(clerk: &Client) -> String {
    wait_for(clerk, "main").await.text().await.unwrap()
}

/// The page says that the role does not allow it, and who can help.
async fn is_refused(clerk: &Client, what: &str) {
    let told = wait_for(clerk, "body:not([data-old]) main [role=alert]").await;
    let told = told.text().await.unwrap();
    assert!(told.contains("役割") && told.contains("局責任者"), "{what}: {told}");
    nothing_to_press(clerk, what).await;
    let led = clerk.find_all(Locator::Css("nav.console a[href$='/why']")).await.unwrap();
    assert_eq!(led.len(), 1, "{what}: the page leads on");
}

async fn nothing_to_press(clerk: &Client, page: &str) {
    let offered = clerk.find_all(Locator::Css(PRESSED)).await.unwrap();
    assert!(offered.is_empty(), "{page}: {} to press", offered.len());
}

/// Every form the page has for a clerk at the desk, filled in.
fn forms(verbs: &[Value], proof: &str) -> Vec<Value> {
    let whole = |act: &str, verb: &str| {
        let person = if act == "give" && !verb.contains("person") { "0" } else { "2" };
        json!({
            "proof": proof, "do": act, "verb": verb, "person": person, "reason": "40", "product": "RENT4",
            "new_number": "C0099999", "moved_for": "MOVING", "serial": "STB-1", "new_serial": "STB-2",
            "cancels": "k1", "request": "r-1", "version": "1", "receiver": "demo-vod",
        })
    };
    let verbs = verbs.iter().map(|verb| verb.as_str().unwrap());
    let verbs = verbs.chain(["replace", "swap", "take_back"]);
    let helps = [
        "unlock",
        "end_sessions",
        "end_sessions_preview",
        "reset_pins",
        "letter",
        "letter_preview",
        "undo",
        "resend",
    ];
    verbs.map(|verb| whole("give", verb)).chain(helps.map(|help| whole(help, ""))).collect()
}

/// Pages of others' work, typed in.
async fn types_addresses(clerk: &Client, console: &str) {
    let pages = [
        "bulk",
        "bulk/new",
        "masters",
        "masters/products/new",
        "masters/products/CINEMA",
        "masters/policies",
        "masters/linkage",
        "masters/look",
        "masters/services",
        "masters/format",
        "staff",
        "staff/kudo",
    ];
    for page in pages {
        clerk.goto(&format!("{console}/{page}")).await.unwrap();
        is_refused(clerk, page).await;
        let led = clerk.find_all(Locator::Css(&format!("nav.console a[href$='/{page}']"))).await;
        assert!(led.unwrap().is_empty(), "a link leads to {page}");
    }
    look_at(clerk, PC, "viewer-refused").await;
    for verb in ["suspend", "stop", "key_open&product=RENT4"] {
        clerk.goto(&format!("{console}/contracts/C0012345?verb={verb}#do")).await.unwrap();
        wait_for(clerk, "#no-holds").await;
        nothing_to_press(clerk, verb).await;
    }
}

/// Where it is told why a household can not watch what it has no key for.
fn why(demo: &Demo, console: &str) -> String {
    let ask = ["decide", "view", "title:T0002", "--operator", "OP0012", "--contract", "C0012346"];
    let told = said(demo, &ask);
    let (_, trace) = told.split_once("trace ").expect("a trace");
    format!("{console}/why?trace={}", trace.trim())
}

async fn tries(clerk: &Client, demo: &Demo) {
    let (console, invitation) = open_invitation(clerk, demo, "sato").await;
    uses(clerk, &invitation).await;
    let contract = format!("{console}/contracts/C0012345");
    clerk.goto(&contract).await.unwrap();
    wait_for(clerk, "#verb").await;
    let offered = clerk.execute(OFFERED, Vec::new()).await.unwrap();
    let (verbs, proof) = (offered[0].as_array().unwrap(), offered[1].as_str().unwrap());
    assert_eq!(verbs.len(), 12, "{verbs:?}");
    let why = why(demo, &console);
    clerk.goto(&why).await.unwrap();
    wait_for(clerk, "#causes a[href*='verb=key_open']").await;
    clerk.goto(&contract).await.unwrap();

    may_only_look(demo);
    clerk.execute("document.body.dataset.old = '';", Vec::new()).await.unwrap();
    clerk.find(Locator::Css("button[value=preview]")).await.unwrap().click().await.unwrap();
    is_refused(clerk, "the form that was open").await;
    look_at(clerk, PC, "viewer-too-late").await;
    clerk.goto(&contract).await.unwrap();
    nothing_to_press(clerk, "the contract").await;
    let before = whole(clerk).await;
    look_at(clerk, PC, "viewer-contract").await;
    for form in forms(verbs, proof) {
        clerk.execute(SENT, vec![form.clone()]).await.unwrap();
        is_refused(clerk, &form.to_string()).await;
    }
    let form =
        json!({"proof": proof, "do": "give", "verb": "stop", "request": "r-2", "version": "1"});
    let told = clerk.execute_async(FETCHED, vec![form]).await.unwrap();
    assert_eq!(told, "TypeError", "no script of a page sends anything");
    types_addresses(clerk, &console).await;
    clerk.goto(&contract).await.unwrap();
    assert_eq!(whole(clerk).await, before, "nothing has changed");
    // The cause is told, and no button to mend it.
    clerk.goto(&why).await.unwrap();
    wait_for(clerk, "#causes").await;
    nothing_to_press(clerk, "why").await;
    look_at(clerk, PC, "viewer-why").await;
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_clerk_who_may_only_look_tries_each_verb_by_address_and_form_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_demo(folder.path());
    let (driver, address) = start_driver();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let clerk = open_browser(&address, &folder.path().join("clerk"), PC).await;
        tries(&clerk, &demo).await;
        clerk.close().await.unwrap();
    });
    drop(driver);
}
