//! Every route that is mounted stands in the table of `doors.rs`, and the other way round.

use std::collections::BTreeSet;

use super::no_faults;
use super::source::{Source, sources};

/// Routes of somebody else: the demo's video site and the built-in test client are clients of ours.
const NOT_OURS: [&str; 2] = ["crates/aikagi/src/demo/", "crates/aikagi/src/cli/perform/"];
const METHODS: [&str; 6] = ["get(", "post(", "put(", "delete(", "patch(", "any("];

fn methods(text: &str) -> Vec<String> {
    let starts = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let found = METHODS.iter().filter(|word| text.match_indices(**word).any(|(at, _)| starts(at)));
    found.map(|word| word.trim_end_matches('(').to_uppercase()).collect()
}

/// `GET /path` of every route one file mounts.
fn routes(source: &Source) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let first = source.find(".route(").next().or_else(|| source.find("endpoints:").next());
    let Some(_) = first else { return found };
    let literals: Vec<_> = source.literals.iter().filter(|one| !source.is_test(one.at)).collect();
    for (place, literal) in literals.iter().enumerate() {
        let end = literals.get(place + 1).map_or(source.code.len(), |next| next.at);
        let from = source.code[literal.at..end].find(',').map_or(end, |comma| literal.at + comma);
        let before = source.code[..literal.at].trim_end_matches(['&', ' ', '\n']);
        let path = literal.text.replace("{{", "{").replace("}}", "}");
        let paths: Vec<String> = if let Some(rest) = path.strip_prefix("{base}") {
            bases(source).iter().map(|base| format!("{base}{rest}")).collect()
        } else if before.ends_with(".route(")
            || is_tuple(before) && path.starts_with("/o/{operator}")
        {
            vec![path]
        } else if is_tuple(before) && path.starts_with('/') {
            vec![path.clone(), format!("/o/{{operator}}{path}")]
        } else {
            continue;
        };
        for method in methods(&source.code[from..end]) {
            found.extend(paths.iter().map(|path| format!("{method} {path}")));
        }
    }
    for at in source.find(".route(") {
        let argument = source.code[at + ".route(".len()..].split(", ").next().unwrap_or_default();
        if argument.ends_with("()") {
            let rest = &source.code[at..];
            let rest = rest.split_once(argument).map_or("", |(_, rest)| rest);
            let line = rest.lines().next().unwrap_or_default();
            found.extend(methods(line).into_iter().map(|method| format!("{method} {argument}")));
        }
    }
    found
}

/// `(` that begins a tuple, not the arguments of something.
fn is_tuple(before: &str) -> bool {
    let called = |c: char| c.is_alphanumeric() || c == '_' || c == '!';
    before.strip_suffix('(').is_some_and(|rest| !rest.ends_with(called))
}

/// What `{base}` stands for: a constant, or each argument of `doors(…)`.
fn bases(source: &Source) -> Vec<String> {
    let said = |literal: &&super::source::Literal| {
        let before = &source.code[..literal.at];
        before.ends_with("doors(") || before.ends_with("let base = ")
    };
    source.literals.iter().filter(said).map(|literal| literal.text.clone()).collect()
}

fn faults(all: &[Source], table: &BTreeSet<String>) -> Vec<String> {
    let mounted: BTreeSet<String> = all.iter().flat_map(routes).collect();
    let missing = mounted.difference(table).map(|one| format!("add `{one}` to doors.rs"));
    let gone = table.difference(&mounted).map(|one| format!("`{one}` is mounted nowhere"));
    missing.chain(gone).collect()
}

#[test]
fn every_route_is_in_the_table_of_doors() {
    let ours = |source: &Source| {
        let in_product = source.path.starts_with("crates/") && source.path.contains("/src/");
        in_product
            && !NOT_OURS.iter().any(|ours| source.path.starts_with(ours))
            && !source.is_test(0)
    };
    let all: Vec<Source> = sources().into_iter().filter(ours).collect();
    let mounted = crate::doors_table::mounted();
    let table = mounted.into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    no_faults("Every route is asked in doors.rs by everybody who may not.", &faults(&all, &table));
}

#[test]
fn the_route_scanner_sees_what_is_mounted() {
    let text = r#"
        let endpoints = [("/token", post(token::answer)), ("/info", get(a).post(b))];
        let doors = |base: &str| Router::new().route(&format!("{base}/one"), post(one));
        Router::new().merge(doors("")).merge(doors("/o/{operator}"))
            .route("/x/{id}", get(x)).route(style_path(), get(style))
    "#;
    let source = Source::new("crates/linkage/src/vod/mod.rs", text);
    let found: Vec<String> = routes(&source).into_iter().collect();
    assert_eq!(
        found,
        [
            "GET /info",
            "GET /o/{operator}/info",
            "GET /x/{id}",
            "GET style_path()",
            "POST /info",
            "POST /o/{operator}/info",
            "POST /o/{operator}/one",
            "POST /o/{operator}/token",
            "POST /one",
            "POST /token",
        ]
    );
    assert_eq!(faults(&[source], &BTreeSet::from(["GET /y".to_owned()])).len(), 11);
}
