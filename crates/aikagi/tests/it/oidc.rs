//! What a service gets to hear over OpenID Connect.

use base::kernel::{Scope, clock};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::clients::{Grant, Pkce};
use domain::sessions::GRACE_SECONDS;
use domain::signin::Refreshing;
use domain::signing::{Issuer, Rotation, rotate};
use formats::jose::{Algorithm, Audience, Expected, JwkSet, TokenType, VerificationKeys, verify};
use serde_json::{Value as Json, json};

use crate::viewers::{
    BASE, CALLBACK, House, PASSWORD, SECRET, VERIFIER, Viewer, authorize, authorize_at, claims,
};
use crate::world::{KITA, sato};

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned()
}

#[test]
fn a_code_becomes_tokens_that_verify_by_the_published_keys() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let answer = house.redeem(&code);
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    let tokens = answer.json();

    let metadata = house.get("/o/KITA01/.well-known/openid-configuration").json();
    assert_eq!(metadata["issuer"], "https://id.example.jp/o/KITA01");
    let keys: JwkSet = serde_json::from_value(house.get("/o/KITA01/jwks").json()).unwrap();
    let expected = Expected {
        issuer: "https://id.example.jp/o/KITA01",
        audience: Audience::OneOf(&["vod"]),
        token_type: TokenType::Required("JWT"),
        algorithms: &[Algorithm::Es256],
        now: clock::now().ms() / 1000,
        leeway: 0,
    };
    let id_token = text(&tokens, "id_token");
    let said: Json = verify(&id_token, &VerificationKeys::of(&keys), &expected).unwrap();
    assert_eq!(said["nonce"], "n-1");
    assert_eq!(
        (&said["role"], &said["max_rating"], &said["adult"]),
        (&json!("owner"), &json!(18), &json!(false))
    );
    assert_eq!(said["amr"], json!(["otp"]));
    for name in ["sub", "household", "sid", "at_hash", "auth_time", "acr", "operator"] {
        assert!(!said[name].is_null(), "{name}");
    }

    let info = house.userinfo(&text(&tokens, "access_token"));
    assert_eq!(info.status, 200);
    assert_eq!(
        (&info.json()["sub"], &info.json()["household"]),
        (&said["sub"], &said["household"])
    );
}

#[test]
fn two_sectors_and_two_operators_know_a_person_by_different_names() {
    let house = House::new();
    house.given_client(KITA, "shop", |terms| {
        terms.redirect_uris = vec!["https://shop.example.jp/cb".to_owned()];
    });
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let sub = |viewer: &mut Viewer<'_>, id: &str, uri: &str| {
        let path = authorize(&[("client_id", id), ("redirect_uri", uri)]);
        let code = viewer.get(&path).led_with("code").unwrap();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", uri),
            ("code_verifier", VERIFIER),
        ];
        let tokens = house.token_at("/o/KITA01", (id, SECRET), &form).json();
        claims(&text(&tokens, "id_token"))
    };
    let (vod, again, shop) = (
        sub(&mut viewer, "vod", CALLBACK),
        sub(&mut viewer, "vod", CALLBACK),
        sub(&mut viewer, "shop", "https://shop.example.jp/cb"),
    );
    for name in ["sub", "household", "sid"] {
        assert_eq!(vod[name], again[name], "{name}");
        assert_ne!(vod[name], shop[name], "{name}");
    }
}

#[test]
fn a_code_that_comes_twice_ends_everything_it_led_to() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let tokens = house.redeem(&code).json();
    let replay = house.redeem(&code);
    assert_eq!(
        (replay.status.as_u16(), replay.json()["error"].as_str()),
        (400, Some("invalid_grant"))
    );
    assert_eq!(replay.json()["error_description"], "grant.replayed");
    let refresh = house.refresh(&text(&tokens, "refresh_token"));
    assert_eq!(refresh.json()["error"], "invalid_grant");
    assert_eq!(house.userinfo(&text(&tokens, "access_token")).status, 401);
    assert_eq!(house.audited("authorization.revoked"), 1);
}

#[test]
fn a_lost_answer_may_be_asked_for_again_and_a_stolen_token_ends_the_family() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let first = text(&house.redeem(&code).json(), "refresh_token");
    let second = text(&house.refresh(&first).json(), "refresh_token");
    assert_eq!(text(&house.refresh(&first).json(), "refresh_token"), second, "the same answer");

    let client = house.provider.clients.find(KITA, "vod").unwrap().unwrap().client;
    let later = clock::now().plus_seconds(GRACE_SECONDS + 1);
    let reused = house.provider.journeys.refresh(
        (&client, KITA),
        &Refreshing { token: &first, wanted: None, jkt: None },
        later,
    );
    assert_eq!(reused.unwrap_err().code(), "grant.replayed");
    assert_eq!(house.refresh(&second).json()["error_description"], "grant.invalid");
    assert_eq!(house.audited("authorization.revoked"), 1);
}

#[test]
fn many_refreshes_at_once_with_one_token_get_one_answer() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let first = text(&house.redeem(&code).json(), "refresh_token");
    let client = house.provider.clients.find(KITA, "vod").unwrap().unwrap().client;
    let answers: Vec<String> = std::thread::scope(|threads| {
        let refreshing: Vec<_> = (0..8)
            .map(|_| {
                let refresh = || {
                    let journeys = &house.provider.journeys;
                    journeys
                        .refresh(
                            (&client, KITA),
                            &Refreshing { token: &first, wanted: None, jkt: None },
                            clock::now(),
                        )
                        .unwrap()
                        .refresh
                        .unwrap()
                };
                threads.spawn(refresh)
            })
            .collect();
        refreshing.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
    assert_eq!(house.refresh(&answers[0]).status, 200);
}

#[test]
fn one_wrong_character_in_the_redirect_address_shows_a_page_and_leads_nowhere() {
    let house = House::new();
    for wrong in [
        "https://vod.example.jp/callbac",
        "https://vod.example.jp/callback/",
        "https://vod.example.jp/Callback",
        "https://vod.example.jp/callback?x=1",
        "http://vod.example.jp/callback",
        "https://vod.example.jp.evil.example/callback",
        "",
    ] {
        let answer = house.get(&authorize(&[("redirect_uri", wrong)]));
        assert_eq!(
            (answer.status.as_u16(), answer.refusal()),
            (400, "authorize.redirect_uri_differs"),
            "{wrong}"
        );
        assert!(answer.headers.get("location").is_none());
    }
    for (parameter, value) in [("client_id", "nobody"), ("client_id", "")] {
        let answer = house.get(&authorize(&[(parameter, value)]));
        assert_eq!(answer.refusal(), "authorize.client_unknown");
    }
    let zero = house.get(&authorize(&[("login_hint", "a\u{0}b")]));
    assert_eq!(zero.refusal(), "request.parameters_malformed", "no database is asked");
    let named = [("grant_type", "client_credentials")];
    assert_eq!(house.token_at("/o/KITA01", ("v\u{0}d", SECRET), &named).status, 401);
    let twice = format!("{}&client_id=vod", authorize(&[]));
    assert_eq!(house.get(&twice).refusal(), "request.parameter_repeated");
}

#[test]
fn every_other_fault_is_told_to_the_service_with_state_and_issuer() {
    let house = House::new();
    house.given_client(KITA, "machine", |terms| {
        terms.grants = vec![Grant::ClientCredentials];
        terms.scopes = vec!["decisions".to_owned()];
    });
    let told = |changes: &[(&str, &str)]| {
        let answer = house.get(&authorize(changes));
        assert!(answer.location().as_str().starts_with(CALLBACK), "{changes:?}");
        assert_eq!(answer.led_with("state").as_deref(), Some("s-髙"));
        assert_eq!(answer.led_with("iss").as_deref(), Some("https://id.example.jp/o/KITA01"));
        answer.led_with("error").unwrap()
    };
    assert_eq!(told(&[("response_type", "token")]), "unsupported_response_type");
    assert_eq!(told(&[("response_type", "")]), "invalid_request");
    assert_eq!(told(&[("response_mode", "fragment")]), "invalid_request");
    assert_eq!(told(&[("request", "e30.e30.")]), "request_not_supported");
    assert_eq!(told(&[("request_uri", "https://a.jp/r")]), "request_uri_not_supported");
    assert_eq!(told(&[("scope", "profile")]), "invalid_scope");
    assert_eq!(told(&[("code_challenge", "")]), "invalid_request");
    assert_eq!(told(&[("code_challenge_method", "plain")]), "invalid_request");
    assert_eq!(told(&[("code_challenge_method", "")]), "invalid_request");
    assert_eq!(told(&[("code_challenge", "short")]), "invalid_request");
    assert_eq!(told(&[("prompt", "none login")]), "invalid_request");
    assert_eq!(told(&[("max_age", "soon")]), "invalid_request");
    assert_eq!(told(&[("client_id", "machine")]), "unauthorized_client");
    assert_eq!(told(&[("prompt", "none")]), "login_required");
    let unknown = house.get(&authorize(&[("colour", "blue")]));
    assert!(unknown.location().path().ends_with("/signin"), "what nobody knows is passed over");
}

#[test]
fn an_answer_asked_for_as_a_form_is_posted_and_holds_no_markup_of_the_service() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let state = "\"><script>alert('髙橋')</script>";
    let posted = [("response_mode", "form_post"), ("state", state)];
    let answer = viewer.get(&authorize(&posted));
    assert_eq!(answer.status, 200);
    assert!(answer.headers.get("location").is_none(), "no code stands in an address");
    let page = &answer.body;
    assert!(page.contains(&format!("<form method=\"post\" action=\"{CALLBACK}\">")), "{page}");
    assert!(page.contains("name=\"code\"") && page.contains("name=\"iss\""), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    let script = page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    let digest = STANDARD.encode(<sha2::Sha256 as sha2::Digest>::digest(script));
    assert!(policy.ends_with(&format!("; script-src 'sha256-{digest}'")), "{policy}");
    assert!(policy.contains("form-action 'self' https://vod.example.jp;"), "{policy}");
    let refused = house.get(&authorize(&[&posted[..], &[("prompt", "none")]].concat()));
    assert!(refused.headers.get("location").is_none());
    assert!(refused.body.contains("value=\"login_required\""));
}

#[test]
fn a_session_answers_prompt_none_until_it_is_too_old_for_the_service() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let ask = |viewer: &mut Viewer<'_>, changes: &[(&str, &str)]| viewer.get(&authorize(changes));
    assert!(ask(&mut viewer, &[("prompt", "none")]).led_with("code").is_some());
    assert!(ask(&mut viewer, &[("max_age", "3600")]).led_with("code").is_some());
    let asked = ask(&mut viewer, &[("prompt", "login")]);
    assert!(asked.location().path().ends_with("/signin"));
    house.world.sms(domain::commands::Op::Stop, "A-001");
    let stopped = ask(&mut viewer, &[("prompt", "none")]);
    assert_eq!(stopped.led_with("error").as_deref(), Some("login_required"));
}

#[test]
fn a_code_is_good_only_with_its_own_verifier_address_and_client() {
    let house = House::new();
    house.given_client(KITA, "other", |_| {});
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let mut wrong_verifier = VERIFIER.to_owned();
    wrong_verifier.replace_range(..1, "e");
    let redeem = |client: &str, uri: &str, verifier: Option<&str>| {
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", uri)];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        house.token_at("/o/KITA01", (client, SECRET), &form).json()["error"].clone()
    };
    let refused = json!("invalid_grant");
    assert_eq!(redeem("vod", CALLBACK, Some(&wrong_verifier)), refused);
    assert_eq!(redeem("vod", CALLBACK, None), refused);
    assert_eq!(redeem("vod", "https://vod.example.jp/callback/", Some(VERIFIER)), refused);
    assert_eq!(redeem("other", CALLBACK, Some(VERIFIER)), refused);
    assert_eq!(redeem("vod", CALLBACK, Some(VERIFIER)), Json::Null, "none of them spent it");
}

#[test]
fn a_client_exempted_from_pkce_sends_nonce_and_the_exemption_stands_in_the_audit() {
    let house = House::new();
    house.given_client(KITA, "old", |terms| terms.pkce = Pkce::ExemptWithNonce);
    assert_eq!(house.audited("client.exempted_from_pkce"), 1);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let bare = [("client_id", "old"), ("code_challenge", ""), ("code_challenge_method", "")];
    let without_nonce = [&bare[..], &[("nonce", "")]].concat();
    let refused = viewer.get(&authorize(&without_nonce));
    assert_eq!(refused.led_with("error").as_deref(), Some("invalid_request"));
    let code = viewer.get(&authorize(&bare)).led_with("code").unwrap();
    let form = |verifier: Option<&'static str>| {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        house.token_at("/o/KITA01", ("old", SECRET), &form)
    };
    assert_eq!(form(Some(VERIFIER)).json()["error"], "invalid_grant", "a challenge was taken out");
    assert_eq!(form(None).status, 200);
    house.given_client(KITA, "old", |_| {});
    assert_eq!(house.audited("client.exemption_from_pkce_ended"), 1);
}

#[test]
fn nothing_of_one_operator_is_known_to_another() {
    let house = House::new();
    house.given_client(KITA, "only-kita", |_| {});
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let at_minami = authorize_at("/o/MINA01", &[]);
    let asked = viewer.get(&at_minami);
    assert!(asked.location().path().ends_with("/o/MINA01/signin"), "no session there");
    viewer.follow(&asked);
    let form = [("username", "takahashi"), ("password", PASSWORD)];
    assert_eq!(viewer.submit("password", &form).refusal(), "signin.failed");
    let unknown = house.get(&authorize_at("/o/MINA01", &[("client_id", "only-kita")]));
    assert_eq!(unknown.refusal(), "authorize.client_unknown");

    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let elsewhere = house.token_at("/o/MINA01", ("vod", SECRET), &form);
    assert_eq!(elsewhere.json()["error"], "invalid_grant");
    let tokens = house.redeem(&code).json();
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", &text(&tokens, "refresh_token"))];
    assert_eq!(
        house.token_at("/o/MINA01", ("vod", SECRET), &refresh).json()["error"],
        "invalid_grant"
    );
    let info = http::Request::get("/o/MINA01/userinfo")
        .header("authorization", format!("Bearer {}", text(&tokens, "access_token")))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(house.call(info).status, 401);
    for path in ["/o/NOSUCH/jwks", "/o/nosuch/jwks", "/o/NOSUCH/.well-known/openid-configuration"] {
        assert_eq!(
            (house.get(path).status.as_u16(), house.get(path).refusal()),
            (404, "operator.unknown")
        );
    }
}

#[test]
fn a_service_of_all_operators_signs_in_at_the_platform_after_the_operator_is_chosen() {
    let house = House::new();
    house.given_client(Scope::PLATFORM, "everywhere", |_| {});
    house.given_viewer("A-001", "takahashi");
    let mut viewer = Viewer::new(&house);
    let path = authorize_at("", &[("client_id", "everywhere")]);
    let page = viewer.open_page(&path);
    assert!(
        page.body.contains("北浜ケーブル") && page.body.contains("南野テレビ"),
        "{}",
        page.body
    );
    let page = viewer.submit("operator", &[("operator", KITA)]);
    assert!(viewer.page.starts_with("/o/KITA01/signin") && page.body.contains("北浜ケーブル"));
    let done = viewer.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert_eq!(done.led_with("iss").as_deref(), Some(BASE));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &done.led_with("code").unwrap()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(
        house.token_at("/o/KITA01", ("everywhere", SECRET), &form).json()["error"],
        "invalid_grant"
    );
    let tokens = house.token_at("", ("everywhere", SECRET), &form).json();
    let said = claims(&text(&tokens, "id_token"));
    assert_eq!((&said["iss"], &said["operator"]), (&json!(BASE), &json!(KITA)));
    let again = viewer.get(&path);
    assert!(again.led_with("code").is_some(), "the session knows the operator");
    let own = house.get(&authorize_at("", &[]));
    assert_eq!(own.refusal(), "authorize.client_unknown", "an operator's own service is not here");
}

#[test]
fn a_new_signing_key_is_published_a_day_before_it_signs() {
    let house = House::new();
    let keys = |house: &House| house.get("/o/KITA01/jwks").json()["keys"].as_array().unwrap().len();
    assert_eq!(keys(&house), 1);
    let token = house.token(&[("grant_type", "client_credentials"), ("scope", "decisions")]).json();
    let rotated = |rotation| {
        let master = house.provider.signing.master().clone();
        let scope = Scope::new(KITA, sato(), clock::now());
        house.world.db.transact(&scope, move |tx| rotate(tx, &master, rotation)).unwrap()
    };
    let kid = |token: &Json| {
        formats::jose::unverified_header(&text(token, "access_token")).unwrap().kid.unwrap()
    };
    rotated(Rotation::Planned);
    assert_eq!(keys(&house), 2);
    let after = house.token(&[("grant_type", "client_credentials")]).json();
    assert_eq!(kid(&token), kid(&after), "the next key waits");
    let ring = house.provider.signing.ring(KITA).unwrap();
    let tomorrow = clock::now().plus_days(2);
    assert_ne!(ring.signer(tomorrow).unwrap().kid(), kid(&token));

    rotated(Rotation::AtOnce);
    assert_eq!(keys(&house), 1, "a key somebody else has is withdrawn");
    let issuer = Issuer::of_operator(BASE, KITA);
    let new = house.token(&[("grant_type", "client_credentials")]).json();
    assert!(house.provider.tokens.verify(&issuer, &text(&new, "access_token")).is_ok());
    assert_eq!(house.audited("signing_key.withdrawn"), 1);
}
