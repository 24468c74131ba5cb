//! Every public function of the domain that takes a transaction, asked by the southern operator
//! about the northern one's things: it tells nothing and changes nothing.
//!
//! The functions are found in the source, so a new one without a line here fails.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use base::kernel::{Actor, Result};
use base::store::Tx;
use domain::commands::{self, Command, Op};
use domain::subscribers::{self, Load, Reason};
use domain::{
    boxes, catalogue, clients, credentials, decisions, entitlements, operators, sessions,
};

use crate::isolation_admin;
use crate::isolation_devices;
use crate::isolation_factors;
use crate::isolation_families;
use crate::isolation_files;
use crate::isolation_registration;
use crate::picture::{assert_same, picture};
use crate::world::{KITA, MINAMI, World};

/// What must never be in an answer to the other operator.
const SECRETS: [&str; 4] = ["ﾋﾐﾂﾉ ﾅﾏｴ", "0311112222", "秘密パック", "himitsu@example.jp"];
pub const NUMBER: &str = "K-0001";

/// Functions that ask about nothing of anybody's, and why.
const NOTHING_TO_ASK: &[(&str, &str)] = &[
    ("files::arrive", "writes a file of its own scope"),
    ("files::archive_due", "housekeeping of old rows of its own scope, answers a number"),
    ("operators::put_operator", "writes the operator of its own scope"),
    ("operators::disable", "of its own scope"),
    ("operators::enable", "of its own scope"),
    ("operators::changed", "of its own scope"),
    ("administration::check_in_service", "asks about the operator of its own scope"),
    ("administration::note_export", "writes an audit line of its own scope"),
    ("administration::note_result_taken", "writes an audit line of its own scope"),
    ("subscribers::sweep_refused", "housekeeping of old rows of its own scope, answers a number"),
    ("operators::operator_of_rp_id", "the platform's look-up of a public list"),
    ("operators::list_operators", "the platform's list: doors give it to platform staff only"),
    ("operators::list_codes", "the platform's list, for its workers"),
    ("operators::list_choices", "names of the operators in service: on a page anybody may open"),
    ("operators::put_staff", "writes into its own scope"),
    ("staff::change_member", "writes into its own scope"),
    ("catalogue::put_product", "writes into its own scope"),
    ("operators::publish_policies", "of its own scope"),
    ("operators::hold", "of its own scope"),
    ("operators::add_logo", "writes into its own scope"),
    ("operators::publish_look", "of its own scope; a logo it names: operators::put_look"),
    ("clients::put", "writes into its own scope"),
    ("clients::create", "writes into its own scope"),
    ("clients::issue_registration_token", "writes a token of its own scope"),
    ("clients::sweep_registrations", "housekeeping of old rows of its own scope, answers a number"),
    ("clients::sweep", "housekeeping of expired rows, answers a number"),
    ("decisions::sweep", "housekeeping of expired rows, answers a number"),
    ("credentials::sweep", "housekeeping of expired rows, answers a number"),
    ("staff::sweep", "housekeeping of expired rows, answers a number"),
    ("staff::sweep_invitations", "housekeeping of expired rows, answers a number"),
    ("staff::sweep_visits", "housekeeping of old rows, answers a number"),
    ("credentials::sweep_questions", "housekeeping of expired rows, answers a number"),
    ("credentials::sweep_contacts", "housekeeping of expired rows, answers a number"),
    ("credentials::sweep_approvals", "housekeeping of expired rows, answers a number"),
    ("credentials::sweep_tv_codes", "housekeeping of expired rows, answers a number"),
    ("credentials::sweep_sent_codes", "housekeeping of expired rows, answers a number"),
    ("credentials::sweep_letters", "housekeeping of expired rows, answers a number"),
    ("sessions::sweep", "housekeeping of expired rows, answers a number"),
    ("decisions::hide_own_history", "writes an audit line of its own scope"),
    ("sessions::grant", "writes an authorization of its own scope"),
    ("sessions::give_consent", "writes a consent of its own scope"),
    ("sessions::refuse_consent", "writes an audit line of its own scope"),
    ("sessions::listen_for_ends", "writes a receiver of its own scope"),
    ("sessions::ask_for_device", "writes a code of its own scope"),
    ("sessions::bind_device", "writes a device of its own scope"),
    ("sessions::push_request", "writes a request of its own scope"),
    ("sessions::sweep_pushed", "housekeeping of expired rows, answers a number"),
    ("sessions::sweep_device_codes", "housekeeping of expired rows, answers a number"),
    ("tokens::sweep", "housekeeping of expired rows, answers a number"),
    ("signin::sweep", "housekeeping of expired rows, answers a number"),
    ("signing::check_master", "the platform's own look at one sealed value, answers yes or no"),
    ("signing::rotate", "writes keys of its own scope"),
    ("subscribers::fold_older", "housekeeping of old rows of its own scope, answers a number"),
    ("subscribers::save", "writes aggregates that `load` of the same scope gave"),
    ("boxes::save", "writes aggregates that `load` of the same scope gave"),
    ("boxes::move_all", "between contracts that `load` of the same scope gave"),
    ("entitlements::save", "writes aggregates that `load` of the same scope gave"),
    ("commands::sweep_offers", "housekeeping of expired rows, answers a number"),
    ("commands::sweep_undo", "housekeeping of expired rows, answers a number"),
    ("commands::purge_due", "of its own scope, by age"),
    ("administration::begin_trial", "of its own scope"),
];

pub type Probe = fn(&mut Tx<'_>, &Known) -> String;

/// What the southern operator somehow learned.
#[derive(Clone)]
pub struct Known {
    pub file: domain::files::File,
    pub bulk: domain::files::Bulk,
    pub device: sessions::DeviceCode,
    pub device_id: String,
    /// A device of the household, and its authorization.
    pub household_device: (String, String),
    pub pushed: String,
    pub registered: isolation_registration::Stolen,
    pub client: Arc<clients::Client>,
    pub person_id: String,
    pub contact: String,
    pub trace: String,
    job: base::records::jobs::Job,
    before: Vec<commands::Before>,
    session: String,
    pub authorization: String,
    pub kid: String,
    /// A box of the household.
    pub box_id: String,
}

/// The northern household's key, as somebody else may guess it.
pub fn key() -> subscribers::Key {
    subscribers::Key { number: NUMBER.to_owned(), generation: 0 }
}

pub fn draft<'d>(person_id: &'d str, session_id: &'d str) -> sessions::Draft<'d> {
    sessions::Draft {
        client_id: "vod",
        sector: "vod.example",
        issuer: KITA,
        whose: domain::sessions::Whose::Person(person_id),
        session_id,
        seconds: sessions::CODE_SECONDS,
        scope: "openid",
        acr: "a",
        amr: "pwd",
        auth: base::kernel::Instant::from_ms(1),
        redirect_uri: "https://vod.example/cb",
        challenge: None,
        nonce: Some("n"),
        jkt: None,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "probes read better without a borrow each")]
pub fn said<T: Debug>(answer: Result<T>) -> String {
    format!("{answer:?}")
}

pub const HOLDER: sessions::Holder<'static> =
    sessions::Holder { lasting: sessions::Lasting::Refreshed, jkt: None, binds: false };

fn numbers() -> Vec<String> {
    vec![NUMBER.to_owned()]
}

fn stop() -> Command {
    Command::new("stolen", Op::Stop, NUMBER)
}

const PROBES: &[(&str, Probe)] = &[
    ("operators::find_operator", |tx, _| said(operators::find_operator(tx))),
    ("operators::operator_if_any", |tx, _| said(operators::operator_if_any(tx))),
    ("operators::list_staff", |tx, _| said(operators::list_staff(tx))),
    ("catalogue::find", |tx, _| {
        said(catalogue::find(tx, "SECRETPACK").map(|product| product.name_ja))
    }),
    ("catalogue::load", |tx, _| said(catalogue::load(tx))),
    ("clients::find", |tx, _| said(clients::find(tx, "secret-vod").map(|one| one.id))),
    ("clients::list", |tx, _| said(clients::list(tx, "", 1000).map(|all| all.len()))),
    ("clients::disable", |tx, _| said(clients::disable(tx, "secret-vod"))),
    ("clients::enable", |tx, _| said(clients::enable(tx, "secret-vod"))),
    ("clients::renew_secret", |tx, _| said(clients::renew_secret(tx, "secret-vod"))),
    ("subscribers::load", |tx, _| said(subscribers::load(tx, numbers(), Load::Whole))),
    ("subscribers::key_of_person", |tx, known| {
        said(subscribers::key_of_person(tx, &known.person_id))
    }),
    ("subscribers::versions", |tx, _| said(subscribers::versions(tx, numbers()))),
    ("subscribers::count_open", |tx, _| said(subscribers::count_open(tx))),
    ("entitlements::load", |tx, _| said(entitlements::load(tx, numbers()))),
    ("boxes::load", |tx, _| said(boxes::load(tx, (numbers(), vec!["HIMITSU-1".to_owned()])))),
    ("boxes::find_box", |tx, known| said(boxes::find_box(tx, &known.box_id))),
    ("boxes::list_boxes", |tx, _| said(boxes::list_boxes(tx, NUMBER))),
    ("commands::add_box", |tx, _| {
        let new = boxes::NewBox { serial: "HIMITSU-2".to_owned(), ..boxes::NewBox::default() };
        said(commands::add_box(tx, NUMBER, &new))
    }),
    ("commands::remove_box", |tx, known| said(commands::remove_box(tx, NUMBER, &known.box_id))),
    ("commands::set_box_key", |tx, known| {
        said(commands::set_box_key(tx, NUMBER, (&known.box_id, &crate::home::public_key())))
    }),
    ("subscribers::switch_home_sign_in", |tx, _| {
        said(subscribers::switch_home_sign_in(tx, NUMBER, subscribers::HomeSignIn::Off))
    }),
    ("subscribers::wish_home_sign_in", |tx, _| {
        said(subscribers::wish_home_sign_in(tx, &key(), subscribers::HomeSignIn::Off))
    }),
    ("commands::execute", |tx, _| said(commands::execute(tx, &stop()))),
    ("commands::execute_many", |tx, _| said(commands::execute_many(tx, &[stop()]))),
    ("commands::rehearse_many", |tx, _| {
        said(commands::rehearse_many(tx, &commands::Overlay::default(), &[stop()]).map(|r| r.0))
    }),
    ("commands::restore", |tx, known| said(commands::restore(tx, &known.before, false))),
    ("commands::run_job", |tx, known| said(commands::run_job(tx, &known.job))),
    ("credentials::begin_try", |tx, known| said(credentials::begin_try(tx, &known.person_id))),
    ("credentials::note_failure", |tx, known| {
        said(credentials::note_failure(tx, &known.person_id))
    }),
    ("credentials::take_back_try", |tx, known| {
        said(credentials::take_back_try(tx, &known.person_id))
    }),
    ("credentials::forgive", |tx, known| said(credentials::forgive(tx, &known.person_id))),
    ("credentials::locked_out", |tx, known| {
        said(credentials::locked_out(tx, vec![known.person_id.clone()]))
    }),
    ("credentials::unlock", |tx, _| said(credentials::unlock(tx, NUMBER, 1))),
    ("credentials::issue_letter_code", |tx, _| {
        let code = credentials::issue_letter_code(tx, NUMBER, 0, 1);
        said(code.map(|code| code.len()))
    }),
    ("credentials::write_letter", |tx, _| {
        said(credentials::write_letter(tx, NUMBER, 1).map(|letter| letter.number))
    }),
    ("credentials::waiting_for_letter", |tx, _| {
        said(credentials::waiting_for_letter(tx, "", 1000))
    }),
    ("credentials::check_letter", |tx, _| {
        said(credentials::check_letter(tx, NUMBER, "BCDFGHJKMNPQ"))
    }),
    ("credentials::spend_letter", |tx, known| {
        let now = tx.now();
        let person_id = known.person_id.clone();
        let letter = credentials::Letter { person_id, invited_by: None };
        said(credentials::spend_letter(tx, &letter, now))
    }),
    ("credentials::family_of", |tx, known| said(credentials::family_of(tx, &known.person_id))),
    ("credentials::approvals_of", |tx, known| {
        said(credentials::approvals_of(tx, &known.person_id))
    }),
    ("credentials::approve", |tx, known| {
        let fresh = credentials::Fresh { person_id: &known.person_id, proved: tx.now() };
        said(credentials::approve(tx, &fresh, ("sgn_1", "10")))
    }),
    ("credentials::refuse_approval", |tx, known| {
        let fresh = credentials::Fresh { person_id: &known.person_id, proved: tx.now() };
        said(credentials::refuse_approval(tx, &fresh, "sgn_1"))
    }),
    ("credentials::home_switch_of", |tx, known| {
        said(credentials::home_switch_of(tx, &known.person_id))
    }),
    ("credentials::switch_own_home", |tx, known| {
        let fresh = credentials::Fresh { person_id: &known.person_id, proved: tx.now() };
        said(credentials::switch_own_home(tx, &fresh, subscribers::HomeSignIn::Off))
    }),
    ("credentials::invite", |tx, known| {
        let fresh = credentials::Fresh { person_id: &known.person_id, proved: tx.now() };
        said(credentials::invite(tx, &fresh, 1).map(drop))
    }),
    ("credentials::withdraw_invitation", |tx, known| {
        let fresh = credentials::Fresh { person_id: &known.person_id, proved: tx.now() };
        said(credentials::withdraw_invitation(tx, &fresh, 1))
    }),
    ("credentials::kill_letters", |tx, known| {
        said(credentials::kill_letters(tx, vec![known.person_id.clone()]))
    }),
    ("credentials::login_of", |tx, known| said(credentials::login_of(tx, &known.person_id))),
    ("credentials::replace_credentials", |tx, known| {
        let stolen = ("himitsu", "$argon2id$stolen");
        said(credentials::replace_credentials(tx, &known.person_id, stolen))
    }),
    ("credentials::is_current", |tx, known| {
        let login = credentials::Login {
            person_id: known.person_id.clone(),
            key: key(),
            person_no: 1,
            hash: Some("$argon2id$x".to_owned()),
        };
        said(credentials::is_current(tx, &login))
    }),
    ("credentials::forget_passwords", |tx, known| {
        said(credentials::forget_passwords(tx, vec![known.person_id.clone()]))
    }),
    ("credentials::forget_credentials", |tx, known| {
        said(credentials::forget_credentials(tx, vec![known.person_id.clone()]))
    }),
    ("sessions::open_session", |tx, known| {
        let policies = operators::Policies::default();
        let proven = sessions::Proven::password();
        said(sessions::open_session(tx, &known.person_id, &proven, &policies).map(|id| id.len()))
    }),
    ("sessions::find_session", |tx, known| {
        said(sessions::find_session(tx, &known.session, &operators::Policies::default()))
    }),
    ("sessions::hold_session", |tx, known| said(sessions::hold_session(tx, &known.session))),
    ("sessions::note_seen", |tx, known| said(sessions::note_seen(tx, &known.session))),
    ("clients::told_of_logouts", |tx, _| {
        said(clients::told_of_logouts(tx, vec!["secret-vod".to_owned()]))
    }),
    ("sessions::read_end", |tx, _| {
        let payload = format!("{{\"contract\": \"{NUMBER}\", \"generation\": 0}}");
        said(sessions::read_end(tx, ("contract.stopped", &payload)))
    }),
    ("sessions::list_sessions", |tx, known| {
        let policies = operators::Policies::default();
        said(sessions::list_sessions(tx, &known.person_id, ("", 100), &policies))
    }),
    ("sessions::end_session_of", |tx, known| {
        said(sessions::end_session_of(tx, (&known.person_id, &known.session)))
    }),
    ("sessions::end_sessions", |tx, known| {
        let (session, person) = (&known.session, &known.person_id);
        let one = said(sessions::end_sessions(tx, sessions::Reason::Logout(session)));
        one + &said(sessions::end_sessions(tx, sessions::Reason::AllDevices(person)))
    }),
    ("sessions::note_subjects", |tx, known| {
        let subjects = sessions::Subjects { person: "p".to_owned(), household: "h".to_owned() };
        said(sessions::note_subjects(tx, &subjects, "vod", (&known.person_id, &key())))
    }),
    ("sessions::note_household", |tx, _| said(sessions::note_household(tx, ("h", "vod"), &key()))),
    ("sessions::find_household", |tx, _| said(sessions::find_household(tx, ("himitsu-h", "vod")))),
    ("sessions::find_authorization", |tx, known| {
        said(sessions::find_authorization(tx, &known.authorization))
    }),
    ("sessions::redeem", |tx, known| {
        let with = sessions::Redemption {
            client_id: "vod",
            issuer: KITA,
            redirect_uri: "https://vod.example/cb",
            verifier: None,
            holder: HOLDER,
        };
        said(sessions::redeem(tx, &known.authorization, &with))
    }),
    ("sessions::rotate", |tx, known| {
        let policy = clients::RefreshPolicy::Rotated;
        let whose = sessions::Refresher { client_id: "vod", issuer: KITA, policy, jkt: None };
        said(sessions::rotate(tx, (&known.authorization, 0), &whose))
    }),
    ("sessions::rotate_known", |tx, known| {
        match sessions::find_authorization(tx, &known.authorization) {
            Ok(Some(one)) => said(sessions::rotate_known(tx, &one, 1)),
            other => said(other),
        }
    }),
    ("sessions::revoke", |tx, known| {
        let found = sessions::find_authorization(tx, &known.authorization);
        match found {
            Ok(Some(one)) => said(sessions::revoke(tx, &one, "stolen")),
            other => said(other),
        }
    }),
    ("decisions::record_first_play", |tx, known| {
        let subject = decisions::Subject::Person { id: &known.person_id, sector: "vod" };
        said(decisions::record_first_play(tx, &subject, "title:T0001"))
    }),
    ("decisions::explain", |tx, known| said(decisions::explain(tx, &known.trace))),
];

fn given_secrets(world: &World) -> Known {
    crate::isolation_files::given_secret_pack(world);
    let mut start = Command::new("k1", Op::Start, NUMBER);
    start.attributes.kana = Some("ﾋﾐﾂﾉ ﾅﾏｴ".to_owned());
    start.attributes.telephone = Some("0311112222".to_owned());
    let done = world
        .act(crate::world::sms(), move |tx| commands::execute_many(tx, &[start.clone()]))
        .unwrap();
    world.given_key(NUMBER, "SECRETPACK");
    let mut later = Command::new("k2", Op::Suspend, NUMBER);
    later.reason = Some(Reason::Unpaid);
    later.effective_at = Some(world.now().plus_seconds(1));
    world.send(later);
    let at = world.now().plus_seconds(5);
    let scope = world.scope(KITA, Actor::System).at(at);
    let job = world
        .db
        .housekeep(&scope, "test", move |tx| base::records::jobs::claim(tx, at.plus_seconds(60), 1))
        .unwrap()
        .remove(0);
    let person_id = world.household(NUMBER).persons[0].person_id.clone();
    let person = person_id.clone();
    let (session, authorization) = world
        .act(Actor::System, move |tx| {
            let policies = operators::Policies::default();
            let session =
                sessions::open_session(tx, &person, &sessions::Proven::password(), &policies)?;
            let authorization = sessions::grant(tx, &draft(&person, &session))?;
            credentials::replace_credentials(tx, &person, ("himitsu", "$argon2id$x"))?;
            credentials::issue_letter_code(tx, NUMBER, 0, 1)?;
            Ok((session, authorization))
        })
        .unwrap();
    let pushed = isolation_devices::given_pushed(world);
    let client = isolation_devices::given_consent(world, &person_id);
    let (device, device_id) = isolation_devices::given_device(world, &person_id, &authorization);
    Known {
        file: isolation_files::given_file(world),
        bulk: isolation_files::given_bulk(world),
        registered: isolation_registration::given_registered(world),
        kid: isolation_admin::given_key(world),
        contact: isolation_factors::given_contact(world, &person_id),
        device,
        device_id,
        household_device: isolation_devices::given_household_device(world, &key()),
        pushed,
        client,
        session,
        authorization,
        person_id,
        trace: "23456789".to_owned(),
        job,
        before: done.before,
        box_id: String::new(),
    }
}

/// A box, whose household a service knows.
fn given_box_at_home(world: &World) -> String {
    let note = |tx: &mut Tx<'_>| sessions::note_household(tx, ("himitsu-h", "vod"), &key());
    world.db.housekeep(&world.scope(KITA, Actor::System), "test", note).unwrap();
    crate::boxes::given_box(world, NUMBER, "HIMITSU-1")
}

#[test]
fn no_function_of_the_domain_tells_or_changes_anything_of_another_operator() {
    let world = World::new();
    let mut known = given_secrets(&world);
    known.box_id = given_box_at_home(&world);
    isolation_files::given_look(&world);
    let before = picture(&world.db, KITA, |_, _| false);
    for (name, probe) in PROBES
        .iter()
        .chain(isolation_files::PROBES)
        .chain(isolation_families::PROBES)
        .chain(isolation_devices::PROBES)
        .chain(isolation_factors::PROBES)
        .chain(isolation_registration::PROBES)
        .chain(isolation_admin::PROBES)
    {
        let asked = known.clone();
        let scope = world.scope(MINAMI, Actor::Staff("spy".to_owned()));
        let probe = *probe;
        let answer = world.db.housekeep(&scope, "probe", move |tx| Ok(probe(tx, &asked))).unwrap();
        let told = SECRETS.iter().find(|secret| answer.contains(**secret));
        assert_eq!(told, None, "{name} told: {answer}");
        let own = answer.contains("NotFound");
        assert!(own || !answer.contains(&known.person_id), "{name} told: {answer}");
        assert_same(&before, &picture(&world.db, KITA, |_, _| false), name);
    }
}

/// `room::function` of every function a room shows that takes a transaction.
fn public_functions() -> BTreeSet<String> {
    let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
    let mut found = BTreeSet::new();
    for room in std::fs::read_dir(&domain).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(files) = std::fs::read_dir(&room) else { continue };
        let name = room.file_name().unwrap().to_string_lossy().into_owned();
        let shown = std::fs::read_to_string(room.join("mod.rs")).unwrap();
        for file in files.map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(file).unwrap();
            for part in text.split("\npub fn ").skip(1) {
                let head = part.split('{').next().unwrap_or_default();
                let function = part.split(['(', '<']).next().unwrap_or_default();
                let words = shown.split(|c: char| !c.is_alphanumeric() && c != '_');
                if head.contains("tx: &mut Tx") && words.into_iter().any(|word| word == function) {
                    found.insert(format!("{name}::{function}"));
                }
            }
        }
    }
    found
}

#[test]
fn every_public_function_of_the_domain_is_probed_or_has_a_reason() {
    let found = public_functions();
    assert!(found.len() > 20, "the source could not be read: {found:?}");
    let listed: BTreeSet<String> = PROBES
        .iter()
        .chain(isolation_files::PROBES)
        .chain(isolation_families::PROBES)
        .chain(isolation_devices::PROBES)
        .chain(isolation_factors::PROBES)
        .chain(isolation_registration::PROBES)
        .chain(isolation_admin::PROBES)
        .map(|(name, _)| *name)
        .chain(NOTHING_TO_ASK.iter().map(|(name, _)| *name))
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = found.difference(&listed).collect();
    assert!(missing.is_empty(), "add a probe to isolation.rs for {missing:?}");
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "not in the domain any more: {gone:?}");
}
