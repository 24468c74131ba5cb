//! A verb of the console is taken back, and a service is told again: at the console.

use base::kernel::{Actor, Scope, clock};
use base::records::outbox::{self, Outcome};
use base::records::{Receiver, put_receiver};
use base::store::Tx;
use domain::boxes::{self, NewBox};
use domain::commands::{self, Op};
use domain::entitlements::{self, GrantState};
use domain::operators::Role;
use domain::subscribers::Standing;

use crate::console::{CONSOLE, given_clerk, given_sato};
use crate::console_desk::{contract, does, gives, opens};
use crate::viewers::{Answer, House, Viewer};
use crate::world::KITA;

/// The last verb's request, if the page offers to take it back.
fn offered(page: &Answer) -> Option<String> {
    let (_, form) = page.body.split_once("id=\"undo\"")?;
    let (_, request) = form.split_once("name=\"request\" value=\"")?;
    Some(request.split('"').next().unwrap().to_owned())
}

fn says(clerk: &mut Viewer<'_>, number: &str, (what, request): (&str, &str)) -> Answer {
    opens(clerk, &contract(number));
    clerk.send_form(&contract(number), &[("do", what), ("request", request)])
}

/// What a clerk sees of a household: how it stands, its holds, its members and what they came to, its open keys.
fn seen(house: &House, number: &str) -> (Standing, usize, Vec<String>, usize) {
    let household = house.world.household(number);
    let wanted = number.to_owned();
    let keys = house.world.look(|tx| entitlements::load(tx, vec![wanted])).unwrap();
    let open = keys.get(&household.key()).map_or(0, |keyring| {
        keyring.grants.iter().filter(|one| one.state_at(clock::now()) == GrantState::Open).count()
    });
    let persons = household.persons.iter().map(|one| format!("{:?}", (one.person_no, one.state)));
    (household.standing(clock::now()), household.holds.len(), persons.collect(), open)
}

#[test]
fn whatever_a_clerk_did_last_is_as_it_was_when_it_is_taken_back() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    let mut add = commands::Command::new("p2", Op::PersonAdd, "A-001");
    add.person_no = 2;
    house.world.send(add);
    let mut clerk = given_sato(&house);
    does(&mut clerk, "A-001", &[("verb", "suspend"), ("reason", "50"), ("reference", "☎ 12")]);
    let verbs: [&[(&str, &str)]; 7] = [
        &[("verb", "suspend"), ("reason", "40")],
        &[("verb", "resume")],
        &[("verb", "stop")],
        &[("verb", "person_suspend"), ("person", "2"), ("reason", "50")],
        &[("verb", "person_stop"), ("person", "2")],
        &[("verb", "key_close"), ("product", "BASIC")],
        &[("verb", "key_open"), ("product", "MIHODAI"), ("person", "2")],
    ];
    for (verb, undone) in verbs.into_iter().zip(1..) {
        let before = seen(&house, "A-001");
        let (_, done) = does(&mut clerk, "A-001", verb);
        assert_ne!(seen(&house, "A-001"), before, "{verb:?}: {}", done.body);
        let request = offered(&done).expect("the last verb is offered");

        let preview = says(&mut clerk, "A-001", ("undo_preview", &request));
        assert!(preview.body.contains("その前の内容に戻します"), "{verb:?}: {}", preview.body);
        assert_ne!(seen(&house, "A-001"), before, "a preview takes nothing back");
        let back = says(&mut clerk, "A-001", ("undo", &request));

        assert!(back.body.contains("を元に戻しました"), "{verb:?}: {}", back.body);
        assert_eq!(seen(&house, "A-001"), before, "{verb:?}");
        assert_eq!(house.audited("command.undone"), undone);
        assert_eq!(says(&mut clerk, "A-001", ("undo", &request)).refusal(), "undo.gone");
    }
    let hold = &house.world.household("A-001").holds[0];
    assert_eq!(hold.reference.as_deref(), Some("☎ 12"), "the very hold that was there");
}

#[test]
fn another_number_and_another_box_go_back_with_everybody_in_it() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let one = NewBox { serial: "STB-77".to_owned(), ..NewBox::default() };
    house.act(move |tx| commands::add_box(tx, "A-001", &one)).unwrap();
    let mut clerk = given_sato(&house);
    let swap = [("verb", "swap"), ("serial", "STB-77"), ("new_serial", "STB-99")];
    let (_, done) = does(&mut clerk, "A-001", &swap);
    says(&mut clerk, "A-001", ("undo", &offered(&done).unwrap()));
    let boxes = house.world.look(|tx| boxes::list_boxes(tx, "A-001")).unwrap();
    assert_eq!(boxes[0].1.serial, "STB-77");

    let to_b = [("verb", "replace"), ("new_number", "B-002"), ("moved_for", "OTHER")];
    let (preview, done) = does(&mut clerk, "A-001", &to_b);
    let request = offered(&done).expect("at the number it was");
    assert_eq!(
        offered(&clerk.look(&contract("B-002"))).as_ref(),
        Some(&request),
        "and at the new one"
    );
    says(&mut clerk, "A-001", ("undo", &request));

    let household = house.world.household("A-001");
    assert_eq!((household.standing(clock::now()), household.persons.len()), (Standing::Active, 1));
    assert_eq!(house.world.look(|tx| boxes::list_boxes(tx, "A-001")).unwrap().len(), 1);
    assert_eq!(viewer.get("/o/KITA01/sessions").status, 200, "still signed in");
    let late = gives(&mut clerk, &contract("A-001"), &preview);
    assert_eq!(late.refusal(), "contract.version_differs", "the old form does nothing any more");
    let (_, again) = does(&mut clerk, "A-001", &to_b);
    assert!(again.body.contains("実行しました"), "the number is free again: {}", again.body);
}

#[test]
fn what_somebody_else_changed_since_is_not_taken_back_nor_what_is_a_day_old() {
    let house = House::new();
    house.world.given_contract("A-001");
    house.world.given_contract("A-002");
    let mut clerk = given_sato(&house);
    let (_, done) = does(&mut clerk, "A-001", &[("verb", "suspend"), ("reason", "50")]);
    let request = offered(&done).unwrap();
    assert_eq!(
        says(&mut clerk, "A-002", ("undo", &request)).refusal(),
        "undo.gone",
        "of this number"
    );
    house.world.given_key("A-001", "BASIC");
    assert_eq!(offered(&clerk.look(&contract("A-001"))), None);
    for what in ["undo_preview", "undo"] {
        let told = says(&mut clerk, "A-001", (what, &request));
        assert_eq!(told.refusal(), "undo.changed_since");
        assert!(told.body.contains("そのあとに別の操作があった"), "{}", told.body);
    }
    let (_, done) = does(&mut clerk, "A-001", &[("verb", "resume")]);
    let request = offered(&done).unwrap();
    let viewer = given_clerk(&house, Role::Viewer);
    assert_eq!(offered(&{ viewer }.look(&contract("A-001"))), None, "who only looks");
    let scope = Scope::new(KITA, Actor::System, clock::now());
    let keep = |work: fn(&mut Tx<'_>) -> base::kernel::Result<u64>| {
        house.world.db.housekeep(&scope, "test", work).unwrap()
    };
    keep(|tx| tx.exec("UPDATE verb_undo SET given_ms = given_ms - 86400000", &[]));
    assert_eq!(offered(&clerk.look(&contract("A-001"))), None);
    assert_eq!(says(&mut clerk, "A-001", ("undo", &request)).refusal(), "undo.gone");
    assert_eq!(keep(|tx| commands::sweep_undo(tx, 1)), 1, "a few at a time");
    assert_eq!(
        (keep(|tx| commands::sweep_undo(tx, 9)), keep(|tx| commands::sweep_undo(tx, 9))),
        (1, 0)
    );
    let (_, reset) = does(&mut clerk, "A-002", &[("verb", "person_reset"), ("person", "1")]);
    assert_eq!(offered(&reset), None, "a password does not come back");
}

/// A service that is to be told everything.
pub fn given_service(house: &House) {
    let receiver = Receiver {
        id: "vod-site".to_owned(),
        kind: "webhook".to_owned(),
        events: "*".to_owned(),
        settings: "{\"url\":\"https://vod.example/hook\"}".to_owned(),
        secret_sealed: None,
        enabled: true,
    };
    let scope = Scope::new(KITA, Actor::System, clock::now());
    let put = move |tx: &mut Tx<'_>| put_receiver(tx, &receiver);
    house.world.db.housekeep(&scope, "test", put).unwrap();
}

/// A service that takes nothing: what waits for it is given up.
pub fn given_up(house: &House) {
    let scope = Scope::new(KITA, Actor::System, clock::now());
    let give_up = |tx: &mut Tx<'_>| {
        let until = tx.now().plus_seconds(60);
        let refused = Outcome::Refused("410 gone".to_owned());
        let all = outbox::claim(tx, "vod-site", until, 100)?;
        all.iter().try_for_each(|one| outbox::settle(tx, one, &refused))?;
        Ok(all.len())
    };
    while house.world.db.housekeep(&scope, "test", give_up).unwrap() > 0 {}
}

#[test]
fn a_service_that_was_given_up_is_told_again_of_one_contract_or_of_all() {
    let house = House::new();
    given_service(&house);
    house.world.given_contract("A-001");
    house.world.given_contract("A-002");
    given_up(&house);
    let mut looker = given_clerk(&house, Role::Viewer);
    let shown = looker.look(&contract("A-001"));
    assert!(shown.body.contains("失敗 1件") && shown.body.contains("410 gone"), "{}", shown.body);
    assert!(!shown.body.contains("value=\"resend\""), "{}", shown.body);
    let mut clerk = given_sato(&house);
    let resend = [("do", "resend"), ("receiver", "vod-site")];
    opens(&mut clerk, &contract("A-001"));

    let told = clerk.send_form(&contract("A-001"), &resend);

    assert!(
        told.body.contains("1件を送り直します") && told.body.contains("待ち 1件"),
        "{}",
        told.body
    );
    let again = clerk.send_form(&contract("A-001"), &resend);
    assert!(again.body.contains("送り直すものはありません"), "{}", again.body);
    let today = format!("{CONSOLE}/today");
    let shown = opens(&mut clerk, &today);
    assert!(shown.body.contains("もう一度送る"), "A-002 is given up still: {}", shown.body);
    let told = clerk.send_form(&today, &[("receiver", "vod-site")]);
    assert!(told.body.contains("1件を送り直します"), "{}", told.body);
    assert_eq!(house.audited("outbox.revived"), 2);
    let backlog = house.world.look(outbox::backlog).unwrap();
    assert_eq!((backlog[0].pending, backlog[0].dead), (2, 0));
}
