//! The look of the pages at the console: a logo is brought in, tried in a sample, published; and who may not do so.

use domain::operators::{self, Look, Role, version_of};
use http::Method;

use crate::console::{CONSOLE, given_clerk};
use crate::console_bulk::{clerk, proof_for, sends_file};
use crate::console_masters::sends_again;
use crate::looks::picture;
use crate::viewers::{Answer, House, Viewer, authorize};
use crate::world::KITA;

fn path() -> String {
    format!("{CONSOLE}/masters/look")
}

fn look(house: &House) -> Look {
    house.world.look(operators::find_operator).unwrap().look
}

/// Sends the form of the page as it stands, with `changes`.
fn sends(house: &House, clerk: &mut Viewer<'_>, word: &str, changes: &[(&str, &str)]) -> Answer {
    let page = clerk.get(&path());
    again(house, clerk, word, (&page, changes))
}

/// Sends the form of `page`: another form stands below it.
fn again(
    house: &House,
    clerk: &mut Viewer<'_>,
    word: &str,
    (page, changes): (&Answer, &[(&str, &str)]),
) -> Answer {
    clerk.proof = proof_for(house, clerk, &path());
    sends_again(clerk, &path(), word, (page, changes))
}

/// Sends a file as a logo.
fn brings(house: &House, clerk: &mut Viewer<'_>, file: &[u8]) -> Answer {
    let to = format!("{}/logo", path());
    clerk.proof = proof_for(house, clerk, &to);
    sends_file(clerk, &to, (&[], Some(("logo.png", file))))
}

#[test]
fn a_look_is_published_with_a_logo_that_was_brought_in_and_seen_in_a_sample() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    assert!(suzuki.get(&format!("{CONSOLE}/masters")).body.contains("/masters/look\" id=\"look\""));
    let plain = suzuki.get(&path());
    assert!(plain.body.contains("/assets/look/both.css") && !plain.body.contains("<img"));

    let sent = brings(&house, &mut suzuki, &picture(60, 40));
    let digest = sent.led_with("logo").expect("where it waits");
    let shown = suzuki.follow(&sent);
    let address = format!("/o/{KITA}/logo/{digest}.png");
    assert!(shown.body.contains(&format!("src=\"{address}\"")), "{}", shown.body);
    assert!(shown.body.contains("お客様の画面は変わりません"), "{}", shown.body);
    assert!(shown.headers["content-security-policy"].to_str().unwrap().contains("img-src 'self'"));
    assert_eq!(look(&house), Look::default(), "nothing is published yet");

    let changes = [
        ("accent_day", "#8A2F6B"),
        ("accent_night", "#f2a6d4"),
        ("greeting_ja", "ようこそ、北浜へ"),
        ("help_url", "https://help.kita.example.jp"),
    ];
    let draft = again(&house, &mut suzuki, "draft", (&shown, &changes));
    let rows = draft.body.split("id=\"draft\"").nth(1).expect("a draft");
    assert!(rows.contains("昼の色</td><td>なし</td><td><strong>#8a2f6b"), "{rows}");
    assert!(rows.contains(&format!("ロゴ</td><td>なし</td><td><strong>あり({}", &digest[..8])));
    assert!(rows.contains("/assets/look/8a2f6b-f2a6d4-both.css") && rows.contains(&address));
    assert!(rows.contains("ようこそ、北浜へ"), "{rows}");
    assert_eq!(look(&house), Look::default());

    let done = again(&house, &mut suzuki, "publish", (&draft, &[("why", "開局20年")]));
    assert!(done.body.contains("公開しました") && done.body.contains("開局20年"), "{}", done.body);
    assert!(done.body.contains("<img class=\"logo\""), "above this page, too");
    let published = look(&house);
    assert_eq!((&published.logo, &*published.accent_day), (&digest, "#8a2f6b"));
    assert_eq!((house.audited("look.logo_added"), house.audited("look.changed")), (1, 1));
    let sign_in = Viewer::new(&house).open_page(&authorize(&[]));
    assert!(sign_in.body.contains(&address) && sign_in.body.contains("ようこそ、北浜へ"));

    let off = sends(&house, &mut suzuki, "draft", &[("logo", ""), ("greeting_ja", "")]);
    let done = again(&house, &mut suzuki, "publish", (&off, &[("why", "取りやめ")]));
    assert!(done.body.contains("公開しました"), "{}", done.body);
    assert_eq!((look(&house).logo.as_str(), look(&house).greeting_ja.as_str()), ("", ""));
    assert_eq!(look(&house).accent_day, "#8a2f6b", "and nothing else");
}

#[test]
fn what_is_wrong_with_a_look_is_told_by_its_field_and_what_was_typed_stays() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let dark = ("accent_night", "#0b5c76");
    for (changes, code, says) in [
        (
            [("accent_day", "#0b5c76"), dark],
            "look.contrast_low",
            "夜の色: この色は背景と見分けにくい",
        ),
        ([("accent_day", "blue"), dark], "look.colour_malformed", "昼の色: "),
        ([("accent_day", "#0b5c76"), ("greeting_ja", "x")], "field.required", "夜の色: "),
        ([("help_url", "javascript:alert(1)"), ("x", "")], "look.address_malformed", "案内ページ"),
    ] {
        let told = sends(&house, &mut suzuki, "draft", &changes);
        assert_eq!((told.status.as_u16(), told.refusal()), (400, code), "{}", told.body);
        let message = told.body.split("id=\"message\">").nth(1).unwrap();
        assert!(message.starts_with(says), "{message}");
        let apart = message.contains("(背景との差は2.") && message.contains("4.5以上が必要");
        assert_eq!(apart, code == "look.contrast_low", "{message}");
        let typed = format!("value=\"{}\"", changes[0].1);
        assert!(told.body.contains(&typed), "{}", told.body);
        assert!(!told.body.contains("href=\"javascript"), "{}", told.body);
    }
    let large = vec![0; 2 << 20];
    for (file, code) in [
        (&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], "look.logo_kind"),
        (&b"GIF89a\x01\0\x01\0"[..], "look.logo_kind"),
        (&picture(60, 40)[..60], "look.logo_broken"),
        (&large, "look.logo_large"),
        (b"", "look.logo_kind"),
    ] {
        let told = brings(&house, &mut suzuki, file);
        assert_eq!((told.status.as_u16(), told.refusal()), (400, code), "{}", told.body);
        assert!(told.body.contains("id=\"message\">ロゴ: "), "{}", told.body);
    }
    assert_eq!(suzuki.get(&format!("{}?logo=0", path())).refusal(), "look.logo_unknown");
    assert_eq!(suzuki.get(&format!("{}?logo=%22onerror=x", path())).status, 404);
    assert_eq!((look(&house), house.audited("look.logo_added")), (Look::default(), 0));
}

#[test]
fn who_manages_sees_the_look_and_who_leads_the_station_changes_it_as_they_saw_it() {
    let house = House::new();
    let mut ito = clerk(&house, "ito", Role::Viewer);
    assert_eq!(ito.get(&path()).refusal(), "staff.not_allowed");
    let mut abe = clerk(&house, "abe", Role::Admin);
    let shown = abe.get(&path());
    assert!(shown.body.contains("変えられるのは局責任者です"), "{}", shown.body);
    assert!(shown.body.contains("id=\"samples\"") && !shown.body.contains("type=\"file\""));
    for clerk in [&mut ito, &mut abe] {
        clerk.proof = proof_for(&house, clerk, &path());
        for word in ["draft", "publish", "again"] {
            let told =
                clerk.send_form(&path(), &[("do", word), ("greeting_ja", "x"), ("why", "x")]);
            assert_eq!(told.refusal(), "staff.not_allowed", "{word}");
        }
        assert_eq!(brings(&house, clerk, &picture(60, 40)).refusal(), "staff.not_allowed");
    }
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let foreign = sends_file(&mut suzuki, &format!("{}/logo", path()), (&[], Some(("a", b"x"))));
    assert_eq!(foreign.refusal(), "form.foreign", "without the proof of this form");
    let nobody = Viewer::new(&house).send(&Method::POST, &format!("{}/logo", path()), Vec::new());
    assert!(nobody.body.contains("id=\"staff\""), "{}", nobody.body);
    assert_eq!((look(&house), house.audited("look.logo_added")), (Look::default(), 0));

    let mut kato = clerk(&house, "kato", Role::StationManager);
    let first = sends(&house, &mut suzuki, "draft", &[("greeting_ja", "甲")]);
    let second = sends(&house, &mut kato, "draft", &[("greeting_ja", "乙")]);
    again(&house, &mut suzuki, "publish", (&first, &[("why", "x")]));
    let late = again(&house, &mut kato, "publish", (&second, &[("why", "x")]));
    assert_eq!((late.status.as_u16(), late.refusal()), (409, "masters.changed_meanwhile"));
    assert!(late.body.contains("<dd>甲</dd>") && late.body.contains("value=\"乙\""));
    assert_eq!(look(&house).greeting_ja, "甲");
    assert!(late.body.contains(&version_of(&look(&house).facts())), "another try sees that");
}

#[test]
fn the_page_of_the_look_is_small_and_asks_the_database_little() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let sent = brings(&house, &mut suzuki, &picture(480, 144));
    let waiting = format!("{}?logo={}", path(), sent.led_with("logo").unwrap());
    for path in [path(), waiting] {
        let before = house.world.db.statements();
        let shown = suzuki.get(&path);
        let statements = house.world.db.statements() - before;
        assert!(statements <= 12, "{path}: {statements} statements");
        assert!(shown.body.len() <= 30 * 1024, "{path}: {} bytes", shown.body.len());
    }
}
