//! A person changes their password at My Page: by the one they have, counted as at a sign-in.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::credentials::{Alert, ContactKind, Says};

use crate::contacts_page::{given_contact, pass_ten_minutes, waiting};
use crate::no_password::given_television;
use crate::second_factor::given_kit;
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize};
use crate::world::{KITA, sato};

const PAGE: &str = "/o/KITA01/security";
const ME: &str = "/o/KITA01/me";
const NEW: &str = "いぬは２匹でも十分です。";

fn changes(viewer: &mut Viewer<'_>, (current, new): (&str, &str)) -> Answer {
    viewer.look(PAGE);
    let typed = [("action", "password"), ("current", current), ("password", new)];
    viewer.send_form(PAGE, &typed)
}

#[test]
fn a_person_changes_the_password_stays_signed_in_here_and_is_out_elsewhere() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    given_contact((&house, &mut viewer), ContactKind::Mail, "hanako@example.jp");
    let mut elsewhere = Viewer::new(&house);
    assert!(elsewhere.sign_in("takahashi", PASSWORD).led_with("code").is_some());
    pass_ten_minutes(&house);

    let done = changes(&mut viewer, (PASSWORD, NEW));
    assert!(done.body.contains("パスワードを変えました"), "{}", done.body);
    assert_eq!(viewer.look(ME).status, 200, "still signed in here");
    assert!(viewer.look(ME).body.contains("パスワードを変えました"), "among what happened");
    assert_eq!(elsewhere.get(ME).status, 303, "out elsewhere");
    let told = waiting(&house).into_iter().map(|one| one.says);
    assert_eq!(told.filter(|says| *says == Says::Alert(Alert::PasswordChanged)).count(), 1);
    assert_eq!(house.audited("person.password_changed"), 1);

    assert_eq!(Viewer::new(&house).sign_in("takahashi", PASSWORD).refusal(), "signin.failed");
    assert!(Viewer::new(&house).sign_in("takahashi", NEW).led_with("code").is_some());
    let whole = crate::picture::picture(&house.world.db, KITA, |_, _| false);
    assert!(!format!("{whole:?}").contains(NEW), "in the clear");
}

#[test]
fn a_wrong_one_is_refused_in_words_and_counted_as_at_a_sign_in() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    for (current, new, code) in [
        (PASSWORD, "みじかい", "password.too_short"),
        (PASSWORD, "takahashi takahashi", "password.common"),
        (PASSWORD, PASSWORD, "password.same"),
        ("これではありません。", NEW, "password.wrong"),
    ] {
        let refused = changes(&mut viewer, (current, new));
        assert_eq!((refused.status.as_u16(), refused.refusal()), (400, code));
        assert!(
            refused.body.contains("id=\"message\"") && refused.body.contains("name=\"current\"")
        );
    }
    for _ in 0..8 {
        assert_eq!(changes(&mut viewer, ("ちがいます。", NEW)).refusal(), "password.wrong");
    }
    let locked = changes(&mut viewer, ("ちがいます。", NEW));
    assert_eq!((locked.status.as_u16(), locked.refusal()), (429, "signin.locked"));
    assert!(locked.body.contains("id=\"message\""), "{}", locked.body);
    assert_eq!(
        changes(&mut viewer, (PASSWORD, NEW)).refusal(),
        "signin.locked",
        "the right one too"
    );
    assert_eq!(Viewer::new(&house).sign_in("takahashi", PASSWORD).refusal(), "signin.locked");
    assert_eq!(house.audited("person.locked_out"), 1);
    assert_eq!(house.audited("person.password_changed"), 0);
}

#[test]
fn right_ones_do_not_add_up_to_a_lock_out_whatever_else_is_refused() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    // Twelve good tries, none of which changes anything: after a recovery changes wait.
    let scope = Scope::new(KITA, sato(), clock::now());
    let waits = |tx: &mut Tx<'_>| {
        let until = [tx.now().plus_seconds(3600).into()];
        tx.exec("UPDATE passwords SET waits_until_ms = ?1", &until).map(drop)
    };
    house.world.db.housekeep(&scope, "test", waits).unwrap();
    for _ in 0..12 {
        let refused = changes(&mut viewer, (PASSWORD, NEW));
        assert_eq!((refused.status.as_u16(), refused.refusal()), (429, "recovery.waits"));
    }
    assert!(Viewer::new(&house).sign_in("takahashi", PASSWORD).led_with("code").is_some());
}

#[test]
fn who_registered_without_a_password_chooses_one_with_a_young_proof_and_types_it_from_then_on() {
    let house = House::new();
    let mut television = given_television(&house);
    let page = television.look(PAGE);
    assert!(page.body.contains("name=\"username\" value=\"\""), "{}", page.body);
    let wants = |viewer: &mut Viewer<'_>, name: &str| {
        let typed = [("action", "password"), ("username", name), ("password", NEW)];
        viewer.send_form(PAGE, &typed)
    };
    let refused = wants(&mut television, "x");
    assert_eq!((refused.status.as_u16(), refused.refusal()), (400, "login.malformed"));
    assert!(refused.body.contains("value=\"x\""), "as it was typed: {}", refused.body);
    let done = wants(&mut television, "takahashi");
    assert!(done.body.contains("name=\"current\""), "asked for from now on: {}", done.body);
    assert!(Viewer::new(&house).sign_in("takahashi", NEW).led_with("code").is_some());
    assert_eq!(wants(&mut television, "takahashi").refusal(), "password.wrong", "nothing typed");
    assert_eq!(house.audited("person.password_changed"), 1);

    let house = House::new();
    let mut late = given_television(&house);
    pass_ten_minutes(&house);
    late.look(PAGE);
    let sent = wants(&mut late, "takahashi");
    assert!(sent.location().path().ends_with("/signin"), "{}", sent.body);
    assert_eq!(house.audited("person.password_changed"), 0);
}

#[test]
fn who_just_proved_an_authenticator_may_have_a_shorter_one_and_steps_up_afterwards() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let kit = given_kit(&house, "A-001");
    let short = "x7Gp2vQm";
    assert_eq!(changes(&mut viewer, (PASSWORD, short)).refusal(), "password.too_short");
    assert!(changes(&mut viewer, (PASSWORD, NEW)).body.contains("パスワードを変えました"));
    // The session is from before the new password, and is asked for the second factor only.
    let asked = viewer.open_page(&authorize(&[("acr_values", "urn:aikagi:acr:mfa")]));
    assert!(asked.body.contains("one-time-code"), "{}", asked.body);
    assert!(viewer.submit("second", &[("code", &kit.shown())]).led_with("code").is_some());
    assert!(viewer.sign_in("takahashi", NEW).body.contains("one-time-code"));
    let done = viewer.submit("second", &[("code", &kit.paper[0])]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    assert!(changes(&mut viewer, (NEW, short)).body.contains("パスワードを変えました"));
}
