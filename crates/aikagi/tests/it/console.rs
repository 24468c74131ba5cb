//! A station's console: how its staff join, sign in, and are out again.

use std::sync::Arc;

use base::kernel::{Actor, Scope, clock};
use base::store::Tx;
use domain::credentials::Passwords;
use domain::operators::{self, Role, StaffDraft};
use domain::staff;
use totp_rs::{Builder, Secret, Totp};

use crate::viewers::{Answer, House, Viewer};
use crate::world::{KITA, MINAMI, sato};

pub const CONSOLE: &str = "/console/KITA01";
const WORK: &str = "x7Gp2vQm";

/// A member of the staff of `operator`, and the code that invites them.
pub fn invited(house: &House, operator: &str, (id, role): (&'static str, Role)) -> String {
    let scope = Scope::new(operator, Actor::System, clock::now());
    let invite = move |tx: &mut Tx<'_>| {
        let name = "佐藤　㈱北浜".to_owned();
        operators::put_staff(tx, id, &StaffDraft { name, roles: vec![role], enabled: true })?;
        staff::invite(tx, id)
    };
    house.world.db.transact(&scope, invite).unwrap()
}

fn authenticator(page: &Answer) -> Totp {
    let (_, rest) = page.body.split_once("id=\"secret\">").expect("the secret");
    let secret = rest.split("</").next().unwrap().replace(' ', "");
    Builder::new().with_secret(Secret::try_from_base32(&secret).unwrap()).build().unwrap()
}

/// What an authenticator shows, some thirty seconds on: each code is good once.
fn code(totp: &Totp, steps: i64) -> String {
    totp.generate(u64::try_from(clock::now().ms() / 1000 + 30 * steps).unwrap()).to_string()
}

/// Joins by an invitation; the browser is signed in. Answers the authenticator.
pub fn joins(clerk: &mut Viewer<'_>, operator: &str, (id, invitation): (&str, &str)) -> Totp {
    let path = format!("/console/{operator}/join");
    let welcome = clerk.send_form(&path, &[("staff", id), ("invitation", invitation)]);
    let totp = authenticator(&welcome);
    let fields = [
        ("do", "join"),
        ("staff", id),
        ("invitation", invitation),
        ("password", WORK),
        ("code", &code(&totp, 0)),
    ];
    let joined = clerk.send_form(&path, &fields);
    assert_eq!(joined.location().path(), format!("/console/{operator}"), "{}", joined.body);
    totp
}

/// A clerk of the northern operator with this role, signed in.
pub fn given_clerk(house: &House, role: Role) -> Viewer<'_> {
    let id = if role == Role::Desk { "sato" } else { "suzuki" };
    given_staff_member(house, (id, role))
}

/// Sato, who may give verbs.
pub fn given_sato(house: &House) -> Viewer<'_> {
    given_staff_member(house, ("sato", Role::Admin))
}

fn given_staff_member<'h>(house: &'h House, (id, role): (&'static str, Role)) -> Viewer<'h> {
    let invitation = invited(house, KITA, (id, role));
    let mut clerk = Viewer::new(house);
    joins(&mut clerk, KITA, (id, &invitation));
    clerk
}

fn signs_in(clerk: &mut Viewer<'_>, (id, password, code): (&str, &str, &str)) -> Answer {
    let fields = [("staff", id), ("password", password), ("code", code)];
    clerk.send_form(&format!("{CONSOLE}/sign-in"), &fields)
}

/// Whether the browser is signed in at the northern console.
pub fn is_in(clerk: &mut Viewer<'_>) -> bool {
    let shown = clerk.get(CONSOLE);
    assert_eq!(shown.status, 200, "{}", shown.body);
    shown.body.contains("id=\"q\"")
}

#[test]
fn a_member_joins_by_an_invitation_once_and_signs_in_by_all_three_from_then_on() {
    let house = House::new();
    let invitation = invited(&house, KITA, ("sato", Role::Desk));
    let mut clerk = Viewer::new(&house);
    let totp = joins(&mut clerk, KITA, ("sato", &invitation));
    assert!(is_in(&mut clerk));

    let mut thief = Viewer::new(&house);
    let path = format!("{CONSOLE}/join");
    let again = thief.send_form(&path, &[("staff", "sato"), ("invitation", &invitation)]);
    assert_eq!(again.refusal(), "staff.invitation_refused");

    let mut elsewhere = Viewer::new(&house);
    let used = code(&totp, 0);
    assert_eq!(
        signs_in(&mut elsewhere, ("sato", WORK, &used)).refusal(),
        "staff.signin_failed",
        "a code is good once"
    );
    let led = signs_in(&mut elsewhere, (" SATO ", WORK, &code(&totp, 1)));
    assert_eq!(led.location().path(), CONSOLE);
    assert!(is_in(&mut elsewhere) && is_in(&mut clerk));
    assert_eq!((house.audited("staff.joined"), house.audited("staff.signed_in")), (1, 1));
}

#[test]
fn whatever_is_wrong_about_a_sign_in_is_answered_alike_and_ten_tries_lock_it() {
    let house = House::new();
    let invitation = invited(&house, KITA, ("sato", Role::Desk));
    let totp = joins(&mut Viewer::new(&house), KITA, ("sato", &invitation));
    let right = code(&totp, 1);
    let mut anybody = Viewer::new(&house);
    let wrong = [("sato", "wrong", right.as_str()), ("sato", WORK, "000000"), ("kato", WORK, "1")];
    for typed in wrong {
        let told = signs_in(&mut anybody, typed);
        assert_eq!((told.status.as_u16(), told.refusal()), (422, "staff.signin_failed"));
        let text = told.body.replace(typed.0, "#");
        assert!(
            !text.contains("000000") && !text.contains("wrong"),
            "nothing secret is shown again"
        );
    }
    for id in ["sato", "kato"] {
        let last = (0..10).map(|_| signs_in(&mut anybody, (id, "wrong", "1"))).last().unwrap();
        assert_eq!(last.refusal(), "signin.locked", "{id}");
    }
    assert_eq!(signs_in(&mut anybody, ("sato", WORK, &right)).refusal(), "signin.locked");
    assert!(!is_in(&mut anybody));
}

#[test]
fn an_invitation_is_tried_ten_times_and_taken_by_its_member_at_their_station_only() {
    let house = House::new();
    let invitation = invited(&house, KITA, ("sato", Role::Desk));
    invited(&house, MINAMI, ("sato", Role::Desk));
    let mut thief = Viewer::new(&house);
    let mut tries = |path: &str, id: &str, code: &str| {
        thief.send_form(path, &[("staff", id), ("invitation", code)]).refusal().to_owned()
    };
    assert_eq!(tries("/console/MINA01/join", "sato", &invitation), "staff.invitation_refused");
    assert_eq!(tries("/console/KITA01/join", "kato", &invitation), "staff.invitation_refused");
    let last = (0..11).map(|_| tries("/console/KITA01/join", "sato", "BCDFGHJKMNPQ")).last();
    assert_eq!(last.unwrap(), "signin.locked");
}

#[test]
fn a_wrong_code_at_joining_spends_nothing_and_another_invitation_ends_all_that_was() {
    let house = House::new();
    let invitation = invited(&house, KITA, ("sato", Role::Desk));
    let path = format!("{CONSOLE}/join");
    let mut clerk = Viewer::new(&house);
    let welcome = clerk.send_form(&path, &[("staff", "sato"), ("invitation", &invitation)]);
    let totp = authenticator(&welcome);
    let mut joins_with = |password: &str, typed: &str| {
        let fields = [
            ("do", "join"),
            ("staff", "sato"),
            ("invitation", invitation.as_str()),
            ("password", password),
            ("code", typed),
        ];
        clerk.send_form(&path, &fields)
    };
    assert_eq!(joins_with(WORK, "000000").refusal(), "totp.code_wrong");
    let short = joins_with("short", &code(&totp, 0));
    assert_eq!(short.refusal(), "password.too_short");
    assert!(
        short.body.contains("8文字以上に") && !short.body.contains("12文字以上"),
        "{}",
        short.body
    );
    assert_eq!(joins_with("sato1234", &code(&totp, 0)).refusal(), "password.common");
    assert_eq!(joins_with(WORK, &code(&totp, 0)).status, 303);
    assert!(is_in(&mut clerk));

    let other = invited(&house, KITA, ("sato", Role::Desk));
    assert!(!is_in(&mut clerk), "who is invited again starts from nothing");
    let mut elsewhere = Viewer::new(&house);
    assert_eq!(
        signs_in(&mut elsewhere, ("sato", WORK, &code(&totp, 1))).refusal(),
        "staff.signin_failed"
    );
    joins(&mut elsewhere, KITA, ("sato", &other));
}

/// Something that ends the sessions of the staff.
type Way = fn(&House);

#[test]
fn a_session_ends_unused_after_a_quarter_of_an_hour_and_with_whoever_ends_it() {
    let ways: [(&str, Way); 5] = [
        ("unused", |house| age(house, "UPDATE staff_sessions SET seen_ms = seen_ms - 901000")),
        ("old", |house| age(house, "UPDATE staff_sessions SET expires_ms = expires_ms - 28801000")),
        ("off", |house| switch_off(house)),
        ("station", |house| drop(house.act(operators::disable))),
        ("ended", |house| drop(house.act(|tx| staff::end_sessions(tx, "sato")))),
    ];
    for (name, way) in ways {
        let house = House::new();
        let mut clerk = given_clerk(&house, Role::Desk);
        assert!(is_in(&mut clerk));
        way(&house);
        assert!(!is_in(&mut clerk), "{name}");
    }
    let house = House::new();
    let mut clerk = given_clerk(&house, Role::Desk);
    age(&house, "UPDATE staff_sessions SET seen_ms = seen_ms - 890000");
    assert!(is_in(&mut clerk), "a quarter of an hour is not over");
    age(&house, "UPDATE staff_sessions SET seen_ms = seen_ms - 890000");
    assert!(is_in(&mut clerk), "looking at a page is using it");
    clerk.look(CONSOLE);
    let kept = clerk.cookies.clone();
    clerk.send_form(&format!("{CONSOLE}/sign-out"), &[]);
    clerk.cookies = kept;
    assert!(!is_in(&mut clerk), "the session has ended, not only its cookie");
    assert_eq!(house.audited("staff.signed_out"), 1);
}

#[test]
fn a_clock_that_is_set_back_or_forward_loses_no_session_and_wakes_none() {
    let house = House::new();
    let clerk = given_clerk(&house, Role::Desk);
    let signing = Arc::clone(&house.provider.signing);
    let desks = staff::Desks::new(&house.world.db, signing, Passwords::start(1).unwrap());
    let cookie = clerk.cookies["__Host-aikagi-console"].clone();
    let now = clock::now();
    let sits = |minutes: i64| {
        desks.seat(&cookie, (KITA, now.plus_seconds(60 * minutes))).unwrap().is_some()
    };
    assert!(sits(-90), "set back: who sits there stays");
    assert!(sits(14), "and has the quarter of an hour they had");
    assert!(!sits(60), "set forward: unused for too long");
    assert!(sits(15), "set right again: nothing was lost");
    assert!((2..=47).all(|quarter| sits(quarter * 10)), "in use all day");
    assert!(!sits(481), "eight hours are eight hours");
}

#[test]
fn who_was_switched_off_since_the_page_was_begun_reads_and_changes_nothing() {
    let house = House::new();
    let clerk = given_clerk(&house, Role::Desk);
    let signing = Arc::clone(&house.provider.signing);
    let desks = staff::Desks::new(&house.world.db, signing, Passwords::start(1).unwrap());
    let cookie = &clerk.cookies["__Host-aikagi-console"];
    let seat = desks.seat(cookie, (KITA, clock::now())).unwrap().expect("a seat");
    let asked = (&seat, staff::Permission::Look);
    desks.look(asked, clock::now(), |_| Ok(())).unwrap();
    switch_off(&house);
    let codes = [
        desks.look(asked, clock::now(), |_| Ok(())).unwrap_err().code(),
        desks.act(asked, clock::now(), |_| Ok(())).unwrap_err().code(),
        desks.rehearse(asked, clock::now(), |_| Ok(())).unwrap_err().code(),
    ];
    assert_eq!(codes, ["staff.signed_out"; 3]);
}

/// The hidden fields of the form that leads to `action`, as a browser sends them.
fn fields_of(page: &Answer, action: &str) -> Vec<(String, String)> {
    let (_, form) = page.body.split_once(&format!("{action}\">")).expect("the form");
    let form = form.split("</form>").next().unwrap();
    let hidden = form.split("<input type=\"hidden\" name=\"").skip(1);
    let fields = hidden.map(|part| {
        let (name, rest) = part.split_once("\" value=\"").unwrap();
        let value = rest.split('"').next().unwrap();
        (name.to_owned(), value.replace("&#38;", "&").replace("&#34;", "\""))
    });
    fields.collect()
}

/// Sends those fields, and some typed beside them.
fn sends(
    clerk: &mut Viewer<'_>,
    path: &str,
    hidden: &[(String, String)],
    typed: &[(&str, &str)],
) -> Answer {
    let hidden = hidden.iter().filter(|(name, _)| name != "proof");
    let hidden: Vec<_> = hidden.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    clerk.send_form(path, &[hidden.as_slice(), typed].concat())
}

#[test]
fn what_was_filled_in_when_the_session_ended_is_there_again_after_signing_in() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let invitation = invited(&house, KITA, ("sato", Role::Admin));
    let mut clerk = Viewer::new(&house);
    let totp = joins(&mut clerk, KITA, ("sato", &invitation));
    let contract = format!("{CONSOLE}/contracts/A-001");
    let typed = [
        ("do", "preview"),
        ("verb", "suspend"),
        ("reason", "40"),
        ("reference", "☎ 髙橋 & \"12\""),
    ];
    age(&house, "UPDATE staff_sessions SET seen_ms = seen_ms - 1800000");

    let asked = clerk.send_form(&contract, &typed);
    assert_eq!(asked.refusal(), "staff.signed_out");
    assert!(asked.body.contains("入力した内容は取ってあります"), "{}", asked.body);
    let sign_in = format!("{CONSOLE}/sign-in");
    let who = |password, code| [("staff", "sato"), ("password", password), ("code", code)];
    let hidden = fields_of(&asked, "/sign-in");
    let again = sends(&mut clerk, &sign_in, &hidden, &who("wrong", "000000"));
    assert_eq!(again.refusal(), "staff.signin_failed");
    let (hidden, code) = (fields_of(&again, "/sign-in"), code(&totp, 1));
    let back = sends(&mut clerk, &sign_in, &hidden, &who(WORK, &code));
    assert_eq!(back.status, 200, "{}", back.body);
    let kept = fields_of(&back, "/contracts/A-001");
    let (_, proof) = kept.iter().find(|(name, _)| name == "proof").expect("a new proof").clone();
    clerk.proof = proof;
    let preview = sends(&mut clerk, &contract, &kept, &[]);
    assert!(preview.body.contains("id=\"effect\""), "{}", preview.body);
    assert!(preview.body.contains("☎ 髙橋 &#38; &#34;12&#34;"), "{}", preview.body);
    assert_eq!(house.world.household("A-001").holds.len(), 0, "nothing was done by itself");
}

#[test]
fn a_form_is_kept_for_a_page_of_the_console_only_and_signing_out_is_none() {
    let house = House::new();
    let invitation = invited(&house, KITA, ("sato", Role::Desk));
    let mut clerk = Viewer::new(&house);
    let totp = joins(&mut clerk, KITA, ("sato", &invitation));
    age(&house, "UPDATE staff_sessions SET seen_ms = seen_ms - 1800000");
    let out = clerk.send_form(&format!("{CONSOLE}/sign-out"), &[]);
    assert!(!out.body.contains("入力した内容"), "{}", out.body);
    for path in ["//evil.example", "/../MINA01", "https://evil.example", ""] {
        // Each code is good once; the authenticator is taken back a step instead of waiting.
        age(&house, "UPDATE totps SET last_step = 0");
        let code = code(&totp, 1);
        let fields = [
            ("path", path),
            ("form", "verb=stop"),
            ("staff", "sato"),
            ("password", WORK),
            ("code", code.as_str()),
        ];
        let led = clerk.send_form(&format!("{CONSOLE}/sign-in"), &fields);
        assert_eq!(led.location().path(), CONSOLE, "{path}: {}", led.body);
    }
}

pub fn age(house: &House, sql: &'static str) {
    let scope = Scope::new(KITA, sato(), clock::now());
    house.world.db.housekeep(&scope, "test", move |tx| tx.exec(sql, &[]).map(drop)).unwrap();
}

fn switch_off(house: &House) {
    let off = |tx: &mut Tx<'_>| {
        let member = operators::find_staff(tx, "sato")?.expect("sato");
        operators::put_staff(tx, "sato", &StaffDraft { enabled: false, ..member.draft })
    };
    house.act(off).unwrap();
}

#[test]
fn a_cookie_opens_its_own_stations_console_and_a_subscribers_opens_none() {
    let house = House::new();
    let mut clerk = given_clerk(&house, Role::StationManager);
    let southern = clerk.get("/console/MINA01");
    assert!(southern.status == 200 && !southern.body.contains("id=\"q\""), "{}", southern.body);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let session = viewer.cookies["__Host-aikagi-session"].clone();
    viewer.cookies.insert("__Host-aikagi-console".to_owned(), session);
    assert!(!is_in(&mut viewer));
    let console = clerk.cookies["__Host-aikagi-console"].clone();
    clerk.cookies.insert("__Host-aikagi-session".to_owned(), console);
    assert_eq!(clerk.get("/o/KITA01/sessions").status, 303, "a clerk is no subscriber");
}
