//! Services that end their own session by a page which ours opens.

use domain::clients::AuthMethod;
use serde_json::Value as Json;

use crate::logout::{AFTER, SHOP, confirm, house, is_signed_in, logout, text, tokens};
use crate::viewers::{Answer, BASE, CALLBACK, House, PASSWORD, Viewer, claims};
use crate::world::KITA;

const OUT: &str = "https://shop.example.jp/out?from=<b>aikagi</b>";

/// A shop that is told by the browser, beside the service that is not.
fn told_by_the_browser() -> House {
    let house = house();
    house.given_client(KITA, "shop", |terms| {
        terms.redirect_uris = vec![SHOP.to_owned()];
        terms.profile.post_logout_redirect_uris = vec!["https://shop.example.jp/bye".to_owned()];
        terms.profile.frontchannel_logout_uri = Some(OUT.replace(['<', '>'], "-"));
    });
    house
}

/// Who watches and shops: a browser with tokens of both, and those of the shop.
fn given_shopper(house: &House) -> (Viewer<'_>, Json, Json) {
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let watching = tokens(house, &mut viewer, ("vod", CALLBACK));
    let shopping = tokens(house, &mut viewer, ("shop", SHOP));
    (viewer, watching, shopping)
}

/// The addresses a page opens within itself.
fn opened(answer: &Answer) -> Vec<url::Url> {
    let tags = answer.body.split("<iframe ").skip(1);
    let sources = tags.filter_map(|tag| tag.split("src=\"").nth(1)?.split('"').next());
    sources.map(|text| text.replace("&#38;", "&").parse().unwrap()).collect()
}

fn policy(answer: &Answer) -> String {
    answer.headers["content-security-policy"].to_str().unwrap().to_owned()
}

#[test]
fn the_page_opens_that_of_a_service_which_knows_the_session_and_goes_on() {
    let house = told_by_the_browser();
    let (mut viewer, watching, shopping) = given_shopper(&house);
    let with = [
        ("id_token_hint", text(&watching, "id_token")),
        ("post_logout_redirect_uri", AFTER),
        ("state", "s-髙"),
    ];
    let path = logout("/o/KITA01", &with);
    let left = viewer.get(&path);
    assert_eq!(left.status, 200);
    let [frame] = &opened(&left)[..] else { panic!("{}", left.body) };
    let said = |name: &str| {
        let found = frame.query_pairs().find(|(one, _)| one == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    assert!(frame.as_str().starts_with("https://shop.example.jp/out?from="), "{frame}");
    assert_eq!(said("iss"), format!("{BASE}/o/KITA01"));
    assert_eq!(said("sid"), text(&claims(text(&shopping, "id_token")), "sid"));
    assert!(policy(&left).contains("; frame-src https://shop.example.jp"), "{}", policy(&left));
    assert!(left.body.contains("sandbox=\"allow-scripts allow-same-origin\""));

    let on = left.headers["refresh"].to_str().unwrap().to_owned();
    assert!(on.starts_with(&format!("3; url={AFTER}&state=s-%E9%AB%99")), "{on}");
    assert!(left.body.contains("続ける") && !is_signed_in(&mut viewer));
    let again = viewer.get(&path);
    assert!(again.location().as_str().starts_with(AFTER), "nothing is left to be ended");
}

#[test]
fn nothing_is_opened_for_who_knows_another_session_or_none() {
    let house = told_by_the_browser();
    let mut only_vod = house.given_viewer("A-002", "saito");
    let watching = tokens(&house, &mut only_vod, ("vod", CALLBACK));
    let left =
        only_vod.get(&logout("/o/KITA01", &[("id_token_hint", text(&watching, "id_token"))]));
    assert_eq!((left.status.as_u16(), opened(&left)), (200, Vec::new()));
    assert!(!policy(&left).contains("frame-src") && !left.headers.contains_key("refresh"));

    let (mut shopper, ..) = given_shopper(&house);
    let mut elsewhere = Viewer::new(&house);
    elsewhere.sign_in("takahashi", PASSWORD);
    tokens(&house, &mut elsewhere, ("vod", CALLBACK));
    let asked = elsewhere.get("/o/KITA01/logout");
    let done = confirm(&mut elsewhere, &asked, &[("extent", "all")]);
    assert_eq!((done.status.as_u16(), opened(&done)), (200, Vec::new()), "another browser's");
    assert!(!is_signed_in(&mut shopper), "which ended all the same");
}

#[test]
fn a_page_is_registered_at_an_address_of_its_own_and_only_for_who_can_not_be_called() {
    let house = house();
    let put = |change: &dyn Fn(&mut domain::clients::ClientTerms)| {
        let mut terms = crate::viewers::service();
        change(&mut terms);
        let put = house.act(move |tx| domain::clients::put(tx, "shop", &terms));
        put.map(drop).map_err(|error| error.code())
    };
    let at = |uri: &str| {
        put(&|terms| {
            terms.redirect_uris = vec!["https://shop.example.jp:8443/cb".to_owned()];
            terms.profile.frontchannel_logout_uri = Some(uri.to_owned());
        })
    };
    assert_eq!(at("https://shop.example.jp:8443/out"), Ok(()));
    for wrong in [
        "https://shop.example.jp/out",
        "http://shop.example.jp:8443/out",
        "https://evil.example:8443/out",
        "https://shop.example.jp:8443/out#part",
        "https://shop.example.jp:8443@evil.example/out",
        "javascript:alert(1)",
        "/out",
        "",
    ] {
        assert_eq!(at(wrong), Err("client.logout_uri_malformed"), "{wrong}");
    }
    let both = put(&|terms| {
        terms.redirect_uris = vec![SHOP.to_owned()];
        terms.profile.frontchannel_logout_uri = Some("https://shop.example.jp/out".to_owned());
        terms.profile.backchannel_logout_uri = Some("https://shop.example.jp/told".to_owned());
    });
    assert_eq!(both, Err("client.logout_twice"));
    let application = put(&|terms| {
        (terms.method, terms.proof) = (AuthMethod::None, domain::clients::Proof::None);
        terms.grants.retain(|grant| *grant != domain::clients::Grant::ClientCredentials);
        terms.redirect_uris = vec!["jp.example.shop:/cb".to_owned()];
        terms.profile.frontchannel_logout_uri = Some("jp.example.shop:/out".to_owned());
    });
    assert_eq!(application, Err("client.logout_uri_malformed"));
}
