//! No page of the console shows a word of ours that is none: the key of a text, where the text should stand.

use std::collections::BTreeSet;

use domain::operators::Role;

use crate::console::{CONSOLE, given_clerk};
use crate::console_platform::{PLATFORM, given_platform};
use crate::devices;
use crate::doors_markup::{desk_pages, given, walk};
use crate::house::source::{files, read};
use crate::viewers::{Answer, House};

/// The keys of one group of our words.
fn keys(group: &str) -> BTreeSet<String> {
    let words: toml::Table = include_str!("../../../web/words/ja.toml").parse().unwrap();
    words[group].as_table().unwrap().keys().cloned().collect()
}

/// Keys of ours that stand in what people read of a page, but for a code that is shown as one.
fn raw(body: &str) -> Vec<String> {
    let parts = body.split('<').filter(|part| !part.starts_with("code>"));
    let texts = parts.map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    let read = texts.collect::<Vec<_>>().join(" ");
    let keys: BTreeSet<String> = keys("errors").union(&keys("pages")).cloned().collect();
    let ends = |one: char| !one.is_ascii_alphanumeric() && one != '.' && one != '_';
    let words = read.split(ends).map(|word| word.trim_end_matches('.'));
    words.filter(|word| word.contains('.') && keys.contains(*word)).map(str::to_owned).collect()
}

fn hold(pages: &[(String, Answer)]) {
    for (path, shown) in pages {
        assert_eq!(raw(&shown.body), Vec::<String>::new(), "{path}\n{}", shown.body);
    }
}

/// What each page answers that is asked for something it does not have, or in a way it does not take.
fn refused() -> Vec<String> {
    let asked = [
        "/launch",
        "/contracts/NOBODY",
        "/contracts/NOBODY/timeline",
        "/contracts/A-001?verb=nothing",
        "/contracts/A-001/persons/99",
        "/contracts?q=x",
        "/files/nothing",
        "/bulk/nothing",
        "/masters/products/NOTHING",
        "/masters/services/nothing",
        "/staff/nobody",
        "/why?trace=NOTHING1",
        "/why?number=A-001&person=x&title=T",
        "/why?number=A-001&at=x",
        "/logs?from=x",
    ];
    asked.map(|path| format!("{CONSOLE}{path}")).to_vec()
}

#[test]
fn every_page_of_the_console_and_what_it_refuses_is_worded_in_both_languages() {
    let house = House::new();
    let mut manager = given_clerk(&house, Role::StationManager);
    house.world.given_contract("A-001");
    let never = manager.look(&format!("{CONSOLE}/launch"));
    assert!(never.body.contains("この局は試行中ではありません"), "{}", never.body);
    for language in ["ja", "en"] {
        manager.cookies.insert("aikagi-language".to_owned(), language.to_owned());
        let told: Vec<_> =
            refused().into_iter().map(|path| (path.clone(), manager.get(&path))).collect();
        assert!(told.iter().any(|(_, shown)| shown.status == 404));
        hold(&told);
    }

    let house = devices::house();
    let (_, mut clerk) = given(&house);
    let mut platform = given_platform(&house);
    for language in ["ja", "en"] {
        let cookie = ("aikagi-language".to_owned(), language.to_owned());
        clerk.cookies.extend([cookie.clone()]);
        platform.cookies.extend([cookie]);
        let pages = walk(&mut clerk, desk_pages());
        assert!(pages.len() > 20, "{}", pages.len());
        hold(&pages);
        hold(&walk(&mut platform, vec![PLATFORM.to_owned()]));
    }
    let page = "<p title=\"launch.incomplete\">x <b>launch.incomplete</b>.</p>";
    assert_eq!(raw(page), ["launch.incomplete"], "what is read is looked at, and found");
}

#[test]
fn what_a_page_asks_for_by_name_is_among_the_words_of_pages() {
    let pages = keys("pages");
    let mut named = 0;
    let shown = |path: &String| path.ends_with(".rs") || path.ends_with(".html");
    for path in files("crates").into_iter().filter(shown).filter(|path| !path.contains("/tests/")) {
        let text = read(&path);
        for ask in ["words.get(\"", "words.fill(\"", "fill_at(words.0, \""] {
            for rest in text.split(ask).skip(1) {
                let key = rest.split('"').next().unwrap();
                named += 1;
                assert!(pages.contains(key), "{path}: {key} is no word of a page");
            }
        }
    }
    assert!(named > 500, "{named}");
}
