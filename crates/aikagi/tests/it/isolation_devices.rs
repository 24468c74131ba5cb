//! What `isolation.rs` asks about devices, their codes, and pushed requests.

use base::kernel::Actor;
use domain::sessions;

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
            };
            let device = sessions::NewDevice {
                person_id: &person,
                grant_id: &grant,
                client_id: "secret-vod",
                model: "ﾋﾐﾂﾉ ﾊｺ",
            };
            Ok((sessions::ask_for_device(tx, &ask)?, sessions::bind_device(tx, &device)?))
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
    ("sessions::redeem_for_device", |tx, known| {
        let with = ((known.device.client_id.as_str(), KITA), sessions::Lasting::Refreshed);
        said(sessions::redeem_for_device(tx, &known.authorization, with))
    }),
    ("sessions::list_devices", |tx, known| {
        said(sessions::list_devices(tx, &known.person_id, ("", 100)))
    }),
    ("sessions::find_device", |tx, known| {
        said(sessions::find_device(tx, (&known.person_id, &known.device_id)))
    }),
    ("sessions::rename_device", |tx, known| {
        said(sessions::rename_device(tx, (&known.person_id, &known.device_id), "居間"))
    }),
    ("sessions::remove_device", |tx, known| {
        said(sessions::remove_device(tx, (&known.person_id, &known.device_id)))
    }),
];
