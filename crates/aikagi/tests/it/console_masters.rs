//! Products and policies at the console: read by who manages, changed by who leads the station: draft, difference, description,
//! publication in one act, history.

use std::sync::Barrier;

use base::kernel::{Change, Error};
use base::records::list_audit;
use base::store::Tx;
use domain::catalogue::{self, Product};
use domain::operators::{self, Facts, Publishing, Role, version_of};
use serde_json::Value as Json;

use crate::console::{CONSOLE, given_clerk};
use crate::console_bulk::{clerk, proof_for};
use crate::console_desk::opens;
use crate::viewers::{Answer, House, Viewer};
use crate::world::staff;

pub fn masters(path: &str) -> String {
    format!("{CONSOLE}/masters{path}")
}

fn product(house: &House, code: &'static str) -> Product {
    house.world.look(move |tx| catalogue::find(tx, code)).unwrap()
}

/// What the last form with fields on a page would send, as it stands.
fn fields_of(page: &Answer) -> Vec<(String, String)> {
    let form = page.body.split("<form").find(|form| form.contains("name=\"seen\"")).unwrap();
    let mut fields = Vec::new();
    for input in form.split("<input ").skip(1) {
        let tag = input.split('>').next().unwrap();
        let of = |name: &str| {
            let from = tag.split_once(&format!("{name}=\"")).map(|(_, rest)| rest);
            from.map_or("", |rest| rest.split('"').next().unwrap()).to_owned()
        };
        let left_out = tag.contains("checkbox") && !tag.contains(" checked");
        if !left_out && of("name") != "proof" {
            fields.push((of("name"), of("value")));
        }
    }
    for area in form.split("<textarea ").skip(1) {
        let name = area.split("name=\"").nth(1).unwrap().split('"').next().unwrap();
        let text = area.split_once('>').unwrap().1.split("</").next().unwrap();
        fields.push((name.to_owned(), text.to_owned()));
    }
    fields
}

/// Sends the form of the page at `path` with `changes`; an empty value unticks a box.
pub fn sends(clerk: &mut Viewer<'_>, path: &str, word: &str, changes: &[(&str, &str)]) -> Answer {
    let page = opens(clerk, path);
    sends_again(clerk, path, word, (&page, changes))
}

/// Sends the form of `page`.
pub fn sends_again(
    clerk: &mut Viewer<'_>,
    path: &str,
    word: &str,
    (page, changes): (&Answer, &[(&str, &str)]),
) -> Answer {
    let mut fields = fields_of(page);
    fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let changed = changes.iter().filter(|(name, value)| !value.is_empty() || *name == "why");
    fields.extend(changed.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let mut fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("do", word));
    clerk.send_form(path, &fields)
}

#[test]
fn a_product_is_changed_by_draft_difference_description_and_publication_and_its_history_says_so() {
    let house = House::new();
    house.world.given_contract("A-001");
    house.world.given_key("A-001", "PACK");
    house.world.given_contract("A-002");
    house.world.given_key("A-002", "MIHODAI");
    house.world.given_contract("A-003");
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let list = suzuki.get(&masters("")).body;
    assert!(list.contains("products/MIHODAI\">MIHODAI</a> 見放題パック</td><td>見放題"), "{list}");
    assert!(list.contains("<td>BASIC MIHODAI</td>") && list.contains("18歳 <span class=\"pill"));
    let path = masters("/products/MIHODAI");
    let before = product(&house, "MIHODAI");

    let changes = [("rating_years", "12"), ("sold_until", "2027-03-31"), ("refs", "title:T0001")];
    let draft = sends(&mut suzuki, &path, "draft", &changes);
    let rows = draft.body.split("id=\"draft\"").nth(1).expect("a draft");
    assert!(rows.contains("視聴年齢</td><td>0歳</td><td><strong>12歳"), "{rows}");
    assert!(rows.contains("販売の終わり</td><td>期限なし</td><td><strong>"), "{rows}");
    assert!(rows.contains("title:T0001 title:T0002</td><td><strong>title:T0001<"), "{rows}");
    assert_eq!(rows.split("</table>").next().unwrap().matches("<tr><td>").count(), 3);
    assert!(rows.contains("持つ契約は2件です"), "through the bundle, too: {rows}");
    assert_eq!(product(&house, "MIHODAI"), before, "a draft is nothing yet");

    for (why, code) in [("", "field.required"), (&*"長".repeat(201), "field.too_long")] {
        let told = sends_again(&mut suzuki, &path, "publish", (&draft, &[("why", why)]));
        assert_eq!((told.status.as_u16(), told.refusal()), (400, code));
        assert!(told.body.contains("value=\"2027-03-31\""), "what was typed stays: {}", told.body);
    }
    assert_eq!(product(&house, "MIHODAI"), before);
    let told = [("why", "映倫の<b>変更</b>のため")];
    let done = sends_again(&mut suzuki, &path, "publish", (&draft, &told));
    assert!(done.body.contains("公開しました"), "{}", done.body);
    let after = product(&house, "MIHODAI");
    assert_eq!((after.rating_years, after.refs.len()), (Some(12), 1));
    assert_eq!(after.sold_until.rfc3339_jst(), "2027-04-01T00:00:00+09:00");
    assert_eq!(after.sold_from, before.sold_from, "the day that was shown is the moment it was");

    let lines = house.world.look(|tx| list_audit(tx, "", 10_000)).unwrap();
    let line = lines.iter().rfind(|line| line.act == "product.changed").unwrap();
    let detail: Json = serde_json::from_str(&line.detail).unwrap();
    assert_eq!((&*line.actor, &*line.subject), ("staff:suzuki", "MIHODAI"));
    assert_eq!(detail["why"], "映倫の<b>変更</b>のため");
    assert_eq!(detail["changes"]["rating_years"], serde_json::json!(["0", "12"]));
    let history = suzuki.get(&path).body;
    let history = history.split("id=\"history\"").nth(1).unwrap();
    assert!(history.contains("suzuki") && history.contains("視聴年齢: 0歳 → 12歳"), "{history}");
    assert!(history.contains("映倫の&#60;b&#62;変更"), "{history}");
    let same = sends(&mut suzuki, &path, "draft", &[]);
    assert!(same.body.contains("今と同じ内容です"), "{}", same.body);
}

#[test]
fn who_saw_something_else_publishes_nothing_and_of_two_at_once_one_does() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = clerk(&house, "kato", Role::StationManager);
    let path = masters("/products/BASIC");
    let first = sends(&mut suzuki, &path, "draft", &[("name_ja", "基本パック")]);
    let second = sends(&mut kato, &path, "draft", &[("name_ja", "ベーシック2")]);
    let done = sends_again(&mut suzuki, &path, "publish", (&first, &[("why", "改名")]));
    assert!(done.body.contains("公開しました"));
    let late = sends_again(&mut kato, &path, "publish", (&second, &[("why", "改名")]));
    assert_eq!((late.status.as_u16(), late.refusal()), (409, "masters.changed_meanwhile"));
    assert!(late.body.contains("<dd>基本パック</dd>"), "what stands now: {}", late.body);
    assert!(late.body.contains("value=\"ベーシック2\""), "and what they typed: {}", late.body);
    assert_eq!(product(&house, "BASIC").name_ja, "基本パック");
    let again = sends_again(&mut kato, &path, "draft", (&late, &[]));
    assert!(again.body.contains("<td>基本パック</td><td><strong>ベーシック2"), "{}", again.body);

    let seen = version_of(&product(&house, "BASIC").facts());
    let barrier = Barrier::new(2);
    let publish = |name: &str| {
        barrier.wait();
        let wanted = Product { name_ja: name.to_owned(), ..product(&house, "BASIC") };
        let publishing = Publishing { seen: seen.clone(), why: "同時".to_owned() };
        let work = move |tx: &mut Tx<'_>| catalogue::publish_product(tx, &wanted, &publishing);
        house.world.act(staff("suzuki"), work)
    };
    let done = std::thread::scope(|scope| {
        ["甲", "乙"].map(|name| scope.spawn(move || publish(name))).map(|one| one.join().unwrap())
    });
    let late: Vec<_> = done.iter().filter_map(|one| one.as_ref().err()).collect();
    assert_eq!(late, [&Error::Conflict { code: "masters.changed_meanwhile" }]);
}

#[test]
fn a_product_is_added_as_a_copy_of_another_one_and_its_history_begins_with_that() {
    let house = House::new();
    house.world.given_contract("A-001");
    let mut suzuki = given_clerk(&house, Role::StationManager);
    assert!(suzuki.get(&masters("")).body.contains("/masters/products/new\" id=\"add\""));
    assert!(suzuki.get(&masters("/products/MIHODAI")).body.contains("/new?copy=MIHODAI\""));
    let (copy, path) = (masters("/products/new?copy=MIHODAI"), masters("/products/new"));
    assert_eq!(suzuki.get(&masters("/products/new?copy=NONE")).refusal(), "product.unknown");
    let (begun, before) = (opens(&mut suzuki, &copy), house.audited("product.changed"));
    assert!(begun.body.contains("<option value=\"SVOD\" selected>見放題"), "{}", begun.body);
    for (changes, code) in [
        ([("code", "小"), ("kind", "SVOD")], "product.code_malformed"),
        ([("code", "WINTER"), ("kind", "PLAN")], "product.kind_unknown"),
        ([("code", "WINTER"), ("kind", "BUNDLE")], "product.items_not_for_kind"),
    ] {
        suzuki.proof = proof_for(&house, &suzuki, "/masters/products/new");
        let told = sends_again(&mut suzuki, &path, "draft", (&begun, &changes));
        assert_eq!((told.status.as_u16(), told.refusal()), (400, code));
        assert!(told.body.contains(&format!("value=\"{}\"", changes[0].1)), "{}", told.body);
    }
    let wanted = [("code", "WINTER"), ("kind", "SVOD"), ("name_ja", "冬の<i>パック")];
    let draft = sends_again(&mut suzuki, &path, "draft", (&begun, &wanted));
    let rows = draft.body.split("id=\"draft\"").nth(1).expect("a draft");
    assert!(rows.contains("<tr><td>商品コード</td><td><strong>WINTER"), "{rows}");
    assert!(rows.contains("<strong>冬の&#60;i&#62;パック") && !rows.contains(">今<"), "{rows}");
    let unknown = |tx: &mut Tx<'_>| Ok(catalogue::find(tx, "WINTER").is_err());
    assert!(house.world.look(unknown).unwrap(), "a draft is nothing yet");

    let told = [("why", "冬の改編")];
    let done = sends_again(&mut suzuki, &path, "publish", (&draft, &told));
    assert!(done.body.contains("公開しました") && done.body.contains("WINTER"), "{}", done.body);
    let again = sends_again(&mut suzuki, &path, "publish", (&draft, &told));
    assert!(again.body.contains("今と同じ内容です"), "a form sent twice: {}", again.body);
    let (old, new) = (product(&house, "MIHODAI"), product(&house, "WINTER"));
    assert_eq!(Product { code: old.code.clone(), name_ja: old.name_ja.clone(), ..new }, old);
    house.world.given_key("A-001", "WINTER");
    let history = suzuki.get(&masters("/products/WINTER")).body;
    let history = history.split("id=\"history\"").nth(1).unwrap();
    assert!(history.contains("冬の改編") && history.contains("種類: なし → 見放題"), "{history}");
    assert_eq!(house.audited("product.changed"), before + 1);
}

#[test]
fn of_two_who_add_the_same_code_the_second_is_told_that_it_is_taken() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let path = masters("/products/new");
    let before = product(&house, "BASIC");
    let fields = [("code", "BASIC"), ("kind", "CHANNEL"), ("name_ja", "新"), ("name_en", "New")];
    let taken = sends(&mut suzuki, &path, "draft", &fields);
    assert_eq!((taken.status.as_u16(), taken.refusal()), (409, "product.exists"));
    assert!(taken.body.contains("value=\"BASIC\""), "{}", taken.body);

    let barrier = Barrier::new(2);
    let add = |name: &str| {
        let wanted = Product { code: "NEW".to_owned(), name_ja: name.to_owned(), ..before.clone() };
        let publishing = Publishing { seen: String::new(), why: "同時".to_owned() };
        barrier.wait();
        let work = move |tx: &mut Tx<'_>| catalogue::publish_product(tx, &wanted, &publishing);
        house.world.act(staff("suzuki"), work)
    };
    let done = std::thread::scope(|scope| {
        ["甲", "乙"].map(|name| scope.spawn(move || add(name))).map(|one| one.join().unwrap())
    });
    let late: Vec<_> = done.iter().filter_map(|one| one.as_ref().err()).collect();
    assert_eq!(late, [&Error::Conflict { code: "product.exists" }]);
    assert_eq!(product(&house, "BASIC"), before);
}

#[test]
fn who_manages_reads_and_who_leads_the_station_changes() {
    let house = House::new();
    let pages = ["", "/products/BASIC", "/products/new", "/policies"].map(masters);
    for (role, id) in [(Role::Viewer, "ito"), (Role::Accounting, "mori"), (Role::Desk, "abe")] {
        let mut clerk = clerk(&house, id, role);
        assert!(!clerk.get(CONSOLE).body.contains("/masters"), "no link for {role:?}");
        for page in &pages {
            assert_eq!(clerk.get(page).refusal(), "staff.not_allowed", "{role:?} {page}");
        }
    }
    let before = (house.world.audited().len(), product(&house, "BASIC"));
    let mut suzuki = given_clerk(&house, Role::Admin);
    assert!(suzuki.get(CONSOLE).body.contains("/masters"));
    assert!(!suzuki.get(&pages[0]).body.contains("id=\"add\""));
    assert!(!suzuki.get(&pages[1]).body.contains("id=\"copy\""));
    for path in &pages[1..] {
        let shown = suzuki.get(path);
        assert!(shown.body.contains("変えられるのは局責任者です"), "{}", shown.body);
        assert!(!shown.body.contains("name=\"seen\""));
        suzuki.proof = proof_for(&house, &suzuki, path);
        for word in ["draft", "publish", "again"] {
            let fields = [("do", word), ("name_ja", "x"), ("name_en", "x"), ("why", "x")];
            let told = suzuki.send_form(path, &fields);
            assert_eq!(told.refusal(), "staff.not_allowed", "{path} {word}");
        }
    }
    assert_eq!(product(&house, "BASIC"), before.1);
    assert_eq!(suzuki.get(&masters("/products/NOBODY")).refusal(), "product.unknown");
}

#[test]
fn policies_are_published_in_one_act_and_only_those_the_station_decides() {
    let house = House::new();
    house.world.given_contract("A-001");
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let path = masters("/policies");
    let policies = || house.world.look(operators::find_operator).unwrap().policies;
    let before = policies();
    for (name, value) in [("max_persons", "11"), ("max_persons", "many"), ("cut_off", "25:00")] {
        let told = sends(&mut suzuki, &path, "draft", &[(name, value)]);
        assert_eq!((told.status.as_u16(), told.refusal()), (400, "operator.policy_out_of_range"));
        assert!(told.body.contains(&format!("value=\"{value}\"")), "{}", told.body);
    }
    let changes = [("max_persons", "4"), ("home_sign_in", "1"), ("sms_pace.burst", "9999")];
    let draft = sends(&mut suzuki, &path, "draft", &changes);
    let rows = draft.body.split("id=\"draft\"").nth(1).expect("a draft");
    assert!(rows.contains("1契約の人数の上限</td><td>6</td><td><strong>4"), "{rows}");
    assert!(rows.contains("いいえ</td><td><strong>はい") && rows.contains("契約は1件です"));
    let done = sends_again(&mut suzuki, &path, "publish", (&draft, &[("why", "人数の見直し")]));
    assert!(done.body.contains("公開しました") && done.body.contains("人数の見直し"));
    let wanted = operators::Policies { max_persons: 4, home_sign_in: true, ..before };
    assert_eq!(policies(), wanted, "and nothing else");
    assert_eq!(house.audited("operator.changed"), 1);

    let publishing = Publishing { seen: version_of(&policies().facts()), why: "x".to_owned() };
    let fast = Facts::from([("sms_pace.burst".to_owned(), "9999".to_owned())]);
    let work = move |tx: &mut Tx<'_>| operators::publish_policies(tx, &fast, &publishing);
    let refused = house.world.act(staff("suzuki"), work).unwrap_err();
    assert_eq!(refused, Error::invalid("operator.policy_out_of_range", "policies.sms_pace.burst"));
}

#[test]
fn one_person_makes_the_guard_of_files_stricter_and_never_looser() {
    let house = House::new();
    let publishes = |name: &str, value: i64| {
        let known = house.world.look(operators::find_operator).unwrap().policies;
        let publishing = Publishing { seen: version_of(&known.facts()), why: "x".to_owned() };
        let change = Facts::from([(name.to_owned(), value.to_string())]);
        let work = move |tx: &mut Tx<'_>| operators::publish_policies(tx, &change, &publishing);
        house.world.act(staff("suzuki"), work)
    };
    let known = house.world.look(operators::find_operator).unwrap().policies;
    let limits = [
        ("mass_guard.lines", known.mass_guard.lines),
        ("mass_guard.percent", known.mass_guard.percent),
        ("error_limit.lines", known.error_limit.lines),
        ("error_limit.percent", known.error_limit.percent),
    ];
    for (name, value) in limits {
        assert_eq!(publishes(name, value + 1), Err(Error::refused("operator.guard_loosened")));
        assert_eq!(publishes(name, value - 1), Ok(Change::Made), "{name}");
        assert_eq!(publishes(name, value), Err(Error::refused("operator.guard_loosened")));
    }
}

#[test]
fn each_page_of_the_masters_is_small_and_asks_the_database_little() {
    let house = House::new();
    house
        .world
        .act(staff("suzuki"), |tx| {
            for n in 0..120 {
                let code = format!("P{n:03}");
                let refs = (0..200).map(|title| format!("title:T{title:06}")).collect();
                let plain = catalogue::find(tx, "MIHODAI")?;
                catalogue::put_product(tx, &Product { code, refs, ..plain })?;
            }
            Ok(())
        })
        .unwrap();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let last = "?after=P001";
    let pages = ["".into(), last.to_owned(), "/products/P000".into(), "/policies".into()];
    let new = ["/products/new".to_owned(), "/products/new?copy=P000".into()];
    for path in pages.into_iter().chain(new).map(|page: String| masters(&page)) {
        let before = house.world.db.statements();
        let shown = suzuki.get(&path);
        let statements = house.world.db.statements() - before;
        assert_eq!(shown.status, 200, "{path}");
        assert!(statements <= 12, "{path}: {statements} statements");
        assert!(shown.body.len() <= 30 * 1024, "{path}: {} bytes", shown.body.len());
    }
    let listed = suzuki.get(&masters("?after=P051")).body;
    assert!(listed.contains(">P101</a>") && !listed.contains(">P102</a>"), "{listed}");
}
