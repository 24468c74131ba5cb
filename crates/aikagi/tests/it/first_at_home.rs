//! The owner of a household registers by a code on the box at home and their birth date, the first time, and nobody
//! else does.

use base::kernel::clock;
use base::store::Tx;
use domain::clients::Grant;
use domain::commands::{self, Command, Op};
use domain::subscribers::{self, Attributes, HomeSignIn, PersonState, Reason};
use serde_json::Value as Json;

use crate::home::{Box, given_box, public_key, switch_home};
use crate::tv_codes::at_television;
use crate::viewers::{Answer, House, PASSWORD, SECRET, Viewer, authorize};
use crate::world::{KITA, World, sato};

pub const BORN: &str = "1958-02-03";

/// The station knows when the owner of `number` was born.
pub fn given_born(world: &World, number: &str, born: &str) {
    let birth_on = Some(born.to_owned());
    let attributes = Attributes { birth_on, ..Attributes::default() };
    let attr = Command { attributes, ..Command::new(&world.request_id(), Op::Attr, number) };
    assert_eq!(world.send(attr).code, None);
}

/// A station with such boxes, and one at a household nobody of which registered.
fn given(house: &House) -> Box {
    switch_home(house, KITA, true);
    house.given_client(KITA, "vod", |terms| terms.grants.push(Grant::JwtBearer));
    house.world.given_contract("A-001");
    given_born(&house.world, "A-001", BORN);
    given_box(&house.world, "A-001", "STB-1")
}

fn asked(house: &House, signed: &str, purpose: &str) -> Answer {
    let form = [("assertion", signed), ("purpose", purpose)];
    house.client_form("/o/KITA01/tv_code", ("vod", SECRET), &form)
}

/// What a box shows for registering.
pub fn shown(house: &House, signed: &str) -> Json {
    let answer = asked(house, signed, "registration");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// The code of it.
pub fn code_of(house: &House, signed: &str) -> String {
    shown(house, signed)["code"].as_str().unwrap().to_owned()
}

/// A sign-in at the step where the code is typed.
fn at_box(house: &House) -> Viewer<'_> {
    let mut viewer = Viewer::new(house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "box")]);
    viewer
}

fn try_it(viewer: &mut Viewer<'_>, code: &str, born: &str) -> Answer {
    viewer.submit("box", &[("box_code", code), ("birth_on", born)])
}

/// Whether it leads on to choose login id and password.
pub fn leads_on(answer: &Answer) -> bool {
    answer.status == 200 && answer.body.contains("new-password")
}

fn chooses(viewer: &mut Viewer<'_>, name: &str) -> Answer {
    viewer.submit("account", &[("username", name), ("password", PASSWORD)])
}

/// The owner registers by the letter of the station.
fn by_letter(house: &House, name: &str) {
    let letter = house.given_letter("A-001");
    let mut viewer = Viewer::new(house);
    viewer.open_page(&authorize(&[]));
    viewer.submit("go", &[("step", "letter")]);
    let form = [("contract_number", "A-001"), ("registration_code", letter.as_str())];
    viewer.submit("letter", &form);
    assert!(chooses(&mut viewer, name).led_with("code").is_some());
}

fn state(house: &House) -> PersonState {
    house.world.household("A-001").persons[0].state
}

#[test]
fn who_scans_what_the_box_shows_and_knows_the_birth_date_registers_as_the_owner_once() {
    let house = House::new();
    let own = given(&house);
    let told = shown(&house, &own.assertion("one"));
    let code = told["code"].as_str().unwrap();
    assert_eq!(told["verification_uri"], "https://id.example.jp/o/KITA01/first");
    let link = told["verification_uri_complete"].as_str().unwrap();
    let mut viewer = Viewer::new(&house);
    let sent = viewer.get(link.trim_start_matches("https://id.example.jp"));
    let page = viewer.follow(&sent);
    assert!(page.body.contains(&code.replace('-', "")), "typed for them: {}", page.body);

    let page = try_it(&mut viewer, code, "１９５８/02/03");
    assert!(leads_on(&page), "{}", page.body);
    let done = chooses(&mut viewer, "takahashi");
    assert!(done.body.contains("メールアドレスの追加"), "{}", done.body);

    assert_eq!(state(&house), PersonState::Active);
    assert!(Viewer::new(&house).sign_in("takahashi", PASSWORD).led_with("code").is_some());
    let again = try_it(&mut at_box(&house), code, BORN);
    assert_eq!(again.refusal(), "registration.refused");
    let newer = code_of(&house, &own.assertion("two"));
    let again = try_it(&mut at_box(&house), &newer, BORN);
    assert_eq!(again.refusal(), "registration.refused", "they have registered");
    let acts = ["home.code_shown", "person.home_proved", "person.registered"];
    assert_eq!(acts.map(|act| house.audited(act)), [2, 1, 1]);
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 1000)).unwrap();
    let line = lines.iter().find(|line| line.act == "person.registered").unwrap();
    assert!(format!("{line:?}").contains("box"), "{line:?}");
    let whole = format!("{:?}", crate::picture::picture(&house.world.db, KITA, |_, _| false));
    assert!(!whole.contains(&newer) && !whole.contains(&newer.replace('-', "")), "in the clear");
}

/// Makes something wrong, and what is typed then: code and birth date.
type Spoils = fn(&House, &Box) -> (String, &'static str);

fn act(house: &House, work: impl Fn(&mut Tx<'_>) -> base::kernel::Result<()> + Send + 'static) {
    house.world.act(sato(), work).unwrap();
}

const SPOILS: &[(&str, Spoils)] = &[
    ("another day", |house, own| (code_of(house, &own.assertion("a")), "1958-02-04")),
    ("no day", |house, own| (code_of(house, &own.assertion("a")), "")),
    ("what is no day", |house, own| (code_of(house, &own.assertion("a")), "髙橋")),
    ("a code nobody shows", |_, _| ("BCDF-GHJK".to_owned(), BORN)),
    ("no code", |_, _| (String::new(), BORN)),
    ("the code of another home", |house, _| {
        house.world.given_contract("A-002");
        given_born(&house.world, "A-002", "1990-09-09");
        let other = given_box(&house.world, "A-002", "STB-2");
        (code_of(house, &other.assertion("a")), BORN)
    }),
    ("an owner whose birth date nobody knows", |house, _| {
        house.world.given_contract("A-002");
        let other = given_box(&house.world, "A-002", "STB-2");
        (code_of(house, &other.assertion("a")), "")
    }),
    ("a code for who forgot the password", |house, own| {
        let code = asked(house, &own.assertion("a"), "recovery").json();
        (code["code"].as_str().unwrap().to_owned(), BORN)
    }),
    ("an older code", |house, own| {
        let older = code_of(house, &own.assertion("a"));
        code_of(house, &own.assertion("b"));
        (older, BORN)
    }),
    ("a box taken away", |house, own| {
        let (code, handle) = (code_of(house, &own.assertion("a")), own.handle.clone());
        act(house, move |tx| commands::remove_box(tx, "A-001", &handle));
        (code, BORN)
    }),
    ("a box with another key", |house, own| {
        let (code, handle) = (code_of(house, &own.assertion("a")), own.handle.clone());
        act(house, move |tx| commands::set_box_key(tx, "A-001", (&handle, &public_key())));
        (code, BORN)
    }),
    ("a household that is off", |house, own| {
        let code = code_of(house, &own.assertion("a"));
        act(house, |tx| subscribers::switch_home_sign_in(tx, "A-001", HomeSignIn::Off).map(|_| ()));
        (code, BORN)
    }),
    ("a station that is off", |house, own| {
        let code = code_of(house, &own.assertion("a"));
        switch_home(house, KITA, false);
        (code, BORN)
    }),
    ("a contract that is held", |house, own| {
        let code = code_of(house, &own.assertion("a"));
        let reason = Some(Reason::Unpaid);
        let hold = Command { reason, ..Command::new("hold", Op::Suspend, "A-001") };
        assert_eq!(house.world.send(hold).code, None);
        (code, BORN)
    }),
    ("an owner who was reset before", |house, own| {
        by_letter(house, "takahashi");
        let reset = Command::new(&house.world.request_id(), Op::PersonReset, "A-001");
        assert_eq!(house.world.send(Command { person_no: 1, ..reset }).code, None);
        (code_of(house, &own.assertion("a")), BORN)
    }),
    ("an old code", |house, own| {
        let code = code_of(house, &own.assertion("a"));
        let age = |tx: &mut Tx<'_>| {
            let keys = [KITA.into(), tx.now().into()];
            tx.exec("UPDATE tv_codes SET expires_ms = ?2 WHERE operator_id = ?1", &keys)
        };
        let scope = house.world.scope(KITA, sato()).at(clock::now());
        assert_eq!(house.world.db.housekeep(&scope, "test", age).unwrap(), 1);
        (code, BORN)
    }),
];

#[test]
fn whatever_is_wrong_is_refused_alike_and_nobody_registers() {
    for (name, spoil) in SPOILS {
        let house = House::new();
        let own = given(&house);
        let mut viewer = at_box(&house);
        let (code, born) = spoil(&house, &own);
        let answer = try_it(&mut viewer, &code, born);
        let told = (answer.status.as_u16(), answer.refusal());
        assert_eq!(told, (409, "registration.refused"), "{name}: {}", answer.body);
        assert_eq!(state(&house), PersonState::Invited, "{name}");
        assert_eq!(house.audited("person.home_proved"), 0, "{name}");
    }
}

#[test]
fn tries_count_with_those_of_letters_and_wrong_days_across_codes_and_sign_ins() {
    let house = House::new();
    let own = given(&house);
    let code = code_of(&house, &own.assertion("one"));
    let mut viewer = at_box(&house);
    for _ in 0..5 {
        try_it(&mut viewer, "BCDF-GHJK", BORN);
    }
    viewer.submit("go", &[("step", "letter")]);
    for _ in 0..5 {
        let form = [("contract_number", "A-001"), ("registration_code", "BCDFGHJKMNPQ")];
        viewer.submit("letter", &form);
    }
    viewer.submit("go", &[("step", "box")]);
    let late = try_it(&mut viewer, &code, BORN);
    assert_eq!(late.refusal(), "registration.refused", "ten in this sign-in");
    assert!(leads_on(&try_it(&mut at_box(&house), &code, BORN)), "nobody else's code is used up");

    let house = House::new();
    let own = given(&house);
    for turn in 0..10 {
        let code = code_of(&house, &own.assertion(&format!("turn {turn}")));
        let answer = try_it(&mut at_box(&house), &code, "1901-01-01");
        assert_eq!(answer.refusal(), "registration.refused", "{turn}");
    }
    let code = code_of(&house, &own.assertion("last"));
    let right = try_it(&mut at_box(&house), &code, BORN);
    assert_eq!(right.refusal(), "registration.refused", "locked, however often they ask anew");
    assert_eq!(house.audited("person.locked_out"), 1);
}

#[test]
fn who_registered_by_letter_meanwhile_or_whose_access_ended_is_not_registered() {
    for (what, letter) in [("a letter", true), ("a stop that is taken back", false)] {
        let house = House::new();
        let own = given(&house);
        let code = code_of(&house, &own.assertion("one"));
        let mut viewer = at_box(&house);
        assert!(leads_on(&try_it(&mut viewer, &code, BORN)), "{what}");
        if letter {
            by_letter(&house, "takahashi");
        } else {
            house.world.sms(Op::Stop, "A-001");
            house.world.sms(Op::StopCancel, "A-001");
        }
        let refused = chooses(&mut viewer, "dorobo");
        assert_eq!(refused.refusal(), "registration.refused", "{what}: {}", refused.body);
        let thief = Viewer::new(&house).sign_in("dorobo", PASSWORD);
        assert_eq!(thief.status, 422, "{what}");
    }
}

#[test]
fn of_many_with_one_code_one_goes_on_and_a_code_for_registering_recovers_nobody() {
    let house = House::new();
    let own = given(&house);
    let code = code_of(&house, &own.assertion("one"));
    let mut viewers: Vec<Viewer<'_>> = (0..6).map(|_| at_box(&house)).collect();
    let on = std::thread::scope(|threads| {
        let each = |viewer: &mut Viewer<'_>| leads_on(&try_it(viewer, &code, BORN));
        let all: Vec<_> =
            viewers.iter_mut().map(|viewer| threads.spawn(move || each(viewer))).collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|one| *one).count()
    });
    assert_eq!(on, 1);

    let house = House::new();
    let own = given(&house);
    by_letter(&house, "takahashi");
    crate::tv_codes::given_pin(&house, "A-001", domain::credentials::PinKind::Viewing, "2580");
    let code = code_of(&house, &own.assertion("one"));
    let form = [("code", code.as_str()), ("pin", "2580")];
    let refused = at_television(&house, "takahashi").submit("television", &form);
    assert_eq!(refused.refusal(), "signin.code_wrong");
    assert_eq!(asked(&house, &own.assertion("two"), "lunch").status, 400);
}

#[test]
fn it_is_offered_only_where_the_station_has_it_and_what_is_scanned_is_text() {
    let house = House::new();
    given(&house);
    let mut viewer = Viewer::new(&house);
    assert!(viewer.open_page(&authorize(&[])).body.contains("value=\"box\""));
    let sent = viewer.get("/o/KITA01/first?code=%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!viewer.follow(&sent).body.contains("<script>alert"));
    let sent = viewer.get("/o/KITA01/first");
    assert!(viewer.follow(&sent).body.contains("name=\"birth_on\""));
    switch_home(&house, KITA, false);
    assert!(!viewer.open_page(&authorize(&[])).body.contains("value=\"box\""));
    assert_eq!(viewer.get("/o/KITA01/first").refusal(), "registration.refused");
}
