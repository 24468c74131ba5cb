//! The linkage of the SMS at the console: how it stands, what the station decides of it, and what it has to ask for.

use domain::clients::ClientKind;
use domain::files;
use domain::operators::{self, Policies, Role};

use crate::console::given_clerk;
use crate::console_bulk::{clerk, proof_for};
use crate::console_files::given as given_file;
use crate::console_masters::{masters, sends, sends_again};
use crate::console_services::{forges, program};
use crate::viewers::House;
use crate::world::KITA;

fn policies(house: &House) -> Policies {
    house.world.look(operators::find_operator).unwrap().policies
}

#[test]
fn the_linkage_is_shown_as_it_stands_with_what_is_agreed_and_where_it_goes_on() {
    let house = House::new();
    let mut suzuki = given_clerk(&house, Role::Admin);
    let path = masters("/linkage");
    assert!(suzuki.get(&masters("")).body.contains("/masters/linkage\" id=\"linkage\""));
    let before = suzuki.get(&path).body;
    assert!(before.contains("どの番号からでも始められます") && before.contains("毎日23:00まで"));
    let (_, agreed) = before.split_once("id=\"agreed\"").unwrap();
    assert!(agreed.contains("<dt>呼び出すプログラム(API)</dt><dd>なし</dd>"), "{agreed}");
    assert!(agreed.contains("毎秒10回、続けて50回まで"), "{agreed}");

    let file = given_file(&house, 7, 3);
    house.given_client(KITA, "kita-sms", program(ClientKind::Sms));
    house.given_client(KITA, "helpdesk", program(ClientKind::Admin));
    let after = suzuki.get(&path).body;
    assert!(after.contains(&file.name) && after.contains("<dd>00000008</dd>"), "{after}");
    assert!(after.contains("/masters/services/kita-sms") && !after.contains("helpdesk"));
    for place in ["/masters/format\" id=\"trial\"", "/files\" id=\"files\""] {
        assert!(after.contains(place), "{place}");
    }
    assert!(!after.contains(&house.world.dir.path().display().to_string()), "no path of ours");
    assert!(after.contains("変えられるのは局責任者です") && !after.contains("name=\"seen\""));
}

#[test]
fn what_the_station_decides_of_its_files_is_published_once_and_guards_the_next_file() {
    let house = House::new();
    house.world.given_contract("A-001");
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let (path, before) = (masters("/linkage"), policies(&house));
    for (name, value) in [("cut_off", "25:00"), ("mass_guard.percent", "101")] {
        let told = sends(&mut suzuki, &path, "draft", &[(name, value)]);
        assert_eq!((told.status.as_u16(), told.refusal()), (400, "operator.policy_out_of_range"));
        assert!(told.body.contains(&format!("value=\"{value}\"")), "{}", told.body);
    }
    let other = sends(&mut suzuki, &masters("/policies"), "draft", &[("max_persons", "4")]);
    let changes = [("mass_guard.lines", "10"), ("cut_off", "22:30"), ("max_persons", "9")];
    let draft = sends(&mut suzuki, &path, "draft", &changes);
    let rows = draft.body.split("id=\"draft\"").nth(1).expect("a draft");
    assert!(rows.contains("<td>23:00</td><td><strong>22:30"), "{rows}");
    assert!(rows.contains("1ファイル50行から10行になります"), "{rows}");
    assert_eq!(policies(&house), before, "a draft is nothing yet");
    let done = sends_again(&mut suzuki, &path, "publish", (&draft, &[("why", "夜間の体制")]));
    assert!(done.body.contains("公開しました") && done.body.contains("夜間の体制"));
    let mut wanted = before;
    (wanted.mass_guard.lines, wanted.cut_off) = (10, "22:30".to_owned());
    assert_eq!(policies(&house), wanted, "and nothing else");
    assert_eq!(house.world.look(files::guard_limit), Ok(10));

    let path = masters("/policies");
    suzuki.proof = proof_for(&house, &suzuki, &path);
    let late = sends_again(&mut suzuki, &path, "publish", (&other, &[("why", "人数")]));
    assert_eq!((late.status.as_u16(), late.refusal()), (409, "masters.changed_meanwhile"));
    assert!(late.body.contains("夜間の体制") && late.body.contains("<dd>22:30</dd>"));
    let four = sends(&mut suzuki, &path, "draft", &[("max_persons", "4")]);
    sends_again(&mut suzuki, &path, "publish", (&four, &[("why", "人数の見直し")]));
    assert_eq!(policies(&house).max_persons, 4);
    let linkage = suzuki.get(&masters("/linkage")).body;
    assert!(linkage.contains("夜間の体制") && !linkage.contains("人数の見直し"), "{linkage}");
}

#[test]
fn who_manages_reads_the_linkage_and_its_page_is_small() {
    let house = House::new();
    let path = masters("/linkage");
    let mut abe = clerk(&house, "abe", Role::Desk);
    assert_eq!(abe.get(&path).refusal(), "staff.not_allowed");
    let mut suzuki = given_clerk(&house, Role::Admin);
    let before = policies(&house);
    for word in ["draft", "publish", "again"] {
        let fields = [("do", word), ("cut_off", "22:00"), ("why", "x")];
        let told = forges(&house, &mut suzuki, &path, &fields);
        assert_eq!(told.refusal(), "staff.not_allowed", "{word}");
    }
    assert_eq!(policies(&house), before);
    let statements = house.world.db.statements();
    let shown = suzuki.get(&path);
    let statements = house.world.db.statements() - statements;
    assert!(statements <= 12, "{statements} statements");
    assert!(shown.body.len() <= 30 * 1024, "{} bytes", shown.body.len());
}
