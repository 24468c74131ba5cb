//! What each page of the console is for: a paragraph, a picture of it in use, and the way to the manual.

use web::texts::Words;

/// A page, below the console, with the key of its paragraph and its picture below `/docs/pictures`; empty: there is none.
type Helped = (&'static str, &'static str, &'static str);

/// The pages of a station. One with a name of its own stands before the one that has any.
const STATION: [Helped; 27] = [
    ("", "console.helps.search", "found"),
    ("/contracts", "console.helps.found", "found"),
    ("/contracts/{number}", "console.helps.contract", "contract"),
    ("/contracts/{number}/timeline", "console.helps.timeline", ""),
    ("/contracts/{number}/persons/{person_no}", "console.helps.member", ""),
    ("/unregistered", "console.helps.unregistered", ""),
    ("/why", "console.helps.why", "why"),
    ("/files", "console.helps.files", "files"),
    ("/files/{file}", "console.helps.file", "files"),
    ("/bulk", "console.helps.bulk", "bulk"),
    ("/bulk/new", "console.helps.new_bulk", "bulk"),
    ("/bulk/{bulk}", "console.helps.one_bulk", "bulk"),
    ("/today", "console.helps.today", "today"),
    ("/logs", "console.helps.logs", "logs"),
    ("/masters", "console.helps.masters", "masters"),
    ("/masters/products/new", "console.helps.new_product", "masters"),
    ("/masters/products/{product}", "console.helps.product", "masters"),
    ("/masters/policies", "console.helps.policies", "masters"),
    ("/masters/linkage", "console.helps.linkage", "masters"),
    ("/masters/services", "console.helps.services", "masters"),
    ("/masters/services/{client}", "console.helps.service", "masters"),
    ("/masters/look", "console.helps.look", "masters"),
    ("/masters/format", "console.helps.format", "files"),
    ("/staff", "console.helps.staff", "people"),
    ("/staff/{staff}", "console.helps.person", "people"),
    ("/security", "console.helps.security", ""),
    ("/launch", "console.helps.launch", "launch"),
];

/// The pages of the platform.
const PLATFORM: [Helped; 2] =
    [("", "console.helps.stations", ""), ("/stations/{station}", "console.helps.entering", "")];

/// The help of a page.
pub(super) struct Help {
    pub(super) text: &'static str,
    pub(super) picture: &'static str,
}

/// Of the page at `path` below the console; none: it is no page.
pub(super) fn of(words: Words, (is_platform, path): (bool, &str)) -> Option<Help> {
    let pages = if is_platform && path != "/security" { &PLATFORM[..] } else { &STATION[..] };
    let path = path.split('?').next().unwrap_or_default();
    let (_, key, picture) = pages.iter().find(|(page, ..)| is_at(path, page))?;
    Some(Help { text: words.get(key), picture })
}

/// Whether `path` is one of `page`, in which braces stand for anything.
fn is_at(path: &str, page: &str) -> bool {
    let mut parts = path.split('/');
    let same = page.split('/').all(|part| {
        parts
            .next()
            .is_some_and(|one| if part.starts_with('{') { !one.is_empty() } else { one == part })
    });
    same && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use web::Language;

    use super::*;

    /// What is asked for at these routes is no page with the navigation above it: sign-ins, and files that are fetched.
    const WITHOUT: [&str; 4] = [
        "/console",
        "/console/{operator}/join",
        "/console/{operator}/files/{file}/result",
        "/console/{operator}/bulk/{bulk}/result",
    ];

    /// Every route of the console that answers a look.
    fn looked_at() -> Vec<&'static str> {
        let routes = include_str!("lib.rs").split(".route(").skip(1);
        let looks = routes.filter(|route| route.split(".route").next().unwrap().contains("get("));
        looks.map(|route| route.split('"').nth(1).unwrap()).collect()
    }

    #[test]
    fn every_page_has_help_of_its_own_or_is_named_here() {
        let mut texts = Vec::new();
        for route in looked_at().into_iter().filter(|route| !WITHOUT.contains(route)) {
            let (is_platform, path) = match route.strip_prefix("/console/platform") {
                Some(path) => (true, path),
                None => (false, route.strip_prefix("/console/{operator}").unwrap()),
            };
            let path = path.replace(['{', '}'], "");
            let help = of(Words(Language::Japanese), (is_platform, &path)).expect(route);
            assert!(!texts.contains(&help.text), "{route} shows the help of another page");
            texts.push(help.text);
        }
        assert_eq!(texts.len(), STATION.len() + PLATFORM.len(), "help that no page shows");
        assert!(WITHOUT.iter().all(|route| looked_at().contains(route)));
    }

    #[test]
    fn a_page_is_known_by_its_whole_path() {
        let text = |path| of(Words(Language::English), (false, path)).map(|help| help.text);
        assert_eq!(text("/contracts/A-001?x=1"), text("/contracts/B-002"));
        assert_ne!(text("/bulk/new"), text("/bulk/blk_1"));
        assert_eq!([text("/contracts/"), text("/files/f/g"), text("/nowhere")], [None; 3]);
        assert!(of(Words(Language::English), (true, "/files")).is_none());
        assert!(of(Words(Language::English), (true, "/security")).is_some());
    }
}
