//! Habits a compiler does not see: no silenced lints, nothing unfinished, no traces of one machine.

use super::no_faults;
use super::source::{Source, files, root, sources};

/// Code that silences a lint for good, or says it is not finished.
const NOT_IN_CODE: &[(&str, &str)] = &[
    ("#[allow(", "use #[expect(lint, reason = \"…\")]"),
    ("#![allow(", "use #![expect(lint, reason = \"…\")]"),
    ("todo!(", "finish it or leave it out"),
    ("unimplemented!(", "finish it or leave it out"),
];

fn code_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (word, advice) in NOT_IN_CODE {
        faults.extend(source.find(word).map(|at| format!("{}: {advice}", source.place(at))));
    }
    for (at, _) in source.text.match_indices(&["TO", "DO"].concat()) {
        faults
            .push(format!("{}: open work belongs to an issue, not to a comment", source.place(at)));
    }
    faults
}

/// Paths that exist on one machine only. Put together here, so that this file does not hold them.
fn machine_paths() -> [String; 3] {
    [["/wo", "rk/"], ["/tmp", "/wt"], ["/ro", "ot/"]].map(|parts| parts.concat())
}

fn path_faults(path: &str, text: &str) -> Vec<String> {
    let named = |line: &str| machine_paths().into_iter().find(|known| line.contains(known));
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(at, line)| Some((at + 1, named(line)?)))
        .map(|(line, known)| format!("{path}:{line}: `{known}…` exists on one machine only"))
        .collect()
}

/// Browser tests need a browser: without `#[ignore]` a plain `cargo test` would have to skip them silently.
fn browser_faults(source: &Source) -> Vec<String> {
    let named = source.find("fn browser_");
    named
        .filter(|at| {
            let above = &source.code[..*at];
            let test = above.rfind("#[test]");
            test.is_some_and(|start| {
                !above[start..].contains('{') && !above[start..].contains("#[ignore")
            })
        })
        .map(|at| format!("{}: add #[ignore = \"needs TEST_CHROMEDRIVER\"]", source.place(at)))
        .collect()
}

#[test]
fn no_lint_is_silenced_and_nothing_is_left_unfinished() {
    let faults: Vec<String> = sources().iter().flat_map(code_faults).collect();
    no_faults(
        "Code is finished, and a lint is set aside only with #[expect] and a reason.",
        &faults,
    );
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    let mut faults = Vec::new();
    for path in files("") {
        // Only text can name a path; pictures and golden bytes are passed over.
        if let Ok(text) = std::fs::read_to_string(root().join(&path)) {
            faults.extend(path_faults(&path, &text));
        }
    }
    no_faults("Nothing in the repository names a path of somebody's machine.", &faults);
}

#[test]
fn tests_in_browsers_are_ignored_unless_asked_for() {
    let faults: Vec<String> = sources().iter().flat_map(browser_faults).collect();
    no_faults("A browser test is asked for (./check does), never skipped silently.", &faults);
}

#[test]
fn the_habit_scanners_see_bad_habits() {
    let bad = "#[allow(dead_code)]\nfn a() { todo!() }\n// TO".to_owned() + "DO: later\n";
    let faults = code_faults(&Source::new("crates/domain/src/a.rs", &bad));
    assert_eq!(faults.len(), 3, "{faults:#?}");

    let text = format!("fine\nsee {}somebody/notes\n", machine_paths()[2]);
    assert!(path_faults("README.md", &text)[0].starts_with("README.md:2:"));

    let bad =
        "#[test]\nfn browser_signs_in() {}\n#[test]\n#[ignore = \"x\"]\nfn browser_plays() {}\n";
    assert_eq!(browser_faults(&Source::new("crates/aikagi/tests/it/a.rs", bad)).len(), 1);
}
