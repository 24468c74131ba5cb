//! What a service wants of who signs in: `id_token_hint`, `acr_values` and `claims`.
//!
//! Source: OpenID Connect Core §3.1.2.1, §5.5, §5.5.1.1.

use std::collections::BTreeMap;

use domain::sessions::Strength;
use domain::signin::Wanted;
use formats::oauth::Parameters;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::answers::Refused;

/// The `claims` parameter. All claims there are stand in both places anyway, so that only what is asked of
/// `acr` and `sub` changes anything; what nobody knows is passed over.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Claims {
    id_token: BTreeMap<String, Option<Claim>>,
    userinfo: BTreeMap<String, Option<Claim>>,
}

/// What is asked of one claim. Source: §5.5.1.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Claim {
    essential: bool,
    value: Option<Json>,
    values: Vec<Json>,
}

impl Claim {
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.value.iter().chain(&self.values).filter_map(Json::as_str)
    }
}

impl Claims {
    /// Both places ask of the same person and the same sign-in; the ID token is asked first.
    fn find(&self, name: &str) -> Option<&Claim> {
        let found = [&self.id_token, &self.userinfo].map(|place| place.get(name));
        found.into_iter().flatten().find_map(Option::as_ref)
    }
}

/// An object, and nothing that could be taken for one.
fn read(text: &str) -> Option<Claims> {
    let object: Map<String, Json> = serde_json::from_str(text).ok()?;
    serde_json::from_value(Json::Object(object)).ok()
}

/// The weakest of the proofs `named`, of those that are ours.
fn weakest<'n>(named: impl Iterator<Item = &'n str>) -> Option<Strength> {
    named.filter_map(Strength::of_acr).min()
}

const fn malformed(description: &'static str) -> Refused {
    Refused { error: "invalid_request", description }
}

/// Reads what is wanted. `hinted`: the person the service's hint is about.
///
/// # Errors
/// `invalid_request` — `claims` is no JSON of that shape, or means another person than the hint;
/// `unmet_authentication_requirements` — only proofs that are none of ours would do
pub(super) fn wanted_of(
    parameters: &Parameters<'_>,
    hinted: Option<&str>,
) -> Result<Wanted, Refused> {
    let claims = match parameters.get("claims") {
        Some(text) => read(text).ok_or(malformed("claims"))?,
        None => Claims::default(),
    };
    let named = claims.find("sub").and_then(|claim| claim.texts().next());
    let subject = match (named, hinted) {
        (Some(named), Some(hinted)) if named != hinted => {
            return Err(malformed("claims and id_token_hint mean different persons"));
        }
        (named, hinted) => named.or(hinted),
    };
    let listed = parameters.get("acr_values").unwrap_or_default();
    let asked = claims.find("acr");
    let essential = asked.is_some_and(|claim| claim.essential && claim.texts().next().is_some());
    let acr = match asked.map(|claim| weakest(claim.texts())) {
        Some(None) if essential => {
            return Err(Refused {
                error: "unmet_authentication_requirements",
                description: "claims",
            });
        }
        Some(Some(weakest)) => Some(weakest),
        _ => weakest(listed.split(' ')),
    };
    Ok(Wanted {
        subject: subject.map(str::to_owned),
        acr: acr.map(|weakest| weakest.acr().to_owned()),
        essential,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(claims: &str, acr_values: &str, hinted: Option<&str>) -> Result<Wanted, Refused> {
        let pairs = [("claims", claims), ("acr_values", acr_values)];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let text =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        wanted_of(&Parameters::parse(text.as_bytes()).unwrap(), hinted)
    }

    #[test]
    fn the_weakest_proof_that_would_do_is_what_is_asked_for() {
        let (password, mfa) = ("urn:aikagi:acr:password", "urn:aikagi:acr:mfa");
        let acr = |claims: &str, listed: &str| wanted(claims, listed, None).unwrap().acr;
        assert_eq!(acr("", ""), None);
        assert_eq!(acr("", &format!("{mfa} {password}")).as_deref(), Some(password));
        assert_eq!(acr("", &format!("urn:other {mfa}")).as_deref(), Some(mfa));
        assert_eq!(acr("", "urn:other"), None);
        let one = format!(r#"{{"id_token":{{"acr":{{"value":"{mfa}","essential":true}}}}}}"#);
        let found = wanted(&one, password, None).unwrap();
        assert_eq!((found.acr.as_deref(), found.essential), (Some(mfa), true));
        let bare = wanted(r#"{"id_token":{"acr":{"essential":true}}}"#, mfa, None).unwrap();
        assert!(!bare.essential, "the claim is always there: nothing is left to want");
        let none = r#"{"id_token":{"acr":{"values":["urn:other"],"essential":true}}}"#;
        let refused = wanted(none, "", None).unwrap_err();
        assert_eq!(refused.error, "unmet_authentication_requirements");
    }

    #[test]
    fn a_person_is_named_by_the_hint_or_the_claims_and_not_by_two_names() {
        let named = r#"{"id_token":{"sub":{"value":"a"},"email":null},"x":1}"#;
        assert_eq!(wanted(named, "", None).unwrap().subject.as_deref(), Some("a"));
        assert_eq!(wanted("", "", Some("b")).unwrap().subject.as_deref(), Some("b"));
        assert_eq!(wanted(named, "", Some("a")).unwrap().subject.as_deref(), Some("a"));
        assert!(wanted(named, "", Some("b")).is_err());
        for bad in ["{", "[]", "1", r#"{"id_token":{"acr":"mfa"}}"#, &"[".repeat(9000)] {
            assert_eq!(wanted(bad, "", None).unwrap_err().description, "claims", "{bad:.20}");
        }
        assert!(wanted(r#"{"userinfo":{"sub":{"value":7}}}"#, "", None).unwrap().is_empty());
    }
}
