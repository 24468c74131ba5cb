//! Logging out: who may end which session, and what is worth nothing afterwards.

use base::kernel::{Actor, Scope, clock};
use domain::sessions::{self, Draft};
use domain::signing::{Issuer, Rotation, rotate};
use http::Method;
use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use crate::viewers::{
    Answer, CALLBACK, House, PASSWORD, SECRET, VERIFIER, Viewer, authorize, authorize_at, claims,
};
use crate::world::{KITA, MINAMI};

pub const AFTER: &str = "https://vod.example.jp/bye?from=tv";
pub const SHOP: &str = "https://shop.example.jp/cb";

pub fn house() -> House {
    let house = House::new();
    house.given_client(KITA, "vod", |terms| {
        terms.profile.post_logout_redirect_uris = vec![AFTER.to_owned()];
    });
    house.given_client(KITA, "shop", |terms| {
        terms.redirect_uris = vec![SHOP.to_owned()];
        terms.name_ja = "㈱カイモノ".to_owned();
    });
    house
}

pub fn logout(issuer: &str, parameters: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{issuer}/logout?{query}")
}

/// The tokens a service gets for the session of this browser.
pub fn tokens(house: &House, viewer: &mut Viewer<'_>, (id, uri): (&str, &str)) -> Json {
    let path = authorize(&[("client_id", id), ("redirect_uri", uri)]);
    let code = viewer.get(&path).led_with("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", uri),
        ("code_verifier", VERIFIER),
    ];
    house.token_at("/o/KITA01", (id, SECRET), &form).json()
}

fn vod(house: &House, viewer: &mut Viewer<'_>) -> Json {
    tokens(house, viewer, ("vod", CALLBACK))
}

pub fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}"))
}

pub fn is_signed_in(viewer: &mut Viewer<'_>) -> bool {
    let answer = viewer.get(&authorize(&[("prompt", "none")]));
    match answer.led_with("error").as_deref() {
        None => true,
        Some("login_required") => false,
        other => panic!("{other:?}"),
    }
}

/// Says yes on the page that asked.
pub fn confirm(viewer: &mut Viewer<'_>, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let proof = page.proof();
    let mut pairs = vec![("proof", proof.as_str())];
    pairs.extend(fields);
    let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
    viewer.send(&Method::POST, "/o/KITA01/logout/confirm", body.into_bytes())
}

#[test]
fn a_service_that_names_the_session_ends_it_with_all_that_was_given_in_it() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let watching = vod(&house, &mut viewer);
    let shopping = tokens(&house, &mut viewer, ("shop", SHOP));
    let unused = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let copied = viewer.cookies.clone();
    let mut elsewhere = Viewer::new(&house);
    elsewhere.sign_in("takahashi", PASSWORD);
    let other = vod(&house, &mut elsewhere);

    let hint = text(&watching, "id_token");
    let path = logout(
        "/o/KITA01",
        &[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER), ("state", "s-髙")],
    );
    let left = viewer.get(&path);
    assert!(left.location().as_str().starts_with(AFTER), "{}", left.location());
    assert_eq!(left.led_with("state").as_deref(), Some("s-髙"));

    for (id, given) in [("vod", &watching), ("shop", &shopping)] {
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", text(given, "refresh_token"))];
        let refreshed = house.token_at("/o/KITA01", (id, SECRET), &form);
        assert_eq!(refreshed.json()["error"], "invalid_grant", "{id}");
        assert_eq!(house.userinfo(text(given, "access_token")).status, 401, "{id}");
    }
    assert_eq!(house.redeem(&unused).json()["error"], "invalid_grant", "a code on its way");
    assert!(!is_signed_in(&mut viewer));
    let mut thief = Viewer::new(&house);
    thief.cookies = copied;
    assert!(!is_signed_in(&mut thief), "a copied cookie");
    assert!(is_signed_in(&mut elsewhere), "another browser of the same person");
    assert_eq!(house.userinfo(text(&other, "access_token")).status, 200);
    assert_eq!(house.audited("session.ended"), 1);

    let again = viewer.get(&path);
    assert_eq!(again.location(), left.location(), "the same answer");
    thief.get(&path);
    assert_eq!(house.audited("session.ended"), 1, "and nothing more ends");
}

#[test]
fn whoever_only_sends_a_browser_here_makes_it_ask() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    vod(&house, &mut viewer);
    let asked = viewer.get(&logout("/o/KITA01", &[("client_id", "vod"), ("ui_locales", "ja")]));
    assert!(asked.body.contains("みるぷらす動画㈱から、ログアウトの依頼"), "{}", asked.body);
    let english = viewer.get(&logout("/o/KITA01", &[("ui_locales", "en")]));
    assert!(english.body.contains("Do you want to log out?"));
    assert!(is_signed_in(&mut viewer), "asking ends nothing");

    let forged = confirm(&mut viewer, &asked, &[("proof", "AAAA")]);
    assert_eq!(forged.status, 400, "{}", forged.body);
    let mut stranger = Viewer::new(&house);
    stranger.cookies = viewer.cookies.clone();
    stranger.origin = "https://evil.example".to_owned();
    let foreign = confirm(&mut stranger, &asked, &[]);
    assert_eq!((foreign.status.as_u16(), foreign.refusal()), (403, "form.foreign"));
    let mut other = house.given_viewer("A-002", "saito");
    let others = other.get("/o/KITA01/logout");
    let mixed = confirm(&mut viewer, &others, &[]);
    assert_eq!((mixed.status.as_u16(), mixed.refusal()), (403, "form.foreign"));
    assert!(is_signed_in(&mut viewer));

    let done = confirm(&mut viewer, &asked, &[("client_id", "vod"), ("extent", "browser")]);
    assert!(done.body.contains("ログアウトしました"), "{}", done.body);
    assert!(done.body.contains("みるぷらす動画㈱"), "where one may still be signed in");
    assert!(!is_signed_in(&mut viewer) && is_signed_in(&mut other));
}

#[test]
fn a_hint_that_is_not_of_this_very_session_ends_nothing() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mine = vod(&house, &mut viewer);
    let mut other = house.given_viewer("A-002", "saito");
    let others = vod(&house, &mut other);
    let mut before = Viewer::new(&house);
    before.sign_in("takahashi", PASSWORD);
    let elsewhere = vod(&house, &mut before);
    let ring = house.provider.signing.ring(KITA).unwrap();
    let said = claims(text(&mine, "id_token"));
    let signed = |typ: &str, change: &dyn Fn(&mut Json)| {
        let mut said = said.clone();
        change(&mut said);
        ring.signer(clock::now()).unwrap().sign(typ, &said).unwrap()
    };
    let now = clock::now().ms() / 1000;
    let id_token = text(&mine, "id_token");
    let (signed_part, _) = id_token.rsplit_once('.').unwrap();
    for (name, hint) in [
        ("another person's", text(&others, "id_token").to_owned()),
        ("another browser's", text(&elsewhere, "id_token").to_owned()),
        ("an access token", text(&mine, "access_token").to_owned()),
        ("unsigned", format!("{signed_part}.")),
        ("no token", "himitsu".to_owned()),
        ("another type", signed("logout+jwt", &|_| {})),
        ("another issuer", signed("JWT", &|said| said["iss"] = json!("https://id.example.jp"))),
        ("another client", signed("JWT", &|said| said["aud"] = json!("shop"))),
        ("very old", signed("JWT", &|said| said["exp"] = json!(now - 401 * 86_400))),
    ] {
        let asked = viewer.get(&logout("/o/KITA01", &[("id_token_hint", &hint)]));
        assert!(asked.body.contains("logout/confirm"), "{name}: {}", asked.body);
        assert!(is_signed_in(&mut viewer), "{name}");
    }
    let differs = [("id_token_hint", id_token), ("client_id", "shop")];
    let asked = viewer.get(&logout("/o/KITA01", &differs));
    assert!(asked.body.contains("logout/confirm") && is_signed_in(&mut viewer), "client_id");
    for issuer in ["/o/MINA01", ""] {
        let asked = viewer.get(&logout(issuer, &[("id_token_hint", id_token)]));
        assert_eq!(asked.status, 200, "{issuer}");
        assert!(is_signed_in(&mut viewer), "at {issuer}");
    }
    assert_eq!(house.audited("session.ended"), 0);

    let expired = signed("JWT", &|said| said["exp"] = json!(now - 86_400));
    let out = viewer.get(&logout("/o/KITA01", &[("id_token_hint", &expired)]));
    assert!(out.body.contains("ログアウトしました") && !is_signed_in(&mut viewer), "expired");
}

#[test]
fn a_hint_is_good_while_its_key_is_published() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let hint = text(&vod(&house, &mut viewer), "id_token").to_owned();
    let turn = |rotation| {
        let master = house.provider.signing.master().clone();
        let scope = Scope::new(KITA, Actor::System, clock::now());
        house.world.db.transact(&scope, move |tx| rotate(tx, &master, rotation)).unwrap();
    };
    turn(Rotation::AtOnce);
    viewer.get(&logout("/o/KITA01", &[("id_token_hint", &hint)]));
    assert!(is_signed_in(&mut viewer), "a key that was withdrawn");
    let hint = text(&vod(&house, &mut viewer), "id_token").to_owned();
    turn(Rotation::Planned);
    viewer.get(&logout("/o/KITA01", &[("id_token_hint", &hint)]));
    assert!(!is_signed_in(&mut viewer));
}

#[test]
fn a_browser_goes_only_where_the_service_registered_character_by_character() {
    let house = house();
    house.given_client(MINAMI, "vod", |terms| {
        terms.profile.post_logout_redirect_uris = vec!["https://mina.example.jp/".to_owned()];
    });
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let hint = text(&vod(&house, &mut viewer), "id_token").to_owned();
    let slash = format!("{AFTER}/");
    let query = format!("{AFTER}&x=1");
    let capital = AFTER.replace("vod.", "VOD.");
    let port = AFTER.replace(".jp/", ".jp:443/");
    let plain = AFTER.replace("https", "http");
    let encoded = AFTER.replace("bye", "%62ye");
    let dots = AFTER.replace("bye", "x/../bye");
    let user = AFTER.replace("vod.", "me@vod.");
    let suffix = AFTER.replace(".jp/", ".jp.evil.example/");
    let fragment = format!("{AFTER}#x");
    let others = "https://mina.example.jp/";
    for uri in [
        &slash,
        &query,
        &capital,
        &port,
        &plain,
        &encoded,
        &dots,
        &user,
        &suffix,
        &fragment,
        others,
        CALLBACK,
        "//vod.example.jp/bye",
        "javascript:alert(1)",
    ] {
        let asked = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri)];
        let refused = viewer.get(&logout("/o/KITA01", &asked));
        assert_eq!(
            (refused.status.as_u16(), refused.refusal()),
            (400, "logout.redirect_uri_differs"),
            "{uri}"
        );
        assert!(!refused.headers.contains_key("location"), "{uri}");
    }
    let nobodys = viewer.get(&logout("/o/KITA01", &[("post_logout_redirect_uri", AFTER)]));
    assert_eq!(nobodys.refusal(), "logout.redirect_uri_differs", "whose address is it?");
    let shops = [("client_id", "shop"), ("post_logout_redirect_uri", AFTER)];
    assert_eq!(viewer.get(&logout("/o/KITA01", &shops)).refusal(), "logout.redirect_uri_differs");
    assert!(is_signed_in(&mut viewer), "what is refused ends nothing");

    let asked = [("client_id", "vod"), ("post_logout_redirect_uri", AFTER), ("state", "<b>")];
    let page = viewer.get(&logout("/o/KITA01", &asked));
    assert!(page.body.contains("logout/confirm") && !page.body.contains("<b>"), "{}", page.body);
    let left = confirm(&mut viewer, &page, &asked);
    assert_eq!(left.led_with("state").as_deref(), Some("<b>"));
    let gone = viewer.get(&logout("/o/KITA01", &asked));
    assert_eq!(gone.location(), left.location(), "who is signed out already goes there at once");
}

#[test]
fn a_television_survives_the_logout_of_a_phone_unless_everything_shall_end() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    vod(&house, &mut viewer);
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let scope = Scope::new(KITA, Actor::System, clock::now());
    let television = house
        .world
        .db
        .transact(&scope, move |tx| {
            let draft = Draft {
                client_id: "vod",
                sector: "vod.example.jp",
                issuer: KITA,
                whose: domain::sessions::Whose::Person(&person),
                session_id: "",
                scope: "openid",
                acr: "urn:aikagi:acr:password",
                amr: "pwd",
                auth: tx.now(),
                redirect_uri: "",
                challenge: None,
                nonce: None,
                jkt: None,
                seconds: 60,
            };
            sessions::grant(tx, &draft)
        })
        .unwrap();
    let ended = || {
        let found = house.world.look(|tx| sessions::find_authorization(tx, &television));
        found.unwrap().unwrap().revoked.is_some()
    };
    let page = viewer.get("/o/KITA01/logout");
    confirm(&mut viewer, &page, &[("extent", "browser")]);
    assert!(!is_signed_in(&mut viewer) && !ended(), "the television goes on");

    let mut phone = Viewer::new(&house);
    phone.sign_in("takahashi", PASSWORD);
    viewer.sign_in("takahashi", PASSWORD);
    let page = viewer.get("/o/KITA01/logout");
    confirm(&mut viewer, &page, &[("extent", "all")]);
    assert!(ended() && !is_signed_in(&mut viewer) && !is_signed_in(&mut phone));
    assert_eq!(house.audited("person.sessions_ended"), 1);
}

#[test]
fn a_form_is_sent_on_to_where_the_browsers_cookies_come_along() {
    let house = house();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let hint = text(&vod(&house, &mut viewer), "id_token").to_owned();
    let body = Serializer::new(String::new()).append_pair("id_token_hint", &hint).finish();
    let mut foreign = Viewer::new(&house);
    foreign.origin = "https://vod.example.jp".to_owned();
    let sent = foreign.send(&Method::POST, "/o/KITA01/logout", body.into_bytes());
    let location = sent.location();
    assert_eq!(location.path(), "/o/KITA01/logout");
    viewer.get(&format!("{}?{}", location.path(), location.query().unwrap()));
    assert!(!is_signed_in(&mut viewer));
}

#[test]
fn the_platforms_issuer_ends_a_session_of_any_operator_and_an_operators_only_its_own() {
    let house = house();
    house.given_client("*", "everywhere", |terms| {
        terms.profile.post_logout_redirect_uris = vec![AFTER.to_owned()];
    });
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let path = authorize_at("", &[("client_id", "everywhere")]);
    let code = viewer.get(&path).led_with("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let given = house.token_at("", ("everywhere", SECRET), &form).json();
    let hint = text(&given, "id_token");
    assert_eq!(claims(hint)["iss"], Issuer::of_platform("https://id.example.jp").url());
    let asked = [("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)];
    viewer.get(&logout("/o/MINA01", &[("client_id", "vod")]));
    assert!(is_signed_in(&mut viewer), "another operator's address");
    let left = viewer.get(&logout("", &asked));
    assert_eq!(left.location().as_str(), AFTER);
    assert!(!is_signed_in(&mut viewer));
    let metadata = house.get("/.well-known/openid-configuration").json();
    assert_eq!(metadata["end_session_endpoint"], "https://id.example.jp/logout");
}
