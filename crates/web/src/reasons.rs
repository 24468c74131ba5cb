//! Decisions in words: one sentence and one next step for the viewer, every failed check for the
//! clerk.
//!
//! Viewers never see an internal code but the eight characters of the trace, by which the station
//! finds the decision again. Source: brief tve §5.8, §11.3, §12.4.

use base::kernel::Instant;
use domain::decisions::{AdultSwitch, Finding, PERMIT, PinFor, Refused, Station};
use domain::subscribers::Reason;

use crate::{Language, words};

/// What the viewer is told: the first failed check only.
#[must_use]
pub fn for_user(language: Language, finding: &Finding, station: &Station, trace: &str) -> String {
    let text = sentence(language, finding, station);
    let number = words::fill(language, "decision.trace", &[("trace", trace)]);
    format!("{text}{number}")
}

/// The same without a number to call with, where nothing was written down: on a person's own pages.
#[must_use]
pub fn sentence(language: Language, finding: &Finding, station: &Station) -> String {
    fill(language, user_key(finding), finding, station)
}

/// What the station is told: all failed checks in order, each with its code and facts.
#[must_use]
pub fn for_admin(language: Language, findings: &[Finding], station: &Station) -> String {
    if findings.is_empty() {
        return format!("{PERMIT} {}", words::page(language, "decision.P00.admin"));
    }
    let one = |finding: &Finding| {
        let text = fill(language, admin_key(finding), finding, station);
        format!("{} {text}", finding.code())
    };
    findings.iter().map(one).collect::<Vec<_>>().join(" / ")
}

const fn user_key(finding: &Finding) -> &'static str {
    match finding {
        Finding::OperatorDisabled => "decision.D01.user",
        Finding::SubjectUnknown => "decision.D02.user",
        Finding::ContractStopped { .. } => "decision.D03.user",
        Finding::ContractSuspended { building: true, .. } => "decision.D04.user.building",
        Finding::ContractSuspended { reasons, .. } => suspended_key(reasons.as_slice()),
        Finding::PersonStopped { .. } => "decision.D05.user",
        Finding::PersonSuspended { .. } => "decision.D06.user",
        Finding::RegistrationNeeded => "decision.D07.user",
        Finding::NotInContract { .. } => "decision.D09.user",
        Finding::BeginsLater { product: Some(_), .. } => "decision.D10.user",
        Finding::BeginsLater { product: None, .. } => "decision.D10.user.contract",
        Finding::KeyOver { .. } => "decision.D11.user",
        Finding::RentalOver { .. } => "decision.D12.user",
        Finding::AdultNotAllowed { off } => adult_key(off.as_slice()),
        Finding::RatedAbove { by_age: true, .. } => "decision.D14.user.age",
        Finding::RatedAbove { by_age: false, .. } => "decision.D14.user",
        Finding::PinNeeded { pin, set, given, .. } => pin_key(*pin, *set, *given),
        Finding::PurchaseNeeded => "decision.D18.user",
    }
}

/// A PIN nobody set can not be typed: first it is set.
const fn pin_key(pin: PinFor, set: bool, given: Refused) -> &'static str {
    match (given, set, pin) {
        (Refused::Locked, _, _) => "decision.D15.user.locked",
        (_, false, _) => "decision.D15.user.unset",
        (Refused::Wrong, true, _) => "decision.D15.user.wrong",
        (Refused::Missing, true, PinFor::Viewing) => "decision.D15.user",
        (Refused::Missing, true, PinFor::Purchase) => "decision.D15.user.purchase",
    }
}

const fn suspended_key(reasons: &[Reason]) -> &'static str {
    match reasons {
        [Reason::Unpaid, ..] => "decision.D04.user.unpaid",
        [Reason::Pause, ..] => "decision.D04.user.pause",
        _ => "decision.D04.user",
    }
}

/// Tells how to switch on only where somebody can.
const fn adult_key(off: &[AdultSwitch]) -> &'static str {
    match off {
        [AdultSwitch::Operator, ..] => "decision.D13.user.operator",
        [.., AdultSwitch::Child | AdultSwitch::Age]
        | [.., AdultSwitch::Child | AdultSwitch::Age, AdultSwitch::Person] => {
            "decision.D13.user.minor"
        }
        [.., AdultSwitch::Nobody] => "decision.D13.user.nobody",
        _ => "decision.D13.user",
    }
}

const fn admin_key(finding: &Finding) -> &'static str {
    match finding {
        Finding::OperatorDisabled => "decision.D01.admin",
        Finding::SubjectUnknown => "decision.D02.admin",
        Finding::ContractStopped { .. } => "decision.D03.admin",
        Finding::ContractSuspended { building: true, .. } => "decision.D04.admin.building",
        Finding::ContractSuspended { building: false, .. } => "decision.D04.admin",
        Finding::PersonStopped { .. } => "decision.D05.admin",
        Finding::PersonSuspended { .. } => "decision.D06.admin",
        Finding::RegistrationNeeded => "decision.D07.admin",
        Finding::NotInContract { resource_known: true } => "decision.D09.admin",
        Finding::NotInContract { resource_known: false } => "decision.D09.admin.resource",
        Finding::BeginsLater { product: Some(_), .. } => "decision.D10.admin",
        Finding::BeginsLater { product: None, .. } => "decision.D10.admin.contract",
        Finding::KeyOver { .. } => "decision.D11.admin",
        Finding::RentalOver { played: true, .. } => "decision.D12.admin",
        Finding::RentalOver { played: false, .. } => "decision.D12.admin.not_begun",
        Finding::AdultNotAllowed { .. } => "decision.D13.admin",
        Finding::RatedAbove { by_age: false, .. } => "decision.D14.admin",
        Finding::RatedAbove { by_age: true, .. } => "decision.D14.admin.age",
        Finding::PinNeeded { set: false, .. } => "decision.D15.admin.unset",
        Finding::PinNeeded { given: Refused::Missing, .. } => "decision.D15.admin",
        Finding::PinNeeded { given: Refused::Wrong, .. } => "decision.D15.admin.wrong",
        Finding::PinNeeded { given: Refused::Locked, .. } => "decision.D15.admin.locked",
        Finding::PurchaseNeeded => "decision.D18.admin",
    }
}

/// The text of `key` with the finding's facts in it.
#[must_use]
pub fn fill(language: Language, key: &'static str, finding: &Finding, station: &Station) -> String {
    let product = |code: &str| product_name(language, station, code);
    match finding {
        Finding::OperatorDisabled
        | Finding::SubjectUnknown
        | Finding::RegistrationNeeded
        | Finding::NotInContract { .. }
        | Finding::PurchaseNeeded => words::page(language, key).to_owned(),
        Finding::ContractStopped { since } | Finding::PersonStopped { since } => {
            let since = since.map_or_else(String::new, |since| moment(language, since));
            words::fill(language, key, &[("date", &since)])
        }
        Finding::ContractSuspended { reasons, .. } | Finding::PersonSuspended { reasons } => {
            let reasons =
                reasons.iter().map(|one| named(language, *one)).collect::<Vec<_>>().join(", ");
            words::fill(language, key, &[("reasons", &reasons)])
        }
        Finding::BeginsLater { product: None, from } => {
            words::fill(language, key, &[("date", &moment(language, *from))])
        }
        Finding::BeginsLater { product: Some(code), from } => {
            let values = [("product", product(code)), ("date", moment(language, *from))];
            filled(language, key, &values)
        }
        Finding::KeyOver { product: code, since }
        | Finding::RentalOver { product: code, since, .. } => {
            let values = [("product", product(code)), ("date", last_moment(language, *since))];
            filled(language, key, &values)
        }
        Finding::AdultNotAllowed { off } => {
            let named = |one: &AdultSwitch| words::page(language, switch_key(*one));
            let off = off.iter().map(named).collect::<Vec<_>>().join(", ");
            words::fill(language, key, &[("off", &off)])
        }
        Finding::PinNeeded { pin, wait_s, .. } => {
            let minutes = wait_s.max(&0).unsigned_abs().div_ceil(60).to_string();
            let pin = match pin {
                PinFor::Viewing => words::page(language, "pin.viewing"),
                PinFor::Purchase => words::page(language, "pin.purchase"),
            };
            filled(language, key, &[("pin", pin.to_owned()), ("minutes", minutes)])
        }
        Finding::RatedAbove { asks, allows, .. } => {
            filled(language, key, &[("asks", asks.to_string()), ("allows", allows.to_string())])
        }
    }
}

fn filled(language: Language, key: &'static str, values: &[(&str, String)]) -> String {
    let values: Vec<(&str, &str)> =
        values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words::fill(language, key, &values)
}

/// What a product is called; its code, when it is none of this operator any more.
#[must_use]
pub fn product_name(language: Language, station: &Station, code: &str) -> String {
    let name = station.catalogue.get(code).map(|product| match language {
        Language::Japanese => product.name_ja.as_str(),
        Language::English => product.name_en.as_str(),
    });
    name.unwrap_or(code).to_owned()
}

/// Why something is held, with the number the station knows.
#[must_use]
pub fn named(language: Language, reason: Reason) -> &'static str {
    words::page(language, reason_key(reason))
}

const fn reason_key(reason: Reason) -> &'static str {
    match reason {
        Reason::Unpaid => "hold.10",
        Reason::Pause => "hold.20",
        Reason::Work => "hold.30",
        Reason::Fraud => "hold.40",
        Reason::Admin => "hold.50",
        Reason::Deceased => "hold.60",
        Reason::Other => "hold.90",
    }
}

const fn switch_key(switch: AdultSwitch) -> &'static str {
    match switch {
        AdultSwitch::Operator => "adult.operator",
        AdultSwitch::Household => "adult.household",
        AdultSwitch::Child => "adult.child",
        AdultSwitch::Age => "adult.age",
        AdultSwitch::Person => "adult.person",
        AdultSwitch::Nobody => "adult.nobody",
    }
}

/// `2026年11月30日 15:00`, or the day alone at midnight. Always with the year: an answer is read out again
/// months later, over the telephone, and a key that ended a year ago is the one people ask about.
#[must_use]
pub fn moment(language: Language, at: Instant) -> String {
    let digits = at.compact_jst();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let plain = |text: &str| text.trim_start_matches('0').to_owned();
    let day = match language {
        Language::Japanese => {
            format!("{}年{}月{}日", part(0, 4), plain(part(4, 6)), plain(part(6, 8)))
        }
        Language::English => format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8)),
    };
    match part(8, 12) {
        "0000" => day,
        _ => format!("{day} {}:{}", part(8, 10), part(10, 12)),
    }
}

/// An end is the first instant after it: what ends at midnight ended on the day before.
fn last_moment(language: Language, end: Instant) -> String {
    if end == end.day_jst().start() {
        return moment(language, end.plus_seconds(-1).day_jst().start());
    }
    moment(language, end)
}

#[cfg(test)]
mod tests {
    use domain::catalogue::Catalogue;
    use domain::operators::{Operator, OperatorState, Policies};

    use super::*;

    fn station() -> Station {
        let operator = Operator {
            code: "KITA01".to_owned(),
            name_ja: "北浜ケーブル".to_owned(),
            name_en: "Kitahama Cable".to_owned(),
            state: OperatorState::Enabled,
            time_zone: "Asia/Tokyo".to_owned(),
            policies: Policies::default(),
            version: 1,
            created: Instant::default(),
            trial: false,
            look: Default::default(),
        };
        Station { operator, catalogue: Catalogue::default() }
    }

    #[test]
    fn a_viewer_reads_one_sentence_without_codes_and_the_number_to_call_with() {
        let since = Instant::parse_compact_jst("20261201000000", "since").unwrap();
        let over = Finding::KeyOver { product: "PACK".to_owned(), since };
        let text = for_user(Language::Japanese, &over, &station(), "BCDF2345");
        assert!(text.starts_with("『PACK』は2026年11月30日で終了しました。"), "{text}");
        assert!(text.contains("BCDF2345") && !text.contains("D11"), "{text}");
    }

    #[test]
    fn a_date_says_its_year_in_both_languages_and_its_hour_unless_it_is_midnight() {
        let at = |digits| Instant::parse_compact_jst(digits, "at").unwrap();
        let both = |at| [Language::Japanese, Language::English].map(|one| moment(one, at));
        assert_eq!(both(at("20250103000000")), ["2025年1月3日", "2025-01-03"]);
        assert_eq!(both(at("20261130093000")), ["2026年11月30日 09:30", "2026-11-30 09:30"]);
        let ends = last_moment(Language::Japanese, at("20270101000000"));
        assert_eq!(ends, "2026年12月31日", "what ends at midnight ended on the day before");
    }

    #[test]
    fn a_clerk_reads_every_check_with_its_code_and_facts() {
        let reasons = vec![Reason::Unpaid, Reason::Admin];
        let held = Finding::ContractSuspended { reasons, building: false };
        let findings = [held, Finding::RatedAbove { asks: 18, allows: 12, by_age: false }];
        let text = for_admin(Language::English, &findings, &station());
        assert!(text.starts_with("D04 ") && text.contains("unpaid") && text.contains(" / D14 "));
        assert!(text.contains("18") && text.contains("12"), "{text}");
        assert!(for_admin(Language::Japanese, &[], &station()).starts_with("P00 "));
    }

    #[test]
    fn every_key_is_worded() {
        let at = Instant::default();
        let (code, off) = ("PACK".to_owned(), vec![AdultSwitch::Household]);
        let pin = |pin, set, given| Finding::PinNeeded { pin, set, given, wait_s: 61 };
        let all = [
            Finding::OperatorDisabled,
            Finding::SubjectUnknown,
            Finding::ContractStopped { since: None },
            Finding::ContractSuspended { reasons: vec![Reason::Unpaid], building: false },
            Finding::ContractSuspended { reasons: vec![Reason::Pause], building: false },
            Finding::ContractSuspended { reasons: vec![Reason::Fraud], building: false },
            Finding::ContractSuspended { reasons: vec![Reason::Unpaid], building: true },
            Finding::PersonStopped { since: Some(at) },
            Finding::PersonSuspended { reasons: Reason::ALL.to_vec() },
            Finding::RegistrationNeeded,
            Finding::NotInContract { resource_known: true },
            Finding::NotInContract { resource_known: false },
            Finding::BeginsLater { product: None, from: at },
            Finding::BeginsLater { product: Some(code.clone()), from: at },
            Finding::KeyOver { product: code.clone(), since: at },
            Finding::RentalOver { product: code.clone(), since: at, played: true },
            Finding::RentalOver { product: code, since: at, played: false },
            Finding::AdultNotAllowed { off },
            Finding::AdultNotAllowed { off: vec![AdultSwitch::Operator] },
            Finding::AdultNotAllowed { off: vec![AdultSwitch::Child, AdultSwitch::Person] },
            Finding::AdultNotAllowed { off: vec![AdultSwitch::Age] },
            Finding::AdultNotAllowed { off: vec![AdultSwitch::Nobody] },
            Finding::RatedAbove { asks: 15, allows: 14, by_age: true },
            Finding::RatedAbove { asks: 15, allows: 12, by_age: false },
            pin(PinFor::Viewing, true, Refused::Missing),
            pin(PinFor::Purchase, true, Refused::Missing),
            pin(PinFor::Viewing, false, Refused::Missing),
            pin(PinFor::Viewing, true, Refused::Wrong),
            pin(PinFor::Viewing, true, Refused::Locked),
            Finding::PurchaseNeeded,
        ];
        for finding in &all {
            for language in [Language::Japanese, Language::English] {
                let user = for_user(language, finding, &station(), "BCDF2345");
                let admin = for_admin(language, std::slice::from_ref(finding), &station());
                for text in [user, admin] {
                    let plain = !text.contains("decision.") && !text.contains("adult.");
                    assert!(plain && !text.contains('{'), "{finding:?}: {text}");
                }
            }
        }
    }
}
