//! What `isolation.rs` asks about devices, their codes, and pushed requests.

use std::sync::Arc;

use base::kernel::Actor;
use domain::clients::{self, Client, Clients};
use domain::sessions::{self, Whose};
use domain::subscribers::Key;

use crate::isolation::{Probe, said};
use crate::world::{KITA, World};

/// A code somebody waits with, and a device that was let in.
pub fn given_device(world: &World, person: &str, grant: &str) -> (sessions::DeviceCode, String) {
    let (person, grant) = (person.to_owned(), grant.to_owned());
    world
        .act(Actor::System, move |tx| {
            let ask = sessions::DeviceAsk {
                client_id: "secret-vod",
                scope: "openid",
                device_ref: "box-1",
                model: "ﾋﾐﾂﾉ ﾊｺ",
                line: "203.0.113.9",
                box_id: "",
            };
            let device = sessions::NewDevice {
                whose: Whose::Person(&person),
                grant_id: &grant,
                client_id: "secret-vod",
                model: "ﾋﾐﾂﾉ ﾊｺ",
            };
            Ok((sessions::ask_for_device(tx, &ask)?, sessions::bind_device(tx, &device)?))
        })
        .unwrap()
}

/// A device that stands for the household, and its authorization.
pub fn given_household_device(world: &World, key: &Key) -> (String, String) {
    let key = key.clone();
    world
        .act(Actor::System, move |tx| {
            let whose = Whose::Household(&key, 0);
            let draft = sessions::Draft { whose, ..crate::isolation::draft("", "") };
            let grant_id = &sessions::grant(tx, &draft)?;
            let (client_id, model) = ("secret-vod", "ﾋﾐﾂﾉ ﾅﾏｴ");
            let device = sessions::NewDevice { whose, grant_id, client_id, model };
            let device_id = sessions::bind_device(tx, &device)?;
            let with = (("vod", KITA), &crate::isolation::HOLDER);
            let redeemed = sessions::redeem_for_device(tx, grant_id, with)?;
            assert!(matches!(redeemed, sessions::Redeemed::Now(_)), "or nothing could be told");
            Ok((device_id, grant_id.clone()))
        })
        .unwrap()
}

/// A request `secret-vod` pushed.
pub fn given_pushed(world: &World) -> String {
    let request = "login_hint=himitsu";
    let push =
        move |tx: &mut base::store::Tx<'_>| sessions::push_request(tx, "secret-vod", request);
    world.db.housekeep(&world.scope(KITA, Actor::System), "test", push).unwrap()
}

/// A service the person allowed something.
pub fn given_consent(world: &World, person: &str) -> Arc<Client> {
    let mut terms = crate::viewers::service();
    terms.profile.first_party = false;
    world.act(Actor::System, move |tx| clients::put(tx, "secret-shop", &terms)).unwrap();
    let client = Clients::new(&world.db).find(KITA, "secret-shop").unwrap().unwrap().client;
    let (given, person) = (Arc::clone(&client), person.to_owned());
    let give = move |tx: &mut base::store::Tx<'_>| {
        sessions::give_consent(tx, (&person, &given), ("openid", "秘密パック"))
    };
    world.act(Actor::System, give).unwrap();
    client
}

pub const PROBES: &[(&str, Probe)] = &[
    ("sessions::find_user_code", |tx, known| {
        said(sessions::find_user_code(tx, &known.device.user_code))
    }),
    ("sessions::try_number", |tx, known| {
        said(sessions::try_number(tx, &known.device, &known.device.number))
    }),
    ("sessions::decide_device", |tx, known| {
        said(sessions::decide_device(tx, &known.device.id, None))
    }),
    ("sessions::poll_device", |tx, known| {
        said(sessions::poll_device(tx, &known.device.id, &known.device.client_id))
    }),
    ("sessions::take_pushed", |tx, known| {
        said(sessions::take_pushed(tx, &known.pushed, "secret-vod"))
    }),
    ("sessions::find_allowed", |tx, known| {
        said(
            sessions::find_allowed(tx, &known.person_id, &known.client)
                .map(|allowed| allowed.covers("openid")),
        )
    }),
    ("sessions::hold_allowed", |tx, known| {
        said(sessions::hold_allowed(tx, &known.person_id, &known.client, "openid"))
    }),
    ("sessions::list_consents", |tx, known| {
        said(sessions::list_consents(tx, &known.person_id, (("", ""), 100)))
    }),
    ("sessions::withdraw_consent", |tx, known| {
        let which = (known.client.operator.as_str(), known.client.id.as_str());
        said(sessions::withdraw_consent(tx, &known.person_id, which))
    }),
    ("sessions::forget_consents", |tx, known| {
        said(sessions::forget_consents(tx, vec![known.person_id.clone()]))
    }),
    ("sessions::redeem_for_device", |tx, known| {
        let with = ((known.device.client_id.as_str(), KITA), &crate::isolation::HOLDER);
        said(sessions::redeem_for_device(tx, &known.authorization, with))
    }),
    ("sessions::count_signed_in", |tx, known| {
        let policies = domain::operators::Policies::default();
        said(sessions::count_signed_in(tx, vec![known.person_id.clone()], &policies))
    }),
    ("sessions::list_devices", |tx, known| {
        said(sessions::list_devices(tx, &known.person_id, ("", 100)))
    }),
    ("sessions::list_household_devices", |tx, _| {
        said(sessions::list_household_devices(tx, &crate::isolation::key(), ("", 100)))
    }),
    ("sessions::find_device", |tx, known| {
        said(sessions::find_device(tx, (Whose::Person(&known.person_id), &known.device_id)))
    }),
    ("sessions::rename_device", |tx, known| {
        said(sessions::rename_device(
            tx,
            (Whose::Person(&known.person_id), &known.device_id),
            "居間",
        ))
    }),
    ("sessions::remove_device", |tx, known| {
        said(sessions::remove_device(tx, (Whose::Person(&known.person_id), &known.device_id)))
    }),
    ("sessions::find_device", |tx, known| {
        let key = crate::isolation::key();
        said(sessions::find_device(tx, (Whose::Household(&key, 0), &known.household_device.0)))
    }),
    ("sessions::rename_device", |tx, known| {
        let key = crate::isolation::key();
        said(sessions::rename_device(
            tx,
            (Whose::Household(&key, 0), &known.household_device.0),
            "居間",
        ))
    }),
    ("sessions::remove_device", |tx, known| {
        let key = crate::isolation::key();
        said(sessions::remove_device(tx, (Whose::Household(&key, 0), &known.household_device.0)))
    }),
    ("sessions::find_authorization", |tx, known| {
        said(sessions::find_authorization(tx, &known.household_device.1))
    }),
    ("sessions::redeem_for_device", |tx, known| {
        let with = (("vod", KITA), &crate::isolation::HOLDER);
        said(sessions::redeem_for_device(tx, &known.household_device.1, with))
    }),
];
