//! The rooms that hold the database themselves and open their own transactions: each public method,
//! asked by the southern operator about the northern one's things, answers as about things nobody has.
//!
//! The methods are found in the source, so a new one without a line here fails.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::kernel::{Actor, Result, Scope, clock};
use domain::clients::Presented;
use domain::commands::{Command, CommandGroups, Op};
use domain::credentials::Site;
use domain::decisions::{Action, Ask, PinGiven, Question, Subject};
use domain::sessions::{DeviceAsk, Lasting};
use domain::signin::{
    Caller, Conditions, Continued, Extent, Holding, Purpose, Redeeming, Refreshing, Request, Step,
};
use domain::subscribers::Reason;
use domain::tokens::{Scheme, Shown};

use crate::doors_world::{BROWSER, Names, SECRETS, Two, issuer};
use crate::isolation_desks;
use crate::isolation_homes::PROBES as HOMES;
use crate::picture::assert_same;
use crate::viewers::{BASE, CALLBACK, SECRET};
use crate::world::MINAMI;

/// Methods that ask about nothing of anybody's, and why.
const NOTHING_TO_ASK: &[(&str, &str)] = &[
    ("Journeys::push", "writes a request of the issuer and client it is given"),
    ("Journeys::look_at_device", "finds a code of its own issuer: sessions::find_user_code"),
    ("Journeys::decide_device", "decides what look_at_device found: sessions::decide_device"),
    ("AccessTokens::new", "makes the room"),
    ("AccessTokens::nonce", "a word of the issuer it is given, for anybody"),
    ("AccessTokens::proven_key", "knows nobody: a proof brings its own key"),
    ("AccessTokens::mint", "writes a token for the issuer and client it is given"),
    ("Clients::new", "makes the room"),
    ("Clients::is_current", "a snapshot the caller holds"),
    ("CommandGroups::new", "makes the room"),
    ("CommandGroups::waiting", "counts callers"),
    ("Decisions::open", "makes the room"),
    ("Decisions::flush", "waits for the log"),
    ("Journeys::new", "makes the room"),
    ("Journeys::look", "a ticket proves itself whose it is; doors compare that with the address"),
    ("Journeys::person_of", "a session's cookie proves itself whose it is, and of which operator"),
    ("Journeys::session_at", "a session's cookie proves itself whose it is; nothing is read"),
    ("Journeys::begin_asking", "begins a sign-in of who is signed in: session_of"),
    ("Journeys::factors_of", "of who is signed in: credentials::factors_of"),
    ("Journeys::password_of", "of who is signed in: what change_password changes"),
    ("Journeys::change_password", "of who is signed in: credentials::is_current"),
    ("Journeys::signed_in_by", "of who is signed in: sessions::list_sessions, list_devices"),
    ("Journeys::end_other_sessions", "of who is signed in: sessions::end_sessions"),
    ("Journeys::end_own_session", "of who is signed in: sessions::end_session_of"),
    ("Journeys::rename_own_device", "of who is signed in: sessions::rename_device"),
    ("Journeys::remove_own_device", "of who is signed in: sessions::remove_device"),
    ("Journeys::contacts_of", "of who is signed in: credentials::contacts_of"),
    ("Journeys::add_contact", "of who is signed in: credentials::add_contact"),
    ("Journeys::verify_contact", "of who is signed in: credentials::verify_contact"),
    ("Journeys::remove_contact", "of who is signed in: credentials::remove_contact"),
    ("Journeys::pins_of", "of who is signed in: credentials::pins_of"),
    ("Journeys::set_pin", "of who is signed in: credentials::set_pin"),
    ("Journeys::ask_pin_from", "of who is signed in: credentials::ask_pin_from"),
    ("Journeys::remove_pin", "of who is signed in: credentials::remove_pin"),
    ("Journeys::approvals_of", "of who is signed in: credentials::approvals_of"),
    ("Journeys::approve", "of who is signed in: credentials::approve"),
    ("Journeys::refuse_approval", "of who is signed in: credentials::refuse_approval"),
    ("Journeys::act_as", "does something of who is signed in: the functions it is given"),
    ("Journeys::look_as", "as `Journeys::act_as`"),
    ("Journeys::family_of", "of who is signed in: credentials::family_of"),
    ("Journeys::home_switch_of", "of who is signed in: credentials::home_switch_of"),
    ("Journeys::switch_own_home", "of who is signed in: credentials::switch_own_home"),
    ("Journeys::invite", "of who is signed in: credentials::invite"),
    ("Journeys::invite_phone", "of who is signed in: credentials::invite_phone"),
    ("Journeys::withdraw_invitation", "of who is signed in: credentials::withdraw_invitation"),
    ("Journeys::home_of", "of who is signed in: subscribers::load, credentials::login_of"),
    ("Journeys::take_own_data", "of who is signed in: signin::own_data"),
    ("Journeys::begin_totp", "of who is signed in: credentials::enrol_totp"),
    ("Journeys::confirm_totp", "of who is signed in: credentials::confirm_totp"),
    ("Journeys::new_recovery_codes", "of who is signed in: credentials::issue_recovery_codes"),
    ("Journeys::remove_totp", "of who is signed in: credentials::remove_totp"),
    ("Journeys::consents_of", "of who is signed in: sessions::list_consents"),
    ("Journeys::withdraw_consent", "of who is signed in: sessions::withdraw_consent"),
    ("Journeys::passkeys_of", "of who is signed in: session_of"),
    ("Journeys::ask_new_passkey", "for who is signed in: session_of"),
    ("Journeys::add_passkey", "for who is signed in: session_of"),
    ("Journeys::rename_passkey", "of who is signed in: session_of"),
    ("Journeys::remove_passkey", "of who is signed in: session_of"),
    ("Journeys::ask_passkey", "a ticket proves itself whose it is: ask"),
    ("Journeys::operators", "the list a person chooses from, of names on every sign-in page"),
    ("Signing::new", "makes the room"),
    ("Signing::master", "the process's own key"),
    ("Signing::handles", "the process's own key"),
    ("Signing::ring", "public keys, and signing for the issuer a door resolved"),
    ("Signing::ring_with", "as `Signing::ring`, for one algorithm more"),
    ("Signing::rotate_due", "the platform's own work on every issuer"),
];

pub type Probe = fn(&Two, &Names) -> String;

/// An answer, or the code of its error: what an error names besides is what the caller brought.
pub fn said<T: std::fmt::Debug>(answer: Result<T>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("refused: {}", error.code()),
    }
}

fn ask(subject: Subject<'_>) -> Ask<'_> {
    let question = Question {
        action: Action::View,
        resource: "channel:101",
        least_age: None,
        adult: false,
        pin: PinGiven::Missing,
    };
    Ask { operator: MINAMI, client: "service", subject, question }
}

fn subjects(two: &Two, names: &Names) -> [String; 3] {
    let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
    let sector = client.terms.sector.as_str();
    let all = [
        Subject::Person { id: &names.person, sector },
        Subject::Household { id: &names.household, sector },
        Subject::Member { number: &names.number, person_no: 1 },
    ];
    all.map(|subject| {
        let ask = ask(subject);
        let memory = two.parts.decisions.answer_from_memory(&ask, clock::now()).is_some();
        let answer = two.parts.decisions.answer(&ask, clock::now());
        let typed = (two.parts.signing.master(), "2580");
        let with_pin = two.parts.decisions.answer_with_pin(&ask, typed, clock::now());
        let with_pin = said(with_pin.map(|one| one.decision.findings));
        let found = two.parts.decisions.search(&ask, ("channel", "", 10), clock::now());
        let answer = said(answer.map(|one| one.decision.findings));
        let shelf = two.parts.decisions.shelf(&ask, ("", 50), clock::now());
        let shelf = said(shelf.map(|one| one.map(|one| one.products)));
        format!("{memory} {answer} {with_pin} {} {shelf}", said(found))
    })
}

fn caller(ticket: &str) -> Caller<'_> {
    Caller { ticket, browser: BROWSER, session: None, now: clock::now() }
}

pub fn at_password<T: std::fmt::Debug>(
    two: &Two,
    work: impl FnOnce(&Caller<'_>) -> Result<T>,
) -> String {
    said(work(&caller(&two.own_ticket())))
}

const HOLDING: Holding<'static> = Holding { lasting: Lasting::Refreshed, jkt: None };

fn redeemed(two: &Two, names: &Names) -> String {
    let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
    let with = Redeeming { code: &names.code, redirect_uri: CALLBACK, verifier: None };
    let holding = (HOLDING, clock::now());
    let given = two.parts.journeys.redeem_code((&client, MINAMI), &with, holding);
    let with = Refreshing { token: &names.refresh, wanted: None, jkt: None };
    let turned = two.parts.journeys.refresh((&client, MINAMI), &with, clock::now());
    format!("{} {}", said(given.map(|_| "given")), said(turned.map(|_| "given")))
}

fn bearer(names: &Names) -> Shown<'_> {
    Shown { token: &names.token, scheme: Scheme::Bearer, proof: None }
}

fn held(two: &Two, names: &Names) -> String {
    let verified = two.parts.tokens.verify(&issuer(MINAMI), &names.token);
    let held = verified.and_then(|verified| {
        two.parts.journeys.holder(&verified.claims, &verified.client, clock::now())
    });
    // One token is of another issuer, the other of nobody: both are simply not good here.
    said(held.map(|_| "a person"))
}

const PROBES: &[(&str, Probe)] = &[
    ("AccessTokens::verify", held),
    ("AccessTokens::verify_shown", |two, names| {
        let verified = two.parts.tokens.verify_shown(&issuer(MINAMI), &bearer(names));
        let held = verified.and_then(|verified| {
            two.parts.journeys.holder(&verified.claims, &verified.client, clock::now())
        });
        said(held.map(|_| "a person"))
    }),
    ("AccessTokens::client_for", |two, names| {
        let wanted = (domain::clients::ClientKind::Service, "openid");
        said(two.parts.tokens.client_for(&issuer(MINAMI), &bearer(names), wanted).map(|_| "good"))
    }),
    ("AccessTokens::client_from_memory", |two, names| {
        let wanted = (domain::clients::ClientKind::Service, "openid");
        let shown = bearer(names);
        let known = two.parts.tokens.client_from_memory(&issuer(MINAMI), &shown, wanted);
        format!("{:?}", known.is_some_and(|answer| answer.is_ok()))
    }),
    ("Clients::find", |two, names| {
        said(two.parts.clients.find(MINAMI, &names.client).map(|found| found.is_some()))
    }),
    ("Clients::authenticate", |two, names| {
        let scope = Scope::new(MINAMI, Actor::Anonymous, clock::now());
        let shown = Presented::Basic { id: names.client.clone(), secret: SECRET.to_owned() };
        said(two.parts.clients.authenticate(&scope, &shown, &[]).map(|client| client.id.clone()))
    }),
    ("CommandGroups::execute", |two, names| {
        let scope = Scope::new(MINAMI, Actor::Sms("spy".to_owned()), clock::now());
        let asked = format!("spy-{}", names.number);
        let mut command = Command::new(&asked, Op::Suspend, &names.number);
        command.reason = Some(Reason::Unpaid);
        let groups = CommandGroups::new(two.parts.db.clone());
        said(groups.execute(&scope, command).map(|report| report.code))
    }),
    ("Decisions::answer", |two, names| subjects(two, names).concat()),
    ("Decisions::answer_with_pin", |two, names| subjects(two, names).concat()),
    ("Decisions::answer_from_memory", |two, names| subjects(two, names).concat()),
    ("Decisions::search", |two, names| subjects(two, names).concat()),
    ("Decisions::shelf", |two, names| subjects(two, names).concat()),
    ("Decisions::explain", |two, names| {
        let scope = Scope::new(MINAMI, Actor::Staff("spy".to_owned()), clock::now());
        said(two.parts.decisions.explain(&scope, &names.trace).map(|_| "explained"))
    }),
    ("Journeys::begin", |two, names| {
        // A sign-in is begun under whatever it is told; the client is looked up at its issuer.
        let request = Request {
            issuer: MINAMI.to_owned(),
            client_id: names.client.clone(),
            redirect_uri: CALLBACK.to_owned(),
            scope: "openid".to_owned(),
            state: None,
            nonce: None,
            challenge: None,
            dpop_jkt: None,
            login_hint: None,
            language: None,
            mode: domain::signin::ResponseMode::default(),
            ask_consent: false,
            wanted: None,
        };
        let begun = two.parts.journeys.begin(&Purpose::Code(request), (BROWSER, clock::now()));
        said(begun.map(|ticket| ticket.starts_with(MINAMI)))
    }),
    ("Journeys::choose_operator", |two, names| {
        said(two.parts.journeys.choose_operator(&caller(&names.ticket), MINAMI).map(|_| "chosen"))
    }),
    ("Journeys::go_to", |two, _| {
        at_password(two, |caller| two.parts.journeys.go_to(caller, &Step::Letter))
    }),
    ("Journeys::continue_session", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let request = Request {
            issuer: MINAMI.to_owned(),
            client_id: client.id.clone(),
            redirect_uri: CALLBACK.to_owned(),
            scope: "openid".to_owned(),
            state: None,
            nonce: None,
            challenge: None,
            dpop_jkt: None,
            login_hint: None,
            language: None,
            mode: domain::signin::ResponseMode::default(),
            ask_consent: false,
            wanted: None,
        };
        let asked = (&request, &client);
        let when = Conditions { max_age: None, silent: false, choosing: false, now: clock::now() };
        let finish = two.parts.journeys.continue_session(&names.session, asked, when);
        said(finish.map(|finish| finish != Continued::SignIn))
    }),
    ("Journeys::session_of", |two, names| {
        let found = two.parts.journeys.session_of(&names.session, (MINAMI, clock::now()));
        said(found.map(|found| found.is_some()))
    }),
    ("Journeys::log_out", |two, names| {
        let at = (MINAMI, clock::now());
        let left = two.parts.journeys.log_out(&names.session, at, Extent::AllDevices);
        said(left.map(|left| left.map_or(0, |one| one.clients.len())))
    }),
    ("Journeys::try_password", |two, names| {
        let typed = (names.login.as_str(), "not the password");
        at_password(two, |caller| two.parts.journeys.try_password(caller, typed).map(|_| "in"))
    }),
    ("Journeys::try_passkey", |two, _| {
        let site = Arc::new(Site::of(BASE).unwrap());
        at_password(two, |caller| two.parts.journeys.try_passkey(caller, &site, "{}").map(|_| "in"))
    }),
    ("Journeys::ask_recovery", |two, names| {
        at_password(two, |caller| {
            two.parts.journeys.go_to(caller, &Step::Recover)?;
            two.parts.journeys.ask_recovery(caller, &names.login)
        })
    }),
    ("Journeys::try_recovery", |two, names| {
        at_password(two, |caller| {
            two.parts.journeys.go_to(caller, &Step::Recover)?;
            two.parts.journeys.ask_recovery(caller, &names.login)?;
            two.parts.journeys.try_recovery(caller, "00000000")
        })
    }),
    ("Journeys::recover", |two, _| {
        at_password(two, |caller| two.parts.journeys.recover(caller, ("long-enough-password", "")))
    }),
    ("Journeys::try_letter", |two, names| {
        let typed = (names.number.as_str(), names.letter.as_str());
        at_password(two, |caller| {
            two.parts.journeys.go_to(caller, &Step::Letter)?;
            two.parts.journeys.try_letter(caller, typed).map(|_| "on")
        })
    }),
    ("Journeys::ask_owner", |two, names| {
        at_password(two, |caller| {
            two.parts.journeys.go_to(caller, &Step::Recover)?;
            two.parts.journeys.ask_owner(caller, &names.login).map(|_| "waits")
        })
    }),
    ("Journeys::try_approval", |two, names| {
        at_password(two, |caller| {
            two.parts.journeys.go_to(caller, &Step::Recover)?;
            two.parts.journeys.ask_owner(caller, &names.login)?;
            two.parts.journeys.try_approval(caller).map(|_| "on")
        })
    }),
    ("Journeys::open_invitation", |two, names| {
        let invitation = (names.number.as_str(), names.letter.as_str());
        let browser = (BROWSER, clock::now());
        said(two.parts.journeys.open_invitation(MINAMI, invitation, browser))
    }),
    ("Journeys::register", |two, names| {
        let typed = (names.login.as_str(), "a long enough password");
        at_password(two, |caller| two.parts.journeys.register(caller, typed).map(|_| "in"))
    }),
    ("Journeys::register_without_password", |two, _| {
        at_password(two, |caller| {
            two.parts.journeys.register_without_password(caller).map(|_| "in")
        })
    }),
    ("Journeys::try_second", |two, names| {
        let code = names.letter.as_str();
        at_password(two, |caller| two.parts.journeys.try_second(caller, code).map(|_| "in"))
    }),
    ("Journeys::stay", |two, _| {
        at_password(two, |caller| two.parts.journeys.stay(caller).map(|_| "in"))
    }),
    ("Journeys::agree", |two, _| {
        at_password(two, |caller| two.parts.journeys.agree(caller, "shown").map(|_| "in"))
    }),
    ("Journeys::disagree", |two, _| {
        at_password(two, |caller| two.parts.journeys.disagree(caller).map(|_| "out"))
    }),
    ("Journeys::redeem_code", redeemed),
    ("Journeys::ask_for_device", |two, _| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let ask = DeviceAsk {
            client_id: &client.id,
            scope: "openid",
            device_ref: "",
            model: "STB",
            line: "",
            box_id: "",
        };
        let asked = two.parts.journeys.ask_for_device((&client, MINAMI), &ask, clock::now());
        said(asked.map(|asked| asked.code.user_code.len()))
    }),
    ("Journeys::poll_device", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let asks = (names.device_code.as_str(), HOLDING);
        let answer = two.parts.journeys.poll_device((&client, MINAMI), asks, clock::now());
        said(answer)
    }),
    ("Journeys::give_back", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let give = |token: &str| {
            let whose = (client.as_ref(), &issuer(MINAMI));
            two.parts.journeys.give_back(&two.parts.tokens, whose, (token, clock::now()))
        };
        format!("{} {}", said(give(&names.token).map(|_| "taken")), said(give(&names.refresh)))
    }),
    ("Journeys::exchange", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let with = domain::signin::Exchanging {
            subject: &names.token,
            actor: &names.token,
            wanted: None,
            jkt: None,
        };
        let (whose, now) = ((&client, &issuer(MINAMI)), clock::now());
        let done = two.parts.journeys.exchange(&two.parts.tokens, whose, &with, now);
        said(done.map(|_| "a token"))
    }),
    ("Journeys::inspect", |two, names| {
        let client = two.parts.clients.find(MINAMI, "service").unwrap().unwrap().client;
        let look = |token: &str| {
            let whose = (&client, &issuer(MINAMI));
            two.parts.journeys.inspect(&two.parts.tokens, whose, (token, clock::now()))
        };
        // One access token is of another issuer, the other of an authorization that is not there.
        format!("{} {}", said(look(&names.token)), said(look(&names.refresh)))
    }),
    ("Journeys::take_pushed", |two, names| {
        let asked = (names.pushed.as_str(), "service");
        said(two.parts.journeys.take_pushed(asked, (MINAMI, clock::now())))
    }),
    ("Journeys::refresh", redeemed),
    ("Journeys::holder", held),
];

#[test]
fn no_room_tells_another_operators_things_from_what_nobody_has() {
    let two = Two::new();
    let before = two.picture();
    for (name, probe) in PROBES.iter().chain(HOMES).chain(isolation_desks::PROBES) {
        let answers = [&two.theirs, &two.nobodys].map(|names| probe(&two, names));
        assert_eq!(answers[0], answers[1], "{name} tells them apart");
        let secret = SECRETS.iter().find(|secret| answers[0].contains(**secret));
        assert_eq!(secret, None, "{name} told: {}", answers[0]);
        assert_same(&before, &two.picture(), name);
    }
}

#[test]
fn every_method_of_a_room_that_holds_the_database_is_probed_or_has_a_reason() {
    let found = isolation_desks::methods();
    assert!(found.len() > 20, "the source could not be read: {found:?}");
    let reasons = NOTHING_TO_ASK.iter().chain(isolation_desks::NOTHING_TO_ASK);
    let reasons = reasons.map(|(name, _)| *name);
    let probed = PROBES.iter().chain(HOMES).chain(isolation_desks::PROBES).map(|(name, _)| *name);
    let listed: BTreeSet<String> = probed.chain(reasons).map(str::to_owned).collect();
    let missing: Vec<_> = found.difference(&listed).collect();
    assert!(missing.is_empty(), "add a probe to isolation_rooms.rs for {missing:?}");
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "not in the domain any more: {gone:?}");
}
