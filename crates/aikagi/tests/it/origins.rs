//! Scripts of another page read what a service's own page may read, and nothing else.

use axum::body::Body;
use domain::clients::{AuthMethod, ClientTerms, Grant, Proof};
use http::Request;

use crate::viewers::{Answer, CALLBACK, House, VERIFIER, Viewer, authorize};
use crate::world::KITA;

const APP: &str = "https://app.example.jp";

fn in_the_browser(terms: &mut ClientTerms) {
    (terms.method, terms.proof) = (AuthMethod::None, Proof::None);
    terms.grants = vec![Grant::AuthorizationCode, Grant::RefreshToken];
    terms.scopes = vec!["openid".to_owned()];
    terms.profile.refresh = None;
    terms.profile.web_origins = vec![APP.to_owned()];
}

fn call(house: &House, method: &str, path: &str, (origin, form): (&str, &str)) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/o/KITA01{path}"))
        .header("origin", origin)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()));
    house.call(request.unwrap())
}

fn readable_by(answer: &Answer) -> Option<&str> {
    answer.headers.get("access-control-allow-origin").map(|origin| origin.to_str().unwrap())
}

fn code_form(viewer: &mut Viewer<'_>) -> String {
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let pairs = [
        ("grant_type", "authorization_code"),
        ("client_id", "vod"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[test]
fn an_application_in_the_browser_reads_its_tokens_and_no_other_page_does() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", in_the_browser);
    let form = code_form(&mut viewer);
    let answer = call(&house, "POST", "/token", (APP, &form));
    assert_eq!((answer.status.as_u16(), readable_by(&answer)), (200, Some(APP)));
    assert_eq!(answer.headers["vary"], "Origin");
    assert!(!answer.headers.contains_key("access-control-allow-credentials"), "never with cookies");
    let refused = call(&house, "POST", "/token", (APP, &form));
    assert_eq!((refused.status.as_u16(), readable_by(&refused)), (400, Some(APP)), "and refusals");

    let others = ["https://app.example.jp.evil.jp", "https://app.example.jp:8443", "null", "", "*"];
    for origin in others.into_iter().chain(["http://app.example.jp", "https://APP.example.jp"]) {
        let answer = call(&house, "POST", "/token", (origin, &code_form(&mut viewer)));
        assert_eq!((answer.status.as_u16(), readable_by(&answer)), (200, None), "{origin}");
    }
    let answer = call(&house, "POST", "/token", (APP, &code_form(&mut viewer)));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    for (origin, reads) in [(APP, Some(APP)), ("https://evil.example.jp", None)] {
        let asked = Request::get("/o/KITA01/userinfo")
            .header("origin", origin)
            .header("authorization", format!("Bearer {token}"));
        let answer = house.call(asked.body(Body::empty()).unwrap());
        assert_eq!((answer.status.as_u16(), readable_by(&answer)), (200, reads));
    }
}

#[test]
fn who_did_not_prove_to_be_a_client_shares_with_nobody() {
    let house = House::new();
    house.given_client(KITA, "vod", |terms| terms.profile.web_origins = vec![APP.to_owned()]);
    let form = "grant_type=client_credentials&client_id=vod&client_secret=guessed";
    let answer = call(&house, "POST", "/token", (APP, form));
    assert_eq!((answer.status.as_u16(), readable_by(&answer)), (401, None));
}

#[test]
fn public_documents_are_everybodys_and_pages_are_nobodys() {
    let house = House::new();
    let evil = ("https://evil.example.jp", "");
    for path in ["/.well-known/openid-configuration", "/jwks"] {
        assert_eq!(readable_by(&call(&house, "GET", path, evil)), Some("*"), "{path}");
    }
    house.given_client(KITA, "vod", in_the_browser);
    for path in ["/authorize", "/signin", "/device", "/services", "/logout"] {
        for method in ["GET", "POST", "OPTIONS"] {
            let answer = call(&house, method, path, (APP, "client_id=vod"));
            assert_eq!(readable_by(&answer), None, "{method} {path}");
        }
    }
    for path in ["/token", "/revoke", "/userinfo", "/par", "/device_authorization", "/introspect"] {
        let asked = call(&house, "OPTIONS", path, evil);
        assert_eq!(asked.status, 204, "{path}");
        let allowed = asked.headers["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("authorization"), "{allowed}");
    }
}

#[test]
fn an_origin_that_no_browser_would_write_is_not_registered() {
    let house = House::new();
    for bad in [
        "https://app.example.jp/",
        "https://APP.example.jp",
        "https://app.example.jp:443",
        "https://app.example.jp/app",
        "http://app.example.jp",
        "*",
        "null",
        "",
    ] {
        let mut terms = crate::viewers::service();
        terms.profile.web_origins = vec![bad.to_owned()];
        let put = house.act(move |tx| domain::clients::put(tx, "vod", &terms));
        assert_eq!(put.unwrap_err().code(), "client.origin_malformed", "{bad}");
    }
    for good in [APP, "http://127.0.0.1:8080", "https://app.example.jp:8443"] {
        let mut terms = crate::viewers::service();
        terms.profile.web_origins = vec![good.to_owned()];
        house.act(move |tx| domain::clients::put(tx, "vod", &terms)).unwrap();
    }
}
