//! What is switched off gets nothing: every disabled thing at every grant.

use base::kernel::Change;
use domain::clients::{self, Grant};
use domain::commands::Op;
use domain::subscribers::Reason;
use domain::{operators, sessions};

use crate::devices::{allow, text};
use crate::exchange::{exchange_at, switch_exchange};
use crate::home;
use crate::viewers::{Answer, CALLBACK, House, SECRET, VERIFIER, Viewer, authorize};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// One of each grant, given and not used yet.
struct Grants {
    code: String,
    refresh: String,
    device: String,
    television: String,
    access: String,
    /// The access token of somebody of another household.
    actor: String,
    /// What a box of the household signed.
    signed: String,
}

fn given(house: &House, viewer: &mut Viewer<'_>) -> Grants {
    let code = |viewer: &mut Viewer<'_>| viewer.get(&authorize(&[])).led_with("code").unwrap();
    let first = code(viewer);
    let tokens = house.redeem(&first).json();
    let waiting = ask(house, viewer, "kitchen");
    let bound = ask(house, viewer, "living-room");
    let television = house.token(&[("grant_type", DEVICE_GRANT), ("device_code", &bound)]).json();
    Grants {
        code: code(viewer),
        refresh: text(&tokens, "refresh_token"),
        device: waiting,
        television: text(&television, "refresh_token"),
        access: text(&tokens, "access_token"),
        actor: text(
            &house.redeem(&code(&mut house.given_viewer("A-002", "saito"))).json(),
            "access_token",
        ),
        signed: home::given_box(&house.world, "A-001", "STB-1").assertion("one"),
    }
}

/// A television that was confirmed and has not asked yet.
fn ask(house: &House, viewer: &mut Viewer<'_>, device: &str) -> String {
    let form = [("device_id", device), ("scope", "openid")];
    let asked = house.client_form("/o/KITA01/device_authorization", ("vod", SECRET), &form).json();
    assert_eq!(allow(viewer, &asked).status, 200);
    text(&asked, "device_code")
}

/// The answers of all grants, each under its name.
fn tried(house: &House, grants: &Grants) -> Vec<(&'static str, Answer)> {
    let code = [
        ("grant_type", "authorization_code"),
        ("code", &grants.code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let refresh = |token| [("grant_type", "refresh_token"), ("refresh_token", token)];
    vec![
        ("a code", house.token(&code)),
        ("a refresh token", house.token(&refresh(&grants.refresh))),
        (
            "a device's code",
            house.token(&[("grant_type", DEVICE_GRANT), ("device_code", &grants.device)]),
        ),
        ("a device's refresh token", house.token(&refresh(&grants.television))),
        (
            "an exchange",
            exchange_at(house, ("/o/KITA01", "vod"), (&grants.access, &grants.actor), &[]),
        ),
        ("a box at home", home::enter(house, ("/o/KITA01", "vod"), &grants.signed)),
        ("the client itself", house.token(&[("grant_type", "client_credentials")])),
    ]
}

fn hold(house: &House, op: Op, person: i64) {
    let mut command = domain::commands::Command::new("hold", op, "A-001");
    command.reason = Some(Reason::Fraud);
    command.person_no = person;
    assert_eq!(house.world.send(command).code, None);
}

fn remove_televisions(house: &House) {
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let work = move |tx: &mut base::store::Tx<'_>| {
        for device in sessions::list_devices(tx, &person, ("", 10))? {
            sessions::remove_device(tx, (sessions::Whose::Person(&person), &device.id))?;
        }
        Ok(())
    };
    house.act(work).unwrap();
}

/// The service comes with every grant there is.
fn may_do_all(house: &House) {
    house.given_client("KITA01", "vod", |terms| {
        terms.grants.extend([Grant::DeviceCode, Grant::TokenExchange, Grant::JwtBearer]);
    });
    switch_exchange(house, "KITA01", true);
    home::switch_home(house, "KITA01", true);
}

/// What is switched off, and which grants still work then.
type Case = (&'static str, fn(&House), &'static [&'static str]);

const OF_PERSONS: &[&str] = &["the client itself"];

const CASES: &[Case] = &[
    ("operator", |house| assert_eq!(house.act(operators::disable), Ok(Change::Made)), OF_PERSONS),
    ("suspended contract", |house| hold(house, Op::Suspend, 0), OF_PERSONS),
    ("stopped contract", |house| drop(house.world.sms(Op::Stop, "A-001")), OF_PERSONS),
    ("person", |house| hold(house, Op::PersonSuspend, 1), &["a box at home", "the client itself"]),
    (
        "client",
        |house| assert_eq!(house.act(|tx| clients::disable(tx, "vod")), Ok(Change::Made)),
        &[],
    ),
    (
        "device",
        remove_televisions,
        &[
            "a code",
            "a refresh token",
            "a device's code",
            "an exchange",
            "a box at home",
            "the client itself",
        ],
    ),
];

#[test]
fn what_is_switched_off_is_refused_at_every_grant_and_the_rest_goes_on() {
    for (name, switch_off, still) in CASES {
        let house = House::new();
        may_do_all(&house);
        let mut viewer = house.given_viewer("A-001", "takahashi");
        let grants = given(&house, &mut viewer);
        switch_off(&house);
        for (grant, answer) in tried(&house, &grants) {
            let good = answer.status == 200;
            assert_eq!(good, still.contains(&grant), "{name}, {grant}: {}", answer.body);
        }
    }
}

#[test]
fn a_client_that_is_switched_on_again_goes_on_where_it_was() {
    let house = House::new();
    may_do_all(&house);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let grants = given(&house, &mut viewer);
    house.act(|tx| clients::disable(tx, "vod")).unwrap();
    let page = viewer.get(&authorize(&[]));
    assert_eq!((page.status.as_u16(), page.refusal()), (400, "authorize.client_unknown"));
    assert!(tried(&house, &grants).iter().all(|(_, answer)| answer.status == 401));
    house.act(|tx| clients::enable(tx, "vod")).unwrap();
    for (grant, answer) in tried(&house, &grants) {
        assert_eq!(answer.status, 200, "{grant}: {}", answer.body);
    }
    assert_eq!((house.audited("client.disabled"), house.audited("client.enabled")), (1, 1));
}

#[test]
fn with_a_new_secret_the_old_one_is_worth_nothing_at_once() {
    let house = House::new();
    let secret = house.act(|tx| clients::renew_secret(tx, "vod")).unwrap();
    let itself = |secret: &str| {
        let form = [("grant_type", "client_credentials")];
        house.token_at("/o/KITA01", ("vod", secret), &form).status.as_u16()
    };
    assert_eq!((itself(SECRET), itself(&secret)), (401, 200));
    let other =
        house.token_at("/o/MINA01", ("vod", SECRET), &[("grant_type", "client_credentials")]);
    assert_eq!(other.status, 200, "the other operator's client of this name is another one");
    assert_eq!(house.audited("client.secret_renewed"), 1);
    house.given_client("KITA01", "app", |terms| {
        terms.method = clients::AuthMethod::None;
        terms.proof = clients::Proof::None;
        terms.grants = vec![Grant::AuthorizationCode];
        terms.scopes = vec!["openid".to_owned()];
    });
    let refused = house.act(|tx| clients::renew_secret(tx, "app")).unwrap_err();
    assert_eq!(refused.code(), "client.secret_none");
}
