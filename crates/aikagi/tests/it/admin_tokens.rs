//! Tokens of programs that administer: for the admin API of their issuer, and for nothing else.

use axum::body::Body;
use base::kernel::{Actor, Scope, clock};
use domain::clients::{self, ClientKind, Grant};
use http::Request;

use crate::doors::Asked;
use crate::doors_table::{Guard, mounted};
use crate::doors_world::{Names, Two};
use crate::dpop::Holder;
use crate::viewers::{Answer, BASE, House, SECRET};
use crate::world::{KITA, MINAMI};

/// A program of `operator` (`*`: of the platform) that may do everything a program may.
pub fn given_admin(house: &House, operator: &str, id: &'static str) {
    house.given_client(operator, id, |terms| {
        terms.kind = ClientKind::Admin;
        terms.grants = vec![Grant::ClientCredentials];
        terms.scopes = ["clients", "persons", "keys", "registrations"]
            .map(|one| format!("admin.{one}"))
            .to_vec();
        terms.redirect_uris = Vec::new();
    });
}

pub fn issuer(operator: &str) -> String {
    if operator == Scope::PLATFORM { String::new() } else { format!("/o/{operator}") }
}

/// What it is answered for a token with these scopes (empty: all).
pub fn admin_token(house: &House, operator: &str, id: &str, scope: &str) -> Answer {
    let at = issuer(operator);
    let resource = format!("{BASE}{at}/admin/v1");
    let form =
        [("grant_type", "client_credentials"), ("scope", scope), ("resource", resource.as_str())];
    house.token_at(&at, (id, SECRET), &form)
}

fn asked(house: &House, path: &str, authorization: &str, proofs: &[&str]) -> Answer {
    let mut request = Request::get(path).header("authorization", authorization);
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    house.call(request.body(Body::empty()).unwrap())
}

fn clients_with(house: &House, operator: &str, token: &str) -> (u16, String) {
    let path = format!("{}/admin/v1/clients", issuer(operator));
    let answer = asked(house, &path, &format!("Bearer {token}"), &[]);
    (answer.status.as_u16(), answer.refusal().to_owned())
}

fn text(answer: &Answer) -> String {
    answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

#[test]
fn a_program_names_the_admin_api_in_the_very_characters_and_nobody_else_may() {
    let house = House::new();
    given_admin(&house, KITA, "ops");
    let named = |resource: Option<&str>| {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(resource.map(|resource| ("resource", resource)));
        let answer = house.token_at("/o/KITA01", ("ops", SECRET), &form);
        (answer.status.as_u16(), answer.refusal().to_owned())
    };
    let own = format!("{BASE}/o/KITA01/admin/v1");
    assert_eq!(named(Some(&own)).0, 200);
    let refused = (400, "request.resource_unknown".to_owned());
    assert_eq!(named(None), refused, "it is not given one for anything else");
    for foreign in [
        "https://id.example.jp/o/KITA01",
        "https://id.example.jp/o/KITA01/admin/v1/",
        "https://id.example.jp/o/KITA01/admin/v1?",
        "https://id.example.jp/o/KITA01/admin/v1#x",
        "https://id.example.jp:443/o/KITA01/admin/v1",
        "https://ID.example.jp/o/KITA01/admin/v1",
        "https://id.example.jp/o/MINA01/admin/v1",
        "https://id.example.jp/admin/v1",
        "https://id.example.jp/o/KITA01/admin/v2",
        "/o/KITA01/admin/v1",
        "髙橋",
    ] {
        assert_eq!(named(Some(foreign)), refused, "{foreign}");
    }
    let service = house.token(&[("grant_type", "client_credentials"), ("resource", &own)]);
    assert_eq!((service.status.as_u16(), service.refusal()), (400, "request.resource_unknown"));
}

#[test]
fn a_token_is_good_for_the_scopes_it_was_given_and_no_client_is_given_others_than_its_own() {
    let house = House::new();
    given_admin(&house, KITA, "ops");
    let keys = text(&admin_token(&house, KITA, "ops", "admin.keys"));
    assert_eq!(clients_with(&house, KITA, &keys), (403, "token.scope_missing".to_owned()));
    let path = "/o/KITA01/admin/v1/keys";
    assert_eq!(asked(&house, path, &format!("Bearer {keys}"), &[]).status, 200);
    house.given_client(KITA, "support", |terms| {
        terms.kind = ClientKind::Admin;
        terms.grants = vec![Grant::ClientCredentials];
        terms.scopes = vec!["admin.persons".to_owned()];
        terms.redirect_uris = Vec::new();
    });
    let wider = admin_token(&house, KITA, "support", "admin.clients");
    assert_eq!((wider.status.as_u16(), wider.refusal()), (400, "client.scope_not_allowed"));
    let narrowed = admin_token(&house, KITA, "support", "admin.clients admin.persons").json();
    assert_eq!(narrowed["scope"], "admin.persons");
    // What was given is good no longer than the client may have it.
    let all = text(&admin_token(&house, KITA, "ops", ""));
    assert_eq!(clients_with(&house, KITA, &all).0, 200);
    house.given_client(KITA, "ops", |terms| {
        terms.kind = ClientKind::Admin;
        terms.grants = vec![Grant::ClientCredentials];
        terms.scopes = vec!["admin.keys".to_owned()];
        terms.redirect_uris = Vec::new();
    });
    assert_eq!(clients_with(&house, KITA, &all), (403, "token.scope_missing".to_owned()));
    let machine = Scope::new(KITA, Actor::Operations("it".to_owned()), clock::now());
    house.world.db.transact(&machine, |tx| clients::disable(tx, "ops")).unwrap();
    assert_eq!(clients_with(&house, KITA, &all), (401, "token.invalid".to_owned()));
    assert_eq!(admin_token(&house, KITA, "ops", "").status, 401);
}

#[test]
fn a_token_is_worth_nothing_at_another_issuer_and_the_platforms_programs_look_after_the_platform() {
    let house = House::new();
    given_admin(&house, KITA, "ops");
    given_admin(&house, Scope::PLATFORM, "headquarters");
    house.given_client(Scope::PLATFORM, "everywhere", |_| {});
    let invalid = (401, "token.invalid".to_owned());
    let own = text(&admin_token(&house, KITA, "ops", ""));
    assert_eq!(clients_with(&house, MINAMI, &own), invalid);
    assert_eq!(clients_with(&house, Scope::PLATFORM, &own), invalid);
    let platforms = text(&admin_token(&house, Scope::PLATFORM, "headquarters", ""));
    assert_eq!(clients_with(&house, KITA, &platforms), invalid);
    let path = "/admin/v1/clients";
    let listed = asked(&house, path, &format!("Bearer {platforms}"), &[]).json();
    let ids: Vec<_> = listed["clients"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["everywhere", "headquarters"], "and nobody's of an operator");
    // A client of the platform is known at every operator's issuer too: that does not make it the operator's.
    let at_kita = text(&admin_token(&house, KITA, "headquarters", ""));
    assert_eq!(clients_with(&house, KITA, &at_kita), (403, "token.scope_missing".to_owned()));
}

#[test]
fn a_bound_token_is_good_beside_a_proof_of_its_key_only() {
    let house = House::new();
    given_admin(&house, KITA, "ops");
    let holder = Holder::new();
    let resource = format!("{BASE}/o/KITA01/admin/v1");
    let form = [("grant_type", "client_credentials"), ("resource", resource.as_str())];
    let proof = holder.proof(("POST", "/o/KITA01/token"));
    let told = crate::dpop::send(&house, ("/o/KITA01/token", Some("ops")), (&form, &[&proof]));
    let token = text(&told);
    let path = "/o/KITA01/admin/v1/clients";
    let proof = holder.proof_with(("GET", path), &token);
    let shown = asked(&house, path, &format!("DPoP {token}"), &[&proof]);
    assert_eq!(shown.status, 200, "{}", shown.body);
    let again = asked(&house, path, &format!("DPoP {token}"), &[&proof]);
    assert_eq!((again.status.as_u16(), again.refusal()), (401, "dpop.proof_invalid"));
    let elsewhere = holder.proof_with(("GET", "/o/KITA01/admin/v1/keys"), &token);
    let other = asked(&house, path, &format!("DPoP {token}"), &[&elsewhere]);
    assert_eq!((other.status.as_u16(), other.refusal()), (401, "dpop.proof_invalid"));
    assert_eq!(clients_with(&house, KITA, &token), (401, "token.bound".to_owned()));
}

#[test]
fn a_token_of_one_kind_is_worth_nothing_at_the_routes_of_another() {
    let two = Two::new();
    let kinds = [Guard::Sms, Guard::Service, Guard::Person, Guard::Admin];
    let bearer = |guard: Guard, pattern: &str, names: &Names| {
        let own = if pattern.contains("{operator}") { KITA } else { Scope::PLATFORM };
        let token = match (guard, own) {
            (Guard::Person, _) => names.token.clone(),
            (Guard::Sms, _) => two.token(KITA, "sms"),
            (Guard::Service, KITA) => two.token(KITA, "service"),
            (Guard::Service, _) => two.token(Scope::PLATFORM, "everywhere"),
            (_, KITA) => two.token(KITA, "admin"),
            _ => two.token(Scope::PLATFORM, "headquarters"),
        };
        format!("Bearer {token}")
    };
    let before = two.picture();
    let mut asked = 0;
    for (method, pattern, guard) in mounted() {
        for other in kinds.into_iter().filter(|other| kinds.contains(&guard) && *other != guard) {
            let request = two.request(&Asked {
                method,
                pattern: &pattern,
                at: KITA,
                names: &two.theirs,
                authorization: bearer(other, &pattern, &two.theirs),
                ticket: "",
            });
            let told = two.tell(request, &two.theirs);
            let name = format!("{other:?} at {method} {pattern}: {}", told.text);
            // What is for the provider is read at all of its doors, and then found to be for another.
            let wanted: &[u16] =
                if [guard, other].contains(&Guard::Admin) { &[401] } else { &[401, 403] };
            assert!(wanted.contains(&told.status.as_u16()), "{name}");
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
    crate::picture::assert_same(&before, &two.picture(), "another kind of token was shown");
}
