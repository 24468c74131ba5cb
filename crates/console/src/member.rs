//! One member of a household: where they are signed in, for who asks on the phone about a television or an old telephone.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, clock};
use base::store::Tx;
use domain::administration::{self, MemberSheet};
use domain::clients;
use domain::sessions::{Device, ListedSession};
use domain::staff::Permission;
use domain::subscribers::PersonStanding;
use http::HeaderMap;
use web::reasons;
use web::texts::{Words, in_language};

use super::Console;
use super::contract::path_of;
use super::here::{Here, shown};
use super::labels;

/// Services whose names are looked up, of the station and of all stations each.
const SERVICES: i64 = 200;

/// A browser or a device on the page.
struct Listed {
    name: String,
    services: String,
    since: String,
    /// Of a device it is not known.
    seen: String,
}

#[derive(Template)]
#[template(path = "member.html")]
struct Body<'b> {
    words: Words,
    title: String,
    /// Of the contract's page.
    address: String,
    proof: &'b str,
    person_no: i64,
    facts: Vec<(&'static str, String)>,
    browsers: Vec<Listed>,
    devices: Vec<Listed>,
    may_help: bool,
}

/// `GET …/contracts/{number}/persons/{person_no}`.
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, number, person_no)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let path = format!("{}/persons/{person_no}", path_of(&number));
    shown((console, code), (headers, path), move |console, here| {
        let person_no: i64 =
            person_no.parse().map_err(|_| Error::not_found("person.unknown", &number))?;
        let (may, words) = ((&here.seat, Permission::Look), here.words);
        let (sheet, services) = console.desks.look(may, clock::now(), move |tx| {
            Ok((administration::member_sheet(tx, (&number, person_no))?, services(tx, words)?))
        })?;
        page(console, here, (&sheet, &services))
    })
    .await
}

/// The names of services by id; one that is no more is named by its id.
type Services = BTreeMap<String, String>;

fn services(tx: &mut Tx<'_>, words: Words) -> Result<Services> {
    let mut all = clients::list(tx, "", SERVICES)?;
    all.extend(clients::list_shared(tx, SERVICES)?);
    let named = all.into_iter().map(|one| {
        let name = in_language(words.0, &one.terms.name_ja, &one.terms.name_en).to_owned();
        (one.id, name)
    });
    Ok(named.collect())
}

fn page(
    console: &Console,
    here: &Here,
    (sheet, services): (&MemberSheet, &Services),
) -> Result<Response> {
    let (words, person) = (here.words, &sheet.person);
    let label = format!("{}-{}", person.number, person.person_no);
    let title = words.fill("console.member.title", &[("number", &label)]);
    let path = path_of(&person.number);
    let named = Named { words, services };
    let body = Body {
        words,
        address: format!("{}{path}", here.address),
        proof: &here.proof(console, &path),
        person_no: person.person_no,
        facts: named.facts(sheet),
        browsers: sheet.signed_in.sessions.iter().map(|one| named.browser(one)).collect(),
        devices: sheet.signed_in.devices.iter().map(|one| named.device(one)).collect(),
        may_help: here.may(Permission::Help),
        title: title.clone(),
    };
    here.page(console, (&title, "search"), &body, None)
}

/// Puts what is listed into words.
struct Named<'n> {
    words: Words,
    services: &'n Services,
}

impl Named<'_> {
    fn facts(&self, sheet: &MemberSheet) -> Vec<(&'static str, String)> {
        let (words, person) = (self.words, &sheet.person);
        let mut facts = vec![
            ("console.name", sheet.kana.clone().unwrap_or_default()),
            ("console.role", words.get(labels::role(person.role)).to_owned()),
            ("console.standing", words.get(labels::person(&person.standing)).to_owned()),
        ];
        if let (PersonStanding::Locked, Some(until)) = (&person.standing, person.locked_until) {
            facts.push(("console.until", reasons::moment(words.0, until)));
        }
        facts.retain(|(_, text)| !text.is_empty());
        facts
    }

    fn service(&self, id: &str) -> String {
        self.services.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    fn browser(&self, one: &ListedSession) -> Listed {
        let services: Vec<String> = one.clients.iter().map(|id| self.service(id)).collect();
        let services = match services.as_slice() {
            [] => self.words.get("console.member.no_services").to_owned(),
            some => some.join(self.words.get("sessions.and")),
        };
        Listed {
            name: self.words.get("console.member.browser").to_owned(),
            services,
            since: reasons::moment(self.words.0, one.auth),
            seen: reasons::moment(self.words.0, one.seen),
        }
    }

    fn device(&self, one: &Device) -> Listed {
        Listed {
            name: if one.name.is_empty() { one.model.clone() } else { one.name.clone() },
            services: self.service(&one.client_id),
            since: reasons::moment(self.words.0, one.created),
            seen: String::new(),
        }
    }
}
