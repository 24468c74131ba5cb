//! Who forgot the password comes in again by a code sent to a contact, and nobody else does or learns anything.

use std::sync::atomic::{AtomicUsize, Ordering};

use base::kernel::{Scope, clock};
use base::store::{Row, Tx};
use domain::commands::{Command, Op};
use domain::credentials::{self, ContactKind, FORGOTTEN, Says, send_recovery};
use domain::subscribers::Reason;

use crate::contacts_page::{given_contact, waiting};
use crate::passkeys::given_passkey;
use crate::second_factor::{given_kit, told as claims_of};
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize};
use crate::world::{KITA, sato, sms};

const MAIL: &str = "hanako@example.jp";
const PHONE: &str = "+819012345678";
const NEW: &str = "いぬも２匹いると楽しいです。";

fn scope() -> Scope {
    Scope::new(KITA, sato(), clock::now())
}

/// Does what the worker does with everybody who asked.
pub fn fan_out(house: &House) {
    let read = |tx: &mut Tx<'_>| {
        let keys = [KITA.into(), FORGOTTEN.into()];
        let asked = tx.rows(
            "SELECT payload FROM outbox WHERE operator_id = ?1 AND receiver_id = ?2
              ORDER BY outbox_id",
            &keys,
            Row::text,
        )?;
        asked.iter().try_for_each(|payload| send_recovery(tx, payload))?;
        tx.exec("DELETE FROM outbox WHERE operator_id = ?1 AND receiver_id = ?2", &keys)
    };
    house.world.db.housekeep(&scope(), "test", read).unwrap();
}

/// The codes for who forgot a password that are good now, with where each goes.
pub fn codes(house: &House) -> Vec<(String, String)> {
    let code = |one: domain::credentials::Message| match one.says {
        Says::Recovery(code) => Some((one.address, code)),
        Says::Code(_) | Says::Alert(_) => None,
    };
    waiting(house).into_iter().filter_map(code).collect()
}

/// Opens a sign-in and asks for a code for this login id; answers the page that asks for it.
pub fn ask(viewer: &mut Viewer<'_>, name: &str) -> Answer {
    viewer.open_page(&authorize(&[("prompt", "login")]));
    viewer.submit("go", &[("step", "recover")]);
    viewer.submit("forgotten", &[("username", name)])
}

/// A person with a contact who is signed in in this browser.
pub fn given_reachable<'h>(house: &'h House, number: &str, name: &str) -> Viewer<'h> {
    let mut viewer = house.given_viewer(number, name);
    given_contact((house, &mut viewer), ContactKind::Mail, MAIL);
    viewer
}

/// Asks, has the code sent, and answers it.
fn sent(house: &House, viewer: &mut Viewer<'_>, name: &str) -> String {
    ask(viewer, name);
    fan_out(house);
    codes(house).last().expect("a code").1.clone()
}

fn is_let_in(house: &House, name: &str, password: &str) -> bool {
    let answer = Viewer::new(house).sign_in(name, password);
    answer.status == 303 && answer.led_with("code").is_some()
}

#[test]
fn who_forgot_the_password_chooses_a_new_one_and_everything_from_before_is_over() {
    let house = House::new();
    let mut owner = given_reachable(&house, "A-001", "takahashi");
    given_contact((&house, &mut owner), ContactKind::Phone, PHONE);
    given_passkey(&mut owner, "ｽﾏﾎ");
    let before = house.redeem(&owner.get(&authorize(&[])).led_with("code").unwrap()).json();

    let mut viewer = Viewer::new(&house);
    let asked = ask(&mut viewer, "Ｔakahashi");
    assert!(asked.body.contains("お送りしました") && !asked.body.contains(MAIL), "{}", asked.body);
    fan_out(&house);
    let sent = codes(&house);
    assert_eq!(sent.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(), [MAIL, PHONE]);
    assert_eq!(sent[0].1, sent[1].1, "one code, to both");
    let page = viewer.submit("recovery", &[("code", &sent[0].1)]);
    assert!(page.body.contains("new-password") && !page.body.contains("name=\"code\""));
    for (password, refusal) in
        [("short", "password.too_short"), ("takahashi123", "password.common")]
    {
        assert_eq!(viewer.submit("renewal", &[("password", password)]).refusal(), refusal);
    }
    assert!(is_let_in(&house, "takahashi", PASSWORD), "nothing is changed before the end");
    let done = viewer.submit("renewal", &[("password", NEW)]);
    assert_eq!(claims_of(&house, &done)["acr"], "urn:aikagi:acr:password");

    assert!(is_let_in(&house, "takahashi", NEW) && !is_let_in(&house, "takahashi", PASSWORD));
    assert_eq!(house.refresh(before["refresh_token"].as_str().unwrap()).status, 400);
    assert!(owner.get("/o/KITA01/security").location().path().ends_with("/signin"));
    let told = waiting(&house)
        .into_iter()
        .filter(|one| one.says == Says::Alert(credentials::Alert::PasswordReplaced));
    assert_eq!(told.map(|one| one.address).collect::<Vec<_>>(), [MAIL, PHONE]);
    let acts = ["recovery_sent", "recovery_proved", "recovered", "sessions_ended"];
    assert_eq!(acts.map(|act| house.audited(&format!("person.{act}"))), [1; 4]);
    assert_eq!(viewer.submit("renewal", &[("password", NEW)]).status, 404, "over");
}

#[test]
fn whoever_asks_is_answered_the_same_with_the_same_work() {
    let house = House::new();
    given_reachable(&house, "A-001", "takahashi");
    house.given_viewer("A-002", "without");
    given_reachable(&house, "A-003", "wasreset");
    let person = house.world.household("A-003").persons[0].person_id.clone();
    house
        .act(move |tx| {
            credentials::forget_passwords(tx, vec![person.clone()])?;
            base::records::record(tx, &base::records::Entry::new("test.reset", &person))
        })
        .unwrap();
    // Where it goes is known in memory from then on.
    for name in ["first", "second"] {
        ask(&mut Viewer::new(&house), name);
    }
    let mut pages = Vec::new();
    for name in ["takahashi", "without", "wasreset", "nobodyhere"] {
        let mut viewer = Viewer::new(&house);
        viewer.open_page(&authorize(&[("prompt", "login")]));
        viewer.submit("go", &[("step", "recover")]);
        let counted = house.world.db.statements();
        let asked =
            viewer.post("forgotten", &format!("proof={}&username={name}", viewer.proof.clone()));
        let asking = house.world.db.statements() - counted;
        let page = viewer.follow(&asked);
        let counted = house.world.db.statements();
        let wrong = viewer.submit("recovery", &[("code", "00000000")]);
        let trying = house.world.db.statements() - counted;
        let ticket = viewer.page.split_once("ticket=").unwrap().1.to_owned();
        let plain = |answer: &Answer| {
            let body = answer.body.replace(&ticket, "T").replace(&viewer.proof, "P");
            (answer.status.as_u16(), answer.refusal().to_owned(), body)
        };
        pages.push((name, asking, trying, plain(&page), plain(&wrong)));
    }
    for page in &pages {
        let (first, other) = (&pages[0], page);
        assert_eq!((other.1, &other.3, &other.4), (first.1, &first.3, &first.4), "{}", page.0);
        assert_eq!(other.2, first.2, "{}", page.0);
    }
    fan_out(&house);
    assert_eq!(codes(&house).iter().map(|one| one.0.as_str()).collect::<Vec<_>>(), [MAIL]);
}

#[test]
fn who_has_an_authenticator_proves_that_too_before_anything_is_changed() {
    let house = House::new();
    let mut owner = given_reachable(&house, "A-001", "takahashi");
    let kit = given_kit(&house, "A-001");
    let mut viewer = Viewer::new(&house);
    let code = sent(&house, &mut viewer, "takahashi");
    let page = viewer.submit("recovery", &[("code", &code)]);
    assert!(page.body.contains("new-password") && page.body.contains("name=\"code\""));
    for wrong in ["", "000000", "AAAAAAAAAAAA", &code] {
        let refused = viewer.submit("renewal", &[("password", NEW), ("code", wrong)]);
        assert_eq!(refused.refusal(), "signin.code_wrong", "{wrong}");
    }
    assert_eq!(viewer.submit("renewal", &[("password", NEW)]).refusal(), "signin.code_wrong");
    assert_eq!(house.audited("person.credentials_set"), 1, "the one of the registration");
    assert_eq!(owner.get("/o/KITA01/security").status, 200, "nobody was shut out");
    let done = viewer.submit("renewal", &[("password", NEW), ("code", &kit.shown())]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    assert!(Viewer::new(&house).sign_in("takahashi", NEW).body.contains("one-time-code"));
    let mut again = Viewer::new(&house);
    let code = sent(&house, &mut again, "takahashi");
    again.submit("recovery", &[("code", &code)]);
    let done = again.submit("renewal", &[("password", PASSWORD), ("code", &kit.paper[0])]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
}

/// Sets a new password with the code of a contact, and one of the authenticator's if there is one.
fn renews(house: &House, password: &str, second: Option<&str>) -> String {
    let mut viewer = Viewer::new(house);
    let code = sent(house, &mut viewer, "takahashi");
    let page = viewer.submit("recovery", &[("code", &code)]);
    let fewest = if second.is_some() { "minlength=\"8\"" } else { "minlength=\"12\"" };
    assert!(page.body.contains(fewest), "{}", page.body);
    let fields = [("password", password), ("code", second.unwrap_or_default())];
    let done = viewer.submit("renewal", &fields);
    if done.status == 303 { "in".to_owned() } else { done.refusal().to_owned() }
}

#[test]
fn a_short_password_goes_with_an_authenticator_which_stays_while_it_is_short() {
    const SHORT: &str = "x7Gp2vQm";
    let house = House::new();
    given_reachable(&house, "A-001", "takahashi");
    assert_eq!(renews(&house, SHORT, None), "password.too_short");
    let kit = given_kit(&house, "A-001");
    assert_eq!(renews(&house, "x7Gp2vQ", Some(&kit.paper[0])), "password.too_short");
    assert_eq!(renews(&house, SHORT, Some("000000")), "signin.code_wrong");
    assert_eq!(renews(&house, SHORT, Some(&kit.paper[0])), "in");

    let remove = |password: &str, second: &str| {
        let mut viewer = Viewer::new(&house);
        viewer.open_page("/o/KITA01/security");
        viewer.submit("password", &[("username", "takahashi"), ("password", password)]);
        viewer.submit("second", &[("code", second)]);
        viewer.look("/o/KITA01/security");
        viewer.send_form("/o/KITA01/security", &[("action", "remove")])
    };
    let refused = remove(SHORT, &kit.paper[1]);
    assert_eq!(refused.refusal(), "totp.password_short", "{}", refused.body);
    assert!(refused.body.contains("12文字以上のパスワード"), "{}", refused.body);
    assert_eq!(house.audited("person.totp_removed"), 0);

    assert_eq!(renews(&house, NEW, Some(&kit.paper[2])), "in");
    let removed = remove(NEW, &kit.paper[3]);
    assert!(removed.body.contains("使用をやめました"), "{}", removed.body);
    assert_eq!(renews(&house, SHORT, None), "password.too_short", "as for everybody");
}

#[test]
fn wrong_codes_use_the_code_up_and_count_with_wrong_passwords() {
    let house = House::new();
    given_reachable(&house, "A-001", "takahashi");
    let mut viewer = Viewer::new(&house);
    let code = sent(&house, &mut viewer, "takahashi");
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    for _ in 0..5 {
        assert_eq!(viewer.submit("recovery", &[("code", wrong)]).refusal(), "signin.code_wrong");
    }
    assert_eq!(viewer.submit("recovery", &[("code", &code)]).refusal(), "signin.code_wrong");
    for _ in 0..3 {
        let bad = Viewer::new(&house).sign_in("takahashi", "not the password at all");
        assert_eq!(bad.refusal(), "signin.failed");
    }
    assert_eq!(viewer.submit("recovery", &[("code", wrong)]).refusal(), "signin.locked");
    assert_eq!(Viewer::new(&house).sign_in("takahashi", PASSWORD).refusal(), "signin.locked");
    assert_eq!(house.audited("person.locked_out"), 1);

    let mut nobody = Viewer::new(&house);
    ask(&mut nobody, "nobodyhere");
    let all: Vec<String> = (0..10)
        .map(|_| nobody.submit("recovery", &[("code", wrong)]).refusal().to_owned())
        .collect();
    assert!(all[..9].iter().all(|one| one == "signin.code_wrong") && all[9] == "signin.locked");
}

#[test]
fn of_many_who_type_the_right_code_at_once_one_goes_on() {
    let house = House::new();
    given_reachable(&house, "A-001", "takahashi");
    let mut viewer = Viewer::new(&house);
    let code = sent(&house, &mut viewer, "takahashi");
    let let_on = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..12 {
            let mut twin = Viewer::new(&house);
            twin.cookies.clone_from(&viewer.cookies);
            (twin.page, twin.proof) = (viewer.page.clone(), viewer.proof.clone());
            let (code, let_on) = (code.as_str(), &let_on);
            threads.spawn(move || {
                if twin.submit("recovery", &[("code", code)]).status == 200 {
                    let_on.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!((let_on.into_inner(), house.audited("person.recovery_proved")), (1, 1));
}

#[test]
fn a_code_is_good_in_the_sign_in_that_asked_for_ten_minutes_and_for_the_password_of_then() {
    let house = House::new();
    given_reachable(&house, "A-001", "takahashi");
    let mut viewer = Viewer::new(&house);
    let code = sent(&house, &mut viewer, "takahashi");
    let mut thief = Viewer::new(&house);
    ask(&mut thief, "takahashi");
    assert_eq!(thief.submit("recovery", &[("code", &code)]).refusal(), "signin.code_wrong");
    thief.cookies.clear();
    thief.page.clone_from(&viewer.page);
    thief.proof.clone_from(&viewer.proof);
    assert_eq!(thief.submit("recovery", &[("code", &code)]).status, 404, "another browser");

    // Straight to the end.
    assert_eq!(viewer.submit("renewal", &[("password", NEW)]).refusal(), "signin.step_changed");
    viewer.submit("go", &[("step", "recover")]);
    let soon = viewer.submit("forgotten", &[("username", "takahashi")]);
    assert_eq!(soon.refusal(), "contact.code_just_sent");
    viewer.submit("go", &[("step", "password")]);
    assert_eq!(viewer.submit("recovery", &[("code", &code)]).refusal(), "signin.step_changed");

    let mut late = Viewer::new(&house);
    let code = sent(&house, &mut late, "takahashi");
    let over = |tx: &mut Tx<'_>| {
        let sql = "UPDATE sent_codes SET expires_ms = expires_ms - 600000 WHERE operator_id = ?1";
        tx.exec(sql, &[KITA.into()]).map(drop)
    };
    house.world.db.housekeep(&scope(), "test", over).unwrap();
    assert_eq!(late.submit("recovery", &[("code", &code)]).refusal(), "signin.code_wrong");

    let mut overtaken = Viewer::new(&house);
    let code = sent(&house, &mut overtaken, "takahashi");
    overtaken.submit("recovery", &[("code", &code)]);
    let mut other = Viewer::new(&house);
    let second = sent(&house, &mut other, "takahashi");
    other.submit("recovery", &[("code", &second)]);
    assert!(other.submit("renewal", &[("password", NEW)]).led_with("code").is_some());
    let refused = overtaken.submit("renewal", &[("password", PASSWORD)]);
    assert_eq!(refused.refusal(), "signin.step_changed", "the password is another one by now");
    assert!(is_let_in(&house, "takahashi", NEW));
}

#[test]
fn nobodys_mail_box_is_filled_and_who_is_shut_out_stays_out() {
    let house = House::new();
    given_reachable(&house, "A-001", "takahashi");
    for _ in 0..8 {
        ask(&mut Viewer::new(&house), "takahashi");
        fan_out(&house);
    }
    assert_eq!(house.audited("person.recovery_sent"), 5);

    let mut mother = house.given_viewer("A-002", "tanaka");
    given_contact((&house, &mut mother), ContactKind::Phone, PHONE);
    let mut viewer = Viewer::new(&house);
    let code = sent(&house, &mut viewer, "tanaka");
    viewer.submit("recovery", &[("code", &code)]);
    let mut fraud = Command::new("fraud", Op::Suspend, "A-002");
    fraud.reason = Some(Reason::Fraud);
    house.world.send_as(sms(), fraud);
    assert_eq!(viewer.submit("renewal", &[("password", NEW)]).refusal(), "contract.suspended");
    assert_eq!(house.audited("person.recovered"), 0);

    let unreachable = House::reaching(Vec::new());
    unreachable.given_viewer("A-001", "takahashi");
    let mut viewer = Viewer::new(&unreachable);
    viewer.open_page(&authorize(&[]));
    let page = viewer.submit("go", &[("step", "recover")]);
    assert!(!page.body.contains("value=\"contacts\""), "nothing is sent from here: {}", page.body);
    assert!(page.body.contains("value=\"owner\""), "the owner can be asked");
    let asked = viewer.submit("forgotten", &[("username", "takahashi"), ("ask", "contacts")]);
    assert!(asked.body.contains("id=\"number\""), "{}", asked.body);
}
