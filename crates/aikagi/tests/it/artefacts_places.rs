//! Where what we give out may be shown.

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::artefacts::Stage;
use crate::dpop;
use crate::exchange;
use crate::first_at_home;
use crate::forgotten::ask;
use crate::home::enter;
use crate::registering::{call, site};
use crate::tv_codes::at_television;
use crate::viewers::{Answer, CALLBACK, House, PASSWORD, SECRET, VERIFIER, Viewer, authorize};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Who shows it, and where: an issuer's path and a client.
pub type At<'a> = (&'a str, &'a str);
/// Shows something at a place and answers whether it was taken for good.
pub type Place = fn(&Stage, At<'_>, &str) -> bool;

pub const TYPISTS: [(&str, &str); 3] =
    [("A-011", "tanaka"), ("A-012", "suzuki"), ("A-013", "yamada")];

fn redeems(house: &House, (issuer, client): At<'_>, form: &[(&str, &str)]) -> bool {
    house.token_at(issuer, (client, SECRET), form).status == 200
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A form that names its client and proves it by the artefact, if by anything.
fn proves(house: &House, (issuer, _): At<'_>, pairs: &[(&str, &str)]) -> bool {
    house.public_form(&format!("{issuer}/token"), pairs).status == 200
}

fn with_cookie(house: &House, path: &str, (name, value): (&str, &str)) -> Answer {
    let request = Request::get(path).header("cookie", format!("__Host-{name}={value}"));
    let Ok(request) = request.body(Body::empty()) else { panic!("no cookie: {value}") };
    house.call(request)
}

/// A browser of somebody who signed in.
pub fn signed_in<'h>(house: &'h House, name: &str) -> Viewer<'h> {
    let mut viewer = Viewer::new(house);
    assert!(viewer.sign_in(name, PASSWORD).led_with("code").is_some());
    viewer
}

pub const PLACES: &[(&str, Place)] = &[
    ("code", |stage, at, it| {
        let house = &stage.house;
        let form = [("grant_type", "authorization_code"), ("code", it)];
        let rest = [("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
        redeems(house, at, &[form, rest].concat())
    }),
    ("refresh", |stage, at, it| {
        let house = &stage.house;
        redeems(house, at, &[("grant_type", "refresh_token"), ("refresh_token", it)])
    }),
    ("device", |stage, at, it| {
        let house = &stage.house;
        redeems(house, at, &[("grant_type", DEVICE_GRANT), ("device_code", it)])
    }),
    ("assertion", |stage, at, it| {
        let house = &stage.house;
        let form = [("grant_type", "client_credentials"), ("client_assertion", it)];
        proves(
            house,
            at,
            &[form, [("client_assertion_type", ASSERTION_TYPE), ("scope", "")]].concat(),
        )
    }),
    ("secret", |stage, (issuer, client), it| {
        let house = &stage.house;
        let form = [("grant_type", "client_credentials")];
        house.token_at(issuer, (client, it), &form).status == 200
    }),
    ("proof", |stage, (issuer, client), it| {
        let form = [("grant_type", "client_credentials")];
        let path = format!("{issuer}/token");
        dpop::send(&stage.house, (&path, Some(client)), (&form, &[it])).status == 200
    }),
    ("bearer", |stage, (issuer, _), it| {
        let house = &stage.house;
        let request = Request::get(format!("{issuer}/userinfo"));
        let request = request.header("authorization", format!("Bearer {it}"));
        house.call(request.body(Body::empty()).unwrap()).status == 200
    }),
    ("admin", |stage, (issuer, _), it| {
        let request = Request::get(format!("{issuer}/admin/v1/clients"));
        let request = request.header("authorization", format!("Bearer {it}"));
        stage.house.call(request.body(Body::empty()).unwrap()).status == 200
    }),
    ("subject", |stage, at, it| {
        exchange::exchange_at(&stage.house, at, (it, &stage.actor), &[]).status == 200
    }),
    ("television", |stage, (issuer, _), it| {
        let house = &stage.house;
        // What is no such code is shown by nobody: wrong ones would lock somebody out.
        let own = stage.tv_code == it;
        let turn = stage.typed.fetch_add(1, Ordering::Relaxed);
        let name = if own { "takahashi".to_owned() } else { format!("nobody{turn}") };
        let mut viewer = at_television(house, &name);
        viewer.page = viewer.page.replace("/o/KITA01", issuer);
        let answer = viewer.submit("television", &[("code", it), ("pin", "2580")]);
        answer.status == 200 && answer.body.contains("new-password")
    }),
    ("first", |stage, (issuer, _), it| {
        let mut viewer = Viewer::new(&stage.house);
        viewer.open_page(&authorize(&[]).replace("/o/KITA01", issuer));
        viewer.submit("go", &[("step", "box")]);
        let form = [("box_code", it), ("birth_on", first_at_home::BORN)];
        first_at_home::leads_on(&viewer.submit("box", &form))
    }),
    ("box", |stage, at, it| enter(&stage.house, at, it).status == 200),
    ("actor", |stage, at, it| {
        exchange::exchange_at(&stage.house, at, (&stage.actor, it), &[]).status == 200
    }),
    ("introspect", |stage, (issuer, client), it| {
        let house = &stage.house;
        let path = format!("{issuer}/introspect");
        let answer = house.client_form(&path, (client, SECRET), &[("token", it)]);
        answer.status == 200 && answer.json()["active"] == true
    }),
    ("request_uri", |stage, (issuer, client), it| {
        let house = &stage.house;
        let path = format!("{issuer}/authorize?client_id={client}&request_uri={}", encoded(it));
        let answer = house.get(&path);
        answer.status == 303 && answer.location().path().ends_with("/signin")
    }),
    ("request", |stage, (issuer, client), it| {
        let house = &stage.house;
        let path = format!("{issuer}/authorize?client_id={client}&request={}", encoded(it));
        let answer = house.get(&path);
        answer.status == 303 && answer.location().path().ends_with("/signin")
    }),
    ("registration", |stage, (issuer, _), it| {
        let at = format!("{issuer}/register");
        call(&stage.house, ("POST", &at), it, &site()).status == 201
    }),
    ("management", |stage, (issuer, _), it| {
        let at = format!("{issuer}/register/{}", stage.registered);
        call(&stage.house, ("GET", &at), it, &json!({})).status == 200
    }),
    ("hint", |stage, (issuer, client), it| {
        let house = &stage.house;
        let mut viewer = signed_in(house, "takahashi");
        let path = authorize(&[("prompt", "none"), ("client_id", client)]);
        let path = path.replace("/o/KITA01", issuer);
        let answer = viewer.get(&format!("{path}&id_token_hint={}", encoded(it)));
        answer.status == 303 && answer.led_with("code").is_some()
    }),
    ("session", |stage, (issuer, _), it| {
        let house = &stage.house;
        with_cookie(house, &format!("{issuer}/services"), ("aikagi-session", it)).status == 200
    }),
    ("ticket", |stage, (issuer, _), it| {
        let house = &stage.house;
        let browser = stage.browser.as_str();
        let path = format!("{issuer}/signin?ticket={}", encoded(it));
        with_cookie(house, &path, ("aikagi-browser", browser)).status == 200
    }),
    ("user_code", |stage, (issuer, _), it| {
        let house = &stage.house;
        // Who types many codes that nobody gave is locked out: somebody else types the next one.
        let typist = TYPISTS[stage.typed.fetch_add(1, Ordering::Relaxed) % TYPISTS.len()];
        let mut viewer = signed_in(house, typist.1);
        let page = viewer.get(&format!("{issuer}/device?user_code={}", encoded(it)));
        page.status == 200 && page.body.contains("name=\"number\"")
    }),
    ("letter", |stage, (issuer, _), it| {
        let house = &stage.house;
        // Of who was sent a letter, and of who was invited.
        ["A-003", "A-001"].into_iter().any(|number| {
            let mut viewer = Viewer::new(house);
            viewer.open_page(&authorize(&[]).replace("/o/KITA01", issuer));
            viewer.submit("go", &[("step", "letter")]);
            let form = [("contract_number", number), ("registration_code", it)];
            viewer.submit("letter", &form).body.contains("new-password")
        })
    }),
    ("link", |stage, (issuer, _), it| {
        ["A-003", "A-001"].into_iter().any(|number| {
            let path = format!("{issuer}/invitation?number={number}&code={}", encoded(it));
            stage.house.get(&path).status == 303
        })
    }),
    ("recovery", |stage, (issuer, _), it| {
        let house = &stage.house;
        let mut viewer = Viewer::new(house);
        // What is no such code is shown in another sign-in: five wrong ones would use the right one up.
        match stage.recovering.as_ref().filter(|one| one.code == it) {
            Some(one) => {
                viewer.cookies.clone_from(&one.cookies);
                (viewer.page, viewer.proof) = (one.page.clone(), one.proof.clone());
            }
            None => {
                let turn = stage.typed.fetch_add(1, Ordering::Relaxed);
                ask(&mut viewer, &format!("nobody{turn}"));
            }
        }
        viewer.page = viewer.page.replace("/o/KITA01", issuer);
        let answer = viewer.submit("recovery", &[("code", it)]);
        answer.status == 200 && answer.body.contains("new-password")
    }),
];
