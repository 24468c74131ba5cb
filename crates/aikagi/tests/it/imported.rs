//! Persons who had a password in another system keep it: it is taken over as the hash that system kept, and kept in
//! our own way from the first sign-in on.

use base::kernel::{Change, clock};
use base::store::Row;
use domain::commands::{Command, Op};
use domain::signin::{Caller, Destination, Moved, OwnPage, Purpose, Visit, import_login};

use crate::viewers::{House, Viewer, authorize};
use crate::world::{KITA, sato};

/// `password` by bcrypt and by PBKDF2, as others published them.
const BCRYPT: &str = "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe";
const PBKDF2: &str = "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE";

impl House {
    fn imports(
        &self,
        member: (&'static str, i64),
        kept: (&'static str, &'static str),
    ) -> base::kernel::Result<Change> {
        self.act(move |tx| import_login(tx, member, kept))
    }

    /// What is kept of the password of the owner of a contract.
    fn kept(&self, number: &str) -> String {
        let person = self.world.household(number).persons[0].person_id.clone();
        let sql = "SELECT hash FROM passwords WHERE operator_id = ?1 AND person_id = ?2";
        let keys = [KITA.into(), person.into()];
        self.world.look(|tx| tx.row(sql, &keys, Row::text)).unwrap().unwrap_or_default()
    }

    fn signs_in(&self, name: &str, password: &str) -> String {
        let mut viewer = Viewer::new(self);
        viewer.open_page(&authorize(&[]));
        let answer = viewer.submit("password", &[("username", name), ("password", password)]);
        if answer.status == 303 && answer.led_with("code").is_some() {
            return "in".to_owned();
        }
        answer.refusal().to_owned()
    }
}

#[test]
fn an_old_password_lets_in_and_is_kept_in_our_own_way_from_then_on() {
    let house = House::new();
    house.world.given_contract("A-001");
    assert_eq!(house.imports(("A-001", 1), ("Ｔakahashi", BCRYPT)).unwrap(), Change::Made);
    assert_eq!(house.audited("person.registered"), 1);
    assert_eq!(house.signs_in("takahashi", "Passw0rd"), "signin.failed");
    assert_eq!(house.kept("A-001"), BCRYPT, "a wrong one changes nothing");
    assert_eq!(house.signs_in("takahashi", "password"), "in");
    let ours = house.kept("A-001");
    assert!(ours.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{ours}");
    assert_eq!(house.audited("person.password_rehashed"), 1);
    assert_eq!(house.signs_in("takahashi", "password"), "in");
    assert_eq!((house.kept("A-001"), house.audited("person.password_rehashed")), (ours, 1));
    assert_eq!(house.signs_in("takahashi", "Passw0rd"), "signin.failed");
}

#[test]
fn many_first_sign_ins_at_once_all_let_in_and_one_of_them_renews() {
    let house = House::new();
    house.world.given_contract("A-001");
    house.imports(("A-001", 1), ("takahashi", PBKDF2)).unwrap();
    let (journeys, now) = (&house.provider.journeys, clock::now());
    let own = OwnPage::Device { user_code: None };
    let purpose = Purpose::Own(Visit { issuer: KITA.to_owned(), own });
    let tickets: Vec<String> =
        (0..6).map(|_| journeys.begin(&purpose, ("b", now)).unwrap()).collect();
    std::thread::scope(|threads| {
        let all = tickets.iter().map(|ticket| {
            threads.spawn(move || {
                let caller = Caller { ticket, browser: "b", session: None, now };
                journeys.try_password(&caller, ("takahashi", "password"))
            })
        });
        for one in all.collect::<Vec<_>>() {
            let Moved::Finished(finish) = one.join().unwrap().unwrap() else { panic!("goes on") };
            assert!(matches!(finish.to, Destination::Own(_)));
        }
    });
    assert_eq!(house.audited("person.password_rehashed"), 1);
    assert_eq!(house.audited("person.signed_in"), 6);
    assert_eq!(house.signs_in("takahashi", "password"), "in", "no try was counted");
}

#[test]
fn what_can_not_be_read_or_would_cost_too_much_answers_as_a_wrong_password_does() {
    let house = House::new();
    house.world.given_contract("A-001");
    house.imports(("A-001", 1), ("takahashi", PBKDF2)).unwrap();
    for broken in ["", "髙橋", "$2y$31$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe"] {
        let put = move |tx: &mut base::store::Tx<'_>| {
            tx.exec("UPDATE passwords SET hash = ?1", &[broken.into()]).map(drop)
        };
        let scope = base::kernel::Scope::new(KITA, sato(), clock::now());
        house.world.db.housekeep(&scope, "test", put).unwrap();
        assert_eq!(house.signs_in("takahashi", "password"), "signin.failed", "{broken}");
    }
    for _ in 0..6 {
        assert_eq!(house.signs_in("takahashi", "password"), "signin.failed");
    }
    assert_eq!(house.signs_in("takahashi", "password"), "signin.locked", "counted like any other");
}

#[test]
fn a_file_applied_again_brings_no_password_back() {
    let house = House::new();
    for number in ["A-001", "A-002"] {
        house.world.given_contract(number);
    }
    house.imports(("A-001", 1), ("takahashi", BCRYPT)).unwrap();
    assert_eq!(house.imports(("A-001", 1), ("takahashi", PBKDF2)).unwrap(), Change::Already);
    assert_eq!(house.kept("A-001"), BCRYPT);

    let mut reset = Command::new("r-1", Op::PersonReset, "A-001");
    reset.person_no = 1;
    assert_eq!(house.world.send_as(sato(), reset).code, None);
    assert_eq!(house.imports(("A-001", 1), ("takahashi", BCRYPT)).unwrap(), Change::Already);
    assert_eq!(house.kept("A-001"), "", "what the station took away stays away");

    let refused = |member, kept| house.imports(member, kept).unwrap_err().code();
    assert_eq!(refused(("A-002", 1), ("takahashi", BCRYPT)), "login.taken");
    assert_eq!(refused(("A-002", 7), ("tanaka", BCRYPT)), "person.unknown");
    assert_eq!(refused(("Z-999", 1), ("tanaka", BCRYPT)), "contract.unknown");
    assert_eq!(refused(("A-002", 1), ("田", BCRYPT)), "login.malformed");
    assert_eq!(refused(("A-002", 1), ("tanaka", "password")), "password.hash_unreadable");
    let costly = "$6$rounds=999999999$salt$svn8";
    assert_eq!(refused(("A-002", 1), ("tanaka", costly)), "password.hash_costly");
    house.world.sms(Op::Stop, "A-002");
    let shut_out = house.imports(("A-002", 1), ("tanaka", BCRYPT)).unwrap();
    assert_eq!(shut_out, Change::Already, "who is shut out is left alone");
    assert_eq!(house.kept("A-002"), "");
}
