//! The page where people see where they are signed in, and end it.

use crate::devices::{allow, ask_as, house, poll, text};
use crate::viewers::{PASSWORD, Viewer, authorize};

const PAGE: &str = "/o/KITA01/sessions";

/// The values of the hidden fields `id`, in the order of the page.
fn ids(page: &str) -> Vec<String> {
    let parts = page.split("name=\"id\" value=\"").skip(1);
    parts.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn a_forgotten_browser_is_signed_out_with_what_services_had_in_it() {
    let house = house();
    let mut phone = house.given_viewer("A-001", "takahashi");
    let mut library = Viewer::new(&house);
    let code = library.sign_in("takahashi", PASSWORD).led_with("code").unwrap();
    let had = house.redeem(&code).json();

    let page = phone.look(PAGE);
    let there = ids(&page.body);
    assert_eq!(there.len(), 1, "the other browser, and never this one: {}", page.body);
    assert!(page.body.contains("このブラウザー"), "{}", page.body);
    assert!(page.body.contains("みるぷらす動画㈱"), "{}", page.body);
    assert!(page.body.contains("登録した端末はありません"), "{}", page.body);

    let which = [("do", "end"), ("id", there[0].as_str())];
    let ended = phone.send_form(PAGE, &which);
    assert!(ended.body.contains("ログアウトさせました"), "{}", ended.body);
    assert!(ids(&ended.body).is_empty(), "{}", ended.body);
    assert_eq!(house.refresh(&text(&had, "refresh_token")).json()["error"], "invalid_grant");
    assert_eq!(
        library.get(&authorize(&[("prompt", "none")])).led_with("error"),
        some("login_required")
    );
    assert!(phone.get(&authorize(&[("prompt", "none")])).led_with("code").is_some());
    assert_eq!(phone.send_form(PAGE, &which).status, 200, "again is the same");
    assert_eq!(house.audited("session.ended"), 1);
}

#[test]
fn everything_but_this_browser_is_ended_at_once_and_its_services_with_it() {
    let house = house();
    let mut phone = house.given_viewer("A-001", "takahashi");
    let here = phone.get(&authorize(&[])).led_with("code").unwrap();
    let here = text(&house.redeem(&here).json(), "access_token");
    assert!(!phone.look(PAGE).body.contains("value=\"others\""), "there is nothing else yet");
    let mut library = Viewer::new(&house);
    let there = library.sign_in("takahashi", PASSWORD).led_with("code").unwrap();
    let there = text(&house.redeem(&there).json(), "access_token");
    let television = ask_as(&house, "one");
    allow(&mut phone, &television);
    let watching = text(&poll(&house, &television).json(), "access_token");

    phone.look(PAGE);
    let page = phone.send_form(PAGE, &[("do", "others")]);

    assert!(ids(&page.body).is_empty(), "{}", page.body);
    let alive = [&here, &there, &watching].map(|token| house.userinfo(token).status == 200);
    assert_eq!(alive, [true, false, false]);
    let silent = authorize(&[("prompt", "none")]);
    assert!(phone.get(&silent).led_with("code").is_some());
    assert_eq!(library.get(&silent).led_with("error"), some("login_required"));
    assert_eq!(house.audited("person.sessions_ended"), 1);
    assert_eq!(phone.send_form(PAGE, &[("do", "others")]).status, 200, "again is the same");
    assert_eq!(house.audited("person.sessions_ended"), 1);
}

fn some(word: &str) -> Option<String> {
    Some(word.to_owned())
}

#[test]
fn a_television_is_named_and_removed_and_stays_dark() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = [ask_as(&house, "one"), ask_as(&house, "two")];
    let had = asked.each_ref().map(|one| {
        allow(&mut viewer, one);
        poll(&house, one).json()
    });
    let page = viewer.look(PAGE);
    let there = ids(&page.body);
    assert_eq!(there.len(), 2, "{}", page.body);
    assert!(page.body.contains("STB &#60;b&#62;髙橋&#60;/b&#62;"), "markup is text: {}", page.body);

    let named = [("do", "rename"), ("id", there[0].as_str()), ("name", " 居間 <i>のテレビ ")];
    let page = viewer.send_form(PAGE, &named);
    assert!(page.body.contains("居間 &#60;i&#62;のテレビ"), "{}", page.body);
    let long = "あ".repeat(41);
    let named = [("do", "rename"), ("id", there[0].as_str()), ("name", long.as_str())];
    assert_eq!(viewer.send_form(PAGE, &named).refusal(), "device.name_malformed");

    let removed = viewer.send_form(PAGE, &[("do", "remove"), ("id", there[0].as_str())]);
    assert_eq!(ids(&removed.body), there[1..], "{}", removed.body);
    let alive = had.each_ref().map(|one| house.userinfo(&text(one, "access_token")).status == 200);
    assert_eq!(alive, [false, true], "the other one goes on");
    assert_eq!(["device.renamed", "device.removed"].map(|act| house.audited(act)), [1, 1]);
}

#[test]
fn what_is_somebody_elses_is_unknown_and_a_form_from_elsewhere_does_nothing() {
    let house = house();
    let mut thief = house.given_viewer("A-002", "tanaka");
    // Has a form of their own to send.
    Viewer::new(&house).sign_in("tanaka", PASSWORD);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = ask_as(&house, "one");
    allow(&mut viewer, &asked);
    poll(&house, &asked);
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let (sessions, devices) = house
        .world
        .look(|tx| {
            let policies = domain::operators::find_operator(tx)?.policies;
            let sessions = domain::sessions::list_sessions(tx, &person, ("", 9), &policies)?;
            Ok((sessions, domain::sessions::list_devices(tx, &person, ("", 9))?))
        })
        .unwrap();
    let (session, device) = (sessions[0].id.as_str(), devices[0].id.as_str());
    let listed = ids(&thief.look(PAGE).body);
    assert!(listed.len() == 1 && listed[0] != session, "nothing of theirs is listed");
    for (form, code) in [
        ([("do", "end"), ("id", session), ("name", "")], "session.unknown"),
        ([("do", "rename"), ("id", device), ("name", "盗")], "device.unknown"),
        ([("do", "remove"), ("id", device), ("name", "")], "device.unknown"),
        ([("do", "all"), ("id", device), ("name", "")], "request.parameters_malformed"),
    ] {
        assert_eq!(thief.send_form(PAGE, &form).refusal(), code);
    }
    viewer.look(PAGE);
    viewer.proof = "made up".to_owned();
    assert_eq!(
        viewer.send_form(PAGE, &[("do", "remove"), ("id", device)]).refusal(),
        "form.foreign"
    );
    let page = viewer.look(PAGE);
    assert_eq!(ids(&page.body), [device]);
    let nobody = Viewer::new(&house).open_page(PAGE);
    assert!(nobody.body.contains("ログイン中の端末を見るために"), "{}", nobody.body);
    assert_eq!(house.audited("device.removed"), 0);
}
