//! In the browser: a mother adds a child and sets what the child may watch, and a partner moves out.

use fantoccini::{Client, Locator};

use crate::browser::{
    Look, NUMBER, PC, click, household, letter, open_browser, provider, start_demo, start_driver,
    type_into, wait_for,
};
use crate::browser_looks::look_at;

const PHONE: Look = Look { name: "phone", size: (390, 844), phone: true, night: false };

/// Signs in for `page` with a letter or an invitation that is on the screen already.
pub async fn registers(browser: &Client, name: &str) {
    type_into(browser, "#username", name).await;
    type_into(browser, "#password", "kita no hama no toudai").await;
    click(browser, "button[type=submit]").await;
}

/// Adds a member by the form; answers where the invitation leads.
pub async fn adds(browser: &Client, (kana, role): (&str, &str)) -> String {
    type_into(browser, "#kana", kana).await;
    wait_for(browser, "#role").await.select_by_value(role).await.unwrap();
    click(browser, "button[value=add]").await;
    let link = wait_for(browser, "#link").await;
    link.attr("href").await.unwrap().unwrap()
}

/// Comes to `page` with the letter to the owner of the contract `number`.
pub async fn arrives(browser: &Client, (page, number): (&str, &str), registration: &str) {
    browser.goto(page).await.unwrap();
    click(browser, "button[name=step][value=letter]").await;
    type_into(browser, "#contract_number", number).await;
    type_into(browser, "#registration_code", registration).await;
    click(browser, "button[type=submit]").await;
}

/// Registers the owner by the letter; the page of the family is open then.
pub async fn owner_registers(browser: &Client, page: &str, registration: &str) {
    arrives(browser, (page, NUMBER), registration).await;
    registers(browser, "takahashi.hanako").await;
    wait_for(browser, "#member-1").await;
}

async fn mother(browser: &Client, (ours, look): (&str, Look), registration: &str) -> [String; 2] {
    let page = format!("{ours}/o/OP0012/family");
    owner_registers(browser, &page, registration).await;
    look_at(browser, look, "family-alone").await;
    let child = adds(browser, ("たかはし ゆい", "child")).await;
    look_at(browser, look, "family-added").await;
    browser.goto(&page).await.unwrap();
    let partner = adds(browser, ("タカハシ　タロウ", "adult")).await;
    browser.goto(&page).await.unwrap();
    click(browser, "#settings-2").await;
    wait_for(browser, "#rating").await;
    look_at(browser, look, "family-child").await;
    let rating = wait_for(browser, "#rating").await;
    rating.select_by_value("0").await.unwrap();
    click(browser, "button[value=rate]").await;
    let said = wait_for(browser, "#message").await.text().await.unwrap();
    assert!(said.contains("すぐに反映"), "{said}");
    click(browser, "#watched").await;
    wait_for(browser, "#none").await;
    look_at(browser, look, "family-watched").await;
    [child, partner]
}

async fn child(browser: &Client, (ours, look): (&str, Look), invitation: &str) {
    browser.goto(invitation).await.unwrap();
    registers(browser, "takahashi.yui").await;
    wait_for(browser, "#none").await;
    browser.goto(&format!("{ours}/o/OP0012/household")).await.unwrap();
    let seen = wait_for(browser, "#seen").await.text().await.unwrap();
    assert!(seen.contains("おうちの方"), "{seen}");
    look_at(browser, look, "household-child").await;
    let leave = browser.find_all(Locator::Css("button[value=ask_leave]")).await.unwrap();
    assert!(leave.is_empty(), "a child does not leave alone");
}

/// The mother offers the household; the partner declines, and moves out.
async fn partner_leaves(
    (hers, his): (&Client, &Client),
    (ours, look): (&str, Look),
    invitation: &str,
) {
    his.goto(invitation).await.unwrap();
    registers(his, "takahashi.taro").await;
    wait_for(his, "#none").await;
    hers.goto(&format!("{ours}/o/OP0012/family/3")).await.unwrap();
    wait_for(hers, "button[value=ask_offer]").await;
    look_at(hers, look, "family-adult").await;
    click(hers, "button[value=ask_offer]").await;
    wait_for(hers, "button[value=offer]").await;
    look_at(hers, look, "family-ask-offer").await;
    click(hers, "button[value=offer]").await;
    wait_for(hers, "#offered").await;
    his.goto(&format!("{ours}/o/OP0012/household")).await.unwrap();
    wait_for(his, "#offered").await;
    look_at(his, look, "household-offered").await;
    click(his, "button[value=decline]").await;
    wait_for(his, "#message").await;
    click(his, "button[value=ask_leave]").await;
    wait_for(his, "button[value=leave]").await;
    look_at(his, look, "household-ask-leave").await;
    click(his, "button[value=leave]").await;
    wait_for(his, "#left").await;
    look_at(his, look, "household-left").await;
    hers.goto(&format!("{ours}/o/OP0012/family")).await.unwrap();
    wait_for(hers, "#gone-3").await;
    look_at(hers, look, "family-one-left").await;
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_mother_looks_after_her_household_and_a_partner_moves_out_on_phone_and_pc() {
    for look in [PHONE, PC] {
        let folder = tempfile::tempdir().unwrap();
        let demo = start_demo(folder.path());
        household(&demo);
        let code = letter(&demo);
        let (driver, address) = start_driver();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let hers = open_browser(&address, &folder.path().join("hers"), look).await;
            let ours = provider(&hers, &demo.site).await;
            let [invited, partner] = mother(&hers, (&ours, look), &code).await;
            let his = open_browser(&address, &folder.path().join("his"), look).await;
            child(&his, (&ours, look), &invited).await;
            his.delete_all_cookies().await.unwrap();
            partner_leaves((&hers, &his), (&ours, look), &partner).await;
            his.close().await.unwrap();
            hers.close().await.unwrap();
        });
        drop(driver);
    }
}
