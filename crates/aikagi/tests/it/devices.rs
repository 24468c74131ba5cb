//! A television is let in by a person on their phone, and by nobody else.

use base::kernel::{Scope, clock};
use domain::clients::{AuthMethod, Grant, Proof};
use domain::commands::Op;
use domain::sessions::{self, Whose};
use serde_json::{Value as Json, json};

use crate::viewers::{Answer, House, PASSWORD, Viewer, claims};
use crate::world::{KITA, MINAMI};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A house whose operator has a television service `tv` that proves nothing, as applications do.
pub fn house() -> House {
    let house = House::new();
    for operator in [KITA, MINAMI, Scope::PLATFORM] {
        let id = if operator == Scope::PLATFORM { "tv-everywhere" } else { "tv" };
        house.given_client(operator, id, |terms| {
            terms.method = AuthMethod::None;
            terms.proof = Proof::None;
            terms.redirect_uris = Vec::new();
            terms.grants = vec![Grant::DeviceCode, Grant::RefreshToken];
            terms.scopes = vec!["openid".to_owned(), "offline_access".to_owned()];
            terms.sector = "tv.example.jp".to_owned();
        });
    }
    house
}

pub fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned()
}

fn ask(house: &House) -> Json {
    ask_as(house, "living-room")
}

pub fn ask_as(house: &House, device: &str) -> Json {
    let form = [("client_id", "tv"), ("device_id", device), ("device_model", "STB <b>髙橋</b>")];
    let answer = house.public_form("/o/KITA01/device_authorization", &form);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

pub fn poll(house: &House, asked: &Json) -> Answer {
    poll_as(house, ("/o/KITA01", "tv"), &text(asked, "device_code"))
}

fn poll_as(house: &House, (issuer, client): (&str, &str), code: &str) -> Answer {
    let form = [("grant_type", GRANT), ("client_id", client), ("device_code", code)];
    house.public_form(&format!("{issuer}/token"), &form)
}

fn error(answer: &Answer) -> String {
    text(&answer.json(), "error")
}

/// Opens what the QR code leads to and answers with these words.
pub fn decide(viewer: &mut Viewer<'_>, asked: &Json, form: &[(&str, &str)]) -> Answer {
    let page = viewer.look(&address(asked));
    assert_eq!(page.status, 200, "{}", page.body);
    answer(viewer, asked, form)
}

/// Sends the form of the page that is open.
pub fn answer(viewer: &mut Viewer<'_>, asked: &Json, form: &[(&str, &str)]) -> Answer {
    let code = text(asked, "user_code").replace('-', "");
    viewer.send_form("/o/KITA01/device", &[&[("user_code", code.as_str())], form].concat())
}

/// What the QR code leads to, below the host.
fn address(asked: &Json) -> String {
    format!("/o/KITA01/device?user_code={}", text(asked, "user_code"))
}

pub fn allow(viewer: &mut Viewer<'_>, asked: &Json) -> Answer {
    let number = text(asked, "confirmation_number");
    decide(viewer, asked, &[("decision", "allow"), ("number", &number)])
}

/// What stands between the tags from the heading on.
fn read_by_a_person(page: &str) -> String {
    let (_, from_heading) = page.split_once("<h1").unwrap();
    let tags = from_heading.split('<').filter_map(|part| part.split_once('>'));
    tags.map(|(_, text)| text).collect()
}

#[test]
fn a_television_shows_a_code_and_has_tokens_once_its_person_typed_what_it_shows() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = ask(&house);
    assert_eq!((&asked["expires_in"], &asked["interval"]), (&json!(900), &json!(5)));
    assert_eq!(asked["verification_uri"], "https://id.example.jp/o/KITA01/device");
    assert_eq!(text(&asked, "user_code").len(), 9);
    assert_eq!(error(&poll(&house, &asked)), "authorization_pending");

    let page = viewer.look(&address(&asked));
    assert!(page.body.contains("北浜ケーブル") && page.body.contains("STB "), "{}", page.body);
    assert!(!page.body.contains("<b>"), "what a device says of itself is text");
    let read = read_by_a_person(&page.body).replace(&text(&asked, "user_code"), "");
    let read = read.replace("&#60;", "<").replace("&#62;", ">");
    let mut numbers = read.split(|letter: char| !letter.is_ascii_digit());
    assert!(
        !numbers.any(|digits| digits.len() == 2),
        "the number stands on the television: {read}"
    );
    let done = allow(&mut viewer, &asked);
    assert_eq!(done.status, 200, "{}", done.body);

    let tokens = poll(&house, &asked).json();
    let said = claims(&text(&tokens, "id_token"));
    assert_eq!(
        (&said["aud"], &said["amr"], &said["nonce"]),
        (&json!("tv"), &json!(["otp"]), &Json::Null)
    );
    assert_eq!(house.userinfo(&text(&tokens, "access_token")).status, 200);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "tv"),
        ("refresh_token", &text(&tokens, "refresh_token")),
    ];
    assert_eq!(house.public_form("/o/KITA01/token", &form).status, 200);
    let acts = ["device.bound", "device_code.approved", "authorization.granted"];
    assert_eq!(acts.map(|act| house.audited(act)), [1, 1, 2], "one more code was the sign-in's");
}

fn holding(lasting: sessions::Lasting) -> domain::signin::Holding<'static> {
    domain::signin::Holding { lasting, jkt: None }
}

#[test]
fn a_lost_answer_is_given_again_at_once_and_never_later() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = ask(&house);
    allow(&mut viewer, &asked);
    let (first, again) = (poll(&house, &asked).json(), poll(&house, &asked).json());
    assert_eq!(first["refresh_token"], again["refresh_token"], "the same family, the same turn");

    let client = house.provider.clients.find(KITA, "tv").unwrap().unwrap().client;
    let later = clock::now().plus_seconds(sessions::GRACE_SECONDS + 1);
    let late = house.provider.journeys.poll_device(
        (&client, KITA),
        (&text(&asked, "device_code"), holding(sessions::Lasting::Refreshed)),
        later,
    );
    assert_eq!(late.unwrap_err().code(), "grant.invalid");
}

#[test]
fn a_device_that_asks_too_often_is_told_to_wait_longer_each_time() {
    let house = house();
    let asked = ask(&house);
    let client = house.provider.clients.find(KITA, "tv").unwrap().unwrap().client;
    let begun = clock::now();
    let at = |seconds: i64| {
        let asks = (text(&asked, "device_code"), holding(sessions::Lasting::Once));
        let (journeys, when) = (&house.provider.journeys, begun.plus_seconds(seconds));
        format!("{:?}", journeys.poll_device((&client, KITA), (&asks.0, asks.1), when).unwrap())
    };
    let told = [0, 5, 9, 19, 24, 39].map(at);
    assert_eq!(told, ["Pending", "Pending", "SlowDown", "Pending", "SlowDown", "Pending"]);
    assert_eq!(at(sessions::DEVICE_CODE_SECONDS), "Expired");
}

#[test]
fn three_wrong_numbers_end_a_code_however_many_come_at_once() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = ask(&house);
    let right = text(&asked, "confirmation_number");
    let wrong = if right == "10" { "11" } else { "10" };
    let form = [("decision", "allow"), ("number", wrong)];
    let told: Vec<String> =
        (0..3).map(|_| decide(&mut viewer, &asked, &form).refusal().to_owned()).collect();
    assert_eq!(told, ["device.number_wrong", "device.number_wrong", "device.code_over"]);
    assert_eq!(error(&poll(&house, &asked)), "access_denied");
    let late = viewer.look(&address(&asked));
    assert_eq!(late.refusal(), "device.code_unknown");

    let again = ask(&house);
    let code = text(&again, "user_code").replace('-', "");
    let scope = Scope::new(KITA, base::kernel::Actor::System, clock::now());
    let found = |code: String| {
        house.world.db.read(&scope, |tx| sessions::find_user_code(tx, &code)).unwrap().unwrap()
    };
    let known = found(code);
    let tries: Vec<_> = std::thread::scope(|threads| {
        let all: Vec<_> = (0..8)
            .map(|_| {
                let known = known.clone();
                let (db, scope) = (&house.world.db, &scope);
                threads.spawn(move || {
                    db.housekeep(scope, "try", move |tx| sessions::try_number(tx, &known, "xx"))
                        .unwrap()
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let wrong = tries.iter().filter(|one| **one == sessions::Confirmed::Wrong).count();
    assert_eq!(wrong, 2, "{tries:?}");
}

#[test]
fn a_refused_device_is_told_so_and_a_newer_code_ends_the_older_one() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = ask(&house);
    decide(&mut viewer, &asked, &[("decision", "refuse")]);
    assert_eq!(error(&poll(&house, &asked)), "access_denied");
    assert_eq!(house.audited("device_code.refused"), 1);

    let (old, other) = (ask(&house), ask_as(&house, "bedroom"));
    let new = ask(&house);
    assert_eq!(error(&poll(&house, &old)), "expired_token");
    for alive in [&other, &new] {
        assert_eq!(error(&poll(&house, alive)), "authorization_pending");
    }
}

#[test]
fn nobody_lets_a_device_in_without_a_session_of_their_own_and_the_page_it_was_shown_on() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = ask(&house);
    let address = address(&asked);
    let nobody = house.get(&address);
    assert!(nobody.location().path().ends_with("/o/KITA01/signin"), "signs in first");

    let mut other = Viewer::new(&house);
    let begun = other.get(&address);
    other.follow(&begun);
    other.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert!(other.page.starts_with("/o/KITA01/device?user_code="), "and comes back to the code");

    let form = [("decision", "allow"), ("number", "10")];
    viewer.look(&address);
    let proof = viewer.proof.clone();
    viewer.proof = "x".repeat(43);
    assert_eq!(answer(&mut viewer, &asked, &form).refusal(), "form.foreign");
    viewer.proof = proof;
    viewer.origin = "https://evil.example".to_owned();
    assert_eq!(answer(&mut viewer, &asked, &form).refusal(), "form.foreign");
    assert_eq!(error(&poll(&house, &asked)), "authorization_pending");
}

#[test]
fn a_device_code_is_good_at_its_own_issuer_for_its_own_client_and_as_nothing_else() {
    let house = house();
    house.given_client(KITA, "other-tv", |terms| {
        terms.method = AuthMethod::None;
        terms.proof = Proof::None;
        terms.grants = vec![Grant::DeviceCode];
    });
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = ask(&house);
    allow(&mut viewer, &asked);
    let code = text(&asked, "device_code");
    for (issuer, client) in [("/o/KITA01", "other-tv"), ("/o/MINA01", "tv"), ("", "tv-everywhere")]
    {
        let answer = poll_as(&house, (issuer, client), &code);
        assert_eq!(error(&answer), "invalid_grant", "{issuer} {client}");
    }
    let southern = address(&asked).replace("KITA01", "MINA01");
    assert!(viewer.get(&southern).location().path().ends_with("/o/MINA01/signin"), "no session");
    for (grant, name) in
        [("refresh_token", "refresh_token"), ("authorization_code", "code"), (GRANT, "device_code")]
    {
        let refresh = text(&asked, "user_code");
        let shown = if grant == GRANT { refresh.as_str() } else { code.as_str() };
        let form = [
            ("grant_type", grant),
            ("client_id", "tv"),
            (name, shown),
            ("redirect_uri", "https://vod.example.jp/callback"),
        ];
        let answer = house.public_form("/o/KITA01/token", &form);
        assert!(["invalid_grant", "unauthorized_client"].contains(&error(&answer).as_str()));
    }
    assert_eq!(poll(&house, &asked).status, 200, "none of them spent it");
}

#[test]
fn who_is_shut_out_lets_nothing_in_and_their_television_goes_dark() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let (first, second) = (ask(&house), ask_as(&house, "bedroom"));
    allow(&mut viewer, &first);
    let tokens = poll(&house, &first).json();
    allow(&mut viewer, &second);
    house.world.sms(Op::Stop, "A-001");
    assert_eq!(error(&poll(&house, &second)), "invalid_grant", "between phone and television");
    assert_eq!(house.userinfo(&text(&tokens, "access_token")).status, 401);
    let third = ask_as(&house, "kitchen");
    let address = address(&third);
    assert!(viewer.get(&address).location().path().ends_with("/signin"));
    house.world.sms(Op::StopCancel, "A-001");
    assert_eq!(error(&poll(&house, &second)), "invalid_grant", "what a stop ended stays ended");
}

#[test]
fn a_person_sees_names_and_removes_their_own_devices_one_by_one() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_viewer("A-002", "tanaka");
    let (first, second, waiting) = (ask(&house), ask_as(&house, "two"), ask_as(&house, "three"));
    for asked in [&first, &second, &waiting] {
        allow(&mut viewer, asked);
    }
    let (one, two) = (poll(&house, &first).json(), poll(&house, &second).json());
    let person = |number: &str| house.world.household(number).persons[0].person_id.clone();
    let (mine, theirs) = (person("A-001"), person("A-002"));
    let list = |person: &str| {
        let scope = Scope::new(KITA, base::kernel::Actor::System, clock::now());
        house.world.db.read(&scope, |tx| sessions::list_devices(tx, person, ("", 10))).unwrap()
    };
    let devices = list(&mine);
    assert_eq!(devices.len(), 2, "the third did not take its tokens yet");
    assert!(list(&theirs).is_empty());

    let id = devices[0].id.clone();
    let (whose, which) = (mine.clone(), id.clone());
    let named = house.act(move |tx| {
        sessions::rename_device(tx, (Whose::Person(&whose), &which), " 居間のテレビ ")
    });
    assert_eq!(named.unwrap(), base::kernel::Change::Made);
    let which = id.clone();
    let foreign =
        house.act(move |tx| sessions::remove_device(tx, (Whose::Person(&theirs), &which)));
    assert_eq!(foreign.unwrap_err().code(), "device.unknown");
    let whose = mine.clone();
    house.act(move |tx| sessions::remove_device(tx, (Whose::Person(&whose), &id))).unwrap();
    assert_eq!(list(&mine).len(), 1);
    let alive =
        [&one, &two].map(|tokens| house.userinfo(&text(tokens, "access_token")).status == 200);
    assert_eq!(alive, [false, true], "the other television goes on");
    assert_eq!(["device.renamed", "device.removed"].map(|act| house.audited(act)), [1, 1]);
}

#[test]
fn a_service_of_all_operators_lets_a_television_in_at_the_platform() {
    let house = house();
    house.given_viewer("A-001", "takahashi");
    let form = [("client_id", "tv-everywhere")];
    let asked = house.public_form("/device_authorization", &form).json();
    let mut viewer = Viewer::new(&house);
    let address = format!("/device?user_code={}", text(&asked, "user_code"));
    let begun = viewer.get(&address);
    viewer.follow(&begun);
    viewer.submit("operator", &[("operator", KITA)]);
    viewer.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert!(viewer.page.starts_with("/device?user_code="), "{}", viewer.page);
    let page = viewer.look(&address);
    assert!(page.body.contains("北浜ケーブル"), "{}", page.body);
    let number = text(&asked, "confirmation_number");
    let code = text(&asked, "user_code").replace('-', "");
    let form = [("user_code", code.as_str()), ("decision", "allow"), ("number", number.as_str())];
    assert_eq!(viewer.send_form("/device", &form).status, 200);
    let code = text(&asked, "device_code");
    let tokens = poll_as(&house, ("", "tv-everywhere"), &code).json();
    let said = claims(&text(&tokens, "id_token"));
    assert_eq!((&said["operator"], &said["iss"]), (&json!(KITA), &json!("https://id.example.jp")));
}

#[test]
fn guessing_codes_locks_the_person_who_guesses() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let told: Vec<String> = (0..11)
        .map(|_| viewer.look("/o/KITA01/device?user_code=BCDF-GHJK").refusal().to_owned())
        .collect();
    assert!(told[..9].iter().all(|one| one == "device.code_unknown"), "{told:?}");
    assert_eq!(told[10], "signin.locked", "{told:?}");
    let asked = ask(&house);
    let right = viewer.look(&address(&asked));
    assert_eq!(right.refusal(), "signin.locked", "the right one too");

    // They call the station.
    let unlocked = house.act(|tx| domain::credentials::unlock(tx, "A-001", 1)).unwrap();
    assert_eq!(unlocked, base::kernel::Change::Made);
    assert_eq!(viewer.look(&address(&asked)).status, 200);
}

#[test]
fn a_device_is_forgotten_with_its_authorization_and_not_before() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let asked = ask(&house);
    allow(&mut viewer, &asked);
    assert_eq!(poll(&house, &asked).status, 200);
    let kept = |days: i64| {
        let scope = Scope::new(KITA, crate::world::sato(), clock::now().plus_days(days));
        let swept = house.world.db.housekeep(&scope, "test", |tx| sessions::sweep(tx, 100));
        swept.unwrap();
        let count = |tx: &mut base::store::Tx<'_>| {
            let operator = [tx.operator().into()];
            let sql = "SELECT COUNT(*) FROM devices WHERE operator_id = ?1";
            tx.row(sql, &operator, |row| row.int())
        };
        house.world.db.read(&scope, count).unwrap()
    };
    assert_eq!((kept(89), kept(92)), (Some(1), Some(0)));
}
