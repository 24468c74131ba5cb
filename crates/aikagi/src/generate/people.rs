//! Households from lists: half-width kana in the name column, kanji (also of CP932's extensions)
//! in the notes, numbers written in every way clerks write them.

use base::kernel::Day;
use formats::sms::Record;

use super::blank;
use super::dice::Dice;

const FAMILIES: &[&str] = &[
    "ﾀｶﾊｼ",
    "ｻﾄｳ",
    "ｽｽﾞｷ",
    "ﾜﾀﾅﾍﾞ",
    "ﾔﾏｻﾞｷ",
    "ｲﾄｳ",
    "ﾜﾀﾍﾞ",
    "ｷﾀﾊﾏ",
    "ﾐﾅﾐﾉ",
    "ｵｵﾂｶ",
    "ﾊﾏｻﾞｷ",
    "ｼﾏﾌﾞｸﾛ",
    "ﾂｼﾞ",
    "ﾋﾛｾ",
    "ﾖｼﾀﾞ",
    "ｱﾍﾞ",
    "ﾆｼｼﾞﾏ",
    "ﾏﾙﾔﾏ",
    "ｶﾄｳ",
    "ﾕｱｻ",
];
const GIVEN: &[&str] = &[
    "ﾀﾛｳ",
    "ﾊﾅｺ",
    "ｼﾞﾛｳ",
    "ﾐｻｷ",
    "ﾘｮｳ",
    "ｱｵｲ",
    "ｼｮｳｿﾞｳ",
    "ﾌﾐ",
    "ｹﾝｲﾁﾛｳ",
    "ﾕｳﾄ",
    "ｻｸﾗ",
    "ﾒｲ",
    "ﾊﾙｷ",
    "ﾅﾂﾐ",
    "ｼﾞｭﾝ",
    "ｶｽﾞｺ",
];
const COMPANIES: &[&str] = &["ｶ)ﾔﾏｻﾞｷｼｮｳﾃﾝ", "ﾕ)ﾊﾏｻﾞｷｺｳﾑﾃﾝ", "ﾀｶﾊｼｼｶｲｲﾝ", "ｶ)ｷﾀﾊﾏﾎﾃﾙ"];
/// What clerks write into the note: names as they really are, buildings, reminders.
const NOTES: &[&str] = &[
    "髙橋様 二世帯",
    "㈱山﨑商店",
    "北浜ハイツ①号棟",
    "﨑山ビル3F",
    "℡は夕方以降",
    "~6月まで出張",
    "ﾒｿﾞﾝ濵﨑 201",
    "ⅢF 角部屋",
    "集合装置№12",
];

struct Member {
    number: u64,
    kana: String,
    born: String,
    rating: &'static str,
}

/// An invented household.
pub(super) struct Household {
    kana: String,
    born: String,
    adult: &'static str,
    credit: &'static str,
    telephone: String,
    postal: String,
    note: &'static str,
    members: Vec<Member>,
    /// Throws that choose its products.
    tastes: Vec<u64>,
}

impl Household {
    pub(super) fn invent(dice: &mut Dice, day: Day) -> Self {
        let family = dice.one_of(FAMILIES).unwrap_or_default();
        let year: u64 = day.compact().get(..4).and_then(|text| text.parse().ok()).unwrap_or(2026);
        let company = dice.chance(4);
        let kana = if company {
            dice.one_of(COMPANIES).unwrap_or_default().to_owned()
        } else {
            name(dice, family)
        };
        let grown = birthday(dice, year - 75, 50);
        let members = if company { 0 } else { dice.below(4) };
        Self {
            kana,
            born: if company { String::new() } else { grown },
            adult: dice.one_of(&["0", "0", "1", ""]).unwrap_or_default(),
            credit: dice.one_of(&["A", "B", "B", "C", ""]).unwrap_or_default(),
            telephone: telephone(dice),
            postal: postal(dice),
            note: if dice.chance(30) { dice.one_of(NOTES).unwrap_or_default() } else { "" },
            members: (0..members).map(|at| member(dice, (at + 2, family), year)).collect(),
            tastes: (0..=dice.below(3)).map(|_| dice.below(1 << 32)).collect(),
        }
    }

    /// The lines that bring this household about: start, persons, keys.
    pub(super) fn records(&self, number: &str, products: &[String]) -> Vec<Record> {
        let mut records = vec![Record {
            name_kana: self.kana.clone(),
            birth_date: self.born.clone(),
            adult_allowed: self.adult.to_owned(),
            credit_rank: self.credit.to_owned(),
            telephone: self.telephone.clone(),
            postal_code: self.postal.clone(),
            note: self.note.to_owned(),
            ..blank("101", number, "000")
        }];
        records.extend(self.members.iter().map(|member| Record {
            name_kana: member.kana.clone(),
            birth_date: member.born.clone(),
            max_rating: member.rating.to_owned(),
            ..blank("201", number, &format!("{:03}", member.number))
        }));
        let mut wanted: Vec<&String> = self
            .tastes
            .iter()
            .filter_map(|taste| products.get(usize::try_from(*taste).ok()? % products.len().max(1)))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let opened = wanted.into_iter();
        records.extend(opened.map(|product| Record {
            product_code: product.clone(),
            ..blank("301", number, "000")
        }));
        records
    }
}

fn member(dice: &mut Dice, (number, family): (u64, &str), year: u64) -> Member {
    let child = dice.chance(60);
    let born = if child { birthday(dice, year - 16, 14) } else { birthday(dice, year - 70, 48) };
    let rating =
        if child { dice.one_of(&["G", "P12", ""]) } else { dice.one_of(&["R15", "R18", ""]) };
    Member { number, kana: name(dice, family), born, rating: rating.unwrap_or_default() }
}

/// Family and given name; some clerks leave the space out.
fn name(dice: &mut Dice, family: &str) -> String {
    let given = dice.one_of(GIVEN).unwrap_or_default();
    let gap = if dice.chance(15) { "" } else { " " };
    format!("{family}{gap}{given}")
}

fn birthday(dice: &mut Dice, from: u64, years: u64) -> String {
    let (year, month, day) = (from + dice.below(years), 1 + dice.below(12), 1 + dice.below(28));
    format!("{year:04}{month:02}{day:02}")
}

fn telephone(dice: &mut Dice) -> String {
    let last = dice.below(10_000);
    match dice.below(4) {
        0 => format!("0{}0-0000-{last:04}", 7 + dice.below(3)),
        1 => format!("0{}00000{last:04}", 7 + dice.below(3)),
        2 => format!("099-000-{last:04}"),
        _ => String::new(),
    }
}

fn postal(dice: &mut Dice) -> String {
    if dice.chance(10) { String::new() } else { format!("00{:05}", dice.below(100_000)) }
}
