//! A random walk over every form and link of the sign-in, registration and television pages: whatever
//! is sent, in whatever order, nobody gets a session, a code, a credential or a television in without
//! the proof for it.
//!
//! The walk is seeded; a failure names the seed and the step, and the same seed walks the same way.

use std::collections::BTreeMap;

use http::Method;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use url::form_urlencoded::Serializer;

use crate::first_at_home::BORN;
use crate::forgotten::fan_out;
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize, authorize_at};
use crate::walker_model::{Model, Sent, approval_number};
use crate::world::KITA;

/// Steps of one walk, and how many walks; on a database that is asked over a socket, fewer.
const STEPS: usize = 2600;
const WALKS: u64 = 8;

/// A form of a page, with what stands in it.
#[derive(Clone, Debug)]
pub struct Form {
    pub method: Method,
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// The text between two marks.
fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(found, _)| found)
}

/// The forms of one of our pages, without the one at its foot: letters and language are nobody's proof, and every page has it.
fn forms(body: &str) -> Vec<Form> {
    let body = body.split("</main>").next().unwrap_or_default();
    let parts = body.split("<form ").skip(1).filter_map(|part| part.split("</form>").next());
    parts
        .filter_map(|part| {
            let method = if between(part, "method=\"", "\"")? == "post" {
                Method::POST
            } else {
                Method::GET
            };
            let action = between(part, "action=\"", "\"")?.replace("&amp;", "&");
            let tags = part.split('<').filter(|tag| {
                ["input", "button", "select"].iter().any(|kind| tag.starts_with(kind))
            });
            let fields = tags.filter_map(|tag| {
                let name = between(tag, "name=\"", "\"")?.to_owned();
                Some((name, between(tag, "value=\"", "\"").unwrap_or_default().to_owned()))
            });
            // Of buttons with one name one is pressed.
            let mut fields: Vec<(String, String)> = fields.collect();
            fields.dedup_by(|next, before| next.0 == before.0);
            Some(Form { method, action, fields })
        })
        .collect()
}

/// What the walker knows to type: right things that are its own, and others'.
struct Pool {
    /// By field name.
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Pool {
    fn pick(&self, dice: &mut StdRng, name: &str, stands: &str) -> String {
        let known = self.values.get(name).map(Vec::as_slice).unwrap_or_default();
        match dice.random_range(0..10) {
            0..=2 => stands.to_owned(),
            9 => odd(dice),
            _ if known.is_empty() => stands.to_owned(),
            _ => known[dice.random_range(0..known.len())].clone(),
        }
    }
}

/// What nobody means.
fn odd(dice: &mut StdRng) -> String {
    let all = ["", " ", "<script>alert(1)</script>", "髙橋㈱", "\u{0}", "'; DROP TABLE logins; --"];
    match dice.random_range(0..=all.len()) {
        at if at < all.len() => all[at].to_owned(),
        _ => "x".repeat(5000),
    }
}

/// Puts one field in place of all of its name.
fn set(fields: &mut Vec<(String, String)>, name: &str, value: &str) {
    fields.retain(|(each, _)| each != name);
    fields.push((name.to_owned(), value.to_owned()));
}

struct Walk<'h> {
    house: &'h House,
    dice: StdRng,
    /// Two browsers; what one was shown the other may send.
    browsers: Vec<Viewer<'h>>,
    /// Every form seen so far and which browser was shown it, a few of the oldest forgotten.
    seen: Vec<(usize, Form)>,
    pool: Pool,
    model: Model,
}

impl<'h> Walk<'h> {
    fn new(house: &'h House, seed: u64) -> Self {
        let model = Model::new(house);
        let text = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let letters: Vec<String> = model.letters.values().map(|one| one.1.clone()).collect();
        let codes = model.devices.iter().map(|one| one.user_code.clone());
        let numbers = model.devices.iter().map(|one| one.number.clone());
        let values = BTreeMap::from([
            ("username", text(&["takahashi", "tanaka", "hanako", "saburo", "nobody"])),
            ("password", text(&[PASSWORD, "not the password at all"])),
            ("contract_number", text(&["A-001", "A-002", "a-003", "A-003", "Z-999"])),
            ("registration_code", letters),
            ("operator", text(&[KITA, "MINA01", "NOBODY"])),
            ("step", text(&["letter", "password", "account", "recover", "renewal"])),
            ("language", text(&["ja", "en", "fr"])),
            ("user_code", codes.chain(text(&["BCDF-GHJK"])).collect()),
            (
                "do",
                text(&[
                    "add", "verify", "remove", "again", "set", "ask", "invite", "withdraw",
                    "approve", "refuse", "home_off", "home_on", "phone",
                ]),
            ),
            ("address", text(&["taro@example.jp", "090-1234-5678", "thief@example.jp"])),
            ("code", text(&["00000000", "12345678"])),
            ("client", text(&["vod", "shop"])),
            ("pin", text(&["2580", "1470", "908172", "1234"])),
            ("kind", text(&["viewing", "purchase", "owner", "MAIL", "PHONE"])),
            ("from", text(&["0", "12", "15", "18", "13"])),
            ("member", text(&["1", "2", "3"])),
            ("number", numbers.chain(text(&["10"])).collect()),
            ("decision", text(&["allow", "refuse"])),
            ("ask", text(&["contacts", "owner", "television"])),
            ("for", text(&["person", "household", "household"])),
            ("box_code", vec![model.first.code.clone()]),
            ("birth_on", text(&[BORN, "1958-02-04"])),
        ]);
        let mut browsers = vec![Viewer::new(house), Viewer::new(house)];
        browsers[0].cookies.clone_from(&model.signed_in);
        let dice = StdRng::seed_from_u64(seed);
        Self { house, dice, browsers, seen: Vec::new(), pool: Pool { values }, model }
    }

    fn step(&mut self) {
        let any = self.dice.random_range(0..self.browsers.len());
        let (which, sent) = if self.seen.is_empty() || self.dice.random_range(0..6) == 0 {
            (any, self.address())
        } else {
            let (shown_to, sent) = self.form();
            // Mostly by the browser that was shown it, so that journeys get somewhere.
            (if self.dice.random_range(0..4) == 0 { any } else { shown_to }, sent)
        };
        let before = self.browsers[which].cookies.clone();
        let answer = self.send(which, &sent);
        self.model.check(self.house, (&sent, &before), &answer);
        let codes = self.model.letters.values().map(|one| one.1.clone()).collect();
        self.pool.values.insert("registration_code", codes);
        self.look(which, &answer);
    }

    fn send(&mut self, which: usize, sent: &Sent) -> Answer {
        let form = Serializer::new(String::new()).extend_pairs(&sent.fields).finish();
        let browser = &mut self.browsers[which];
        match sent.method {
            Method::GET if sent.fields.is_empty() => browser.get(&sent.path),
            Method::GET => browser.get(&format!("{}?{form}", sent.path)),
            _ => browser.send(&Method::POST, &sent.path, form.into_bytes()),
        }
    }

    /// A place to begin.
    fn address(&mut self) -> Sent {
        let code = self.model.devices[self.dice.random_range(0..self.model.devices.len())].clone();
        let device = format!("/o/KITA01/device?user_code={}", code.user_code);
        let all = [
            authorize(&[]),
            authorize(&[("prompt", "login")]),
            authorize(&[("prompt", "none")]),
            authorize(&[("prompt", "select_account")]),
            authorize(&[("client_id", "shop"), ("prompt", "select_account")]),
            authorize(&[("max_age", "0")]),
            authorize_at("/o/MINA01", &[]),
            authorize(&[("client_id", "shop")]),
            authorize(&[("client_id", "shop"), ("prompt", "consent")]),
            "/o/KITA01/services".to_owned(),
            "/o/KITA01/sessions".to_owned(),
            "/o/KITA01/contacts".to_owned(),
            "/o/KITA01/passkeys".to_owned(),
            "/o/KITA01/pins".to_owned(),
            "/o/KITA01/pins".to_owned(),
            "/o/KITA01/pins".to_owned(),
            "/o/KITA01/pins".to_owned(),
            "/o/KITA01/family".to_owned(),
            "/o/KITA01/family".to_owned(),
            "/o/KITA01/family".to_owned(),
            self.model.invitation(),
            "/o/KITA01/security".to_owned(),
            device,
            "/o/KITA01/device".to_owned(),
            "/o/KITA01/first".to_owned(),
        ];
        let path = all[self.dice.random_range(0..all.len())].clone();
        Sent { method: Method::GET, path, fields: Vec::new() }
    }

    /// A form that was seen, filled somehow, sometimes with a field doubled or left out.
    fn form(&mut self) -> (usize, Sent) {
        // Mostly one of the last, so that journeys get somewhere.
        let last = self.seen.len();
        let from = if self.dice.random_range(0..4) == 0 { 0 } else { last.saturating_sub(6) };
        let any = self.dice.random_range(from..last);
        // The way of who forgot the password is long: half of those who are on it go on.
        let long = ["/forgotten?", "/recovery?", "/approved?", "/television?", "/renewal?"];
        let is_long = |(_, form): &(usize, Form)| long.iter().any(|one| form.action.contains(one));
        let further = self.seen[from..].iter().rposition(is_long).map(|at| from + at);
        let further = further.filter(|_| self.dice.random_range(0..2) == 0);
        let (shown_to, form) = self.seen[further.unwrap_or(any)].clone();
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, stands) in form.fields {
            let value = if name == "proof" && self.dice.random_range(0..20) > 0 {
                stands
            } else {
                self.pool.pick(&mut self.dice, &name, &stands)
            };
            match self.dice.random_range(0..40) {
                0 => {}
                1 => fields.extend([(name.clone(), value.clone()), (name, value)]),
                _ => fields.push((name, value)),
            }
        }
        let path = form.action.trim_start_matches("https://id.example.jp").to_owned();
        // Who forgets the password knows their login id and the next password, now and then.
        let code = self.model.first.code.clone();
        let known = [
            ("/forgotten?", "username", "takahashi"),
            ("/renewal?", "password", PASSWORD),
            ("/box?", "box_code", &code),
            ("/box?", "birth_on", BORN),
        ];
        for (form, name, value) in known {
            if path.contains(form) && self.dice.random_range(0..2) == 0 {
                set(&mut fields, name, value);
            }
        }
        // And reads their mail.
        if path.contains("/recovery?") && self.dice.random_range(0..2) == 0 {
            let code = self.model.recovery_code(self.house, &path);
            self.model.codes.extend(code.clone());
            fields.retain(|(name, _)| name != "code");
            fields.extend(code.map(|code| ("code".to_owned(), code)));
        }
        self.help_family(&path, &mut fields);
        self.help_at_home(&path, &mut fields);
        (shown_to, Sent { method: form.method, path, fields })
    }

    /// A family gets somewhere now and then: its owner invites, a member asks the owner, the worker tells, and the
    /// owner hears the number.
    fn help_family(&mut self, path: &str, fields: &mut Vec<(String, String)>) {
        if self.dice.random_range(0..2) == 0 {
            return;
        }
        if path.contains("/forgotten?") {
            set(fields, "username", "saburo");
            set(fields, "ask", "owner");
        } else if path.contains("/approved?") {
            fan_out(self.house);
            let page = self.browsers[0].get("/o/KITA01/family");
            self.look(0, &page);
        } else if path.contains("/family") {
            let request = fields.iter().find(|(name, _)| name == "request");
            let right = request.and_then(|(_, id)| approval_number(self.house, id));
            if let Some(right) = right {
                set(fields, "do", "approve");
                set(fields, "number", &right);
            } else if self.model.boxes.is_off("A-001") {
                set(fields, "do", "home_on");
            } else if self.dice.random_range(0..4) == 0 {
                set(fields, "do", "home_off");
            } else {
                set(fields, "do", "invite");
                set(fields, "member", "3");
            }
        }
    }

    /// Whoever is at home gets somewhere now and then: they ask for the code of their box, read it, and know their PIN,
    /// which they set.
    fn help_at_home(&mut self, path: &str, fields: &mut Vec<(String, String)>) {
        if self.dice.random_range(0..3) == 0 {
            return;
        }
        if path.contains("/forgotten?") && self.dice.random_range(0..2) == 0 {
            set(fields, "username", "takahashi");
            set(fields, "ask", "television");
        } else if path.ends_with("/pins") {
            set(fields, "do", "set");
            if self.dice.random_range(0..2) == 0 {
                set(fields, "kind", "purchase");
            }
        } else if path.contains("/television?") {
            let anew = self.dice.random_range(0..4) == 0;
            self.model.show_codes(self.house, anew);
            let known = self.model.boxes.known();
            self.pool.values.insert("code", known);
            if let Some((code, pin)) = self.model.boxes.right(self.house, "A-001") {
                // Mostly one of both is what it should be.
                let weaker = self.model.boxes.weaker(self.house, "A-001");
                match self.dice.random_range(0..5) {
                    0 => set(fields, "code", &code),
                    1 => set(fields, "pin", &pin),
                    2 => {
                        set(fields, "code", &code);
                        set(fields, "pin", weaker.as_ref().unwrap_or(&pin));
                    }
                    _ => {
                        set(fields, "code", &code);
                        set(fields, "pin", &pin);
                    }
                }
            }
        }
    }

    /// Remembers the forms of what was shown, and follows where our own pages lead.
    fn look(&mut self, which: usize, answer: &Answer) {
        let mut shown = forms(&answer.body);
        if answer.status == 303 && answer.location().host_str() == Some("id.example.jp") {
            let location = answer.location();
            let path = format!("{}?{}", location.path(), location.query().unwrap_or_default());
            let page = self.browsers[which].get(&path);
            let looked = Sent { method: Method::GET, path, fields: Vec::new() };
            let cookies = self.browsers[which].cookies.clone();
            self.model.check(self.house, (&looked, &cookies), &page);
            shown.extend(forms(&page.body));
        }
        self.seen.extend(shown.into_iter().map(|form| (which, form)));
        let most = 60;
        if self.seen.len() > most {
            self.seen.drain(..self.seen.len() - most);
        }
    }
}

fn walk(seed: u64, steps: usize) -> BTreeMap<String, usize> {
    let house = House::new();
    let mut walk = Walk::new(&house, seed);
    for step in 0..steps {
        if step % 150 == 149 {
            walk.model.unlock(&house);
        }
        let stepped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walk.step()));
        assert!(stepped.is_ok(), "seed {seed}, step {step}");
    }
    walk.model.done
}

#[test]
fn no_walk_over_forms_and_links_gets_anywhere_without_its_proof() {
    let sqlite = std::env::var_os("TEST_POSTGRES_URL").is_none();
    let steps = if sqlite { STEPS } else { STEPS / 3 };
    let walks: Vec<_> = std::thread::scope(|threads| {
        let all: Vec<_> = (0..WALKS).map(|seed| threads.spawn(move || walk(seed, steps))).collect();
        all.into_iter().map(|one| one.join()).collect()
    });
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    for walk in walks {
        for (act, times) in walk.expect("a walk got where it may not") {
            *done.entry(act).or_default() += times;
        }
    }
    // A walk that never gets in proves nothing.
    for act in [
        "person.signed_in",
        "authorization.granted",
        "person.registered",
        "consent.given",
        "person.recovered",
        "invitation.made",
        "person.approval_given",
        "person.home_proved",
        "person.phone_invited",
        "went on at another screen",
        "person.pin_set",
        "home.switched_off",
        "home.allowed",
        "proved by the box and the viewing PIN",
        "proved by the box and the purchase PIN",
    ] {
        assert!(done.contains_key(act), "no walk ever came to {act}: {done:?}");
    }
}
