//! Whatever the facts: within the seconds an answer may be reused, asking again answers the same.

use base::kernel::{Day, Instant};
use domain::catalogue::{Catalogue, Product};
use domain::decisions::{
    Action, Asker, Building, Decision, Guarded, PinGiven, Question, Station, Viewer, decide,
};
use domain::entitlements::{Grant, Keyring};
use domain::operators::{Operator, OperatorState, Policies};
use domain::subscribers::{Attributes, By, Household, Key, PersonState, Reason, Source, Unit};
use proptest::prelude::*;

use crate::world::products;

/// Seconds around the question's instant; dense near zero, where answers change.
fn offset() -> impl Strategy<Value = i64> {
    prop_oneof![-90_i64..90, -8000_i64..8000, -40 * 86_400_i64..40 * 86_400]
}

#[derive(Debug, Clone)]
struct Drawn {
    product: usize,
    starts: i64,
    length: Option<i64>,
    played: Option<i64>,
    shared: bool,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        0..6_usize,
        offset(),
        prop::option::of(0..200_000_i64),
        prop::option::of(offset()),
        any::<bool>(),
    )
        .prop_map(|(product, starts, length, played, shared)| Drawn {
            product,
            starts,
            length,
            played,
            shared,
        })
}

struct Facts {
    station: Station,
    household: Household,
    keyring: Keyring,
    building: Household,
    shared: Keyring,
}

fn grant(products: &[Product], drawn: &Drawn, now: Instant) -> Grant {
    let starts = now.plus_seconds(drawn.starts);
    Grant {
        grant_no: 1,
        person_no: 0,
        product: products[drawn.product].code.clone(),
        starts,
        ends: drawn.length.map(|seconds| starts.plus_seconds(seconds + 1)),
        closed_cause: None,
        stopped: None,
        revoked: None,
        first_play: drawn.played.map(|at| now.plus_seconds(at).max(starts)),
        opened: starts,
        changed: starts,
        cause: String::new(),
    }
}

fn household(number: &str, unit: Unit, starts: Instant, held: bool) -> Household {
    let by = By { source: Source::Sms, at: starts, now: starts, cause: "" };
    let key = Key { number: number.to_owned(), generation: 0 };
    let bulk_parent = (unit == Unit::BulkChild).then(|| "TOWER".to_owned());
    let attributes = Attributes {
        unit: Some(unit),
        bulk_parent,
        adult_allowed: Some(true),
        ..Attributes::default()
    };
    let mut household = Household::start(key, starts, &attributes, "per_1".to_owned(), &by);
    household.persons[0].state = PersonState::Active;
    if held {
        household.suspend(Reason::Unpaid, None, &by).unwrap();
    }
    household
}

fn ask(facts: &Facts, resource: &str, (action, years): (Action, i64), now: Instant) -> Decision {
    let viewer = Viewer {
        asker: Asker::Person(&facts.household.persons[0]),
        household: &facts.household,
        keyring: &facts.keyring,
        building: Some(Building { household: &facts.building, keyring: &facts.shared }),
        coming: None,
        guarded: Guarded::default(),
    };
    let question =
        Question { action, resource, least_age: Some(years), adult: false, pin: PinGiven::Missing };
    decide(&facts.station, Some(&viewer), &question, now)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn an_answer_is_never_reused_past_a_known_change(
        keys in prop::collection::vec(drawn(), 0..5),
        (contract, building, birthday) in (offset(), offset(), offset()),
        (held, adult) in (any::<bool>(), any::<bool>()),
        (noon, years, resource, action) in (0..86_400_i64, 0..3_usize, 0..6_usize, 0..4_usize),
        part in 0.0..1.0_f64,
    ) {
        let now = Instant::parse_compact_jst("20261130120000", "now").unwrap().plus_seconds(noon);
        let products = products();
        let keyring = |shared: bool| Keyring {
            grants: keys.iter().filter(|one| one.shared == shared).map(|one| grant(&products, one, now)).collect(),
        };
        let policies = Policies { adult_sold: true, ..Policies::default() };
        let operator = Operator {
            code: "KITA01".to_owned(),
            name_ja: String::new(),
            name_en: String::new(),
            state: OperatorState::Enabled,
            time_zone: String::new(),
            policies,
            version: 1,
            created: now,
            trial: false,
            look: Default::default(),
        };
        let mut facts = Facts {
            station: Station { operator, catalogue: Catalogue::new(products.clone()) },
            household: household("TOWER-101", Unit::BulkChild, now.plus_seconds(contract), false),
            keyring: keyring(false),
            building: household("TOWER", Unit::BulkParent, now.plus_seconds(building), held),
            shared: keyring(true),
        };
        // Fifteen or eighteen some time around now.
        let years = [12, 15, 18][years];
        let born = now.plus_seconds(birthday).day_jst().iso();
        let year: i64 = born[..4].parse().unwrap();
        let born = format!("{}{}", year - years, &born[4..]).replace("-02-29", "-02-28");
        Day::parse_iso(&born, "birth_on").unwrap();
        facts.household.persons[0].birth_on = Some(born);
        facts.household.persons[0].adult_allowed = adult;
        let resource =
            ["title:T0001", "title:R0001", "title:A0001", "title:O0001", "channel:101", "product:PACK"][resource];
        let asked = (Action::ALL[action], years);

        let first = ask(&facts, resource, asked, now);
        prop_assert!(first.ttl_s >= 0 && first.ttl_s <= 3600);
        prop_assert!(first.permit() || first.ttl_s <= 30);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a draw")]
        let reused_ms = (part * (first.ttl_s * 1000) as f64) as i64;
        for reused in [reused_ms, first.ttl_s * 1000 - 1] {
            let later = Instant::from_ms(now.ms() + reused.max(0));
            let again = ask(&facts, resource, asked, later);
            prop_assert_eq!(&again.findings, &first.findings, "{} ms later", reused);
        }
    }
}
