//! A contract gets another number, a box another machine, and what waits for its day is taken back: at the console.

use base::kernel::clock;
use domain::boxes::{self, NewBox};
use domain::commands::{self, Command, Op};
use domain::subscribers::{Reason, Standing};

use crate::console::given_sato;
use crate::console_desk::{contract, does, gives, opens};
use crate::viewers::{Answer, House, Viewer};

fn given_box(house: &House, number: &'static str, serial: &str) {
    let one = NewBox { serial: serial.to_owned(), name: "居間".to_owned(), ..NewBox::default() };
    house.act(move |tx| commands::add_box(tx, number, &one)).unwrap();
}

/// The serials of a household's boxes.
fn serials(house: &House, number: &str) -> Vec<String> {
    let all = house.world.look(|tx| boxes::list_boxes(tx, number)).unwrap();
    all.into_iter().map(|(_, one)| one.serial).collect()
}

fn previews(clerk: &mut Viewer<'_>, number: &str, fields: &[(&str, &str)]) -> Answer {
    opens(clerk, &contract(number));
    clerk.send_form(&contract(number), &[&[("do", "preview")], fields].concat())
}

const TO_B: [(&str, &str); 3] =
    [("verb", "replace"), ("new_number", "B-002"), ("moved_for", "MOVING")];

#[test]
fn a_contract_gets_another_number_once_with_everything_the_preview_named() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    given_box(&house, "A-001", "STB-77");
    let mut clerk = given_sato(&house);
    does(&mut clerk, "A-001", &[("verb", "suspend"), ("reason", "50")]);
    does(&mut clerk, "A-001", &[("verb", "stop"), ("from", "2090-01-01")]);

    let preview = previews(&mut clerk, "A-001", &TO_B);

    for line in [
        "ご家族 1人",
        "鍵 1件",
        "セットトップボックス 1台",
        "停止 1件",
        "ログイン中の端末 1台",
        "予約中の操作 1件は移りません",
        "B-002 · 転居",
    ] {
        assert!(preview.body.contains(line), "{line}: {}", preview.body);
    }
    let first = gives(&mut clerk, &contract("A-001"), &preview);
    let second = gives(&mut clerk, &contract("A-001"), &preview);
    assert!(first.body.contains("実行しました") && second.body.contains("実行しました"));
    assert_eq!(house.audited("contract.replaced"), 1, "sent twice, done once");
    assert!(first.body.contains("/contracts/B-002\">B-002</a>"), "{}", first.body);
    let moved = house.world.household("B-002");
    assert_eq!((moved.persons.len(), moved.holds.len()), (1, 1));
    assert_eq!(house.world.household("A-001").standing(clock::now()), Standing::Stopped);
    assert_eq!((serials(&house, "B-002").len(), serials(&house, "A-001").len()), (1, 0));
    assert_eq!(viewer.get("/o/KITA01/sessions").status, 200, "still signed in");
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let replaced = lines.iter().find(|line| line.act == "contract.replaced").unwrap();
    assert!(replaced.detail.contains("\"moved_for\":\"MOVING\""), "{}", replaced.detail);
}

#[test]
fn a_number_that_is_taken_and_a_contract_that_is_over_are_refused_in_words() {
    let house = House::new();
    for number in ["A-001", "A-002", "A-003"] {
        house.world.given_contract(number);
    }
    house.world.sms(Op::Stop, "A-003");
    let mut clerk = given_sato(&house);
    let mut told = |from: &str, to: &str| {
        let fields = [("verb", "replace"), ("new_number", to), ("moved_for", "NEW_HOLDER")];
        let preview = previews(&mut clerk, from, &fields);
        assert!(!preview.body.contains("value=\"give\""), "{}", preview.body);
        preview.body
    };
    assert!(told("A-001", "A-001").contains("今の契約者番号と同じです"));
    assert!(told("A-001", "A-002").contains("すでに使われています(状態: 利用中)"));
    assert!(told("A-001", "A-003").contains("すでに使われています(状態: 解約済み)"));
    assert!(told("A-003", "B-001").contains("この契約は「解約済み」なので"));
    assert!(!clerk.look(&contract("A-003")).body.contains("id=\"move\""));
    let missing = [("verb", "replace"), ("new_number", ""), ("moved_for", "MOVING")];
    assert_eq!(previews(&mut clerk, "A-001", &missing).refusal(), "field.required");
    let unsaid = [("verb", "replace"), ("new_number", "B-1"), ("moved_for", "")];
    assert_eq!(
        previews(&mut clerk, "A-001", &unsaid).refusal(),
        "request.parameters_malformed",
        "nobody moves without a reason"
    );
    // Somebody takes the number between the look and the word.
    let preview = previews(&mut clerk, "A-001", &TO_B);
    house.world.given_contract("B-002");
    let late = gives(&mut clerk, &contract("A-001"), &preview);
    assert!(late.body.contains("すでに使われています"), "{}", late.body);
    assert_eq!(house.audited("contract.replaced"), 0);
    assert_eq!(house.world.household("A-001").standing(clock::now()), Standing::Active);
}

#[test]
fn a_box_is_swapped_by_the_serial_that_was_scanned_and_none_stands_in_two_homes() {
    let house = House::new();
    house.world.given_contract("A-001");
    house.world.given_contract("A-002");
    given_box(&house, "A-001", "STB-77");
    given_box(&house, "A-002", "STB-88");
    let mut clerk = given_sato(&house);
    let swap = |new| [("verb", "swap"), ("serial", "STB-77"), ("new_serial", new)];
    let shown = clerk.look(&contract("A-001"));
    assert!(shown.body.contains("name=\"new_serial\""), "{}", shown.body);

    let (preview, done) = does(&mut clerk, "A-001", &swap(" STB-99 "));

    assert!(preview.body.contains("STB-77 → STB-99"), "{}", preview.body);
    assert!(preview.body.contains("名前と場所を引き継ぎます"), "{}", preview.body);
    assert!(done.body.contains("実行しました") && done.body.contains("<td>STB-99</td>"));
    assert_eq!(
        (serials(&house, "A-001"), house.audited("device.replaced")),
        (vec!["STB-99".into()], 1)
    );
    let taken = [("verb", "swap"), ("serial", "STB-99"), ("new_serial", "STB-88")];
    let refused = previews(&mut clerk, "A-001", &taken);
    assert!(refused.body.contains("この端末はすでに使われています"), "{}", refused.body);
    assert!(!refused.body.contains("value=\"give\""), "{}", refused.body);
    let gone = previews(&mut clerk, "A-001", &swap("STB-100"));
    assert!(gone.body.contains("この端末は登録されていません"), "{}", gone.body);
    let spaced = [("verb", "swap"), ("serial", "STB-99"), ("new_serial", "STB 100")];
    let spaced = previews(&mut clerk, "A-001", &spaced);
    assert!(spaced.body.contains("空白と「/」は使えません"), "{}", spaced.body);
}

#[test]
fn what_waits_for_its_day_stands_on_the_page_and_is_taken_back_once() {
    let house = House::new();
    house.world.given_contract("A-001");
    let mut later = Command::new("sms-1", Op::Suspend, "A-001");
    later.reason = Some(Reason::Unpaid);
    later.effective_at = Some(clock::now().plus_days(400));
    house.world.send(later);
    let mut clerk = given_sato(&house);
    let (preview, done) = does(&mut clerk, "A-001", &[("verb", "stop"), ("from", "2090-01-31")]);
    assert!(done.body.contains("「契約を解約する」を予約しました"), "{}", done.body);
    assert!(preview.body.contains("指定した日に実行されます"), "{}", preview.body);
    let listed = clerk.look(&contract("A-001"));
    let (_, table) = listed.body.split_once("<table id=\"waiting\"").expect("the list");
    assert!(table.contains("10 料金未納") && table.contains("SMS(加入者管理)"), "{table}");
    assert!(table.contains("2090年1月31日") && table.contains("契約を解約する"), "{table}");
    let (request, _) =
        table.rsplit_once("name=\"cancels\" value=\"").unwrap().1.split_once('"').unwrap();

    let (preview, done) = does(&mut clerk, "A-001", &[("verb", "take_back"), ("cancels", request)]);

    assert!(preview.body.contains("2090年1月31日"), "{}", preview.body);
    assert!(done.body.contains("「予約を取り消す」を実行しました"), "{}", done.body);
    assert!(!done.body.contains("2090年1月31日 00:00</td>"), "{}", done.body);
    let left = house.world.look(|tx| commands::waiting(tx, "A-001")).unwrap();
    assert_eq!(left.iter().map(|one| one.command.op).collect::<Vec<_>>(), [Op::Suspend]);
    let again = gives(&mut clerk, &contract("A-001"), &preview);
    assert!(again.body.contains("実行しました"), "sent twice, answered the same");
    assert_eq!(house.audited("command.cancelled"), 1);
    let unknown = previews(&mut clerk, "A-001", &[("verb", "take_back"), ("cancels", "sms-9")]);
    assert!(unknown.body.contains("予約されている処理はありません"), "{}", unknown.body);
}

#[test]
fn a_stop_by_mistake_is_taken_back_with_keys_and_holds_as_they_were() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    let mut clerk = given_sato(&house);
    does(&mut clerk, "A-001", &[("verb", "suspend"), ("reason", "50")]);
    does(&mut clerk, "A-001", &[("verb", "stop")]);
    assert_eq!(house.world.household("A-001").standing(clock::now()), Standing::Stopped);

    let (preview, _) = does(&mut clerk, "A-001", &[("verb", "stop_cancel")]);

    assert!(preview.body.contains("停止が残るため、まだ視聴できません"), "{}", preview.body);
    let household = house.world.household("A-001");
    assert_eq!((household.standing(clock::now()), household.holds.len()), (Standing::Suspended, 1));
    let shown = clerk.look(&contract("A-001"));
    assert!(shown.body.contains("<td>開</td>"), "the key is open again: {}", shown.body);
}
