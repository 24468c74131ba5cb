//! Every route of the public listener, asked by nobody, with another operator's proof, and with the
//! own proof about another operator's things: such a thing is as unknown as one that nobody has.
//!
//! `house/routes.rs` compares the table with the routes in the source.

use axum::body::Body;
use base::kernel::Scope;
use http::Request;
use serde_json::json;

use crate::doors_table::{Guard, mounted};
use crate::doors_world::{BROWSER, Names, SECRETS, Told, Two, basic};
use crate::picture::assert_same;
use crate::registering;
use crate::viewers::{BASE, CALLBACK};
use crate::world::{KITA, MINAMI};

/// One request to a route: to whose address, with which token or client, about which names.
pub struct Asked<'a> {
    pub method: &'a str,
    pub pattern: &'a str,
    pub at: &'a str,
    pub names: &'a Names,
    pub authorization: String,
    /// The ticket of a sign-in, and the session, in the southern browser.
    pub ticket: &'a str,
}

impl Two {
    fn ask(&self, asked: &Asked<'_>) -> Told {
        self.tell(self.request(asked), asked.names)
    }

    /// What is sent.
    pub fn request(&self, asked: &Asked<'_>) -> Request<Body> {
        let Asked { method, pattern, at, names, .. } = asked;
        let path = pattern.replace("{operator}", at).replace("{number}", &names.number);
        let path = path.replace("{id}", &names.client).replace("{kid}", &names.kid);
        let path = path.replace("{file}", &names.file).replace("{bulk}", &names.bulk);
        let path = path.replace("{product}", &names.product).replace("{client}", &names.client);
        let path = path.replace("{logo}", &names.logo).replace("{colours}", "0b5c76-7ecbe4.css");
        let path = path.replace("{member}", "1").replace("{part}", "1").replace("{name}", "sms");
        let path = path.replace("{person_no}", "1").replace("{staff}", &names.login);
        let path = path.replace("{station}", MINAMI).replace("{picture}", "why.png");
        let path = path.replace("{client_id}", &names.registered.id);
        let key = self.fresh_key();
        let (query, body) = match pattern.starts_with("/console") {
            true => self.console_words(asked),
            false => self.words(asked, &key),
        };
        let kind = if body.starts_with('{') { "json" } else { "x-www-form-urlencoded" };
        let mut request = Request::builder()
            .method(*method)
            .uri(format!("{path}{query}"))
            .header("content-type", format!("application/{kind}"))
            .header("origin", BASE)
            .header("idempotency-key", &key);
        let cookie = format!("__Host-aikagi-browser={BROWSER}");
        request = match *pattern {
            path if path.ends_with("/authorize") => {
                let session = format!("__Host-aikagi-session={}", names.session);
                request.header("cookie", format!("{cookie}; {session}"))
            }
            _ => request.header("cookie", cookie),
        };
        match asked.authorization.strip_prefix("Staff ") {
            Some(seat) => {
                let at = if seat.starts_with('*') { "platform" } else { "console" };
                request = request.header("cookie", format!("__Host-aikagi-{at}={seat}"));
            }
            None if asked.authorization.is_empty() => {}
            None => request = request.header("authorization", &asked.authorization),
        }
        request.body(Body::from(body)).unwrap()
    }

    /// Query and body that name `asked.names`.
    fn words(&self, asked: &Asked<'_>, key: &str) -> (String, String) {
        let Names { number, person, login, letter, client, .. } = asked.names;
        let proof = self.parts.signing.handles().form_proof(BROWSER, asked.ticket);
        let ticket = format!("?ticket={}", asked.ticket);
        let form = |fields: String| (ticket.clone(), format!("proof={proof}&{fields}"));
        let known = format!(
            "response_type=code&client_id={client}&redirect_uri={CALLBACK}&scope=openid&\
             code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
        let operator = (!asked.pattern.contains("{operator}")).then_some(MINAMI);
        let subject = json!({"type": "person", "id": person, "properties": {"operator": operator}});
        let (view, channel) = (json!({"name": "view"}), json!({"type": "channel", "id": "101"}));
        let mut question = json!({"subject": subject, "action": view, "resource": channel});
        let json = |value: serde_json::Value| (String::new(), value.to_string());
        let last = asked.pattern.rsplit('/').next().unwrap_or_default();
        match last {
            "commands" => json(json!({"op": "STOP"})),
            "commands:batch" => {
                let stop = json!({"request_id": key, "contract_no": number, "op": "STOP"});
                json(json!({"commands": [stop]}))
            }
            "why" => ("?person_no=1&resource=channel:101".to_owned(), String::new()),
            "evaluation" => json(question),
            "evaluations" => json(json!({"evaluations": [question]})),
            "resource" => {
                question["resource"] = json!({"type": "channel"});
                json(question)
            }
            "register" | "{client_id}" | "{id}" => json(new_client(last, asked.names)),
            "plays" => json(json!({"subject": subject, "resource": channel})),
            "device" if asked.method == "GET" => {
                (format!("?user_code={}", asked.names.user_code), String::new())
            }
            "device" => {
                let fields = format!("user_code={}&decision=refuse", asked.names.user_code);
                (String::new(), format!("proof={proof}&{fields}"))
            }
            "revoke" | "introspect" => (String::new(), format!("token={}", asked.names.token)),
            "device_authorization" => (String::new(), "scope=openid".to_owned()),
            "authorize" if asked.method == "GET" => (format!("?{known}"), String::new()),
            "authorize" | "par" => (String::new(), known),
            "token" => (
                String::new(),
                format!("grant_type=refresh_token&refresh_token={}", asked.names.refresh),
            ),
            "operator" => form("operator=NOBODY".to_owned()),
            "password" => form(format!("username={login}&password=wrong-password")),
            "passkey" => form("credential={}".to_owned()),
            // Every question is another one: without the form's proof there is none.
            "ask" | "signin" => (ticket, String::new()),
            "invitation" | "first" => (format!("?number={number}&code={letter}"), String::new()),
            "letter" => form(format!("contract_number={number}&registration_code={letter}")),
            "account" => form(format!("username={login}2&password=long-enough-password")),
            "forgotten" => form(format!("username={login}")),
            "recovery" => form("code=12345678".to_owned()),
            "box" => form("box_code=VWXZ-VWXZ&birth_on=1958-02-03".to_owned()),
            "renewal" => form("password=long-enough-password&code=123456".to_owned()),
            "approved" => form(String::new()),
            "go" => form("step=letter".to_owned()),
            "language" => form("language=en".to_owned()),
            _ => (String::new(), String::new()),
        }
    }

    /// Query and body of a page of the console about `asked.names`.
    fn console_words(&self, asked: &Asked<'_>) -> (String, String) {
        let last = asked.pattern.rsplit('/').next().unwrap_or_default();
        let Names { number, login, letter, trace, file, bulk, product, client, .. } = asked.names;
        let seat = asked.authorization.strip_prefix("Staff ").unwrap_or_default();
        let proof =
            |path: &str| self.parts.signing.handles().form_proof(seat, &format!("console:{path}"));
        let form = |fields: String| (String::new(), fields);
        match (asked.method, last) {
            ("GET", "contracts") => (format!("?q={number}"), String::new()),
            ("GET", "logs") => (format!("?number={number}"), String::new()),
            ("POST", "logs") => form(format!("proof={}&number={number}", proof("/logs"))),
            ("GET", "why") => (format!("?trace={trace}"), String::new()),
            ("POST", "sign-in") => form(format!("staff={login}&password=wrong-one&code=000000")),
            ("POST", "passkey") => form("credential={}".to_owned()),
            ("POST", "security" | "ask") => {
                form(format!("proof={}&do=rename&name=x", proof("/security")))
            }
            ("POST", "join") => form(format!("staff={login}&invitation={letter}")),
            ("POST", "sign-out") => form(format!("proof={}", proof("/sign-out-of-another"))),
            ("POST", "staff") => form(format!("proof={}&staff={login}&desk=1", proof("/staff"))),
            ("POST", "{staff}") => {
                form(format!("proof={}&do=end_sessions", proof(&format!("/staff/{login}"))))
            }
            ("POST", "{station}") => form(format!("proof={}", proof("/stations/MINA01"))),
            ("POST", "today") => form(format!("proof={}&receiver=vod", proof("/today"))),
            ("POST", "{bulk}") => {
                form(format!("proof={}&do=withdraw", proof(&format!("/bulk/{bulk}"))))
            }
            ("POST", "policies" | "linkage" | "look") => {
                form(format!("proof={}&do=draft", proof(&format!("/masters/{last}"))))
            }
            ("POST", "new") if asked.pattern.contains("/masters/") => {
                let proof = proof("/masters/products/new");
                form(format!("proof={proof}&do=draft&code={product}&kind=SVOD&name_ja=x&name_en=x"))
            }
            ("POST", "{client}") => {
                let proof = proof(&format!("/masters/services/{client}"));
                form(format!("proof={proof}&do=draft&name_ja=x&name_en=x"))
            }
            ("POST", "{product}") => {
                let proof = proof(&format!("/masters/products/{product}"));
                form(format!("proof={proof}&do=draft&name_ja=x&name_en=x"))
            }
            ("POST", "{file}") => {
                let proof = proof(&format!("/files/{file}"));
                form(format!("proof={proof}&do=discard&seen=HELD.gap"))
            }
            ("POST", "launch") => {
                form(format!("proof={}&do=vouch&item=night&so=1", proof("/launch")))
            }
            ("POST", _) => {
                let proof = proof(&format!("/contracts/{number}"));
                form(format!("proof={proof}&do=preview&verb=suspend&reason=40"))
            }
            _ => form(String::new()),
        }
    }

    /// What the owner of `operator` proves itself with at a route.
    fn proof(&self, guard: Guard, operator: &str, names: &Names) -> String {
        let bearer = |token: String| format!("Bearer {token}");
        let service = if operator == Scope::PLATFORM { "everywhere" } else { "service" };
        match guard {
            Guard::Sms => bearer(self.token(operator, "sms")),
            Guard::Service => bearer(self.token(operator, service)),
            Guard::Admin => bearer(self.token(
                operator,
                if operator == Scope::PLATFORM { "headquarters" } else { "admin" },
            )),
            Guard::Person => bearer(names.token.clone()),
            Guard::Client => basic(service),
            Guard::Registering => bearer(names.registered.initial.clone()),
            Guard::Registered => bearer(names.registered.management.clone()),
            Guard::Staff => format!("Staff {}", self.seats[operator]),
            _ => String::new(),
        }
    }
}

/// A client that registers itself, or that a program makes.
fn new_client(last: &str, names: &Names) -> serde_json::Value {
    if last != "{id}" {
        return registering::site_of(&names.registered.id);
    }
    json!({
        "name_ja": "盗", "name_en": "Thief", "grants": ["authorization_code"],
        "redirect_uris": [CALLBACK],
    })
}

/// The operator whose client may call at a pattern, when the southern one is the caller.
fn caller_at(pattern: &str) -> &'static str {
    if pattern.contains("{operator}") { MINAMI } else { Scope::PLATFORM }
}

#[test]
fn nobody_gets_anything_of_anybody_at_any_route() {
    let two = Two::new();
    let without = String::new;
    let nobody = Names { session: without(), letter: without(), ..two.theirs.clone() };
    // Anybody may begin a sign-in.
    let picture = || {
        let mut picture = two.picture();
        picture.remove("sign_ins");
        picture
    };
    let before = picture();
    for (method, pattern, guard) in mounted() {
        // A wrong try is counted: the next test.
        if guard == Guard::Trying {
            continue;
        }
        let at = |at, names| Asked {
            method,
            pattern: &pattern,
            at,
            names,
            authorization: String::new(),
            ticket: "",
        };
        let told = two.ask(&at(KITA, &nobody));
        let wanted: &[u16] = match guard {
            Guard::Open if pattern.ends_with("()") => continue,
            Guard::Open => &[200],
            Guard::Sms | Guard::Service | Guard::Person | Guard::Client | Guard::Admin => &[401],
            Guard::Registering | Guard::Registered => &[401],
            Guard::Session => &[401],
            Guard::Letter => &[409],
            Guard::Known => &[400, 303],
            Guard::Browser => &[303],
            Guard::Staff if method == "GET" => &[200],
            Guard::Staff => &[422],
            Guard::Ticket | Guard::Operations | Guard::Trying => &[404],
        };
        let name = format!("{method} {pattern}");
        assert!(wanted.contains(&told.status.as_u16()), "{name}: {}", told.text);
        no_secrets(&name, &told);
        if pattern.contains("{operator}") {
            let gone = two.ask(&at("NOBODY", &nobody));
            assert!(gone.status.is_client_error(), "{name}: {}", gone.text);
        }
    }
    assert_same(&before, &picture(), "nobody asked");
}

#[test]
fn wrong_tries_at_the_console_tell_nothing_and_only_count() {
    let two = Two::new();
    let picture = || {
        let mut picture = two.picture();
        picture.remove("lockouts");
        picture
    };
    let before = picture();
    for (method, pattern, guard) in mounted() {
        if guard != Guard::Trying {
            continue;
        }
        let tell = |at, names| {
            let asked = (method, pattern.as_str());
            let told = two.ask(&Asked {
                method: asked.0,
                pattern: asked.1,
                at,
                names,
                authorization: String::new(),
                ticket: "",
            });
            no_secrets(asked.1, &told);
            (told.status.as_u16(), told.text)
        };
        let (theirs, nobodys) = (tell(KITA, &two.theirs), tell(KITA, &two.nobodys));
        assert_eq!((theirs.0, &theirs.1), (422, &nobodys.1), "{pattern}");
        assert!((400..500).contains(&tell("NOBODY", &two.theirs).0), "{pattern}");
    }
    assert_same(&before, &picture(), "nobody tried");
}

#[test]
fn another_operators_proof_is_worth_nothing_at_any_route() {
    let two = Two::new();
    let before = two.picture();
    for (method, pattern, guard) in mounted() {
        // The southern operator's token or client at the northern (or the platform's) address.
        let asked = Asked {
            method,
            pattern: &pattern,
            at: KITA,
            names: &two.theirs,
            authorization: match guard {
                Guard::Person => format!("Bearer {}", two.nobodys.token),
                Guard::Client => basic("sms"),
                guard => two.proof(guard, MINAMI, &two.nobodys),
            },
            ticket: &two.own_ticket(),
        };
        let wanted = match guard {
            Guard::Sms | Guard::Service | Guard::Person | Guard::Client | Guard::Admin => 401,
            Guard::Registering | Guard::Registered => 401,
            Guard::Ticket => 404,
            Guard::Staff if method == "GET" => 200,
            Guard::Staff => 422,
            _ => continue,
        };
        // At the northern token endpoint there is a client `sms` with this secret, of its own.
        if guard == Guard::Client && pattern.contains("{operator}") {
            continue;
        }
        let told = two.ask(&asked);
        let name = format!("{method} {pattern}");
        assert_eq!(told.status.as_u16(), wanted, "{name}: {}", told.text);
        no_secrets(&name, &told);
    }
    assert_same(&before, &two.picture(), "the southern operator asked in the north");
}

#[test]
fn another_operators_things_are_as_unknown_as_what_nobody_has_at_every_route() {
    let two = Two::new();
    let before = two.picture();
    for (method, pattern, guard) in mounted() {
        let own = two.own_ticket();
        let ask = |names: &Names, ticket: &str| {
            two.ask(&Asked {
                method,
                pattern: &pattern,
                at: MINAMI,
                names,
                authorization: two.proof(guard, caller_at(&pattern), names),
                ticket,
            })
        };
        if matches!(guard, Guard::Open | Guard::Operations | Guard::Trying) {
            continue;
        }
        // It names nobody: who sits there is asked, another question each time.
        if pattern.ends_with("/security/ask") {
            continue;
        }
        // It names nobody either, and tells of the last requests: how many failed, how long they took.
        if pattern == "/console/{operator}/today" {
            continue;
        }
        // A client of all operators may be called like none of theirs: the platform's program is told.
        if (method, pattern.as_str()) == ("PUT", "/admin/v1/clients/{id}") {
            continue;
        }
        let name = format!("{method} {pattern}");
        if pattern.ends_with("/rotate") {
            // About nobody's: what the first does, the next ones find done.
            ask(&two.nobodys, &own);
        }
        let (theirs, nobodys) = (ask(&two.theirs, &own), ask(&two.nobodys, &own));
        assert_eq!(theirs.text, nobodys.text, "{name} tells them apart");
        no_secrets(&name, &theirs);
        if guard == Guard::Ticket {
            let (theirs, nobodys) = (two.theirs.ticket.clone(), two.nobodys.ticket.clone());
            let (theirs, nobodys) = (ask(&two.theirs, &theirs), ask(&two.nobodys, &nobodys));
            assert_eq!(theirs.text, nobodys.text, "{name} tells tickets apart");
            assert_eq!(theirs.status, 404, "{name}: {}", theirs.text);
        }
    }
    assert_same(&before, &two.picture(), "the southern operator asked about the north");
}

#[test]
fn the_owner_is_answered_at_every_route_that_reads() {
    let two = Two::new();
    for (method, pattern, guard) in mounted() {
        let asks = matches!(guard, Guard::Sms | Guard::Service | Guard::Person | Guard::Ticket);
        let asks = asks || matches!(guard, Guard::Registered | Guard::Admin | Guard::Staff);
        let reads = method == "GET" || guard == Guard::Service;
        if !asks || !reads || !pattern.contains("{operator}") || pattern.ends_with("/plays") {
            continue;
        }
        let told = two.ask(&Asked {
            method,
            pattern: &pattern,
            at: KITA,
            names: &two.theirs,
            authorization: two.proof(guard, KITA, &two.theirs),
            ticket: &two.theirs.ticket,
        });
        // A search that finds one contract opens it.
        let wanted = if pattern.ends_with("/contracts") { 303 } else { 200 };
        assert_eq!(told.status.as_u16(), wanted, "{method} {pattern}: {}", told.text);
    }
}

#[test]
fn a_zero_character_is_a_callers_fault_at_every_route() {
    let two = Two::new();
    let named = |text: &str| {
        let mut names = two.theirs.clone();
        let all = [&mut names.number, &mut names.person, &mut names.login, &mut names.letter];
        all.into_iter().for_each(|name| text.clone_into(name));
        text.clone_into(&mut names.client);
        text.clone_into(&mut names.registered.id);
        text.clone_into(&mut names.user_code);
        text.clone_into(&mut names.token);
        names
    };
    // As an address and a form write it, and as JSON does.
    let (written, plain) = (named("a%00b"), named("a\u{0}b"));
    for (method, pattern, guard) in mounted() {
        let json = guard == Guard::Service || pattern.ends_with("commands:batch");
        let names = if json { &plain } else { &written };
        for at in [KITA, "K%00"] {
            let told = two.ask(&Asked {
                method,
                pattern: &pattern,
                at,
                names,
                authorization: match guard {
                    Guard::Person => format!("Bearer {}", two.theirs.token),
                    guard => two.proof(guard, KITA, &two.theirs),
                },
                ticket: &two.theirs.ticket,
            });
            assert!(told.status.as_u16() < 500, "{method} {pattern}: {}", told.text);
        }
    }
}

fn no_secrets(name: &str, told: &Told) {
    let secret = SECRETS.iter().find(|secret| told.text.contains(**secret));
    assert_eq!(secret, None, "{name} told: {}", told.text);
}

#[test]
fn only_operators_that_are_there_have_lines_in_the_access_log_and_all_of_them_end() {
    let two = Two::new();
    for (method, pattern, guard) in mounted() {
        for at in [KITA, "NOBODY", "INVENT"] {
            two.ask(&Asked {
                method,
                pattern: &pattern,
                at,
                names: &two.theirs,
                authorization: two.proof(guard, KITA, &two.theirs),
                ticket: &two.theirs.ticket,
            });
        }
    }
    two.parts.books.flush();
    let whose = || {
        let sql = "SELECT DISTINCT operator_id FROM access_log ORDER BY operator_id";
        two.world.look(|tx| tx.rows(sql, &[], |row| row.text())).unwrap()
    };
    assert_eq!(whose(), ["*", KITA]);
    for operator in [Scope::PLATFORM, KITA, MINAMI] {
        let scope = two.world.scope(operator, base::kernel::Actor::System);
        let prune =
            |tx: &mut base::store::Tx<'_>| base::records::prune(tx, tx.now().plus_days(1), 10_000);
        two.world.db.housekeep(&scope, "prune", prune).unwrap();
    }
    assert_eq!(whose(), [""; 0]);
}
