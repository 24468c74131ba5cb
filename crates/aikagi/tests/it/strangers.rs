//! What somebody can do who only knows numbers, names and old addresses: nothing, and learn nothing.

use base::kernel::{Scope, clock};
use domain::clients::{AuthMethod, Proof};
use domain::commands::{Command, Op};
use domain::credentials::issue_letter_code;
use domain::operators;
use domain::signin::{Caller, Step};
use domain::subscribers::Reason;
use http::Method;

use crate::picture::{Picture, assert_same, picture};
use crate::signin::request;
use crate::viewers::{BASE, CALLBACK, House, PASSWORD, VERIFIER, Viewer, authorize};
use crate::world::{KITA, MINAMI, sato};

const WRONG: &str = "BBBBBBBBBBBB";
const TOO_LONG: &str = "request.parameters_malformed";

fn state(house: &House) -> Picture {
    picture(&house.world.db, KITA, |_, _| false)
}

/// Rows of `after` that were not in `before`.
fn written(before: &Picture, after: &Picture) -> usize {
    let new = |(table, rows): (&String, &Vec<String>)| {
        rows.iter().filter(|row| !before[table].contains(row)).count()
    };
    after.iter().map(new).sum()
}

/// Contracts with every kind of letter; answers the code of the one that is good.
fn given_letters(house: &House) -> String {
    house.given_viewer("A-USED", "registered");
    for number in ["A-GOOD", "A-PAST", "A-NONE"] {
        house.world.given_contract(number);
    }
    let long_ago = Scope::new(KITA, sato(), clock::now().plus_days(-15));
    let past = house.world.db.transact(&long_ago, |tx| issue_letter_code(tx, "A-PAST", 0, 1));
    past.unwrap();
    house.given_letter("A-GOOD")
}

#[test]
fn whatever_is_wrong_with_a_letter_is_read_written_and_answered_alike() {
    let house = House::new();
    let good = given_letters(&house);
    let journeys = &house.provider.journeys;
    let mut seen = Vec::new();
    for (number, code, tries) in [
        ("A-NOBD", WRONG, 0),
        ("A-NONE", WRONG, 0),
        ("A-USED", WRONG, 0),
        ("A-PAST", WRONG, 0),
        ("A-GOOD", WRONG, 0),
        ("A-GOOD", WRONG, 9),
        ("A-GOOD", good.as_str(), 10),
    ] {
        let now = clock::now();
        let ticket = journeys.begin(&request(), ("b", now)).unwrap();
        let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
        journeys.go_to(&caller, &Step::Letter).unwrap();
        for _ in 0..tries {
            journeys.try_letter(&caller, (number, WRONG)).unwrap_err();
        }
        let (before, statements) = (state(&house), house.world.db.statements());
        let refused = journeys.try_letter(&caller, (number, code)).unwrap_err();
        let statements = house.world.db.statements() - statements;
        let rows = written(&before, &state(&house));

        let mut viewer = Viewer::new(&house);
        viewer.open_page(&authorize(&[]));
        viewer.submit("go", &[("step", "letter")]);
        for _ in 0..tries {
            viewer.submit("letter", &[("contract_number", number), ("registration_code", WRONG)]);
        }
        let form = [("contract_number", number), ("registration_code", code)];
        let page = viewer.submit("letter", &form);
        let ticket = viewer.page.split_once("ticket=").unwrap().1.to_owned();
        let body = page.body.replace(&ticket, "T").replace(&viewer.proof, "P").replace(number, "N");
        seen.push((number, (refused, statements, rows, page.status, body)));
    }
    for (number, one) in &seen {
        assert_eq!(*one, seen[0].1, "{number}");
    }
    assert_eq!((seen[0].1.0.code(), seen[0].1.2), ("registration.refused", 1));
}

#[test]
fn many_tries_at_once_in_one_sign_in_are_ten() {
    let house = House::new();
    house.world.given_contract("A-GOOD");
    let good = house.given_letter("A-GOOD");
    let (journeys, now) = (&house.provider.journeys, clock::now());
    let ticket = journeys.begin(&request(), ("b", now)).unwrap();
    let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
    journeys.go_to(&caller, &Step::Letter).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..12 {
            threads.spawn(|| journeys.try_letter(&caller, ("A-GOOD", WRONG)).unwrap_err());
        }
    });
    let late = journeys.try_letter(&caller, ("A-GOOD", &good)).unwrap_err();
    assert_eq!(late.code(), "registration.refused");
}

#[test]
fn a_sign_in_of_another_browser_or_step_or_one_that_is_over_counts_and_changes_nothing() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let (journeys, now) = (&house.provider.journeys, clock::now());
    let begin = |step: Option<Step>| {
        let ticket = journeys.begin(&request(), ("b", now)).unwrap();
        let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
        if let Some(step) = step {
            journeys.go_to(&caller, &step).unwrap();
        }
        ticket
    };
    let (password, letter, over) = (begin(None), begin(Some(Step::Letter)), begin(None));
    let done = Caller { ticket: &over, browser: "b", session: None, now };
    journeys.try_password(&done, ("takahashi", PASSWORD)).unwrap();
    let before = state(&house);
    let right = ("takahashi", PASSWORD);
    let other = ("signin.unknown", "thief");
    let moved = ("signin.step_changed", "b");
    for (ticket, (code, browser), at) in [
        (&password, other, "another browser"),
        (&letter, other, "another browser"),
        (&over, ("signin.unknown", "b"), "over"),
        (&password, moved, "password"),
        (&letter, moved, "letter"),
    ] {
        let caller = Caller { ticket, browser, session: None, now };
        let mut told = vec![("register", journeys.register(&caller, right).map(drop))];
        if at != "password" {
            told.push(("password", journeys.try_password(&caller, right).map(drop)));
            told.push(("password", journeys.try_password(&caller, ("nobody", "x")).map(drop)));
        }
        if at != "letter" {
            told.push(("letter", journeys.try_letter(&caller, ("A-001", WRONG)).map(drop)));
        }
        if code == "signin.unknown" {
            told.push(("go", journeys.go_to(&caller, &Step::Letter)));
            told.push(("look", journeys.look(&caller).map(drop)));
        }
        let chosen = journeys.choose_operator(&caller, MINAMI).unwrap_err();
        assert_eq!(chosen.code(), "signin.unknown", "at an operator already");
        for (verb, answer) in told {
            assert_eq!(answer.unwrap_err().code(), code, "{verb} {at}");
            assert_same(&before, &state(&house), verb);
        }
    }
}

#[test]
fn a_refusal_after_the_right_password_leaves_the_lock_out_as_it_was() {
    type Refuse = fn(&House);
    let cases: [(&str, Refuse); 6] = [
        ("contract.suspended", |house| send(house, Op::Suspend)),
        ("person.suspended", |house| send(house, Op::PersonSuspend)),
        ("contract.stopped", |house| drop(house.world.sms(Op::Stop, "A-001"))),
        ("operator.disabled", |house| {
            house.world.act(sato(), operators::disable).unwrap();
        }),
        ("client.terms_changed", |house| {
            house.given_client(KITA, "vod", |terms| {
                terms.redirect_uris = vec!["https://elsewhere.example.jp/cb".to_owned()];
            });
        }),
        ("client.unknown", |house| house.given_client(KITA, "vod", |terms| terms.enabled = false)),
    ];
    for (code, refuse) in cases {
        for bad in [0, 3] {
            let house = House::new();
            house.given_viewer("A-001", "takahashi");
            let (journeys, now) = (&house.provider.journeys, clock::now());
            let ticket = journeys.begin(&request(), ("b", now)).unwrap();
            let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
            for _ in 0..bad {
                journeys.try_password(&caller, ("takahashi", "wrong")).unwrap_err();
            }
            refuse(&house);
            let lockouts = || picture(&house.world.db, KITA, |table, _| table != "lockouts");
            let before = lockouts();
            let refused = journeys.try_password(&caller, ("takahashi", PASSWORD)).unwrap_err();
            assert_eq!(refused.code(), code);
            assert_same(&before, &lockouts(), code);
        }
    }
}

fn send(house: &House, op: Op) {
    let mut command = Command::new(&house.world.request_id(), op, "A-001");
    command.person_no = i64::from(op == Op::PersonSuspend);
    command.reason = Some(Reason::Fraud);
    assert_eq!(house.world.send(command).code, None);
}

#[test]
fn an_old_code_alone_ends_nothing_and_with_its_verifier_everything() {
    let house = House::new();
    house.given_client(KITA, "app", |terms| {
        (terms.method, terms.proof) = (AuthMethod::None, Proof::None);
        terms.grants.retain(|grant| *grant != domain::clients::Grant::ClientCredentials);
        terms.scopes.retain(|scope| scope != "decisions");
    });
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[("client_id", "app")])).led_with("code").unwrap();
    let redeem = |uri: &str, verifier: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "app"),
            ("code", &code),
            ("redirect_uri", uri),
            ("code_verifier", verifier),
        ];
        house.public_token(&form)
    };
    let refresh = redeem(CALLBACK, VERIFIER).json()["refresh_token"].as_str().unwrap().to_owned();
    let before = state(&house);
    let other = VERIFIER.replace('d', "e");
    for (uri, verifier) in [
        (CALLBACK, ""),
        (CALLBACK, other.as_str()),
        ("https://vod.example.jp/callback/", VERIFIER),
        ("", ""),
    ] {
        assert_eq!(redeem(uri, verifier).status, 400);
        assert_same(&before, &state(&house), verifier);
    }
    let stolen =
        [("grant_type", "refresh_token"), ("client_id", "vod"), ("refresh_token", &refresh)];
    assert_eq!(house.public_token(&stolen).status, 401);
    assert_same(&before, &state(&house), "another client's name");
    assert_eq!(redeem(CALLBACK, VERIFIER).json()["error_description"], "grant.replayed");
    assert_eq!(house.audited("authorization.revoked"), 1);
}

#[test]
fn a_form_of_another_site_goes_on_by_get_and_leaves_the_browsers_other_sign_ins_alone() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    let (cookies, before) = (viewer.cookies.clone(), state(&house));

    let address = authorize(&[("state", "s&= +髙"), ("unknown", "x")]);
    let (path, query) = address.split_once('?').unwrap();
    viewer.cookies.clear();
    viewer.origin = "https://vod.example.jp".to_owned();
    let sent = viewer.send(&Method::POST, path, query.as_bytes().to_vec());
    assert!(sent.headers.get("set-cookie").is_none());
    assert_same(&before, &state(&house), "nothing is begun yet");
    let location = sent.location();
    assert_eq!((location.host_str(), location.path()), (Some("id.example.jp"), path));
    let asked = |query: &str| {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        pairs.collect::<std::collections::BTreeMap<String, String>>()
    };
    assert_eq!(asked(location.query().unwrap()), asked(query));

    viewer.cookies.clone_from(&cookies);
    let went_on = viewer.get(&format!("{path}?{}", location.query().unwrap()));
    assert!(went_on.location().path().ends_with("/signin"));
    assert_eq!(viewer.cookies, cookies, "the other tab's sign-in is still this browser's");
    viewer.origin = BASE.to_owned();
    let done = viewer.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
}

#[test]
fn a_form_that_gives_no_address_everybody_has_room_for_is_refused() {
    let house = House::new();
    let mut viewer = Viewer::new(&house);
    let (path, query) = ("/o/KITA01/authorize", "client_id=vod&more=");
    let rest = 8000 - format!("{BASE}{path}?{query}").len();
    for (more, told) in [("x".repeat(rest), (303, "")), ("x".repeat(rest + 1), (400, TOO_LONG))] {
        let sent = viewer.send(&Method::POST, path, format!("{query}{more}").into_bytes());
        assert_eq!((sent.status.as_u16(), sent.refusal()), told);
    }
    let twice = viewer.send(&Method::POST, path, b"client_id=vod&client_id=vod".to_vec());
    assert_eq!((twice.status.as_u16(), twice.refusal()), (400, "request.parameter_repeated"));
    let nowhere = viewer.send(&Method::POST, "/o/NOSUCH/authorize", b"client_id=vod".to_vec());
    assert_eq!((nowhere.status.as_u16(), nowhere.refusal()), (404, "operator.unknown"));
}
