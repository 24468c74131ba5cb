//! One service: who it is to subscribers, where it may send them, whether it is on, and its change.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use base::kernel::{Error, Result, Scope, clock, ids};
use base::store::Tx;
use domain::administration;
use domain::clients::{self, Client, ClientKind, Offer, Proof};
use domain::operators::{Difference, Facts, Publishing, differences};
use domain::sessions;
use domain::staff::Permission;
use formats::oauth::Parameters;
use http::HeaderMap;
use web::texts::{Words, in_language};

use super::form::{Came, Input, Renewal, Thing, page};
use super::head::{self, Last, Master, publish};
use super::told::{in_order, key, told};
use super::{SERVICES, service_path};
use crate::Console;
use crate::here::Here;

/// What a form about a service asks: the field, what it is, and which of its facts that is.
const FIELDS: [(&str, &str, &str); 6] = [
    ("enabled", "tick", "client.enabled"),
    ("name_ja", "text", "client.name_ja"),
    ("name_en", "text", "client.name_en"),
    ("redirect_uris", "area", "client.redirect_uris"),
    ("post_logout_redirect_uris", "area", "client.profile.post_logout_redirect_uris"),
    ("backchannel_logout_uri", "text", "client.profile.backchannel_logout_uri"),
];

/// `GET …/masters/services/{client}`.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path((code, client)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    head::show((console, code), headers, Served(client)).await
}

/// `POST …/masters/services/{client}`: a draft, its publication, or another secret.
pub(crate) async fn answer(
    State(console): State<Arc<Console>>,
    Path((code, client)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    head::answer((console, code), (headers, body), Served(client)).await
}

/// The client of this id.
struct Served(String);

/// What a form about a client may say: all of a service, the switch of an SMS, and nothing of what is not the station's.
fn fields(client: &Client) -> &'static [(&'static str, &'static str, &'static str)] {
    match client.terms.kind {
        _ if client.operator == Scope::PLATFORM => &[],
        ClientKind::Service => &FIELDS,
        ClientKind::Sms => FIELDS.get(..1).unwrap_or_default(),
        ClientKind::Admin => &[],
    }
}

impl Master for Served {
    fn path(&self) -> String {
        service_path(&self.0)
    }

    fn change(&self, console: &Console, here: &Here, form: &Parameters<'_>) -> Result<Came> {
        if form.get("do") == Some("secret") {
            return renew(console, here, (&self.0, form));
        }
        let (may, id) = ((&here.seat, Permission::Publish), self.0.clone());
        let wanted = id.clone();
        let known = console.desks.look(may, clock::now(), move |tx| clients::find(tx, &wanted))?;
        let before = known.facts();
        let mut after = before.clone();
        for (name, kind, fact) in fields(&known) {
            after.insert((*fact).to_owned(), typed(form, (name, kind)));
        }
        let (offer, enabled) = (offer_of(&known, &after), is_on(&after));
        let changes = differences(&before, &after);
        let said = sentences(known.terms.kind, &changes);
        let (words, counted) = (here.words, id.clone());
        let about = move |tx: &mut Tx<'_>| {
            let persons = sessions::count_served(tx, &counted)?.to_string();
            let each = said.iter().map(|key| words.fill(key, &[("persons", &persons)]));
            Ok(each.collect::<Vec<_>>().join(" "))
        };
        let work = move |tx: &mut Tx<'_>, publishing: &Publishing| {
            clients::publish(tx, (&id, enabled), offer.as_ref(), publishing)
        };
        publish((console, here, form), changes, (about, work))
    }

    fn page(&self, console: &Console, here: &Here, last: &Last<'_>) -> Result<Response> {
        let (may, id) = ((&here.seat, Permission::Settings), self.0.clone());
        let (client, persons, history) = console.desks.look(may, clock::now(), move |tx| {
            let client = clients::find_serving(tx, &id)?;
            Ok((client, sessions::count_served(tx, &id)?, clients::history(tx, &id)?))
        })?;
        let (words, stands) = (here.words, client.facts());
        let name = in_language(words.0, &client.terms.name_ja, &client.terms.name_en);
        let title = format!("{} {name}", self.0);
        let text = |fact: &str| stands.get(fact).cloned().unwrap_or_default();
        let inputs = fields(&client).iter().map(|(name, kind, fact)| {
            let stands = match *kind {
                "tick" if text(fact) == "true" => "1".to_owned(),
                "tick" => String::new(),
                "area" => text(fact).replace(' ', "\n"),
                _ => text(fact),
            };
            Input::new((name, kind), words.get(key(fact)), (last.typed(), stands))
        });
        let thing = Thing {
            help: words.get("console.services.text"),
            inputs: inputs.collect(),
            locked: locked(words, &client),
            renewal: renewal(&client),
            list: SERVICES,
            ..Thing::new(&title, (self.path(), client.version()), facts(words, &client, persons))
        };
        page(console, here, Thing { history, ..thing }, last)
    }
}

/// What the form says of a field, as a fact.
fn typed(form: &Parameters<'_>, (name, kind): (&str, &str)) -> String {
    let text = form.get(name).unwrap_or_default().trim();
    match kind {
        "tick" => (!text.is_empty()).to_string(),
        "area" => text.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => text.to_owned(),
    }
}

fn is_on(facts: &Facts) -> bool {
    facts.get("client.enabled").is_some_and(|text| text == "true")
}

/// What is wanted of a service beside its switch; of another client, nothing.
fn offer_of(known: &Client, facts: &Facts) -> Option<Offer> {
    let text = |name: &str| facts.get(name).cloned().unwrap_or_default();
    let list = |name: &str| text(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let offer = || Offer {
        name_ja: text("client.name_ja"),
        name_en: text("client.name_en"),
        redirect_uris: list("client.redirect_uris"),
        post_logout_redirect_uris: list("client.profile.post_logout_redirect_uris"),
        backchannel_logout_uri: Some(text("client.profile.backchannel_logout_uri"))
            .filter(|uri| !uri.is_empty()),
    };
    (known.terms.kind == ClientKind::Service).then(offer)
}

/// What will be noticed of these changes, of a service by subscribers: each a key.
fn sentences(kind: ClientKind, changes: &[Difference]) -> Vec<&'static str> {
    let changed = |end: &str| changes.iter().any(|one| one.field.ends_with(end));
    let off = changes.iter().any(|one| one.field == "client.enabled" && one.after == "false");
    let on = !off && changed("enabled");
    let sms = kind == ClientKind::Sms;
    let all = [
        (sms && off, "console.services.sms_off"),
        (sms && on, "console.services.sms_on"),
        (!sms && off, "console.services.off"),
        (!sms && on, "console.services.on"),
        (changed("name_ja") || changed("name_en"), "console.services.renamed"),
        (changed("redirect_uris") || changed("logout_uri"), "console.services.moved"),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, key)| key).collect()
}

/// Why nobody at the station changes it, where that is so.
fn locked(words: Words, client: &Client) -> Option<&'static str> {
    if client.operator == Scope::PLATFORM {
        return Some(words.get("console.services.of_all"));
    }
    (client.terms.kind == ClientKind::Admin).then(|| words.get("console.services.of_programs"))
}

/// The offer of another secret, for who has one.
fn renewal(client: &Client) -> Option<Renewal> {
    let has_one = matches!(client.terms.proof, Proof::Secret(_));
    let once = || Renewal { once: ids::new_id("once", clock::now()) };
    (fields(client).len() > 1 && has_one).then(once)
}

/// Another secret, once for each form that was shown.
fn renew(console: &Console, here: &Here, (id, form): (&str, &Parameters<'_>)) -> Result<Came> {
    let once = form.get("once").unwrap_or_default();
    if once.is_empty() || once.len() > 64 {
        return Err(Error::invalid("request.parameters_malformed", "once"));
    }
    let (id, once, signing) = (id.to_owned(), once.to_owned(), Arc::clone(&console.signing));
    let may = (&here.seat, Permission::Publish);
    let work =
        move |tx: &mut Tx<'_>| administration::renew_secret(tx, signing.handles(), (&id, &once));
    console.desks.act(may, clock::now(), work).map(Came::Secret)
}

/// What the page tells of a client: terms that have a word and say something, and of a service who is signed in.
fn facts(words: Words, client: &Client, persons: i64) -> Vec<(&'static str, String)> {
    let stands = client.facts();
    let is_service = client.terms.kind == ClientKind::Service;
    let of_persons = |name: &str| matches!(name, "client.sector" | "client.pkce");
    let told_of = in_order(&stands)
        .filter(|(name, text)| key(name) != key("") && !text.is_empty())
        .filter(|(name, _)| is_service || !of_persons(name));
    let mut all: Vec<_> =
        told_of.map(|(name, text)| (key(name), told(words, name, text))).collect();
    if is_service {
        all.push(("console.services.persons", persons.to_string()));
    }
    all
}
