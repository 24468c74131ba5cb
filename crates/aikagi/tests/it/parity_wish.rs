//! One thing an SMS asks for, invented, and worded for either door: a line of a file, a command online.

use formats::sms::Record;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// One thing asked for, to be worded for either door.
#[derive(Debug, Clone)]
pub struct Wish {
    operation: usize,
    contract: u8,
    generation: Option<u8>,
    person: u8,
    product: usize,
    reason: Option<usize>,
    when: When,
    end: Option<usize>,
    known: Known,
}

/// From when.
#[derive(Debug, Clone, Copy)]
enum When {
    Now,
    Past(u8),
    Future(u8),
}

/// What is told of a contract or person: places in the lists below.
#[derive(Debug, Clone)]
struct Known {
    kana: Option<usize>,
    rating: Option<usize>,
    adult: Option<bool>,
    birth: Option<usize>,
    telephone: Option<usize>,
    postal: Option<usize>,
    note: Option<usize>,
}

const OPERATIONS: [(&str, &str); 17] = [
    ("101", "START"),
    ("102", "STOP"),
    ("103", "SUSPEND"),
    ("104", "RESUME"),
    ("105", "REPLACE"),
    ("106", "STOP_CANCEL"),
    ("107", "ATTR"),
    ("201", "PERSON_ADD"),
    ("202", "PERSON_STOP"),
    ("203", "PERSON_SUSPEND"),
    ("204", "PERSON_RESUME"),
    ("205", "PERSON_RESET"),
    ("301", "KEY_OPEN"),
    ("302", "KEY_CLOSE"),
    ("303", "KEY_REVOKE"),
    ("401", "CREDIT_SET"),
    ("501", "DEVICE_REPLACE"),
];
const PRODUCTS: [&str; 5] = ["BASIC", "MIHODAI", "PACK", "NIGHT", "NO-SUCH"];
const REASONS: [&str; 3] = ["10", "40", "90"];
const KANA: [&str; 3] = ["ﾀｶﾊｼ ﾊﾅｺ", "ﾔﾏｻﾞｷ ｶﾌﾞｼｷｶﾞｲｼｬ", "ﾜﾀﾅﾍﾞ"];
/// In a file, online.
const RATINGS: [(&str, &str); 4] = [("G", "G"), ("P12", "PG12"), ("R15", "R15+"), ("R18", "R18+")];
/// Set-top boxes: the first two stand somewhere, the last is no serial.
const SERIALS: [&str; 5] = ["BOX-1", "BOX-2", "BOX-3", "BOX-4", "BOX 5"];
const ENDS: [(&str, &str); 3] =
    [("E", "END_OF_MONTH"), ("D", "END_OF_DAY"), ("20271231000000", "2027-12-31T00:00:00+09:00")];
const BIRTHS: [(&str, &str); 2] = [("19800229", "1980-02-29"), ("20150401", "2015-04-01")];
/// Each list has something that is refused.
const TELEPHONES: [&str; 2] = ["03-1234-5678", "call me"];
const POSTAL_CODES: [&str; 2] = ["1000001", "100"];
const NOTES: [&str; 2] = ["髙橋㈱ 2F", "督促3回目"];

fn known() -> impl Strategy<Value = Known> {
    let sometimes = |many: usize| prop::option::weighted(0.3, 0..many);
    (
        prop::option::of(0..KANA.len()),
        prop::option::of(0..RATINGS.len()),
        prop::option::of(any::<bool>()),
        sometimes(BIRTHS.len()),
        prop::option::weighted(0.3, prop_oneof![6 => Just(0_usize), 1 => Just(1)]),
        prop::option::weighted(0.3, prop_oneof![6 => Just(0_usize), 1 => Just(1)]),
        sometimes(NOTES.len()),
    )
        .prop_map(|(kana, rating, adult, birth, telephone, postal, note)| Known {
            kana,
            rating,
            adult,
            birth,
            telephone,
            postal,
            note,
        })
}

/// Anything an SMS may ask for.
pub fn wish() -> impl Strategy<Value = Wish> {
    (
        // Starts come often, so that the rest has something to work on.
        prop_oneof![2 => Just(0_usize), 5 => 0..OPERATIONS.len()],
        1_u8..6,
        prop::option::weighted(0.15, 0_u8..3),
        0_u8..4,
        0..PRODUCTS.len(),
        prop::option::weighted(0.8, 0..REASONS.len()),
        prop_oneof![
            6 => Just(When::Now),
            2 => (1_u8..20).prop_map(When::Past),
            2 => (1_u8..28).prop_map(When::Future),
        ],
        prop::option::weighted(0.4, 0..ENDS.len()),
        known(),
    )
        .prop_map(
            |(operation, contract, generation, person, product, reason, when, end, known)| Wish {
                operation,
                contract,
                generation,
                person,
                product,
                reason,
                when,
                end,
                known,
            },
        )
}

impl Wish {
    fn op(&self) -> (&'static str, &'static str) {
        OPERATIONS[self.operation]
    }

    fn is_about_person(&self) -> bool {
        self.op().0.starts_with('2') || self.op().1 == "ATTR" || self.is_about_key()
    }

    fn is_about_key(&self) -> bool {
        self.op().0.starts_with('3')
    }

    fn is_about_hold(&self) -> bool {
        ["SUSPEND", "RESUME"].iter().any(|word| self.op().1.ends_with(word))
    }

    fn has_attributes(&self) -> bool {
        matches!(self.op().1, "START" | "ATTR" | "PERSON_ADD")
    }

    /// A word of the SMS, kept with a hold or naming a device.
    fn has_reference(&self) -> bool {
        self.op().1.ends_with("SUSPEND") || self.op().1 == "DEVICE_REPLACE"
    }

    fn has_end(&self) -> bool {
        matches!(self.op().1, "KEY_OPEN" | "KEY_CLOSE")
    }

    /// The word that is kept with a hold, or the box that goes.
    fn reference(&self) -> Option<&'static str> {
        let words: &[&str] = if self.is_swap() { &SERIALS } else { &NOTES };
        self.known.note.map(|at| words[at])
    }

    fn is_swap(&self) -> bool {
        self.op().1 == "DEVICE_REPLACE"
    }

    /// The contract's number.
    pub fn number(&self) -> String {
        format!("P{:05}", self.contract)
    }

    /// As a line of a file.
    pub fn record(&self, request: &str) -> Record {
        let of = |there: bool, value: Option<&str>| {
            value.filter(|_| there).map(str::to_owned).unwrap_or_default()
        };
        let (known, told) = (&self.known, self.has_attributes());
        let (person, new) = (format!("{:03}", self.person), format!("Q{:05}", self.contract));
        let credit = self.op().1 == "CREDIT_SET";
        let noted = told || self.has_reference();
        Record {
            request_id: request.to_owned(),
            operation: self.op().0.to_owned(),
            contract_number: self.number(),
            generation: self.generation.map_or(String::new(), |one| format!("{one:02}")),
            person_number: of(self.is_about_person(), Some(&person)),
            product_code: of(self.is_about_key(), Some(PRODUCTS[self.product])),
            hold_reason: of(self.is_about_hold(), self.reason.map(|at| REASONS[at])),
            effective_at: match self.when {
                When::Now => String::new(),
                When::Past(day) => format!("202610{day:02}120000"),
                When::Future(day) => format!("202710{day:02}120000"),
            },
            end_at: of(self.has_end(), self.end.map(|at| ENDS[at].0)),
            name_kana: of(told, known.kana.map(|at| KANA[at])),
            birth_date: of(told, known.birth.map(|at| BIRTHS[at].0)),
            max_rating: of(told, known.rating.map(|at| RATINGS[at].0)),
            adult_allowed: of(told, known.adult.map(|on| if on { "1" } else { "0" })),
            credit_rank: of(credit, Some("C")),
            telephone: of(told, known.telephone.map(|at| TELEPHONES[at])),
            postal_code: of(told, known.postal.map(|at| POSTAL_CODES[at])),
            new_contract_number: if self.is_swap() {
                SERIALS[self.product].to_owned()
            } else {
                of(self.op().1 == "REPLACE", Some(&new))
            },
            note: of(noted, self.reference()),
            ..Record::default()
        }
    }

    /// As a command online.
    pub fn json(&self, request: &str) -> Json {
        let mut body = json!({
            "request_id": request, "contract_no": self.number(), "op": self.op().1,
        });
        let mut put = |name: &str, there: bool, value: Option<Json>| {
            if let Some(value) = value.filter(|_| there) {
                body[name] = value;
            }
        };
        put("gen", true, self.generation.map(|one| json!(one)));
        put("person_no", self.is_about_person(), Some(json!(self.person)));
        put("product", self.is_about_key(), Some(json!(PRODUCTS[self.product])));
        put("reason", self.is_about_hold(), self.reason.map(|at| json!(REASONS[at])));
        put("end_at", self.has_end(), self.end.map(|at| json!(ENDS[at].1)));
        put("ref", self.has_reference(), self.reference().map(|word| json!(word)));
        put("new_device", self.is_swap(), Some(json!(SERIALS[self.product])));
        let when = match self.when {
            When::Now => None,
            When::Past(day) => Some(json!(format!("2026-10-{day:02}T12:00:00+09:00"))),
            When::Future(day) => Some(json!(format!("2027-10-{day:02}T12:00:00+09:00"))),
        };
        put("effective_at", true, when);
        let new = json!(format!("Q{:05}", self.contract));
        put("new_contract_no", self.op().1 == "REPLACE", Some(new));
        let attributes = self.attributes();
        put("attributes", attributes != json!({}), Some(attributes));
        body
    }

    fn attributes(&self) -> Json {
        let mut attributes = json!({});
        let known = &self.known;
        let all = [
            ("kana", known.kana.map(|at| json!(KANA[at]))),
            ("birth_on", known.birth.map(|at| json!(BIRTHS[at].1))),
            ("max_rating", known.rating.map(|at| json!(RATINGS[at].1))),
            ("adult_allowed", known.adult.map(|on| json!(on))),
            ("telephone", known.telephone.map(|at| json!(TELEPHONES[at]))),
            ("postal_code", known.postal.map(|at| json!(POSTAL_CODES[at]))),
            ("note", known.note.map(|at| json!(NOTES[at]))),
        ];
        for (name, value) in all.into_iter().filter(|_| self.has_attributes()) {
            if let Some(value) = value {
                attributes[name] = value;
            }
        }
        if self.op().1 == "CREDIT_SET" {
            attributes["credit_rank"] = json!("C");
        }
        attributes
    }
}
