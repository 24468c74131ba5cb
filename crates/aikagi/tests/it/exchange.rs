//! Somebody acts for somebody else: what a service gets for the tokens of two persons, and what it does not.

use base::kernel::{Scope, clock};
use domain::clients::Grant;
use domain::commands::Op;
use domain::operators::{self, OperatorDraft, Policies};
use domain::subscribers::Reason;
use serde_json::{Value as Json, json};

use crate::dpop;
use crate::logout::{text, tokens};
use crate::viewers::{Answer, CALLBACK, House, SECRET, Viewer, authorize, claims};
use crate::world::{KITA, MINAMI, sato};

pub const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Lets the services of a station exchange tokens; other policies stay as they are.
pub fn switch_exchange(house: &House, operator: &str, on: bool) {
    let scope = Scope::new(operator, sato(), clock::now());
    let work = move |tx: &mut base::store::Tx<'_>| {
        let known = operators::find_operator(tx)?;
        let policies = Policies { token_exchange: on, ..known.policies.clone() };
        let (name_ja, name_en) = (known.name_ja.clone(), known.name_en.clone());
        operators::put_operator(tx, &OperatorDraft { name_ja, name_en, policies })
    };
    house.world.db.transact(&scope, work).unwrap();
}

/// Shows two tokens at an issuer as a client, with more fields.
pub fn exchange_at(
    house: &House,
    (issuer, client): (&str, &str),
    (subject, actor): (&str, &str),
    more: &[(&str, &str)],
) -> Answer {
    house.token_at(issuer, (client, SECRET), &[&form(subject, actor)[..], more].concat())
}

fn form<'f>(subject: &'f str, actor: &'f str) -> [(&'f str, &'f str); 5] {
    [
        ("grant_type", EXCHANGE),
        ("subject_token", subject),
        ("subject_token_type", ACCESS),
        ("actor_token", actor),
        ("actor_token_type", ACCESS),
    ]
}

fn exchange(house: &House, subject: &Json, actor: &Json) -> Answer {
    let both = (text(subject, "access_token"), text(actor, "access_token"));
    exchange_at(house, ("/o/KITA01", "vod"), both, &[])
}

/// A service that may exchange, the mother whom somebody cares for, and who does.
fn given_carer(house: &House) -> ((Viewer<'_>, Json), (Viewer<'_>, Json)) {
    switch_exchange(house, KITA, true);
    house.given_client(KITA, "vod", |terms| terms.grants.push(Grant::TokenExchange));
    let mut mother = house.given_viewer("A-001", "takahashi");
    let mut carer = house.given_viewer("A-002", "saito");
    let hers = tokens(house, &mut mother, ("vod", CALLBACK));
    let theirs = tokens(house, &mut carer, ("vod", CALLBACK));
    ((mother, hers), (carer, theirs))
}

fn hold(house: &House, number: &str) {
    let mut command = domain::commands::Command::new("hold", Op::Suspend, number);
    command.reason = Some(Reason::Fraud);
    assert_eq!(house.world.send(command).code, None);
}

#[test]
fn a_token_says_for_whom_and_by_whom_and_userinfo_is_about_the_first() {
    let house = House::new();
    let ((_, hers), (_, theirs)) = given_carer(&house);
    let answer = exchange(&house, &hers, &theirs);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told = answer.json();
    assert_eq!(
        (&told["issued_token_type"], &told["token_type"]),
        (&json!(ACCESS), &json!("Bearer"))
    );
    assert!(told.get("refresh_token").is_none() && told.get("id_token").is_none());
    let (of, by) = [&hers, &theirs].map(|one| claims(text(one, "access_token"))).into();
    let said = claims(text(&told, "access_token"));
    assert_eq!((&said["sub"], &said["act"]["sub"]), (&of["sub"], &by["sub"]));
    assert_eq!(said["grant"], of["grant"]);
    let ends = [&of, &by].map(|one| one["exp"].as_i64().unwrap()).into_iter().min();
    assert_eq!(said["exp"].as_i64(), ends, "no longer than either");
    assert!((1..=600).contains(&told["expires_in"].as_i64().unwrap()));
    let about = house.userinfo(text(&told, "access_token")).json();
    assert_eq!(about["sub"], of["sub"]);
    let asked = [("token", text(&told, "access_token"))];
    let inspected = house.client_form("/o/KITA01/introspect", ("vod", SECRET), &asked).json();
    assert_eq!(inspected["act"], json!({"sub": by["sub"]}), "{inspected}");
    assert_eq!(house.audited("token.exchanged"), 1);
}

#[test]
fn it_is_over_with_the_sign_in_of_either_and_giving_it_back_ends_neither() {
    for number in ["A-001", "A-002"] {
        let house = House::new();
        let ((_, hers), (_, theirs)) = given_carer(&house);
        let told = exchange(&house, &hers, &theirs).json();
        let acting = text(&told, "access_token");
        let given_back =
            house.client_form("/o/KITA01/revoke", ("vod", SECRET), &[("token", acting)]);
        assert!(given_back.status == 200 || given_back.status == 400, "{}", given_back.body);
        for whole in [&hers, &theirs] {
            assert_eq!(house.userinfo(text(whole, "access_token")).status, 200);
        }
        assert_eq!(house.userinfo(acting).status, 200);
        hold(&house, number);
        assert_ne!(house.userinfo(acting).status, 200, "{number}");
        assert_eq!(exchange(&house, &hers, &theirs).status, 400, "{number}");
    }
    for which in [0, 1] {
        let house = House::new();
        let ((mother, hers), (carer, theirs)) = given_carer(&house);
        let told = exchange(&house, &hers, &theirs).json();
        let (mut leaving, hint) = match which {
            0 => (mother, text(&hers, "id_token")),
            _ => (carer, text(&theirs, "id_token")),
        };
        leaving.get(&crate::logout::logout("/o/KITA01", &[("id_token_hint", hint)]));
        assert_eq!(house.userinfo(text(&told, "access_token")).status, 401, "{which}");
    }
}

#[test]
fn nobody_gets_it_who_was_not_given_it_and_by_no_other_token() {
    let house = House::new();
    let ((mut mother, hers), (mut carer, theirs)) = given_carer(&house);
    let (of, by) = (text(&hers, "access_token"), text(&theirs, "access_token"));
    let told = exchange(&house, &hers, &theirs).json();
    let acting = text(&told, "access_token");
    let own = house.token(&[("grant_type", "client_credentials")]).json();
    house.given_client(KITA, "shop", |terms| terms.grants.push(Grant::TokenExchange));
    let elsewhere = tokens(&house, &mut carer, ("shop", CALLBACK));
    let twice = tokens(&house, &mut mother, ("vod", CALLBACK));
    let refused = |both: (&str, &str), more: &[(&str, &str)]| {
        let answer = exchange_at(&house, ("/o/KITA01", "vod"), both, more);
        let said = answer.json();
        assert_ne!(answer.status, 200, "{said}");
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        (text("error"), text("error_description"))
    };
    let invalid = ("invalid_request".to_owned(), "exchange.token_invalid".to_owned());
    for wrong in [
        acting,
        text(&own, "access_token"),
        text(&elsewhere, "access_token"),
        text(&theirs, "refresh_token"),
        text(&theirs, "id_token"),
        "eyJ",
        "",
    ] {
        let empty = wrong.is_empty();
        assert!(empty || refused((wrong, by), &[]) == invalid, "for {wrong}");
        assert!(empty || refused((of, wrong), &[]) == invalid, "by {wrong}");
    }
    let same = ("invalid_request".to_owned(), "exchange.same_person".to_owned());
    assert_eq!(refused((of, of), &[]), same);
    assert_eq!(refused((of, text(&twice, "access_token")), &[]), same);
    let pair = (of, by);
    assert_eq!(refused(pair, &[("scope", "openid sms")]).1, "request.scope_wider");
    assert_eq!(refused(pair, &[("resource", "https://shop.example.jp")]).0, "invalid_target");
    assert_eq!(refused(pair, &[("audience", "shop")]).0, "invalid_target");
    let jwt = [("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")];
    assert_eq!(refused(pair, &jwt).1, "exchange.type_unknown");
    for missing in ["subject_token", "actor_token", "subject_token_type", "actor_token_type"] {
        let rest: Vec<_> = form(of, by).into_iter().filter(|(name, _)| *name != missing).collect();
        let answer = house.token_at("/o/KITA01", ("vod", SECRET), &rest);
        assert_eq!(answer.json()["error"], "invalid_request", "{missing}");
    }
    let at_the_platform = exchange_at(&house, ("", "vod"), pair, &[]);
    assert_ne!(at_the_platform.status, 200);

    let unauthorized = |code: &str| ("unauthorized_client".to_owned(), code.to_owned());
    switch_exchange(&house, KITA, false);
    assert_eq!(refused(pair, &[]), unauthorized("exchange.off"), "the station does not have it");
    switch_exchange(&house, KITA, true);
    house.given_client(KITA, "vod", |_| {});
    let may_not = unauthorized("client.grant_not_allowed");
    assert_eq!(refused(pair, &[]), may_not, "the client may not");
    assert_eq!(house.audited("token.exchanged"), 1, "nothing is recorded of what is refused");
}

#[test]
fn bound_tokens_are_exchanged_by_who_holds_their_key_and_stay_bound() {
    let house = House::new();
    let ((mut mother, _), (_, theirs)) = given_carer(&house);
    let (holder, thief) = (dpop::Holder::new(), dpop::Holder::new());
    let code = mother.get(&authorize(&[])).led_with("code").unwrap();
    let proof = holder.proof(("POST", "/o/KITA01/token"));
    let bound = dpop::redeem(&house, Some("vod"), &code, &[&proof]).json();
    assert_eq!(exchange(&house, &bound, &theirs).status, 400, "without its key");
    let both = form(text(&bound, "access_token"), text(&theirs, "access_token"));
    let with = |holder: &dpop::Holder| {
        let proof = holder.proof(("POST", "/o/KITA01/token"));
        dpop::send(&house, ("/o/KITA01/token", Some("vod")), (&both, &[&proof]))
    };
    assert_eq!(with(&thief).json()["error_description"], "exchange.token_invalid");
    let told = with(&holder).json();
    assert_eq!(told["token_type"], "DPoP");
    let said = claims(text(&told, "access_token"));
    assert!(said["cnf"]["jkt"].is_string() && said["act"]["sub"].is_string(), "{said}");
}

#[test]
fn it_is_told_where_it_is_switched_on_and_registered_only_for_who_can() {
    let house = House::new();
    switch_exchange(&house, MINAMI, true);
    let told = |issuer: &str| {
        let path = format!("{issuer}/.well-known/openid-configuration");
        house.get(&path).json()["grant_types_supported"].to_string().contains(EXCHANGE)
    };
    assert_eq!(["/o/KITA01", "/o/MINA01", ""].map(told), [false, true, false]);
    let put = |change: &dyn Fn(&mut domain::clients::ClientTerms)| {
        let mut terms = crate::viewers::service();
        terms.grants.push(Grant::TokenExchange);
        change(&mut terms);
        let put = house.act(move |tx| domain::clients::put(tx, "care", &terms));
        put.map(drop).map_err(|error| error.code())
    };
    assert_eq!(put(&|_| {}), Ok(()));
    assert_eq!(
        put(&|terms| {
            (terms.method, terms.proof) =
                (domain::clients::AuthMethod::None, domain::clients::Proof::None);
            terms.grants.retain(|grant| *grant != Grant::ClientCredentials);
        }),
        Err("client.grant_not_allowed"),
        "who proves nothing"
    );
    assert_eq!(
        put(&|terms| terms.grants = vec![Grant::TokenExchange]),
        Err("client.grant_not_allowed"),
        "who signs nobody in"
    );
}
