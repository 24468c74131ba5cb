//! Clients that register themselves: where their operator lets them, with a token, and never with a right
//! that is given one by one.

use axum::body::Body;
use base::kernel::{Scope, clock};
use domain::clients::{self, Grant};
use domain::operators::{self, OperatorDraft, Policies, Registration};
use http::Request;
use serde_json::{Value as Json, json};

use crate::consents::allow;
use crate::viewers::{Answer, CALLBACK, House, PASSWORD, VERIFIER, Viewer, authorize};
use crate::world::{KITA, MINAMI, sato};

const REGISTER: &str = "/o/KITA01/register";

/// Lets clients register themselves at an operator: so many.
pub fn switch_on(house: &House, operator: &str, most: i64) {
    let registration = Registration { enabled: true, most, ..Registration::default() };
    let policies = Policies { registration, ..Policies::default() };
    let (name_ja, name_en) = ("北浜ケーブル".to_owned(), "Kitahama Cable".to_owned());
    let draft = OperatorDraft { name_ja, name_en, policies };
    let scope = Scope::new(operator, sato(), clock::now());
    house.world.db.transact(&scope, move |tx| operators::put_operator(tx, &draft)).unwrap();
}

/// A token to register with.
pub fn given_token(house: &House, operator: &str, uses: i64) -> String {
    let scope = Scope::new(operator, sato(), clock::now());
    let issue =
        move |tx: &mut base::store::Tx<'_>| clients::issue_registration_token(tx, (uses, 7));
    house.world.db.transact(&scope, issue).unwrap()
}

/// A house whose northern operator lets clients register themselves, and a token for some.
fn open_house(uses: i64) -> (House, String) {
    let house = House::new();
    switch_on(&house, KITA, 20);
    let token = given_token(&house, KITA, uses);
    (house, token)
}

pub fn call(house: &House, (method, path): (&str, &str), token: &str, body: &Json) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.header("content-type", "application/json");
    house.call(request.body(Body::from(body.to_string())).unwrap())
}

pub fn register(house: &House, token: &str, body: &Json) -> Answer {
    call(house, ("POST", REGISTER), token, body)
}

/// What a site would say of itself.
pub fn site() -> Json {
    json!({
        "client_name": "㈱髙橋の動画", "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid offline_access",
        "logo_uri": "https://vod.example.jp/logo.png", "something_new": {"of": ["later"]},
    })
}

/// The same, of a client that has an id.
pub fn site_of(id: &str) -> Json {
    let mut site = site();
    site["client_id"] = json!(id);
    site
}

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned()
}

/// Where the registration is managed, below the host.
fn managed_at(registered: &Json) -> String {
    url::Url::parse(&text(registered, "registration_client_uri")).unwrap().path().to_owned()
}

fn known(house: &House) -> usize {
    let scope = Scope::new(KITA, sato(), clock::now());
    house.world.db.read(&scope, |tx| clients::list(tx, "", 1000)).unwrap().len()
}

#[test]
fn where_it_is_off_nobody_registers_and_nothing_says_that_one_could() {
    let house = House::new();
    let discovered = house.get("/o/KITA01/.well-known/openid-configuration").json();
    assert!(discovered.get("registration_endpoint").is_none());
    let refused = register(&house, "whatever", &site());
    assert_eq!((refused.status.as_u16(), refused.refusal()), (404, "client.registration_off"));
    let issued = house.act(|tx| clients::issue_registration_token(tx, (1, 7)));
    assert_eq!(issued.unwrap_err().code(), "client.registration_off");

    switch_on(&house, KITA, 20);
    let discovered = house.get("/o/KITA01/.well-known/openid-configuration").json();
    assert_eq!(discovered["registration_endpoint"], "https://id.example.jp/o/KITA01/register");
    for other in ["/o/MINA01", ""] {
        let discovered = house.get(&format!("{other}/.well-known/openid-configuration")).json();
        assert!(discovered.get("registration_endpoint").is_none(), "{other}");
        let token = given_token(&house, KITA, 1);
        let refused = call(&house, ("POST", &format!("{other}/register")), &token, &site());
        assert_eq!(refused.status, 404, "{other}: {}", refused.body);
    }
}

#[test]
fn a_site_registers_itself_signs_somebody_in_after_asking_and_leaves_again() {
    let (house, token) = open_house(1);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let answer = register(&house, &token, &site());
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let told = answer.json();
    let (id, secret) = (text(&told, "client_id"), text(&told, "client_secret"));
    assert_eq!(told["client_secret_expires_at"], 0);
    assert!(told["client_id_issued_at"].as_i64().unwrap() <= clock::now().ms() / 1000);
    assert_eq!(told["token_endpoint_auth_method"], "client_secret_basic");
    assert!(told.get("logo_uri").is_none() && told.get("something_new").is_none());

    let asked = viewer.open_page(&authorize(&[("client_id", id.as_str())]));
    assert!(asked.body.contains("㈱髙橋の動画"), "each person is asked first: {}", asked.body);
    let code = allow(&mut viewer, &asked).led_with("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = house.token_at("/o/KITA01", (&id, &secret), &form);
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let refresh = text(&tokens.json(), "refresh_token");

    let management = text(&told, "registration_access_token");
    let at = managed_at(&told);
    let removed = call(&house, ("DELETE", &at), &management, &json!({}));
    assert_eq!(removed.status, 204, "{}", removed.body);
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(house.token_at("/o/KITA01", (&id, &secret), &form).status, 401);
    assert_eq!(call(&house, ("GET", &at), &management, &json!({})).status, 401);
    for act in ["client.registration_token_issued", "client.registered", "client.removed"] {
        assert_eq!(house.audited(act), 1, "{act}");
    }
}

#[test]
fn a_registration_is_read_and_replaced_by_who_has_its_token_and_by_nobody_else() {
    let (house, token) = open_house(2);
    let (first, other) =
        (register(&house, &token, &site()).json(), register(&house, &token, &site()).json());
    let (at, management) = (managed_at(&first), text(&first, "registration_access_token"));
    let shown = call(&house, ("GET", &at), &management, &json!({}));
    assert_eq!((shown.status.as_u16(), &shown.json()["client_id"]), (200, &first["client_id"]));
    assert!(shown.json().get("client_secret").is_none(), "it is kept as a hash");

    let put = |body: &Json| call(&house, ("PUT", &at), &management, body);
    let mut changed = site();
    changed["client_id"] = first["client_id"].clone();
    changed["client_secret"] = first["client_secret"].clone();
    changed["client_name"] = json!("髙橋の映画館");
    changed["redirect_uris"] = json!(["https://vod.example.jp/again"]);
    let answer = put(&changed);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["redirect_uris"], json!(["https://vod.example.jp/again"]));
    assert!(answer.json().get("client_secret").is_none(), "it keeps the one it has");
    assert_eq!(put(&changed).json(), answer.json(), "the same again is answered the same");
    assert_eq!(house.audited("client.changed"), 1, "and written down once");
    for (member, value, code) in [
        ("client_id", other["client_id"].clone(), "client.id_differs"),
        ("client_id", Json::Null, "client.id_differs"),
        ("client_secret", json!("0".repeat(43)), "client.secret_differs"),
        ("first_party", json!(true), "client.not_for_strangers"),
    ] {
        let mut wrong = changed.clone();
        wrong[member] = value;
        let refused = put(&wrong);
        assert_eq!((refused.status.as_u16(), refused.refusal()), (400, code), "{}", refused.body);
    }

    let strangers = text(&other, "registration_access_token");
    for wrong in ["", "guessed", &strangers, &token, first["client_secret"].as_str().unwrap()] {
        for method in ["GET", "PUT", "DELETE"] {
            let refused = call(&house, (method, &at), wrong, &changed);
            assert_eq!(refused.status, 401, "{method} {wrong}");
            assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        }
    }
    let by_hand = call(&house, ("GET", "/o/KITA01/register/vod"), &management, &json!({}));
    assert_eq!(by_hand.status, 401, "a client somebody registered by hand has no such token");
    switch_on(&house, MINAMI, 20);
    let at = at.replace(KITA, MINAMI);
    assert_eq!(call(&house, ("GET", &at), &management, &json!({})).status, 401);
}

#[test]
fn a_token_registers_as_many_as_it_says_until_its_day_at_its_operator() {
    let (house, token) = open_house(2);
    switch_on(&house, MINAMI, 20);
    let at_minami = call(&house, ("POST", "/o/MINA01/register"), &token, &site());
    assert_eq!(at_minami.refusal(), "client.registration_token_invalid");
    let mut wrong = site();
    wrong["redirect_uris"] = json!(["http://vod.example.jp/cb"]);
    for _ in 0..3 {
        assert_eq!(register(&house, &token, &wrong).status, 400, "a refusal spends nothing");
    }
    let together: Vec<u16> = std::thread::scope(|scope| {
        let each = || register(&house, &token, &site()).status.as_u16();
        let all: Vec<_> = (0..8).map(|_| scope.spawn(each)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(together.iter().filter(|status| **status == 201).count(), 2, "{together:?}");
    assert_eq!(together.iter().filter(|status| **status == 401).count(), 6, "{together:?}");

    let over = given_token(&house, KITA, 5);
    let sql = "UPDATE registration_tokens SET expires_ms = ?2 WHERE operator_id = ?1";
    let scope = Scope::new(KITA, sato(), clock::now());
    let age = move |tx: &mut base::store::Tx<'_>| {
        let row = [tx.operator().into(), tx.now().plus_seconds(-1).into()];
        tx.exec(sql, &row)
    };
    house.world.db.housekeep(&scope, "test", age).unwrap();
    for bad in [over.as_str(), token.as_str(), "guessed", ""] {
        assert_eq!(register(&house, bad, &site()).status, 401, "{bad}");
    }
}

#[test]
fn an_operator_has_as_many_such_clients_as_it_wants_however_many_come_at_once() {
    let house = House::new();
    switch_on(&house, KITA, 3);
    let tokens: Vec<String> = (0..4).map(|_| given_token(&house, KITA, 10)).collect();
    let before = known(&house);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let each = |token| {
            let house = &house;
            move || register(house, token, &site()).status.as_u16()
        };
        let all: Vec<_> =
            tokens.iter().cycle().take(12).map(|token| scope.spawn(each(token))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 3, "{statuses:?}");
    assert_eq!(known(&house), before + 3);
    let full = register(&house, &tokens[0], &site());
    assert_eq!((full.status.as_u16(), full.refusal()), (409, "client.registration_full"));
}

/// What somebody may ask for who may not have it, and the member the refusal names.
fn not_theirs() -> Vec<(&'static str, Json, &'static str)> {
    let wish = |member, value| (member, value, member);
    vec![
        wish("first_party", json!(true)),
        wish("pkce", json!("exempt_with_nonce")),
        wish("sector", json!("vod.example.jp")),
        wish("sector_identifier_uri", json!("https://vod.example.jp/all.json")),
        wish("web_origins", json!(["https://vod.example.jp"])),
        wish("kind", json!("sms")),
        wish("jwks_uri", json!("https://vod.example.jp/jwks")),
        wish("request_uris", json!(["https://vod.example.jp/request"])),
        wish("software_statement", json!("eyJ")),
        wish("scope", json!("openid decisions")),
        wish("scope", json!("sms")),
        wish("scope", json!("everything")),
        wish("grant_types", json!(["client_credentials"])),
        wish("grant_types", json!(["password"])),
        wish("grant_types", json!(["implicit"])),
        wish("grant_types", json!("authorization_code")),
        wish("response_types", json!(["token"])),
        wish("subject_type", json!("public")),
        wish("token_endpoint_auth_method", json!("client_secret_jwt")),
        wish("token_endpoint_auth_method", json!("tls_client_auth")),
        wish("id_token_signed_response_alg", json!("none")),
        wish("id_token_signed_response_alg", json!("HS256")),
        wish("post_logout_redirect_uris", json!(["javascript:alert(1)"])),
        wish("backchannel_logout_uri", json!("http://vod.example.jp/out")),
        wish("client_name", json!("")),
        wish("client_name", json!(7)),
        ("jwks", json!({"keys": []}), "jwks"),
    ]
}

#[test]
fn what_nobody_may_choose_for_themselves_is_refused_by_name() {
    let (house, token) = open_house(1000);
    let before = known(&house);
    for (member, value, named) in not_theirs() {
        let mut wish = site();
        wish[member] = value.clone();
        let refused = register(&house, &token, &wish);
        let said = refused.json();
        assert_eq!(refused.status, 400, "{member} = {value}: {said}");
        assert_eq!(said["error"], "invalid_client_metadata", "{member} = {value}: {said}");
        let why = said["error_description"].as_str().unwrap();
        assert!(why.ends_with(&format!("({named})")), "{member} = {value}: {why}");
    }
    for bad in ["/cb", "http://a.jp/cb", "https://a.jp/cb#x", "https://*.a.jp/cb", "javascript:1"] {
        let mut wish = site();
        wish["redirect_uris"] = json!([CALLBACK, bad]);
        assert_eq!(
            register(&house, &token, &wish).json()["error"],
            "invalid_redirect_uri",
            "{bad}"
        );
    }
    let mut nowhere = site();
    nowhere["redirect_uris"] = json!([]);
    assert_eq!(register(&house, &token, &nowhere).json()["error"], "invalid_redirect_uri");
    for body in [json!([]), json!("x"), json!(null)] {
        assert_eq!(register(&house, &token, &body).json()["error"], "invalid_client_metadata");
    }
    assert_eq!(known(&house), before);
}

#[test]
fn a_client_sees_subjects_of_its_own_whatever_addresses_it_names() {
    let (house, token) = open_house(2);
    let mut public = site();
    public["token_endpoint_auth_method"] = json!("none");
    let told = register(&house, &token, &public).json();
    assert!(told.get("client_secret").is_none());
    let id = text(&told, "client_id");
    let client = house.provider.clients.find(KITA, &id).unwrap().unwrap().client;
    assert_eq!(client.terms.sector, id, "not the host of its addresses, which is vod's");
    assert!(!client.terms.profile.first_party);
    assert!(!client.may(Grant::ClientCredentials));
}

#[test]
fn who_is_switched_off_can_not_switch_itself_on() {
    let (house, token) = open_house(1);
    let told = register(&house, &token, &site()).json();
    let (at, management) = (managed_at(&told), text(&told, "registration_access_token"));
    let id = text(&told, "client_id");
    let other = id.clone();
    house.act(move |tx| clients::disable(tx, &other)).unwrap();
    let mut changed = site();
    changed["client_id"] = json!(id);
    for method in ["GET", "PUT", "DELETE"] {
        let refused = call(&house, (method, &at), &management, &changed);
        assert_eq!(refused.status, 401, "{method}");
    }
    assert!(!house.act(move |tx| clients::find(tx, &id)).unwrap().terms.enabled);
    house.world.act(sato(), operators::disable).unwrap();
    let token = register(&house, &token, &site());
    assert_eq!(token.refusal(), "operator.disabled");
}

/// Sweeps as on a later day.
fn sweep_after(house: &House, days: i64) -> u64 {
    let scope = Scope::new(KITA, sato(), clock::now().plus_days(days));
    let sweep = |tx: &mut base::store::Tx<'_>| clients::sweep_registrations(tx, 500);
    house.world.db.housekeep(&scope, "test", sweep).unwrap()
}

#[test]
fn who_registered_and_never_came_is_forgotten_and_who_was_used_stays() {
    let (house, token) = open_house(2);
    drop(house.given_viewer("A-001", "takahashi"));
    let used = register(&house, &token, &site()).json();
    let unused = register(&house, &token, &site()).json();
    let (id, secret) = (text(&used, "client_id"), text(&used, "client_secret"));
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[("client_id", id.as_str())]));
    let asked = viewer.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    let code = allow(&mut viewer, &asked).led_with("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(house.token_at("/o/KITA01", (&id, &secret), &form).status, 200);

    assert_eq!(sweep_after(&house, 29), 1, "the token, after its week");
    let before = known(&house);
    assert_eq!((sweep_after(&house, 31), sweep_after(&house, 31)), (1, 0));
    assert_eq!(known(&house), before - 1);
    let gone = text(&unused, "client_id");
    let is_there = |id: &str| house.provider.clients.find(KITA, id).unwrap().is_some();
    assert!(is_there(&id) && !is_there(&gone));
    assert_eq!(sweep_after(&house, 3650), 0, "used once is used");
    assert_eq!(house.audited("client.removed"), 1);
    assert!(is_there("vod"), "nobody sweeps what somebody registered by hand");
}
