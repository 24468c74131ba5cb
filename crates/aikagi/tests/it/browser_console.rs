//! A clerk at the station's console, in a real Chromium: a caller gives the eight characters on the screen, and watches again.

use std::path::Path;

use base::kernel::clock;
use fantoccini::Client;
use formats::sms::Record;
use totp_rs::{Builder, Secret};

use crate::browser::{
    Demo, Look, NUMBER, PC, click, code_in, drop_file, open_browser, picture, prefers, provider,
    said, start_demo, start_driver, type_into, wait_for, wait_for_file,
};
use crate::browser_family::{arrives, registers};
use crate::browser_passkeys::plug_in;

const LOOKS: [Look; 3] = [
    Look { name: "phone", size: (390, 844), phone: true, night: false },
    Look { name: "night", size: (1440, 900), phone: false, night: true },
    PC,
];

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
    for (const one of document.querySelectorAll("input:not([type=hidden]), select")) {
        if (!one.labels || one.labels.length === 0) {
            faults.push(`${one.outerHTML.slice(0, 80)} has no label`);
        }
    }
    for (const one of document.querySelectorAll("table")) {
        if (one.querySelectorAll("th[scope=col]").length === 0) {
            faults.push(`a table without heads: ${one.id}`);
        }
    }
    // Where passkeys are, our own script speaks to the browser of them.
    const ours = document.getElementById("passkey") ? /\/assets\/aikagi-[0-9a-f]+\.js$/ : /^never$/;
    const foreign = [...document.scripts].filter((one) => !ours.test(one.src));
    if (document.querySelectorAll("h1").length !== 1 || foreign.length > 0) {
        faults.push("not one heading, or a script");
    }
    return faults;
"#;

pub async fn look_at(browser: &Client, look: Look, page: &str) {
    picture(browser, &format!("console-{}-{page}", look.name)).await;
    let faults = browser.execute(FAULTS, Vec::new()).await.unwrap();
    assert_eq!(faults, serde_json::json!([]), "{page} on {}", look.name);
}

/// Opens a new invitation of a member of the staff, which ends what they had before. Answers where the console is, and the code.
pub async fn open_invitation(browser: &Client, demo: &Demo, staff: &str) -> (String, String) {
    open_invitation_of(browser, demo, &["--operator", "OP0012", "--staff", staff]).await
}

/// The same for whom `whose` names on the command line.
pub async fn open_invitation_of(browser: &Client, demo: &Demo, whose: &[&str]) -> (String, String) {
    let invited = said(demo, &[&["staff", "invite"], whose].concat());
    let address = invited.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    browser.goto(address).await.unwrap();
    wait_for(browser, "#invitation").await;
    (address.split("/join").next().unwrap().to_owned(), code_in(&invited))
}

/// What an authenticator shows that was set up with the secret on the page.
pub async fn authenticator_code(browser: &Client) -> String {
    let secret = wait_for(browser, "#secret").await.text().await.unwrap().replace(' ', "");
    let secret = Secret::try_from_base32(&secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(clock::now().ms() / 1000).unwrap()).to_string()
}

async fn joins(browser: &Client, demo: &Demo, look: Look) -> String {
    let (console, code) = open_invitation(browser, demo, "sato").await;
    type_into(browser, "#invitation", &code).await;
    look_at(browser, look, "invitation").await;
    click(browser, "main button").await;
    let code = authenticator_code(browser).await;
    look_at(browser, look, "authenticator").await;
    type_into(browser, "#code", &code).await;
    type_into(browser, "#password", "kurage-17-oyogu").await;
    click(browser, "button[value=join]").await;
    wait_for(browser, "#q").await;
    look_at(browser, look, "search").await;
    console
}

/// The eight characters of an answer to the household, and whether it may watch.
fn asked(demo: &Demo) -> (String, bool) {
    let told = said(
        demo,
        &["decide", "view", "channel:101", "--operator", "OP0012", "--contract", "C0012345"],
    );
    let (_, trace) = told.split_once("trace ").expect("a trace");
    (trace.trim().to_owned(), told.starts_with("permit"))
}

/// Shows what another number would take along, and takes back what waits for its day.
async fn plans(browser: &Client, look: Look) {
    type_into(browser, "#new-number", "C0099999").await;
    click(browser, "#moved-for option[value=NEW_HOLDER]").await;
    click(browser, "h2#move ~ form button").await;
    wait_for(browser, "#moves").await;
    look_at(browser, look, "moving").await;
    click(browser, ".after a").await;
    type_into(browser, "#new-serial-1", "STB-900").await;
    click(browser, "#boxes button").await;
    wait_for(browser, "#effect").await;
    look_at(browser, look, "swap").await;
    click(browser, ".after a").await;
    wait_for(browser, "#from").await;
    // Into a field of dates nothing is typed alike in two languages.
    let dated = "document.getElementById('from').value = '2090-01-31';";
    browser.execute(dated, Vec::new()).await.unwrap();
    click(browser, "#verb option[value=stop]").await;
    click(browser, "button[value=preview]").await;
    click(browser, "button[value=give]").await;
    wait_for(browser, "#waiting").await;
    look_at(browser, look, "waiting").await;
    click(browser, "#waiting button").await;
    click(browser, "button[value=give]").await;
    wait_for(browser, "#verb").await;
    assert!(browser.find(fantoccini::Locator::Css("#waiting")).await.is_err(), "{}", look.name);
}

/// What is shown before a member's letter or their PINs are replaced.
async fn asks_before(browser: &Client, look: Look) {
    for help in ["letter", "reset_pins"] {
        click(browser, &format!("#person-1 button[value={help}_preview]")).await;
        wait_for(browser, "#effect").await;
        look_at(browser, look, &format!("ask-{help}")).await;
        click(browser, ".after a").await;
        wait_for(browser, "#verb").await;
    }
}

/// The desk's daily pages for who reads English.
async fn reads_english(browser: &Client, look: Look, (console, trace): (&str, &str)) {
    prefers(browser, "en").await;
    let why = format!("/why?trace={trace}");
    let pages = [
        ("search", "", "#q"),
        ("found", "/contracts?q=C001", "#found"),
        ("contract", "/contracts/C0012345", "#verb"),
        ("why", why.as_str(), "#since"),
        ("logs", "/logs", "#lines"),
    ];
    for (page, path, shown) in pages {
        browser.goto(&format!("{console}{path}")).await.unwrap();
        wait_for(browser, &format!("html[lang=en] {shown}")).await;
        look_at(browser, look, &format!("english-{page}")).await;
    }
    prefers(browser, "ja").await;
}

/// The owner registers by a letter, and sets a PIN.
async fn owner_sets_a_pin(browser: &Client, demo: &Demo) {
    let issue = ["letter", "issue", "--operator", "OP0012", "--contract", "C0012345"];
    let code = code_in(&said(demo, &issue));
    let pins = format!("{}/o/OP0012/pins", provider(browser, &demo.site).await);
    arrives(browser, (&pins, "C0012345"), &code).await;
    registers(browser, "takahashi.taro").await;
    type_into(browser, "#viewing", "2580").await;
    click(browser, "#viewing ~ button").await;
    wait_for(browser, "#from").await;
}

/// What a file wrote, were it run.
const MARKUP: &str = "<img src=x onerror=xss=1>";

/// The SMS suspends for its own reason, and lifts it: what the clerk did stays, and so does why. It writes markup, too.
async fn sms_comes_and_goes(browser: &Client, demo: &Demo, console: &str) {
    for (sequence, operation, holds) in [(1, "103", 2), (2, "104", 1)] {
        let unpaid = Record {
            request_id: format!("F{sequence}-0001"),
            operation: operation.to_owned(),
            contract_number: "C0012345".to_owned(),
            hold_reason: "10".to_owned(),
            ..Record::default()
        };
        let other = Record {
            request_id: format!("F{sequence}-0002"),
            operation: if sequence == 1 { "101" } else { "103" }.to_owned(),
            contract_number: NUMBER.to_owned(),
            hold_reason: if sequence == 1 { "" } else { "10" }.to_owned(),
            note: MARKUP.to_owned(),
            ..Record::default()
        };
        let result = drop_file(demo, sequence, vec![unpaid, other]);
        let told = tokio::task::spawn_blocking(move || wait_for_file(&result)).await.unwrap();
        browser.goto(&format!("{console}/contracts/C0012345")).await.unwrap();
        let shown = wait_for(browser, "#holds tbody").await.text().await.unwrap();
        assert_eq!(shown.lines().count(), holds, "{shown}\n{told}");
        assert!(shown.contains("不正利用"), "{shown}");
    }
    let number = format!("contracts/{NUMBER}");
    let pages = [
        (number.as_str(), true),
        (&format!("{number}/timeline"), false),
        (&format!("contracts?q={MARKUP}"), true),
        (&format!("why?trace={MARKUP}"), true),
    ];
    for (page, shown) in pages {
        browser.goto(&format!("{console}/{page}")).await.unwrap();
        wait_for(browser, "h1").await;
        let found = browser.execute(RUN, vec![MARKUP.into()]).await.unwrap();
        assert_eq!(found, serde_json::json!(["undefined", 0, shown]), "{page}");
    }
    browser.goto(&format!("{console}/contracts/C0012345")).await.unwrap();
}

/// Whether markup ran, how much of it became elements, and whether it is shown as it was written.
const RUN: &str = r#"
    const fields = [...document.querySelectorAll("main input")].map((one) => one.value);
    const text = document.querySelector("main").innerText + fields.join(" ");
    return [typeof window.xss, document.querySelectorAll("main img, [onerror], script").length, text.includes(arguments[0])];
"#;

async fn helps(browser: &Client, demo: &Demo, look: Look) {
    let console = joins(browser, demo, look).await;
    type_into(browser, "#q", "たかはし").await;
    click(browser, "form[role=search] button").await;
    wait_for(browser, "#found").await;
    look_at(browser, look, "found").await;
    browser.goto(&format!("{console}/contracts/C0012345/timeline")).await.unwrap();
    wait_for(browser, "#lines").await;
    look_at(browser, look, "timeline").await;
    browser.goto(&format!("{console}/contracts/C0012345/persons/1")).await.unwrap();
    wait_for(browser, "dl.facts").await;
    look_at(browser, look, "member").await;
    browser.goto(&console).await.unwrap();
    type_into(browser, "#q", "c0012345").await;
    click(browser, "form[role=search] button").await;
    wait_for(browser, "#verb").await;
    look_at(browser, look, "contract").await;
    asks_before(browser, look).await;
    plans(browser, look).await;
    click(browser, "#verb option[value=suspend]").await;
    click(browser, "#reason option[value='40']").await;
    click(browser, "button[value=preview]").await;
    wait_for(browser, "#effect").await;
    look_at(browser, look, "preview").await;
    click(browser, "button[value=give]").await;
    wait_for(browser, "#holds").await;
    look_at(browser, look, "held").await;
    click(browser, "#undo button").await;
    wait_for(browser, "#effect").await;
    look_at(browser, look, "undo").await;
    click(browser, ".after a").await;
    wait_for(browser, "#holds").await;
    if look.name == PC.name {
        sms_comes_and_goes(browser, demo, &console).await;
    }

    let (trace, permitted) = asked(demo);
    assert!(!permitted, "{}", look.name);
    browser.goto(&console).await.unwrap();
    type_into(browser, "#trace", &trace).await;
    // Four clicks from the number on the screen to watching again.
    click(browser, "form[action$=why] button").await;
    let causes = wait_for(browser, "#causes").await.text().await.unwrap();
    assert!(causes.contains("不正利用"), "{causes}");
    look_at(browser, look, "why").await;
    click(browser, "#causes a").await;
    click(browser, "button[value=preview]").await;
    click(browser, "button[value=give]").await;
    wait_for(browser, "#no-holds").await;

    assert!(asked(demo).1, "{}", look.name);
    looks_up_without_a_number(browser, look, &console).await;
    looks_through_the_books(browser, look, &console).await;
    browser.goto(&format!("{console}/why?trace={trace}")).await.unwrap();
    wait_for(browser, "#since").await;
    look_at(browser, look, "repaired").await;
    if !look.night {
        reads_english(browser, look, (&console, &trace)).await;
    }
    click(browser, "nav form button").await;
    wait_for(browser, "#staff").await;
    look_at(browser, look, "sign-in").await;
}

/// Without a number: by a member, a product and now.
async fn looks_up_without_a_number(browser: &Client, look: Look, console: &str) {
    browser.goto(&format!("{console}/contracts/C0012345")).await.unwrap();
    click(browser, "#persons a[href*='/why']").await;
    type_into(browser, "#title", "BASIC").await;
    look_at(browser, look, "why-form").await;
    click(browser, "#about button").await;
    wait_for(browser, "#verdict").await;
    look_at(browser, look, "why-rehearsed").await;
}

/// From the audit of a contract through every other book to the day as a whole.
async fn looks_through_the_books(browser: &Client, look: Look, console: &str) {
    click(browser, "nav.console a[href$='/logs']").await;
    wait_for(browser, "#filter").await;
    type_into(browser, "#number", "c0012345").await;
    click(browser, "#doer option[value=staff]").await;
    click(browser, "#filter button").await;
    wait_for(browser, "#lines a[href$='/contracts/C0012345']").await;
    look_at(browser, look, "logs").await;
    for book in ["linkage", "access", "decisions"] {
        browser.goto(&format!("{console}/logs?book={book}")).await.unwrap();
        wait_for(browser, "#lines, #no-lines").await;
        look_at(browser, look, &format!("logs-{book}")).await;
    }
    browser.goto(&format!("{console}/today")).await.unwrap();
    wait_for(browser, "#denials").await;
    look_at(browser, look, "today").await;
}

/// Makes a passkey, and is let in by it alone: the browser offers it by itself, and its virtual owner agrees at once.
async fn keeps_a_passkey(browser: &Client, demo: &Demo, look: Look) {
    plug_in(browser).await;
    let console = joins(browser, demo, look).await;
    click(browser, "nav a.who").await;
    wait_for(browser, "#passkey:not([hidden])").await;
    type_into(browser, "#name", "受付のパソコン").await;
    look_at(browser, look, "security").await;
    click(browser, "#passkey button").await;
    wait_for(browser, "section h2").await;
    look_at(browser, look, "passkey").await;
    browser.delete_all_cookies().await.unwrap();
    browser.goto(&console).await.unwrap();
    wait_for(browser, "#q").await;
}

async fn at(address: &str, folder: &Path, (demo, look): (&Demo, Look)) {
    let browser = open_browser(address, &folder.join(look.name), look).await;
    if look.phone {
        owner_sets_a_pin(&browser, demo).await;
    }
    helps(&browser, demo, look).await;
    if look.name == PC.name {
        keeps_a_passkey(&browser, demo, look).await;
    }
    browser.close().await.unwrap();
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_caller_gives_the_number_on_the_screen_and_watches_again_in_four_clicks() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_demo(folder.path());
    let serial = folder.path().join("serial");
    std::fs::write(&serial, "STB-77").unwrap();
    let (serial, whose) =
        (serial.to_str().unwrap(), ["--operator", "OP0012", "--contract", "C0012345"]);
    let add = [
        &["box", "add"],
        &whose[..],
        &["--serial-file", serial, "--model", "HD-7", "--name", "居間"],
    ];
    said(&demo, &add.concat());
    let (driver, address) = start_driver();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for look in LOOKS {
            at(&address, folder.path(), (&demo, look)).await;
        }
    });
    drop(driver);
}
