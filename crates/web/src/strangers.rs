//! Calls of somebody who does not say who they are are counted by the address they come from.
//!
//! What a call costs us before we know its caller (a sign-in begun, a password computed, a guess at a
//! secret) nobody may ask for without end. Who proves to be somebody is not counted: a call is taken
//! when it comes and given back when its answer names who [`Acted`].

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Result};
use base::store::{Db, from_memory};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Method};

use crate::access::Acted;
use crate::around::Around;
use crate::pace::{Paces, Rate};
use crate::place::Place;
use crate::{Page, Problem, current};

/// What a proxy writes the caller's address into.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Addresses remembered at a time, a few megabytes at most.
const KEPT: usize = 32_768;

/// How often each address may call without saying who it is.
pub struct Strangers {
    paces: Paces<IpAddr>,
    rate: Rate,
    proxies: Option<Vec<IpAddr>>,
    /// Where stations are known from; none: pages are in nobody's name.
    stations: Option<Db>,
}

impl Strangers {
    /// `calls_per_minute` of each address. `proxies` are those that stand before us: none, these, or
    /// with an empty list whoever reaches us.
    #[must_use]
    pub fn new(calls_per_minute: u64, proxies: Option<Vec<IpAddr>>) -> Self {
        Self {
            paces: Paces::new(KEPT),
            rate: Rate::per_minute(calls_per_minute),
            proxies,
            stations: None,
        }
    }

    /// The same, whose pages are in the names of the stations in this database.
    #[must_use]
    pub fn naming_stations(mut self, db: &Db) -> Self {
        self.stations = Some(db.clone());
        self
    }

    /// The page that says that an address called too often: in the station's name when memory knows it, since nobody may make
    /// us ask the database without end.
    pub fn page(&self, error: &Error) -> Response {
        let context = current::get();
        if let Some(db) = &self.stations {
            let place = Place::of_path(context.path());
            let _known = from_memory(|| place.issuer(db, ""));
        }
        Page::of_error(context.language, error).into_response()
    }

    /// Takes a call; [`Strangers::answered`] gives it back. Nobody, when it counts for nobody.
    ///
    /// # Errors
    /// That of the pace, when its address called too often.
    pub fn take(&self, request: &Request) -> Result<Option<IpAddr>> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let caller = peer.and_then(|peer| self.caller(peer, request.headers()));
        if let Some(caller) = &caller {
            self.paces.take(caller, self.rate)?;
        }
        Ok(caller)
    }

    /// The call's answer is there: it is given back when somebody proved who they are.
    pub fn answered(&self, taken: Option<IpAddr>, response: &Response) {
        if let Some(caller) = taken.filter(|_| response.extensions().get::<Acted>().is_some()) {
            self.paces.give_back(&caller);
        }
    }

    /// Whom a call counts for. Nobody, when it is from this machine itself, or when a proxy does not
    /// say for whom it calls: one bucket for everybody behind it would stop them all.
    fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        self.line(peer, headers).filter(|line| !line.is_loopback())
    }

    /// The line a request came over, as far as it is known: two devices of a household have the same.
    #[must_use]
    pub fn line(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        let caller = if self.believed(peer) { self.forwarded(headers)? } else { peer };
        Some(household(caller))
    }

    fn believed(&self, peer: IpAddr) -> bool {
        let named = |proxies: &Vec<IpAddr>| {
            proxies.is_empty() || peer.is_loopback() || proxies.contains(&peer)
        };
        self.proxies.as_ref().is_some_and(named)
    }

    /// The last address that is none of the proxies': what stands before it, the caller may have
    /// written.
    fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let proxies = self.proxies.as_deref().unwrap_or_default();
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let texts = lines.filter_map(|line| line.to_str().ok());
        let mut addresses = texts.flat_map(|text| text.rsplit(',')).map(address);
        addresses.find(|found| found.is_none_or(|found| !proxies.contains(&found))).flatten()
    }
}

/// Some proxies write the port behind the address.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let alone = || text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let found = text.parse::<SocketAddr>().map(|both| both.ip()).ok().or_else(alone);
    found.map(|found| found.to_canonical())
}

/// A household has one IPv4 address, and a whole /64 of IPv6 (RFC 6177). This machine has itself.
fn household(address: IpAddr) -> IpAddr {
    match address {
        _ if address.is_loopback() => address,
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Takes the header out in which a proxy hands on certificates, unless a proxy that is believed wrote it.
/// Whoever is at the other end of the connection may have written any other.
#[derive(Clone)]
pub struct Unbelieved {
    /// Who knows the proxies.
    pub strangers: Arc<Strangers>,
    /// The header; none: certificates are not handed on.
    pub header: Option<HeaderName>,
}

impl Around for Unbelieved {
    type Kept = ();

    fn before(&self, request: &mut Request) -> std::result::Result<(), Box<Response>> {
        let Some(header) = &self.header else { return Ok(()) };
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        if !peer.is_some_and(|peer| self.strangers.believed(peer.to_canonical())) {
            request.headers_mut().remove(header);
        }
        Ok(())
    }

    fn after(&self, (): (), _: &mut Response) {}
}

/// Whether a call of an endpoint that asks for a token shows none, and counts. A token is told from a forged
/// one before anything else is done.
#[must_use]
pub fn shows_no_token(request: &Request) -> bool {
    request.method() == Method::POST && !request.headers().contains_key(AUTHORIZATION)
}

/// Around routes that ask for a token: counts who shows none.
#[derive(Clone)]
pub struct WithoutToken(pub Arc<Strangers>);

impl Around for WithoutToken {
    type Kept = Option<IpAddr>;

    fn before(&self, request: &mut Request) -> std::result::Result<Self::Kept, Box<Response>> {
        if !shows_no_token(request) {
            return Ok(None);
        }
        self.0.take(request).map_err(|error| Box::new(Problem::from(error).into_response()))
    }

    fn after(&self, taken: Option<IpAddr>, response: &mut Response) {
        self.0.answered(taken, response);
    }
}

/// Around pages: every form counts for the address it comes from, until its sender turns out to be somebody. What a
/// script asks for (`…/ask`) is refused in its words, a form with a page.
#[derive(Clone)]
pub struct Forms(pub Arc<Strangers>);

impl Around for Forms {
    type Kept = Option<IpAddr>;

    fn before(&self, request: &mut Request) -> std::result::Result<Self::Kept, Box<Response>> {
        if request.method() != Method::POST {
            return Ok(None);
        }
        self.0.take(request).map_err(|error| {
            let asked = request.uri().path().ends_with("/ask");
            Box::new(match asked {
                true => Problem::from(error).into_response(),
                false => self.0.page(&error),
            })
        })
    }

    fn after(&self, taken: Option<IpAddr>, response: &mut Response) {
        self.0.answered(taken, response);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";
    const CLOUD: &str = "10.0.0.2";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn whom(strangers: &Strangers, peer: &str, lines: &[&'static str]) -> Option<String> {
        let line = |text: &&'static str| (FORWARDED_FOR, http::HeaderValue::from_static(text));
        let headers: HeaderMap = lines.iter().map(line).collect();
        strangers.caller(ip(peer), &headers).map(|found| found.to_string())
    }

    #[test]
    fn without_a_proxy_nobody_names_another_address_than_its_own() {
        let direct = Strangers::new(1, None);
        let asked = |peer| whom(&direct, peer, &["203.0.113.9"]);
        assert_eq!(asked("198.51.100.7").as_deref(), Some("198.51.100.7"));
        assert_eq!(asked("::ffff:198.51.100.7").as_deref(), Some("198.51.100.7"));
        assert_eq!(asked("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::"));
        assert_eq!(asked("127.0.0.1"), None);
        assert_eq!(asked("::1"), None);
    }

    #[test]
    fn behind_proxies_the_last_address_counts_that_is_none_of_theirs() {
        let named = Strangers::new(1, Some(vec![ip(PROXY), ip(CLOUD)]));
        let lied = ["1.1.1.1, 203.0.113.9", "10.0.0.2"];
        for peer in [PROXY, "127.0.0.1"] {
            assert_eq!(whom(&named, peer, &lied).as_deref(), Some("203.0.113.9"), "{peer}");
        }
        assert_eq!(whom(&named, "198.51.100.7", &lied).as_deref(), Some("198.51.100.7"));
        let any = Strangers::new(1, Some(Vec::new()));
        for (line, wanted) in [
            ("1.1.1.1, 203.0.113.9:4711", Some("203.0.113.9")),
            ("[2001:db8:1:2::9]:80", Some("2001:db8:1:2::")),
            ("[2001:db8:1:2::9]", Some("2001:db8:1:2::")),
            ("1.1.1.1, unknown", None),
            ("", None),
        ] {
            assert_eq!(whom(&any, "10.9.9.9", &[line]).as_deref(), wanted, "{line}");
        }
        assert_eq!(whom(&any, PROXY, &[]), None, "nobody is stopped for what a proxy keeps quiet");
    }

    #[tokio::test]
    async fn a_certificate_is_believed_from_the_proxies_and_from_nobody_else() {
        use crate::around::Layered;
        use axum::{Router, body::Body, routing::get};
        use tower::ServiceExt as _;

        let header = HeaderName::from_static("client-cert");
        let strangers = Arc::new(Strangers::new(1, Some(vec![ip(PROXY)])));
        let seen = get(async |headers: HeaderMap| {
            headers.get_all("client-cert").iter().count().to_string()
        });
        let layer = Layered(Unbelieved { strangers, header: Some(header) });
        let router = Router::new().route("/", seen).layer(layer);
        for (peer, kept) in
            [(Some(PROXY), "2"), (Some("198.51.100.7"), "0"), (Some(CLOUD), "0"), (None, "0")]
        {
            let mut request =
                Request::get("/").header("client-cert", ":eA==:").header("Client-Cert", "x");
            if let Some(peer) = peer {
                request = request.extension(ConnectInfo(SocketAddr::new(ip(peer), 4711)));
            }
            let answer =
                router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let body = axum::body::to_bytes(answer.into_body(), 10).await.unwrap();
            assert_eq!(body, kept, "{peer:?}");
        }
    }
}
