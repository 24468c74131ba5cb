//! My Page: where a person begins, what they may watch and why not, and all that is kept of them.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::catalogue::{Kind, Product, put_product};
use domain::commands::{Command, Op};
use domain::credentials::ContactKind;
use domain::decisions::{Action, Ask, PinGiven, Question, Subject};
use domain::operators::{self, OperatorDraft, Policies};
use domain::subscribers::{Attributes, Reason, Role};
use serde_json::Value as Json;

use crate::contacts_page::{given_contact, pass_ten_minutes};
use crate::family::{given_family, given_member, shown};
use crate::forgotten::fan_out;
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize};
use crate::world::{KITA, products, sato};

const HOME: &str = "/o/KITA01/me";
const WATCH: &str = "/o/KITA01/me/watch";
const DATA: &str = "/o/KITA01/me/data";
const VIEW: &str = "/o/KITA01/me/view";
/// The pages the navigation leads to, besides signing out.
const PAGES: [&str; 10] = [
    "me", "me/watch", "me/data", "family", "sessions", "contacts", "passkeys", "pins", "security",
    "services",
];

fn person(house: &House, op: Op, person_no: i64) -> Command {
    Command { person_no, ..Command::new(&house.world.request_id(), op, "A-001") }
}

/// What is said of a product on the page: everything between its name and the next one's.
fn of<'p>(page: &'p Answer, name: &str) -> &'p str {
    let (_, rest) = page.body.split_once(&format!("<h2>{name}</h2>")).expect("on the shelf");
    rest.split("</li>").next().unwrap()
}

/// Sets policies of the northern operator.
fn set_policies(house: &House, change: fn(&mut Policies)) {
    let put = move |tx: &mut Tx<'_>| {
        let known = operators::find_operator(tx)?;
        let (name_ja, name_en) = (known.name_ja.clone(), known.name_en.clone());
        let mut policies = known.policies.clone();
        change(&mut policies);
        operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
    };
    house.act(put).unwrap();
}

/// Waits until what was decided is in the books.
pub fn asks_to_watch(house: &House, person_no: i64, resource: &str) {
    let question = Question {
        action: Action::View,
        resource,
        least_age: None,
        adult: false,
        pin: PinGiven::Missing,
    };
    let subject = Subject::Member { number: "A-001", person_no };
    let ask = Ask { operator: KITA, client: "vod", subject, question };
    house.decisions.answer(&ask, clock::now()).unwrap();
    house.decisions.flush();
}

#[test]
fn a_page_of_our_own_may_be_gone_on_with_by_telephone_and_a_services_sign_in_not() {
    let house = House::new();
    given_family(&house);
    let own = Viewer::new(&house).open_page(HOME);
    assert!(own.body.contains("class=\"across\" id=\"to-phone\"") && own.body.contains("<svg"));
    let of_a_service = Viewer::new(&house).open_page(&authorize(&[]));
    assert!(!of_a_service.body.contains("to-phone"), "{}", of_a_service.body);
}

#[test]
fn a_person_begins_at_a_page_that_says_who_they_are_and_leads_to_all_others() {
    let house = House::new();
    let mut viewer = given_family(&house);
    let mut stranger = Viewer::new(&house);
    let asked = stranger.open_page(HOME);
    assert!(asked.body.contains("マイページを開くために"), "{}", asked.body);
    let home = viewer.look(HOME);
    assert_eq!((home.status.as_u16(), shown(&home, "number").as_str()), (200, "A-001"));
    assert_eq!(
        (shown(&home, "role").as_str(), shown(&home, "login").as_str()),
        ("ご契約者", "takahashi")
    );
    for path in PAGES {
        let page = viewer.look(&format!("/o/KITA01/{path}"));
        assert_eq!(page.status, 200, "{path}");
        for other in PAGES.iter().filter(|other| **other != path && **other != "me/data") {
            let link = format!("<a href=\"https://id.example.jp/o/KITA01/{other}\">");
            assert!(page.body.contains(&link), "{path} leads to {other}");
        }
        let current = format!("/o/KITA01/{path}\" aria-current=\"page\">");
        assert_eq!(page.body.contains(&current), path != "me/data", "{path}");
        assert!(page.body.contains("/o/KITA01/logout\">") && page.body.contains("/me/help\">"));
    }
    let platform = viewer.look("/me");
    assert_eq!((platform.status.as_u16(), shown(&platform, "number").as_str()), (200, "A-001"));
    assert!(platform.body.contains("href=\"https://id.example.jp/me/watch\""));
    let mut member = given_member(&house, &mut viewer, "ichiro");
    let home = member.look(HOME);
    assert!(!home.body.contains("/family\""), "only the owner's: {}", home.body);
}

#[test]
fn the_first_page_lists_all_others_with_what_can_be_done_there() {
    let house = House::new();
    let mut viewer = given_family(&house);
    let mut member = given_member(&house, &mut viewer, "ichiro");
    for (who, own, not) in
        [(&mut viewer, "family", "household"), (&mut member, "household", "family")]
    {
        let home = who.look(HOME).body;
        let menu = home.split("id=\"menu\">").nth(1).and_then(|rest| rest.split("</ul>").next());
        let menu = menu.unwrap();
        let all = PAGES.into_iter().filter(|path| *path != "me" && *path != "family");
        for path in all.chain([own, "me/history", "me/help"]) {
            let link = format!("/o/KITA01/{path}\">");
            let (_, rest) = menu.split_once(&link).unwrap_or_else(|| panic!("{path}: {menu}"));
            let (_, what) = rest.split_once("class=\"hint\">").unwrap();
            assert!(!what.starts_with('<'), "{path}: {menu}");
        }
        assert!(!menu.contains(&format!("/{not}\"")), "{menu}");
    }
}

#[test]
fn the_first_page_tells_what_waits_and_what_happened() {
    let house = House::new();
    let mut viewer = given_family(&house);
    let home = viewer.look(HOME);
    assert!(home.body.contains("連絡先を登録する"), "{}", home.body);
    given_contact((&house, &mut viewer), ContactKind::Mail, "hanako@example.jp");
    let home = viewer.look(HOME);
    assert!(!home.body.contains("id=\"waiting\""), "{}", home.body);
    assert!(home.body.contains("連絡先を確認しました") && home.body.contains("ログインしました"));
    assert!(!home.body.contains("hanako@"), "what happened, not what it was");

    let mut member = given_member(&house, &mut viewer, "ichiro");
    let quiet = member.look(HOME);
    assert!(!quiet.body.contains("連絡先を確認しました"), "nothing of another's");
    let mut lost = Viewer::new(&house);
    lost.open_page(HOME);
    lost.submit("go", &[("step", "recover")]);
    lost.submit("forgotten", &[("username", "ichiro"), ("ask", "owner")]);
    fan_out(&house);
    let home = viewer.look(HOME);
    assert!(
        home.body.contains("承認を待っています（1人）") && home.body.contains("/o/KITA01/family\"")
    );
    assert!(!member.look(HOME).body.contains("承認を待っています"));
}

#[test]
fn after_a_recovery_the_first_page_says_until_when_changes_wait() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let person_id = house.world.household("A-001").persons[0].person_id.clone();
    assert!(!viewer.look(HOME).body.contains("決め直してから間もない"));
    let until = clock::now().plus_seconds(3600);
    house
        .world
        .db
        .housekeep(&Scope::new(KITA, sato(), clock::now()), "test", move |tx| {
            let row = [KITA.into(), person_id.as_str().into(), until.into()];
            let sql = "UPDATE passwords SET waits_until_ms = ?3
                        WHERE operator_id = ?1 AND person_id = ?2";
            tx.exec(sql, &row).map(drop)
        })
        .unwrap();
    assert!(viewer.look(HOME).body.contains("決め直してから間もない"));
}

#[test]
fn what_may_be_watched_is_listed_with_why_not_and_a_next_step_and_no_code() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let empty = viewer.look(WATCH);
    assert!(empty.body.contains("ご契約の商品はまだありません"), "{}", empty.body);
    house.world.given_key("A-001", "PACK");
    house.world.given_key("A-001", "RENTAL1");
    let page = viewer.look(WATCH);
    assert!(page.body.contains("3件は、すべて"), "{}", page.body);
    assert!(of(&page, "ベーシック").contains("ご覧いただけます"), "a bundle is taken apart");
    assert!(!page.body.contains("まるごとパック") && page.body.contains("映画「髙い塔」"));
    assert!(viewer.look(HOME).body.contains("3件は、すべて"));

    let close = Command::new(&house.world.request_id(), Op::KeyClose, "A-001");
    house.world.send(Command { product: Some("PACK".to_owned()), ..close });
    let page = viewer.look(WATCH);
    let why = of(&page, "見放題パック");
    assert!(why.contains("いまはご覧いただけません") && why.contains("終了しました"), "{why}");

    let suspend = Command::new(&house.world.request_id(), Op::Suspend, "A-001");
    house.world.send(Command { reason: Some(Reason::Unpaid), ..suspend });
    let page = viewer.look(WATCH);
    assert_eq!(page.body.matches("お支払いを確認できない").count(), 1, "said once: {}", page.body);
    assert!(page.body.contains("3件のうち0件を"));
    for code in ["D03", "D04", "D09", "D11", "D14", "PACK", "BASIC"] {
        assert!(!page.body.contains(code), "{code}: {}", page.body);
    }
}

#[test]
fn a_pin_that_has_to_be_set_first_is_a_next_step_and_a_rating_is_told_to_a_child_in_words() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let child = Attributes { role: Some(Role::Child), ..Attributes::default() };
    house.world.send(Command { attributes: child, ..person(&house, Op::PersonAdd, 2) });
    house.world.given_key("A-001", "RENTAL1");
    house.world.given_key("A-001", "BASIC");
    let mut child = given_member(&house, &mut owner, "ichiro");
    let page = child.look(WATCH);
    let film = of(&page, "映画「髙い塔」");
    assert!(film.contains("15歳以上の方向け") && !film.contains("/family"), "{film}");
    assert!(of(&page, "ベーシック").contains("ご覧いただけます"));
    assert!(page.body.contains("2件のうち1件を"));

    set_policies(&house, |policies| policies.pin_rating_years = 15);
    let page = owner.look(WATCH);
    let film = of(&page, "映画「髙い塔」");
    assert!(film.contains("暗証番号を設定する") && film.contains("/o/KITA01/pins\""), "{film}");
    owner.look("/o/KITA01/pins");
    owner.send_form("/o/KITA01/pins", &[("do", "set"), ("kind", "viewing"), ("pin", "2580")]);
    let page = owner.look(WATCH);
    assert!(of(&page, "映画「髙い塔」").contains("（暗証番号を入力します）"), "{}", page.body);
}

#[test]
fn what_is_for_adults_is_named_only_to_who_may_watch_it() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let child = Attributes { role: Some(Role::Child), ..Attributes::default() };
    house.world.send(Command { attributes: child, ..person(&house, Op::PersonAdd, 2) });
    house.world.send(person(&house, Op::PersonAdd, 3));
    let on = Attributes {
        adult_allowed: Some(true),
        birth_on: Some("1980-05-05".to_owned()),
        age_verified_by: Some("document".to_owned()),
        ..Attributes::default()
    };
    let attr = Command::new(&house.world.request_id(), Op::Attr, "A-001");
    house.world.send(Command { attributes: on, ..attr });
    house.world.given_key("A-001", "NIGHT");
    let mut child = given_member(&house, &mut owner, "ichiro");
    let page = owner.look(WATCH);
    assert!(page.body.contains("ナイトパック"), "{}", page.body);
    let page = child.look(WATCH);
    assert!(!page.body.contains("ナイト") && !page.body.contains("成人"), "{}", page.body);

    let off = Attributes { adult_allowed: Some(false), ..Attributes::default() };
    let attr = Command::new(&house.world.request_id(), Op::Attr, "A-001");
    house.world.send(Command { attributes: off, ..attr });
    let page = owner.look(WATCH);
    assert!(
        !page.body.contains("ナイト") && shown(&page, "adult").contains("「ご家族」"),
        "{}",
        page.body
    );
}

#[test]
fn the_pages_cost_the_same_however_much_there_is() {
    let house = House::new();
    let mut viewer = given_family(&house);
    house.world.given_key("A-001", "BASIC");
    let many: Vec<Product> = (0..120)
        .map(|no| Product {
            code: format!("CH{no:03}"),
            kind: Kind::Channel,
            name_ja: format!("髙い塔チャンネル {no:03} デラックス・アンコール"),
            refs: vec![format!("channel:{}", 1000 + no)],
            ..products().remove(0)
        })
        .collect();
    let spent = |viewer: &mut Viewer<'_>, path: &str| {
        let before = house.world.db.statements();
        let page = viewer.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.len() <= 30 * 1024, "{path}: {} bytes", page.body.len());
        house.world.db.statements() - before
    };
    let one = spent(&mut viewer, WATCH);
    house
        .act(move |tx| many.iter().try_for_each(|product| put_product(tx, product).map(drop)))
        .unwrap();
    for no in 0..120 {
        house.world.given_key("A-001", &format!("CH{no:03}"));
    }
    let all = spent(&mut viewer, WATCH);
    assert!(all <= one.max(12), "{all} statements for 121 products, {one} for one");
    // The page of the family costs more: it asks for the household three times.
    for path in PAGES.into_iter().filter(|path| *path != "family") {
        let statements = spent(&mut viewer, &format!("/o/KITA01/{path}"));
        assert!(statements <= 12, "{path}: {statements} statements");
    }
    let page = viewer.look(WATCH);
    assert!(page.body.contains("121件は、すべて"), "{}", page.body);
    let (mut seen, mut next) = (0, Some(WATCH.to_owned()));
    while let Some(path) = next {
        let page = viewer.look(&path);
        seen += page.body.matches("<h2>").count();
        let link = page.body.split_once("/me/watch?after=");
        next = link.map(|(_, rest)| format!("{WATCH}?after={}", rest.split('"').next().unwrap()));
    }
    assert_eq!(seen, 121, "each on one page");
}

fn takes(viewer: &mut Viewer<'_>) -> Answer {
    viewer.look(DATA);
    viewer.send_form(DATA, &[("do", "take")])
}

#[test]
fn a_person_takes_all_that_is_kept_of_them_and_nothing_of_anybody_else() {
    let house = House::new();
    let mut owner = given_family(&house);
    let mut member = given_member(&house, &mut owner, "ichiro");
    given_contact((&house, &mut owner), ContactKind::Mail, "hanako@example.jp");
    given_contact((&house, &mut member), ContactKind::Mail, "ichiro@example.jp");
    owner.look("/o/KITA01/pins");
    owner.send_form("/o/KITA01/pins", &[("do", "set"), ("kind", "viewing"), ("pin", "2580")]);
    asks_to_watch(&house, 1, "title:T0001");
    asks_to_watch(&house, 2, "title:T0002");

    let file = takes(&mut owner);
    assert_eq!(file.status, 200, "{}", file.body);
    assert_eq!(file.headers["content-type"], "application/json");
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let data: Json = file.json();
    assert_eq!(data["person"]["login_id"], "takahashi");
    assert_eq!(data["person"]["contract_number"], "A-001");
    assert_eq!(data["contacts"][0]["address"], "hanako@example.jp");
    assert_eq!(data["proofs"]["pins"][0]["kind"], "VIEWING");
    assert!(!data["sessions"].as_array().unwrap().is_empty());
    let acts: Vec<_> = data["history"].as_array().unwrap().iter().map(|one| &one["act"]).collect();
    assert!(acts.iter().any(|act| *act == "person.signed_in"), "{acts:?}");
    assert_eq!(data["answers"][0]["resource"], "title:T0001");
    for others in ["ichiro", "T0002", "2580", PASSWORD, "staff:sato"] {
        assert!(!file.body.contains(others), "{others}: {}", file.body);
    }
    assert_eq!(house.audited("person.data_taken"), 1);

    let theirs = takes(&mut member);
    assert_eq!(theirs.json()["contacts"][0]["address"], "ichiro@example.jp");
    assert!(!theirs.body.contains("takahashi") && !theirs.body.contains("hanako@"));
    let again: Json = takes(&mut owner).json();
    assert_eq!(again["history"][0]["act"], "person.data_taken", "that it was taken is kept too");
}

#[test]
fn answers_to_whoever_had_the_number_before_are_nobody_elses() {
    let house = House::new();
    let mut owner = given_family(&house);
    asks_to_watch(&house, 1, "title:T0001");
    assert!(takes(&mut owner).body.contains("T0001"));
    let earlier = |tx: &mut Tx<'_>| {
        tx.exec(
            "UPDATE decision_log SET at_ms = at_ms - 864000000 WHERE operator_id = 'KITA01'",
            &[],
        )
        .map(drop)
    };
    let scope = Scope::new(KITA, sato(), clock::now());
    house.world.db.housekeep(&scope, "test", earlier).unwrap();
    assert_eq!(takes(&mut owner).json()["answers"], serde_json::json!([]));
}

#[test]
fn what_is_kept_is_given_only_to_who_has_just_proved_to_be_themselves() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let mut other = house.given_viewer("A-002", "tanaka");
    owner.look(DATA);
    other.look(DATA);
    other.proof.clone_from(&owner.proof);
    assert_eq!(other.send_form(DATA, &[("do", "take")]).refusal(), "form.foreign");
    pass_ten_minutes(&house);
    let page = owner.look(DATA);
    assert!(page.body.contains("もう一度ご本人である"), "{}", page.body);
    let sent = takes(&mut owner);
    assert!(sent.location().path().ends_with("/signin"), "{}", sent.body);
    assert!(owner.follow(&sent).body.contains("自分のデータを受け取るために"));
    assert_eq!(house.audited("person.data_taken"), 0);
}

/// Sends the form at the foot of a page.
fn wishes(viewer: &mut Viewer<'_>, back: &str, wish: &str) -> Answer {
    viewer.proof = viewer.look(HOME).proof();
    viewer.send_form(VIEW, &[("do", wish), ("back", back)])
}

#[test]
fn large_letters_and_the_language_are_kept_on_every_page_and_lead_back_to_where_they_were_said() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let back = wishes(&mut viewer, "pins", "large");
    assert_eq!(back.location().path(), "/o/KITA01/pins");
    for path in ["me", "me/watch", "pins", "security"] {
        let page = viewer.look(&format!("/o/KITA01/{path}"));
        assert!(page.body.contains("<html lang=\"ja\" class=\"own large\">"), "{path}");
        assert!(page.body.contains("value=\"usual\""));
    }
    wishes(&mut viewer, "me", "en");
    assert!(viewer.look(HOME).body.contains("<html lang=\"en\" class=\"own large\">"));
    wishes(&mut viewer, "me", "usual");
    assert!(viewer.look(HOME).body.contains("<html lang=\"en\" class=\"own\">"));
    for nowhere in ["//evil.example", "https://evil.example", "device", "../admin", ""] {
        let back = wishes(&mut viewer, nowhere, "ja");
        assert_eq!(back.location().path(), "/o/KITA01/me", "{nowhere}");
    }
    assert_eq!(wishes(&mut viewer, "me", "huge").refusal(), "request.parameters_malformed");
}

#[test]
fn the_guide_is_there_for_everybody_in_both_languages() {
    let house = House::new();
    let guide = house.get("/o/KITA01/me/help");
    assert!(guide.body.contains("パスワードを忘れたとき") && guide.body.contains("北浜ケーブル"));
    assert_eq!(house.get("/me/help").status, 200);
    assert_eq!(house.get("/o/NOBODY/me/help").status, 404);
}
