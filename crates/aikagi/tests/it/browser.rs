//! Stories in a real Chromium, driven through its chromedriver, with screenshots to look at under
//! `target/screenshots`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base::kernel::clock;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use formats::sms::{Charset, Form, Header, Layout, Record, RequestWriter};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::accessible::check_accessible;
use crate::world::{OwnSchema, Running, read_env};

const PROGRAM: &str = env!("CARGO_BIN_EXE_aikagi");
pub const NUMBER: &str = "C0990001";
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

/// The demo, with a folder of its own, on the database of the tests.
pub struct Demo {
    folder: PathBuf,
    pub site: String,
    _process: Running,
    _schema: Option<OwnSchema>,
}

impl Demo {
    /// One of the files in its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

pub fn start_demo(folder: &Path) -> Demo {
    // Demos that start at the same time would find the same ports free.
    static STARTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let data = folder.join("demo");
    let schema = OwnSchema::if_postgres();
    let mut child = Command::new(PROGRAM)
        .args(["demo", "--data"])
        .arg(&data)
        .args(schema.iter().map(|schema| format!("--database={}", schema.url())))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let process = Running(child);
    let mut site = None;
    for line in output.lines() {
        let line = line.unwrap();
        if let Some((_, address)) = line.split_once("VOD site") {
            site = Some(address.trim().to_owned());
        }
        // The last line of the guide: everything listens.
        if line.starts_with("Ctrl-C") {
            break;
        }
    }
    let site = site.expect("the guide names the site");
    Demo { folder: data, site, _process: process, _schema: schema }
}

pub fn start_driver() -> (Running, String) {
    let driver = read_env("TEST_CHROMEDRIVER").expect("TEST_CHROMEDRIVER names a chromedriver");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(driver)
        .arg(format!("--port={port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < PATIENCE, "chromedriver does not listen");
        std::thread::sleep(POLL);
    }
    (Running(child), format!("http://127.0.0.1:{port}"))
}

/// What a browser is shown on.
#[derive(Clone, Copy)]
pub struct Look {
    pub name: &'static str,
    /// Width and height in CSS pixels.
    pub size: (u32, u32),
    /// A phone's screen, which is touched.
    pub phone: bool,
    pub night: bool,
}

/// A PC by day.
pub const PC: Look = Look { name: "pc", size: (1440, 900), phone: false, night: false };

pub async fn open_browser(driver: &str, profile: &Path, look: Look) -> Client {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=ja",
    ];
    let mut all: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
    all.push(format!("--window-size={},{}", look.size.0, look.size.1));
    all.push(format!("--user-data-dir={}", profile.display()));
    if look.night {
        all.push("--blink-settings=preferredColorScheme=0".to_owned());
    }
    let mut options = json!({ "goog:chromeOptions": {
        "args": all, "prefs": {"intl.accept_languages": "ja"},
    }});
    // Of a window, the edge and the bars would be taken off; and none becomes as narrow as a phone.
    options["goog:chromeOptions"]["mobileEmulation"] = json!({"deviceMetrics": {
        "width": look.size.0, "height": look.size.1, "pixelRatio": if look.phone { 2.0 } else { 1.0 },
        "mobile": look.phone, "touch": look.phone,
    }});
    let capabilities = options.as_object().unwrap().clone();
    let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
    builder.capabilities(capabilities).connect(driver).await.unwrap()
}

/// What a driver is told that WebDriver itself has no word for.
#[derive(Debug)]
struct Told {
    path: String,
    what: Value,
}

impl WebDriverCompatibleCommand for Told {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.what.to_string()))
    }
}

/// Tells the driver of `browser` something at one of its own addresses.
pub async fn tell(browser: &Client, path: &str, what: Value) -> Value {
    browser.issue_cmd(Told { path: path.to_owned(), what }).await.unwrap()
}

/// From now on the browser asks for pages in `language`.
pub async fn prefers(browser: &Client, language: &str) {
    let agent = browser.execute("return navigator.userAgent", Vec::new()).await.unwrap();
    let params = json!({"userAgent": agent, "acceptLanguage": language});
    let what = json!({"cmd": "Network.setUserAgentOverride", "params": params});
    tell(browser, "goog/cdp/execute", what).await;
}

/// A picture of the page as it is, for people to look at; and what axe finds on it. Pages are the same on both databases: the
/// run on the embedded one takes the pictures.
pub async fn picture(browser: &Client, name: &str) {
    if read_env("TEST_POSTGRES_URL").is_some() {
        return;
    }
    let folder = Path::new(PROGRAM).parent().unwrap().join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let png = browser.screenshot().await.unwrap();
    std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    check_accessible(browser, name).await;
}

pub async fn wait_for(browser: &Client, css: &str) -> fantoccini::elements::Element {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = browser.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        let error = match found {
            Ok(element) => return element,
            Err(error) => error,
        };
        // Asked while the page before went away: it is the next page that is waited for.
        if !error.to_string().contains("aborted by navigation") || Instant::now() >= until {
            let source = browser.source().await.unwrap_or_default();
            panic!("no {css}: {error}\n{source}");
        }
    }
}

/// Where the identity provider is that the demo's site sends people to.
pub async fn provider(browser: &Client, site: &str) -> String {
    browser.goto(&format!("{site}/sign-in")).await.unwrap();
    wait_for(browser, "#operator").await;
    browser.current_url().await.unwrap().origin().ascii_serialization()
}

pub async fn type_into(browser: &Client, css: &str, text: &str) {
    wait_for(browser, css).await.send_keys(text).await.unwrap();
}

pub async fn click(browser: &Client, css: &str) {
    wait_for(browser, css).await.click().await.unwrap();
}

fn line(request: &str, operation: &str) -> Record {
    Record {
        request_id: request.to_owned(),
        operation: operation.to_owned(),
        contract_number: NUMBER.to_owned(),
        ..Record::default()
    }
}

/// Puts nightly file number `sequence` into the drop folder, fixed width in CP932.
pub fn drop_file(demo: &Demo, sequence: u32, records: Vec<Record>) -> PathBuf {
    let day = clock::now().day_jst().compact();
    let form = Form { layout: Layout::Fixed, charset: Charset::Cp932, byte_order_mark: false };
    let header = Header {
        format: "0100".to_owned(),
        operator: "OP0012".to_owned(),
        interface: "CT01".to_owned(),
        kind: "D".to_owned(),
        sequence: format!("{sequence:08}"),
        created_at: clock::now().compact_jst(),
        business_date: day.clone(),
        charset: form.charset.name().to_owned(),
        test_flag: "0".to_owned(),
    };
    let mut writer = RequestWriter::begin(Vec::new(), form, &header).unwrap();
    for (at, record) in records.into_iter().enumerate() {
        writer.write(&Record { line: format!("{:08}", at + 1), ..record }).unwrap();
    }
    let name = format!("OP0012_CT01_{day}_{sequence:08}_D.dat");
    let folder = demo.folder.join("sms/OP0012");
    std::fs::write(folder.join("in").join(&name), writer.finish().unwrap()).unwrap();
    std::fs::write(folder.join("in").join(format!("{name}.end")), "").unwrap();
    folder.join("out").join(name.replace("_D.dat", "_R.dat"))
}

pub fn wait_for_file(path: &Path) -> String {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < PATIENCE, "no {}", path.display());
        std::thread::sleep(POLL);
    }
    formats::cp932::decode(&std::fs::read(path).unwrap()).unwrap().into_owned()
}

/// What a command of operations says about the demo.
pub fn said(demo: &Demo, arguments: &[&str]) -> String {
    let mut program = Command::new(PROGRAM);
    let program = program.arg("--config").arg(demo.folder.join("aikagi.toml")).args(arguments);
    String::from_utf8(program.output().unwrap().stdout).unwrap()
}

/// The code in what a command said.
pub fn code_in(said: &str) -> String {
    let grouped = |word: &&str| word.len() == 14 && word.split('-').all(|part| part.len() == 4);
    let code = said.split_whitespace().find(grouped);
    code.unwrap_or_else(|| panic!("no code in: {said}")).to_owned()
}

/// The code of a letter to the owner, as operations issues it.
pub fn letter(demo: &Demo) -> String {
    code_in(&said(demo, &["letter", "issue", "--operator", "OP0012", "--contract", NUMBER]))
}

async fn register(browser: &Client, code: &str) {
    picture(browser, "1-operator").await;
    click(browser, "#operator option[value='OP0012']").await;
    click(browser, "button[type=submit]").await;
    wait_for(browser, "#password").await;
    picture(browser, "2-sign-in").await;
    click(browser, "button[name=step][value=letter]").await;
    type_into(browser, "#contract_number", NUMBER).await;
    type_into(browser, "#registration_code", code).await;
    picture(browser, "3-letter").await;
    click(browser, "button[type=submit]").await;
    type_into(browser, "#username", "takahashi.hanako").await;
    type_into(browser, "#password", "kita no hama no toudai").await;
    picture(browser, "4-account").await;
    click(browser, "button[type=submit]").await;
}

/// A household with a key, by the first nightly file.
pub fn household(demo: &Demo) {
    let owner = Record {
        name_kana: "ﾀｶﾊｼ ﾊﾅｺ".to_owned(),
        birth_date: "19740402".to_owned(),
        note: "髙橋様㈱".to_owned(),
        ..line("N1-0001", "101")
    };
    let key = Record { product_code: "BASIC".to_owned(), ..line("N1-0002", "301") };
    let answered = wait_for_file(&drop_file(demo, 1, vec![owner, key]));
    assert_eq!(answered.lines().filter(|line| line.starts_with('R')).count(), 2, "{answered}");
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_household_from_the_nightly_file_registers_watches_and_is_stopped_by_the_next_file() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_demo(folder.path());
    household(&demo);
    let code = letter(&demo);
    let (driver, address) = start_driver();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let browser = open_browser(&address, &folder.path().join("profile"), PC).await;
        browser.goto(&format!("{}/titles/101", demo.site)).await.unwrap();
        picture(&browser, "0-title-before-sign-in").await;
        browser.goto(&format!("{}/sign-in", demo.site)).await.unwrap();
        wait_for(&browser, "#operator").await;
        register(&browser, &code).await;

        browser.goto(&format!("{}/titles/101", demo.site)).await.unwrap();
        wait_for(&browser, "#allowed").await;
        picture(&browser, "5-allowed").await;
        browser.goto(&format!("{}/titles/T0003", demo.site)).await.unwrap();
        wait_for(&browser, "#refused").await;
        picture(&browser, "6-not-in-contract").await;
        browser.goto(&format!("{}/play/101", demo.site)).await.unwrap();
        wait_for(&browser, "#playing").await;
        picture(&browser, "7-playing").await;

        let stop = Record {
            hold_reason: "10".to_owned(),
            note: "未納督促3回目".to_owned(),
            ..line("N2-0001", "103")
        };
        let result = drop_file(&demo, 2, vec![stop]);
        tokio::task::spawn_blocking(move || wait_for_file(&result)).await.unwrap();
        wait_for(&browser, "#stopped").await;
        picture(&browser, "8-stopped").await;
        let trace = wait_for(&browser, "#trace").await.text().await.unwrap();
        assert_eq!(trace.len(), 8, "{trace}");

        let lift = Record { hold_reason: "10".to_owned(), ..line("N3-0001", "104") };
        let result = drop_file(&demo, 3, vec![lift]);
        tokio::task::spawn_blocking(move || wait_for_file(&result)).await.unwrap();
        click(&browser, "#again").await;
        wait_for(&browser, "#allowed").await;
        browser.close().await.unwrap();
    });
    drop(driver);
}
