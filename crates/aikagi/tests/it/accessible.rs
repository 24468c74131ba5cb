//! axe-core on every page a browser story takes a picture of: none of its rules may find anything.
//!
//! Pages are the same on both databases, so `./check` names the library (`TEST_AXE`) in one of its two runs.

use fantoccini::Client;
use serde_json::{Value, json};

use crate::world::read_env;

/// WCAG 2.2 AA, and what axe advises beyond it.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(
        found => done(found.violations.flatMap(one => one.nodes.map(
            node => `${one.id}: ${one.help}: ${node.html.slice(0, 160)} (${node.failureSummary})`))),
        fault => done([`axe: ${fault}`]),
    );
";

/// Fails with what axe found on the page that is shown.
pub async fn check_accessible(browser: &Client, page: &str) {
    let Some(library) = read_env("TEST_AXE").filter(|path| !path.is_empty()) else { return };
    let library = std::fs::read_to_string(library).expect("TEST_AXE names axe.min.js");
    browser.execute(&library, Vec::new()).await.unwrap();
    let found: Value = browser.execute_async(RUN, Vec::new()).await.unwrap();
    assert_eq!(found, json!([]), "{page}");
}
