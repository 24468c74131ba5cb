//! Who does not say who they are may call so often from one address, at every route.

use std::net::SocketAddr;
use std::sync::Arc;

use aikagi::wiring::{Parts, public_router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use http::Request;
use tower::ServiceExt as _;

use crate::doors::Asked;
use crate::doors_table::{Guard, mounted};
use crate::doors_world::{Names, Two, basic};
use crate::world::KITA;

const STRANGER: &str = "203.0.113.9";

/// The listener with one call a minute for each address.
struct Street {
    two: Two,
    router: Router,
    runtime: tokio::runtime::Runtime,
}

struct Answer {
    status: u16,
    retry_after: String,
    kind: String,
    body: String,
}

impl Street {
    fn new(proxies: Option<&[&str]>) -> Self {
        let two = Two::new();
        let mut config = aikagi::config::Config::clone(&two.parts.config);
        config.listen.calls_per_minute = 1;
        config.listen.behind_proxy = proxies.is_some();
        let named = proxies.unwrap_or_default().iter();
        config.listen.proxy_addresses = named.map(|one| (*one).to_owned()).collect();
        let router = public_router(&Parts { config: Arc::new(config), ..two.parts.clone() });
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Self { two, router, runtime: runtime.unwrap() }
    }

    /// The northern operator's address, called from `address` with `authorization`.
    fn ask(&self, address: &str, route: &(&str, String, Guard), authorization: &str) -> Answer {
        let nobody = Names { session: String::new(), ..self.two.theirs.clone() };
        let request = self.two.request(&Asked {
            method: route.0,
            pattern: &route.1,
            at: KITA,
            names: if authorization.is_empty() { &nobody } else { &self.two.theirs },
            authorization: authorization.to_owned(),
            ticket: "",
        });
        self.send(address, request)
    }

    fn send(&self, address: &str, mut request: Request<Body>) -> Answer {
        let peer = SocketAddr::new(address.parse().unwrap(), 4711);
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.runtime.block_on(self.router.clone().oneshot(request)).unwrap();
        let (response, body) = response.into_parts();
        let body = self.runtime.block_on(to_bytes(body, 8 << 20)).unwrap();
        let header = |name: &str| {
            response.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        Answer {
            status: response.status.as_u16(),
            retry_after: header("retry-after"),
            kind: header("content-type"),
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

/// A call at the token endpoint.
fn token_call(authorization: &str, form: &'static str) -> Request<Body> {
    Request::post(format!("/o/{KITA}/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", authorization)
        .body(Body::from(form))
        .unwrap()
}

fn is_counted((method, pattern, guard): &(&str, String, Guard)) -> bool {
    let elsewhere = matches!(guard, Guard::Operations);
    !elsewhere && (*method == "POST" || pattern.ends_with("/authorize"))
}

#[test]
fn beyond_its_calls_an_address_is_told_to_wait_at_every_route_and_others_are_served() {
    let street = Street::new(None);
    let counted: Vec<_> = mounted().into_iter().filter(is_counted).collect();
    assert!(counted.len() > 20);
    let first = street.ask(STRANGER, &counted[0], "");
    assert_ne!(first.status, 429);

    let mut in_its_name = 0;
    for (place, route) in counted.iter().enumerate() {
        let name = format!("{} {}", route.0, route.1);
        let refused = street.ask(STRANGER, route, "");
        assert_eq!(refused.status, 429, "{name}");
        assert!(refused.retry_after.parse::<u64>().is_ok_and(|wait| wait >= 1), "{name}");
        let page = matches!(route.2, Guard::Known | Guard::Ticket | Guard::Browser)
            || matches!(route.2, Guard::Staff | Guard::Trying);
        let kind = match route.2 {
            Guard::Client => "application/json",
            _ if route.1.ends_with("/ask") => "application/problem+json",
            _ if page => "text/html; charset=utf-8",
            _ => "application/problem+json",
        };
        assert_eq!(refused.kind, kind, "{name}");
        assert_eq!(
            refused.body.contains("class=\"button\""),
            kind.starts_with("text/html"),
            "{name}"
        );
        // Where memory knows the station.
        in_its_name += usize::from(refused.body.contains("北浜ケーブル"));
        let other = street.ask(&format!("198.51.100.{place}"), route, "");
        assert_ne!(other.status, 429, "{name}, from another address");
    }
    assert!(in_its_name > 10, "{in_its_name}");
}

#[test]
fn who_proves_who_they_are_is_not_counted() {
    let street = Street::new(None);
    for _ in 0..2 {
        street.send(STRANGER, token_call("", "grant_type=none"));
    }
    for route in mounted() {
        let bearer = |token: String| format!("Bearer {token}");
        let proof = match route.2 {
            Guard::Sms => bearer(street.two.token(KITA, "sms")),
            Guard::Service => bearer(street.two.token(KITA, "service")),
            Guard::Person => bearer(street.two.theirs.token.clone()),
            _ => continue,
        };
        let answer = street.ask(STRANGER, &route, &proof);
        assert_ne!(answer.status, 429, "{} {}", route.0, route.1);
    }
    // A service signs everybody in from one address, and some of what it is shown has ended.
    for form in ["grant_type=client_credentials", "grant_type=refresh_token&refresh_token=x"] {
        for _ in 0..3 {
            let answer = street.send("198.51.100.7", token_call(&basic("service"), form));
            assert_ne!(answer.status, 429, "{form}");
        }
    }
    let wrong = || street.send("198.51.100.7", token_call("Basic eDp4", "grant_type=none")).status;
    assert_eq!([wrong(), wrong()], [401, 429], "a guess at a secret counts");
}

#[test]
fn behind_a_proxy_the_callers_it_names_are_counted_each_for_itself() {
    const PROXY: &str = "10.0.0.1";
    let street = Street::new(Some(&[PROXY]));
    let call = |peer: &str, forwarded: Option<&str>| {
        let mut request = token_call("", "grant_type=none");
        if let Some(forwarded) = forwarded {
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        street.send(peer, request).status == 429
    };
    assert_eq!([1, 2].map(|_| call(PROXY, Some(STRANGER))), [false, true]);
    assert!(
        call(PROXY, Some("1.1.1.1, 203.0.113.9")),
        "what a caller writes itself is not believed"
    );
    assert!(!call(PROXY, Some("198.51.100.7")));
    assert_eq!([1, 2].map(|_| call(PROXY, None)), [false, false]);
    assert_eq!([1, 2].map(|_| call("127.0.0.1", None)), [false, false]);
    let unnamed = "192.0.2.5";
    assert_eq!(
        [1, 2].map(|at| call(unnamed, Some(&format!("198.51.100.{at}")))),
        [false, true],
        "who is no proxy speaks for itself only"
    );
}
