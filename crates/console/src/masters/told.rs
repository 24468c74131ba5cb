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

/// Fields with their keys: of a product, then of the policies.
const FIELDS: [(&str, &str); 33] = [
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
    let known = FIELDS.into_iter().find(|(name, _)| *name == field);
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
        ("pin_rating_years", "21") => words.get("console.masters.nobody").to_owned(),
        ("rating_years" | "nr_rating_years" | "pin_rating_years", years) => {
            words.fill("console.masters.years", &[("years", years)])
        }
        ("sold_from" | "sold_until", at) => {
            let at = Instant::parse_rfc3339(at, field);
            at.map_or_else(|_| text.to_owned(), |at| moment(words, at))
        }
        _ => text.to_owned(),
    }
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
