//! What a clerk does for a member who calls: nothing of it shows or sets a secret of theirs.

use axum::response::{IntoResponse as _, Response};
use base::kernel::{Change, Result, clock};
use base::store::Tx;
use domain::administration;
use domain::credentials::{self, PrintedLetter};
use domain::staff::Permission;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use outlets::paper::Typeface;
use web::access::Acted;

use super::Console;
use super::contract::{path_of, whom_is};
use super::here::Here;
use super::letters::Sender;
use super::preview::Body;

/// Which member: the contract's number, and theirs.
type Whose<'w> = (&'w str, i64);

/// Does `work` about a member, in the name of who sits here.
fn act<T: Send + 'static>(
    console: &Console,
    here: &Here,
    (number, person): Whose<'_>,
    work: fn(&mut Tx<'_>, (&str, i64)) -> Result<T>,
) -> Result<T> {
    let number = number.to_owned();
    let asked = (&here.seat, Permission::Help);
    console.desks.act(asked, clock::now(), move |tx| work(tx, (&number, person)))
}

/// What takes something away from a member that does not come back, and is shown in words before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Their PINs go.
    ResetPins,
    /// A letter in place of an earlier one.
    Letter,
    /// Everything they are signed in with.
    EndSessions,
}

/// Shows what it comes to for the member, and asks for it. It is rehearsed: what would be refused is refused now.
pub(super) fn previewed(
    console: &Console,
    here: &Here,
    (number, person): Whose<'_>,
    what: Asked,
) -> Result<Response> {
    let wanted = number.to_owned();
    let work = move |tx: &mut Tx<'_>| match what {
        Asked::ResetPins => Ok((administration::reset_pins(tx, (&wanted, person))?, 0)),
        Asked::Letter => {
            credentials::write_letter(tx, &wanted, person)?;
            Ok((Change::Made, 0))
        }
        Asked::EndSessions => {
            let ended = administration::end_sessions(tx, (&wanted, person), None)?.sessions;
            Ok((if ended == 0 { Change::Already } else { Change::Made }, ended))
        }
    };
    let (change, many) =
        console.desks.rehearse((&here.seat, Permission::Help), clock::now(), work)?;
    let words = here.words;
    let (name, effect, act) = match what {
        Asked::ResetPins => ("console.help.reset_pins", "console.effect.pins", "reset_pins"),
        Asked::Letter => ("console.help.letter", "console.effect.letter", "letter"),
        Asked::EndSessions => ("console.help.end_sessions", "console.effect.ended", "end_sessions"),
    };
    let none = match what {
        Asked::EndSessions => "console.member.none",
        Asked::ResetPins | Asked::Letter => "console.help.no_pins",
    };
    let nothing = change == Change::Already;
    let body = Body {
        words,
        title: words.get("console.preview.title"),
        address: format!("{}{}", here.address, path_of(number)),
        proof: &here.proof(console, &path_of(number)),
        what: format!("{number} {}: {}", whom_is(words, person), words.get(name)),
        effect: match nothing {
            true => String::new(),
            false => words.fill(effect, &[("sessions", &many.to_string())]),
        },
        moves: Vec::new(),
        note: if nothing { words.get(none).to_owned() } else { String::new() },
        refused: nothing,
        fields: vec![("person", person.to_string())],
        act: (act, words.get("console.give")),
        back: "console.back",
    };
    here.page(console, (body.title, "search"), &body, None)
}

/// Ends a lock-out.
pub(super) fn unlock(console: &Console, here: &Here, whose: Whose<'_>) -> Result<String> {
    let unlock =
        |tx: &mut Tx<'_>, (number, person): (&str, i64)| credentials::unlock(tx, number, person);
    Ok(here
        .words
        .get(match act(console, here, whose, unlock)? {
            Change::Made => "console.help.unlocked",
            Change::Already => "console.help.not_locked",
        })
        .to_owned())
}

/// Ends everything a member is signed in with.
pub(super) fn end_sessions(console: &Console, here: &Here, whose: Whose<'_>) -> Result<String> {
    let ended =
        act(console, here, whose, |tx, whose| administration::end_sessions(tx, whose, None))?;
    let sessions = ended.sessions.to_string();
    Ok(here.words.fill("console.help.ended", &[("sessions", &sessions)]))
}

/// Takes a member's PINs away, so that they set new ones.
pub(super) fn reset_pins(console: &Console, here: &Here, whose: Whose<'_>) -> Result<String> {
    Ok(here
        .words
        .get(match act(console, here, whose, administration::reset_pins)? {
            Change::Made => "console.help.pins_reset",
            Change::Already => "console.help.no_pins",
        })
        .to_owned())
}

/// A new letter of a member, to be printed: an earlier one is dead from now on. The typeface is read first: no letter is
/// made that can not be printed.
pub(super) fn letter(console: &Console, here: &Here, whose: Whose<'_>) -> Result<Response> {
    let typeface = Typeface::open(None)?;
    let letter: PrintedLetter = act(console, here, whose, |tx, (number, person)| {
        credentials::write_letter(tx, number, person)
    })?;
    let operator = here.house.station()?;
    let sender = Sender {
        name_ja: operator.name_ja.clone(),
        name_en: operator.name_en.clone(),
        link: format!("{}/o/{}/security", console.base_url, operator.code),
    };
    let pdf = sender.print(&typeface, &[&letter], clock::now())?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/pdf")),
        // The number may hold what no header takes; the clerk knows whose it is.
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"letter.pdf\"")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let mut response = (headers, pdf).into_response();
    let actor = Acted(format!("staff:{}", here.seat.staff_id).into());
    response.extensions_mut().insert(actor);
    Ok(response)
}
