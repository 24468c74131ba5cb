//! An owner lets a television in for the whole household: it names nobody, is worth what nobody is worth, and lasts as
//! long as the household has it so.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::clients::{ClientTerms, Grant};
use domain::commands::{Command, Op};
use domain::sessions;
use domain::subscribers::{Key, Reason};
use serde_json::{Value as Json, json};

use crate::contacts_page::pass_ten_minutes;
use crate::devices::{allow, answer, ask_as, decide, house as televisions, poll, text};
use crate::exchange;
use crate::family;
use crate::viewers::{Answer, House, PASSWORD, SECRET, Viewer, authorize, claims};
use crate::waits::given_recovered;
use crate::world::{KITA, sato};

const PAGE: &str = "/o/KITA01/sessions";

/// A house whose television service has televisions of households.
fn house() -> House {
    let house = televisions();
    switch(&house, true);
    house
}

fn switch(house: &House, on: bool) {
    let mut terms = house.provider.clients.find(KITA, "tv").unwrap().unwrap().client.terms.clone();
    terms.profile.household_devices = on;
    house.act(move |tx| domain::clients::put(tx, "tv", &terms).map(drop)).unwrap();
}

/// Chooses whom the television stands for.
fn choose(viewer: &mut Viewer<'_>, asked: &Json, whom: &str) -> Answer {
    let number = text(asked, "confirmation_number");
    decide(viewer, asked, &[("decision", "allow"), ("number", &number), ("for", whom)])
}

/// The tokens of a television its owner let in for everybody.
fn of_household(house: &House, owner: &mut Viewer<'_>, device: &str) -> Json {
    let asked = ask_as(house, device);
    let done = choose(owner, &asked, "household");
    assert_eq!((done.status.as_u16(), done.refusal()), (200, ""), "{}", done.body);
    poll(house, &asked).json()
}

fn refresh(house: &House, tokens: &Json) -> Answer {
    let token = text(tokens, "refresh_token");
    let form =
        [("grant_type", "refresh_token"), ("client_id", "tv"), ("refresh_token", token.as_str())];
    house.public_form("/o/KITA01/token", &form)
}

/// Whether its access token is good for something.
fn is_good(house: &House, tokens: &Json) -> bool {
    house.userinfo(&text(tokens, "access_token")).status == 200
}

fn sms(house: &House, op: Op, person_no: i64) {
    let command = Command { person_no, ..Command::new(&house.world.request_id(), op, "A-001") };
    assert_eq!(house.world.send(command).code, None);
}

fn listed(house: &House) -> Vec<sessions::Device> {
    let key = Key { number: "A-001".to_owned(), generation: 0 };
    let scope = Scope::new(KITA, sato(), clock::now());
    let list = |tx: &mut Tx<'_>| sessions::list_household_devices(tx, &key, ("", 10));
    house.world.db.read(&scope, list).unwrap()
}

#[test]
fn a_television_of_the_household_names_the_household_and_nobody_of_it() {
    let house = house();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let page = {
        let asked = ask_as(&house, "looked-at");
        owner.look(&format!("/o/KITA01/device?user_code={}", text(&asked, "user_code")))
    };
    assert!(page.body.contains("<option value=\"person\" selected>"), "{}", page.body);

    let tokens = of_household(&house, &mut owner, "living-room");

    assert!(tokens.get("id_token").is_none(), "nobody signed in: {tokens}");
    assert_eq!(tokens["scope"], "openid offline_access");
    let said = claims(&text(&tokens, "access_token"));
    assert_eq!((&said["acr"], said.get("hba")), (&json!("household"), None));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 600);
    let about = house.userinfo(&text(&tokens, "access_token")).json();
    let expected = json!({"sub": said["sub"], "household": said["sub"], "operator": "KITA01",
        "acr": "household"});
    assert_eq!(about, expected);
    let next = refresh(&house, &tokens).json();
    assert_eq!(claims(&text(&next, "access_token"))["sub"], said["sub"]);
    assert!(next.get("id_token").is_none() && next["refresh_token"] != tokens["refresh_token"]);
    // The same household a person of it has; decisions find it by that name.
    let own = ask_as(&house, "own");
    allow(&mut owner, &own);
    let person = house.userinfo(&text(&poll(&house, &own).json(), "access_token")).json();
    assert_eq!((&person["household"], person["sub"] != said["sub"]), (&said["sub"], true));
    let sub = text(&said, "sub");
    let scope = Scope::new(KITA, sato(), clock::now());
    let leads = |tx: &mut Tx<'_>| sessions::find_household(tx, (&sub, "tv.example.jp"));
    assert_eq!(house.world.db.read(&scope, leads).unwrap().unwrap().number, "A-001");
    let lines = house.world.look(|tx| base::records::list_audit(tx, "", 1000)).unwrap();
    let bound: Vec<_> = lines.iter().filter(|line| line.act == "device.bound").collect();
    assert_eq!((bound.len(), bound[0].subject.as_str()), (2, "A-001/00"));
    assert!(bound[0].actor.contains("per_"), "who let it in is known: {}", bound[0].actor);
}

#[test]
fn only_the_owner_has_the_choice_and_a_service_that_has_such_televisions() {
    let house = house();
    let mut owner = family::given_family(&house);
    let mut member = family::given_member(&house, &mut owner, "saburo");
    let asked = ask_as(&house, "one");
    let refused = choose(&mut member, &asked, "household");
    assert!(!refused.body.contains("name=\"for\""), "{}", refused.body);
    let told = (refused.status.as_u16(), refused.refusal());
    assert_eq!(told, (403, "device.household_not_offered"), "{}", refused.body);
    assert_eq!(choose(&mut owner, &asked, "building").refusal(), "request.parameters_malformed");
    assert_eq!(poll(&house, &asked).json()["error"], "authorization_pending", "nothing happened");
    switch(&house, false);
    let refused = choose(&mut owner, &asked, "household");
    assert_eq!(refused.refusal(), "device.household_not_offered");
    assert!(listed(&house).is_empty());
    assert_eq!(house.audited("device.bound"), 0);
    assert_eq!(choose(&mut member, &asked, "person").status, 200, "their own, as ever");
    let strangers = |terms: &mut ClientTerms| terms.profile.first_party = false;
    let no_televisions =
        |terms: &mut ClientTerms| terms.grants.retain(|grant| *grant != Grant::DeviceCode);
    for change in [strangers as fn(&mut ClientTerms), no_televisions] {
        let mut terms = crate::viewers::service();
        terms.grants.push(Grant::DeviceCode);
        terms.profile.household_devices = true;
        change(&mut terms);
        let put = house.act(move |tx| domain::clients::put(tx, "other", &terms).map(drop));
        assert_eq!(put.unwrap_err().code(), "client.household_devices_misplaced");
    }
}

#[test]
fn every_member_sees_it_and_its_owner_alone_names_and_removes_it() {
    let house = house();
    let mut owner = family::given_family(&house);
    let mut member = family::given_member(&house, &mut owner, "saburo");
    let tokens = of_household(&house, &mut owner, "living-room");
    let id = listed(&house)[0].id.clone();
    let own = ask_as(&house, "own");
    allow(&mut member, &own);
    poll(&house, &own);

    let seen = member.look(PAGE);
    assert!(seen.body.contains("この家のテレビ"), "{}", seen.body);
    assert!(!seen.body.contains(&id), "no form for it: {}", seen.body);
    for form in [
        [("do", "remove"), ("id", id.as_str()), ("name", "")],
        [("do", "rename"), ("id", id.as_str()), ("name", "俺のテレビ")],
    ] {
        assert_eq!(member.send_form(PAGE, &form).refusal(), "device.owner_only");
        member.look(PAGE);
    }
    let mut stranger = house.given_viewer("A-002", "tanaka");
    let elsewhere = ask_as(&house, "elsewhere");
    allow(&mut stranger, &elsewhere);
    poll(&house, &elsewhere);
    assert!(!stranger.look(PAGE).body.contains("この家のテレビ"));
    let foreign = stranger.send_form(PAGE, &[("do", "remove"), ("id", id.as_str())]);
    assert_eq!(foreign.refusal(), "device.unknown");
    assert!(is_good(&house, &tokens));

    owner.look(PAGE);
    let named = owner.send_form(PAGE, &[("do", "rename"), ("id", &id), ("name", "居間㈱のﾃﾚﾋﾞ")]);
    assert!(named.body.contains("居間㈱のﾃﾚﾋﾞ"), "{}", named.body);
    assert!(member.look(PAGE).body.contains("居間㈱のﾃﾚﾋﾞ"));
    owner.look(PAGE);
    let removed = owner.send_form(PAGE, &[("do", "remove"), ("id", &id)]);
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert!(!is_good(&house, &tokens));
    assert_eq!(refresh(&house, &tokens).json()["error"], "invalid_grant");
    assert!(listed(&house).is_empty());
    let acts = ["device.renamed", "device.removed", "authorization.revoked"];
    assert_eq!(acts.map(|act| house.audited(act)), [1, 1, 1]);
}

#[test]
fn what_ends_a_person_leaves_it_and_what_ends_the_household_ends_it_for_good() {
    type Does = fn(&House, &mut Viewer<'_>);
    let leaves: &[(&str, Does)] = &[
        ("another letter and another password", |house, _| {
            let letter = house.given_letter("A-001");
            let mut viewer = Viewer::new(house);
            viewer.open_page(&authorize(&[("prompt", "login")]));
            viewer.submit("go", &[("step", "letter")]);
            let form = [("contract_number", "A-001"), ("registration_code", letter.as_str())];
            viewer.submit("letter", &form);
            let form = [("username", "takahashi"), ("password", PASSWORD)];
            assert!(viewer.submit("account", &form).led_with("code").is_some());
        }),
        ("everything else signed out", |_, owner| {
            owner.look(PAGE);
            assert_eq!(owner.send_form(PAGE, &[("do", "others")]).status, 200);
        }),
        ("credentials reset", |house, _| sms(house, Op::PersonReset, 1)),
        ("a member removed", |house, _| sms(house, Op::PersonStop, 2)),
    ];
    for (what, does) in leaves {
        let house = house();
        let mut owner = family::given_family(&house);
        let tokens = of_household(&house, &mut owner, "living-room");
        does(&house, &mut owner);
        assert!(is_good(&house, &tokens), "{what}");
        assert_eq!(refresh(&house, &tokens).status, 200, "{what}");
        assert_eq!(listed(&house).len(), 1, "{what}");
    }
    let ends: &[(&str, Does)] = &[
        ("stopped", |house, _| sms(house, Op::Stop, 0)),
        ("stopped, and that taken back", |house, _| {
            sms(house, Op::Stop, 0);
            sms(house, Op::StopCancel, 0);
        }),
        ("another number", |house, _| {
            let mut replace = Command::new(&house.world.request_id(), Op::Replace, "A-001");
            replace.new_number = Some("A-009".to_owned());
            assert_eq!(house.world.send(replace).code, None);
        }),
        ("the service has no such televisions any more", |house, _| switch(house, false)),
    ];
    for (what, does) in ends {
        let house = house();
        let mut owner = family::given_family(&house);
        let tokens = of_household(&house, &mut owner, "living-room");
        assert!(is_good(&house, &tokens), "{what}");
        does(&house, &mut owner);
        assert!(!is_good(&house, &tokens), "{what}");
        assert_eq!(refresh(&house, &tokens).json()["error"], "invalid_grant", "{what}");
    }
}

#[test]
fn while_the_contract_is_held_it_is_worth_nothing_and_afterwards_what_it_was() {
    let house = house();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let tokens = of_household(&house, &mut owner, "living-room");
    for reason in [Reason::Unpaid, Reason::Fraud] {
        let hold = |op| {
            let command = Command::new(&house.world.request_id(), op, "A-001");
            let reason = (op == Op::Suspend).then_some(reason);
            assert_eq!(house.world.send(Command { reason, ..command }).code, None);
        };
        hold(Op::Suspend);
        assert!(!is_good(&house, &tokens), "{reason:?}");
        let refused = refresh(&house, &tokens).json();
        assert_eq!(refused["error_description"], "home.not_active", "{reason:?}");
        if reason == Reason::Unpaid {
            // Who did not pay may sign in still, and sees why.
            let asked = ask_as(&house, "two");
            assert_eq!(choose(&mut owner, &asked, "household").refusal(), "home.not_active");
        }
        hold(Op::Resume);
        assert!(is_good(&house, &tokens), "{reason:?}");
    }
    assert_eq!(refresh(&house, &tokens).status, 200, "the same refresh token");
}

#[test]
fn it_outlives_a_password_so_it_wants_a_young_proof_and_waits_after_a_recovery() {
    let house = house();
    let mut owner = house.given_viewer("A-001", "takahashi");
    pass_ten_minutes(&house);
    let asked = ask_as(&house, "one");
    let sent = choose(&mut owner, &asked, "household");
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert!(sent.location().path().ends_with("/signin"), "signs in again first");
    assert_eq!(poll(&house, &asked).json()["error"], "authorization_pending");
    assert_eq!(choose(&mut owner, &asked, "person").status, 200, "their own needs no more");

    let house = self::house();
    let mut owner = given_recovered(&house);
    let asked = ask_as(&house, "one");
    let refused = choose(&mut owner, &asked, "household");
    assert_eq!(refused.refusal(), "recovery.waits");
    assert!(refused.body.contains("24時間"), "{}", refused.body);
    let number = text(&asked, "confirmation_number");
    let form = [("decision", "allow"), ("number", number.as_str()), ("for", "person")];
    assert_eq!(answer(&mut owner, &asked, &form).status, 200, "what ends with them does not wait");
    assert!(listed(&house).is_empty());
}

#[test]
fn its_token_is_nobodys_to_act_for_and_a_reused_refresh_token_ends_it() {
    let house = house();
    exchange::switch_exchange(&house, KITA, true);
    house.given_client(KITA, "vod", |terms| {
        terms.grants.extend([Grant::DeviceCode, Grant::TokenExchange]);
        terms.profile.household_devices = true;
    });
    let mut owner = house.given_viewer("A-001", "takahashi");
    let ask = || {
        let path = "/o/KITA01/device_authorization";
        house.client_form(path, ("vod", SECRET), &[("scope", "openid decisions")]).json()
    };
    let (asked, own) = (ask(), ask());
    assert_eq!(choose(&mut owner, &asked, "household").status, 200);
    assert_eq!(choose(&mut owner, &own, "person").status, 200);
    let tokens = |asked: &Json| {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let code = text(asked, "device_code");
        house.token(&[("grant_type", grant), ("device_code", &code)]).json()
    };
    let (tokens, own) = (tokens(&asked), tokens(&own));
    assert_eq!(tokens["scope"], "openid", "nothing but that it is known");
    let (access, person) = (text(&tokens, "access_token"), text(&own, "access_token"));
    for both in [(access.as_str(), person.as_str()), (person.as_str(), access.as_str())] {
        let told = exchange::exchange_at(&house, ("/o/KITA01", "vod"), both, &[]).json();
        assert_eq!(told["error_description"], "exchange.token_invalid", "{told}");
    }
    let inspect = |token: &str| {
        house.client_form("/o/KITA01/introspect", ("vod", SECRET), &[("token", token)]).json()
    };
    let told = inspect(&access);
    assert_eq!(
        (&told["active"], &told["acr"], told.get("hba")),
        (&json!(true), &json!("household"), None)
    );
    let first = text(&tokens, "refresh_token");
    assert_eq!(inspect(&first)["sub"], told["sub"]);
    let second = text(&house.refresh(&first).json(), "refresh_token");
    let age = |tx: &mut Tx<'_>| {
        tx.exec("UPDATE authorizations SET turned_ms = turned_ms - 60000", &[]).map(drop)
    };
    house.world.db.housekeep(&Scope::new(KITA, sato(), clock::now()), "test", age).unwrap();
    assert_eq!(house.refresh(&first).json()["error_description"], "grant.replayed");
    assert_eq!(house.refresh(&second).json()["error"], "invalid_grant");
    assert!(!is_good(&house, &tokens));
}
