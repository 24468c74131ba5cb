//! Registration and sign-in, as a person at a browser meets them.

use std::sync::atomic::{AtomicUsize, Ordering};

use base::kernel::{Error, Instant, clock};
use domain::commands::{Command, Op};
use domain::signin::{Caller, Purpose, Refreshing, Request, Step};
use domain::subscribers::{PersonState, Reason};

use crate::viewers::{CALLBACK, House, PASSWORD, Viewer, authorize, claims};
use crate::world::KITA;

#[test]
fn a_letter_makes_a_person_active_and_signs_them_in() {
    let house = House::new();
    house.world.given_contract("A-001");
    let letter = house.given_letter("A-001");
    let mut viewer = Viewer::new(&house);

    let page = viewer.open_page(&authorize(&[]));
    assert!(page.body.contains("みるぷらす動画㈱へログインします。"), "{}", page.body);
    assert!(page.body.contains("autocomplete=\"current-password\""));
    let page = viewer.submit("go", &[("step", "letter")]);
    assert!(page.body.contains("autocomplete=\"one-time-code\""));
    let typed = letter.to_lowercase();
    let typed = format!("{}-{} {}", &typed[..4], &typed[4..8], &typed[8..]);
    let page =
        viewer.submit("letter", &[("contract_number", " Ａ-001"), ("registration_code", &typed)]);
    assert!(page.body.contains("autocomplete=\"new-password\""), "{}", page.body);
    let done =
        viewer.submit("account", &[("username", "Ｔａｋａｈａｓｈｉ"), ("password", PASSWORD)]);

    assert!(done.location().as_str().starts_with(CALLBACK));
    assert_eq!(done.led_with("state").as_deref(), Some("s-髙"));
    assert_eq!(done.led_with("iss").as_deref(), Some("https://id.example.jp/o/KITA01"));
    let household = house.world.household("A-001");
    assert_eq!(household.person(1).unwrap().state, PersonState::Active);
    assert_eq!(household.contract.version, 2, "a registration is a change of the household");
    for act in ["letter.issued", "person.registered", "authorization.granted", "person.signed_in"] {
        assert_eq!(house.audited(act), 1, "{act}");
    }
    let again = Viewer::new(&house).sign_in("takahashi", PASSWORD);
    assert!(again.led_with("code").is_some());
}

#[test]
fn bad_codes_use_up_the_sign_in_and_not_the_letter_and_a_new_letter_kills_the_old_one() {
    let house = House::new();
    house.world.given_contract("A-001");
    let letter = house.given_letter("A-001");
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    let mut send = |code: &str| {
        let form = [("contract_number", "A-001"), ("registration_code", code)];
        viewer.submit("letter", &form).refusal().to_owned()
    };
    for _ in 0..10 {
        assert_eq!(send("BBBBBBBBBBBB"), "registration.refused");
    }
    assert_eq!(send(&letter), "registration.refused", "the right one comes too late");

    let mut again = Viewer::new(&house);
    again.open_page(&authorize(&[]));
    again.submit("go", &[("step", "letter")]);
    let mut send = |code: &str| {
        let form = [("contract_number", "A-001"), ("registration_code", code)];
        again.submit("letter", &form).refusal().to_owned()
    };
    for _ in 0..9 {
        assert_eq!(send("BBBBBBBBBBBB"), "registration.refused");
    }
    assert_eq!(send(&letter), "", "the letter is as good as it was");

    let mut third = Viewer::new(&house);
    third.open_page(&authorize(&[]));
    third.submit("go", &[("step", "letter")]);
    let mut send = |code: &str| {
        let form = [("contract_number", "A-001"), ("registration_code", code)];
        third.submit("letter", &form).refusal().to_owned()
    };
    let second = house.given_letter("A-001");
    let third = house.given_letter("A-001");
    assert_eq!(send(&second), "registration.refused");
    assert_eq!(send(&third), "");
}

#[test]
fn a_letter_is_good_once_and_for_a_fortnight() {
    let house = House::new();
    house.world.given_contract("A-001");
    let letter = house.given_letter("A-001");
    let (journeys, now) = (&house.provider.journeys, clock::now());
    let at = |ticket: &str, now: Instant, code: &str| {
        let caller = Caller { ticket, browser: "b", session: None, now };
        journeys.try_letter(&caller, ("A-001", code)).map(drop).map_err(|error| error.code())
    };
    let begin = |now: Instant| {
        let ticket = journeys.begin(&request(), ("b", now)).unwrap();
        let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
        journeys.go_to(&caller, &Step::Letter).unwrap();
        ticket
    };
    let late = now.plus_days(14).plus_seconds(1);
    assert_eq!(at(&begin(late), late, &letter), Err("registration.refused"));

    let (one, other) = (begin(now), begin(now));
    at(&one, now, &letter).unwrap();
    at(&other, now, &letter).unwrap();
    let register = |ticket: &str, name: &str| {
        journeys.register(&Caller { ticket, browser: "b", session: None, now }, (name, PASSWORD))
    };
    register(&one, "hanako").unwrap();
    assert_eq!(register(&other, "jiro").unwrap_err().code(), "registration.refused");
}

#[test]
fn a_login_id_belongs_to_one_person_of_an_operator() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_contract("A-002");
    let letter = house.given_letter("A-002");
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-002"), ("registration_code", &letter)]);
    let form =
        |name: &'static str, password: &'static str| [("username", name), ("password", password)];
    assert_eq!(viewer.submit("account", &form("TAKAHASHI", PASSWORD)).refusal(), "login.taken");
    let short = viewer.submit("account", &form("takahashi2", "short"));
    assert_eq!(short.refusal(), "password.too_short");
    assert!(short.body.contains("value=\"takahashi2\""), "what was typed is shown again");
    let done = viewer.submit("account", &form("takahashi2", PASSWORD));
    assert!(done.led_with("code").is_some());
}

pub fn request() -> Purpose {
    Purpose::Code(Request {
        issuer: KITA.to_owned(),
        client_id: "vod".to_owned(),
        redirect_uri: CALLBACK.to_owned(),
        scope: "openid".to_owned(),
        state: None,
        nonce: None,
        challenge: Some("c".repeat(43)),
        dpop_jkt: None,
        login_hint: None,
        language: None,
        mode: domain::signin::ResponseMode::default(),
        ask_consent: false,
        wanted: None,
    })
}

/// Tries a password at an instant, in a sign-in of its own.
fn try_at(house: &House, (name, password): (&str, &str), now: Instant) -> Result<(), Error> {
    let journeys = &house.provider.journeys;
    let ticket = journeys.begin(&request(), ("b", now)).unwrap();
    let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
    journeys.try_password(&caller, (name, password)).map(drop)
}

#[test]
fn thirty_tries_at_once_get_ten_guesses_and_then_a_lock_out_that_doubles() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let now = clock::now();
    let failed = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for guess in 0..30 {
            let (house, failed) = (&house, &failed);
            threads.spawn(move || {
                let password = format!("guess number {guess}");
                match try_at(house, ("takahashi", &password), now).unwrap_err().code() {
                    "signin.failed" => drop(failed.fetch_add(1, Ordering::SeqCst)),
                    other => assert_eq!(other, "signin.locked"),
                }
            });
        }
    });
    assert!(failed.load(Ordering::SeqCst) < 10, "the tenth is told of the lock-out");
    assert_eq!(house.audited("person.locked_out"), 1);

    let right = ("takahashi", PASSWORD);
    let code = |result: Result<(), Error>| result.map_err(|error| error.code());
    assert_eq!(code(try_at(&house, right, now.plus_seconds(899))), Err("signin.locked"));
    let later = now.plus_seconds(901);
    for _ in 0..9 {
        assert_eq!(code(try_at(&house, ("takahashi", "wrong"), later)), Err("signin.failed"));
    }
    let tenth = try_at(&house, ("takahashi", "wrong"), later).unwrap_err();
    let Error::TooMany { wait, .. } = tenth else { panic!("{tenth}") };
    assert_eq!(wait.as_secs(), 1800, "the second round is twice as long");
    assert_eq!(code(try_at(&house, right, later.plus_seconds(1801))), Ok(()));
    assert_eq!(
        code(try_at(&house, ("takahashi", "wrong"), later.plus_seconds(1802))),
        Err("signin.failed")
    );
}

#[test]
fn a_login_id_nobody_has_is_answered_and_locked_out_like_any_other() {
    let house = House::new();
    let now = clock::now();
    let codes: Vec<&str> = (0..11)
        .map(|_| try_at(&house, ("nobody-here", "guess"), now).unwrap_err().code())
        .collect();
    assert_eq!(codes[..9], ["signin.failed"; 9]);
    assert_eq!(codes[9..], ["signin.locked"; 2]);
}

#[test]
fn who_may_not_watch_may_sign_in_but_fraud_and_removal_shut_the_door() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let suspend = |op: Op, reason: Reason| {
        let mut command = Command::new(&house.world.request_id(), op, "A-001");
        command.reason = Some(reason);
        house.world.send(command);
    };
    let sign_in = || Viewer::new(&house).sign_in("takahashi", PASSWORD);

    suspend(Op::Suspend, Reason::Unpaid);
    assert!(sign_in().led_with("code").is_some(), "sees why, cannot watch");
    suspend(Op::Suspend, Reason::Fraud);
    assert_eq!(sign_in().refusal(), "contract.suspended");
    let guess = Viewer::new(&house).sign_in("takahashi", "not the password");
    assert_eq!(guess.refusal(), "signin.failed", "a state is told only to who knows the password");
    suspend(Op::Resume, Reason::Fraud);
    assert!(sign_in().led_with("code").is_some());
    house.world.sms(Op::Stop, "A-001");
    assert_eq!(sign_in().refusal(), "contract.stopped");
}

#[test]
fn a_reset_ends_password_session_and_refresh_for_good() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let refresh = house.redeem(&code).json()["refresh_token"].as_str().unwrap().to_owned();
    let mut command = Command::new(&house.world.request_id(), Op::PersonReset, "A-001");
    command.person_no = 1;
    house.world.send(command);

    assert_eq!(viewer.sign_in("takahashi", PASSWORD).refusal(), "signin.failed");
    assert_eq!(house.refresh(&refresh).json()["error_description"], "grant.invalid");
    let letter = house.given_letter("A-001");
    viewer.open_page(&authorize(&[("prompt", "login")]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    let new = "あたらしいことばに変えました";
    let done = viewer.submit("account", &[("username", "takahashi"), ("password", new)]);
    assert!(done.led_with("code").is_some(), "{}", done.body);
    assert_eq!(viewer.sign_in("takahashi", PASSWORD).refusal(), "signin.failed");
    assert_eq!(house.refresh(&refresh).status, 400, "what was ended stays ended");
}

#[test]
fn a_form_counts_only_from_our_own_page_in_the_browser_that_began() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let form = [("username", "takahashi"), ("password", PASSWORD)];
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    let proof = std::mem::take(&mut viewer.proof);
    assert_eq!(viewer.submit("password", &form).refusal(), "form.foreign", "without proof");
    viewer.proof = proof.clone();
    viewer.origin = "https://evil.example".to_owned();
    assert_eq!(viewer.submit("password", &form).refusal(), "form.foreign", "from elsewhere");

    let mut thief = Viewer::new(&house);
    thief.open_page(&authorize(&[]));
    (thief.page, thief.proof) = (viewer.page.clone(), proof);
    assert_eq!(thief.submit("password", &form).refusal(), "signin.unknown", "another browser");
    let page = thief.page.clone();
    assert_eq!(thief.get(&page).refusal(), "signin.unknown");

    viewer.origin = "https://id.example.jp".to_owned();
    assert!(viewer.submit("password", &form).led_with("code").is_some());
    assert_eq!(viewer.submit("password", &form).refusal(), "signin.unknown", "it is over");
}

fn statements_of_a_sign_in(house: &House) -> u64 {
    let (journeys, now) = (&house.provider.journeys, clock::now());
    let ticket = journeys.begin(&request(), ("b", now)).unwrap();
    let before = house.world.db.statements();
    let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
    journeys.try_password(&caller, ("takahashi", PASSWORD)).unwrap();
    house.world.db.statements() - before
}

#[test]
fn a_sign_in_takes_twelve_statements_and_a_refresh_five() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    // The least of a few: facts about operator and client are read again after a second.
    let took = (0..5).map(|_| statements_of_a_sign_in(&house)).min().unwrap();
    assert!(took <= 12, "{took}");

    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let first = house.redeem(&code).json()["refresh_token"].as_str().unwrap().to_owned();
    let refresh = house.refresh(&first).json()["refresh_token"].as_str().unwrap().to_owned();
    let client = house.provider.clients.find(KITA, "vod").unwrap().unwrap().client;
    let mut refresh = refresh;
    let took = (0..5).map(|_| {
        let before = house.world.db.statements();
        let given = house.provider.journeys.refresh(
            (&client, KITA),
            &Refreshing { token: &refresh, wanted: None, jkt: None },
            clock::now(),
        );
        refresh = given.unwrap().refresh.unwrap();
        house.world.db.statements() - before
    });
    let took = took.min().unwrap();
    assert!(took <= 5, "{took}");
}

#[test]
fn a_page_speaks_the_language_the_reader_chose_and_runs_no_script_but_our_own() {
    let house = House::new();
    let mut viewer = Viewer::new(&house);
    let page = viewer.open_page(&authorize(&[("ui_locales", "fr en"), ("login_hint", "<b>\"x")]));
    assert!(
        page.body.contains("<html lang=\"en\" class=\"room\">")
            && page.body.contains("Kitahama Cable")
    );
    assert!(page.body.contains("Sign in to Miruplus Video."));
    let scripts: Vec<&str> = page.body.split("<script").skip(1).collect();
    assert!(!page.body.contains("<b>") && scripts.len() == 2, "{}", page.body);
    for script in scripts {
        assert!(script.starts_with(" src=\"/assets/aikagi-"), "{}", page.body);
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self' https://vod.example.jp",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(page.headers["strict-transport-security"], "max-age=31536000");
    assert_eq!(page.headers["cache-control"], "no-store");
    let page = viewer.submit("language", &[("language", "ja")]);
    assert!(
        page.body.contains("<html lang=\"ja\" class=\"room\">")
            && page.body.contains("北浜ケーブル")
    );
    let (_, style) = page.body.split_once("rel=\"stylesheet\" href=\"").unwrap();
    assert_eq!(house.get(style.split('"').next().unwrap()).status, 200);
}

#[test]
fn a_session_cookie_is_bound_to_the_host_and_new_at_every_sign_in() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let name = "__Host-aikagi-session";
    let before = viewer.cookies[name].clone();
    let done = viewer.sign_in("takahashi", PASSWORD);
    let cookie = done.headers["set-cookie"].to_str().unwrap();
    for part in ["__Host-aikagi-session=", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_ne!(viewer.cookies[name], before);
    let mut thief = Viewer::new(&house);
    thief.cookies.insert(name.to_owned(), before);
    let asked = thief.get(&authorize(&[("prompt", "none")]));
    assert_eq!(asked.led_with("error").as_deref(), Some("login_required"), "the old one is ended");
    let code = done.led_with("code").unwrap();
    let tokens = house.redeem(&code).json();
    let said = claims(tokens["id_token"].as_str().unwrap()).to_string();
    assert!(!said.contains("A-001") && !said.contains("takahashi"), "{said}");
}

#[test]
fn a_password_that_everybody_tries_first_is_refused_and_the_page_says_what_to_do() {
    let house = House::new();
    house.world.given_contract("A-001");
    let letter = house.given_letter("A-001");
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    viewer.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    for bad in ["P@ssword123456", "takahashi-hanako-2026"] {
        let form = [("username", "takahashi-hanako"), ("password", bad)];
        let refused = viewer.submit("account", &form);
        assert_eq!(refused.refusal(), "password.common", "{bad}");
        assert!(refused.body.contains("ご自分だけの文章"), "{}", refused.body);
        assert!(!refused.body.contains(bad), "a password is never shown again");
    }
    let good = [("username", "takahashi-hanako"), ("password", PASSWORD)];
    assert!(viewer.submit("account", &good).led_with("code").is_some());
}
