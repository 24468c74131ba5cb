//! What a service is told about a person: the ID token and userinfo. No name, no address, no number.
//!
//! Source: OpenID Connect Core §2, §3.1.3.6, §5.3; brief tve §8.1.

use base::kernel::{Instant, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clients::Client;
use domain::sessions::session_name;
use domain::signin::{AtHome, Given, Member};
use domain::signing::{Handles, Issuer, Ring};
use domain::subscribers::Role;
use domain::tokens::HOUSEHOLD;
use formats::jose::SigningAlgorithm;
use serde::Serialize;
use sha2::{Digest as _, Sha256, Sha512};

/// How long an ID token is good: it is read at once, or not at all.
const ID_TOKEN_SECONDS: i64 = 600;

/// What is known of the person now; the same in both places.
#[derive(Debug, Serialize)]
pub(super) struct About<'a> {
    sub: &'a str,
    household: &'a str,
    operator: &'a str,
    role: &'static str,
    max_rating: i64,
    adult: bool,
}

impl<'a> About<'a> {
    pub(super) fn of(given: &'a Given, member: &Member) -> Self {
        let Member { role, max_rating_years, adult, .. } = member;
        Self {
            sub: &given.subjects.person,
            household: &given.subjects.household,
            operator: &given.operator,
            role: match role {
                Role::Owner => "owner",
                Role::Adult => "adult",
                Role::Child => "child",
            },
            max_rating: *max_rating_years,
            adult: *adult,
        }
    }
}

#[derive(Serialize)]
struct IdToken<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'a str,
    amr: Vec<&'a str>,
    sid: String,
    at_hash: String,
    #[serde(flatten)]
    about: About<'a>,
}

/// Whether the ID token carries the `nonce`: at the code, not at a refresh (§12.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The code was redeemed.
    Code,
    /// A refresh token was replaced.
    Refresh,
}

/// The ID token that goes with `access_token`, signed with what `client` is registered with.
///
/// # Errors
/// `internal` when it can not be signed.
pub(super) fn id_token(
    (handles, issuer, ring): (&Handles, &Issuer, &Ring),
    (given, member, client): (&Given, &Member, &Client),
    (access_token, moment): (&str, Moment),
    now: Instant,
) -> Result<String> {
    let authorization = &given.authorization;
    let seconds = now.ms() / 1000;
    let whose = (given.operator.as_str(), authorization.client_id.as_str());
    let algorithm = client.terms.profile.id_token_signed_response_alg;
    let claims = IdToken {
        iss: issuer.url(),
        aud: &authorization.client_id,
        iat: seconds,
        exp: seconds + ID_TOKEN_SECONDS,
        auth_time: authorization.auth.ms() / 1000,
        nonce: authorization.nonce.as_deref().filter(|_| moment == Moment::Code),
        acr: &authorization.acr,
        amr: authorization.amr.split(' ').collect(),
        sid: session_name(handles, whose, authorization.session()),
        at_hash: at_hash(access_token, algorithm),
        about: About::of(given, member),
    };
    ring.signer_with(algorithm, now)?.sign("JWT", &claims).map_err(base::kernel::Error::internal)
}

/// The left half of an access token's hash, by the hash of the ID token's algorithm: SHA-512 is the one
/// inside of Ed25519. Source: §3.1.3.6, RFC 8032 §5.1.
fn at_hash(access_token: &str, algorithm: SigningAlgorithm) -> String {
    let token = access_token.as_bytes();
    let digest = match algorithm {
        SigningAlgorithm::Es256 | SigningAlgorithm::Rs256 => Sha256::digest(token).to_vec(),
        SigningAlgorithm::EdDsa => Sha512::digest(token).to_vec(),
    };
    let (left, _) = digest.split_at(digest.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[derive(Serialize)]
struct SignedAbout<'a, T> {
    iss: &'a str,
    aud: &'a str,
    #[serde(flatten)]
    about: T,
}

/// What is known of a household, where nobody of it signed in: by its box at home, or by a device of all of it.
#[derive(Debug, Serialize)]
pub(super) struct AboutHousehold<'a> {
    sub: &'a str,
    household: &'a str,
    operator: &'a str,
    acr: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hba: Option<bool>,
}

impl<'a> AboutHousehold<'a> {
    pub(super) fn at_home(home: &'a AtHome) -> Self {
        let AtHome { operator, household, .. } = home;
        Self { sub: household, household, operator, acr: "home", hba: Some(true) }
    }

    pub(super) fn of(given: &'a Given) -> Self {
        let Given { operator, subjects, .. } = given;
        let household = &subjects.household;
        Self { sub: household, household, operator, acr: HOUSEHOLD, hba: None }
    }
}

/// What userinfo tells `client`, as a token signed with `algorithm`. Source: §5.3.2.
///
/// # Errors
/// `internal` when it can not be signed.
pub(super) fn signed_about(
    (issuer, ring): (&Issuer, &Ring),
    (about, client): (impl Serialize, &Client),
    algorithm: SigningAlgorithm,
    now: Instant,
) -> Result<String> {
    let claims = SignedAbout { iss: issuer.url(), aud: &client.id, about };
    let signer = ring.signer_with(algorithm, now)?;
    signer.sign("userinfo+jwt", &claims).map_err(base::kernel::Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_core_specification_is_met() {
        // OpenID Connect Core §A.3 has this pair.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
            assert_eq!(at_hash(token, algorithm), "77QmUPtjPfzWtF2AnpK9RQ");
        }
    }
}
