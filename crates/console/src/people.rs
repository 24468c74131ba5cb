//! Who works at the station: who leads them adds, invites, changes and signs out.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use domain::operators::{Role, StaffDraft};
use domain::staff::{self, INVITATION_DAYS, Member, Permission};
use formats::oauth::Parameters;
use http::HeaderMap;
use web::answers::see_other;
use web::texts::{Words, in_fours, message, qr_of};
use web::words;

use super::Console;
use super::here::{Here, posted, shown};
use super::home::segment;
use super::visits;

/// The roles there are at a station, and their word on the page.
const ROLES: [(Role, &str); 5] = [
    (Role::Viewer, "console.people.role.viewer"),
    (Role::Desk, "console.people.role.desk"),
    (Role::Admin, "console.people.role.admin"),
    (Role::Accounting, "console.people.role.accounting"),
    (Role::StationManager, "console.people.role.station_manager"),
];
/// Where they are, below the console.
const LIST: &str = "/staff";

/// One member in the list.
struct Listed {
    id: String,
    address: String,
    name: String,
    roles: String,
    state: String,
    alarm: bool,
}

/// A role with its box to tick.
struct Ticked {
    word: &'static str,
    text: &'static str,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct ListBody<'b> {
    words: Words,
    title: &'b str,
    address: String,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    listed: Vec<Listed>,
    visits: Vec<visits::Row>,
    typed: (&'b str, &'b str),
    roles: Vec<Ticked>,
}

/// An invitation just made: shown once.
struct Invited {
    link: String,
    qr: String,
    code: String,
    days: String,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonBody<'b> {
    words: Words,
    title: &'b str,
    list: String,
    address: String,
    proof: &'b str,
    message: Option<String>,
    refused: bool,
    invited: Option<Invited>,
    id: &'b str,
    name: &'b str,
    state: String,
    alarm: bool,
    joined: bool,
    sessions: bool,
    passkeys: bool,
    oneself: bool,
    enabled: bool,
    roles: Vec<Ticked>,
}

/// `GET …/staff`.
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, LIST.to_owned()), |console, here| {
        list_page(console, here, (&Parameters::default(), &Said::Nothing))
    })
    .await
}

/// `POST …/staff`: adds a member, or sends somebody of the platform out.
pub(super) async fn add(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((console, code), (headers, body, LIST.to_owned()), |console, here, form| {
        if let Some(visit) = form.get("visit") {
            return match visits::send_out(console, here, visit) {
                Ok(()) => list_page(console, here, (form, &Said::Done("console.visits.sent_out"))),
                Err(error @ Error::NotFound { .. }) => {
                    list_page(console, here, (form, &Said::Refused(&error)))
                }
                Err(error) => Err(error),
            };
        }
        let id = form.get("staff").unwrap_or_default().trim().to_ascii_lowercase();
        let draft = draft_of(form, true);
        let new = id.clone();
        let asked = (&here.seat, Permission::ManageStaff);
        let added = console.desks.act(asked, clock::now(), move |tx| {
            if domain::operators::find_staff(tx, &new)?.is_some() {
                return Err(Error::refused("staff.exists"));
            }
            staff::change_member(tx, &new, &draft)
        });
        match added {
            Ok(_) => Ok(see_other(&format!("{}{}", here.address, path_of(&id)))),
            Err(error) if may_be_told(&error) => {
                list_page(console, here, (form, &Said::Refused(&error)))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// `GET …/staff/{id}`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    shown((console, code), (headers, path_of(&id)), move |console, here| {
        page(console, here, &id, &Said::Nothing)
    })
    .await
}

/// `POST …/staff/{id}`: changes, invites or signs out.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    posted((console, code), (headers, body, path_of(&id)), move |console, here, form| {
        let done = match form.get("do").unwrap_or_default() {
            "save" => save(console, here, &id, form),
            "invite" => invite(console, here, &id),
            "end_sessions" => end_sessions(console, here, &id),
            "end_passkeys" => end_passkeys(console, here, &id),
            _ => Err(Error::invalid("request.parameters_malformed", "do")),
        };
        match done {
            Ok(said) => page(console, here, &id, &said),
            Err(error) if may_be_told(&error) => page(console, here, &id, &Said::Refused(&error)),
            Err(error) => Err(error),
        }
    })
    .await
}

/// What a page says of the last form.
enum Said<'s> {
    Nothing,
    Done(&'static str),
    Invited(String),
    Refused(&'s Error),
}

impl Said<'_> {
    fn text(&self, words: Words) -> Option<String> {
        match self {
            Self::Nothing | Self::Invited(_) => None,
            Self::Done(key) => Some(words.get(key).to_owned()),
            Self::Refused(error) => Some(message(words.0, error)),
        }
    }

    const fn error(&self) -> Option<&Error> {
        if let Self::Refused(error) = self { Some(*error) } else { None }
    }
}

/// Whether the page itself says why nothing was done; who may not come here, or asks for nobody, sees a page of its own.
fn may_be_told(error: &Error) -> bool {
    matches!(error, Error::Invalid { .. } | Error::Refused { .. } | Error::Conflict { .. })
}

fn path_of(id: &str) -> String {
    format!("{LIST}/{}", segment(id))
}

fn draft_of(form: &Parameters<'_>, enabled: bool) -> StaffDraft {
    let ticked = ROLES.into_iter().filter(|(role, _)| form.get(role.as_str()).is_some());
    StaffDraft {
        name: form.get("name").unwrap_or_default().trim().to_owned(),
        roles: ticked.map(|(role, _)| role).collect(),
        enabled,
    }
}

fn save(console: &Console, here: &Here, id: &str, form: &Parameters<'_>) -> Result<Said<'static>> {
    let draft = draft_of(form, form.get("enabled").is_some());
    let id = id.to_owned();
    let asked = (&here.seat, Permission::ManageStaff);
    console.desks.act(asked, clock::now(), move |tx| {
        known(tx, &id)?;
        staff::change_member(tx, &id, &draft)
    })?;
    Ok(Said::Done("console.people.saved"))
}

fn invite(console: &Console, here: &Here, id: &str) -> Result<Said<'static>> {
    let id = id.to_owned();
    let asked = (&here.seat, Permission::ManageStaff);
    let code = console.desks.act(asked, clock::now(), move |tx| staff::invite(tx, &id))?;
    Ok(Said::Invited(code))
}

fn end_sessions(console: &Console, here: &Here, id: &str) -> Result<Said<'static>> {
    let id = id.to_owned();
    let asked = (&here.seat, Permission::ManageStaff);
    console.desks.act(asked, clock::now(), move |tx| {
        known(tx, &id)?;
        staff::end_sessions(tx, &id)
    })?;
    Ok(Said::Done("console.people.signed_out"))
}

fn end_passkeys(console: &Console, here: &Here, id: &str) -> Result<Said<'static>> {
    let id = id.to_owned();
    let asked = (&here.seat, Permission::ManageStaff);
    console.desks.act(asked, clock::now(), move |tx| staff::end_passkeys(tx, &id))?;
    Ok(Said::Done("console.people.passkeys.ended"))
}

fn known(tx: &mut base::store::Tx<'_>, id: &str) -> Result<()> {
    let found = domain::operators::find_staff(tx, id)?;
    found.map(drop).ok_or_else(|| Error::not_found("staff.unknown", id))
}

fn members(console: &Console, here: &Here) -> Result<Vec<Member>> {
    console.desks.look((&here.seat, Permission::ManageStaff), clock::now(), staff::roster)
}

fn list_page(
    console: &Console,
    here: &Here,
    (form, said): (&Parameters<'_>, &Said<'_>),
) -> Result<Response> {
    let words = here.words;
    let get = |name| form.get(name).unwrap_or_default();
    let asked = (&here.seat, Permission::ManageStaff);
    let both = |tx: &mut base::store::Tx<'_>| Ok((staff::roster(tx)?, staff::visits(tx)?));
    let (members, visited) = console.desks.look(asked, clock::now(), both)?;
    let listed = members.into_iter().map(|member| Listed {
        address: format!("{}{}", here.address, path_of(&member.staff.id)),
        name: member.staff.draft.name.clone(),
        roles: roles_of(words, &member.staff.draft.roles),
        state: state_of(words, &member),
        alarm: !member.staff.draft.enabled,
        id: member.staff.id,
    });
    let body = ListBody {
        words,
        title: words.get("console.people.title"),
        address: format!("{}{LIST}", here.address),
        proof: &here.proof(console, LIST),
        message: said.text(words),
        refused: said.error().is_some(),
        listed: listed.collect(),
        visits: visited.into_iter().map(|one| visits::row(words, one)).collect(),
        typed: (get("staff"), get("name")),
        roles: ticked(words, &draft_of(form, true).roles),
    };
    here.page(console, (body.title, "staff"), &body, said.error())
}

fn page(console: &Console, here: &Here, id: &str, said: &Said<'_>) -> Result<Response> {
    let words = here.words;
    let found = members(console, here)?.into_iter().find(|member| member.staff.id == id);
    let member = found.ok_or_else(|| Error::not_found("staff.unknown", id))?;
    let draft = &member.staff.draft;
    let error = said.error();
    let body = PersonBody {
        words,
        title: &draft.name,
        list: format!("{}{LIST}", here.address),
        address: format!("{}{}", here.address, path_of(id)),
        proof: &here.proof(console, &path_of(id)),
        message: said.text(words),
        refused: error.is_some(),
        invited: if let Said::Invited(code) = said { Some(invited(here, id, code)) } else { None },
        id,
        name: &draft.name,
        state: state_of(words, &member),
        alarm: !draft.enabled,
        joined: member.joined,
        sessions: member.sessions > 0,
        passkeys: member.passkeys,
        oneself: here.seat.staff_id == id,
        enabled: draft.enabled,
        roles: ticked(words, &draft.roles),
    };
    here.page(console, (body.title, "staff"), &body, error)
}

fn invited(here: &Here, id: &str, code: &str) -> Invited {
    let link = format!("{}/join?staff={id}", here.address);
    let days = INVITATION_DAYS.to_string();
    Invited {
        qr: qr_of(&link),
        link,
        code: in_fours(code),
        days: here.words.fill("console.people.invited.days", &[("days", &days)]),
    }
}

fn ticked(words: Words, roles: &[Role]) -> Vec<Ticked> {
    let all = ROLES.into_iter().map(|(role, key)| Ticked {
        word: role.as_str(),
        text: words.get(key),
        ticked: roles.contains(&role),
    });
    all.collect()
}

fn roles_of(words: Words, roles: &[Role]) -> String {
    let held = ROLES.into_iter().filter(|(role, _)| roles.contains(role));
    held.map(|(_, key)| words.get(key)).collect::<Vec<_>>().join(" · ")
}

fn state_of(words: Words, member: &Member) -> String {
    let at = |key, at| words::fill_at(words.0, key, at);
    match member {
        _ if !member.staff.draft.enabled => words.get("console.people.off").to_owned(),
        Member { seen: Some(seen), .. } => at("console.people.seen", *seen),
        Member { invited_until: Some(until), .. } => at("console.people.invited_until", *until),
        Member { joined: true, .. } => words.get("console.people.joined").to_owned(),
        Member { joined: false, .. } => words.get("console.people.new").to_owned(),
    }
}
