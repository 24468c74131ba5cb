//! Fields in the clerk's words: what each is called, and what its text means.

use base::kernel::Instant;
use domain::catalogue::Kind;
use domain::operators::{Difference, Facts, Published};
use web::texts::Words;

use crate::files::moment;
use crate::timeline::actor;

/// A change that was published, as it is shown.
pub(super) struct Shown {
    pub(super) at: String,
    pub(super) by: String,
    pub(super) why: String,
    pub(super) changes: Vec<Compared>,
}

/// A field before and after, in words.
pub(super) struct Compared {
    pub(super) field: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

/// Fields with their keys: of a product, of the policies, of a service, of the look.
const FIELDS: &[(&str, &str)] = &[
    ("code", "console.masters.field.code"),
    ("kind", "console.masters.field.kind"),
    ("name_ja", "console.masters.field.name_ja"),
    ("name_en", "console.masters.field.name_en"),
    ("rating_years", "console.masters.field.rating_years"),
    ("adult", "console.masters.field.adult"),
    ("items", "console.masters.field.items"),
    ("refs", "console.masters.field.refs"),
    ("sold_from", "console.masters.field.sold_from"),
    ("sold_until", "console.masters.field.sold_until"),
    ("start_window_hours", "console.masters.field.start_window_hours"),
    ("play_window_hours", "console.masters.field.play_window_hours"),
    ("max_persons", "console.masters.field.max_persons"),
    ("adult_sold", "console.masters.field.adult_sold"),
    ("nr_rating_years", "console.masters.field.nr_rating_years"),
    ("pin_rating_years", "console.masters.field.pin_rating_years"),
    ("session_idle_minutes", "console.masters.field.session_idle_minutes"),
    ("session_absolute_hours", "console.masters.field.session_absolute_hours"),
    ("home_sign_in", "console.masters.field.home_sign_in"),
    ("token_exchange", "console.masters.field.token_exchange"),
    ("registration.enabled", "console.masters.field.registration.enabled"),
    ("registration.most", "console.masters.field.registration.most"),
    ("registration.unused_days", "console.masters.field.registration.unused_days"),
    ("mass_guard.lines", "console.masters.field.mass_guard.lines"),
    ("mass_guard.percent", "console.masters.field.mass_guard.percent"),
    ("error_limit.lines", "console.masters.field.error_limit.lines"),
    ("error_limit.percent", "console.masters.field.error_limit.percent"),
    ("cut_off", "console.masters.field.cut_off"),
    ("late_minutes", "console.masters.field.late_minutes"),
    ("stop_cancel_days", "console.masters.field.stop_cancel_days"),
    ("restore_days", "console.masters.field.restore_days"),
    ("purge_days", "console.masters.field.purge_days"),
    ("client.kind", "console.masters.field.kind"),
    ("client.name_ja", "console.masters.field.name_ja"),
    ("client.name_en", "console.masters.field.name_en"),
    ("client.enabled", "console.masters.field.client.enabled"),
    ("client.redirect_uris", "console.masters.field.client.redirect_uris"),
    ("client.profile.post_logout_redirect_uris", "console.masters.field.client.post_logout"),
    ("client.profile.backchannel_logout_uri", "console.masters.field.client.backchannel"),
    ("client.profile.frontchannel_logout_uri", "console.masters.field.client.frontchannel"),
    ("client.method", "console.masters.field.client.method"),
    ("client.keys", "console.services.keys"),
    ("client.proof", "console.masters.field.client.proof"),
    ("client.grants", "console.masters.field.client.grants"),
    ("client.scopes", "console.masters.field.client.scopes"),
    ("client.sector", "console.masters.field.client.sector"),
    ("client.pkce", "console.masters.field.client.pkce"),
    ("client.profile.first_party", "console.masters.field.client.first_party"),
    ("client.profile.household_devices", "console.masters.field.client.household_devices"),
    ("client.profile.web_origins", "console.masters.field.client.web_origins"),
    ("client.profile.fapi", "console.masters.field.client.fapi"),
    ("client.added", "console.masters.field.client.added"),
    ("logo", "console.masters.field.logo"),
    ("accent_day", "console.masters.field.accent_day"),
    ("accent_night", "console.masters.field.accent_night"),
    ("greeting_ja", "console.masters.field.greeting_ja"),
    ("greeting_en", "console.masters.field.greeting_en"),
    ("help_ja", "console.masters.field.help_ja"),
    ("help_en", "console.masters.field.help_en"),
    ("help_url", "console.masters.field.help_url"),
    ("", "console.masters.field.other"),
];

/// Where a field stands among others.
fn place(field: &str) -> usize {
    FIELDS.iter().position(|(name, _)| *name == field).unwrap_or(FIELDS.len())
}

/// Fields and their texts, in the order they are told.
pub(super) fn in_order(facts: &Facts) -> impl Iterator<Item = (&str, &str)> {
    let mut all: Vec<(&str, &str)> =
        facts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    all.sort_by_key(|(name, _)| place(name));
    all.into_iter()
}

/// The key of what a field is called.
pub(super) fn key(field: &str) -> &'static str {
    let known = FIELDS.iter().find(|(name, _)| *name == field);
    known.map_or("console.masters.field.other", |(_, key)| key)
}

/// What the text of a field means.
pub(super) fn told(words: Words, field: &str, text: &str) -> String {
    match (field, text) {
        ("rating_years", "") => words.get("console.masters.not_rated").to_owned(),
        ("sold_from", "") => words.get("console.masters.always").to_owned(),
        ("sold_until", "") => words.get("console.masters.open_ended").to_owned(),
        (_, "") => words.get("console.masters.nothing").to_owned(),
        (_, "true") => words.get("console.masters.yes").to_owned(),
        (_, "false") => words.get("console.masters.no").to_owned(),
        ("kind", kind) => {
            Kind::parse(kind).map_or(kind, |kind| words.get(kind_key(kind))).to_owned()
        }
        ("logo", digest) => {
            let mark = digest.get(..8).unwrap_or_default();
            words.fill("console.look.logo_is", &[("mark", mark)])
        }
        ("pin_rating_years", "21") => words.get("console.masters.nobody").to_owned(),
        ("rating_years" | "nr_rating_years" | "pin_rating_years", years) => {
            words.fill("console.masters.years", &[("years", years)])
        }
        ("sold_from" | "sold_until", at) => {
            let at = Instant::parse_rfc3339(at, field);
            at.map_or_else(|_| text.to_owned(), |at| moment(words, at))
        }
        (
            "client.kind" | "client.method" | "client.scopes" | "client.grants" | "client.pkce",
            said,
        ) => {
            let each = said.split(' ').map(|word| meaning(words, (field, word)));
            each.collect::<Vec<_>>().join(words.get("console.services.and"))
        }
        _ => text.to_owned(),
    }
}

/// Words of a service's terms, and what they mean.
const MEANINGS: &[(&str, &[(&str, &str)])] = &[
    (
        "client.kind",
        &[
            ("service", "console.services.kind.service"),
            ("sms", "console.services.kind.sms"),
            ("admin", "console.services.kind.admin"),
        ],
    ),
    (
        "client.method",
        &[
            ("none", "console.services.method.none"),
            ("client_secret_basic", "console.services.method.secret"),
            ("client_secret_post", "console.services.method.secret_post"),
            ("private_key_jwt", "console.services.method.keys"),
            ("tls_client_auth", "console.services.method.certificate"),
        ],
    ),
    (
        "client.scopes",
        &[
            ("openid", "console.services.scope.openid"),
            ("offline_access", "console.services.scope.offline_access"),
            ("decisions", "console.services.scope.decisions"),
            ("sms", "console.services.scope.sms"),
            ("admin.clients", "console.services.scope.admin.clients"),
            ("admin.persons", "console.services.scope.admin.persons"),
            ("admin.keys", "console.services.scope.admin.keys"),
            ("admin.registrations", "console.services.scope.admin.registrations"),
        ],
    ),
    (
        "client.grants",
        &[
            ("authorization_code", "console.services.grant.authorization_code"),
            ("refresh_token", "console.services.grant.refresh_token"),
            ("client_credentials", "console.services.grant.client_credentials"),
            ("device_code", "console.services.grant.device_code"),
            ("token_exchange", "console.services.grant.token_exchange"),
            ("jwt_bearer", "console.services.grant.jwt_bearer"),
        ],
    ),
    (
        "client.pkce",
        &[
            ("required", "console.services.pkce.required"),
            ("exempt_with_nonce", "console.services.pkce.exempt"),
        ],
    ),
];

/// What a word in a field means; one without a meaning here is told as it is.
fn meaning<'w>(words: Words, (field, word): (&str, &'w str)) -> &'w str {
    let of_field = MEANINGS.iter().find(|(name, _)| *name == field);
    let known = of_field.and_then(|(_, all)| all.iter().find(|(one, _)| *one == word));
    known.map_or(word, |(_, key)| words.get(key))
}

pub(super) const fn kind_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Channel => "console.masters.kind.channel",
        Kind::Svod => "console.masters.kind.svod",
        Kind::Tvod => "console.masters.kind.tvod",
        Kind::Feature => "console.masters.kind.feature",
        Kind::Bundle => "console.masters.kind.bundle",
    }
}

/// Differences in words. What has no word here is said to have changed, and no more.
pub(super) fn compared(words: Words, changes: &[Difference]) -> Vec<Compared> {
    let mut changes: Vec<&Difference> = changes.iter().collect();
    changes.sort_by_key(|one| place(&one.field));
    let each = changes.into_iter().map(|one| Compared {
        field: words.get(key(&one.field)),
        before: told(words, &one.field, &one.before),
        after: told(words, &one.field, &one.after),
    });
    each.collect()
}

/// What was published so far.
pub(super) fn history(words: Words, published: &[Published]) -> Vec<Shown> {
    let each = published.iter().map(|one| Shown {
        at: moment(words, one.at),
        by: actor(words, &one.by),
        why: one.why.clone(),
        changes: compared(words, &one.changes),
    });
    each.collect()
}
