//! The station's files at the console: who sees where they stand, and who says what of them.

use domain::files::{self, Arrival, File, FileState, Found};
use domain::operators::Role;

use crate::console::{CONSOLE, given_clerk, invited, joins};
use crate::console_bulk::proof_for;
use crate::console_desk::opens;
use crate::viewers::{Answer, House, Viewer};
use crate::world::{KITA, sms};

/// The next file of the northern SMS, as the door of files leaves it: `mass` lines take something away.
pub fn given(house: &House, sequence: i64, mass: i64) -> File {
    let arrival = Arrival {
        name: format!("KITA01_CT01_20261120_{sequence:08}_D.csv"),
        interface: "CT01".to_owned(),
        kind: "D".to_owned(),
        sequence,
        business_on: house.world.now().day_jst().iso(),
        digest: format!("digest {sequence}"),
        test: false,
        by_hand: false,
    };
    let found = Found { lines: 600, mass, data_offset: 40 };
    let come = move |tx: &mut base::store::Tx<'_>| {
        let file = files::arrive(tx, &arrival)?;
        match files::order(tx, &file)? {
            files::Order::Gap(missing) => files::hold_for_gap(tx, &file, missing),
            _ => files::accept(tx, &file, &found),
        }
    };
    house.world.act(sms(), come).unwrap()
}

fn now(house: &House, file: &File) -> File {
    let id = file.id.clone();
    house.world.look(move |tx| files::find(tx, &id)).unwrap()
}

fn path(file: &File) -> String {
    format!("{CONSOLE}/files/{}", file.id)
}

/// A clerk besides the first one.
fn clerk<'h>(house: &'h House, id: &'static str, role: Role) -> Viewer<'h> {
    let invitation = invited(house, KITA, (id, role));
    let mut clerk = Viewer::new(house);
    joins(&mut clerk, KITA, (id, &invitation));
    clerk
}

/// Opens the page of a file and says a word about it.
fn says(clerk: &mut Viewer<'_>, file: &File, word: &str) -> Answer {
    let shown = opens(clerk, &path(file));
    clerk.send_form(&path(file), &[("do", word), ("seen", &seen(&shown))])
}

fn seen(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("name=\"seen\" value=\"").unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn a_guarded_file_is_explained_and_two_different_persons_let_it_go_on() {
    let house = House::new();
    let file = given(&house, 1, 600);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = clerk(&house, "kato", Role::Admin);
    let list = suzuki.get(&format!("{CONSOLE}/files"));
    assert!(list.body.contains(&file.name) && list.body.contains("承認待ち"), "{}", list.body);
    let shown = suzuki.get(&path(&file));
    assert!(shown.body.contains("F010") && shown.body.contains("<dd>600</dd>"), "{}", shown.body);

    let first = says(&mut suzuki, &file, "approve");
    assert!(first.body.contains("もう一人の承認を待っています"), "{}", first.body);
    assert!(first.body.contains("佐藤　㈱北浜 (suzuki)"), "who approved: {}", first.body);
    assert_eq!(says(&mut suzuki, &file, "approve").refusal(), "file.approved_already");
    assert_eq!(now(&house, &file).state, FileState::Guarded);
    let second = says(&mut kato, &file, "approve");
    assert!(second.body.contains("2人の承認がそろった"), "{}", second.body);
    assert_eq!(now(&house, &file).state, FileState::Applying);
    assert_eq!(house.audited("file.approved"), 2);
}

#[test]
fn what_one_person_decided_the_next_one_sees_and_does_not_decide_again() {
    let house = House::new();
    let file = given(&house, 1, 600);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let mut kato = clerk(&house, "kato", Role::Admin);
    let shown = opens(&mut kato, &path(&file));
    says(&mut suzuki, &file, "discard");
    let late = kato.send_form(&path(&file), &[("do", "approve"), ("seen", &seen(&shown))]);
    assert_eq!((late.status.as_u16(), late.refusal()), (409, "file.changed_meanwhile"));
    assert!(late.body.contains("受付不可"), "how it stands now: {}", late.body);
    assert_eq!(now(&house, &file).state, FileState::Rejected);
    assert_eq!(house.audited("file.approved"), 0);
}

#[test]
fn a_gap_is_told_at_the_top_and_released_by_who_may() {
    let house = House::new();
    given(&house, 1, 0);
    let held = given(&house, 3, 0);
    let mut suzuki = given_clerk(&house, Role::Admin);
    let list = suzuki.get(&format!("{CONSOLE}/files"));
    assert!(list.body.contains("番号 00000002 のファイルが届いていません"), "{}", list.body);
    let asked = says(&mut suzuki, &held, "release");
    assert!(asked.body.contains("番号の順番を待たずに"), "{}", asked.body);
    assert_eq!(now(&house, &held).state, FileState::Held, "not done unasked");
    let sure = [("do", "release"), ("seen", &seen(&asked)), ("sure", "yes")];
    let done = suzuki.send_form(&path(&held), &sure);
    assert!(done.body.contains("進めるようにしました"), "{}", done.body);
    let released = now(&house, &held);
    assert_eq!((released.state, released.is_resolved("gap")), (FileState::Arrived, true));
    assert_eq!(house.audited("file.released"), 1);
}

#[test]
fn who_may_not_decide_is_shown_no_button_and_refused_each_word_sent_anyway() {
    let house = House::new();
    let file = given(&house, 1, 600);
    for (role, id) in [(Role::Viewer, "ito"), (Role::Accounting, "mori"), (Role::Desk, "abe")] {
        let mut clerk = clerk(&house, id, role);
        let shown = clerk.get(&path(&file));
        assert!(shown.status == 200 && !shown.body.contains("value=\"approve\""), "{role:?}");
        clerk.proof = proof_for(&house, &clerk, &path(&file));
        for word in ["approve", "release", "discard"] {
            let told = clerk.send_form(&path(&file), &[("do", word), ("seen", "GUARDED.mass")]);
            assert_eq!(told.refusal(), "staff.not_allowed", "{role:?} {word}");
        }
    }
    assert_eq!(now(&house, &file), file);
}

#[test]
fn many_files_are_shown_page_by_page_and_each_page_asks_the_database_little() {
    let house = House::new();
    let all: Vec<File> = (1..=65).map(|sequence| given(&house, sequence, 0)).collect();
    let mut suzuki = given_clerk(&house, Role::Viewer);
    let (mut path, mut seen) = (format!("{CONSOLE}/files"), Vec::new());
    loop {
        let before = house.world.db.statements();
        let shown = suzuki.get(&path);
        let statements = house.world.db.statements() - before;
        assert!(statements <= 12 && shown.body.len() <= 30 * 1024, "{statements}");
        let named = all.iter().filter(|file| shown.body.contains(&file.name));
        seen.extend(named.map(|file| file.sequence));
        let Some((_, rest)) = shown.body.split_once("/files?before=") else { break };
        path = format!("{CONSOLE}/files?before={}", rest.split('"').next().unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=65).collect::<Vec<_>>());
    let before = house.world.db.statements();
    suzuki.get(&format!("{CONSOLE}/files/{}", all[0].id));
    assert!(house.world.db.statements() - before <= 12);
    assert_eq!(suzuki.get(&format!("{CONSOLE}/files/fil_nobody")).refusal(), "file.unknown");
}
