//! Every error code that is raised stands in `docs/ERRORS.md` and is worded in both languages.
//!
//! Source: `docs/decisions/0007-error-kinds.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::no_faults;
use super::source::{Source, read, sources, word_at};

const ERRORS: &str = "docs/ERRORS.md";
const WORDS: [&str; 2] = ["crates/web/words/ja.toml", "crates/web/words/en.toml"];

/// How an error is raised in code, and the kind it then has. `code:` stands inside `Error::Kind { … }`.
const RAISED_BY: &[(&str, &str)] = &[
    ("::invalid(", "Invalid"),
    ("::unauthenticated(", "Unauthenticated"),
    ("::forbidden(", "Forbidden"),
    ("::not_found(", "NotFound"),
    ("::refused(", "Refused"),
    ("::conflict(", "Conflict"),
    ("::too_many(", "TooMany"),
];

/// Codes the kernel gives to kinds that have only one.
const ALWAYS: &[(&str, &str)] = &[("unavailable", "Unavailable"), ("internal", "Internal")];

struct Raise {
    code: String,
    kind: String,
    place: String,
}

/// `contract.unknown`, and not a sentence, a path or a file name.
fn is_dotted(text: &str) -> bool {
    let word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.contains('.') && text.split('.').all(word)
}

/// Where errors are raised: the position of the code or of the name of its constant, and the kind.
fn raise_sites(source: &Source) -> Vec<(usize, String)> {
    let mut sites = Vec::new();
    for (call, kind) in RAISED_BY {
        sites.extend(source.find(call).map(|at| (at + call.len(), (*kind).to_owned())));
    }
    for at in source.find("code:") {
        let variant = source.code[..at].rsplit("::").next().unwrap_or_default();
        let kind = word_at(variant, 0);
        let known = RAISED_BY.iter().any(|(_, known)| *known == kind);
        if known && variant[kind.len()..].trim() == "{" {
            sites.push((at + "code:".len(), kind.to_owned()));
        }
    }
    for site in &mut sites {
        let gap = &source.code[site.0..];
        site.0 += gap.len() - gap.trim_start().len();
    }
    sites.retain(|(at, _)| !source.is_test(*at));
    sites
}

/// `const NAME: &str = "a.code"` of one file.
fn constants(source: &Source) -> BTreeMap<&str, &str> {
    let mut found = BTreeMap::new();
    for literal in source.literals.iter().filter(|literal| is_dotted(&literal.text)) {
        let start = source.code[..literal.at].rfind("const ").unwrap_or(literal.at);
        let declaration = &source.code[start..literal.at];
        if declaration.ends_with("= ") && !declaration.contains(';') {
            found.insert(word_at(&source.code, start + "const ".len()), literal.text.as_str());
        }
    }
    found
}

/// The constants that hold an error code say so: `` /// `a.code` — why `` stands above them.
fn declared<'a>(source: &'a Source, codes: &BTreeMap<&str, &'a str>) -> Vec<(&'a str, String)> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    for (line, pair) in lines.windows(2).enumerate() {
        let code = codes.values().find(|code| pair[1].contains(&format!("= \"{code}\";")));
        if let Some(code) = code.filter(|code| pair[0].contains(&format!("/// `{code}`"))) {
            found.push((*code, format!("{}:{}", source.path, line + 2)));
        }
    }
    found
}

/// The value of a constant that has one value in all files; names like `UNKNOWN` may have several.
fn the_only_one<'a>(all: &[BTreeMap<&'a str, &'a str>], name: &str) -> Option<&'a str> {
    let values: BTreeSet<&str> = all.iter().filter_map(|file| file.get(name).copied()).collect();
    values.first().copied().filter(|_| values.len() == 1)
}

/// Every code that is raised, or declared beside a function to be raised somewhere (kind unsaid).
fn raises(sources: &[Source]) -> Vec<Raise> {
    let everywhere: Vec<BTreeMap<&str, &str>> = sources.iter().map(constants).collect();
    let mut found = Vec::new();
    for (source, here) in sources.iter().zip(&everywhere) {
        for (code, place) in declared(source, here) {
            found.push(Raise { code: code.to_owned(), kind: String::new(), place });
        }
        for (at, kind) in raise_sites(source) {
            let written = source.literals.iter().find(|literal| literal.at == at);
            let name = source.code[at..].split([',', ')', '}']).next().unwrap_or_default();
            let name = name.rsplit("::").next().unwrap_or_default().trim();
            let code = written
                .map(|literal| literal.text.as_str())
                .or_else(|| here.get(name).copied().or_else(|| the_only_one(&everywhere, name)));
            if let Some(code) = code {
                found.push(Raise { code: code.to_owned(), kind, place: source.place(at) });
            }
        }
    }
    found
}

/// The rows `` | `code` | Kind | … | `` of `docs/ERRORS.md`: code, kinds and line.
fn documented(errors: &str) -> BTreeMap<&str, (&str, usize)> {
    let numbered = errors.lines().enumerate();
    numbered
        .filter_map(|(at, line)| {
            let (code, rest) = line.strip_prefix("| `")?.split_once("` |")?;
            Some((code, (rest.split('|').next()?.trim(), at + 1)))
        })
        .collect()
}

fn document_faults(errors: &str, sources: &[Source]) -> Vec<String> {
    let rows = documented(errors);
    let mut faults = Vec::new();
    for Raise { code, kind, place } in raises(sources) {
        match rows.get(code.as_str()) {
            None => faults.push(format!("{place}: add `{code}` ({kind}) to {ERRORS}")),
            Some((kinds, line)) if !kind.is_empty() && !kinds.split(", ").any(|k| k == kind) => {
                faults
                    .push(format!("{place}: `{code}` is {kind} here, {kinds} in {ERRORS}:{line}"));
            }
            Some(_) => {}
        }
    }
    let said: BTreeSet<&str> = sources
        .iter()
        .flat_map(|source| source.literals.iter().filter(|literal| !source.is_test(literal.at)))
        .map(|literal| literal.text.as_str())
        .collect();
    for (code, (_, line)) in &rows {
        if !said.contains(code) {
            faults.push(format!("{ERRORS}:{line}: `{code}` is raised nowhere; take the row out"));
        }
    }
    faults
}

/// Every key of a file of words, with its tables: `errors.contract.unknown`.
fn keys(words: &str) -> BTreeSet<String> {
    let words: toml::Table = words.parse().unwrap();
    let mut open = vec![(String::new(), toml::Value::Table(words))];
    let mut keys = BTreeSet::new();
    while let Some((key, value)) = open.pop() {
        match value {
            toml::Value::Table(table) => open.extend(table.into_iter().map(|(name, value)| {
                (if key.is_empty() { name } else { format!("{key}.{name}") }, value)
            })),
            _ => drop(keys.insert(key)),
        }
    }
    keys
}

fn word_faults(errors: &str, path: &str, words: &str) -> Vec<String> {
    let (rows, words) = (documented(errors), keys(words));
    let worded: BTreeSet<&str> =
        words.iter().filter_map(|key| key.strip_prefix("errors.")).collect();
    let missing = rows.keys().filter(|code| !worded.contains(**code));
    let extra = worded.iter().filter(|code| !rows.contains_key(**code));
    missing
        .map(|code| format!("{path}: word `{code}` under [errors]"))
        .chain(extra.map(|code| format!("{path}: `{code}` is no code of {ERRORS}")))
        .collect()
}

/// Keys that only one of the two languages has.
fn language_faults(japanese: &str, english: &str) -> Vec<String> {
    let (japanese, english) = (keys(japanese), keys(english));
    japanese.symmetric_difference(&english).map(|key| format!("`{key}` is worded once")).collect()
}

#[test]
fn every_error_code_is_documented_and_worded_in_both_languages() {
    let errors = read(ERRORS);
    let house: Vec<Source> = sources().into_iter().filter(|source| !source.is_test(0)).collect();
    let mut faults = document_faults(&errors, &house);
    for path in WORDS {
        faults.extend(word_faults(&errors, path, &read(path)));
    }
    for (code, kind) in ALWAYS {
        if documented(&errors).get(code).is_none_or(|row| row.0 != *kind) {
            faults.push(format!("{ERRORS}: add `{code}` ({kind})"));
        }
    }
    faults.extend(language_faults(&read(WORDS[0]), &read(WORDS[1])));
    no_faults("An error code is in docs/ERRORS.md and in crates/web/words/{ja,en}.toml.", &faults);
}

/// Codes of the rooms behind the command bus that never answer a command.
const NO_ANSWERS: &[&str] = &[
    "contract.not_purgeable",
    "family.adult_not_sold",
    "family.age_not_verified",
    "family.age_unknown",
    "family.child",
    "family.child_stays",
    "family.name_malformed",
    "family.not_adult",
    "family.not_owner",
    "family.of_age",
    "family.offer_over",
    "family.offer_pending",
    "family.owner_only",
    "family.under_age",
    "home.station_off",
    "job.unreadable",
    "rental.unknown",
    "undo.unreadable",
    "undo.changed_since",
    "undo.gone",
    "verb.day_past",
];

#[test]
fn every_answer_of_the_command_bus_has_a_code_of_the_sms() {
    let rooms = ["boxes", "commands", "entitlements", "subscribers"];
    let behind = |source: &Source| {
        let of = |room| source.path.starts_with(&format!("crates/domain/src/{room}/"));
        rooms.into_iter().any(of) || source.path == "crates/base/src/kernel/instant.rs"
    };
    let house: Vec<Source> = sources().into_iter().filter(behind).collect();
    let faults: Vec<String> = raises(&house)
        .into_iter()
        .filter(|raise| linkage::sms::codes::known(&raise.code).is_none())
        .filter(|raise| !NO_ANSWERS.contains(&raise.code.as_str()))
        .map(|raise| format!("{}: add `{}` to linkage::sms::codes", raise.place, raise.code))
        .collect();
    no_faults("Every refusal of a command has a four-character code.", &faults);
}

#[test]
fn the_code_scanner_sees_what_is_wrong() {
    let text = r#"
        const STOPPED: &str = "contract.stopped";
        /// `contract.in_use` — raised elsewhere.
        pub const IN_USE: &str = "contract.in_use";
        const SUSPENDED: &str = "contract.suspended";
        fn a() -> Result<()> {
            let found = find().ok_or_else(|| Error::not_found("contract.unknown", id))?;
            if found.is_stopped() { return Err(Error::refused(STOPPED)); }
            record(tx, SUSPENDED)?;
            Err(Error::Forbidden { code: "staff.not_allowed" })
        }
    "#;
    let source = [Source::new("crates/domain/src/subscribers/contracts.rs", text)];
    let faults = document_faults("| `contract.gone` | NotFound | x | y |\n", &source);
    assert_eq!(faults.len(), 5, "four that are raised, one that is not: {faults:#?}");

    let errors = "| `contract.unknown` | Refused | x |\n| `contract.stopped` | Refused | x |\n\
                  | `staff.not_allowed` | Conflict, Forbidden | x |\n\
                  | `contract.in_use` | Refused | x |\n";
    let faults = document_faults(errors, &source);
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert!(faults[0].contains("contracts.rs:7: `contract.unknown` is NotFound"), "{faults:#?}");

    let words = "[errors]\n\"contract.unknown\" = \"x\"\ncontract.stopped = \"x\"\nodd = \"x\"\n";
    let faults = word_faults(errors, "ja.toml", words);
    assert_eq!(faults.len(), 3, "two missing, one too many: {faults:#?}");
    assert_eq!(language_faults(words, "[errors]\nodd = \"x\"\n").len(), 2);
}
