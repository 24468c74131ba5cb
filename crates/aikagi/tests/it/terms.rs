//! The terms of a client as they are now decide, and what is refused costs nobody anything.

use base::kernel::clock;
use domain::clients::{AuthMethod, ClientKind, ClientTerms, Grant, Pkce};
use domain::commands::{Command, Op};
use domain::decisions::{Action, Ask, Capacity, Decisions, PinGiven, Question, Subject};
use domain::operators::{self, OperatorDraft, Policies};
use domain::signing::Issuer;
use domain::tokens::Asked;

use crate::picture::{Picture, assert_same, picture};
use crate::viewers::{BASE, CALLBACK, House, PASSWORD, SECRET, VERIFIER, Viewer, authorize};
use crate::world::{KITA, sato};

type Change = fn(&mut ClientTerms);

/// What each change of a client's terms does to a sign-in under way, to a code and to a refresh
/// token; empty: it goes on.
const CHANGES: [(&str, Change, [&str; 3]); 10] = [
    ("names", |terms| terms.name_en = "Another".to_owned(), ["", "", ""]),
    (
        "kind",
        |terms| {
            terms.kind = ClientKind::Sms;
            terms.grants = vec![Grant::ClientCredentials];
            terms.scopes = vec!["sms".to_owned()];
        },
        ["client.terms_changed", "client.grant_not_allowed", "client.grant_not_allowed"],
    ),
    (
        "method",
        |terms| terms.method = AuthMethod::ClientSecretPost,
        ["", "client.not_authenticated", "client.not_authenticated"],
    ),
    (
        "proof",
        |terms| {
            let hash = domain::clients::hash_secret(&SECRET.replace('a', "b")).unwrap();
            terms.proof = domain::clients::Proof::Secret(Some(hash));
        },
        ["", "client.not_authenticated", "client.not_authenticated"],
    ),
    (
        "redirect_uris",
        |terms| {
            terms.redirect_uris = vec!["https://other.example.jp/callback".to_owned()];
            terms.sector = "vod.example.jp".to_owned();
        },
        ["client.terms_changed", "grant.invalid", ""],
    ),
    (
        "grants",
        |terms| terms.grants = vec![Grant::ClientCredentials],
        ["client.terms_changed", "client.grant_not_allowed", "client.grant_not_allowed"],
    ),
    (
        "refresh",
        |terms| terms.grants.retain(|grant| *grant != Grant::RefreshToken),
        ["", "", "client.grant_not_allowed"],
    ),
    (
        "scopes",
        |terms| terms.scopes = vec!["decisions".to_owned()],
        ["client.terms_changed", "client.scope_not_allowed", "client.scope_not_allowed"],
    ),
    (
        "sector",
        |terms| terms.sector = "elsewhere".to_owned(),
        ["", "grant.invalid", "grant.invalid"],
    ),
    (
        "enabled",
        |terms| terms.enabled = false,
        ["client.unknown", "client.not_authenticated", "client.not_authenticated"],
    ),
];

fn described(answer: &crate::viewers::Answer) -> String {
    let told = answer.json()["error_description"].clone();
    told.as_str().unwrap_or_default().to_owned()
}

#[test]
fn terms_changed_while_somebody_signs_in_decide_what_the_client_gets() {
    for (field, change, [finish, code, refresh]) in CHANGES {
        let house = House::new();
        let mut viewer = house.given_viewer("A-001", "takahashi");
        let mut fresh = Viewer::new(&house);
        fresh.open_page(&authorize(&[]));
        let given = viewer.get(&authorize(&[])).led_with("code").unwrap();
        let unused = viewer.get(&authorize(&[])).led_with("code").unwrap();
        let token = house.redeem(&given).json()["refresh_token"].as_str().unwrap().to_owned();
        house.given_client(KITA, "vod", change);

        let form = [("username", "takahashi"), ("password", PASSWORD)];
        assert_eq!(fresh.submit("password", &form).refusal(), finish, "{field}: sign-in");
        assert_eq!(described(&house.redeem(&unused)), code, "{field}: code");
        assert_eq!(described(&house.refresh(&token)), refresh, "{field}: refresh");
    }
}

#[test]
fn a_client_that_must_use_pkce_now_gets_nothing_for_a_request_without() {
    let house = House::new();
    house.given_client(KITA, "vod", |terms| terms.pkce = Pkce::ExemptWithNonce);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let bare = authorize(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let mut fresh = Viewer::new(&house);
    fresh.open_page(&bare);
    let code = viewer.get(&bare).led_with("code").unwrap();
    house.given_client(KITA, "vod", |_| {});
    let form = [("username", "takahashi"), ("password", PASSWORD)];
    assert_eq!(fresh.submit("password", &form).refusal(), "client.terms_changed");
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    assert_eq!(described(&house.token(&form)), "grant.invalid");
}

#[test]
fn a_grant_never_yields_a_scope_the_client_may_not_have_now() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let both = authorize(&[("scope", "openid decisions openid decisions")]);
    let code = viewer.get(&both).led_with("code").unwrap();
    let unused = viewer.get(&both).led_with("code").unwrap();
    let tokens = house.redeem(&code).json();
    assert_eq!(tokens["scope"], "openid decisions", "each once");
    let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    house.given_client(KITA, "vod", |terms| terms.scopes = vec!["openid".to_owned()]);

    assert_eq!(house.redeem(&unused).json()["scope"], "openid");
    let wanting = |scope: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", scope)];
        house.token(&form).json()
    };
    assert_eq!(wanting("openid decisions")["error"], "invalid_scope");
    let narrowed = house.refresh(&refresh).json();
    assert_eq!(narrowed["scope"], "openid");

    let access = narrowed["access_token"].as_str().unwrap();
    assert_eq!(house.userinfo(access).status, 200);
    house.given_client(KITA, "vod", |terms| terms.scopes = vec!["decisions".to_owned()]);
    assert_eq!(house.userinfo(access).status, 403, "not by a token from before either");
}

fn grants(house: &House) -> Picture {
    picture(&house.world.db, KITA, |table, _| !["authorizations", "audit"].contains(&table))
}

#[test]
fn every_refusal_of_the_token_endpoint_leaves_code_and_refresh_token_as_they_were() {
    let house = House::new();
    house.given_client(KITA, "other", |_| {});
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let given = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let token = house.redeem(&given).json()["refresh_token"].as_str().unwrap().to_owned();
    let good = [
        vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ],
        vec![("grant_type", "refresh_token"), ("refresh_token", &token)],
    ];
    let before = grants(&house);
    let refused = |issuer: &str, client: (&str, &str), form: &[(&str, &str)], what: &str| {
        let answer = house.token_at(issuer, client, form);
        assert!(answer.status.is_client_error() || answer.status.is_server_error(), "{what}");
        assert_same(&before, &grants(&house), what);
    };
    let vod = ("vod", SECRET);
    for form in &good {
        for (field, _) in form {
            let without: Vec<_> = form.iter().filter(|(name, _)| name != field).copied().collect();
            refused("/o/KITA01", vod, &without, field);
            let wrong = without.iter().copied().chain([(*field, "wrong")]).collect::<Vec<_>>();
            refused("/o/KITA01", vod, &wrong, field);
            let twice = form.iter().copied().chain([(*field, "wrong")]).collect::<Vec<_>>();
            refused("/o/KITA01", vod, &twice, field);
        }
        refused("/o/KITA01", ("vod", "wrong"), form, "secret");
        refused("/o/KITA01", ("other", SECRET), form, "client");
        refused("/o/MINA01", vod, form, "issuer");
    }
    for wider in ["openid decisions", "sms", "openid  ", "decisions"] {
        let form: Vec<_> = good[1].iter().copied().chain([("scope", wider)]).collect();
        refused("/o/KITA01", vod, &form, wider);
    }
    house.break_table("signing_keys", || {
        for form in &good {
            refused("/o/KITA01", vod, form, "the signing key can not be read");
        }
    });
    house.break_table("contracts", || {
        for form in &good {
            refused("/o/KITA01", vod, form, "the household can not be read");
        }
    });
    for form in &good {
        assert_eq!(house.token(form).status, 200, "{form:?}");
    }
}

#[test]
fn nobody_gets_keys_or_tokens_of_an_operator_that_is_not_there() {
    let house = House::new();
    let signing = &house.provider.signing;
    let nowhere = Issuer::of_operator(BASE, "NOSUCH");
    assert_eq!(signing.ring("NOSUCH").err().unwrap().code(), "operator.unknown");
    let ring = signing.ring(KITA).unwrap();
    let client = house.provider.clients.find(KITA, "vod").unwrap().unwrap().client;
    let tokens = &house.provider.tokens;
    let token =
        tokens.mint((&nowhere, &ring), &client, &Asked::own("decisions"), clock::now()).unwrap();
    assert_eq!(tokens.verify(&nowhere, &token).err().unwrap().code(), "operator.unknown");
    let there = picture(&house.world.db, "NOSUCH", |_, _| false);
    assert!(there.values().all(Vec::is_empty), "{there:?}");
    house.world.at("NOSUCH", sato(), |tx| domain::clients::find(tx, "vod").map(drop)).unwrap_err();
}

/// Sets the three switches of adult titles: the station's, the household's, the person's.
fn switch_adult(house: &House, [sold, household, person]: [bool; 3], born: Option<&str>) {
    let put = move |tx: &mut base::store::Tx<'_>| {
        let known = operators::find_operator(tx)?;
        let policies = Policies { adult_sold: sold, ..known.policies };
        let (name_ja, name_en) = (known.name_ja, known.name_en);
        operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
    };
    house.world.act(sato(), put).unwrap();
    for (person_no, allowed) in [(0, household), (1, person)] {
        let mut command = Command::new(&house.world.request_id(), Op::Attr, "A-001");
        command.person_no = person_no;
        command.attributes.adult_allowed = Some(allowed);
        command.attributes.birth_on = born.filter(|_| person_no == 1).map(str::to_owned);
        house.world.send(command);
    }
    let now = house.world.household("A-001");
    let person_now = &now.persons[0];
    assert_eq!((now.contract.adult_allowed, person_now.adult_allowed), (household, person));
    assert_eq!(person_now.birth_on.as_deref(), born);
}

#[test]
fn the_adult_claim_says_what_a_decision_finds() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "NIGHT");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let access = house.redeem(&code).json()["access_token"].as_str().unwrap().to_owned();
    let decisions = Decisions::open(&house.world.db, Capacity::default()).unwrap();
    let years_ago = |years: i64| {
        let day = clock::now().plus_days(-years * 366).rfc3339_jst();
        Some(day.split_once('T').unwrap().0.to_owned())
    };
    let mut seen = Vec::new();
    // The birth date is unknown first: once told it is known.
    for born in [None, years_ago(17), years_ago(19)] {
        for bits in 0..8_u8 {
            let switches = [1, 2, 4].map(|bit| bits & bit != 0);
            switch_adult(&house, switches, born.as_deref());
            let question = Question {
                action: Action::View,
                resource: "title:A0001",
                least_age: None,
                adult: true,
                pin: PinGiven::Missing,
            };
            let subject = Subject::Member { number: "A-001", person_no: 1 };
            let ask = Ask { operator: KITA, client: "vod", subject, question };
            let decision = decisions.answer(&ask, clock::now()).unwrap().decision;
            let forbidden = decision.codes().any(|code| code == "D13");
            let claim = house.userinfo(&access).json()["adult"].as_bool().unwrap();
            let codes: Vec<_> = decision.codes().collect();
            assert_eq!(claim, !forbidden, "{switches:?} {born:?}: {codes:?}");
            if claim {
                seen.push((switches, born.clone()));
            }
        }
    }
    assert_eq!(seen, [([true; 3], None), ([true; 3], years_ago(19))]);
}
