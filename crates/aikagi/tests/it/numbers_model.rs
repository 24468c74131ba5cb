//! A second reference model: two numbers between which a household moves, dates that lie ahead,
//! letters and registration, periods of keys, bundles and a rental.
//!
//! Written from the tables of the specification (brief tve §5.2–5.4) and the decisions that fill
//! what it leaves open (0015, 0021, 0024), with plain lists and words, not from the product's code.
//! Time is counted in seconds since the world began: noon in Japan, 20 November 2026.

use std::collections::{BTreeMap, BTreeSet};

use crate::numbers_keys::{DAY, Period, When, key};

/// What happens at a number (0 or 1).
#[derive(Debug, Clone)]
pub struct Step {
    pub at: usize,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    Start {
        in_days: i64,
        next: bool,
    },
    Suspend {
        console: bool,
    },
    Resume {
        console: bool,
    },
    Stop,
    /// Of the newest generation, or of the one before it.
    StopCancel {
        before: bool,
    },
    Replace {
        to: usize,
    },
    Later {
        wish: Wish,
        in_days: i64,
    },
    /// Takes the n-th command that waits or waited back.
    Cancel(usize),
    Add {
        no: i64,
        console: bool,
    },
    Remove(i64),
    HoldPerson(i64),
    LiftPerson(i64),
    Reset(i64),
    Letter(i64),
    /// Somebody tries the n-th letter that was printed, wherever its person is now.
    Register(usize),
    Open {
        product: &'static str,
        who: i64,
        in_days: i64,
        days: Option<i64>,
    },
    Close {
        product: &'static str,
        who: i64,
        when: When,
    },
    Revoke {
        product: &'static str,
        who: i64,
    },
    Play,
    DaysPass(i64),
}

/// What can be asked for a later day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Suspend,
    Stop,
    Replace,
}

#[derive(Debug, Clone)]
pub struct Member {
    identity: usize,
    owner: bool,
    registered: bool,
    held: bool,
    pub gone_since: Option<i64>,
}

impl Member {
    pub const fn state(&self) -> &'static str {
        match (self.gone_since, self.registered) {
            (Some(_), _) => "STOPPED",
            (None, true) => "ACTIVE",
            (None, false) => "INVITED",
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Contract {
    starts: i64,
    /// Whose: the console's (for fraud) or the SMS's (for an unpaid bill).
    holds: BTreeSet<bool>,
    pub stopped_on: Option<i64>,
    replaced: bool,
    pub members: BTreeMap<i64, Member>,
    pub keys: Vec<Period>,
}

impl Contract {
    pub fn standing(&self, now: i64) -> &'static str {
        match (self.stopped_on, now < self.starts, self.holds.is_empty()) {
            (Some(_), _, _) => "STOPPED",
            (_, true, _) => "RESERVED",
            (_, _, false) => "SUSPENDED",
            _ => "ACTIVE",
        }
    }

    /// Whether the household may watch what `products` open.
    pub fn may_watch(&self, products: &[&str], now: i64) -> bool {
        let opens = |key: &Period| {
            key.who == 0
                && products.contains(&key.product)
                && key.state(now) == "OPEN"
                && key.watchable(now)
        };
        self.standing(now) == "ACTIVE" && self.keys.iter().any(opens)
    }
}

#[derive(Debug, Clone)]
pub struct Letter {
    identity: usize,
    issued: i64,
    dead: bool,
}

#[derive(Debug, Clone)]
struct Waiting {
    due: i64,
    at: usize,
    wish: Wish,
    waits: bool,
}

/// What the tables say.
#[derive(Debug, Default)]
pub struct Model {
    pub second: i64,
    /// The generations of each number, the newest last.
    pub numbers: [Vec<Contract>; 2],
    pub letters: Vec<Letter>,
    later: Vec<Waiting>,
    people: usize,
}

impl Model {
    pub fn newest(&self, at: usize) -> Option<&Contract> {
        self.numbers[at].last()
    }

    /// The next instant up to `until` at which a command that was written down is due.
    pub fn next_due(&self, until: i64) -> Option<i64> {
        let due = self.later.iter().filter(|one| one.waits && one.due <= until);
        due.map(|one| one.due).min()
    }

    /// Does what is due at this second; a refusal is only written down.
    pub fn run_due(&mut self) {
        for one in self.later.clone() {
            if one.waits && one.due == self.second {
                self.perform(
                    one.at,
                    &match one.wish {
                        Wish::Suspend => What::Suspend { console: false },
                        Wish::Stop => What::Stop,
                        Wish::Replace => What::Replace { to: 1 - one.at },
                    },
                );
            }
        }
        self.later.iter_mut().for_each(|one| one.waits &= one.due > self.second);
    }

    pub fn is_good(&self, letter: &Letter) -> bool {
        !letter.dead && self.second < letter.issued + 14 * DAY
    }

    /// Performs a step one second later and says the code of its outcome.
    pub fn apply(&mut self, step: &Step) -> &'static str {
        self.second += 1;
        self.perform(step.at, &step.what)
    }

    fn perform(&mut self, at: usize, what: &What) -> &'static str {
        let now = self.second;
        match *what {
            What::Start { in_days, next } => return self.start(at, now + in_days * DAY, next),
            What::Register(nth) => return self.register(nth),
            What::Replace { to } => return self.replace(at, to),
            _ => {}
        }
        let newer = self.numbers[at].len() > 1;
        let Some(contract) = self.numbers[at].last_mut() else {
            return if matches!(what, What::Play) { "rental.unknown" } else { "contract.unknown" };
        };
        match *what {
            What::Later { wish, in_days } => {
                self.later.push(Waiting { due: now + in_days * DAY, at, wish, waits: true });
                "note.scheduled"
            }
            What::Cancel(nth) => match self.later.get_mut(nth) {
                Some(one) if one.waits && one.at == at => {
                    one.waits = false;
                    ""
                }
                _ => "job.nothing_to_cancel",
            },
            // Who came back under the next generation is not there twice.
            What::StopCancel { before: true } if newer => "contract.nothing_to_cancel",
            What::Stop if contract.stopped_on.is_some() => "note.closed_already",
            What::Stop => {
                stop(contract, now);
                let gone: Vec<usize> = contract.members.values().map(|one| one.identity).collect();
                self.kill_letters(&gone);
                ""
            }
            What::Letter(no) => {
                let member = contract.members.get(&no).filter(|one| one.gone_since.is_none());
                match member.map(|one| one.identity) {
                    _ if contract.stopped_on.is_some() => "contract.stopped",
                    None => "person.unknown",
                    Some(identity) => {
                        self.kill_letters(&[identity]);
                        self.letters.push(Letter { identity, issued: now, dead: false });
                        ""
                    }
                }
            }
            What::Add { .. } | What::Remove(_) | What::Reset(_) => {
                let (code, over) = membership(contract, what, (now, &mut self.people));
                self.kill_letters(&over);
                code
            }
            What::HoldPerson(no) | What::LiftPerson(no) => {
                hold_person(contract, no, matches!(what, What::HoldPerson(_)))
            }
            What::Open { .. } | What::Close { .. } | What::Revoke { .. } | What::Play => {
                key(contract, what, now)
            }
            _ => suspension(contract, what, now),
        }
    }

    fn kill_letters(&mut self, identities: &[usize]) {
        let theirs = self.letters.iter_mut().filter(|one| identities.contains(&one.identity));
        theirs.for_each(|one| one.dead = true);
    }

    fn start(&mut self, at: usize, starts: i64, next: bool) -> &'static str {
        let now = self.second;
        if let Some(known) = self.numbers[at].last_mut() {
            match known.standing(now) {
                "STOPPED" if !next => return "contract.number_stopped",
                "STOPPED" => {}
                _ if next => return "contract.generation_in_use",
                "RESERVED" if known.starts != starts => {
                    known.starts = starts;
                    return "";
                }
                _ => return "note.same_already",
            }
        }
        let mut fresh = Contract { starts, ..Contract::default() };
        fresh.members.insert(1, invited(&mut self.people, true));
        self.numbers[at].push(fresh);
        ""
    }

    /// Persons, holds and what lives of the keys go to the new number; the old one is stopped.
    fn replace(&mut self, at: usize, to: usize) -> &'static str {
        let now = self.second;
        let free = self.numbers[to].is_empty() && to != at;
        let Some(old) = self.numbers[at].last_mut() else { return "contract.unknown" };
        if !matches!(old.standing(now), "ACTIVE" | "SUSPENDED") || !free {
            return "contract.replace_target_invalid";
        }
        let mut new = old.clone();
        new.keys.retain(|key| key.is_living(now));
        stop(old, now);
        old.replaced = true;
        old.members.clear();
        self.numbers[to].push(new);
        ""
    }

    fn register(&mut self, nth: usize) -> &'static str {
        let Some(letter) = self.letters.get(nth) else { return "" };
        let identity = letter.identity;
        if !self.is_good(letter) {
            return "registration.refused";
        }
        let now = self.second;
        let contracts = self.numbers.iter_mut().flatten();
        let found = contracts.flat_map(|contract| {
            let fraud = contract.standing(now) == "SUSPENDED" && contract.holds.contains(&true);
            contract.members.values_mut().map(move |member| (fraud, member))
        });
        let mut found = found.filter(|(_, member)| member.identity == identity);
        let (fraud, member) = found.next().expect("who has a good letter is somewhere");
        if fraud {
            return "contract.suspended";
        }
        if member.held {
            return "person.suspended";
        }
        member.registered = true;
        self.kill_letters(&[identity]);
        ""
    }
}

fn invited(people: &mut usize, owner: bool) -> Member {
    *people += 1;
    Member { identity: *people, owner, registered: false, held: false, gone_since: None }
}

/// Keys end with the contract.
fn stop(contract: &mut Contract, now: i64) {
    contract.stopped_on = Some(now);
    let living = contract.keys.iter_mut().filter(|key| key.is_living(now));
    living.for_each(|key| key.stopped = Some(now));
}

fn suspension(contract: &mut Contract, what: &What, now: i64) -> &'static str {
    match *what {
        What::Suspend { .. } if contract.stopped_on.is_some() => "note.stopped_already",
        What::Suspend { console } if contract.holds.insert(console) => "",
        What::Suspend { .. } => "note.hold_exists",
        What::Resume { .. } if contract.stopped_on.is_some() => "contract.cannot_resume_stopped",
        What::Resume { console } => {
            let before = contract.holds.len();
            contract.holds.remove(&console);
            match (before, contract.holds.len()) {
                (0, _) => "note.not_suspended",
                (_, 0) => "",
                _ => "note.holds_remain",
            }
        }
        What::StopCancel { .. } => match contract.stopped_on {
            Some(on) if now <= on + 7 * DAY && !contract.replaced => {
                contract.stopped_on = None;
                contract.keys.iter_mut().for_each(|key| key.stopped = None);
                ""
            }
            _ => "contract.nothing_to_cancel",
        },
        _ => unreachable!(),
    }
}

/// Also says whose letters are dead.
fn membership(
    contract: &mut Contract,
    what: &What,
    (now, people): (i64, &mut usize),
) -> (&'static str, Vec<usize>) {
    let stopped = contract.stopped_on.is_some();
    let (What::Add { no, .. } | What::Remove(no) | What::Reset(no)) = *what else { unreachable!() };
    let Some(member) = contract.members.get_mut(&no) else {
        return match what {
            What::Add { .. } if stopped => ("contract.stopped", vec![]),
            What::Add { .. } => {
                contract.members.insert(no, invited(people, false));
                ("", vec![])
            }
            _ => ("person.unknown", vec![]),
        };
    };
    let theirs = vec![member.identity];
    match (what, member.state()) {
        (What::Add { .. }, _) if stopped => ("contract.stopped", vec![]),
        (What::Add { .. }, "INVITED") => ("note.reissued", theirs),
        (What::Add { .. }, "ACTIVE") => ("note.same_already", vec![]),
        (What::Add { console: false, .. }, _) => ("person.number_used", vec![]),
        (What::Add { .. }, _) if member.gone_since.is_some_and(|since| now > since + 30 * DAY) => {
            ("person.stopped", vec![])
        }
        (What::Add { .. }, _) => {
            member.gone_since = None;
            ("", vec![])
        }
        (What::Remove(_), "STOPPED") => ("note.closed_already", vec![]),
        (What::Remove(_), _) if member.owner && !stopped => ("person.sole_owner", vec![]),
        (What::Remove(_), _) => {
            member.gone_since = Some(now);
            ("", theirs)
        }
        (_, "STOPPED") => ("person.stopped", vec![]),
        (_, "INVITED") => ("note.reissued", theirs),
        _ => {
            member.registered = false;
            ("", theirs)
        }
    }
}

fn hold_person(contract: &mut Contract, no: i64, hold: bool) -> &'static str {
    let Some(member) = contract.members.get_mut(&no) else { return "person.unknown" };
    match (member.gone_since.is_some(), hold, member.held) {
        (true, true, _) => "note.stopped_already",
        (true, false, _) => "contract.cannot_resume_stopped",
        (_, true, true) => "note.hold_exists",
        (_, false, false) => "note.not_suspended",
        _ => {
            member.held = hold;
            ""
        }
    }
}
