//! A mother adds a child and sets what the child may watch, on her phone; the child's television, which has arrow keys only, stops
//! at once and says why in words for a child.

use std::path::Path;
use std::time::Instant;

use fantoccini::Client;
use fantoccini::key::Key;
use formats::sms::Record;

use crate::browser::{
    Demo, NUMBER, PATIENCE, click, drop_file, household, letter, open_browser, picture, provider,
    start_demo, start_driver, wait_for, wait_for_file,
};
use crate::browser_family::{adds, owner_registers, registers};
use crate::browser_looks::look_at;
use crate::browser_tv::{
    PHONE, TELEVISION, confirm, focus_is, look_at as look_at_tv, open_on, press, text,
};

/// What the household may watch beside the basic set: one title is rated R15+.
fn given_cinema(demo: &Demo) {
    let key = Record {
        request_id: "N2-0001".to_owned(),
        operation: "301".to_owned(),
        contract_number: NUMBER.to_owned(),
        product_code: "CINEMA".to_owned(),
        ..Record::default()
    };
    wait_for_file(&drop_file(demo, 2, vec![key]));
}

/// Chooses on the child's page up to where the child may watch.
async fn rates(mother: &Client, issuer: &str, years: &str) {
    mother.goto(&format!("{issuer}/family/2")).await.unwrap();
    wait_for(mother, "#rating").await.select_by_value(years).await.unwrap();
    click(mother, "button[value=rate]").await;
    let said = text(mother, "#message").await;
    assert!(said.contains("年齢区分を変えました"), "{said}");
}

/// The child registers by the invitation, and lets the television in.
async fn child_comes((phone, tv): (&Client, &Client), site: &str, invitation: &str) {
    phone.goto(invitation).await.unwrap();
    registers(phone, "takahashi.yui").await;
    wait_for(phone, "#none").await;
    tv.goto(&format!("{site}/tv")).await.unwrap();
    let number = text(tv, "#number").await;
    open_on(phone, tv).await;
    confirm(phone, &number).await;
    wait_for(tv, "#titles").await;
}

/// What is rated R15+ plays until the mother says PG12: then it stops by itself, and what is rated PG12 plays.
async fn is_stopped((tv, mother): (&Client, &Client), issuer: &str) {
    for (key, id) in [(Key::Down, "tT0003"), (Key::Enter, "back")] {
        press(tv, key).await;
        wait_for(tv, &format!("#{id}")).await;
        focus_is(tv, id).await;
    }
    wait_for(tv, "#playing").await;
    rates(mother, issuer, "12").await;
    wait_for(tv, "#refused").await;
    let said = text(tv, ".bad").await;
    assert!(said.contains("15歳以上") && said.contains("おうちの方"), "{said}");
    focus_is(tv, "back").await;
    look_at_tv(tv, "child-refused").await;
    press(tv, Key::Enter).await;
    wait_for(tv, "#titles").await;
    for (key, id) in [(Key::Up, "t101"), (Key::Right, "tT0001"), (Key::Right, "tT0002")] {
        press(tv, key).await;
        focus_is(tv, id).await;
    }
    press(tv, Key::Enter).await;
    wait_for(tv, "#playing").await;
}

/// Both answers stand in the child's own history, once they are written down.
async fn is_told(phone: &Client, issuer: &str) {
    let begun = Instant::now();
    loop {
        phone.goto(&format!("{issuer}/me/history")).await.unwrap();
        let listed = text(phone, "#history, #none").await;
        if listed.contains("視聴できません") {
            break look_at(phone, PHONE, "me-history").await;
        }
        assert!(begun.elapsed() < PATIENCE, "{listed}");
    }
}

async fn walk(folder: &Path, demo: &Demo, driver: &str) {
    let code = letter(demo);
    let mother = open_browser(driver, &folder.join("mother"), PHONE).await;
    let issuer = format!("{}/o/OP0012", provider(&mother, &demo.site).await);
    owner_registers(&mother, &format!("{issuer}/family"), &code).await;
    // Into a field of dates nothing is typed alike in two languages.
    let born = "document.getElementById('birth_on').value = '2009-05-06';";
    mother.execute(born, Vec::new()).await.unwrap();
    let invitation = adds(&mother, ("たかはし　ゆい", "child")).await;
    rates(&mother, &issuer, "15").await;

    let phone = open_browser(driver, &folder.join("phone"), PHONE).await;
    let tv = open_browser(driver, &folder.join("tv"), TELEVISION).await;
    child_comes((&phone, &tv), &demo.site, &invitation).await;
    is_stopped((&tv, &mother), &issuer).await;
    picture(&mother, "phone-family-rated").await;
    is_told(&phone, &issuer).await;
    for browser in [mother, phone, tv] {
        browser.close().await.unwrap();
    }
}

#[test]
#[ignore = "needs a browser: ./check runs it with TEST_CHROMEDRIVER"]
fn browser_a_mother_sets_pg12_on_her_phone_and_the_childs_television_stops_in_words_for_a_child() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start_demo(folder.path());
    household(&demo);
    given_cinema(&demo);
    let (driver, address) = start_driver();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(walk(folder.path(), &demo, &address));
    drop(driver);
}
