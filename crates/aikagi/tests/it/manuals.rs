//! The manuals in `docs/` are true: their examples are applied, sent and compared.

use std::collections::BTreeSet;

use domain::clients::ClientKind;
use domain::operators::Policies;
use formats::jose::{JwkSet, SigningKey};
use serde_json::Value as Json;

use crate::calls::{Doors, request};
use crate::house::source::{files, read, root, sources};
use crate::operations::{Folder, program};
use crate::world::KITA;

/// The fenced blocks of a language in a page.
pub fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(name)) => open = Some((name == language, String::new())),
            (Some((wanted, text)), Some(_)) => {
                if *wanted {
                    found.push(std::mem::take(text));
                }
                open = None;
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// What the shell examples of a page send by `-d '…'`.
fn sent(page: &str) -> Vec<String> {
    let shell = blocks(page, "sh").concat();
    let bodies = shell.split("-d '").skip(1).filter_map(|rest| rest.split('\'').next());
    bodies.filter(|body| body.starts_with('{')).map(str::to_owned).collect()
}

/// Every JSON example of a page, sent or shown.
fn examples(page: &str) -> Vec<Json> {
    let texts = blocks(page, "json").into_iter().chain(sent(page));
    texts
        .map(|text| {
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
        })
        .collect()
}

fn apply(folder: &Folder, text: &str) {
    let key = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
    let set = serde_json::to_string(&JwkSet { keys: vec![key.public_jwk().clone()] }).unwrap();
    folder.write("kitahama-sms.jwks", &set);
    folder.write("vod-webhook.secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n");
    std::fs::write(folder.path("kitahama.png"), crate::looks::picture(60, 40)).unwrap();
    folder.write("manual.toml", text);
    let first = folder.run(&["apply", "manual.toml"]).well();
    assert!(first.contains("+ "), "{first}");
    assert_eq!(folder.run(&["apply", "manual.toml"]).well(), "nothing to do\n");
}

#[test]
fn the_examples_of_a_file_for_apply_apply() {
    for text in blocks(&read("docs/apply.md"), "toml") {
        apply(&Folder::new(), &text);
    }
    let station = "[[operators]]\ncode = \"OP0012\"\nname_ja = \"北浜\"\nname_en = \"Kita\"\n";
    for page in ["docs/api/events.md", "docs/api/logout.md", "docs/api/passkeys.md"] {
        for text in blocks(&read(page), "toml") {
            apply(&Folder::new(), &format!("{station}{text}"));
        }
    }
    for text in blocks(&read("docs/api/tv.md"), "toml") {
        apply(&Folder::new(), &format!("{station}{text}"));
    }
    let page = read("docs/api/signin.md");
    let (_, rest) = page.split_once("cat > mysite.toml <<'END'\n").unwrap();
    apply(&Folder::new(), rest.split("END\n").next().unwrap());
}

#[test]
fn the_page_of_apply_names_every_policy_with_its_default() {
    let page = read("docs/apply.md");
    let (_, rest) = page.split_once("**Policies**").unwrap();
    let said = rest.split('`').skip(1).step_by(2).filter(|text| text.contains(" = "));
    let text = said.collect::<Vec<_>>().join("\n");
    let policies: Policies = toml::from_str(&text).unwrap();
    assert_eq!(policies, Policies::default());
    let names = |text: &str| -> BTreeSet<String> {
        toml::from_str::<toml::Table>(text).unwrap().keys().cloned().collect()
    };
    let all = toml::to_string(&Policies::default()).unwrap();
    assert_eq!(names(&text), names(&all), "each policy is named");
}

#[test]
fn what_the_manuals_send_is_read_by_the_doors_they_send_it_to() {
    let doors = Doors::new();
    doors.world.given_contract("C0012345");
    doors.given_client(KITA, "kita-sms", ClientKind::Sms);
    doors.given_client(KITA, "vod", ClientKind::Service);
    let (sms, vod) = (doors.token(KITA, "kita-sms"), doors.token(KITA, "vod"));
    let mut asked = BTreeSet::new();
    let pages = ["docs/api/sms-online.md", "docs/api/decisions.md"];
    for example in pages.iter().flat_map(|page| examples(&read(page))) {
        let has = |name: &str| example.get(name).is_some();
        let (path, token) = match () {
            () if has("op") && !has("result") => ("sms/v1/contracts/C0012345/commands", &sms),
            () if has("commands") => ("sms/v1/commands:batch", &sms),
            () if has("subject") && has("evaluations") => ("access/v1/evaluations", &vod),
            () if has("subject") && has("page") => ("access/v1/search/resource", &vod),
            () if has("subject") && has("action") => ("access/v1/evaluation", &vod),
            () if has("subject") => ("vod/v1/plays", &vod),
            // An answer.
            () => continue,
        };
        asked.insert(path);
        let call = request("POST", &format!("/o/{KITA}/{path}"), token);
        let call = call.header("idempotency-key", "20261122-000123");
        let said = doors.call(call.body(example.to_string().into()).unwrap());
        assert!(![400, 500].contains(&said.status.as_u16()), "{path}: {said:?}");
        for one in said.body["results"].as_array().into_iter().flatten() {
            let code = one["code"].as_str().unwrap_or_default();
            assert!(!code.starts_with("E2") && !code.starts_with("E9"), "{one}");
        }
    }
    assert_eq!(asked.len(), 6, "an example for each door: {asked:?}");
}

#[test]
fn the_sites_a_manual_shows_are_the_very_ones_that_are_tested() {
    let page = read("docs/api/oidc.md");
    for (language, file) in [("js", "site.mjs"), ("python", "site.py"), ("apache", "site.conf")] {
        let shown = blocks(&page, language);
        let tested = read(&format!("crates/aikagi/tests/peers/{file}"));
        assert!(!tested.is_empty() && shown.contains(&tested), "{file}");
    }
}

/// The names of events in the source: what is recorded `.event(…)`, and what commands are called.
fn events_in_source() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let sources = sources();
    for source in &sources {
        let production = source.text.split("#[cfg(test)]").next().unwrap_or_default();
        let parts: Vec<&str> = production.split(".event(").collect();
        for part in parts.iter().take(parts.len() - 1) {
            let Some((_, made)) = part.rsplit_once("Entry::new(") else { continue };
            names.extend(made.strip_prefix('"').and_then(|rest| rest.split('"').next()));
        }
        if let Some((_, rest)) = production.split_once("const fn act(op: Op)") {
            let body = rest.split("\n}\n").next().unwrap_or_default();
            names.extend(body.split('"').skip(1).step_by(2));
        }
    }
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn the_page_of_events_names_every_event_and_no_other() {
    let page = read("docs/api/events.md");
    let (_, rest) = page.split_once("## The events\n").unwrap();
    let table = rest.split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let named: BTreeSet<String> = rows
        .flat_map(|cell| cell.split(|letter| "`, ".contains(letter)))
        .filter(|name| name.contains('.'))
        .map(str::to_owned)
        .collect();
    assert_eq!(named, events_in_source());
}

#[test]
fn the_page_of_operations_names_every_metric_and_no_other() {
    let counted = ["counter!(\"", "gauge!(\"", "histogram!(\""];
    let mut metrics = BTreeSet::new();
    let sources = sources();
    for source in sources.iter().filter(|source| source.path.contains("/src/")) {
        for macro_name in counted {
            let names = source.text.split(macro_name).skip(1);
            metrics.extend(names.filter_map(|rest| rest.split('"').next()));
        }
    }
    let page = read("docs/operations.md");
    let (_, rest) = page.split_once("## Metrics\n").unwrap();
    let table = rest.split("\n## ").next().unwrap();
    let named: BTreeSet<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(named, metrics);
}

/// The words of a shell line up to a comment, a pipe or the next command; quotation marks taken off.
fn words(line: &str) -> Vec<String> {
    let end = [" #", " |", " &&", " >", ";"].iter().filter_map(|mark| line.find(mark)).min();
    let command = &line[..end.unwrap_or(line.len())];
    command.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect()
}

#[test]
fn every_command_a_manual_shows_is_one_the_program_knows() {
    let mut tried = 0;
    let pages = files("docs").into_iter().filter(|page| page.ends_with(".md"));
    for page in pages {
        for line in blocks(&read(&page), "sh").concat().lines() {
            let Some(at) = line.find("aikagi ").filter(|at| {
                *at == 0 || line[..*at].ends_with("&& ") || line[..*at].ends_with("$(")
            }) else {
                continue;
            };
            let mut arguments = words(&line[at..]);
            arguments.remove(0);
            arguments.push("--help".to_owned());
            let folder = tempfile::tempdir().unwrap();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ended = program(folder.path(), &arguments).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "{page}: {line}\n{said}");
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

/// The address of a heading within its page, as readers on the web get it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|one| one.is_alphanumeric() || " -_".contains(*one));
    kept.map(|one| if one == ' ' { '-' } else { one }).collect()
}

/// What the links of a page lead to that is not there.
fn dead_links(page: &str) -> Vec<String> {
    let text = read(page);
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut dead = Vec::new();
    for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if link.starts_with("http") {
            continue;
        }
        let (path, wanted) = link.split_once('#').unwrap_or((link, ""));
        let mut place: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if part == ".." {
                place.pop();
            } else {
                place.push(part);
            }
        }
        let target = if path.is_empty() { page.to_owned() } else { place.join("/") };
        let there = root().join(&target).exists();
        let mut headings = read(&target);
        headings.insert(0, '\n');
        let headed = wanted.is_empty()
            || headings
                .split("\n#")
                .skip(1)
                .any(|rest| rest.lines().next().is_some_and(|line| anchor(line) == wanted));
        if !there || !headed {
            dead.push(format!("{page}: {link}"));
        }
    }
    dead
}

#[test]
fn every_link_of_a_manual_leads_somewhere() {
    let mut pages = files("docs");
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned));
    pages.retain(|page| page.ends_with(".md"));
    let dead: Vec<String> = pages.iter().flat_map(|page| dead_links(page)).collect();
    assert_eq!(dead, Vec::<String>::new());
    assert_eq!(anchor("## §5.2 Who & when"), "52-who--when");
}

#[test]
fn a_decision_has_a_number_of_its_own_and_a_comment_names_one_that_is_there() {
    let pages = files("docs/decisions");
    let number = |page: &String| page["docs/decisions/".len()..][..4].to_owned();
    let numbers: BTreeSet<String> = pages.iter().map(number).collect();
    assert_eq!(numbers.len(), pages.len(), "two pages of one number: {pages:?}");
    for source in sources() {
        for rest in source.text.split("docs/decisions/").skip(1) {
            let named: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let known = named.is_empty() || numbers.contains(&named);
            assert!(known, "{} names decision {named}", source.path);
        }
    }
}
