//! A service gets nothing of a person who has not allowed it, and nothing after they took it back.

use base::kernel::{Scope, clock};
use base::store::Tx;
use domain::clients::{AuthMethod, ClientTerms, Grant, Proof};
use domain::commands::Op;
use domain::sessions;
use serde_json::Value as Json;

use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize, authorize_at};
use crate::world::{KITA, MINAMI, sato};

const NEW_PASSWORD: &str = "another long password";

fn stranger(terms: &mut ClientTerms) {
    terms.profile.first_party = false;
}

/// A house whose service `vod` is a stranger's, and whose member has registered before it was one.
fn house() -> House {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", stranger);
    house
}

/// The value of a hidden field of a page.
fn hidden(page: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&mark).unwrap_or_else(|| panic!("{}", page.body));
    rest.split('"').next().unwrap().to_owned()
}

/// Answers the page of consent.
fn answer(viewer: &mut Viewer<'_>, page: &Answer, decision: &str) -> Answer {
    assert_eq!(page.status, 200, "{}", page.body);
    let shown = hidden(page, "shown");
    viewer.submit("consent", &[("decision", decision), ("shown", &shown)])
}

pub fn allow(viewer: &mut Viewer<'_>, page: &Answer) -> Answer {
    answer(viewer, page, "allow")
}

/// The tokens of the code an answer leads to the service with.
fn tokens(house: &House, answer: &Answer) -> Json {
    let redeemed = house.redeem(&answer.led_with("code").expect("a code"));
    assert_eq!(redeemed.status, 200, "{}", redeemed.body);
    redeemed.json()
}

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned()
}

#[test]
fn a_person_is_asked_once_and_what_was_shown_is_kept() {
    let house = house();
    let before = ["person.signed_in", "authorization.granted"].map(|act| house.audited(act));
    let mut viewer = Viewer::new(&house);
    let page = viewer.sign_in("takahashi", PASSWORD);
    assert!(page.body.contains("「みるぷらす動画㈱」に許可しますか"), "{}", page.body);
    assert!(page.body.contains("お名前、住所、電話番号は伝えません"), "{}", page.body);
    let now = ["person.signed_in", "authorization.granted"].map(|act| house.audited(act));
    assert_eq!(now, before, "nothing is given before the answer");

    let done = allow(&mut viewer, &page);
    assert_eq!(house.userinfo(&text(&tokens(&house, &done), "access_token")).status, 200);
    let again = viewer.get(&authorize(&[]));
    assert!(again.led_with("code").is_some(), "{}", again.body);
    let silent = viewer.get(&authorize(&[("prompt", "none")]));
    assert!(silent.led_with("code").is_some(), "{}", silent.body);
    let mut elsewhere = Viewer::new(&house);
    assert!(elsewhere.sign_in("takahashi", PASSWORD).led_with("code").is_some());

    let person = house.world.household("A-001").persons[0].person_id.clone();
    let kept = house.act(move |tx| sessions::list_consents(tx, &person, (("", ""), 10)));
    let kept = kept.unwrap();
    assert_eq!((kept.len(), kept[0].scopes.as_str()), (1, "openid"));
    assert!(kept[0].shown.contains("みるぷらす動画㈱"), "{}", kept[0].shown);
    assert_eq!(["consent.asked", "consent.given"].map(|act| house.audited(act)), [1, 1]);
}

#[test]
fn who_does_not_allow_it_gives_nothing_and_the_service_is_told() {
    let house = house();
    let granted = house.audited("authorization.granted");
    let mut viewer = Viewer::new(&house);
    let page = viewer.sign_in("takahashi", PASSWORD);
    let refused = answer(&mut viewer, &page, "refuse");
    let told = |name| refused.led_with(name).unwrap_or_default();
    assert_eq!((told("error").as_str(), told("state").as_str()), ("access_denied", "s-髙"));
    assert_eq!(told("iss"), "https://id.example.jp/o/KITA01");
    assert_eq!(allow(&mut viewer, &page).refusal(), "signin.unknown", "it is over");
    let silent = viewer.get(&authorize(&[("prompt", "none")]));
    assert_eq!(silent.led_with("error").unwrap(), "login_required", "nobody is signed in");
    assert_eq!(house.audited("authorization.granted"), granted);
    assert_eq!(house.audited("consent.refused"), 1);
    assert_eq!(viewer.sign_in("takahashi", PASSWORD).status, 200, "and is asked again");
}

#[test]
fn who_is_signed_in_is_asked_without_a_password_and_stays_signed_in_whatever_they_answer() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", stranger);
    let silent = viewer.get(&authorize(&[("prompt", "none")]));
    assert_eq!(silent.led_with("error").unwrap(), "consent_required");
    let page = viewer.open_page(&authorize(&[]));
    assert_eq!(answer(&mut viewer, &page, "refuse").led_with("error").unwrap(), "access_denied");
    let page = viewer.open_page(&authorize(&[]));
    let signed_in = house.audited("person.signed_in");
    assert!(allow(&mut viewer, &page).led_with("code").is_some());
    assert_eq!(house.audited("person.signed_in"), signed_in, "the same session");
}

#[test]
fn a_service_that_wants_more_asks_again_and_one_that_wants_less_does_not() {
    let house = house();
    let mut viewer = Viewer::new(&house);
    let page = viewer.sign_in("takahashi", PASSWORD);
    allow(&mut viewer, &page);
    let wide = authorize(&[("scope", "openid decisions")]);
    let page = viewer.open_page(&wide);
    assert!(page.body.contains("局に問い合わせる"), "{}", page.body);
    allow(&mut viewer, &page);
    assert!(viewer.get(&wide).led_with("code").is_some());
    assert!(viewer.get(&authorize(&[])).led_with("code").is_some());
}

#[test]
fn a_service_may_want_the_person_asked_even_if_it_belongs_to_the_house() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    for _ in 0..2 {
        let page = viewer.open_page(&authorize(&[("prompt", "consent")]));
        assert!(allow(&mut viewer, &page).led_with("code").is_some());
    }
    let both = viewer.open_page(&authorize(&[("prompt", "login consent")]));
    assert!(both.body.contains("current-password"), "{}", both.body);
    let page = viewer.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert!(allow(&mut viewer, &page).led_with("code").is_some());
}

#[test]
fn nothing_is_allowed_that_was_not_read() {
    let house = house();
    let mut viewer = Viewer::new(&house);
    let page = viewer.sign_in("takahashi", PASSWORD);
    house.given_client(KITA, "vod", |terms| {
        stranger(terms);
        terms.name_ja = "ﾍﾞﾂﾉ会社㈱".to_owned();
    });
    let changed = allow(&mut viewer, &page);
    assert_eq!((changed.status.as_u16(), changed.refusal()), (409, "consent.changed"));
    assert!(changed.body.contains("ﾍﾞﾂﾉ会社㈱"), "{}", changed.body);
    for shown in ["", "invented"] {
        let refused = viewer.submit("consent", &[("decision", "allow"), ("shown", shown)]);
        assert_eq!(refused.refusal(), "consent.changed");
    }
    let english = viewer.submit("language", &[("language", "en")]);
    assert!(english.body.contains("Do you allow this"), "{}", english.body);
    let shown = hidden(&changed, "shown");
    let refused = viewer.submit("consent", &[("decision", "allow"), ("shown", &shown)]);
    assert_eq!(refused.refusal(), "consent.changed", "read in another language");
    assert_eq!(house.audited("consent.given"), 0);
    assert!(allow(&mut viewer, &english).led_with("code").is_some());
}

#[test]
fn the_answer_counts_once_in_its_own_browser_and_only_at_its_step() {
    let house = house();
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&authorize(&[("prompt", "login")]));
    let early = viewer.submit("consent", &[("decision", "allow"), ("shown", "x")]);
    assert_eq!(early.refusal(), "signin.step_changed", "no password yet");
    let refused = viewer.submit("consent", &[("decision", "refuse")]);
    assert_eq!(refused.refusal(), "signin.step_changed");

    let page = viewer.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    let shown = hidden(&page, "shown");
    let mut thief = Viewer::new(&house);
    thief.open_page(&authorize(&[]));
    (thief.page, thief.proof) = (viewer.page.clone(), viewer.proof.clone());
    let stolen = thief.submit("consent", &[("decision", "allow"), ("shown", &shown)]);
    assert_eq!(stolen.refusal(), "signin.unknown");
    assert!(allow(&mut viewer, &page).led_with("code").is_some());
    assert_eq!(allow(&mut viewer, &page).refusal(), "signin.unknown", "once");
}

#[test]
fn a_proof_that_is_worth_nothing_any_more_allows_nothing() {
    let house = house();
    let mut viewer = Viewer::new(&house);
    let page = viewer.sign_in("takahashi", PASSWORD);
    let letter = house.given_letter("A-001");
    let mut other = Viewer::new(&house);
    other.open_page(&authorize(&[]));
    other.submit("go", &[("step", "letter")]);
    other.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    other.submit("account", &[("username", "takahashi"), ("password", NEW_PASSWORD)]);
    assert_eq!(allow(&mut viewer, &page).refusal(), "signin.step_changed", "another password");

    let page = viewer.sign_in("takahashi", NEW_PASSWORD);
    house.world.sms(Op::Stop, "A-001");
    assert_eq!(allow(&mut viewer, &page).refusal(), "contract.stopped");
    assert_eq!(house.audited("consent.given"), 0);
}

#[test]
fn who_signed_out_or_is_somebody_else_now_allows_nothing_by_a_page_left_open() {
    let house = House::new();
    house.given_viewer("A-002", "tanaka");
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", stranger);
    let page = viewer.open_page(&authorize(&[]));
    let (ticket, proof) = (viewer.page.clone(), viewer.proof.clone());
    let own = viewer.cookies.clone();
    house.given_client(KITA, "vod", |_| {});
    viewer.sign_in("tanaka", PASSWORD);
    house.given_client(KITA, "vod", stranger);
    (viewer.page, viewer.proof) = (ticket, proof);
    assert_eq!(allow(&mut viewer, &page).refusal(), "signin.unknown", "somebody else");
    assert_eq!(answer(&mut viewer, &page, "refuse").refusal(), "signin.unknown", "nor refuses");
    viewer.cookies = own;
    assert_eq!(allow(&mut viewer, &page).refusal(), "signin.unknown", "signed out by the other");
    assert_eq!(["consent.given", "consent.refused"].map(|act| house.audited(act)), [0, 0]);
}

#[test]
fn what_is_taken_back_ends_every_token_at_once_and_is_asked_for_again() {
    let house = house();
    let mut viewer = Viewer::new(&house);
    let page = viewer.sign_in("takahashi", PASSWORD);
    let done = allow(&mut viewer, &page);
    let unused = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let had = tokens(&house, &done);

    let list = viewer.look("/o/KITA01/services");
    assert!(list.body.contains("みるぷらす動画㈱"), "{}", list.body);
    let which = [("operator", KITA), ("client", "vod")];
    let gone = viewer.send_form("/o/KITA01/services", &which);
    assert!(gone.body.contains("許可を取り消しました"), "{}", gone.body);
    assert!(gone.body.contains("許可したサービスはありません"), "{}", gone.body);
    assert_eq!(house.userinfo(&text(&had, "access_token")).status, 401);
    assert_eq!(house.refresh(&text(&had, "refresh_token")).json()["error"], "invalid_grant");
    assert_eq!(house.redeem(&unused).json()["error"], "invalid_grant");
    let page = viewer.open_page(&authorize(&[]));
    assert_eq!(page.status, 200, "signed in still, and asked");
    assert_eq!(viewer.send_form("/o/KITA01/services", &which).refusal(), "form.foreign");
    viewer.proof = hidden(&list, "proof");
    assert_eq!(viewer.send_form("/o/KITA01/services", &which).status, 200, "again is the same");
    assert_eq!(house.audited("consent.withdrawn"), 1);
    let unknown = [("operator", KITA), ("client", "sms")];
    assert_eq!(viewer.send_form("/o/KITA01/services", &unknown).refusal(), "consent.unknown");
}

#[test]
fn the_list_is_ones_own_and_asks_who_is_there() {
    let house = House::new();
    let mut other = house.given_viewer("A-002", "tanaka");
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "vod", stranger);
    house.given_client(KITA, "shop", |terms| {
        stranger(terms);
        terms.name_ja = "お店㈱".to_owned();
    });
    let page = viewer.open_page(&authorize(&[]));
    allow(&mut viewer, &page);
    let page = other.open_page(&authorize(&[("client_id", "shop")]));
    allow(&mut other, &page);

    let list = other.look("/o/KITA01/services");
    assert!(list.body.contains("お店㈱") && !list.body.contains("みるぷらす"), "{}", list.body);
    let foreign = other.send_form("/o/KITA01/services", &[("operator", KITA), ("client", "vod")]);
    assert_eq!(foreign.refusal(), "consent.unknown");
    assert!(viewer.look("/o/KITA01/services").body.contains("みるぷらす"));
    viewer.origin = "https://evil.example.jp".to_owned();
    let posted = viewer.send_form("/o/KITA01/services", &[("operator", KITA), ("client", "vod")]);
    assert_eq!(posted.refusal(), "form.foreign");
    assert_eq!(house.audited("consent.withdrawn"), 0);

    let mut nobody = Viewer::new(&house);
    let page = nobody.open_page("/o/KITA01/services");
    assert!(page.body.contains("許可したサービスを見るために"), "{}", page.body);
    let done = nobody.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert!(done.body.contains("みるぷらす"), "{}", done.body);
}

#[test]
fn a_service_that_is_of_the_house_no_more_has_nothing_until_it_is_allowed() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let unused = viewer.get(&authorize(&[])).led_with("code").unwrap();
    let had = house.redeem(&code).json();
    house.given_client(KITA, "vod", stranger);
    assert_eq!(house.redeem(&unused).json()["error"], "invalid_grant");
    assert_eq!(house.refresh(&text(&had, "refresh_token")).json()["error"], "invalid_grant");
    assert_ne!(house.userinfo(&text(&had, "access_token")).status, 200);
    let page = viewer.open_page(&authorize(&[]));
    allow(&mut viewer, &page);
    assert_eq!(house.refresh(&text(&had, "refresh_token")).status, 200, "nothing was lost");
}

#[test]
fn letting_a_television_in_says_what_its_service_is_allowed() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    house.given_client(KITA, "tv", |terms| {
        stranger(terms);
        terms.method = AuthMethod::None;
        terms.proof = Proof::None;
        terms.grants = vec![Grant::DeviceCode, Grant::RefreshToken];
        terms.scopes = vec!["openid".to_owned(), "offline_access".to_owned()];
    });
    let form = [("client_id", "tv"), ("device_id", "box"), ("device_model", "ｾｯﾄﾄｯﾌﾟ")];
    let asked = house.public_form("/o/KITA01/device_authorization", &form).json();
    let page = viewer.look(&format!("/o/KITA01/device?user_code={}", text(&asked, "user_code")));
    assert!(page.body.contains("ログインし直さずに"), "{}", page.body);
    let code = text(&asked, "user_code").replace('-', "");
    let number = text(&asked, "confirmation_number");
    let shown = hidden(&page, "shown");
    let mut send = |shown: &str| {
        let form = [
            ("user_code", code.as_str()),
            ("number", &number),
            ("decision", "allow"),
            ("shown", shown),
        ];
        viewer.send_form("/o/KITA01/device", &form)
    };
    assert_eq!(send("").refusal(), "consent.changed");
    assert_eq!(house.audited("device.bound"), 0);
    assert_eq!(send(&shown).status, 200);
    assert_eq!(["consent.given", "device.bound"].map(|act| house.audited(act)), [1, 1]);

    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let device_code = text(&asked, "device_code");
    let form = [("grant_type", grant), ("client_id", "tv"), ("device_code", device_code.as_str())];
    let had = house.public_token(&form).json();
    viewer.look("/o/KITA01/services");
    viewer.send_form("/o/KITA01/services", &[("operator", KITA), ("client", "tv")]);
    let refresh = text(&had, "refresh_token");
    let form =
        [("grant_type", "refresh_token"), ("client_id", "tv"), ("refresh_token", refresh.as_str())];
    assert_eq!(house.public_token(&form).json()["error"], "invalid_grant");
}

#[test]
fn the_platforms_service_is_allowed_at_the_persons_own_operator() {
    let house = house();
    house.given_client("*", "everywhere", stranger);
    let path =
        |scope: &'static str| authorize_at("", &[("client_id", "everywhere"), ("scope", scope)]);
    let mut viewer = Viewer::new(&house);
    viewer.open_page(&path("openid"));
    viewer.submit("operator", &[("operator", KITA)]);
    let page = viewer.submit("password", &[("username", "takahashi"), ("password", PASSWORD)]);
    assert!(allow(&mut viewer, &page).led_with("code").is_some());
    assert!(viewer.get(&path("openid")).led_with("code").is_some());
    let page = viewer.open_page(&path("openid decisions"));
    assert!(viewer.page.starts_with("/o/KITA01/signin"), "{}", viewer.page);
    let done = allow(&mut viewer, &page);
    assert_eq!(done.led_with("iss").unwrap(), "https://id.example.jp", "as it was asked");
    let person = house.world.household("A-001").persons[0].person_id.clone();
    let consents = |operator: &str| {
        let (scope, person) = (Scope::new(operator, sato(), clock::now()), person.clone());
        let listed = move |tx: &mut Tx<'_>| sessions::list_consents(tx, &person, (("", ""), 10));
        house.world.db.read(&scope, listed).unwrap().len()
    };
    assert_eq!((consents(KITA), consents(MINAMI)), (1, 0));
}
