//! What the owner of a household does for its members, and each member for themselves: through the bus, by the same rules
//! as the station's, and by nobody else.

use std::collections::BTreeSet;
use std::path::Path;

use base::kernel::{Actor, Change, Instant, Result};
use base::store::Tx;
use domain::commands::{self, AdultTitles, Command, HouseholdAdult, NewMember, Op};
use domain::credentials::{self, Fresh};
use domain::subscribers::{Attributes, PersonState, Reason, Role, Source};

use crate::decisions::{ask, given_registered, person};
use crate::picture::{assert_same, picture};
use crate::world::{KITA, World, sato};

/// Something a person does to member 3 of their household.
pub type Act = fn(&mut Tx<'_>, &Fresh<'_>) -> Result<()>;

pub fn child() -> NewMember {
    NewMember { kana: "ユイ".to_owned(), birth_on: None, role: Role::Child }
}

/// What only the owner may do, and whether it waits after a recovery.
const OWNERS: &[(&str, Act, bool)] = &[
    ("add_member", |tx, who| commands::add_member(tx, who, (&child(), "f")).map(drop), true),
    ("suspend_member", |tx, who| commands::suspend_member(tx, who, 3).map(drop), false),
    ("resume_member", |tx, who| commands::resume_member(tx, who, 3).map(drop), true),
    ("remove_member", |tx, who| commands::remove_member(tx, who, 3).map(drop), false),
    ("restore_member", |tx, who| commands::restore_member(tx, who, 3).map(drop), true),
    ("set_member_rating", |tx, who| commands::set_member_rating(tx, who, (3, 15)).map(drop), true),
    (
        "switch_household_adult",
        |tx, who| commands::switch_household_adult(tx, who, AdultTitles::Allowed).map(drop),
        true,
    ),
    (
        "switch_member_adult",
        |tx, who| commands::switch_member_adult(tx, who, (3, AdultTitles::Allowed)).map(drop),
        true,
    ),
    (
        "set_member_role",
        |tx, who| commands::set_member_role(tx, who, (3, Role::Adult)).map(drop),
        true,
    ),
    ("offer_household", |tx, who| commands::offer_household(tx, who, 3).map(drop), true),
];

/// What others than the owner do too.
const ANYBODYS: &[&str] = &["leave_household", "end_offer", "accept_household"];

/// Does `work` as a member of A-001 who has just proved to be themselves.
pub fn by<T: Send + 'static>(
    world: &World,
    person_no: i64,
    work: impl Fn(&mut Tx<'_>, &Fresh<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    by_proved(world, (person_no, world.now()), work)
}

/// The same of who proved it at `proved`.
fn by_proved<T: Send + 'static>(
    world: &World,
    (person_no, proved): (i64, Instant),
    work: impl Fn(&mut Tx<'_>, &Fresh<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let id = world.household("A-001").person(person_no).expect("a member").person_id.clone();
    let actor = Actor::Person(id.clone());
    world.act(actor, move |tx| work(tx, &Fresh { person_id: &id, proved }))
}

fn add(world: &World, person_no: i64, attributes: Attributes) {
    world.send(Command { attributes, ..person(world, Op::PersonAdd, "A-001", person_no) });
    given_registered(world, "A-001", person_no);
}

/// A-001 with its owner, an adult and a child, all registered; the station has checked the owner's age.
pub fn given_household() -> World {
    let world = World::new();
    let mut start = Command::new(&world.request_id(), Op::Start, "A-001");
    start.attributes = Attributes {
        birth_on: Some("1985-02-03".to_owned()),
        age_verified_by: Some("document".to_owned()),
        ..Attributes::default()
    };
    world.send(start);
    given_registered(&world, "A-001", 1);
    let born = |day: &str, role| Attributes {
        birth_on: Some(day.to_owned()),
        role: Some(role),
        ..Attributes::default()
    };
    add(&world, 2, born("1986-07-08", Role::Adult));
    add(&world, 3, born("2013-05-06", Role::Child));
    world
}

fn code<T>(refused: Result<T>) -> &'static str {
    refused.err().expect("refused").code()
}

#[test]
fn every_act_of_a_household_is_in_these_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src/commands");
    let mut found = BTreeSet::new();
    for file in ["members.rs", "parental.rs", "offers.rs"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        for part in text.split("\npub fn ").skip(1) {
            let head = part.split('{').next().unwrap_or_default();
            if head.contains("fresh: &Fresh") {
                found.insert(part.split('(').next().unwrap_or_default().to_owned());
            }
        }
    }
    let owners = OWNERS.iter().map(|(name, ..)| *name);
    let listed: BTreeSet<String> =
        owners.chain(ANYBODYS.iter().copied()).map(str::to_owned).collect();
    assert_eq!(found, listed);
}

#[test]
fn who_is_not_the_owner_is_refused_each_act_and_nothing_changes() {
    let world = given_household();
    add(&world, 4, Attributes::default());
    world.send(person(&world, Op::PersonStop, "A-001", 4));
    let before = picture(&world.db, KITA, |_, _| false);
    for (name, act, _) in OWNERS {
        for person_no in [2, 3, 4] {
            let refused = code(by(&world, person_no, *act));
            // An adult has a switch of their own, so who is gone is told so there.
            let gone = person_no == 4 && *name == "switch_member_adult";
            let expected = if gone { "person.stopped" } else { "family.owner_only" };
            assert_eq!(refused, expected, "{name} by {person_no}");
        }
        if *name == "switch_member_adult" {
            continue;
        }
        let of_nobody = world.act(Actor::Person("per_0".to_owned()), move |tx| {
            act(tx, &Fresh { person_id: "per_0", proved: tx.now() })
        });
        assert_eq!(code(of_nobody), "family.owner_only", "{name}");
        assert_same(&before, &picture(&world.db, KITA, |_, _| false), name);
    }
    for seen in [
        world.look(|tx| credentials::family_of(tx, "per_0").map(drop)),
        world.look(|tx| credentials::removed_of(tx, "per_0").map(drop)),
        world.look(|tx| commands::household_adult_of(tx, "per_0").map(drop)),
    ] {
        assert_eq!(code(seen), "family.owner_only");
    }
}

#[test]
fn a_held_or_stopped_owner_does_nothing_any_more() {
    for (op, refusal) in [(Op::PersonSuspend, "person.suspended"), (Op::Stop, "contract.stopped")] {
        let world = given_household();
        let person_no = i64::from(op == Op::PersonSuspend);
        let reason = Some(Reason::Admin);
        world.send_as(sato(), Command { reason, ..person(&world, op, "A-001", person_no) });
        for (name, act, _) in OWNERS {
            assert_eq!(code(by(&world, 1, *act)), refusal, "{name}");
        }
    }
}

#[test]
fn what_gives_access_needs_a_young_proof_and_waits_a_day_after_a_recovery() {
    for (name, act, waits) in OWNERS {
        let world = given_household();
        let old = world.now().plus_seconds(-301);
        assert_eq!(code(by_proved(&world, (1, old), *act)), "proof.too_old", "{name}");
        let owner = world.household("A-001").persons[0].person_id.clone();
        let until = world.now().plus_seconds(60);
        let forgot = move |tx: &mut Tx<'_>| {
            credentials::replace_credentials(tx, &owner, ("takahashi", "$argon2id$x"))?;
            let keys = [tx.operator().into(), owner.as_str().into(), until.into()];
            tx.change_one(
                "UPDATE passwords SET waits_until_ms = ?3 WHERE operator_id = ?1 AND person_id = ?2",
                &keys,
            )
        };
        world.act(Actor::System, forgot).unwrap();
        let answer = by(&world, 1, *act);
        let refusal = answer.err().map_or("", |error| error.code());
        assert_eq!(refusal == "recovery.waits", *waits, "{name}: {refusal}");
    }
}

#[test]
fn a_form_that_adds_a_member_adds_one_however_often_and_fast_it_comes() {
    let world = given_household();
    let send = |request: &'static str| {
        by(&world, 1, move |tx, who| commands::add_member(tx, who, (&child(), request)))
    };
    let (first, second) = std::thread::scope(|scope| {
        let both = [scope.spawn(|| send("form-1")), scope.spawn(|| send("form-1"))];
        let [first, second] = both.map(|one| one.join().unwrap().unwrap());
        (first, second)
    });
    assert!(first.is_some() != second.is_some(), "one is answered with the invitation");
    assert!(send("form-1").unwrap().is_none());
    let persons = world.household("A-001").persons;
    assert_eq!(persons.len(), 4);
    let added = &persons[3];
    assert_eq!((added.kana.as_deref(), added.role), (Some("ユイ"), Role::Child));
    assert_eq!((added.state, added.max_rating_years), (PersonState::Invited, 12));
    let invitation = first.or(second).unwrap();
    let check = world.look(|tx| credentials::check_letter(tx, "A-001", &invitation.code)).unwrap();
    assert!(
        matches!(check, credentials::LetterCheck::Good(letter) if letter.person_id == added.person_id)
    );

    // One who is gone keeps their number.
    by(&world, 1, |tx, who| commands::remove_member(tx, who, 4)).unwrap();
    send("form-2").unwrap();
    assert_eq!(world.household("A-001").persons[4].person_no, 5);
    for request in ["form-3", "form-4"] {
        send(request).unwrap();
    }
    assert_eq!(code(send("form-5")), "person.too_many");
    let acts = world.audited();
    assert_eq!(acts.iter().filter(|act| *act == "person.invited").count(), 2 + 4);
    assert_eq!(acts.iter().filter(|act| *act == "invitation.made").count(), 4);
}

#[test]
fn a_member_is_added_with_a_name_and_a_birth_date_that_can_be() {
    let world = given_household();
    let add = |kana: &str, born: Option<&str>, role| {
        let (kana, birth_on) = (kana.to_owned(), born.map(str::to_owned));
        let new = NewMember { kana, birth_on, role };
        by(&world, 1, move |tx, who| commands::add_member(tx, who, (&new, "f")).map(drop))
    };
    for (kana, born, role, refusal) in [
        ("", None, Role::Child, "field.required"),
        ("<b>ユイ", None, Role::Child, "family.name_malformed"),
        ("ユイ", Some("2026-02-30"), Role::Child, "date.malformed"),
        ("ユイ", Some("2027-01-01"), Role::Child, "date.malformed"),
        ("ユイ", Some("2010-01-01"), Role::Adult, "family.under_age"),
        ("ユイ", None, Role::Owner, "person.role_unknown"),
    ] {
        assert_eq!(code(add(kana, born, role)), refusal, "{kana} {born:?}");
    }
    add("たかはし　ゆい", Some("2015-01-31"), Role::Child).unwrap();
    let added = world.household("A-001").persons.remove(3);
    assert_eq!(added.kana.as_deref(), Some("たかはし ゆい"));
    assert_eq!(added.birth_on.as_deref(), Some("2015-01-31"));
}

#[test]
fn an_owner_suspends_and_resumes_and_never_lifts_what_the_station_holds() {
    let world = given_household();
    let suspend = || by(&world, 1, |tx, who| commands::suspend_member(tx, who, 3));
    let resume = || by(&world, 1, |tx, who| commands::resume_member(tx, who, 3)).unwrap();
    world.given_key("A-001", "BASIC");
    assert_eq!(suspend().unwrap(), Change::Made);
    assert_eq!(suspend().unwrap(), Change::Already);
    assert_eq!(ask(&world, "A-001", 3, "channel:101"), "D06");
    let reason = Some(Reason::Fraud);
    world.send_as(sato(), Command { reason, ..person(&world, Op::PersonSuspend, "A-001", 3) });
    let listed = || {
        let owner = world.household("A-001").persons[0].person_id.clone();
        world.look(|tx| credentials::family_of(tx, &owner)).unwrap().remove(2)
    };
    assert!(listed().held_by_owner && listed().held_by_others);

    let resumed = resume();
    assert_eq!((resumed.change, resumed.held_by_others), (Change::Made, true));
    assert_eq!(resume().change, Change::Already);
    let holds = world.household("A-001").holds;
    assert_eq!(holds.iter().map(|hold| hold.source).collect::<Vec<_>>(), [Source::Console]);
    assert_eq!(ask(&world, "A-001", 3, "channel:101"), "D06");
    world.send_as(sato(), person(&world, Op::PersonResume, "A-001", 3));
    assert_eq!(ask(&world, "A-001", 3, "channel:101"), "P00");
    for refusal in [
        code(by(&world, 1, |tx, who| commands::suspend_member(tx, who, 1))),
        code(by(&world, 1, |tx, who| commands::remove_member(tx, who, 1))),
        code(by(&world, 1, |tx, who| commands::set_member_role(tx, who, (1, Role::Child)))),
    ] {
        assert_eq!(refusal, "family.not_owner");
    }
}

#[test]
fn who_is_removed_can_be_brought_back_for_thirty_days_as_they_were() {
    let world = given_household();
    let remove = || by(&world, 1, |tx, who| commands::remove_member(tx, who, 2));
    let restore = || by(&world, 1, |tx, who| commands::restore_member(tx, who, 2));
    let removed = || {
        let owner = world.household("A-001").persons[0].person_id.clone();
        world.look(|tx| credentials::removed_of(tx, &owner)).unwrap()
    };
    assert_eq!(remove().unwrap(), Change::Made);
    assert_eq!(remove().unwrap(), Change::Already);
    let [one] = &removed()[..] else { panic!("one was removed") };
    assert_eq!((one.person_no, one.until), (2, world.now().plus_days(30)));
    assert_eq!(
        code(by(&world, 1, |tx, who| commands::suspend_member(tx, who, 2))),
        "person.stopped"
    );
    let access = world.household("A-001").persons[1].access_no;

    world.pass_days(30);
    assert_eq!(restore().unwrap(), Change::Made);
    assert_eq!(restore().unwrap(), Change::Already);
    let back = world.household("A-001").persons.remove(1);
    assert_eq!((back.state, back.access_no), (PersonState::Active, access));
    assert!(access > 0 && removed().is_empty(), "what they were signed in with is over");

    remove().unwrap();
    world.pass_days(30);
    world.pass(1);
    assert!(removed().is_empty());
    assert_eq!(code(restore()), "person.stopped");
    assert_eq!(
        code(by(&world, 1, |tx, who| commands::restore_member(tx, who, 9))),
        "person.unknown"
    );
}

#[test]
fn an_adult_leaves_a_child_and_the_owner_do_not() {
    let world = given_household();
    assert_eq!(code(by(&world, 1, commands::leave_household)), "person.sole_owner");
    assert_eq!(code(by(&world, 3, commands::leave_household)), "family.child_stays");
    let old = world.now().plus_seconds(-301);
    let tired = by_proved(&world, (2, old), commands::leave_household);
    assert_eq!(code(tired), "proof.too_old");
    by(&world, 2, commands::leave_household).unwrap();
    let gone = world.household("A-001").persons.remove(1);
    assert_eq!((gone.state, gone.access_no), (PersonState::Stopped, 1));
    assert_eq!(gone.birth_on.as_deref(), Some("1986-07-08"), "what is theirs is kept");
    assert_eq!(code(by(&world, 2, commands::leave_household)), "person.stopped");
    let line = world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
    let line = line.into_iter().rfind(|line| line.act == "person.stopped").unwrap();
    assert_eq!(line.actor, format!("person:{}", gone.person_id));
}

#[test]
fn a_rating_counts_at_once_and_only_a_higher_one_needs_a_proof() {
    let world = given_household();
    world.given_key("A-001", "MIHODAI");
    world.given_key("A-001", "RENTAL1");
    let old = world.now().plus_seconds(-3600);
    let rate = |proved, person_no, years| {
        by_proved(&world, (1, proved), move |tx, who| {
            commands::set_member_rating(tx, who, (person_no, years))
        })
    };
    assert_eq!(ask(&world, "A-001", 2, "title:R0001"), "P00");
    assert_eq!(rate(old, 2, 12).unwrap(), Change::Made);
    assert_eq!(rate(old, 2, 12).unwrap(), Change::Already);
    assert_eq!(ask(&world, "A-001", 2, "title:R0001"), "D14");
    assert_eq!(code(rate(old, 2, 15)), "proof.too_old");
    rate(world.now(), 2, 15).unwrap();
    assert_eq!(ask(&world, "A-001", 2, "title:R0001"), "P00");
    rate(world.now(), 1, 15).unwrap();

    for (years, refusal) in
        [(15, "family.under_age"), (18, "family.under_age"), (13, "rating.unknown")]
    {
        assert_eq!(code(rate(world.now(), 3, years)), refusal, "{years}");
    }
    rate(old, 3, 0).unwrap();
    rate(world.now(), 3, 12).unwrap();
    add(&world, 4, Attributes { role: Some(Role::Child), ..Attributes::default() });
    rate(world.now(), 4, 15).unwrap();
    assert_eq!(code(rate(world.now(), 4, 18)), "family.under_age", "a child of whatever age");
}

#[test]
fn adult_titles_need_the_station_the_household_and_a_person_known_to_be_of_age() {
    let world = given_household();
    world.given_key("A-001", "NIGHT");
    let old = world.now().plus_seconds(-3600);
    let household = |proved, wanted| {
        by_proved(&world, (1, proved), move |tx, who| {
            commands::switch_household_adult(tx, who, wanted)
        })
    };
    let person = |by, whose, wanted| {
        by_proved(&world, by, move |tx, who| {
            commands::switch_member_adult(tx, who, (whose, wanted))
        })
    };
    let (on, off, now) = (AdultTitles::Allowed, AdultTitles::Off, world.now());
    assert_eq!(ask(&world, "A-001", 2, "title:A0001"), "D13");
    assert_eq!(code(household(old, on)), "proof.too_old");
    household(now, on).unwrap();
    assert_eq!(household(now, on).unwrap(), Change::Already);
    assert_eq!(ask(&world, "A-001", 1, "title:A0001"), "P00", "the owner's with it");
    assert_eq!(ask(&world, "A-001", 2, "title:A0001"), "D13");
    assert_eq!(code(person((2, old), 2, on)), "proof.too_old");
    person((2, now), 2, on).unwrap();
    assert_eq!(ask(&world, "A-001", 2, "title:A0001"), "P00", "an adult for themselves");
    person((1, old), 2, off).unwrap();
    assert_eq!(
        ask(&world, "A-001", 2, "title:A0001"),
        "D13",
        "off is at once, and the owner's too"
    );
    person((1, now), 2, on).unwrap();
    household(old, off).unwrap();
    assert_eq!(ask(&world, "A-001", 2, "title:A0001"), "D13");

    assert_eq!(code(person((2, now), 1, off)), "family.owner_only");
    assert_eq!(code(person((3, now), 3, on)), "family.owner_only");
    assert_eq!(code(person((1, now), 3, on)), "family.child");
    add(&world, 4, Attributes::default());
    assert_eq!(code(person((1, now), 4, on)), "family.age_unknown");
}

#[test]
fn a_household_whose_owners_age_nobody_checked_has_no_adult_titles_by_the_owners_word() {
    let world = World::new();
    world.given_contract("A-001");
    given_registered(&world, "A-001", 1);
    let switch =
        || by(&world, 1, |tx, who| commands::switch_household_adult(tx, who, AdultTitles::Allowed));
    let seen = || {
        let owner = world.household("A-001").persons[0].person_id.clone();
        world.look(|tx| commands::household_adult_of(tx, &owner)).unwrap()
    };
    assert_eq!((code(switch()), seen()), ("family.age_not_verified", HouseholdAdult::NotVerified));
    assert_eq!(world.household("A-001").contract.age_verified_by, None);
    let mut attr = Command::new(&world.request_id(), Op::Attr, "A-001");
    attr.attributes.age_verified_by = Some("document".to_owned());
    world.send(attr);
    assert_eq!((code(switch()), seen()), ("family.age_unknown", HouseholdAdult::Off));
    let mut attr = Command::new(&world.request_id(), Op::Attr, "A-001");
    attr.attributes.birth_on = Some("2008-11-21".to_owned());
    world.send(attr);
    assert_eq!(code(switch()), "family.under_age");
    world.pass_days(1);
    assert_eq!((switch().unwrap(), seen()), (Change::Made, HouseholdAdult::Allowed));
}

#[test]
fn a_child_becomes_an_adult_when_of_age_and_an_adult_is_made_no_child() {
    let world = given_household();
    add(&world, 4, Attributes { role: Some(Role::Child), ..Attributes::default() });
    add(&world, 5, Attributes::default());
    world.send(person(&world, Op::PersonAdd, "A-001", 6));
    let make = |person_no, role| {
        by(&world, 1, move |tx, who| commands::set_member_role(tx, who, (person_no, role)))
    };
    assert_eq!(code(make(3, Role::Adult)), "family.under_age");
    assert_eq!(code(make(2, Role::Child)), "family.of_age");
    assert_eq!(code(make(5, Role::Child)), "family.of_age", "registered, and nobody knows the age");
    assert_eq!(code(make(2, Role::Owner)), "person.role_unknown");
    assert_eq!(make(4, Role::Adult).unwrap(), Change::Made);
    assert_eq!(make(4, Role::Adult).unwrap(), Change::Already);
    assert_eq!(
        make(6, Role::Child).unwrap(),
        Change::Made,
        "who has not registered has seen nothing"
    );
    let persons = world.household("A-001").persons;
    assert_eq!((persons[3].role, persons[3].max_rating_years), (Role::Adult, 12), "not raised");
    world.pass_days(365 * 5);
    make(3, Role::Adult).unwrap();
}

#[test]
fn the_list_of_members_tells_an_owner_nothing_that_is_another_adults_own() {
    let world = given_household();
    let adult = world.household("A-001").persons.remove(1);
    let id = adult.person_id.clone();
    let login = move |tx: &mut Tx<'_>| {
        credentials::replace_credentials(tx, &id, ("secretly", "$argon2id$x"))
    };
    world.act(Actor::System, login).unwrap();
    let owner = world.household("A-001").persons[0].person_id.clone();
    let shown = world.look(|tx| {
        Ok(format!(
            "{:?} {:?}",
            credentials::family_of(tx, &owner)?,
            credentials::removed_of(tx, &owner)?
        ))
    });
    let shown = shown.unwrap();
    for private in [&adult.person_id, "1986-07-08", "secretly"] {
        assert!(!shown.contains(private), "{private}: {shown}");
    }
    assert!(shown.contains("OfAge") && shown.contains("Minor"), "{shown}");
}
