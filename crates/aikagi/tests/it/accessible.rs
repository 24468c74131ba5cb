//! axe-core on every page a browser story takes a picture of: none of its rules may find anything.
//!
//! Pages are the same on both databases, so `./check` names the library (`TEST_AXE`) in one of its two runs.

use std::collections::BTreeSet;

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

/// Fails with what axe found on any page that links lead to from `begin` on and below `within`: at most `most` of them. Answers
/// how many there were.
pub async fn check_all(browser: &Client, (begin, within): (&str, &str), most: usize) -> usize {
    const LINKS: &str = "return [...document.querySelectorAll('a[href]')].map(one => one.href)";
    if read_env("TEST_AXE").is_none_or(|path| path.is_empty()) {
        return 0;
    }
    let (mut next, mut seen) = (vec![begin.to_owned()], BTreeSet::new());
    while let Some(address) = next.pop().filter(|_| seen.len() < most) {
        let path = address.split(['?', '#']).next().unwrap().to_owned();
        // What is no page, and the way out.
        let other = ["/result", "/logout", ".png"].iter().any(|end| path.ends_with(end));
        if other || !path.starts_with(within) || !seen.insert(path.clone()) {
            continue;
        }
        browser.goto(&address).await.unwrap();
        check_accessible(browser, &path).await;
        let links = browser.execute(LINKS, Vec::new()).await.unwrap();
        next.extend(links.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()));
    }
    seen.len()
}
