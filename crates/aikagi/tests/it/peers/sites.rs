//! The three sites of the manual: each signs people in, keeps them signed in, and refuses an answer
//! that somebody has changed on the way.

use serde_json::Value as Json;
use url::{Url, form_urlencoded};

use crate::operations::eventually;

use super::{Browser, Issuer, Page, Site, free_port};

/// An issuer and a site of it.
struct Story {
    issuer: Issuer,
    site: Site,
    script: &'static str,
}

impl Story {
    fn of(script: &'static str) -> Self {
        let place = format!("127.0.0.1:{}", free_port());
        let address = format!("http://{place}");
        let clients = format!(
            "[[operators.clients]]\nid = \"miruplus\"\nname_ja = \"みるぷらす動画㈱\"\n\
             name_en = \"Miruplus\"\nsecret_file = \"client.secret\"\n\
             redirect_uris = [\"{address}/callback\"]\n\
             profile.post_logout_redirect_uris = [\"{address}/\"]\n\
             profile.backchannel_logout_uri = \"{address}/callback?logout=backchannel\"\n\
             profile.refresh = \"rotated\"\n"
        );
        let issuer = Issuer::new(&clients, &[], &place);
        let site = Site::start(script, &issuer, "miruplus", &address);
        Self { issuer, site, script }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.site.address)
    }

    /// A browser that was signed in, and what the site knows of the person.
    fn signed_in(&self) -> (Browser<'_>, Json) {
        let mut browser = Browser::new(&self.issuer);
        let asked = browser.open(&self.at("/"));
        let shown = browser.sign_in(asked, &|_| false);
        assert_eq!((shown.status, shown.url.as_str()), (200, self.at("/").as_str()), "{shown:?}");
        let viewer = self.viewer(&mut browser);
        (browser, viewer)
    }

    fn viewer(&self, browser: &mut Browser<'_>) -> Json {
        if self.script != "site.conf" {
            return browser.open(&self.at("/")).json();
        }
        let mut told = browser.open(&self.at("/callback?info=json")).json();
        let mut viewer = told["id_token"].take();
        viewer.as_object_mut().unwrap().extend(told["userinfo"].as_object().unwrap().clone());
        viewer
    }

    /// Signs in, and a parameter of the answer is another when it comes back; the site refuses it.
    fn with_answer_changed(&self, name: &str, value: &str) {
        let back = self.at("/callback");
        let mut browser = Browser::new(&self.issuer);
        let asked = browser.open(&self.at("/"));
        let mut answer = browser.sign_in(asked, &|url| url.as_str().starts_with(&back)).url;
        set(&mut answer, name, value);
        let said = browser.open_up_to(answer.as_str(), &|url| !url.as_str().starts_with(&back));
        self.refused(&mut browser, &said);
    }

    /// The site says so, and nobody is signed in.
    fn refused(&self, browser: &mut Browser<'_>, said: &Page) {
        // Apache's module says so with status 200.
        let says = said.status >= 400 || said.body.contains("OpenID Connect Provider error");
        assert!(says, "{said:?}");
        let after = browser.open_up_to(&self.at("/"), &leaves);
        assert_eq!(after.status, 0, "sent to sign in again: {after:?}");
    }
}

/// An address at which a site asks us to sign somebody in.
fn leaves(url: &Url) -> bool {
    url.path().ends_with("/authorize")
}

/// Sets a parameter of an address to another value.
fn set(url: &mut Url, name: &str, value: &str) {
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.iter_mut().find(|(each, _)| each == name).unwrap().1 = value.to_owned();
    url.query_pairs_mut().clear().extend_pairs(pairs);
}

fn signs_in_and_stays_so(story: &Story) {
    let (mut browser, viewer) = story.signed_in();
    assert_eq!(story.issuer.audited("person.registered"), 1);
    assert_eq!(viewer["operator"], "OP0012", "{viewer}");
    assert_eq!((&viewer["role"], &viewer["iss"]), (&"owner".into(), &story.issuer.url().into()));
    let before = story.issuer.turns();
    for round in 1..=3 {
        let shown = browser.open(&story.at("/refresh"));
        assert_eq!(shown.status, 200, "refresh {round}: {shown:?}");
    }
    assert_eq!(story.issuer.turns(), before + 3, "each time with the newest refresh token");
    assert_eq!(story.viewer(&mut browser)["sub"], viewer["sub"]);
    let rotate = ["keys", "rotate", "--operator", "OP0012"];
    story.issuer.folder.run(&rotate).well();
    let (_, again) = story.signed_in();
    assert_eq!(again["sub"], viewer["sub"], "elsewhere by password, and two keys are published");
    assert_eq!(story.issuer.audited("person.registered"), 1);
}

/// Afterwards the provider asks who it is, and does not let the browser in by its session.
fn signs_out(story: &Story) {
    let (mut browser, _) = story.signed_in();
    let back = form_urlencoded::byte_serialize(story.at("/").as_bytes()).collect::<String>();
    let leave = match story.script {
        "site.conf" => story.at(&format!("/callback?logout={back}")),
        _ => story.at("/sign-out"),
    };
    let home = story.at("/");
    let left = browser.open_up_to(&leave, &|url| url.as_str().starts_with(&home));
    assert_eq!(left.status, 0, "the browser comes back without being asked: {left:?}");
    let asked = browser.open(&home);
    assert!(asked.url.as_str().starts_with(&story.issuer.base), "{asked:?}");
}

/// The person logs out at the provider, and the site hears of it from the provider alone.
fn is_told_of_an_end(story: &Story) {
    let (mut browser, _) = story.signed_in();
    let asked = browser.open(&format!("{}/logout", story.issuer.url()));
    let done = browser.submit(&asked, &[("extent", "browser")], &|_| false);
    assert_eq!(done.status, 200, "{done:?}");
    let home = story.at("/");
    eventually("the site has ended its session too", || {
        let shown = browser.open_up_to(&home, &leaves);
        (shown.status == 0).then_some(())
    });
}

fn refuses_what_was_changed(story: &Story) {
    for name in ["state", "code", "iss"] {
        let other = match name {
            "iss" => format!("{}/o/OP9999", story.issuer.base),
            _ => "of-somebody-else".to_owned(),
        };
        story.with_answer_changed(name, &other);
    }
    let mut browser = Browser::new(&story.issuer);
    let mut asked = browser.open_up_to(&story.at("/"), &leaves).url;
    set(&mut asked, "nonce", "of-somebody-else");
    let page = browser.open(asked.as_str());
    let said = browser.sign_in(page, &|_| false);
    story.refused(&mut browser, &said);
}

/// The old keys are known to somebody: from now on only the new one is good.
fn takes_a_new_key_at_once(story: &Story) {
    let mut browser = Browser::new(&story.issuer);
    let mut published = || browser.open(&format!("{}/jwks", story.issuer.url())).body;
    let before = published();
    let withdraw = ["keys", "rotate", "--operator", "OP0012", "--compromised"];
    story.issuer.folder.run(&withdraw).well();
    // The command is a process of its own, which a server hears of within a second.
    eventually("the server knows", || (published() != before).then_some(()));
    let (_, viewer) = story.signed_in();
    assert_eq!(viewer["operator"], "OP0012");
}

fn runs(script: &'static str) {
    let story = Story::of(script);
    signs_in_and_stays_so(&story);
    refuses_what_was_changed(&story);
    signs_out(&story);
    if script == "site.conf" {
        is_told_of_an_end(&story);
    }
    // openid-client fetches keys at most once a minute: with it, people wait for so long.
    if script != "site.mjs" {
        takes_a_new_key_at_once(&story);
    }
}

#[test]
#[ignore = "needs Node and its packages: ./check runs it with TEST_PEERS"]
fn peer_openid_client_signs_in_stays_so_refuses_a_changed_answer_and_signs_out() {
    runs("site.mjs");
}

#[test]
#[ignore = "needs Python and its packages: ./check runs it with TEST_PEERS"]
fn peer_authlib_signs_in_stays_so_refuses_a_changed_answer_and_signs_out() {
    runs("site.py");
}

#[test]
#[ignore = "needs Apache and its module: ./check runs it with TEST_PEERS"]
fn peer_mod_auth_openidc_signs_in_stays_so_refuses_a_changed_answer_and_signs_out() {
    runs("site.conf");
}
