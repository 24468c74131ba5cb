//! In the browser, with the demo's own post: a mail address is added, and lets in again who forgot the password.

use fantoccini::Client;

use crate::browser::{
    Look, NUMBER, PATIENCE, PC, click, household, letter, open_browser, start_demo, start_driver,
    type_into, wait_for,
};
use crate::browser_looks::look_at;
use crate::world::look_again;

const PHONE: Look = Look { name: "phone", size: (390, 844), phone: true, night: false };

/// The code of the newest message that says `about`, once it has arrived.
async fn arrived(browser: &Client, (site, look): (&str, Look), about: &str) -> String {
    let begun = std::time::Instant::now();
    loop {
        browser.goto(&format!("{site}/post")).await.unwrap();
        let page = browser.source().await.unwrap();
        let newest = page.split("<pre>").skip(1).find(|message| message.contains(about));
        if let Some((_, rest)) = newest.and_then(|one| one.split_once("確認コード: ")) {
            look_at(browser, look, "contacts-post").await;
            return rest.chars().take(8).collect();
        }
        assert!(begun.elapsed() < PATIENCE, "nothing arrived: {page}");
        look_again();
    }
}

async fn walk(browser: &Client, (site, look): (&str, Look), registration: &str) {
    browser.goto(&format!("{site}/sign-in")).await.unwrap();
    wait_for(browser, "#operator").await;
    let ours = browser.current_url().await.unwrap().origin().ascii_serialization();
    let page = format!("{ours}/o/OP0012/contacts");
    browser.goto(&page).await.unwrap();
    click(browser, "button[name=step][value=letter]").await;
    type_into(browser, "#contract_number", NUMBER).await;
    type_into(browser, "#registration_code", registration).await;
    click(browser, "button[type=submit]").await;
    type_into(browser, "#username", "takahashi.hanako").await;
    type_into(browser, "#password", "kita no hama no toudai").await;
    click(browser, "button[type=submit]").await;

    wait_for(browser, "#none").await;
    look_at(browser, look, "contacts-none").await;
    type_into(browser, "#add-MAIL", "hanako.takahashi+aikagi.long.name@mail.kitahama.example.jp")
        .await;
    click(browser, "#add-MAIL ~ button").await;
    wait_for(browser, "section input[name=code]").await;
    look_at(browser, look, "contacts-waiting").await;
    let code = arrived(browser, (site, look), "連絡先の確認コード").await;
    browser.goto(&page).await.unwrap();
    type_into(browser, "section input[name=code]", &code).await;
    click(browser, "button[value=verify]").await;
    wait_for(browser, "#message").await;
    look_at(browser, look, "contacts-confirmed").await;
    set_pin(browser, (&ours, look)).await;

    browser.delete_all_cookies().await.unwrap();
    browser.goto(&page).await.unwrap();
    click(browser, "button[value=recover]").await;
    wait_for(browser, "form[action*=forgotten]").await;
    look_at(browser, look, "contacts-forgotten").await;
    type_into(browser, "#username", "takahashi.hanako").await;
    click(browser, "form[action*=forgotten] button").await;
    wait_for(browser, "form[action*=recovery]").await;
    look_at(browser, look, "contacts-code").await;
    let asked = browser.current_url().await.unwrap();
    let code = arrived(browser, (site, look), "パスワードの再設定").await;
    browser.goto(asked.as_str()).await.unwrap();
    type_into(browser, "#code", &code).await;
    click(browser, "form[action*=recovery] button").await;
    wait_for(browser, "form[action*=renewal]").await;
    look_at(browser, look, "contacts-new-password").await;
    type_into(browser, "#password", "minami no shima no toudai").await;
    click(browser, "form[action*=renewal] button").await;
    // Back at the page the sign-in was for.
    wait_for(browser, "#add-MAIL").await;
    look_at(browser, look, "contacts-in-again").await;
    waits(browser, (&ours, look)).await;
}

/// Who has just come in by a code changes no PIN before a day is over, and reads so.
async fn waits(browser: &Client, (ours, look): (&str, Look)) {
    browser.goto(&format!("{ours}/o/OP0012/pins")).await.unwrap();
    type_into(browser, "#viewing", "1470").await;
    click(browser, "#viewing ~ button").await;
    let said = wait_for(browser, "[role=alert]").await.text().await.unwrap();
    assert!(said.contains("24時間"), "{said}");
    look_at(browser, look, "pins-waiting").await;
}

async fn set_pin(browser: &Client, (ours, look): (&str, Look)) {
    browser.goto(&format!("{ours}/o/OP0012/pins")).await.unwrap();
    wait_for(browser, "#viewing").await;
    look_at(browser, look, "pins-none").await;
    type_into(browser, "#viewing", "1111").await;
    click(browser, "#viewing ~ button").await;
    wait_for(browser, "[role=alert]").await;
    look_at(browser, look, "pins-refused").await;
    type_into(browser, "#viewing", "2580").await;
    click(browser, "#viewing ~ button").await;
    wait_for(browser, "#from").await;
    look_at(browser, look, "pins-set").await;
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_mail_address_lets_in_again_who_forgot_the_password_on_phone_and_pc() {
    for look in [PHONE, PC] {
        let folder = tempfile::tempdir().unwrap();
        let demo = start_demo(folder.path());
        household(&demo);
        let code = letter(&demo);
        let (driver, address) = start_driver();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let browser = open_browser(&address, &folder.path().join("profile"), look).await;
            walk(&browser, (&demo.site, look), &code).await;
            browser.close().await.unwrap();
        });
        drop(driver);
    }
}
