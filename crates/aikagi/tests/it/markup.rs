//! What stands in a page of ours, read as a browser reads it: its elements and their attributes.

use std::collections::BTreeSet;

/// An element, as it is opened.
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Element {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }
}

/// All elements our templates are made of. What is missing here a template does not have: it came from elsewhere.
const KNOWN: &[&str] = &[
    "a",
    "blockquote",
    "body",
    "br",
    "button",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "footer",
    "form",
    "g",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "hr",
    "html",
    "input",
    "label",
    "legend",
    "li",
    "line",
    "link",
    "main",
    "meta",
    "nav",
    "ol",
    "option",
    "p",
    "path",
    "pre",
    "rect",
    "script",
    "section",
    "select",
    "small",
    "span",
    "strong",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "textarea",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "ul",
    "details",
    "summary",
    "caption",
    "figure",
    "figcaption",
    "dialog",
    "output",
    "progress",
    "optgroup",
    "datalist",
    "circle",
    "tfoot",
];

/// The elements of a page. Our templates write every value in quotes; what is not so was not written by them.
pub fn elements(page: &str) -> Vec<Element> {
    let mut all = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        if after.starts_with('/') || after.starts_with("!doctype") || after.starts_with("!--") {
            rest = after.split_once('>').expect("an end").1;
            continue;
        }
        let end = after.find(|c: char| !c.is_ascii_alphanumeric()).expect("an end");
        let (name, mut inside) = after.split_at(end);
        assert!(!name.is_empty(), "a < that opens nothing: <{}", start_of(after));
        let mut attributes = Vec::new();
        loop {
            inside = inside.trim_start();
            if let Some(after) = inside.strip_prefix("/>").or_else(|| inside.strip_prefix('>')) {
                rest = after;
                break;
            }
            let end = inside.find([' ', '\n', '=', '>']).expect("an end");
            let (attribute, after) = inside.split_at(end);
            let value = match after.strip_prefix('=') {
                Some(after) => {
                    let after = after.strip_prefix('"');
                    let after = after.unwrap_or_else(|| panic!("no quote: {}", start_of(inside)));
                    let (value, after) = after.split_once('"').expect("the other quote");
                    inside = after;
                    value
                }
                None => {
                    inside = after;
                    ""
                }
            };
            attributes.push((attribute.to_owned(), value.to_owned()));
        }
        all.push(Element { name: name.to_owned(), attributes });
    }
    all
}

fn start_of(text: &str) -> String {
    text.chars().take(80).collect()
}

/// What on a page was not written by our templates, or could be run.
pub fn faults(page: &str) -> BTreeSet<String> {
    let mut faults = BTreeSet::new();
    for element in elements(page) {
        if !KNOWN.contains(&element.name.as_str()) {
            faults.insert(format!("<{}>", element.name));
        }
        for (attribute, value) in &element.attributes {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-:B".contains(c);
            let odd = attribute.is_empty() || !attribute.chars().all(plain);
            let runs = attribute.starts_with("on") || attribute == "style" || attribute == "srcdoc";
            if odd || runs {
                faults.insert(format!("<{} {attribute}=\"{value}\">", element.name));
            }
            let leads = ["href", "src", "action", "formaction"].contains(&attribute.as_str());
            let ours = value.starts_with("https://") || value.starts_with(['/', '?', '#']);
            if leads && !ours {
                faults.insert(format!("<{} {attribute}=\"{value}\">", element.name));
            }
        }
        let foreign = |src: &str| !src.starts_with("/assets/aikagi-");
        if element.name == "script" && element.get("src").is_none_or(foreign) {
            faults.insert("a script that is not ours".to_owned());
        }
    }
    if page.contains(web::page::TURNS) {
        faults.insert("text that turns the line around".to_owned());
    }
    faults
}

/// Where a page leads within the house, without what stands behind a `#`.
pub fn links(page: &str, at: &str) -> BTreeSet<String> {
    let hrefs = elements(page).into_iter().filter(|one| one.name == "a");
    let hrefs = hrefs.filter_map(|one| one.get("href").map(|href| href.replace("&#38;", "&")));
    let path = at.split('?').next().unwrap_or_default().to_owned();
    hrefs
        .filter_map(|href| {
            let href = href.replace("&amp;", "&");
            let href = href.split('#').next().unwrap_or_default();
            let href = href.strip_prefix("https://id.example.jp").unwrap_or(href);
            match href.as_bytes().first() {
                Some(b'/') => Some(href.to_owned()),
                Some(b'?') => Some(format!("{path}{href}")),
                _ => None,
            }
        })
        .collect()
}

#[test]
fn what_breaks_out_of_a_page_is_found() {
    let broken = [
        "<p><img src=\"/x\"></p>",
        "<p><script>alert(1)</script>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<input value=\"\" onfocus=\"x\">",
        "<p>a\u{202e}b</p>",
        "<p style=\"x\">",
    ];
    for page in broken {
        assert!(!faults(page).is_empty(), "{page}");
    }
    assert!(faults("<p class=\"x\">a &#60;img&#62; <br> <a href=\"/o/x?y#z\">b</a>").is_empty());
}
