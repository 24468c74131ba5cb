//! A file of the SMS is taken back from the console: tried first, conflicts listed, approved by somebody else.

use domain::commands::Op;
use domain::files::{self, FileState};
use domain::operators::Role;
use domain::subscribers::Standing;
use linkage::sms::batch::Polled;

use crate::batch_desk::{Desk, csv, each, starts};
use crate::console::{CONSOLE, given_clerk, invited, joins};
use crate::console_bulk::proof_for;
use crate::console_desk::opens;
use crate::viewers::{Answer, House, Viewer};
use crate::world::KITA;

/// A file that suspended three contracts by mistake; the SMS has resumed one of them since. Answers the door and the page.
fn given_mistake(house: &House) -> (Desk, String) {
    let desk =
        Desk::on(house.world.db.clone(), house.world.dir.path().join("sms").join(KITA), "node-1");
    let (first, content) = csv(1, &starts("C", 3));
    desk.send(&first, &content);
    let (second, content) = csv(2, &each("C", "103", 3));
    let answers = desk.send(&second, &content);
    assert!(answers.iter().all(|one| one.result == "0"), "{answers:#?}");
    house.world.sms(Op::Resume, "C00002");
    let file = house.world.look(|tx| files::find(tx, &second)).unwrap();
    (desk, format!("{CONSOLE}/files/{}", file.id))
}

fn says(clerk: &mut Viewer<'_>, path: &str, (word, seen): (&str, Option<&str>)) -> Answer {
    let shown = opens(clerk, path);
    let stand = shown.body.rsplit_once("name=\"seen\" value=\"").map(|(_, rest)| rest);
    let stand = stand.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    clerk.send_form(path, &[("do", word), ("seen", seen.unwrap_or(&stand))])
}

fn works(desk: &Desk) {
    while desk.batch.poll_undo(KITA).unwrap() == Polled::More {}
}

fn standings(house: &House) -> [Standing; 3] {
    ["C00001", "C00002", "C00003"]
        .map(|number| house.world.household(number).standing(base::kernel::clock::now()))
}

const SUSPENDED: Standing = Standing::Suspended;
const ACTIVE: Standing = Standing::Active;

#[test]
fn one_asks_another_sees_the_conflicts_first_and_approves_and_the_rest_goes_back() {
    let house = House::new();
    let (desk, path) = given_mistake(&house);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = Viewer::new(&house);
    let invitation = invited(&house, KITA, ("kato", Role::Admin));
    joins(&mut kato, KITA, ("kato", &invitation));
    let mut sato = given_clerk(&house, Role::Desk);
    assert!(!sato.look(&path).body.contains("undo_ask"), "who may not is shown no button");

    let asked = says(&mut suzuki, &path, ("undo_ask", None));
    assert!(asked.body.contains("調べています"), "{}", asked.body);
    assert!(asked.headers.contains_key("refresh"), "the page looks again by itself");
    let hasty = says(&mut kato, &path, ("undo_approve", None));
    assert_eq!(hasty.refusal(), "file.changed_meanwhile", "nobody approves what was not tried");
    works(&desk);
    assert_eq!(standings(&house), [SUSPENDED, ACTIVE, SUSPENDED], "tried only");

    let own = says(&mut suzuki, &path, ("undo_approve", None));
    assert_eq!(own.refusal(), "undo.own_ask");
    let shown = kato.look(&path);
    let (_, section) = shown.body.split_once("<h2 id=\"undo\">").expect("the section");
    let list = section.find("<li>C00002</li>").expect("the conflict");
    assert!(list < section.find("undo_approve").expect("the button"), "conflicts first");
    assert!(section.contains("2件の契約を元に戻せます。戻せない契約は1件です"), "{section}");
    let stale = says(&mut kato, &path, ("undo_approve", Some("CHECKED.1.2.0")));
    assert_eq!(stale.refusal(), "file.changed_meanwhile", "not what was shown");
    let cookie = &sato.cookies["__Host-aikagi-console"];
    let purpose = path.replace(CONSOLE, "console:");
    sato.proof = house.provider.signing.handles().form_proof(cookie, &purpose);
    let forced = sato.send_form(&path, &[("do", "undo_approve")]);
    assert_eq!(forced.refusal(), "staff.not_allowed");

    let approved = says(&mut kato, &path, ("undo_approve", None));
    assert!(approved.body.contains("承認しました"), "{}", approved.body);
    works(&desk);

    assert_eq!(standings(&house), [ACTIVE, ACTIVE, ACTIVE]);
    let done = kato.look(&path);
    assert!(done.body.contains("2件の契約を元に戻しました"), "{}", done.body);
    assert!(done.body.contains("一部取り消し") && done.body.contains("undo_ask"), "{}", done.body);
    let acts = ["asked", "checked", "approved", "done"];
    let counted = acts.map(|act| house.audited(&format!("file.undo_{act}")));
    assert_eq!((counted, house.audited("contract.restored")), ([1; 4], 2));
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let restored = lines.iter().filter(|line| line.act == "contract.restored");
    assert!(restored.into_iter().all(|line| line.actor == "staff:suzuki"), "in whose name");
}

#[test]
fn a_wish_is_given_up_before_it_is_approved_and_nothing_has_changed() {
    let house = House::new();
    let (desk, path) = given_mistake(&house);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    says(&mut suzuki, &path, ("undo_ask", None));
    says(&mut suzuki, &path, ("undo_ask", None));
    assert_eq!(house.audited("file.undo_asked"), 1, "asked twice is asked once");
    works(&desk);
    let over = says(&mut suzuki, &path, ("undo_withdraw", None));
    assert!(over.body.contains("何も変わっていません"), "{}", over.body);
    works(&desk);
    assert_eq!(
        says(&mut suzuki, &path, ("undo_withdraw", None)).refusal(),
        "file.changed_meanwhile"
    );
    assert_eq!(standings(&house), [SUSPENDED, ACTIVE, SUSPENDED]);
    let file = house.world.look(files::unfinished).unwrap();
    assert!(file.is_empty(), "{file:?}");
    assert!(suzuki.look(&path).body.contains("undo_ask"), "it may be asked for again");
    let id = path.rsplit('/').next().unwrap().to_owned();
    let state = house.world.look(move |tx| files::find(tx, &id)).unwrap().state;
    assert_eq!(state, FileState::ResultSent);
}

#[test]
fn a_result_the_sms_lost_is_put_out_once_more_by_who_helps_and_says_so_when_no_copy_is_left() {
    let house = House::new();
    let (desk, path) = given_mistake(&house);
    let root = house.world.dir.path().join("sms").join(KITA);
    let name = csv(2, &[]).0.replace("_D.", "_R.");
    let (out, kept) = (root.join("out").join(&name), root.join("out/.kept").join(&name));
    let first = std::fs::read(&out).unwrap();
    let fetched = || {
        std::fs::remove_file(&out).unwrap();
        std::fs::remove_file(format!("{}.end", out.display())).unwrap();
    };
    fetched();
    let puts_out = || while desk.batch.poll_resend(KITA, &root).unwrap() == Polled::More {};

    let mut viewer = given_clerk(&house, Role::Viewer);
    assert!(!viewer.look(&path).body.contains("value=\"resend\""));
    viewer.proof = proof_for(&house, &viewer, &path);
    let refused = viewer.send_form(&path, &[("do", "resend")]);
    assert_eq!(refused.refusal(), "staff.not_allowed");
    let mut sato = given_clerk(&house, Role::Desk);
    for _ in 0..2 {
        assert!(says(&mut sato, &path, ("resend", None)).headers.contains_key("refresh"));
    }
    assert_eq!(house.audited("file.resend_asked"), 1, "asked twice is asked once");
    puts_out();
    assert_eq!(std::fs::read(&out).unwrap(), first);
    assert!(out.with_file_name(format!("{name}.end")).exists());
    let shown = opens(&mut sato, &path);
    assert!(shown.body.contains("もう一度置きました"), "{}", shown.body);
    assert!(!shown.headers.contains_key("refresh"));

    fetched();
    std::fs::remove_file(kept).unwrap();
    says(&mut sato, &path, ("resend", None));
    puts_out();
    assert!(!out.exists());
    assert!(opens(&mut sato, &path).body.contains("もう残っていません"));
    assert_eq!(house.audited("file.resend_done") + house.audited("file.resend_gone"), 2);
}

#[test]
fn what_was_refused_as_a_whole_has_no_result_to_put_out_again() {
    let house = House::new();
    let (desk, _) = given_mistake(&house);
    let (name, content) = csv(3, &starts("D", 1));
    desk.send(&name, content.get(..content.len() / 2).unwrap());
    let newest = house.world.look(|tx| files::list(tx, 1)).unwrap().remove(0);
    assert_eq!(newest.state, FileState::Rejected, "{newest:?}");
    let path = format!("{CONSOLE}/files/{}", newest.id);
    let mut sato = given_clerk(&house, Role::Desk);
    assert!(!sato.look(&path).body.contains("value=\"resend\""));
    sato.proof = proof_for(&house, &sato, &path);
    assert_eq!(sato.send_form(&path, &[("do", "resend")]).refusal(), "file.no_result");
}

#[test]
fn what_can_not_be_taken_back_says_so_and_stands_in_no_other_files_way() {
    let house = House::new();
    let (desk, path) = given_mistake(&house);
    let (third, content) = csv(3, &each("C", "102", 1));
    desk.send(&third, &content);
    let spoil =
        "UPDATE file_undo SET before = 'spoilt' WHERE operator_id = ?1 AND version_after = 2";
    house
        .world
        .db
        .housekeep(&house.world.scope(KITA, crate::world::sato()), "test", move |tx| {
            tx.exec(spoil, &[KITA.into()])
        })
        .unwrap();
    let other = house.world.look(move |tx| files::find(tx, &third)).unwrap();
    let other = format!("{CONSOLE}/files/{}", other.id);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    says(&mut suzuki, &path, ("undo_ask", None));
    says(&mut suzuki, &other, ("undo_ask", None));
    works(&desk);
    assert_eq!(house.audited("file.undo_failed"), 1);
    let shown = opens(&mut suzuki, &path).body;
    assert!(shown.contains("取り消せませんでした") && shown.contains("undo_ask"), "{shown}");
    assert!(opens(&mut suzuki, &other).body.contains("別の方に"), "the other one was tried");
}
