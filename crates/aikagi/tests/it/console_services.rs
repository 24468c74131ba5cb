//! Services at the console: what they are, and what the station changes of them; no secret but a new one, once.

use base::kernel::{Change, Scope};
use base::records::list_audit;
use base::store::Tx;
use domain::clients::{self, Client, ClientKind, ClientTerms, Grant, Offer};
use domain::operators::{Publishing, Role};
use serde_json::Value as Json;

use crate::console::given_clerk;
use crate::console_bulk::{clerk, proof_for};
use crate::console_desk::opens;
use crate::console_masters::{masters, sends, sends_again};
use crate::viewers::{Answer, CALLBACK, House, SECRET, Viewer, authorize};
use crate::world::{KITA, MINAMI, staff};

fn client(house: &House, id: &'static str) -> Client {
    house.world.look(move |tx| clients::find(tx, id)).unwrap()
}

pub fn program(kind: ClientKind) -> impl FnOnce(&mut ClientTerms) {
    move |terms| {
        terms.kind = kind;
        terms.grants = vec![Grant::ClientCredentials];
        let scope = if kind == ClientKind::Sms { "sms" } else { "admin.keys" };
        terms.scopes = vec![scope.to_owned()];
        terms.redirect_uris = Vec::new();
    }
}

/// The station's `vod`, its SMS and its program, and a service and a program of all stations.
fn given() -> House {
    let house = House::new();
    house.given_client(KITA, "kita-sms", program(ClientKind::Sms));
    house.given_client(KITA, "helpdesk", program(ClientKind::Admin));
    house.given_client(Scope::PLATFORM, "miruplus", |terms| terms.name_ja = "みる<b>".to_owned());
    house.given_client(Scope::PLATFORM, "headquarters", program(ClientKind::Admin));
    house.given_client(MINAMI, "mina-only", |_| {});
    house
}

/// Somebody who is signed in at `vod`; their refresh token.
fn given_watching(house: &House, viewer: &mut Viewer<'_>) -> String {
    let code = viewer.get(&authorize(&[])).led_with("code").unwrap();
    house.redeem(&code).json()["refresh_token"].as_str().unwrap().to_owned()
}

/// Sends a form of a page that shows none.
pub fn forges(
    house: &House,
    clerk: &mut Viewer<'_>,
    path: &str,
    fields: &[(&str, &str)],
) -> Answer {
    clerk.proof = proof_for(house, clerk, path);
    clerk.send_form(path, fields)
}

#[test]
fn a_service_is_renamed_and_moved_with_what_subscribers_notice_and_its_history_says_so() {
    let house = given();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    given_watching(&house, &mut viewer);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    assert!(suzuki.get(&masters("")).body.contains("/masters/services\" id=\"services\""));
    let list = suzuki.get(&masters("/services")).body;
    let (own, shared) = list.split_once("id=\"shared\"").unwrap();
    for told in ["services/vod\">vod</a>", "SMS(加入者管理)", "管理プログラム", "ログイン・"]
    {
        assert!(own.contains(told), "{told}: {own}");
    }
    assert!(shared.contains("miruplus</a> みる&#60;b&#62;"), "{shared}");
    assert!(!list.contains("headquarters") && !list.contains("mina-only"), "{list}");

    let path = masters("/services/vod");
    let before = client(&house, "vod").terms;
    let shown = suzuki.get(&path).body;
    assert!(shown.contains("<dt>今ログインしている人</dt><dd>1</dd>"), "{shown}");
    let wrong = [("redirect_uris", "http://vod.example.jp/callback")];
    let told = sends(&mut suzuki, &path, "draft", &wrong);
    assert_eq!((told.status.as_u16(), told.refusal()), (400, "client.redirect_uri_malformed"));
    assert!(told.body.contains(wrong[0].1), "what was typed stays: {}", told.body);
    let two = format!("{CALLBACK}\nhttps://vod.example.jp/tv");
    let changes = [
        ("name_ja", "髙橋<i>ﾃﾚﾋﾞ㈱"),
        ("redirect_uris", two.as_str()),
        ("backchannel_logout_uri", "https://vod.example.jp/out"),
    ];
    let draft = sends(&mut suzuki, &path, "draft", &changes);
    let rows = draft.body.split("id=\"draft\"").nth(1).expect("a draft");
    assert!(rows.contains("<strong>髙橋&#60;i&#62;ﾃﾚﾋﾞ㈱"), "{rows}");
    assert!(
        rows.contains("名前が変わります") && rows.contains("ログインしているのは1人"),
        "{rows}"
    );
    assert!(rows.contains("登録にないアドレスへは"), "{rows}");
    assert_eq!(rows.split("</table>").next().unwrap().matches("<tr><td>").count(), 3);
    assert_eq!(client(&house, "vod").terms, before, "a draft is nothing yet");

    let told = [("why", "社名の変更"), changes[0]];
    let done = sends_again(&mut suzuki, &path, "publish", (&draft, &told));
    assert!(done.body.contains("公開しました"), "{}", done.body);
    let after = client(&house, "vod").terms;
    assert_eq!(after.redirect_uris, [CALLBACK, "https://vod.example.jp/tv"]);
    let mut wanted = before;
    wanted.name_ja = "髙橋<i>ﾃﾚﾋﾞ㈱".to_owned();
    wanted.redirect_uris.clone_from(&after.redirect_uris);
    wanted.profile.backchannel_logout_uri = Some("https://vod.example.jp/out".to_owned());
    assert_eq!(after, wanted, "and nothing else");
    let lines = house.world.look(|tx| list_audit(tx, "", 10_000)).unwrap();
    let line = lines.iter().rfind(|line| line.act == "client.changed").unwrap();
    let detail: Json = serde_json::from_str(&line.detail).unwrap();
    assert_eq!((&*line.actor, &*line.subject), ("staff:suzuki", "vod"));
    assert_eq!((&detail["why"], &detail["was"]["name_en"]), (&"社名の変更".into(), &Json::Null));
    let history = suzuki.get(&path).body;
    let history = history.split("id=\"history\"").nth(1).unwrap();
    assert!(history.contains("社名の変更") && history.contains("→ 髙橋&#60;i&#62;"), "{history}");
    assert!(history.contains("登録: なし → はい"), "by whatever door: {history}");
    let same = sends(&mut suzuki, &path, "draft", &changes[..1]);
    assert!(same.body.contains("今と同じ内容です"), "{}", same.body);
}

#[test]
fn a_service_is_switched_off_and_on_by_who_saw_it_as_it_is() {
    let house = given();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let token = given_watching(&house, &mut viewer);
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let path = masters("/services/vod");
    let draft = sends(&mut suzuki, &path, "draft", &[("enabled", "")]);
    assert!(draft.body.contains("すぐに使えなくなります。今ログインしている1人"), "{}", draft.body);
    assert_eq!(house.refresh(&token).status, 200, "a draft is nothing yet");
    house.act(|tx| clients::disable(tx, "vod")).unwrap();
    house.act(|tx| clients::enable(tx, "vod")).unwrap();
    let renamed = sends(&mut suzuki, &path, "draft", &[("name_en", "Another")]);
    let off = sends_again(&mut suzuki, &path, "publish", (&draft, &[("why", "障害")]));
    assert!(off.body.contains("公開しました"), "as it was seen: {}", off.body);
    assert_eq!(house.refresh(&token).status, 401);
    assert!(suzuki.get(&masters("/services")).body.contains("停止中"));
    let late = sends_again(&mut suzuki, &path, "publish", (&renamed, &[("why", "改名")]));
    assert_eq!((late.status.as_u16(), late.refusal()), (409, "masters.changed_meanwhile"));
    assert!(late.body.contains("value=\"Another\""), "what was typed stays: {}", late.body);
    assert_eq!(client(&house, "vod").terms.name_en, "Miruplus Video");

    let on = sends(&mut suzuki, &path, "draft", &[("enabled", "1")]);
    assert!(on.body.contains("前にログインした1人は、そのまま"), "{}", on.body);
    let on = sends_again(&mut suzuki, &path, "publish", (&on, &[("why", "復旧")]));
    assert!(on.body.contains("使える: いいえ → はい") && on.body.contains("障害"), "{}", on.body);
    assert_eq!(house.refresh(&token).status, 200);

    let path = masters("/services/kita-sms");
    let shown = suzuki.get(&path).body;
    assert!(!shown.contains("name=\"name_ja\"") && !shown.contains("value=\"secret\""));
    let draft = sends(&mut suzuki, &path, "draft", &[("enabled", ""), ("name_ja", "x")]);
    assert!(draft.body.contains("SMSからの呼び出し") && !draft.body.contains("ログインしている"));
    let done = sends_again(&mut suzuki, &path, "publish", (&draft, &[("why", "停止")]));
    assert!(done.body.contains("公開しました"), "{}", done.body);
    let sms = client(&house, "kita-sms").terms;
    assert_eq!((sms.enabled, &*sms.name_ja == "x"), (false, false), "its switch only");
}

#[test]
fn what_is_not_the_stations_is_shown_with_whom_to_ask_and_refused_when_sent() {
    let house = given();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let asked = [("miruplus", "すべての局で使うサービス"), ("helpdesk", "管理プログラムです")];
    for (id, told) in asked {
        let path = masters(&format!("/services/{id}"));
        let shown = suzuki.get(&path).body;
        assert!(shown.contains(told) && shown.contains("運用担当に伝えて"), "{shown}");
        assert_eq!(shown.contains("変更の履歴"), id == "helpdesk", "{shown}");
        assert!(!shown.contains("name=\"seen\"") && !shown.contains("value=\"secret\""));
    }
    let before = house.world.audited().len();
    let codes = [
        ("miruplus", "client.unknown"),
        ("mina-only", "client.unknown"),
        ("headquarters", "client.unknown"),
        ("helpdesk", "client.not_for_admins"),
    ];
    for (id, code) in codes {
        let path = masters(&format!("/services/{id}"));
        for word in ["draft", "publish", "secret"] {
            let fields = [("do", word), ("why", "x"), ("name_ja", "x"), ("once", "x")];
            let told = forges(&house, &mut suzuki, &path, &fields);
            assert_eq!(told.refusal(), code, "{id} {word}: {}", told.body);
        }
    }
    let path = masters("/services/kita-sms");
    let told = forges(&house, &mut suzuki, &path, &[("do", "secret"), ("once", "x")]);
    assert_eq!(told.refusal(), "client.not_for_admins");
    for id in ["mina-only", "headquarters"] {
        let shown = suzuki.get(&masters(&format!("/services/{id}")));
        assert_eq!(shown.refusal(), "client.unknown", "{id}");
    }
    let offer = |tx: &mut Tx<'_>| {
        let offer = Offer { name_ja: "x".to_owned(), ..Offer::default() };
        let publishing = Publishing { seen: String::new(), why: "x".to_owned() };
        clients::publish(tx, ("kita-sms", true), Some(&offer), &publishing)
    };
    let refused = house.world.act(staff("suzuki"), offer).unwrap_err();
    assert_eq!(refused.code(), "client.not_for_admins");
    assert_eq!(house.world.audited().len(), before);
    assert_eq!(
        house.world.act(staff("sato"), |tx| clients::disable(tx, "kita-sms")),
        Ok(Change::Made)
    );
}

#[test]
fn another_secret_is_shown_once_and_a_form_that_is_sent_twice_makes_one() {
    let house = given();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    let path = masters("/services/vod");
    let shown = opens(&mut suzuki, &path);
    let once = shown.body.split_once("name=\"once\" value=\"").unwrap().1;
    let once = once.split('"').next().unwrap().to_owned();
    let fields = [("do", "secret"), ("once", once.as_str())];
    let made = suzuki.send_form(&path, &fields);
    let secret_in = |page: &Answer| {
        let code = page.body.split_once("<code>").expect("a secret").1;
        code.split('<').next().unwrap().to_owned()
    };
    let secret = secret_in(&made);
    assert_eq!(made.headers["cache-control"], "no-store");
    assert_eq!(secret_in(&suzuki.send_form(&path, &fields)), secret, "the same again");
    let itself = |secret: &str| {
        let form = [("grant_type", "client_credentials")];
        house.token_at("/o/KITA01", ("vod", secret), &form).status.as_u16()
    };
    assert_eq!((itself(SECRET), itself(&secret)), (401, 200));
    let later = suzuki.get(&path).body;
    assert!(!later.contains(&secret) && later.contains("合言葉・鍵の更新"), "{later}");
    let lines = house.world.look(|tx| list_audit(tx, "", 10_000)).unwrap();
    assert!(lines.iter().all(|line| !line.detail.contains(&secret)));
    assert_eq!(house.audited("client.secret_renewed"), 1);
    let told = suzuki.send_form(&path, &[("do", "secret")]);
    assert_eq!(told.refusal(), "request.parameters_malformed");
}

#[test]
fn who_manages_reads_services_and_who_leads_the_station_changes_them() {
    let house = given();
    let mut abe = clerk(&house, "abe", Role::Desk);
    let mut suzuki = given_clerk(&house, Role::Admin);
    let path = masters("/services/vod");
    for page in [&masters("/services"), &path] {
        assert_eq!(abe.get(page).refusal(), "staff.not_allowed");
    }
    let shown = suzuki.get(&path).body;
    assert!(shown.contains("変えられるのは局責任者です") && !shown.contains("value=\"secret\""));
    let before = house.world.audited().len();
    for word in ["draft", "publish", "again", "secret"] {
        let fields = [("do", word), ("why", "x"), ("name_ja", "x"), ("once", "x")];
        let told = forges(&house, &mut suzuki, &path, &fields);
        assert_eq!(told.refusal(), "staff.not_allowed", "{word}");
    }
    assert_eq!(house.world.audited().len(), before);
}

#[test]
fn pages_of_services_are_small_and_ask_the_database_little() {
    let house = given();
    house
        .world
        .act(staff("sato"), |tx| {
            for n in 0..70 {
                let terms = crate::viewers::service();
                clients::put(tx, &format!("s{n:02}-{}", "x".repeat(60)), &terms)?;
            }
            Ok(())
        })
        .unwrap();
    let mut suzuki = given_clerk(&house, Role::StationManager);
    for path in [masters("/services"), masters("/services/vod")] {
        let before = house.world.db.statements();
        let shown = suzuki.get(&path);
        let statements = house.world.db.statements() - before;
        assert!(statements <= 12, "{path}: {statements} statements");
        assert!(shown.body.len() <= 30 * 1024, "{path}: {} bytes", shown.body.len());
    }
    let first = suzuki.get(&masters("/services")).body;
    let next = first.split("id=\"next\"").next().unwrap().rsplit_once("?after=").unwrap().1;
    let next = next.split('"').next().unwrap();
    let later = suzuki.get(&masters(&format!("/services?after={next}"))).body;
    assert!(later.contains(">s28-") && !later.contains("id=\"shared\""), "{later}");
}
