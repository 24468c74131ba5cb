//! What the station does by hand or by program: what the southern operator asks about the northern one's things.

use base::kernel::{Actor, Scope};
use domain::commands::{self, Command, Op};
use domain::credentials::HandedAt;
use domain::signing::{Handles, MasterKey, Rotation};
use domain::{administration, clients, credentials, decisions, operators, signing, staff};

use crate::isolation::{NUMBER, Probe, said};
use crate::world::{KITA, World};

/// A signing key of the northern operator.
pub fn given_key(world: &World) -> String {
    let scope: Scope = world.scope(KITA, Actor::System);
    let make = |tx: &mut base::store::Tx<'_>| {
        signing::rotate(tx, &MasterKey::random(), Rotation::AtOnce)?;
        Ok(signing::list_keys(tx)?.remove(0).kid)
    };
    world.db.transact(&scope, make).unwrap()
}

/// Every book of all days, of anybody and of the northern household.
fn all_logs(tx: &mut base::store::Tx<'_>, known: &crate::isolation::Known) -> String {
    let today = tx.now().day_jst();
    let days = (tx.now().plus_days(-400).day_jst(), today);
    let mut told = String::new();
    for book in administration::Book::ALL {
        // Those of the last are read by `decisions`.
        for (number, behind) in [("", ""), (NUMBER, ""), ("", known.file.name.as_str())] {
            let wanted = administration::Wanted {
                book,
                days,
                number: number.to_owned(),
                person_no: 0,
                kind: administration::Kind::Any,
                by: base::records::pages::ByWhom::default(),
                ended: None,
                behind: behind.to_owned(),
            };
            let much = ("", administration::Portion::Export);
            let found = administration::logs(tx, &wanted, much).map(|found| found.lines);
            told += &said(found);
        }
    }
    told
}

pub const PROBES: &[(&str, Probe)] = &[
    ("administration::find_person", |tx, _| said(administration::find_person(tx, (NUMBER, 1)))),
    ("administration::member_sheet", |tx, _| said(administration::member_sheet(tx, (NUMBER, 1)))),
    ("administration::list_signed_in", |tx, _| {
        said(administration::list_signed_in(tx, (NUMBER, 1)))
    }),
    ("administration::end_sessions", |tx, known| {
        let all = said(administration::end_sessions(tx, (NUMBER, 1), None));
        all + &said(administration::end_sessions(tx, (NUMBER, 1), Some(&known.authorization)))
    }),
    ("administration::reset_pins", |tx, _| said(administration::reset_pins(tx, (NUMBER, 1)))),
    ("administration::renew_secret", |tx, _| {
        let handles = Handles::new(&MasterKey::random());
        said(administration::renew_secret(tx, &handles, ("secret-vod", "k")).map(|one| one.len()))
    }),
    ("clients::change", |tx, _| {
        let edit = clients::Edit { name_en: Some("Taken".to_owned()), ..Default::default() };
        said(clients::change(tx, "secret-vod", ("", &edit)))
    }),
    ("clients::publish", |tx, _| {
        let offer = clients::Offer { name_en: "Taken".to_owned(), ..Default::default() };
        let publishing = operators::Publishing { seen: String::new(), why: "mine now".to_owned() };
        said(clients::publish(tx, ("secret-vod", false), Some(&offer), &publishing))
    }),
    ("clients::find_serving", |tx, _| {
        said(clients::find_serving(tx, "secret-vod").map(|one| one.id))
    }),
    ("clients::list_shared", |tx, _| said(clients::list_shared(tx, 100).map(|all| all.len()))),
    ("clients::history", |tx, _| said(clients::history(tx, "secret-vod"))),
    ("clients::added", |tx, _| said(clients::added(tx, vec!["secret-vod".to_owned()]))),
    ("sessions::count_served", |tx, _| said(domain::sessions::count_served(tx, "secret-vod"))),
    ("administration::sheet", |tx, _| {
        said(administration::sheet(tx, NUMBER).map(|sheet| sheet.household))
    }),
    ("administration::timeline", |tx, _| {
        said(administration::timeline(tx, NUMBER, (None, "")).map(|found| found.lines))
    }),
    ("administration::logs", |tx, known| all_logs(tx, known)),
    ("decisions::page_of_decisions", |tx, _| {
        let ever = base::records::pages::Stretch {
            since: base::kernel::Instant::default(),
            until: tx.now().plus_days(1),
            after: String::new(),
            limit: 100,
            looked_at: 100,
        };
        let of = decisions::OfDecisions { number: NUMBER.to_owned(), ..Default::default() };
        let anybodys = decisions::OfDecisions::default();
        [of, anybodys]
            .map(|of| said(decisions::page_of_decisions(tx, &of, &ever).map(|page| page.lines)))
            .concat()
    }),
    ("subscribers::keys_of_persons", |tx, known| {
        said(domain::subscribers::keys_of_persons(tx, vec![known.person_id.clone()]))
    }),
    ("administration::search", |tx, _| {
        [NUMBER, "K-0", "himitsu", "STB-9", "ひみつの", "ヒミ", "03-1111-2222", "0311"]
            .map(|typed| said(administration::search(tx, typed, "").map(|found| found.contracts)))
            .concat()
    }),
    ("decisions::is_known", |tx, known| {
        said(decisions::is_known(tx, &known.trace).and_then(|known| match known {
            true => Ok("there is such an answer"),
            false => Err(base::kernel::Error::not_found("decision.unknown", "")),
        }))
    }),
    ("commands::preview", |tx, _| {
        let command = Command::new("p1", Op::Stop, NUMBER);
        said(commands::preview(tx, &command).map(|seen| seen.persons))
    }),
    ("commands::give", |tx, _| {
        let command = Command::new("p2", Op::Stop, NUMBER);
        said(commands::give(tx, &command, 1).map(|report| report.code))
    }),
    ("administration::deliveries", |tx, _| said(administration::deliveries(tx, NUMBER))),
    ("administration::resend", |tx, _| said(administration::resend(tx, ("vod", Some(NUMBER))))),
    ("commands::undoable", |tx, _| {
        let all: base::kernel::Result<Vec<_>> =
            (0..9).map(|version| commands::undoable(tx, (NUMBER, version))).collect();
        said(all.map(|all| all.into_iter().flatten().collect::<Vec<_>>()))
    }),
    ("commands::undo_by_hand", |tx, _| {
        said(commands::undo_by_hand(tx, (NUMBER, "k1")).map(|done| done.standing))
    }),
    ("commands::waiting", |tx, _| said(commands::waiting(tx, NUMBER))),
    ("decisions::why_about", |tx, _| {
        let asked = |at| decisions::WhyAsked {
            number: NUMBER.to_owned(),
            person_no: 1,
            what: "product:SECRETPACK".to_owned(),
            at,
        };
        let all = [None, Some(tx.now())];
        let told = all.map(|at| said(decisions::why_about(tx, &asked(at)).map(|why| why.others)));
        told.concat()
    }),
    ("decisions::why", |tx, known| {
        said(decisions::why(tx, &known.trace).map(|why| why.explanation))
    }),
    ("operators::employer", |tx, _| said(operators::employer(tx))),
    ("administration::station", |tx, _| said(administration::station(tx, KITA))),
    ("staff::visits", |tx, _| said(staff::visits(tx))),
    ("staff::end_visit", |tx, known| said(staff::end_visit(tx, &known.device_id))),
    ("administration::stations", |tx, _| {
        said(administration::stations(tx, &administration::Sought::default()))
    }),
    ("operators::find_staff", |tx, _| said(operators::find_staff(tx, "himitsu"))),
    ("staff::invite", |tx, _| said(staff::invite(tx, "himitsu").map(|code| code.len()))),
    ("administration::today", |tx, _| {
        said(administration::today(tx).map(|today| (today.signed_in, today.registered)))
    }),
    ("decisions::count_answers", |tx, _| {
        let ever = (base::kernel::Instant::default(), 1_000);
        said(domain::decisions::count_answers(tx, ever))
    }),
    ("operators::find_launch", |tx, _| said(operators::find_launch(tx))),
    ("operators::vouch", |tx, _| said(operators::vouch(tx, (operators::Vouched::Night, true)))),
    ("operators::answer_hearing", |tx, _| {
        said(operators::answer_hearing(tx, (&operators::Hearing::default(), 1)))
    }),
    ("administration::go_live", |tx, _| said(administration::go_live(tx, KITA))),
    ("commands::reset_trial", |tx, _| said(commands::reset_trial(tx, KITA, 10))),
    ("administration::readiness", |tx, _| said(administration::readiness(tx))),
    ("subscribers::count_unregistered", |tx, _| {
        said(domain::subscribers::count_unregistered(tx, 10))
    }),
    ("subscribers::list_unregistered", |tx, _| {
        said(domain::subscribers::list_unregistered(tx, ("", 0, 0), 10))
    }),
    ("subscribers::count_kept", |tx, _| said(domain::subscribers::count_kept(tx))),
    ("staff::roster", |tx, _| said(staff::roster(tx))),
    ("staff::end_sessions", |tx, _| said(staff::end_sessions(tx, "himitsu"))),
    ("staff::end_passkeys", |tx, _| said(staff::end_passkeys(tx, "himitsu"))),
    ("clients::set_secret", |tx, _| said(clients::set_secret(tx, "secret-vod", &"s".repeat(43)))),
    ("credentials::hand_code", |tx, _| {
        let all = [HandedAt::Installation, HandedAt::Counter];
        all.map(|at| said(credentials::hand_code(tx, (NUMBER, 1), at).map(|one| one.expires)))
            .concat()
    }),
    ("signing::list_keys", |tx, _| said(signing::list_keys(tx))),
    ("signing::withdraw", |tx, known| {
        said(signing::withdraw(tx, &MasterKey::random(), &known.kid))
    }),
];
