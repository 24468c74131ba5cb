//! Everything we give out, shown at every place that takes something: it is worth what it is worth at its
//! own, for its own client, at its own operator, and nothing anywhere else; nor is it spent by being tried there.

use std::sync::atomic::AtomicUsize;

use base::kernel::clock;
use domain::clients::{AuthMethod, Grant, Proof};
use domain::commands::{Command, Op};
use domain::credentials::PinKind;
use formats::jose::{JwkSet, SigningKey};
use serde_json::json;

use crate::admin_tokens::{admin_token, given_admin};
use crate::artefacts_places::{At, PLACES, Place, TYPISTS, signed_in};
use crate::dpop;
use crate::exchange;
use crate::family;
use crate::first_at_home;
use crate::forgotten::{ask, codes, fan_out, given_reachable};
use crate::home;
use crate::registering::{given_token, register, site, switch_on};
use crate::tv_codes::{code_of, given_pin};
use crate::viewers::{BASE, CALLBACK, House, SECRET, VERIFIER, Viewer, authorize};
use crate::world::{KITA, MINAMI};

/// A house with a household of each kind, the browser of a sign-in under way, and who types codes.
pub struct Stage {
    pub house: House,
    pub key: SigningKey,
    pub browser: String,
    pub typed: AtomicUsize,
    pub recovering: Option<Recovering>,
    /// The access token of somebody who may act for others.
    pub actor: String,
    /// The client that registered itself.
    pub registered: String,
    /// A box in the household A-001, which proves itself.
    pub at_home: home::Box,
    /// What it shows.
    pub tv_code: String,
}

/// A browser that was asked for the code somebody forgot the password got, and that code.
pub struct Recovering {
    pub cookies: std::collections::BTreeMap<String, String>,
    pub page: String,
    pub proof: String,
    pub code: String,
}

/// What the client that signs comes with.
const SIGNED: [&str; 2] = ["assertion", "request"];

const OWN: At<'static> = ("/o/KITA01", "vod");

/// Something we gave out: what it is, where it may be shown, and whether it is spent there.
struct Artefact {
    name: &'static str,
    own: &'static [&'static str],
    once: bool,
    it: String,
}

impl Stage {
    fn new() -> Self {
        let house = House::new();
        let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
        let set = serde_json::to_string(&JwkSet { keys: vec![key.public_jwk().clone()] }).unwrap();
        for operator in [KITA, MINAMI] {
            for client in ["vod", "shop"] {
                house.given_client(operator, client, |terms| {
                    terms.grants.extend([
                        Grant::DeviceCode,
                        Grant::TokenExchange,
                        Grant::JwtBearer,
                    ]);
                    terms.profile.household_devices = true;
                });
            }
        }
        house.given_client(KITA, "signer", move |terms| {
            terms.method = AuthMethod::PrivateKeyJwt;
            terms.proof = Proof::Keys(set);
        });
        house.given_viewer("A-001", "takahashi");
        for (number, name) in TYPISTS {
            house.given_viewer(number, name);
        }
        house.world.given_contract("A-003");
        let typed = AtomicUsize::new(0);
        for operator in [KITA, MINAMI] {
            switch_on(&house, operator, 20);
            exchange::switch_exchange(&house, operator, true);
            home::switch_home(&house, operator, true);
        }
        let code = signed_in(&house, "yamada").get(&authorize(&[])).led_with("code").unwrap();
        let actor = house.redeem(&code).json()["access_token"].as_str().unwrap().to_owned();
        let (browser, registered) = (String::new(), String::new());
        let at_home = home::given_box(&house.world, "A-001", "STB-1");
        Self {
            house,
            key,
            browser,
            typed,
            recovering: None,
            actor,
            registered,
            at_home,
            tv_code: String::new(),
        }
    }

    fn code(&self) -> String {
        signed_in(&self.house, "takahashi").get(&authorize(&[])).led_with("code").unwrap()
    }

    fn assertion(&self, id: &str) -> String {
        let now = clock::now().ms() / 1000;
        let claims = json!({"iss": "signer", "sub": "signer", "aud": format!("{BASE}/o/KITA01"),
            "jti": id, "exp": now + 200});
        self.key.sign("JWT", &claims).unwrap()
    }

    fn request(&self) -> String {
        let claims = json!({"iss": "signer", "client_id": "signer", "aud": format!("{BASE}/o/KITA01"),
            "exp": clock::now().ms() / 1000 + 200, "response_type": "code", "scope": "openid",
            "redirect_uri": CALLBACK, "code_challenge_method": "S256",
            "code_challenge": formats::jose::pkce_s256_challenge(VERIFIER)});
        self.key.sign("oauth-authz-req+jwt", &claims).unwrap()
    }

    /// The name of a request that a service pushed.
    fn pushed(&self) -> String {
        let pushed = self.house.client_form(
            "/o/KITA01/par",
            ("vod", SECRET),
            &[
                ("client_id", "vod"),
                ("response_type", "code"),
                ("redirect_uri", CALLBACK),
                ("scope", "openid"),
                ("code_challenge", &formats::jose::pkce_s256_challenge(VERIFIER)),
                ("code_challenge_method", "S256"),
            ],
        );
        pushed.json()["request_uri"].as_str().unwrap().to_owned()
    }

    /// A person's access token that is bound to a key.
    fn bound(&self, holder: &dpop::Holder) -> String {
        let (code, proof) = (self.code(), holder.proof(("POST", "/o/KITA01/token")));
        let tokens = dpop::redeem(&self.house, Some("vod"), &code, &[&proof]).json();
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// A television's code that a person confirmed, and one that waits.
    fn device(&self, reference: &str) -> (String, String) {
        let form = [("device_id", reference), ("scope", "openid")];
        let path = "/o/KITA01/device_authorization";
        let asked = self.house.client_form(path, ("vod", SECRET), &form).json();
        let text = |name: &str| asked[name].as_str().unwrap().to_owned();
        (text("device_code"), text("user_code"))
    }

    /// The tokens of a television that stands for the household, and a code by which its owner registers.
    fn of_household(&self) -> [Artefact; 3] {
        let (device_code, user_code) = self.device("of-all");
        self.approve(&user_code, "household");
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let form = [("grant_type", grant), ("device_code", device_code.as_str())];
        let tokens = self.house.token(&form).json();
        assert!(tokens.get("id_token").is_none(), "{tokens}");
        let thing = |name, own, once, it: &str| {
            let it = tokens[it].as_str().unwrap().to_owned();
            Artefact { name, own, once, it }
        };
        let both = ["bearer", "introspect"].as_slice();
        let again = ["refresh", "introspect"].as_slice();
        [
            thing("a household's access token", both, false, "access_token"),
            thing("a household's refresh token", again, true, "refresh_token"),
            Artefact {
                name: "a code a box shows to register by",
                own: &["first"],
                once: true,
                it: self.shows_code(),
            },
        ]
    }

    fn approve(&self, user_code: &str, whom: &str) {
        let mut viewer = signed_in(&self.house, "takahashi");
        let plain = user_code.replace('-', "");
        viewer.look(&format!("/o/KITA01/device?user_code={plain}"));
        let plain_code = plain.clone();
        let find =
            move |tx: &mut base::store::Tx<'_>| domain::sessions::find_user_code(tx, &plain_code);
        let scope = base::kernel::Scope::new(KITA, crate::world::sato(), clock::now());
        let number = self.house.world.db.read(&scope, find).unwrap().unwrap().number;
        let form = [("user_code", plain.as_str()), ("number", &number), ("decision", "allow")];
        let form = [&form[..], &[("for", whom)]].concat();
        assert_eq!(viewer.send_form("/o/KITA01/device", &form).status, 200, "{whom}");
    }

    /// A client registers itself; what it manages that with.
    fn registers(&mut self) -> String {
        let token = given_token(&self.house, KITA, 1);
        let told = register(&self.house, &token, &site()).json();
        self.registered = told["client_id"].as_str().unwrap().to_owned();
        told["registration_access_token"].as_str().unwrap().to_owned()
    }

    /// The token of a program that administers.
    fn administers(&self) -> String {
        given_admin(&self.house, KITA, "ops");
        admin_token(&self.house, KITA, "ops", "").json()["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The owner of a household invited a member of it.
    fn invitation(&self) -> String {
        let world = &self.house.world;
        let add = Command::new(&world.request_id(), Op::PersonAdd, "A-001");
        world.send(Command { person_no: 2, ..add });
        family::invite(&mut signed_in(&self.house, "takahashi")).1
    }

    /// A token of the client for itself.
    fn own_token(&self) -> String {
        let own = self.house.token(&[("grant_type", "client_credentials")]).json();
        own["access_token"].as_str().unwrap().to_owned()
    }

    /// A box shows a code in a home nobody of which registered.
    fn shows_code(&self) -> String {
        let world = &self.house.world;
        first_at_home::given_born(world, "A-003", first_at_home::BORN);
        let there = home::given_box(world, "A-003", "STB-3");
        first_at_home::code_of(&self.house, &there.assertion("first"))
    }

    /// Somebody forgot the password and got a code.
    fn forgets(&mut self) -> String {
        drop(given_reachable(&self.house, "A-014", "sasaki"));
        let mut viewer = Viewer::new(&self.house);
        ask(&mut viewer, "sasaki");
        fan_out(&self.house);
        let code = codes(&self.house).remove(0).1;
        let Viewer { cookies, page, proof, .. } = viewer;
        self.recovering = Some(Recovering { cookies, page, proof, code: code.clone() });
        code
    }

    fn all(&mut self) -> Vec<Artefact> {
        let tokens = self.house.redeem(&self.code()).json();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let (access, refresh, id) = (text("access_token"), text("refresh_token"), text("id_token"));
        let acting = exchange::exchange_at(&self.house, OWN, (&access, &self.actor), &[]).json();
        let acting = acting["access_token"].as_str().unwrap().to_owned();
        let at_home = home::enter(&self.house, OWN, &self.at_home.assertion("first")).json();
        let at_home = at_home["access_token"].as_str().unwrap().to_owned();
        given_pin(&self.house, "A-001", PinKind::Viewing, "2580");
        self.tv_code = code_of(&self.house, &self.at_home.assertion("second"));
        let holder = dpop::Holder::new();
        let (device_code, user_code) = self.device("living-room");
        self.approve(&user_code, "person");
        let mut all = Vec::from(self.of_household());
        let (_, waiting) = self.device("kitchen");
        let session = signed_in(&self.house, "takahashi").cookies["__Host-aikagi-session"].clone();
        let mut under_way = Viewer::new(&self.house);
        under_way.open_page(&authorize(&[]));
        let (_, ticket) = under_way.page.split_once("ticket=").unwrap();
        let (ticket, proof) = (ticket.to_owned(), under_way.proof.clone());
        let browser = under_way.cookies["__Host-aikagi-browser"].clone();
        let letter = self.house.given_letter("A-003");
        self.browser.clone_from(&browser);
        let recovery = self.forgets();
        let management = self.registers();
        let initial = given_token(&self.house, KITA, 1);
        let thing = |name, own, once, it| Artefact { name, own, once, it };
        all.extend([
            thing("a code", &["code"], true, self.code()),
            thing("an access token", &["bearer", "introspect", "subject", "actor"], false, access),
            thing("a token of who acts for another", &["bearer", "introspect"], false, acting),
            thing("a proof of a key", &["proof"], true, holder.proof(("POST", "/o/KITA01/token"))),
            thing("a bound access token", &["introspect"], false, self.bound(&holder)),
            thing("a refresh token", &["refresh", "introspect"], true, refresh),
            thing("an ID token", &["hint"], false, id),
            thing("a client's own token", &["introspect"], false, self.own_token()),
            thing("a device code", &["device"], false, device_code),
            thing("a television's code", &["user_code"], false, waiting),
            thing("a code a box shows", &["television"], true, self.tv_code.clone()),
            thing("what a box signed", &["box"], true, self.at_home.assertion("one")),
            thing("a token of a box at home", &["bearer", "introspect"], false, at_home),
            thing("a pushed request", &["request_uri"], true, self.pushed()),
            thing("a client assertion", &["assertion"], true, self.assertion("one")),
            thing("a signed request", &["request"], false, self.request()),
            thing("an administering program's token", &["admin"], false, self.administers()),
            thing("a client's secret", &["secret"], false, SECRET.to_owned()),
            thing("a session's cookie", &["session"], false, session),
            thing("a sign-in's ticket", &["ticket"], false, ticket),
            thing("a token to register with", &["registration"], true, initial),
            thing("what a client manages itself with", &["management"], false, management),
            thing("a form's proof", &[], false, proof),
            thing("a browser's cookie", &[], false, browser),
            thing("a letter's code", &["letter", "link"], false, letter),
            thing("an invitation's code", &["letter", "link"], false, self.invitation()),
            thing("a code of who forgot the password", &["recovery"], true, recovery),
        ]);
        all
    }
}

fn place(name: &str) -> Place {
    PLACES.iter().find(|(known, _)| *known == name).unwrap().1
}

#[test]
fn nothing_is_worth_anything_at_another_place_nor_spent_there() {
    let mut stage = Stage::new();
    let all = stage.all();
    for artefact in &all {
        for (name, shown) in PLACES.iter().filter(|(name, _)| !artefact.own.contains(name)) {
            let taken = shown(&stage, OWN, &artefact.it);
            assert!(!taken, "{} was taken as {name}", artefact.name);
        }
    }
    for artefact in &all {
        for name in artefact.own.iter().rev() {
            let client = if SIGNED.contains(name) { "signer" } else { "vod" };
            let taken = place(name)(&stage, (OWN.0, client), &artefact.it);
            assert!(taken, "{} is spent or was never good at {name}", artefact.name);
        }
    }
    for artefact in all.iter().filter(|one| one.once) {
        let again = place(artefact.own[0])(&stage, OWN, &artefact.it);
        // A refresh token is answered again for some seconds: with the tokens that are good already.
        assert_eq!(again, artefact.own[0] == "refresh", "{} twice", artefact.name);
    }
}

#[test]
fn nothing_is_worth_anything_to_another_client_or_at_another_operator_nor_spent_there() {
    let mut stage = Stage::new();
    let all = stage.all();
    // Whom it was given to does not matter for what is the person's own, or proves the client itself.
    let of_a_client = ["code", "refresh", "device", "introspect", "request_uri", "hint"];
    for artefact in &all {
        for name in artefact.own {
            let shown = place(name);
            if of_a_client.contains(name) {
                let taken = shown(&stage, (OWN.0, "shop"), &artefact.it);
                assert!(!taken, "{} of vod was taken from shop as {name}", artefact.name);
            }
            // The same secret is, in this world, the secret of the other operator's client too.
            if *name != "secret" {
                let taken = shown(&stage, ("/o/MINA01", "vod"), &artefact.it);
                assert!(!taken, "{} was taken at another operator as {name}", artefact.name);
            }
            // A person's session is good at the platform too, where a letter, and a box's code, has no page before
            // the operator is named.
            if !["session", "letter", "first"].contains(name) {
                let platform = shown(&stage, ("", "vod"), &artefact.it);
                assert!(!platform, "{} was taken at the platform as {name}", artefact.name);
            }
        }
    }
    for artefact in &all {
        for name in artefact.own.iter().rev() {
            let client = if SIGNED.contains(name) { "signer" } else { "vod" };
            let taken = place(name)(&stage, (OWN.0, client), &artefact.it);
            assert!(taken, "{} is spent or was never good at {name}", artefact.name);
        }
    }
}

#[test]
fn of_many_that_come_at_once_with_one_thing_one_is_let_in() {
    let mut stage = Stage::new();
    let all = stage.all();
    let single = [
        "a code",
        "a pushed request",
        "a client assertion",
        "what a box signed",
        "a proof of a key",
        "a token to register with",
    ];
    for artefact in all.iter().filter(|one| single.contains(&one.name)) {
        let client = if artefact.own == ["assertion"] { "signer" } else { "vod" };
        let shown = place(artefact.own[0]);
        let stage = &stage;
        let taken = std::thread::scope(|scope| {
            let each = || shown(stage, (OWN.0, client), &artefact.it);
            let all: Vec<_> = (0..12).map(|_| scope.spawn(each)).collect();
            all.into_iter().map(|one| one.join().unwrap()).filter(|one| *one).count()
        });
        assert_eq!(taken, 1, "{}", artefact.name);
    }
}
