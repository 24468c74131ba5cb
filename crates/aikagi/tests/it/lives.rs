//! Stories of numbers that come back: after a stop, a purge, a replacement, a file taken back.

use base::kernel::Actor;
use domain::commands::{self, Command, Op, Report};
use domain::subscribers::{self, Attributes, Load, PersonState, Reason, Standing};

use crate::picture::picture;
use crate::world::{KITA, World, sato, sms};

fn code(report: &Report) -> &str {
    report.code.as_deref().unwrap_or("")
}

fn new(world: &World, op: Op, number: &str) -> Command {
    Command::new(&world.request_id(), op, number)
}

fn start_generation(world: &World, number: &str, generation: i64) -> Report {
    world.send(Command { generation: Some(generation), ..new(world, Op::Start, number) })
}

fn replace(world: &World, from: &str, to: &str) -> Report {
    world.send(Command { new_number: Some(to.to_owned()), ..new(world, Op::Replace, from) })
}

/// Purges everything that is due, as the worker does.
fn purge(world: &World) -> u64 {
    let mut purged = 0;
    loop {
        match world.act(Actor::System, |tx| commands::purge_due(tx, 50)).unwrap() {
            0 => return purged,
            some => purged += some,
        }
    }
}

/// The standing of each generation of a number.
fn standings(world: &World, number: &str) -> Vec<Standing> {
    let numbers = vec![number.to_owned()];
    let all = world.look(|tx| subscribers::load(tx, numbers, Load::Whole)).unwrap();
    all.iter().map(|one| one.standing(world.now())).collect()
}

#[test]
fn a_stop_dated_a_year_back_can_be_cancelled_today_and_is_purged_180_days_from_today() {
    let world = World::new();
    world.given_contract("A-001");
    let backdated = |op| Command {
        effective_at: Some(world.now().plus_days(-365)),
        ..new(&world, op, "A-001")
    };
    assert_eq!(world.send(backdated(Op::Stop)).state, Some(Standing::Stopped));
    assert_eq!(purge(&world), 0);
    assert_eq!(code(&world.sms(Op::StopCancel, "A-001")), "");
    assert_eq!(world.standing("A-001"), Standing::Active);

    world.send(backdated(Op::Stop));
    world.pass_days(180);
    assert_eq!(purge(&world), 0);
    world.pass(1);
    assert_eq!(purge(&world), 1);
    assert_eq!(world.standing("A-001"), Standing::Purged);
    assert_eq!(code(&world.sms(Op::StopCancel, "A-001")), "contract.unknown");
    let suspend = Command { reason: Some(Reason::Unpaid), ..new(&world, Op::Suspend, "A-001") };
    assert_eq!(code(&world.send(suspend)), "contract.unknown");
    assert_eq!(code(&start_generation(&world, "A-001", 0)), "contract.number_stopped");
    let again = world.sms(Op::Start, "A-001");
    assert_eq!((again.generation, again.state), (Some(1), Some(Standing::Active)));
}

#[test]
fn sixty_numbers_that_came_back_do_not_keep_anybody_from_being_purged() {
    let world = World::new();
    let numbers: Vec<String> = (0..60).map(|n| format!("A-{n:03}")).collect();
    for number in &numbers {
        world.given_contract(number);
        world.sms(Op::Stop, number);
        assert_eq!(start_generation(&world, number, 1).state, Some(Standing::Active));
    }
    world.given_contract("Z-001");
    world.sms(Op::Stop, "Z-001");
    world.pass_days(181);

    assert_eq!(purge(&world), 61);

    for number in &numbers {
        assert_eq!(standings(&world, number), [Standing::Purged, Standing::Active], "{number}");
    }
    assert_eq!(standings(&world, "Z-001"), [Standing::Purged]);
}

#[test]
fn what_is_purged_is_in_no_table() {
    let world = World::new();
    let secrets = ["ﾋﾐﾂﾉ ﾅﾏｴ", "0311112222", "1980-02-29", "秘密のメモ", "5300001"];
    let attributes = Attributes {
        kana: Some(secrets[0].to_owned()),
        telephone: Some(secrets[1].to_owned()),
        birth_on: Some(secrets[2].to_owned()),
        note: Some(secrets[3].to_owned()),
        postal_code: Some(secrets[4].to_owned()),
        ..Attributes::default()
    };
    world.send(Command { attributes: attributes.clone(), ..new(&world, Op::Start, "A-001") });
    for op in [Op::Suspend, Op::Resume, Op::Suspend] {
        let (reason, reference) = (Some(Reason::Pause), Some(secrets[3].to_owned()));
        world.send(Command { reason, reference, ..new(&world, op, "A-001") });
        world.pass(1);
    }
    let later = Some(world.now().plus_days(400));
    world.send(Command { effective_at: later, attributes, ..new(&world, Op::Attr, "A-001") });
    world.sms(Op::Stop, "A-001");
    let told = |secret: &str| {
        let all = picture(&world.db, KITA, |_, _| false);
        let tables = all.iter().filter(|(_, rows)| rows.iter().any(|row| row.contains(secret)));
        tables.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(told(secrets[3]), ["contracts", "holds", "jobs"], "the search finds what is there");
    world.pass_days(181);

    assert_eq!(purge(&world), 1);

    for secret in secrets {
        assert_eq!(told(secret), Vec::<String>::new(), "{secret}");
    }
}

#[test]
fn a_member_removed_long_ago_is_purged_out_of_a_living_contract() {
    let world = World::new();
    world.given_contract("A-001");
    let person = |op, kana: Option<&str>| {
        let attributes = Attributes { kana: kana.map(str::to_owned), ..Attributes::default() };
        world.send(Command { person_no: 2, attributes, ..new(&world, op, "A-001") })
    };
    person(Op::PersonAdd, Some("ﾋﾐﾂ"));
    person(Op::PersonStop, None);
    world.pass_days(180);
    assert_eq!(purge(&world), 0);
    world.pass(1);
    assert_eq!(purge(&world), 1);
    let household = world.household("A-001");
    let member = household.person(2).unwrap();
    assert_eq!((member.state, &member.kana), (PersonState::Purged, &None));
    assert_eq!(household.standing(world.now()), Standing::Active);
    assert_eq!(purge(&world), 0, "once");
    assert!(world.audited().contains(&"person.purged".to_owned()));
    assert_eq!(code(&person(Op::PersonAdd, None)), "person.number_used");
}

#[test]
fn the_number_of_a_removed_member_is_not_given_to_another_by_the_sms() {
    let world = World::new();
    world.given_contract("A-001");
    let person = |op| Command { person_no: 3, ..new(&world, op, "A-001") };
    world.send(person(Op::PersonAdd));
    world.send(person(Op::PersonStop));
    assert_eq!(code(&world.send(person(Op::PersonAdd))), "person.number_used");
    let restored = world.send_as(sato(), person(Op::PersonAdd));
    assert_eq!(code(&restored), "", "staff know whom they mean");
    assert_eq!(world.household("A-001").person(3).unwrap().state, PersonState::Invited);
}

#[test]
fn a_number_whose_owner_was_purged_can_be_the_target_of_a_replacement() {
    let world = World::new();
    world.given_contract("A-001");
    world.given_contract("B-001");
    assert_eq!(code(&replace(&world, "A-001", "B-001")), "contract.replace_target_invalid");
    world.sms(Op::Stop, "B-001");
    assert_eq!(code(&replace(&world, "A-001", "B-001")), "contract.replace_target_invalid");
    world.pass_days(181);
    purge(&world);
    assert_eq!(code(&replace(&world, "A-001", "B-001")), "");
    assert_eq!(standings(&world, "B-001"), [Standing::Purged, Standing::Active]);
    assert_eq!(standings(&world, "A-001"), [Standing::Stopped]);
}

#[test]
fn versions_of_one_number_only_grow_whatever_the_generation() {
    let world = World::new();
    world.given_contract("A-001");
    world.given_key("A-001", "BASIC");
    let commands = vec![
        new(&world, Op::Stop, "A-001"),
        Command { generation: Some(1), ..new(&world, Op::Start, "A-001") },
    ];
    let done = world.act(sms(), move |tx| commands::execute_many(tx, &commands)).unwrap();
    let versions: Vec<i64> = done.reports.iter().map(|report| report.version).collect();
    assert_eq!(versions, [3, 4]);
    let mut old = new(&world, Op::KeyRevoke, "A-001");
    (old.generation, old.product) = (Some(0), Some("BASIC".to_owned()));
    assert_eq!(world.send(old).version, 5, "of the old generation, told after the new one's");
    assert_eq!(world.given_key("A-001", "BASIC").version, 6);
}

#[test]
fn a_title_rented_watched_run_out_and_rented_again_can_be_watched_again() {
    let world = World::new();
    crate::decisions::given_viewer(&world, "A-001");
    let may = || crate::decisions::ask(&world, "A-001", 1, "title:R0001") == "P00";
    let play = || {
        let subject = domain::decisions::Subject::Member { number: "A-001", person_no: 1 };
        world
            .act(Actor::System, move |tx| {
                domain::decisions::record_first_play(tx, &subject, "title:R0001")
            })
            .unwrap()
    };
    assert_eq!(code(&world.given_key("A-001", "RENTAL1")), "");
    assert!(may());
    play();
    world.pass(47 * 3600);
    assert_eq!(code(&world.given_key("A-001", "RENTAL1")), "note.same_already", "still running");
    world.pass(2 * 3600);
    assert!(!may());
    assert_eq!(code(&world.given_key("A-001", "RENTAL1")), "", "a new rental");
    assert!(may());
    world.pass_days(31);
    assert!(!may(), "never begun within its 30 days");
    assert_eq!(code(&world.given_key("A-001", "RENTAL1")), "");
    assert!(may());
    play();
    world.pass(49 * 3600);
    assert!(!may());
}

#[test]
fn a_start_without_a_date_begins_a_reserved_contract_now_and_the_whole_row_holds() {
    let world = World::new();
    let reserve = |number: &str, days: i64| {
        let date = Some(world.now().plus_days(days));
        world.send(Command { effective_at: date, ..new(&world, Op::Start, number) })
    };
    let suspend =
        |number: &str| Command { reason: Some(Reason::Work), ..new(&world, Op::Suspend, number) };
    for number in ["R-1", "R-2", "R-3", "R-4"] {
        assert_eq!(reserve(number, 10).state, Some(Standing::Reserved));
    }
    assert_eq!(code(&reserve("R-1", 10)), "note.same_already");
    for days in [20, 5] {
        let moved = reserve("R-1", days);
        assert_eq!((code(&moved), moved.state), ("", Some(Standing::Reserved)), "{days} days");
    }
    let now = world.sms(Op::Start, "R-1");
    assert_eq!((code(&now), now.state), ("", Some(Standing::Active)));
    assert_eq!(code(&world.sms(Op::Start, "R-1")), "note.same_already");

    let held = world.send(suspend("R-2"));
    assert_eq!((code(&held), held.state), ("", Some(Standing::Reserved)));
    assert_eq!(code(&world.send(suspend("R-2"))), "note.hold_exists");
    assert_eq!(code(&world.sms(Op::StopCancel, "R-2")), "contract.nothing_to_cancel");
    assert_eq!(code(&replace(&world, "R-2", "N-2")), "contract.replace_target_invalid");
    assert_eq!(code(&world.sms(Op::Resume, "R-2")), "");
    assert_eq!(code(&world.sms(Op::Resume, "R-2")), "note.not_suspended");
    world.send(suspend("R-2"));
    assert_eq!(world.sms(Op::Start, "R-2").state, Some(Standing::Suspended), "not resumed");
    assert_eq!(world.sms(Op::Stop, "R-3").state, Some(Standing::Stopped), "申込取消");
    world.pass_days(11);
    assert_eq!(world.standing("R-3"), Standing::Stopped);
    assert_eq!(world.standing("R-4"), Standing::Active);
}

#[test]
fn a_suspension_scheduled_by_staff_survives_an_sms_resume() {
    let world = World::new();
    world.given_contract("A-001");
    let effective_at = Some(world.now().plus_days(1));
    let reason = Some(Reason::Admin);
    let later = Command { effective_at, reason, ..new(&world, Op::Suspend, "A-001") };
    assert_eq!(code(&world.send_as(sato(), later)), "note.scheduled");
    world.pass_days(2);
    assert_eq!(run_due(&world), 1);
    assert_eq!(world.standing("A-001"), Standing::Suspended);
    assert_eq!(code(&world.sms(Op::Resume, "A-001")), "note.holds_remain");
    assert_eq!(world.standing("A-001"), Standing::Suspended);
}

#[test]
fn a_stop_can_not_be_taken_back_once_the_number_is_in_use_again() {
    let world = World::new();
    world.given_contract("A-001");
    world.given_key("A-001", "BASIC");
    world.sms(Op::Stop, "A-001");
    start_generation(&world, "A-001", 1);
    let cancel = |generation| Command { generation, ..new(&world, Op::StopCancel, "A-001") };

    assert_eq!(code(&world.send(cancel(Some(0)))), "contract.nothing_to_cancel");

    assert_eq!(standings(&world, "A-001"), [Standing::Stopped, Standing::Active]);
    assert!(!world.audited().contains(&"contract.stop_cancelled".to_owned()));
    world.sms(Op::Stop, "A-001");
    assert_eq!(code(&world.send(cancel(Some(0)))), "contract.nothing_to_cancel");
    assert_eq!(code(&world.send(cancel(None))), "", "the last life goes on");
    assert_eq!(standings(&world, "A-001"), [Standing::Stopped, Standing::Active]);
}

/// Does every scheduled command that is due; returns how many.
pub fn run_due(world: &World) -> usize {
    let until = world.now().plus_seconds(60);
    let scope = world.scope(KITA, Actor::System);
    let claim = move |tx: &mut base::store::Tx<'_>| base::records::jobs::claim(tx, until, 100);
    let jobs = world.db.housekeep(&scope, "test", claim).unwrap();
    for job in jobs.clone() {
        world.act(Actor::System, move |tx| commands::run_job(tx, &job)).unwrap();
    }
    jobs.len()
}
