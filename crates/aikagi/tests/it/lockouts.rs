//! A member who is locked out: seen by the station, let in again by it.

use base::kernel::{Actor, Change, Scope, clock};
use domain::clients::ClientKind;
use domain::{credentials, operators};
use serde_json::json;

use crate::calls::Doors;
use crate::decisions::given_registered;
use crate::viewers::{House, PASSWORD, Viewer};
use crate::world::{KITA, World, sato};

fn unlock(world: &World, number: &'static str) -> Change {
    let scope = Scope::new(KITA, sato(), clock::now());
    world.db.transact(&scope, move |tx| credentials::unlock(tx, number, 1)).unwrap()
}

#[test]
fn who_is_locked_out_and_calls_the_station_is_let_in_again() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let try_it = |password: &str| Viewer::new(&house).sign_in("takahashi", password);
    for _ in 0..10 {
        try_it("a wrong password");
    }
    assert_eq!(try_it(PASSWORD).refusal(), "signin.locked");

    assert_eq!(unlock(&house.world, "A-001"), Change::Made);
    assert_eq!(unlock(&house.world, "A-001"), Change::Already);

    assert!(try_it(PASSWORD).led_with("code").is_some());
    assert_eq!(house.audited("person.unlocked"), 1, "once, by whom");
}

#[test]
fn a_members_effective_state_knows_the_lock_out_in_its_place() {
    let doors = Doors::new();
    doors.given_client(KITA, "kita-sms", ClientKind::Sms);
    let token = doors.token(KITA, "kita-sms");
    doors.world.given_contract("A-001");
    given_registered(&doors.world, "A-001", 1);
    let effective = || {
        let said = doors.get("/o/KITA01/sms/v1/contracts/A-001/persons", &token);
        said.body["persons"][0]["effective"].clone()
    };
    assert_eq!(effective(), json!("ACTIVE"));
    let person = doors.world.household("A-001").persons[0].person_id.clone();
    let scope = Scope::new(KITA, Actor::Anonymous, clock::now());
    for _ in 0..10 {
        let person = person.clone();
        let fail = move |tx: &mut base::store::Tx<'_>| {
            credentials::begin_try(tx, &person)?;
            credentials::note_failure(tx, &person)
        };
        doors.world.db.housekeep(&scope, "test", fail).unwrap();
    }
    assert_eq!(effective(), json!("LOCKED"));

    let suspend = json!({"op": "PERSON_SUSPEND", "person_no": 1, "reason": "40"}).to_string();
    let request =
        crate::calls::request("POST", "/o/KITA01/sms/v1/contracts/A-001/commands", &token);
    let request = request.header("idempotency-key", "s-1").body(suspend.into()).unwrap();
    assert_eq!(doors.call(request).status.as_u16(), 200);
    assert_eq!(effective(), json!("PERSON_SUSPENDED"), "comes before a lock-out");
    doors.world.act(Actor::System, operators::disable).unwrap();
    let household = doors.world.household("A-001");
    let around = domain::subscribers::Around { operator_disabled: true, locked: true };
    assert_eq!(
        household.person_standing(1, around, clock::now()),
        domain::subscribers::PersonStanding::OperatorDisabled
    );
}
