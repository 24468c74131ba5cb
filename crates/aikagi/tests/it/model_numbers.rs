//! Numbers, dates, letters and periods against a second reference model, on random command lists.
//!
//! What the model (`numbers_model`) and the product say of every step must agree: the code, where
//! both contracts and all members stand, every living key to the second, what may be watched, and
//! which letters are good.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use base::kernel::{Actor, Error, Instant};
use domain::clients::Clients;
use domain::commands::{Command, End, Op};
use domain::credentials::{LetterCheck, Passwords, check_letter, write_letter};
use domain::decisions::{
    Action, Ask, Capacity, Decisions, PinGiven, Question, Subject, record_first_play,
};
use domain::signin::{Caller, Journeys, Moved, OwnPage, Purpose, Step as At, Visit};
use domain::signing::{MasterKey, Signing};
use domain::subscribers::{Household, Load, Reason};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::lives::run_due;
use crate::numbers_keys::{DAY, When};
use crate::numbers_model::{Model, Step, What, Wish};
use crate::world::{KITA, World, sato, sms};

fn keys() -> impl Strategy<Value = What> {
    let product = prop_oneof![
        4 => Just("BASIC"), 3 => Just("PACK"), 2 => Just("MIHODAI"), 4 => Just("RENTAL1"),
        1 => prop_oneof![Just("NIGHT"), Just("OLD"), Just("NO-SUCH")],
    ];
    let who = prop_oneof![5 => Just(0_i64), 1 => Just(2_i64)];
    let days = prop_oneof![2 => Just(None), 4 => (1_i64..7).prop_map(Some), 1 => Just(Some(0))];
    let when = prop_oneof![
        3 => Just(When::Now), 2 => (-1_i64..8).prop_map(When::InDays),
        1 => Just(When::EndOfDay), 1 => Just(When::EndOfMonth),
    ];
    let in_days = prop_oneof![3 => Just(0), 3 => 1_i64..9, 1 => -3_i64..0];
    let one = (product, who);
    prop_oneof![
        5 => (one.clone(), in_days, days)
            .prop_map(|((product, who), in_days, days)| What::Open { product, who, in_days, days }),
        3 => (one.clone(), when).prop_map(|((product, who), when)| What::Close { product, who, when }),
        1 => one.prop_map(|(product, who)| What::Revoke { product, who }),
        1 => Just(What::Play),
    ]
}

fn members() -> impl Strategy<Value = What> {
    let no = 1_i64..4;
    prop_oneof![
        3 => (no.clone(), any::<bool>()).prop_map(|(no, console)| What::Add { no, console }),
        2 => no.clone().prop_map(What::Remove),
        1 => no.clone().prop_map(What::HoldPerson),
        1 => no.clone().prop_map(What::LiftPerson),
        2 => no.clone().prop_map(What::Reset),
        4 => no.prop_map(What::Letter),
        3 => (0_usize..6).prop_map(What::Register),
    ]
}

fn contracts() -> impl Strategy<Value = What> {
    let wish = prop_oneof![Just(Wish::Suspend), Just(Wish::Stop), Just(Wish::Replace)];
    let in_days = prop_oneof![2 => Just(0), 3 => 1_i64..5];
    let passing = prop_oneof![6 => 1_i64..9, 1 => 14_i64..32];
    prop_oneof![
        6 => (in_days, any::<bool>()).prop_map(|(in_days, next)| What::Start { in_days, next }),
        2 => any::<bool>().prop_map(|console| What::Suspend { console }),
        2 => any::<bool>().prop_map(|console| What::Resume { console }),
        1 => Just(What::Stop),
        2 => any::<bool>().prop_map(|before| What::StopCancel { before }),
        3 => (0_usize..2).prop_map(|to| What::Replace { to }),
        2 => (wish, 1_i64..5).prop_map(|(wish, in_days)| What::Later { wish, in_days }),
        1 => (0_usize..3).prop_map(What::Cancel),
        4 => passing.prop_map(What::DaysPass),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![4 => contracts(), 4 => keys(), 3 => members()];
    let at = prop_oneof![3 => Just(0_usize), 1 => Just(1_usize)];
    (at, what).prop_map(|(at, what)| Step { at, what })
}

/// Most lists begin with a contract, so that there is something to do with.
fn lists() -> impl Strategy<Value = Vec<Step>> {
    let begin = Step { at: 0, what: What::Start { in_days: 0, next: false } };
    let begin = proptest::option::weighted(0.9, Just(begin));
    (begin, proptest::collection::vec(step(), 1..50))
        .prop_map(|(begin, rest)| begin.into_iter().chain(rest).collect())
}

/// The product, and what is only known outside of it: printed letters, requests that were sent.
struct Town<'w> {
    world: &'w World,
    began: Instant,
    decisions: Decisions,
    journeys: Journeys,
    registered: Cell<usize>,
}

#[derive(Default)]
struct Desk {
    numbers: [String; 2],
    letters: Vec<(String, String)>,
    later: Vec<String>,
}

impl<'w> Town<'w> {
    fn new(world: &'w World) -> Self {
        let signing = Signing::new(&world.db, MasterKey::random());
        let passwords = Passwords::start(1).unwrap();
        Self {
            world,
            began: world.now(),
            decisions: Decisions::open(&world.db, Capacity::default()).unwrap(),
            journeys: Journeys::new(&world.db, signing, Clients::new(&world.db), passwords),
            registered: Cell::new(0),
        }
    }

    fn second(&self) -> i64 {
        self.began.seconds_until(self.world.now())
    }

    /// Performs a step and says the code of its outcome.
    fn act(&self, desk: &mut Desk, model: &Model, step: &Step) -> String {
        let number = desk.numbers[step.at].clone();
        match step.what {
            What::Letter(no) => {
                let printed = {
                    let number = number.clone();
                    self.world.act(sato(), move |tx| write_letter(tx, &number, no))
                };
                said(printed.map(|letter| desk.letters.push((number, letter.code))))
            }
            What::Register(nth) => match desk.letters.get(nth) {
                Some(letter) => said(self.register(letter)),
                None => String::new(),
            },
            What::Play => {
                let play = move |tx: &mut base::store::Tx<'_>| {
                    let subject = Subject::Member { number: &number, person_no: 0 };
                    record_first_play(tx, &subject, "title:R0001").map(drop)
                };
                said(self.world.act(Actor::Client("vod".to_owned()), play))
            }
            _ => {
                let (console, command) = self.command(desk, model, step);
                if matches!(step.what, What::Later { .. }) && model.newest(step.at).is_some() {
                    desk.later.push(command.request_id.clone());
                }
                let actor = if console { sato() } else { sms() };
                self.world.send_as(actor, command).code.unwrap_or_default()
            }
        }
    }

    /// The product's word for a step.
    fn command(&self, desk: &Desk, model: &Model, step: &Step) -> (bool, Command) {
        let days = |days: i64| Some(self.world.now().plus_days(days));
        let new = |op| Command::new(&self.world.request_id(), op, &desk.numbers[step.at]);
        let reason = |console| Some(if console { Reason::Fraud } else { Reason::Unpaid });
        let generation = |less: i64| {
            i64::try_from(model.numbers[step.at].len()).ok().map(|generations| generations - less)
        };
        let moved = |to: usize| Some(desk.numbers[to].clone());
        match step.what {
            What::Start { in_days, next } => {
                let effective_at = days(in_days).filter(|_| in_days > 0);
                let generation = generation(0).filter(|_| next);
                (false, Command { effective_at, generation, ..new(Op::Start) })
            }
            What::Suspend { console } => {
                (console, Command { reason: reason(console), ..new(Op::Suspend) })
            }
            What::Resume { console } => (console, new(Op::Resume)),
            What::Stop => (false, new(Op::Stop)),
            What::StopCancel { before } => {
                let generation = generation(2).filter(|known| before && *known >= 0);
                (false, Command { generation, ..new(Op::StopCancel) })
            }
            What::Replace { to } => (false, Command { new_number: moved(to), ..new(Op::Replace) }),
            What::Later { wish, in_days } => {
                let op = match wish {
                    Wish::Suspend => Op::Suspend,
                    Wish::Stop => Op::Stop,
                    Wish::Replace => Op::Replace,
                };
                let reason = reason(false).filter(|_| wish == Wish::Suspend);
                let new_number = moved(1 - step.at).filter(|_| wish == Wish::Replace);
                (false, Command { effective_at: days(in_days), reason, new_number, ..new(op) })
            }
            What::Cancel(nth) => {
                let cancels = desk.later.get(nth).cloned().or_else(|| Some("nobody's".to_owned()));
                (false, Command { cancels, ..new(Op::CancelScheduled) })
            }
            What::Add { console, .. } => (console, self.inside(new(Op::PersonAdd), step)),
            What::Remove(_) => (false, self.inside(new(Op::PersonStop), step)),
            What::HoldPerson(_) => {
                let hold = Command { reason: reason(false), ..new(Op::PersonSuspend) };
                (false, self.inside(hold, step))
            }
            What::LiftPerson(_) => (false, self.inside(new(Op::PersonResume), step)),
            What::Reset(_) => (false, self.inside(new(Op::PersonReset), step)),
            What::Open { .. } => (false, self.inside(new(Op::KeyOpen), step)),
            What::Close { .. } => (false, self.inside(new(Op::KeyClose), step)),
            What::Revoke { .. } => (false, self.inside(new(Op::KeyRevoke), step)),
            What::Letter(_) | What::Register(_) | What::Play | What::DaysPass(_) => unreachable!(),
        }
    }

    /// With the member or the key of a step.
    fn inside(&self, command: Command, step: &Step) -> Command {
        let days = |days: i64| Some(self.world.now().plus_days(days));
        let key = |product: &str, person_no| Command {
            product: Some(product.to_owned()),
            person_no,
            ..command.clone()
        };
        match step.what {
            What::Add { no: person_no, .. }
            | What::Remove(person_no)
            | What::HoldPerson(person_no)
            | What::LiftPerson(person_no)
            | What::Reset(person_no) => Command { person_no, ..command },
            What::Open { product, who, in_days, days: long } => Command {
                effective_at: days(in_days).filter(|_| in_days != 0),
                end_at: long.and_then(|long| days(in_days + long)).map(End::At),
                ..key(product, who)
            },
            What::Close { product, who, when } => {
                let end_at = match when {
                    When::Now => None,
                    When::InDays(many) => days(many).map(End::At),
                    When::EndOfDay => Some(End::Day),
                    When::EndOfMonth => Some(End::Month),
                };
                Command { end_at, ..key(product, who) }
            }
            What::Revoke { product, who } => key(product, who),
            _ => unreachable!(),
        }
    }

    /// Somebody types the letter, and chooses a login id and a password.
    fn register(&self, (number, code): &(String, String)) -> base::kernel::Result<()> {
        let own = OwnPage::Device { user_code: None };
        let purpose = Purpose::Own(Visit { issuer: KITA.to_owned(), own });
        let now = self.world.now();
        let ticket = self.journeys.begin(&purpose, ("browser", now)).unwrap();
        let caller = Caller { ticket: &ticket, browser: "browser", session: None, now };
        self.journeys.go_to(&caller, &At::Letter).unwrap();
        self.journeys.try_letter(&caller, (number, code))?;
        self.registered.set(self.registered.get() + 1);
        let name = format!("hanako{}", self.registered.get());
        let moved = self.journeys.register(&caller, (&name, "ねこは３匹いれば十分です。"))?;
        assert!(matches!(moved, Moved::Finished(_)));
        Ok(())
    }

    /// Lets days pass; what is due on the way is done at its second.
    fn pass(&self, model: &mut Model, days: i64) {
        let until = model.second + days * DAY;
        while let Some(due) = model.next_due(until) {
            self.world.pass(due - self.second());
            model.second = due;
            run_due(self.world);
            model.run_due();
        }
        self.world.pass(until - self.second());
        model.second = until;
    }
}

fn said(outcome: Result<(), Error>) -> String {
    outcome.map_or_else(|error| error.code().to_owned(), |()| String::new())
}

/// Everything that is compared, in words.
type Picture = BTreeMap<String, String>;

fn model_picture(model: &Model, desk: &Desk) -> Picture {
    let now = model.second;
    let mut picture = Picture::new();
    for (at, number) in desk.numbers.iter().enumerate() {
        let Some(contract) = model.newest(at) else { continue };
        let mut members = String::new();
        for (no, member) in &contract.members {
            members += &format!("{no} {} ", member.state());
        }
        let living = contract.keys.iter().filter(|key| key.is_living(now));
        let keys: BTreeSet<String> = living
            .map(|key| {
                let period = (key.start, key.over());
                format!("{} {} {:?} {}", key.product, key.who, period, key.state(now))
            })
            .collect();
        let watch = [&["BASIC", "PACK"][..], &["MIHODAI", "PACK"], &["RENTAL1"]];
        let watch = watch.map(|products| contract.may_watch(products, now));
        picture.insert(
            number.clone(),
            format!("{} {members} {keys:?} {watch:?}", contract.standing(now)),
        );
    }
    let good: Vec<bool> = model.letters.iter().map(|letter| model.is_good(letter)).collect();
    picture.insert("letters".to_owned(), format!("{good:?}"));
    picture
}

fn picture(town: &Town<'_>, desk: &Desk) -> Picture {
    let world = town.world;
    let now = world.now();
    let numbers = desk.numbers.to_vec();
    let (households, keyrings) = world
        .look(|tx| {
            let households = domain::subscribers::load(tx, numbers.clone(), Load::Whole)?;
            Ok((households, domain::entitlements::load(tx, numbers)?))
        })
        .unwrap();
    let mut newest: BTreeMap<String, Household> = BTreeMap::new();
    for household in households {
        newest.insert(household.contract.number.clone(), household);
    }
    let mut picture = Picture::new();
    // Before the town began, too: a key may be asked for from last week on.
    let second = |instant: Instant| (instant.ms() - town.began.ms()).div_euclid(1000);
    for (number, household) in newest {
        let mut members = String::new();
        for person in &household.persons {
            members += &format!("{} {} ", person.person_no, person.state.as_str());
        }
        let grants = keyrings.get(&household.key()).map_or(&[][..], |ring| &ring.grants);
        let living = grants
            .iter()
            .filter(|grant| matches!(grant.state_at(now).as_str(), "OPEN" | "SCHEDULED"));
        let keys: BTreeSet<String> = living
            .map(|grant| {
                let period = (second(grant.starts), grant.over().map(second));
                let state = grant.state_at(now).as_str();
                format!("{} {} {:?} {state}", grant.product, grant.person_no, period)
            })
            .collect();
        let watch = ["channel:101", "title:T0001", "title:R0001"].map(|resource| {
            let subject = Subject::Member { number: &number, person_no: 0 };
            let question = Question {
                action: Action::View,
                resource,
                least_age: None,
                adult: false,
                pin: PinGiven::Missing,
            };
            let ask = Ask { operator: KITA, client: "vod", subject, question };
            town.decisions.answer(&ask, now).unwrap().decision.permit()
        });
        let standing = household.standing(now).as_str();
        picture.insert(number, format!("{standing} {members} {keys:?} {watch:?}"));
    }
    let scope = world.scope(KITA, Actor::Anonymous);
    let letters = desk.letters.clone();
    let good = move |tx: &mut base::store::Tx<'_>| {
        let good = |(number, code): &(String, String)| {
            Ok(matches!(check_letter(tx, number, code)?, LetterCheck::Good(_)))
        };
        letters.iter().map(good).collect::<base::kernel::Result<Vec<bool>>>()
    };
    let good = world.db.read(&scope, good).unwrap();
    picture.insert("letters".to_owned(), format!("{good:?}"));
    picture
}

#[test]
fn numbers_dates_letters_and_periods_do_what_the_tables_say() {
    let world = World::new();
    let town = Town::new(&world);
    let mut runner =
        TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let lists = lists();
    let cases = Cell::new(0);
    runner
        .run(&lists, |steps| {
            cases.set(cases.get() + 1);
            let numbers = ["A", "B"].map(|letter| format!("{letter}-{:05}", cases.get()));
            let mut desk = Desk { numbers, ..Desk::default() };
            let mut model = Model::default();
            model.second = town.second();
            for step in &steps {
                if let What::DaysPass(days) = step.what {
                    town.pass(&mut model, days);
                } else {
                    world.pass(1);
                    let said = town.act(&mut desk, &model, step);
                    prop_assert_eq!(said, model.apply(step), "{:?} in {:?}", step, &steps);
                }
                let (is, should) = (picture(&town, &desk), model_picture(&model, &desk));
                prop_assert_eq!(is, should, "after {:?} in {:?}", step, &steps);
            }
            Ok(())
        })
        .unwrap();
    assert!(cases.get() >= 48);
}
