//! Authenticator and recovery codes: taken once, counted with the password, of no use to who is shut out.

use std::sync::Arc;

use base::kernel::{Actor, Change, Error, Result, Scope};
use base::store::Tx;
use domain::commands::Op;
use domain::credentials::{self, Factor, Fresh, PinKind, Tried};
use domain::signing::MasterKey;
use domain::{operators, signin};
use totp_rs::{Builder, Secret, Totp};

use crate::decisions::given_registered;
use crate::world::{KITA, MINAMI, World, sato};

/// A registered person and the master key of the installation.
pub struct Holder {
    pub world: World,
    pub master: Arc<MasterKey>,
    pub person: String,
}

impl Holder {
    pub fn new() -> Self {
        let world = World::new();
        world.given_contract("A-001");
        given_registered(&world, "A-001", 1);
        let person = world.household("A-001").persons[0].person_id.clone();
        Self { world, master: Arc::new(MasterKey::random()), person }
    }

    /// The person does something who has just proved to be themselves.
    pub fn does<T: Send + 'static>(
        &self,
        what: impl Fn(&mut Tx<'_>, &MasterKey, &Fresh<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.does_after(0, what)
    }

    /// The same when the proof is `seconds` old.
    pub fn does_after<T: Send + 'static>(
        &self,
        seconds: i64,
        what: impl Fn(&mut Tx<'_>, &MasterKey, &Fresh<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (master, person) = (Arc::clone(&self.master), self.person.clone());
        let actor = Actor::Person(person.clone());
        self.world.act(actor, move |tx| {
            let proved = tx.now().plus_seconds(-seconds);
            what(tx, &master, &Fresh { person_id: &person, proved })
        })
    }

    /// An authenticator that was confirmed, thirty seconds and more ago.
    fn given_totp(&self) -> Totp {
        let enrolled = self.enrol().unwrap();
        let totp = authenticator(&enrolled.secret);
        let code = self.code(&totp);
        let confirmed =
            self.does(move |tx, master, who| credentials::confirm_totp(tx, master, who, &code));
        assert_eq!(confirmed.unwrap(), Change::Made);
        self.world.pass(60);
        totp
    }

    fn enrol(&self) -> Result<credentials::NewTotp> {
        let label = ("北浜ケーブル", "takahashi");
        self.does(move |tx, master, who| credentials::enrol_totp(tx, master, who, label))
    }

    fn given_recovery_codes(&self) -> Vec<String> {
        self.does(credentials::issue_recovery_codes).unwrap()
    }

    /// What the authenticator shows now.
    fn code(&self, totp: &Totp) -> String {
        totp.generate(u64::try_from(self.world.now().ms() / 1000).unwrap()).to_string()
    }

    fn scope(&self) -> Scope {
        self.world.scope(KITA, Actor::Anonymous)
    }

    fn totp(&self, code: &str) -> Result<Tried> {
        self.tries(
            move |tx, master, person, code| {
                signin::try_factor(tx, master, person, Factor::Totp(code))
            },
            code,
        )
    }

    fn recovery(&self, code: &str) -> Result<Tried> {
        self.tries(
            move |tx, master, person, code| {
                signin::try_factor(tx, master, person, Factor::RecoveryCode(code))
            },
            code,
        )
    }

    pub fn pin(&self, kind: PinKind, pin: &str) -> Result<Tried> {
        self.tries(
            move |tx, master, person, pin| signin::try_pin(tx, master, person, (kind, pin)),
            pin,
        )
    }

    fn tries(
        &self,
        how: impl Fn(&mut Tx<'_>, &MasterKey, &str, &str) -> Result<Tried> + Send + 'static,
        typed: &str,
    ) -> Result<Tried> {
        let (master, person) = (Arc::clone(&self.master), self.person.clone());
        let typed = typed.to_owned();
        let work = move |tx: &mut Tx<'_>| how(tx, &master, &person, &typed);
        self.world.db.housekeep(&self.scope(), "factor-try", work)
    }

    /// `count` tries at the same moment.
    pub fn all_at_once(&self, count: usize, one: impl Fn() -> Result<Tried> + Sync) -> Vec<Tried> {
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..count).map(|_| scope.spawn(&one)).collect();
            all.into_iter().map(|one| one.join().unwrap().unwrap()).collect()
        })
    }

    /// How often the books have `act` with `part` in its detail.
    pub fn books(&self, act: &str, part: &str) -> usize {
        let lines = self.world.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
        lines.iter().filter(|line| line.act == act && line.detail.contains(part)).count()
    }
}

fn authenticator(secret: &str) -> Totp {
    Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap()
}

fn code_of<T>(answer: Result<T>) -> &'static str {
    answer.err().as_ref().map_or("", Error::code)
}

fn count(all: &[Tried], what: Tried) -> usize {
    all.iter().filter(|one| **one == what).count()
}

#[test]
fn an_authenticator_counts_from_its_first_code_on_and_each_code_is_taken_once() {
    let holder = Holder::new();
    let enrolled = holder.enrol().unwrap();
    assert!(enrolled.uri.starts_with("otpauth://totp/"), "{}", enrolled.uri);
    let totp = authenticator(&enrolled.secret);
    let early = holder.code(&totp);
    assert_eq!(holder.totp(&early).unwrap(), Tried::Wrong, "nothing is confirmed yet");
    let wrong =
        holder.does(|tx, master, who| credentials::confirm_totp(tx, master, who, "0000000"));
    assert_eq!(code_of(wrong), "totp.code_wrong");
    let first = early.clone();
    let confirm = move |tx: &mut Tx<'_>, master: &MasterKey, who: &Fresh<'_>| {
        credentials::confirm_totp(tx, master, who, &first)
    };
    assert_eq!(holder.does(confirm.clone()).unwrap(), Change::Made);
    assert_eq!(holder.does(confirm).unwrap(), Change::Already);
    assert_eq!(holder.totp(&early).unwrap(), Tried::Wrong, "used up by the confirmation");

    holder.world.pass(60);
    let code = holder.code(&totp);
    assert_eq!(holder.totp(&code).unwrap(), Tried::Good);
    assert_eq!(holder.totp(&code).unwrap(), Tried::Wrong);
    holder.world.pass(-30);
    let older = holder.code(&totp);
    assert_eq!(holder.totp(&older).unwrap(), Tried::Wrong, "older than the last one taken");

    assert_eq!(code_of(holder.enrol()), "totp.exists");
    assert_eq!(holder.books("person.totp_added", ""), 1);
    assert_eq!(holder.books("person.factor_proved", "totp"), 1);
    assert_eq!(holder.books("person.factor_refused", "replayed"), 3);
    assert_eq!(holder.books("person.factor_refused", "none"), 1);
}

#[test]
fn a_code_sent_many_times_at_once_is_taken_once() {
    let holder = Holder::new();
    let totp = holder.given_totp();
    let code = holder.code(&totp);
    let all = holder.all_at_once(8, || holder.totp(&code));
    assert_eq!((count(&all, Tried::Good), count(&all, Tried::Wrong)), (1, 7), "{all:?}");

    let paper = holder.given_recovery_codes().remove(0);
    let other = Holder::new();
    let theirs = other.given_recovery_codes().remove(0);
    let all = other.all_at_once(8, || other.recovery(&theirs));
    assert_eq!((count(&all, Tried::Good), count(&all, Tried::Wrong)), (1, 7), "{all:?}");
    assert_eq!(other.recovery(&paper).unwrap(), Tried::Wrong, "somebody else's");
    assert_eq!(other.books("person.factor_refused", "used"), 7);
}

#[test]
fn wrong_codes_count_with_wrong_passwords_however_many_come_at_once() {
    let holder = Holder::new();
    let totp = holder.given_totp();
    let paper = holder.given_recovery_codes();
    let person = holder.person.clone();
    let password = move |tx: &mut Tx<'_>| {
        credentials::begin_try(tx, &person)?;
        credentials::note_failure(tx, &person)
    };
    for _ in 0..3 {
        holder.world.db.housekeep(&holder.scope(), "test", password.clone()).unwrap();
    }
    let all = holder.all_at_once(24, || holder.recovery("BCDF-GHJK-MNPQ"));
    assert_eq!(count(&all, Tried::Wrong), 6, "the tenth bad try locks: {all:?}");
    assert_eq!(holder.books("person.factor_refused", "wrong"), 7);
    assert_eq!(holder.books("person.locked_out", "recovery_code"), 1);

    let locked = |tried: Tried| matches!(tried, Tried::Locked(wait) if wait.as_secs() == 900);
    assert!(locked(holder.totp(&holder.code(&totp)).unwrap()), "right, and locked out");
    assert!(locked(holder.recovery(&paper[0]).unwrap()));
    let begun = {
        let person = holder.person.clone();
        let begin = move |tx: &mut Tx<'_>| credentials::begin_try(tx, &person);
        holder.world.db.housekeep(&holder.scope(), "test", begin).unwrap()
    };
    assert!(matches!(begun, credentials::Try::Locked(_)), "the password too");

    holder.world.pass(901);
    assert_eq!(holder.recovery(&paper[0]).unwrap(), Tried::Good, "it was not spent");
    assert_eq!(holder.totp(&holder.code(&totp)).unwrap(), Tried::Good);
}

#[test]
fn recovery_codes_are_good_once_until_new_ones_are_made() {
    let holder = Holder::new();
    holder.given_totp();
    let first = holder.given_recovery_codes();
    assert_eq!(first.len(), 10);
    let person = holder.person.clone();
    let left = || holder.world.look(|tx| credentials::factors_of(tx, &person)).unwrap();
    let typed = format!(" {}-{} ", &first[0][..6].to_lowercase(), &first[0][6..]);
    assert_eq!(holder.recovery(&typed).unwrap(), Tried::Good);
    assert_eq!(holder.recovery(&first[0]).unwrap(), Tried::Wrong);
    assert_eq!(left(), credentials::Factors { totp: true, recovery_codes: 9 });

    let second = holder.given_recovery_codes();
    assert_eq!(holder.recovery(&first[1]).unwrap(), Tried::Wrong, "dead");
    assert_eq!(holder.recovery(&second[1]).unwrap(), Tried::Good);

    let remove =
        |tx: &mut Tx<'_>, _: &MasterKey, who: &Fresh<'_>| credentials::remove_totp(tx, who);
    assert_eq!(holder.does(remove).unwrap(), Change::Made);
    assert_eq!(holder.does(remove).unwrap(), Change::Already);
    assert_eq!(left(), credentials::Factors::default(), "the codes go with what they stood in for");
    assert_eq!(holder.recovery(&second[2]).unwrap(), Tried::Wrong);
    assert_eq!(holder.books("person.totp_removed", ""), 1);
}

#[test]
fn only_who_has_just_proved_to_be_themselves_changes_what_they_prove_it_by() {
    let holder = Holder::new();
    let late = 301;
    let answers = [
        code_of(holder.does_after(late, |tx, master, who| {
            credentials::enrol_totp(tx, master, who, ("北浜", "takahashi"))
        })),
        code_of(holder.does_after(late, |tx, master, who| {
            credentials::confirm_totp(tx, master, who, "123456")
        })),
        code_of(holder.does_after(late, |tx, _, who| credentials::remove_totp(tx, who))),
        code_of(holder.does_after(late, credentials::issue_recovery_codes)),
        code_of(holder.does_after(late, |tx, master, who| {
            credentials::set_pin(tx, master, who, (PinKind::Viewing, "2580"))
        })),
    ];
    assert_eq!(answers, ["proof.too_old"; 5]);
    assert!(holder.does_after(300, credentials::issue_recovery_codes).is_ok());

    let enrolled = holder.enrol().unwrap();
    holder.world.pass(901);
    let code = holder.code(&authenticator(&enrolled.secret));
    let confirmed =
        holder.does(move |tx, master, who| credentials::confirm_totp(tx, master, who, &code));
    assert_eq!(code_of(confirmed), "totp.unknown", "begun too long ago");
}

#[test]
fn who_may_not_be_signed_in_can_use_neither_code_nor_pin() {
    let holder = Holder::new();
    let totp = holder.given_totp();
    let paper = holder.given_recovery_codes();
    holder
        .does(|tx, master, who| credentials::set_pin(tx, master, who, (PinKind::Owner, "2580")))
        .unwrap();
    let all = || {
        [
            code_of(holder.totp(&holder.code(&totp))),
            code_of(holder.recovery(&paper[0])),
            code_of(holder.pin(PinKind::Owner, "2580")),
        ]
    };
    let command = |op, no: i64, reason| {
        let mut command = domain::commands::Command::new(&holder.world.request_id(), op, "A-001");
        command.person_no = no;
        command.reason = reason;
        let report = holder.world.send_as(sato(), command);
        assert_eq!(report.code, None);
    };
    let fraud = Some(domain::subscribers::Reason::Fraud);
    command(Op::PersonSuspend, 1, fraud);
    assert_eq!(all(), ["person.suspended"; 3]);
    command(Op::PersonResume, 1, None);
    command(Op::Suspend, 0, fraud);
    assert_eq!(all(), ["contract.suspended"; 3]);
    command(Op::Resume, 0, None);
    holder.world.act(Actor::System, operators::disable).unwrap();
    assert_eq!(all(), ["operator.disabled"; 3]);
    holder.world.act(Actor::System, operators::enable).unwrap();

    let (master, person) = (Arc::clone(&holder.master), holder.person.clone());
    let code = holder.code(&totp);
    let scope = holder.world.scope(MINAMI, Actor::Anonymous);
    let elsewhere = holder.world.db.housekeep(&scope, "factor-try", move |tx| {
        signin::try_factor(tx, &master, &person, Factor::Totp(&code))
    });
    assert_eq!(code_of(elsewhere), "person.unknown", "another operator");

    assert_eq!(holder.totp(&holder.code(&totp)).unwrap(), Tried::Good, "nothing was spent");
    assert_eq!(holder.recovery(&paper[0]).unwrap(), Tried::Good);
    command(Op::Stop, 0, None);
    assert_eq!(all(), ["contract.stopped"; 3]);
}

#[test]
fn nothing_secret_is_stored_in_the_clear() {
    let holder = Holder::new();
    let enrolled = holder.enrol().unwrap();
    let paper = holder.given_recovery_codes();
    holder
        .does(|tx, master, who| credentials::set_pin(tx, master, who, (PinKind::Viewing, "908172")))
        .unwrap();
    let picture = crate::picture::picture(&holder.world.db, KITA, |_, _| false);
    let text = format!("{picture:?}");
    assert!(text.contains("VIEWING"), "the picture has the table of PINs");
    for secret in [enrolled.secret.as_str(), paper[0].as_str(), "908172"] {
        assert!(!text.contains(secret), "{secret} is stored");
    }
}

#[test]
fn after_a_reset_a_person_begins_without_second_factors_and_keeps_their_pins() {
    let holder = Holder::new();
    let set = |name: &'static str| {
        let person = holder.person.clone();
        let set = move |tx: &mut Tx<'_>| {
            credentials::replace_credentials(tx, &person, (name, "$argon2id$x"))
        };
        holder.world.act(Actor::System, set).unwrap();
    };
    set("takahashi");
    let totp = holder.given_totp();
    let paper = holder.given_recovery_codes();
    holder
        .does(|tx, master, who| credentials::set_pin(tx, master, who, (PinKind::Viewing, "908172")))
        .unwrap();
    let person = holder.person.clone();
    let left = || holder.world.look(|tx| credentials::factors_of(tx, &person)).unwrap();
    set("takahashi2");
    assert!(left().totp, "a new password alone takes nothing away");

    let mut reset = domain::commands::Command::new("r1", Op::PersonReset, "A-001");
    reset.person_no = 1;
    assert_eq!(holder.world.send_as(sato(), reset).code, None);
    assert_eq!(code_of(holder.totp(&holder.code(&totp))), "person.not_registered");
    assert_eq!(code_of(holder.recovery(&paper[0])), "person.not_registered");

    set("takahashi3");
    assert_eq!(left(), credentials::Factors::default());
    let pins = holder.world.look(|tx| credentials::pins_of(tx, &person)).unwrap();
    assert_eq!(pins.iter().map(|pin| pin.kind).collect::<Vec<_>>(), [PinKind::Viewing]);
}
