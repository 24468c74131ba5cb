//! What an issuer publishes is what it has, and the other way round.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::doors_table::{At, Guard, ROUTES, Route, mounted};
use crate::home::switch_home;
use crate::viewers::{BASE, House, SECRET};
use crate::world::KITA;

const ISSUERS: [&str; 2] = ["", "/o/KITA01"];

/// What services and their people come to, as `doors.rs` knows it; everything else is a page of our own, or
/// of another door.
const FOR_SERVICES: [Guard; 3] = [Guard::Client, Guard::Person, Guard::Known];

/// The form on a page that is published.
const FORM: &str = "/logout/confirm";
/// Published by operators whose boxes sign their households in.
const FOR_BOXES: &str = "/tv_code";

fn metadata(house: &House, issuer: &str) -> Json {
    house.get(&format!("{issuer}/.well-known/openid-configuration")).json()
}

/// The addresses in the metadata, as paths below the issuer.
fn published(house: &House, issuer: &str) -> BTreeSet<String> {
    let metadata = metadata(house, issuer);
    let address = |(name, value): (&String, &Json)| {
        let is_address = name.ends_with("_endpoint") || name == "jwks_uri";
        let below = value.as_str().filter(|_| is_address)?.strip_prefix(BASE)?;
        below.strip_prefix(issuer).map(str::to_owned)
    };
    metadata.as_object().unwrap().iter().filter_map(address).collect()
}

#[test]
fn every_endpoint_for_services_is_published_and_every_published_one_is_mounted() {
    let house = House::new();
    let for_services = ROUTES.iter().filter(|Route(_, at, path, guard)| {
        *at == At::Both && ![FORM, FOR_BOXES].contains(path) && FOR_SERVICES.contains(guard)
    });
    let wanted: BTreeSet<&str> = for_services.map(|Route(_, _, path, _)| *path).collect();
    assert!(wanted.len() >= 7, "{wanted:?}");
    let mounted: BTreeSet<String> = mounted().into_iter().map(|(_, path, _)| path).collect();
    for issuer in ISSUERS {
        let published = published(&house, issuer);
        let missing: Vec<_> = wanted.iter().filter(|path| !published.contains(**path)).collect();
        assert!(missing.is_empty(), "mounted, and not in the metadata of {issuer}: {missing:?}");
        let below = issuer.replace("KITA01", "{operator}");
        let nowhere = |path: &&String| !mounted.contains(&format!("{below}{path}"));
        let gone: Vec<_> = published.iter().filter(nowhere).collect();
        assert!(gone.is_empty(), "in the metadata of {issuer}, and mounted nowhere: {gone:?}");
    }
}

#[test]
fn what_only_boxes_call_is_published_where_they_sign_in() {
    let house = House::new();
    for on in [false, true] {
        switch_home(&house, KITA, on);
        assert_eq!(published(&house, "/o/KITA01").contains(FOR_BOXES), on);
        assert!(!published(&house, "").contains(FOR_BOXES), "the platform has no boxes");
    }
}

#[test]
fn every_published_grant_is_known_at_the_token_endpoint_and_no_other() {
    let house = House::new();
    for issuer in ISSUERS {
        let metadata = metadata(&house, issuer);
        let grants = metadata["grant_types_supported"].as_array().unwrap().clone();
        assert!(grants.len() >= 4, "{grants:?}");
        let known = |grant: &str| {
            let answer = house.token_at("/o/KITA01", ("vod", SECRET), &[("grant_type", grant)]);
            answer.json()["error"] != "unsupported_grant_type"
        };
        assert!(grants.iter().all(|grant| known(grant.as_str().unwrap())));
        for other in ["password", "implicit", "urn:ietf:params:oauth:grant-type:saml2-bearer"] {
            assert!(!known(other) && !grants.contains(&Json::from(other)), "{other}");
        }
    }
}
