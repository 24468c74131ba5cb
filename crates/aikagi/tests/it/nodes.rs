//! What two nodes on one database do at once, and what goes on under load while keys are replaced.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use base::kernel::{Scope, clock};
use base::records::{Entry, record};
use base::store::{Db, Tx};
use domain::clients::Clients;
use domain::credentials::Passwords;
use domain::signin::{Caller, Journeys, Moved, Refreshing};
use domain::signing::{Rotation, Signing, rotate};
use formats::jose::{Algorithm, Audience, Expected, TokenType, VerificationKeys, verify};

use crate::signin::request;
use crate::viewers::{House, PASSWORD, authorize};
use crate::world::{KITA, sato};

/// A second node of the house, with what it keeps in memory.
struct Node {
    db: Db,
    signing: Arc<Signing>,
    clients: Arc<Clients>,
    journeys: Journeys,
}

fn second(house: &House) -> Node {
    let db = house.world.second_node();
    let signing = Signing::new(&db, house.provider.signing.master().clone());
    let clients = Clients::new(&db);
    let passwords = Passwords::start(1).unwrap();
    let journeys = Journeys::new(&db, Arc::clone(&signing), Arc::clone(&clients), passwords);
    Node { db, signing, clients, journeys }
}

#[test]
fn a_hundred_refreshes_of_one_token_on_two_nodes_get_one_answer() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let first = house.redeem(&code).json()["refresh_token"].as_str().unwrap().to_owned();
    let other = second(&house);
    let here = (&*house.provider.journeys, &house.provider.clients);
    let nodes = [here, (&other.journeys, &other.clients)];
    let answers: Vec<String> = std::thread::scope(|threads| {
        let all: Vec<_> = (0..100)
            .map(|n| {
                let ((journeys, clients), token) = (nodes[n % 2], first.as_str());
                threads.spawn(move || {
                    let client = clients.find(KITA, "vod").unwrap().unwrap().client;
                    let asked = Refreshing { token, wanted: None, jkt: None };
                    journeys.refresh((&client, KITA), &asked, clock::now()).unwrap().refresh
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap().unwrap()).collect()
    });
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
    assert_eq!(house.audited("authorization.revoked"), 0);
    assert_eq!(house.refresh(&answers[0]).status, 200, "and the family lives");
}

#[test]
fn two_sign_ins_of_one_person_in_the_same_millisecond_are_two_sessions() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let other = second(&house);
    let (signed_in, now) = (house.audited("person.signed_in"), clock::now());
    let nodes = [&*house.provider.journeys, &other.journeys];
    let mut cookies: Vec<String> = std::thread::scope(|threads| {
        let all: Vec<_> = nodes
            .map(|journeys| {
                threads.spawn(move || {
                    let ticket = journeys.begin(&request(), ("b", now)).unwrap();
                    let caller = Caller { ticket: &ticket, browser: "b", session: None, now };
                    match journeys.try_password(&caller, ("takahashi", PASSWORD)).unwrap() {
                        Moved::Finished(finish) => finish.session.unwrap().0,
                        _ => panic!("there is nothing more to prove"),
                    }
                })
            })
            .into_iter()
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    cookies.sort();
    cookies.dedup();
    assert_eq!(cookies.len(), 2);
    for journeys in nodes {
        for cookie in &cookies {
            assert!(journeys.session_of(cookie, (KITA, clock::now())).unwrap().is_some());
        }
    }
    assert_eq!(house.audited("person.signed_in"), signed_in + 2);
}

/// A day goes by for the keys of the operator.
fn pass_a_day(house: &House) {
    let scope = Scope::new(KITA, sato(), clock::now());
    let age = |tx: &mut Tx<'_>| {
        tx.exec(
            "UPDATE signing_keys SET signs_from_ms = signs_from_ms - 90000000,
                    signs_until_ms = signs_until_ms - 90000000 WHERE operator_id = ?1",
            &[KITA.into()],
        )?;
        record(tx, &Entry::new("test.aged", KITA))
    };
    house.world.db.transact(&scope, age).unwrap();
}

#[test]
fn keys_are_replaced_under_load_without_a_token_that_can_not_be_verified() {
    let house = House::new();
    let other = second(&house);
    let rings = [&house.provider.signing, &other.signing];
    let published = |node: &Arc<Signing>| node.ring(KITA).unwrap().public().clone();
    // What a service keeps of the key set: fetched at the one node or the other, once a round.
    let kept = RwLock::new(VerificationKeys::of(&published(rings[0])));
    let (over, signed) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut kids = std::collections::BTreeSet::new();
    std::thread::scope(|threads| {
        for n in 0..4 {
            let (kept, over, signed, node) = (&kept, &over, &signed, rings[n % 2]);
            threads.spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    let now = clock::now();
                    let claims = serde_json::json!({
                        "iss": "https://id.example.jp", "aud": "vod", "sub": "x",
                        "iat": now.ms() / 1000, "exp": now.ms() / 1000 + 300,
                    });
                    let token = node.ring(KITA).unwrap().signer(now).unwrap().sign("JWT", &claims);
                    let expected = Expected {
                        issuer: "https://id.example.jp",
                        audience: Audience::OneOf(&["vod"]),
                        token_type: TokenType::Required("JWT"),
                        algorithms: &[Algorithm::Es256],
                        now: now.ms() / 1000,
                        leeway: 0,
                    };
                    let keys = kept.read().unwrap();
                    verify::<serde_json::Value>(&token.unwrap(), &keys, &expected).unwrap();
                    signed.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for round in 0..6 {
            let master = house.provider.signing.master().clone();
            let scope = Scope::new(KITA, sato(), clock::now());
            let db = if round % 2 == 0 { &house.world.db } else { &other.db };
            db.transact(&scope, move |tx| rotate(tx, &master, Rotation::Planned)).unwrap();
            // The key set is fetched again before the next key signs, and kept beyond that.
            let set = published(rings[round % 2]);
            kids.extend(set.keys.iter().filter_map(|key| key.common.key_id.clone()));
            *kept.write().unwrap() = VerificationKeys::of(&set);
            let before = signed.load(Ordering::SeqCst);
            pass_a_day(&house);
            while signed.load(Ordering::SeqCst) < before + 40 {
                crate::world::look_again();
            }
        }
        over.store(true, Ordering::SeqCst);
    });
    assert!(kids.len() >= 7, "one key after another: {kids:?}");
}
